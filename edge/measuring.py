"""What a running hub costs: the process itself, fed sound in real time, watched from outside.

Processor time is the kernel's own account of the process with all its threads, memory its high-water mark. The sound
goes in at the microphone's pace, 20 ms at a time, so that nothing is measured that would not be so in a kitchen.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from edge.core.errors import UnreachableError

RATE = 16_000
FRAME_BYTES = 640
FRAME_S = 0.02
PATIENCE_S = 15.0
"""For the turn that follows a recording; one that ends in nothing takes `endpoint.no_speech_ms`."""
START_S = 120.0
AFTER_S = 0.5
"""Of the room's sound after a turn, so that one recording does not run into the next."""
_SPEECH = 0.5
"""Probability from which 20 ms are speech."""

Progress = Callable[[int, int], None]
"""Told of seconds: done, of how many at the most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one recording."""

    ms: float | None
    """From the last sample of speech to the command's being sent, or to the answer where nothing was to be sent; None:
    nothing came."""
    sent: bool
    """Whether a command was sent."""
    cpu_percent: float
    """Of one core, from the recording's first sample to the answer."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the process took."""

    start_seconds: float
    """From its start until it listened."""
    idle_cpu_percent: float
    """Of one core, while nobody spoke."""
    answers: tuple[Answer, ...]
    peak_rss_mib: float

    @property
    def active_cpu_percent(self) -> float:
        """Of one core, mean over the recordings; 0 without any."""
        return sum(answer.cpu_percent for answer in self.answers) / max(1, len(self.answers))


def measure(
    command: Sequence[str],
    environ: Mapping[str, str],
    recordings: Sequence[bytes],
    *,
    room: bytes,
    idle_s: float,
    progress: Progress = lambda *_: None,
) -> Cost:
    """Start `edge run --stdin --json --verbose …`, let it idle, and play the recordings to it.

    recordings, room: 16 kHz mono int16; room is what is heard while nobody speaks, over and over.
    Raises UnreachableError (`measure.failed`) when the process ends or does not begin to listen.
    """
    ends = [end_of_speech(one) / RATE for one in recordings]  # now: it would hold up the feed
    longest = idle_s + sum(len(one) / 2 / RATE + AFTER_S + PATIENCE_S for one in recordings)
    with _Running(command, environ) as hub:
        started = hub.started()
        feed = _Feed(hub, room, lambda seconds: progress(round(seconds), round(longest)))
        # What it makes at first, its recogniser above all, is not the cost of idling.
        while not hub.ready.is_set() and time.monotonic() < feed.began + START_S:
            feed.room(0.5)
        feed.room(2.0)
        cpu, clock = hub.cpu_s(), time.monotonic()
        feed.room(idle_s)
        idle = (hub.cpu_s() - cpu) / (time.monotonic() - clock)
        answers = [feed.ask(one, end) for one, end in zip(recordings, ends, strict=True)]
        return Cost(started, 100 * idle, tuple(answers), hub.peak_rss_mib())


def end_of_speech(pcm: bytes) -> int:
    """Samples up to the end of the last 20 ms that hold speech; all of them where none does."""
    from edge.audio.vad import SileroVad

    vad = SileroVad()
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]
    spoken = [at for at, frame in enumerate(frames) if vad.accept(frame) >= _SPEECH]
    return (spoken[-1] + 1) * FRAME_BYTES // 2 if spoken else len(pcm) // 2


