"""What the hub plays itself, and so must not take for speech: its chime and its spoken replies.

The chime sounds when somebody pauses after the wake word, and nobody should have to wait until it is over. Its tones
are taken out of what comes after the wake stage, for as long as it sounds and a moment longer, for the room: the part
of each frame that sines of those frequencies, growing or dying away, can make up. What is left is silence, or somebody
who has begun to speak. A reply has no such form and is blanked, for who listens without a wake word; but whoever says
the wake word over it is to be heard, words that run into it included, so once woken the sound is given as it is.

The wake stage hears everything. The hub knows what it is about to say, though, and has the same models score it
beforehand: a detection close to a moment at which the reply by itself comes near to one is the hub's own voice.

Times are offsets in the microphone's stream, told by whoever listens, so that nothing depends on a clock and a
listener that lags behind lags for this too.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from edge.audio.capture import FRAME_SAMPLES, RATE, Frame
from edge.audio.wake import Detection, WakeModel, WakeWord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TAIL_MS = 200
"""How long a room goes on sounding."""
OUTPUT_MS = 100
"""What a sound card still holds when it has taken the last sample (`edge.reply.speak` asks for no more)."""
NEAR_MS = 1000
"""A detection this close to the hub's own is the hub's own."""
NEAR_SCORE = 0.5
"""Share of a model's threshold from which its score counts here: a room and a microphone may add to it. What makes a
first stage ask a second model counts too."""
AFTER_MS = 500
"""Silence scored after a reply: models are sure of a word only when it is over."""

_MS = RATE // 1000


class OwnSound:
    """Shared by the threads that listen, speak and ring; every method returns at once, but for `reply_coming`.

    models: scores for wake words, their own copies; made when the first reply is spoken while something listens. None
    means that no wake word is listened for. chime_hz: frequencies of the chime's tones.
    """

    def __init__(
        self, models: Callable[[], Sequence[WakeModel | WakeWord]] | None = None, *, chime_hz: Sequence[float] = ()
    ) -> None:
        self._chime_hz = tuple(chime_hz)
        self._basis: NDArray[np.float64] | None = None
        self.on_waiting: Callable[[], None] | None = None
        """Called on the listener's thread when it begins to wait for the request after a wake word; must be quick."""
        self._make_models = models
        self._models: list[tuple[WakeModel, float]] | None = None
        """First stages, and the scores from which they count here."""
        self._lock = threading.Lock()
        self._now: int | None = None
        """Stream offset up to which has been listened; None before anything has."""
        self._chimes = _Spans()
        self._replies = _Spans()
        self._moments: list[int] = []
        """Stream offsets at which the hub's own voice may sound like a wake word."""

    # --- by the listener ---

    def heard(self, end: int) -> None:
        """Listened up to this stream offset."""
        with self._lock:
            if self._now is not None and end < self._now:  # the microphone went away, and its stream began anew
                self._chimes.restart(end)
                self._replies.restart(end)
                self._moments.clear()
            self._now = end
            if self._moments and self._moments[0] < end - 10 * RATE:
                self._moments = [at for at in self._moments if at >= end - 10 * RATE]

    def blanked(self, frame: Frame, *, woken: bool) -> Frame:
        """The frame as it is to be listened to: without what the hub itself plays.

        woken: whether a wake word came before it; a reply is then being talked over.
        """
        with self._lock:
            reply = not woken and self._replies.holds(frame)
            chime = self._chimes.holds(frame)
        if reply:
            return replace(frame, pcm=bytes(len(frame.pcm)))
        return replace(frame, pcm=self._without_chime(frame.pcm)) if chime else frame

    def explains(self, detection: Detection) -> bool:
        """Whether the hub's own voice was heard there."""
        with self._lock:
            return any(abs(detection.at_sample - at) <= NEAR_MS * _MS for at in self._moments)

    def waiting(self) -> None:
        """Somebody has said a wake word and pauses: the moment for a chime."""
        if self.on_waiting is not None:
            self.on_waiting()

    # --- by what sounds ---

    def chime_began(self) -> None:
        """The chime is about to be played."""
        with self._lock:
            self._chimes.begin(self._now)

    def chime_ended(self) -> None:
        """The sound card has taken the chime."""
        with self._lock:
            self._chimes.end(self._now)

    def reply_began(self) -> None:
        """A reply is about to be spoken."""
        with self._lock:
            self._replies.begin(self._now)
            if self._now is None or self._make_models is None:
                return
        if self._models is None:
            self._models = [_with_bar(word) for word in self._make_models()]
        for model, _ in self._models:
            model.reset()

    def reply_coming(self, pcm: bytes, rate: int) -> None:
        """The next piece of the reply, before it is played; takes 0.2 to 2 ms a second of it.

        pcm: mono int16 little-endian, of `rate` samples a second.
        """
        self._foresee(_resampled(pcm, rate))

    def reply_ended(self) -> None:
        """The sound card has taken the reply, to its end or until it was talked over."""
        with self._lock:
            now = self._now
            self._replies.end(now)
            # What was not said any more explains nothing.
            self._moments = [at for at in self._moments if now is not None and at <= now + OUTPUT_MS * _MS]
        self._foresee(bytes(2 * AFTER_MS * _MS))

    def _without_chime(self, pcm: bytes) -> bytes:
        import numpy as np

        if self._basis is None:
            self._basis = _tones(self._chime_hz)
        samples = np.frombuffer(pcm, "<i2").astype(np.float64)
        rest = samples - self._basis @ (self._basis.T @ samples)
        return bytes(np.clip(np.round(rest), -32768, 32767).astype("<i2").tobytes())

    def _foresee(self, pcm: bytes) -> None:
        with self._lock:
            began = self._now
        if began is None or not self._models:
            return
        step = 2 * FRAME_SAMPLES
        moments = [
            began + (at + step) // 2
            for model, bar in self._models
            for at in range(0, len(pcm), step)
            if model.accept(pcm[at : at + step]) >= bar
        ]
        with self._lock:
            self._moments = sorted({*self._moments, *moments})


