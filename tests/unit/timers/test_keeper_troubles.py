"""The keeper among others: a second hub, a failed disk, bells and programs that misbehave, its own end."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.errors import EdgeError
from edge.core.timers import Later, Timer, TimerAction, TimerDo, ringing
from edge.timers.book import Book
from edge.timers.keeper import Keeper
from tests.unit.timers.keeping import MINUTE, Hand, Heard, due, keeper, start


def test_a_second_hub_does_not_ring(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    one, other = Keeper(Book(tmp_path / "t.json")), Keeper(Book(tmp_path / "t.json"))
    one.start(Heard())
    other.start(Heard())
    assert "timers.other_hub" in caplog.text
    other.close()
    one.close()


def test_it_rings_and_stops_on_a_disk_that_has_failed(tmp_path: Path) -> None:
    hand, folder = Hand(), tmp_path / "t"
    kept = keeper(hand, folder / "timers.json")
    new = start(kept, 1)
    (folder / "timers.json.lock").unlink()
    (folder / "timers.json.lock").mkdir()  # as nobody, root included, can write it
    hand.pass_ms(2000)
    due(kept)
    assert len(ringing(kept.timers())) == 1
    with pytest.raises(EdgeError):
        start(kept, 1)
    kept.apply(TimerAction(TimerDo.STOP, (new.id,)))
    assert kept.timers() == ()


def test_snoozing_again_counts_from_now() -> None:
    hand = Hand()
    kept = keeper(hand)
    new = start(kept, 60)
    hand.pass_ms(MINUTE)
    due(kept)
    kept.apply(TimerAction(TimerDo.SNOOZE, (new.id,), seconds=300))
    assert kept.timers() == (replace(new, snoozed=True, due_ms=hand.wall + 300_000),)


def test_the_next_hub_rings_when_the_first_has_ended(tmp_path: Path) -> None:
    one, other, bell = Keeper(Book(tmp_path / "t.json")), Keeper(Book(tmp_path / "t.json")), Heard()
    one.start(Heard())
    other.start(bell)
    start(other, 1, "eggs")
    one.close()
    assert bell.next() == ("ring", "eggs")
    assert other.heard
    other.close()


def test_what_fails_keeps_nothing_else_from_being_done(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(Heard):
        def show(self, timers: Sequence[Timer]) -> None:
            raise ValueError("pizza")

        def carry_out(self, timer: Timer) -> None:
            super().carry_out(timer)
            raise OSError("pizza")

    hub, bell = Keeper(Book(None)), Failing()
    for name in ("a", "b"):
        start(hub, 1, then=(Later(f"light.{name}", "turn_on"),))
    hub.start(bell)
    assert sorted((bell.next(), bell.next())) == [("carry_out", "light.a"), ("carry_out", "light.b")]
    start(hub, 1, "eggs")
    assert bell.next() == ("ring", "eggs")
    hub.close()
    assert [record.getMessage() for record in caplog.records] == [
        "timers.unexpected: ValueError; please report it",
        "timers.unexpected: OSError; please report it",
    ]


def test_closing_ends_what_is_being_said_and_begins_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(Heard):
        """It begins to speak after it was told to be quiet, as a voice that has to think first."""

        def __init__(self) -> None:
            super().__init__()
            self.hushed = 0
            self.enough = threading.Event()

        def carry_out(self, timer: Timer) -> None:
            super().carry_out(timer)
            assert self.enough.wait(30)

        def quiet(self) -> None:
            self.hushed += 1
            if self.hushed == 3:
                self.enough.set()

    hub, bell = Keeper(Book(None)), Slow()
    for name in ("a", "b"):
        start(hub, 1, then=(Later(f"light.{name}", "turn_on"),))
    time.sleep(1.1)  # both are due in one look
    hub.start(bell)
    assert bell.next() == ("carry_out", "light.a")
    hub.close()
    assert bell.news.empty()
    assert 3 <= bell.hushed < 10  # and so it is not waited for any longer than that
    assert "timers.not_done" in caplog.text


def test_another_program_that_never_lets_go_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("edge.timers.book.LOCK_S", 0.05)
    hand, path = Hand(), tmp_path / "timers.json"
    kept = keeper(hand, path)
    new = start(kept, 1)
    with (tmp_path / "timers.json.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(EdgeError) as refused:
            start(kept, 60)
        hand.pass_ms(2000)
        due(kept)
        assert ringing(kept.timers())
    assert refused.value.code == "timers.not_kept"
    assert "another program keeps it locked" in caplog.text
    kept.apply(TimerAction(TimerDo.STOP, (new.id,)))
    assert json.loads(path.read_text())["timers"] == []


def test_what_is_no_file_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pipe, folder = tmp_path / "pipe.json", tmp_path / "folder.json"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        kept = keeper(Hand(), path)
        assert kept.timers() == ()
        with pytest.raises(EdgeError) as refused:
            start(kept, 60)
        assert refused.value.code == "timers.not_kept"
    assert pipe.is_fifo()
    assert folder.is_dir()
    assert caplog.text.count("timers.unusable") == 2


def test_half_a_character_in_a_name_is_kept(tmp_path: Path) -> None:
    start(keeper(Hand(), tmp_path / "t.json"), 60, "eggs \ud800")
    assert keeper(Hand(), tmp_path / "t.json").timers()[0].name == "eggs \ud800"
