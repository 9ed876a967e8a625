"""Randomised response, and the budget that it is paid from. Pure: the random source is passed in.

A fact of yes or no is told as it is with probability e^epsilon / (1 + e^epsilon), else turned round, so that whoever
reads the answer can deny what it says of any one home; from many answers the true share can be worked out. (Warner
1965, "Randomized response"; that this is epsilon-differentially private: Dwork and Roth 2014, section 3.2.)
"""

import math
from dataclasses import dataclass, replace
from typing import Protocol

EPSILON = 1.5
"""Of one fact: it is told as it is in 82 of 100 cases."""
WEEKLY_EPSILON = 30.0
"""Of all facts of one week together: 20 of them."""


class RandomSource(Protocol):
    """`secrets.SystemRandom` on a hub; a seeded `random.Random` in tests and simulations."""

    def random(self) -> float:
        """A number from 0 up to 1, without 1."""
        ...


def keeps(epsilon: float = EPSILON) -> float:
    """The probability with which a fact is told as it is.

    >>> round(keeps(1.5), 4)
    0.8176
    """
    return 1.0 / (1.0 + math.exp(-epsilon))


def true_share(yes: float, told: float, epsilon: float = EPSILON) -> float:
    """The unbiased estimate of how many of `told` answers were yes in truth, where `yes` of them say so.

    It may lie below 0 or above `told` where there are few.

    >>> round(true_share(keeps(1.5) * 100, 100), 6)
    100.0
    """
    p = keeps(epsilon)
    return (yes - (1.0 - p) * told) / (2.0 * p - 1.0)


@dataclass(frozen=True, slots=True)
class RandomisedFacts:
    """Tells facts through randomised response."""

    rng: RandomSource
    epsilon: float = EPSILON

    def told(self, fact: bool) -> bool:
        """The fact, or its opposite."""
        return fact if self.rng.random() < keeps(self.epsilon) else not fact


@dataclass(frozen=True, slots=True)
class Budget:
    """What the facts of one week may cost together, and have cost. The sum is that of basic composition.

    It is counted in whole facts, so that no rounding adds up to one too many.
    """

    week: str = ""
    """Such as 2026-W48."""
    facts: int = 0
    """Told in that week."""
    epsilon: float = EPSILON
    """Of one fact."""
    limit: float = WEEKLY_EPSILON

    @property
    def spent(self) -> float:
        """Epsilon of that week so far."""
        return self.facts * self.epsilon

    @property
    def most(self) -> int:
        """Facts that a week may tell."""
        return int(self.limit / self.epsilon + 1e-9)

    def spend(self, week: str) -> "Budget | None":
        """The budget after one more fact told in this week; None where that would be beyond it.

        A week before the one that is known is that one: a clock that is put back spends nothing twice.
        """
        now = self if week <= self.week else replace(self, week=week, facts=0)
        return replace(now, facts=now.facts + 1) if now.facts < now.most else None