def _with_bar(word: WakeModel | WakeWord) -> tuple[WakeModel, float]:
    if not isinstance(word, WakeWord):
        return word, NEAR_SCORE * word.threshold
    bar = NEAR_SCORE * word.model.threshold
    return word.model, bar if word.verifier is None else min(bar, word.rule.near)


class _Spans:
    """Stretches of the stream in which something sounds: the one under way, and the one before."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int | None]] = []

    def begin(self, now: int | None) -> None:
        self._spans = [*self._spans[-1:], (now or 0, None)]

    def end(self, now: int | None) -> None:
        if self._spans:
            self._spans[-1] = (self._spans[-1][0], (now or 0) + (OUTPUT_MS + TAIL_MS) * _MS)

    def restart(self, now: int) -> None:
        """Of the spans of another stream only one that is under way counts in this one."""
        self._spans = [(now, None)] if self._spans and self._spans[-1][1] is None else []

    def holds(self, frame: Frame) -> bool:
        return any(frame.end > began and (ended is None or frame.start < ended) for began, ended in self._spans)


def _tones(frequencies: Sequence[float]) -> "NDArray[np.float64]":
    """Orthonormal columns, shape (frame, 6 * tones): what a frame of these tones can be, swelling or dying away."""
    import numpy as np

    time = (np.arange(FRAME_SAMPLES) - FRAME_SAMPLES / 2) / FRAME_SAMPLES
    columns = [
        time**power * wave(2 * np.pi * hz * time * FRAME_SAMPLES / RATE)
        for hz in frequencies
        for power in (0, 1, 2)
        for wave in (np.cos, np.sin)
    ]
    basis: NDArray[np.float64] = np.linalg.qr(np.array(columns).reshape(-1, FRAME_SAMPLES).T)[0]
    return basis


def _resampled(pcm: bytes, rate: int) -> bytes:
    if rate == RATE:
        return pcm
    import numpy as np

    from edge.audio.resample import Resampler

    resampler = Resampler(rate, RATE)
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    made = np.concatenate((resampler.accept(samples), resampler.finish()))
    return bytes(np.clip(np.round(made), -32768, 32767).astype("<i2").tobytes())
