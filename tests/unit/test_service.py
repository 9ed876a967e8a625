"""What the supervisor is told, on a real socket; and when the watchdog is fed."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service import Heart, Notifier


@pytest.fixture(params=["file", "abstract"])
def supervisor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A socket that listens, and what NOTIFY_SOCKET is set to."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@edge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name[1:] if name.startswith("@") else name)
        sock.settimeout(10)
        yield sock, name


def test_it_tells_what_sd_notify_tells(supervisor: tuple[socket.socket, str]) -> None:
    sock, name = supervisor
    notifier = Notifier({"NOTIFY_SOCKET": name})
    assert notifier.supervised
    notifier.status("one\nline")
    notifier.status("one\nline")
    notifier.ready()
    notifier.reloading()
    notifier.extend(1.5)
    notifier.alive()
    notifier.stopping()
    told = [sock.recv(1000).decode() for _ in range(6)]
    since = told.pop(2)
    assert told == ["STATUS=one line", "READY=1", "EXTEND_TIMEOUT_USEC=1500000", "WATCHDOG=1", "STOPPING=1"]
    name_, usec = since.removeprefix("RELOADING=1\n").split("=")
    assert (name_, usec.isdigit()) == ("MONOTONIC_USEC", True)


def test_without_a_supervisor_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({"WATCHDOG_USEC": "1000000"})
    notifier.ready()
    assert (notifier.supervised, notifier.watchdog_s, caplog.messages) == (False, None, [])


def test_a_supervisor_that_has_gone_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    notifier.ready()
    notifier.alive()
    assert [message.partition(":")[0] for message in caplog.messages] == ["service.unheard"]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),  # it is meant for another process
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_that_is_asked_for(environ: dict[str, str], seconds: float | None) -> None:
    assert Notifier({"NOTIFY_SOCKET": "/nowhere", **environ}).watchdog_s == seconds


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_well_while_sound_comes_and_the_main_loop_turns() -> None:
    time = Time()
    heart = Heart(lambda: None, 4.0, turn_s=10.0, clock=time)
    assert heart.well
    time.now += 1.9
    assert heart.well
    time.now += 0.2
    assert not heart.well, "no sound for half of the time"
    heart.heard()
    assert heart.well, "nobody has spoken since, or a turn is under way"
    time.now += 8.0
    heart.heard()
    assert not heart.well, "the turn hangs"
    heart.turned()
    assert heart.well


def test_it_feeds_while_it_is_well() -> None:
    fed: list[float] = []
    heart = Heart(lambda: fed.append(0.0), 0.02)
    heart.start()
    while len(fed) < 2:
        heart.heard()
    heart.close()
    number = len(fed)
    heart.heard()
    assert len(fed) == number, "it has stopped"
