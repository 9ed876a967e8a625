"""What the frame loop is made of, and what it tells."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from edge.core.text import normalize, without_prefix
from edge.core.turn import EndReason, Hypothesis


class Vad(Protocol):
    """Tells speech from other sound."""

    def accept(self, pcm: bytes) -> float:
        """Latest speech probability, 0 to 1. pcm: 16 kHz mono int16, little-endian, any length."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


class Recognizer(Protocol):
    """Speech to text, fed while the speech arrives."""

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length."""
        ...

    def partial(self) -> str:
        """What has been heard so far, or nothing."""
        ...

    def ending(self) -> float | None:
        """Probability that what has been heard so far is a whole request, 0 to 1; None when it cannot be told."""
        ...

    def finish(self) -> tuple[Hypothesis, ...]:
        """Readings of the whole utterance, best first; word times count from its first sample."""
        ...

    def reset(self) -> None:
        """Forget the utterance; ready for the next one."""
        ...


class ListenEventKind(StrEnum):
    """What a user interface shows."""

    WOKE = "woke"
    SPEECH_BEGAN = "speech_began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ListenEvent:
    """Something that a user interface may show at once."""

    kind: ListenEventKind
    at_ms: int
    """Milliseconds since the start of the audio."""
    wake: str | None = None
    """The wake word that it follows; None when none was needed."""
    reason: EndReason | None = None
    """Why it ended; None unless it has."""


def without_wake_word(hypothesis: Hypothesis, phrase: str) -> Hypothesis:
    """The hypothesis without the wake phrase and what came before it, in its text and in its words."""
    text = without_prefix(hypothesis.text, phrase)
    if text == normalize(hypothesis.text):
        return hypothesis
    # The words that are left are the last ones: a recogniser's words are those of its text.
    left = len(text.split())
    return replace(hypothesis, text=text, words=hypothesis.words[len(hypothesis.words) - left :] if left else ())
