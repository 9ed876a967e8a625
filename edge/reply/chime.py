"""Two soft tones that say: I am listening; louder and thrice, that a timer rings. A thread plays them; nobody waits."""

import math
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from edge.core.errors import EdgeError
from edge.reply.speak import Sink

RATE = 24_000
TONES_HZ = (660.0, 880.0)
TONE_MS = 75
LEVEL = 0.1
"""Peak, of full scale."""
ALARM_LEVEL = 0.5
"""To be heard over a kitchen."""


def alarm() -> bytes:
    """Mono int16 little-endian PCM at `RATE`, 650 ms: the tones three times, with pauses of 100 ms."""
    return bytes(RATE // 10 * 2).join([tones(ALARM_LEVEL)] * 3)


def tones(level: float = LEVEL) -> bytes:
    """Mono int16 little-endian PCM at `RATE`, 150 ms; every tone swells and dies away, so that nothing clicks."""
    import numpy as np

    count = RATE * TONE_MS // 1000
    time = np.arange(count) / RATE
    swell = np.sin(math.pi * np.arange(count) / count) ** 2
    wave = np.concatenate([swell * np.sin(2 * math.pi * hz * time) for hz in TONES_HZ])
    return bytes((level * 32767 * wave).astype("<i2").tobytes())


class Own(Protocol):
    """Told when the chime sounds, so that it is not taken for speech."""

    def chime_began(self) -> None:
        """About to be played."""
        ...

    def chime_ended(self) -> None:
        """The sound card has taken it."""
        ...


class Chime:
    """`ring` returns at once. A sound output that fails is told of once, and tried again at the next ring."""

    def __init__(self, sink: Sink, *, own: Own | None = None, on_error: Callable[[EdgeError], None]) -> None:
        self._sink = sink
        self._own = own
        self._on_error = on_error
        self.muted = False
        """Set from any thread: it does not sound."""
        self._alarm = False
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._play, name="edge-chime", daemon=True)
        self._thread.start()

    def ring(self, *, alarm: bool = False) -> None:
        """Let it sound now; one that sounds already is enough. alarm: louder and longer, as a timer rings."""
        if not self.muted:
            self._alarm = alarm
            self._wanted.set()

    def close(self) -> None:
        """Stop; what is sounding ends."""
        self._closed.set()
        self._wanted.set()
        self._thread.join()

    def _play(self) -> None:
        pcm, ringing = tones(), alarm()
        # Opening a sound card takes long; done now, the chime comes when it should.
        works = self._tried(lambda: self._sink.play(bytes(len(pcm)), RATE), told=False)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._closed.is_set():
                return
            works = self._tried(partial(self._sound, ringing if self._alarm else pcm), told=not works)

    def _tried(self, play: Callable[[], None], *, told: bool) -> bool:
        """Whether it could be played. told: that it cannot has been said."""
        try:
            play()
        except EdgeError as error:
            if not told:
                self._on_error(error)
            return False
        return True

    def _sound(self, pcm: bytes) -> None:
        if self._own is None:
            self._sink.play(pcm, RATE)
            return
        self._own.chime_began()
        try:
            self._sink.play(pcm, RATE)
        finally:
            self._own.chime_ended()
