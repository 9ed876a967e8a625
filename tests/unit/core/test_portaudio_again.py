"""The list of devices is read anew only while nothing plays."""

import threading

import pytest

from edge.core import portaudio
from edge.core.portaudio import Player, renew


def test_what_plays_is_closed_first() -> None:
    done: list[str] = []
    player = Player(lambda: done.append("closed"))
    assert renew(lambda: done.append("initialised"))
    assert done == ["closed", "initialised"]
    del player
    assert renew(lambda: done.append("initialised"))
    assert done[2:] == ["initialised"], "one that is gone is not asked"


def test_one_that_does_not_let_go_is_not_pulled_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portaudio, "PATIENCE_S", 0.01)
    player = Player(lambda: pytest.fail("it is playing"))
    holds, go = threading.Event(), threading.Event()

    def play() -> None:
        with player.lock:
            holds.set()
            go.wait(10)

    playing = threading.Thread(target=play)
    playing.start()
    assert holds.wait(10)
    assert not renew(lambda: pytest.fail("it is playing"))
    go.set()
    playing.join()
    player.close = lambda: None
    assert renew(lambda: None)
