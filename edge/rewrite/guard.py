"""Whether a rewrite is served: wins and losses of it and of what was heard, and what a mistake would cost. Pure.

Each has a Beta posterior (conjugate to yes-or-no evidence). Between a rewrite that nobody asked for and the request as
it was heard the choice is Thompson's (1933, "On the likelihood that one unknown probability exceeds another in view of
the evidence of two samples"): each is drawn from its posterior and the better one is served, so that what is doubtful
is tried now and then and what is settled is not. That is for what does no harm: where a device needs a yes, nothing is
tried, and the means decide. What somebody said in so many words is served as long as the evidence is for it.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.ledger import CAP, HALF_LIFE_DAYS

TOLD = frozenset((Source.TAUGHT, Source.AGREED, Source.CORRECTED))
"""Somebody said so, in so many words."""
ASKED_FOR = frozenset((Source.TAUGHT, Source.AGREED))
"""It was to be remembered: it holds even for a request that works."""

AGREEING = 1.2
"""Evidence, for less against, that a rewrite nobody asked for needs where the request is plainly understood. One turn
is evidence of one at most, so it takes two that agree."""
CLEAR = 0.75
"""What a contradiction counts at least, where it is more likely one than not."""
KEEPS = 0.5
"""Of what spoke for a rewrite each contradiction leaves so much: what is said now is worth more than what was."""
MOST = 3.0
"""Evidence for a rewrite counts no more than this once it is contradicted, however often it was right."""
USUAL_WINS = 2.0
USUAL = 0.7
"""Share of successes from which a request usually works, and is left alone."""

_PRIOR: Mapping[Source, tuple[float, float]] = {
    Source.TAUGHT: (2.0, 1.0),
    Source.AGREED: (2.0, 1.0),
    Source.CORRECTED: (1.5, 1.0),
    Source.REPHRASED: (1.0, 1.0),
    Source.POOLED: (1.0, 1.0),
    Source.IMPORTED: (1.0, 1.0),
}
_UNDERSTOOD = 1.0
"""What it is worth, as a success, that a request is plainly understood."""


@dataclass(frozen=True, slots=True)
class Odds:
    """A Beta posterior of being right."""

    wins: float
    losses: float

    @property
    def mean(self) -> float:
        """Expected share of successes, 0 to 1."""
        return self.wins / (self.wins + self.losses)

    def drawn(self, rng: random.Random) -> float:
        """A share of successes as likely as the posterior has it."""
        return rng.betavariate(self.wins, self.losses)


def of_rule(rule: Rule) -> Odds:
    """How likely the rewrite is right."""
    wins, losses = _PRIOR[rule.source]
    return Odds(wins + rule.wins, losses + rule.losses)


def of_original(phrases: Iterable[Phrase], label: str, content: float) -> Odds:
    """How likely the request is right as it was heard.

    label: what was made of it now; how it went when something else was made of it says nothing. content: 0, where
    nothing was, to 1.
    """
    same = [phrase for phrase in phrases if phrase.label == label]
    wins, losses = sum(one.wins for one in same), sum(one.losses for one in same)
    return Odds(max(0.01, content) * (1.0 + _UNDERSTOOD * content + wins), 1.0 + losses)


def usually_works(phrases: Iterable[Phrase], label: str) -> bool:
    """Whether what is made of the words now was mostly right.

    More successes than `MOST` twice over count no more: three failures are enough to doubt any habit.
    """
    same = [phrase for phrase in phrases if phrase.label == label]
    wins, losses = min(2 * MOST, sum(one.wins for one in same)), sum(one.losses for one in same)
    return bool(label) and wins >= USUAL_WINS and (1.0 + wins) / (2.0 + wins + losses) >= USUAL


def fires(
    rule: Rule,
    phrases: Iterable[Phrase],
    *,
    label: str,
    content: float,
    harmless: bool,
    rng: random.Random,
) -> bool:
    """Whether the rewrite is served, as far as evidence tells.

    phrases: of what was heard. harmless: whether what the rewrite does, and what is done as it was heard, needs no yes.
    """
    if rule.state is not State.ACTIVE or hurts(rule):
        return False
    if rule.source in ASKED_FOR:
        return True
    if rule.source is Source.IMPORTED and content >= 1.0:
        return False  # whoever wrote that file does not decide what a plain request means here
    phrases = tuple(phrases)
    if content >= 1.0 and usually_works(phrases, label):
        return False
    if rule.source in TOLD:
        return True
    if content >= 1.0 and rule.wins - rule.losses < AGREEING:
        return False
    if content <= 0.0:
        return True  # as it was heard it is refused: a rewrite that does not hurt can only be better
    mine, other = of_rule(rule), of_original(phrases, label, content)
    return mine.drawn(rng) > other.drawn(rng) if harmless else mine.mean > other.mean


def hurts(rule: Rule) -> bool:
    """Whether it is more often wrong than right by now."""
    return rule.losses > 0.0 and of_rule(rule).mean < 0.5


def praised(rule: Rule, weight: float, day: int) -> Rule:
    """The rule after it was right. weight: of the evidence, 0 to 1."""
    wins, losses = _faded(rule, day)
    return replace(rule, wins=min(CAP, wins + weight), losses=losses * KEEPS**weight, last_day=max(day, rule.last_day))


def contradicted(rule: Rule, weight: float, day: int) -> Rule:
    """The rule after it was wrong: withdrawn as soon as the evidence turns, after three contradictions at the latest.

    weight: of the evidence, 0 to 1; what is rather a contradiction than not counts `CLEAR` at least.
    """
    weight = max(CLEAR, weight) if weight >= 0.5 else weight
    wins, losses = _faded(rule, day)
    return judged(
        replace(
            rule,
            wins=min(MOST, wins) * KEEPS**weight,
            losses=min(CAP, losses + weight),
            last_day=max(day, rule.last_day),
        )
    )


def judged(rule: Rule) -> Rule:
    """The rule, withdrawn where it hurts."""
    return replace(rule, state=State.WITHDRAWN) if rule.state is State.ACTIVE and hurts(rule) else rule


def _faded(rule: Rule, day: int) -> tuple[float, float]:
    left = 0.5 ** (max(0, day - rule.last_day) / HALF_LIFE_DAYS)
    return rule.wins * left, rule.losses * left


def proven(rule: Rule) -> bool:
    """Whether it was served and right, or somebody asked for it to be remembered."""
    return rule.source in ASKED_FOR or (rule.served > 0 and rule.wins > rule.losses + 1.0)


def leads_back(rule: Rule, others: Iterable[Rule]) -> bool:
    """Whether what it means is heard for what it stands for: of two that point at each other the surer one is served.

    others: rules whose key is what this one means.
    """
    back = [one for one in others if one.means == rule.heard and one.state is State.ACTIVE]
    return any(_surety(one) >= _surety(rule) for one in back)


_ORDER = {source: -place for place, source in enumerate(Source)}


def _surety(rule: Rule) -> tuple[int, int, float]:
    return (_ORDER[rule.source], rule.made_day, of_rule(rule).mean)


def plausible(rule: Rule) -> bool:
    """Whether its numbers can have come from evidence."""
    numbers = (rule.wins, rule.losses, float(rule.served), rule.confidence, float(rule.made_day), float(rule.last_day))
    return (
        all(0 <= number < 1e6 for number in numbers)
        and rule.wins <= CAP
        and rule.losses <= CAP
        and rule.confidence <= 1
    )
