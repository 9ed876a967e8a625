"""Where speech begins and where it ends, from speech probabilities.

Pure: it counts the samples that it is told of and reads no clock, so the same probabilities always give the same
events. Probabilities pass a Schmitt trigger (speech at `start_threshold`, no speech under `stop_threshold`). A stretch
of speech shorter than `min_speech_ms`, such as a click or a closing door, neither begins an utterance nor keeps one
open.

    waiting --speech of min_speech_ms--> speaking --a pause, or max_ms--> ended
    waiting --no_speech_ms--> ended

How long a pause ends an utterance depends on what was said: `early_ms` after a whole request, `late_ms` after one that
is plainly unfinished ("set the bedroom to"), `silence_ms` where it cannot be told. Whoever listens is asked for it by
`asks`, and answers with `expect`.
"""

from dataclasses import dataclass

from edge.core.errors import InputError
from edge.core.turn import EndReason

SAMPLES_PER_MS = 16

WHOLE = 0.5
"""Probability that nothing more comes, from which on a request counts as whole."""
UNFINISHED = 0.01
"""Probability that nothing more comes, up to which it counts as unfinished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """When speech counts as begun and ended. Raises InputError (`endpoint.settings`) for values that cannot be."""

    silence_ms: int = 700
    """Silence that ends an utterance of which it cannot be told whether it is whole."""
    early_ms: int = 350
    """Silence that ends a whole request; not above `silence_ms`."""
    late_ms: int = 1500
    """Silence that ends an unfinished request; not under `silence_ms`."""
    no_speech_ms: int = 5000
    """How long to wait for speech to begin."""
    max_ms: int = 15000
    """Longest utterance, from its first speech sample."""
    start_threshold: float = 0.5
    """Probability at which speech begins, 0 to 1."""
    stop_threshold: float = 0.35
    """Probability under which speech stops, 0 to 1; not above `start_threshold`."""
    min_speech_ms: int = 100
    """Shorter speech is a noise."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("silence_ms", 100, 10_000),
            ("early_ms", 100, 10_000),
            ("late_ms", 100, 10_000),
            ("no_speech_ms", 500, 600_000),
            ("max_ms", 1_000, 600_000),
            ("min_speech_ms", 0, 1_000),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise _wrong(f"{name} must be a whole number of milliseconds from {low} to {high}, not {value!r}")
        for name in ("start_threshold", "stop_threshold"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
                raise _wrong(f"{name} must be a number between 0 and 1, not {value!r}")
        if self.stop_threshold > self.start_threshold:
            raise _wrong(
                f"stop_threshold ({self.stop_threshold}) must not be above start_threshold ({self.start_threshold})"
            )
        if not self.early_ms <= self.silence_ms <= self.late_ms < self.max_ms:
            raise _wrong(
                f"early_ms ({self.early_ms}), silence_ms ({self.silence_ms}), late_ms ({self.late_ms}) and max_ms "
                f"({self.max_ms}) must be in this order, max_ms above late_ms"
            )


def _wrong(message: str) -> InputError:
    return InputError("endpoint.settings", message)


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Someone has begun to speak."""

    at: int
    """Offset of the first speech sample since the last reset."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Nothing more is to be listened for."""

    at: int
    """Offset just after the last speech sample since the last reset; 0 when nobody spoke."""
    reason: EndReason


Event = SpeechBegan | SpeechEnded


class SpeechGate:
    """Schmitt trigger: on at the start threshold, off under the stop threshold."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._start = settings.start_threshold
        self._stop = settings.stop_threshold
        self.open = False
        """Whether the last probability counted as speech."""

    def accept(self, probability: float) -> bool:
        """Whether this is speech."""
        self.open = probability >= (self._stop if self.open else self._start)
        return self.open

    def reset(self) -> None:
        """Closed, as new."""
        self.open = False


class Endpointer:
    """Speech probabilities in, at most one `SpeechBegan` and then one `SpeechEnded` out."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._limits = settings
        self._gate = SpeechGate(settings)
        self.reset()

    def reset(self) -> None:
        """Wait for speech anew; offsets count from here."""
        self._gate.reset()
        self._now = 0
        self._run = 0
        """Samples of the stretch of speech under way."""
        self._began: int | None = None
        self._last_speech = 0
        self._patience: int | None = None
        """Samples of silence that end this pause; None until it is long enough to be asked about."""
        self._ended = False

    @property
    def asks(self) -> bool:
        """Whether it has become worth telling how complete the utterance is: once a pause, by `expect`."""
        return self._patience is None and self.pause >= self._limits.early_ms * SAMPLES_PER_MS

    @property
    def pause(self) -> int:
        """Samples since the last speech, within an utterance; 0 while someone speaks."""
        return 0 if self._began is None or self._run else self._now - self._last_speech

    def expect(self, ending: float | None) -> None:
        """Set how long this pause may last. ending: probability that nothing more comes; None where it is not known."""
        limits = self._limits
        if ending is None:
            patience_ms = limits.silence_ms
        elif ending >= WHOLE:
            patience_ms = limits.early_ms
        else:
            patience_ms = limits.late_ms if ending <= UNFINISHED else limits.silence_ms
        self._patience = patience_ms * SAMPLES_PER_MS

    def accept(self, probability: float, samples: int) -> Event | None:
        """What the next samples change, if anything.

        probability: of speech, 0 to 1, in these samples; samples: how many. Raises RuntimeError, and changes nothing,
        after speech has ended: `reset` first.
        """
        if self._ended:
            raise RuntimeError("speech has ended; reset the endpointer before it listens again")
        self._now += samples
        self._run = self._run + samples if self._gate.accept(probability) else 0
        # `_run > 0` matters when min_speech_ms is 0: silence is no speech of length 0.
        speaking = self._run > 0 and self._run >= self._limits.min_speech_ms * SAMPLES_PER_MS
        if speaking:
            self._last_speech = self._now
            self._patience = None
        if self._began is None:
            return self._wait(speaking)
        return self._hear()

    def _wait(self, speaking: bool) -> Event | None:
        if speaking:
            self._began = self._now - self._run
            return SpeechBegan(self._began)
        # A stretch that may still become speech is waited for: it began in time.
        if self._run == 0 and self._now >= self._limits.no_speech_ms * SAMPLES_PER_MS:
            return self._end(EndReason.NO_SPEECH)
        return None

    def _hear(self) -> Event | None:
        assert self._began is not None
        if self._now - self._began >= self._limits.max_ms * SAMPLES_PER_MS:
            return self._end(EndReason.MAX_LENGTH)
        patience = self._limits.silence_ms * SAMPLES_PER_MS if self._patience is None else self._patience
        if self.pause >= patience:
            return self._end(EndReason.SILENCE)
        return None

    def _end(self, reason: EndReason) -> SpeechEnded:
        self._ended = True
        return SpeechEnded(self._last_speech, reason)

    @property
    def last_speech(self) -> int:
        """Offset just after the last speech sample so far since the last reset; 0 when there was none."""
        return self._last_speech
