"""What is waited for at the start, and what the status says of a microphone that goes away."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import cli_run
from edge.cli_run import Running
from edge.core.errors import InputError, UnreachableError
from edge.core.home import HomeState
from edge.house import StillHome
from edge.service import Notifier

LOST = UnreachableError("audio.microphone_lost", "the microphone Zanzibar has stopped delivering sound")


class Hub:
    home = StillHome(HomeState())


class Supervisor:
    def __init__(self, address: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(address))
        self.socket.settimeout(10)

    def told(self, number: int) -> list[str]:
        return [self.socket.recv(1000).decode() for _ in range(number)]


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(cli_run, "AGAIN_S", (0.0,))
    made = Supervisor(tmp_path / "notify")
    yield made
    made.socket.close()


@pytest.fixture
def running(supervisor: Supervisor) -> Running:
    return Running(Notifier({"NOTIFY_SOCKET": supervisor.socket.getsockname()}))


def opens_at(number: int) -> Any:
    """A microphone that is there at the third try, say."""
    tries = iter(range(1, number + 1))

    def opened() -> str:
        if next(tries) < number:
            raise UnreachableError("audio.microphone_missing", "no microphone was found")
        return "microphone"

    return opened


def test_a_microphone_is_waited_for_at_the_start(
    running: Running, supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    assert running.opening(opens_at(3))() == "microphone"  # type: ignore[comparison-overlap]
    extend = "EXTEND_TIMEOUT_USEC=60000000"
    waits = "STATUS=waiting for a microphone (audio.microphone_missing)"
    assert supervisor.told(4) == [extend, waits, extend, extend]
    assert len(caplog.messages) == 1


def test_later_it_is_looked_for_elsewhere(running: Running) -> None:
    running.waits()
    with pytest.raises(UnreachableError):
        running.opening(opens_at(2))()


def test_in_a_terminal_nothing_is_waited_for() -> None:
    with pytest.raises(UnreachableError):
        Running(Notifier({})).patiently("a microphone", opens_at(2))


def test_what_no_waiting_helps_ends_it(running: Running) -> None:
    def no_broker() -> None:
        raise InputError("link.not_configured", "no broker is configured")

    with pytest.raises(InputError):
        running.patiently("the broker", no_broker)


def test_an_outage_is_in_the_status_and_ready_is_said_once(running: Running, supervisor: Supervisor) -> None:
    running._hub = Hub()  # type: ignore[assignment]
    running.heard()
    running.heard()
    running.outage(LOST)
    running.heard()
    running.outage(None)
    assert supervisor.told(4) == [
        "STATUS=listening",
        "READY=1",
        "STATUS=the microphone is away, and looked for",
        "STATUS=listening",
    ]
