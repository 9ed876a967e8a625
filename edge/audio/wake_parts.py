"""What the parts of the wake stage hand each other: records, and the protocols that models and stages follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from edge.audio.capture import Frame


@dataclass(frozen=True, slots=True)
class Detection:
    """A wake word was heard."""

    phrase: str
    score: float
    """0 to 1: of both models together where the second was asked, else of the first."""
    at_sample: int
    """Stream offset just after the sound that made the first stage notice it, shortly after the word's end; up to
    `edge.audio.wake.LATE_MS` before the end of the frame that completed it."""


@dataclass(frozen=True, slots=True)
class WakeRule:
    """When two models together have heard a wake word. All are scores, 0 to 1."""

    near: float = 0.1
    """Of the first: from here on the second is asked."""
    both: float = 0.5
    """Of both together: from here on it counts."""
    sure: float = 1.0
    """Of the first: from here on the second need not be asked; 1 asks always."""


@dataclass(frozen=True, slots=True)
class WakeCounts:
    """What a detector has done since it was made: numbers only, no sound, no words."""

    wakes: int = 0
    """All of them."""
    verified: int = 0
    """Those that the second model confirmed."""
    rejected: int = 0
    """Times that the second model was asked and did not confirm."""
    near_misses: int = 0
    """Times that the first came near, fell short of its own threshold, and nothing came of it."""
    strangers: int = 0
    """Times that the word was said in no enrolled voice, which did not wake."""
    false_wakes: int = 0
    """Wakes that nobody spoke after, as far as it has been told."""

    @property
    def looks(self) -> int:
        """Times that the second model was asked and had its say."""
        return self.verified + self.rejected


class WakeStage(Protocol):
    """Decides, frame by frame, whether a wake word was just said."""

    def accept(self, frame: Frame) -> Detection | None:
        """The wake word that this frame completes, once."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


class WakeModel(Protocol):
    """Scores sound for one phrase."""

    @property
    def phrase(self) -> str:
        """The phrase, as it is said."""
        ...

    @property
    def threshold(self) -> float:
        """Score from which on the phrase counts as said, 0 to 1."""
        ...

    def accept(self, pcm: bytes) -> float:
        """Score, 0 to 1, after this sound. pcm: 16 kHz mono int16, little-endian, any length."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


class Look(Protocol):
    """A closer look at one stretch of sound."""

    def accept(self, pcm: bytes = b"") -> Iterable[float]:
        """Scores, 0 to 1, that this further sound makes possible; the first call's are of the sound given before."""
        ...


class Verifier(Protocol):
    """Scores sound that has been kept, for the phrase of the first stage."""

    def look(self, pcm: bytes, back_ms: int) -> Look:
        """A look at the newest of this sound. back_ms: how far before its end the word may have ended."""
        ...


class Speakers(Protocol):
    """Knows the voices that may wake the hub."""

    def knows(self, phrase: str, pcm: bytes, late: int) -> bool:
        """Whether one of them has just said the phrase.

        pcm: the last seconds, 16 kHz mono int16; late: samples from the moment at which it was noticed to their end.
        """
        ...


@dataclass(frozen=True, slots=True)
class WakeWord:
    """One wake word: what listens for it, and what is asked when that is not sure."""

    model: WakeModel
    verifier: Verifier | None = None
    rule: WakeRule = WakeRule()
    """Not looked at where there is no verifier."""
