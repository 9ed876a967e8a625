"""Which of several sentences was said, by all that is known of each; for Whisper alone and beside another recogniser.

A log-linear rule (Och & Ney 2002, "Discriminative training and maximum entropy models", section 2): the open model's
log probability of the sentence given the sound, its probability in this home, and whether a constrained recogniser
heard it too. What the open model writes of its own accord is the yardstick: speech that the home cannot say is written
far better in other words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edge.core.turn import Hypothesis, Word

PRIOR = 0.1
"""Exponent of the sentence's probability in the home: templates say little about what people say. From 0 to 0.2 it is
all the same to 460 orders and 114 commands, from 0.3 on some are lost."""
AGREED = 3.0
"""What it counts, as a natural logarithm, when the constrained recogniser heard the same with a confidence of 1. Up to
4 it is all the same to them; above, the constrained one's mistakes in small words come through."""
MID_SHORTFALL = 6.0
MID_PER_WORD = 1.0
"""How much better, as a logarithm, the open reading may be at an even chance: this, and this much a word. Of orders in
kitchen noise at 9 dB it is mostly better by less than half of that, for speech that the home cannot say by twice as
much and more."""
SHORTFALL_SCALE = 2.5
"""Change of the shortfall that changes the odds by a factor of e."""
MAX_READINGS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that this home can say."""

    text: str
    fit: float
    """Log probability of the text given the sound."""
    log_probability: float
    """Of the sentence in the home."""
    agreed: float = 0.0
    """Confidence of the constrained recogniser, if it heard this one."""
    words: tuple[Word, ...] = ()

    @property
    def support(self) -> float:
        """All of it in one figure, a logarithm."""
        return self.fit + PRIOR * self.log_probability + AGREED * self.agreed


def weigh(candidates: Sequence[Candidate], open_fit: float) -> tuple[Hypothesis, ...]:
    """The candidates, best supported first, at most five.

    open_fit: log probability of the best of what the open model writes, whatever the home can say.

    The confidence of the first depends on how much better the open reading fits; each other one's is less by its
    share of the support.
    """
    ordered = sorted(candidates, key=lambda one: (-one.support, one.text))[:MAX_READINGS]
    if not ordered:
        return ()
    best = ordered[0]
    shortfall = max(0.0, open_fit - best.fit) - AGREED * best.agreed
    allowed = MID_SHORTFALL + MID_PER_WORD * len(best.text.split())
    confidence = 1 / (1 + math.exp(min(50.0, (shortfall - allowed) / SHORTFALL_SCALE)))
    return tuple(
        Hypothesis(one.text, confidence * math.exp(max(-50.0, one.support - best.support)), one.words)
        for one in ordered
    )
