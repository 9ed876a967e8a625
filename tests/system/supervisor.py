"""A supervisor that speaks sd_notify as systemd does: it starts a hub, listens to it, feeds it sound, kills it when its
watchdog is not fed, and starts it again when it ends.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from panel import pcm

PATIENCE_S = 60.0
"""For a loaded machine; nothing is measured here."""
CHUNK = bytes(2 * 16_000 // 10)
"""0.1 s of silence."""


class Supervisor:
    """One service. options: of `edge run --stdin`. watchdog_s: WatchdogSec. program: how `edge` is started."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        watchdog_s: float = 4.0,
        environ: dict[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "edge"),
    ) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.log = folder / "journal"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(0.1)
        self._command = [sys.executable, *program, "run", "--stdin", *options]
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "etc"),
            "XDG_DATA_HOME": str(folder / "var"),
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(int(watchdog_s * 1_000_000)),
            **(environ or {}),
        }
        self._watchdog_s = watchdog_s
        self._news = threading.Condition()
        self.told: list[tuple[str, str]] = []
        """All that the hub has said, of all its lives: name and value."""
        self.deaths: list[int] = []
        """The exit status of each life."""
        self._fed: float | None = None
        self._closing = threading.Event()
        self._sounds: list[bytes] = []
        self.feeds = False
        """Whether the microphone delivers."""
        self.kills = self.restarts = True
        """Whether it does something about a watchdog that is not fed, and about the end of the process."""
        self.starved = 0
        """How often the watchdog was not fed in time."""
        self.process = self._start()
        self._threads = [threading.Thread(target=run) for run in (self._listen, self._feed, self._guard)]
        for thread in self._threads:
            thread.start()

    # What a test does

    def say(self, *stems: str) -> None:
        """Have these recordings heard, after what is being played, each with a second of silence behind it."""
        for stem in stems:
            self._sounds += [pcm(stem), *[CHUNK] * 10]

    def until(self, reached: Callable[[], object], what: str) -> None:
        until = time.monotonic() + PATIENCE_S
        with self._news:
            while not reached():
                assert time.monotonic() < until, (what, self.told[-20:], self.deaths, self.lines()[-20:])
                self._news.wait(0.1)

    def count(self, name: str, value: str = "1") -> int:
        return self.told.count((name, value))

    def times(self, name: str, number: int) -> None:
        self.until(lambda: self.count(name) >= number, f"{name}=1, {number} times")

    def shows(self, text: str) -> None:
        """Until the last STATUS holds this."""
        self.until(lambda: text in self.status, f"the status {text!r}")

    @property
    def status(self) -> str:
        return next((value for name, value in reversed(self.told) if name == "STATUS"), "")

    def lines(self) -> list[str]:
        """What it has written into its journal."""
        return self.log.read_text().splitlines()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def close(self) -> None:
        self.restarts = False
        self._closing.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self.process.kill()
        self.process.wait(PATIENCE_S)
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._socket.close()

    # What systemd does

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as journal:
            stat = os.fstat(journal.fileno())
            return subprocess.Popen(
                self._command,
                env={**self._environ, "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"},
                stdin=subprocess.PIPE,
                stdout=journal,
                stderr=journal,
                bufsize=0,
            )

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                datagram = self._socket.recv(4096)
            except TimeoutError:
                continue
            with self._news:
                for line in datagram.decode().splitlines():
                    name, _, value = line.partition("=")
                    self.told.append((name, value))
                    if name in ("WATCHDOG", "READY"):
                        self._fed = time.monotonic()
                    elif name == "STOPPING":
                        self._fed = None
                self._news.notify_all()

    def _guard(self) -> None:
        while not self._closing.wait(0.05):
            status, fed = self.process.poll(), self._fed
            if status is None and fed is not None and time.monotonic() - fed > self._watchdog_s:
                self.starved, self._fed = self.starved + 1, None
                if self.kills:
                    self.process.kill()  # systemd aborts it, and kills what is left
            elif status is not None:
                with self._news:
                    self.deaths.append(status)
                    self._fed = None
                if not self.restarts:
                    return
                assert self.process.stdin is not None
                self.process.stdin.close()
                self.process = self._start()

    def _feed(self) -> None:
        """Silence at a microphone's pace, recordings as fast as the pipe takes them."""
        while not self._closing.wait(0.1):
            if not self.feeds:
                continue
            sound = self._sounds.pop(0) if self._sounds else CHUNK
            process = self.process
            try:
                assert process.stdin is not None
                process.stdin.write(sound)
            except (BrokenPipeError, ValueError):  # it has just ended, and is started again
                continue
