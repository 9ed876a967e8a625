"""A real Mosquitto for the tests that need one."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_PROGRAM = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
_PATIENCE_S = 10


class Mosquitto:
    """A broker on a free port of the loopback interface; it keeps its port when it is started again."""

    def __init__(self, folder: Path, *settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        lines = (f"listener {self.port} 127.0.0.1", *(settings or ("allow_anonymous true",)))
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it takes connections."""
        assert _PROGRAM is not None
        self._process = subprocess.Popen(
            [_PROGRAM, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, "mosquitto did not start"
                assert time.monotonic() < until, "mosquitto does not listen"
                time.sleep(0.01)
            else:
                return

    def saves(self, file: Path, mark: bytes) -> bool:
        """Have it write down what it keeps; whether this is in the file."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)
        return file.exists() and mark in file.read_bytes()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it if it runs."""
        self.thaw()
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Have it do nothing, with all connections open, as a machine that is out of memory."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE_S)
            self._process = None


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts brokers with lines for their configuration; ends them all."""
    if _PROGRAM is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    started: list[Mosquitto] = []

    def make(*settings: str) -> Mosquitto:
        folder = tmp_path / f"mosquitto{len(started)}"
        folder.mkdir()
        # Started as root it gives its rights away, and must still be able to read what it is given.
        for path in (folder, *folder.parents):
            if path.name.startswith("pytest-of-") or any(one.name.startswith("pytest-of-") for one in path.parents):
                path.chmod(0o755)
        broker = Mosquitto(folder, *settings)
        broker.start()
        started.append(broker)
        return broker

    yield make
    for broker in started:
        broker.stop()


@pytest.fixture
def mosquitto(make_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that lets everybody in."""
    return make_mosquitto()