class _Running:
    """A hub in a process of its own, which reads sound and writes a line of JSON for every turn."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            command,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self.turns: list[tuple[float, dict[str, Any]]] = []
        """Wall clock in seconds, and the turn that came then."""
        self._listening = threading.Event()
        self._listening_at = 0.0
        self.ready = threading.Event()
        """Whether what is said is understood at once."""
        self._said: list[str] = []
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_turns, self._read_words)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(5)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def started(self) -> float:
        """Seconds from its start until it listened; waits for it."""
        if not self._listening.wait(START_S) or not self._listening_at:
            raise self._failed()
        return self._listening_at - self._began

    def hear(self, frame: bytes) -> None:
        """20 ms of sound."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(frame)
        except OSError as error:
            raise self._failed() from error

    def cpu_s(self) -> float:
        """Processor time so far, of all its threads."""
        # The clock of a process, as clock_getcpuclockid(3) makes it: exact, where /proc counts hundredths.
        try:
            return time.clock_gettime((~self._process.pid << 3) | 2)
        except OSError as error:
            raise self._failed() from error

    def peak_rss_mib(self) -> float:
        """The most memory that was resident at once."""
        try:
            rows = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError as error:
            raise self._failed() from error
        return next((int(row.split()[1]) / 1024 for row in rows if row.startswith("VmHWM:")), 0.0)

    def _failed(self) -> UnreachableError:
        last = next((line for line in reversed(self._said) if line.startswith("error: ")), "")
        return UnreachableError(
            "measure.failed", f"the hub to be measured ended: {last.removeprefix('error: ') or 'see edge doctor'}"
        )

    def _read_turns(self) -> None:
        assert self._process.stdout is not None
        for line in self._lines(self._process.stdout):
            with suppress(ValueError):
                self.turns.append((time.time(), json.loads(line)))

    def _read_words(self) -> None:
        assert self._process.stderr is not None
        for line in self._lines(self._process.stderr):
            self._said = [*self._said[-20:], line]
            if line.startswith("edge: listening for"):
                self._listening_at = time.monotonic()
                self._listening.set()
            elif line.startswith("edge: run.ready:"):
                self.ready.set()
        self._listening.set()  # nobody waits for one that has ended

    @staticmethod
    def _lines(stream: Any) -> Iterator[str]:
        for line in iter(stream.readline, b""):
            yield line.decode(errors="replace").rstrip()


class _Feed:
    """Sound at its own pace."""

    def __init__(self, hub: _Running, room: bytes, progress: Callable[[float], None]) -> None:
        self._hub = hub
        self._room = room[: len(room) - len(room) % FRAME_BYTES]
        self._at = 0
        self._frames = 0
        self.began = time.monotonic()
        self._progress = progress

    def room(self, seconds: float) -> None:
        """So long of nobody's speaking."""
        for _ in range(round(seconds / FRAME_S)):
            self._quiet()

    def ask(self, pcm: bytes, speech_s: float) -> Answer:
        """Play a recording, then the room until its turn has come, and a moment longer.

        speech_s: seconds from its beginning to the end of speech.
        """
        before, cpu, began = len(self._hub.turns), self._hub.cpu_s(), time.monotonic()
        ended = time.time() + self._ahead() + speech_s
        for at in range(0, len(pcm), FRAME_BYTES):
            self._write(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))
        for _ in range(round(PATIENCE_S / FRAME_S)):
            if len(self._hub.turns) > before:
                break
            self._quiet()
        used, took = self._hub.cpu_s() - cpu, time.monotonic() - began
        answer = Answer(None, sent=False, cpu_percent=100 * used / took)
        if len(self._hub.turns) > before:
            came, turn = self._hub.turns[before]
            sent = _sent(turn)
            moment = came if sent is None else sent / 1000
            answer = Answer(1000 * (moment - ended), sent=sent is not None, cpu_percent=answer.cpu_percent)
        self.room(AFTER_S)
        return answer

    def _ahead(self) -> float:
        """Seconds until the next frame is due."""
        return self.began + self._frames * FRAME_S - time.monotonic()

    def _quiet(self) -> None:
        self._write(self._room[self._at : self._at + FRAME_BYTES])
        self._at = (self._at + FRAME_BYTES) % len(self._room)

    def _write(self, frame: bytes) -> None:
        self._frames += 1
        # A frame is there when its last sample is.
        time.sleep(max(0.0, self._ahead()))
        self._hub.hear(frame)
        if self._frames % 25 == 0:
            self._progress(time.monotonic() - self.began)


def _sent(turn: Mapping[str, Any]) -> int | None:
    """Milliseconds since the epoch at which the turn's first command was sent; None where there was none."""
    commands = (turn.get("outcome") or {}).get("commands") or ()
    return min((one["sent_ms"] for one in commands if one.get("sent_ms") is not None), default=None)


def edge_command(*arguments: str) -> list[str]:
    """The command line of this very program."""
    return [sys.executable, "-m", "edge", *arguments]
