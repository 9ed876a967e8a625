"""A hub as a service runs it, `edge run --stdin`: fed with sound, told apart from one that only seems to listen."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 60.0
_LISTENING = "edge: listening"
_CODE = re.compile(r"(?:\w+: )?([a-z_]+\.[a-z_]+): ")


class Running:
    """One process. `listening_s` counts from its start to READY=1, or to the line that says so where it has no socket.

    folder: its home folder, where it keeps its data. settings: `section.key=value`. environ: more of its environment.
    told: whether its turns are printed, for `asked`.
    """

    def __init__(
        self,
        folder: Path,
        settings: Iterable[str] = (),
        *,
        environ: Mapping[str, str] = {},
        told: bool = False,
    ) -> None:
        self._listening = threading.Event()
        self.listening_s: float | None = None
        self.lines: list[str] = []
        """What it has written to its log so far."""
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sockets = tempfile.TemporaryDirectory(prefix="edge-notify-")
        address = str(Path(self._sockets.name) / "notify")
        self._notify.bind(address)
        self._notify.settimeout(0.2)
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "edge", "run", "--stdin", *(["--json"] if told else [])),
                *(part for setting in settings for part in ("--set", setting)),
            ],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NOTIFY_SOCKET": address, **environ},
            cwd=Path(__file__).resolve().parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if told else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._ends = threading.Event()
        self._news = threading.Condition()
        self._replies: list[str] = []
        runs = (self._read, self._be_told, *([self._read_turns] if told else []))
        self._threads = [threading.Thread(target=run, daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Of the hub."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def listens(self, timeout_s: float = PATIENCE_S) -> bool:
        """Wait until it listens; whether it does."""
        return self._listening.wait(timeout_s)

    def feed(self, pcm: bytes) -> bool:
        """Have it hear this, as fast as it can; whether it was still there to hear it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(pcm)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return False
        return True

    def asked(self, pcm: bytes) -> str:
        """Have it hear this; what it replies, or nothing."""
        with self._news:
            before = len(self._replies)
        self.feed(pcm)
        with self._news:
            self._news.wait_for(lambda: len(self._replies) > before, PATIENCE_S)
            return self._replies[before] if len(self._replies) > before else ""

    def logs(self, code: str, timeout_s: float) -> bool:
        """Wait for a line of this code; whether it came."""
        with self._news:
            return self._news.wait_for(lambda: code in self.codes, timeout_s)

    @property
    def codes(self) -> tuple[str, ...]:
        """Of all lines of its log."""
        found = (_CODE.match(line) for line in self.lines)
        return tuple(match[1] for match in found if match is not None)

    def kill(self) -> None:
        """As a power cut, or the kernel that is out of memory."""
        self._process.send_signal(signal.SIGKILL)
        self._wait()

    def stop(self) -> int:
        """As systemd; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._wait()

    def finish(self) -> int:
        """End what it hears, and wait for it to end; its exit status."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        return self._wait()

    def _wait(self) -> int:
        if self._ends.is_set():
            return self._process.returncode or 0
        try:
            status = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._ends.set()
        for thread in self._threads:
            thread.join()
        with suppress(BrokenPipeError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._notify.close()
        self._sockets.cleanup()
        return status

    def _read(self) -> None:
        assert self._process.stderr is not None
        for raw in self._process.stderr:
            line = raw.decode(errors="replace").rstrip("\n")
            with self._news:
                self.lines.append(line)
                self._news.notify_all()
            if line.startswith(_LISTENING):
                self._told()

    def _read_turns(self) -> None:
        assert self._process.stdout is not None
        for raw in self._process.stdout:
            reply = json.loads(raw).get("reply") or {}
            with self._news:
                self._replies.append(reply.get("text", ""))
                self._news.notify_all()

    def _be_told(self) -> None:
        while not self._ends.is_set():
            with suppress(TimeoutError):
                if b"READY=1" in self._notify.recv(4096).split(b"\n"):
                    self._told()

    def _told(self) -> None:
        if self.listening_s is None:
            self.listening_s = time.monotonic() - self._began
            self._listening.set()
