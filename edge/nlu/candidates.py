"""All that may have been meant: the readings of everything that was heard, scored, and no more than can be looked at.

`Understand` takes the first reading of the first hypothesis that has one. Whoever knows more, of the state of the home
or of the household, chooses among these.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Interpretation
from edge.nlu.reading import Reader

LIMIT = 8
"""Candidates that are kept."""
_NEXT_READING = 0.5
"""What each better reading of the same words leaves to the next: they differ in how literally the words are taken, and
the grammar's order between them is seldom wrong."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of one hypothesis."""

    interpretation: Interpretation
    score: float
    """0 to 1: the recogniser's confidence, times the likeness where a word was replaced, halved for every reading
    of the same words before it."""
    heard: int
    """Place of the hypothesis among those that were heard."""


def candidates(
    reader: Reader, heard: Sequence[Hypothesis], home: HomeState, *, min_confidence: float = 0.0, limit: int = LIMIT
) -> tuple[Candidate, ...]:
    """The readings of all hypotheses that are confident enough, best first; of equal readings the best is kept."""
    found: dict[tuple[object, ...], Candidate] = {}
    for place, hypothesis in enumerate(heard):
        if hypothesis.confidence < min_confidence or not hypothesis.text.strip():
            continue
        score = hypothesis.confidence
        for reading in reader.readings(hypothesis.text, home, limit):
            key = (reading.intent, reading.slots, reading.also)
            known = found.get(key)
            candidate = Candidate(reading, score * reading.score, place)
            if known is None or candidate.score > known.score:
                found[key] = candidate
            score *= _NEXT_READING
    return tuple(sorted(found.values(), key=lambda one: (-one.score, one.heard)))[:limit]
