"""Weights that move with feedback: what was meant after all is worth a little more, what was done instead less.

One step of online gradient ascent on the log-likelihood of a pair in a log-linear model (Bradley-Terry; as in Collins,
"Discriminative Training Methods for Hidden Markov Models", 2002, of whose perceptron it is the soft form), its length
bounded as in passive-aggressive learning (Crammer et al., 2006). Every shift is bounded and fades, so that a bad day is
forgotten; a step is stored with the turn that it came from, and can be taken back. Pure.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.core.turn import Plan, Turn, Weighed
from edge.nlu.open import MEANT, OTHER, UNDO

Weights = Mapping[str, float]

MAX_SHIFT = 1.0
RATE = 0.3
"""Of the longest step: three lessons that agree move one weight by less than one."""
HALF_LIFE_MS = 30 * 86_400_000

CORRECTION_MS = 30_000
"""For so long what is said next may correct what was done."""
LIKELY = 0.2
"""Probability that a runner-up needs before it is taken for what was meant, where nobody said so."""

_FAINT = 0.005


@dataclass(frozen=True, slots=True)
class Lesson:
    """Of two things that may have been meant, the one that was."""

    turn: str
    """Id of the turn that was taken otherwise."""
    reason: str
    """answered, corrected, repeated, or by_hand."""
    better: Weighed
    worse: Weighed
    rate: float = RATE


def moved(weights: Weights, better: Weights, worse: Weights, *, margin: float = 0.0, rate: float = RATE) -> Weights:
    """The shifts after one lesson. better, worse: features of what was meant, and of what was not.

    margin: score of the better one less that of the worse; the surer the model was already, the less it learns.
    """
    step = moves(better, worse, margin=margin, rate=rate)
    return _bounded({name: weights.get(name, 0.0) + step.get(name, 0.0) for name in {**weights, **step}})


def moves(better: Weights, worse: Weights, *, margin: float = 0.0, rate: float = RATE) -> Weights:
    """By how much one lesson moves each weight; features that both have alike move nothing."""
    difference = {name: better.get(name, 0.0) - worse.get(name, 0.0) for name in sorted({**better, **worse})}
    difference = {name: value for name, value in difference.items() if value and math.isfinite(value)}
    length = math.sqrt(sum(value * value for value in difference.values()))
    if not length or not math.isfinite(length):
        return {}
    doubt = 1 / (1 + math.exp(min(30.0, max(-30.0, margin))))
    pace = 2 * doubt * rate / max(1.0, length)  # twice, so that even odds make a step of the whole rate
    return {name: max(-rate, min(rate, pace * value)) for name, value in difference.items()}


def learned(lesson: Lesson) -> Weights:
    """By how much a lesson moves each weight."""
    margin = sum(lesson.better.contributions.values()) - sum(lesson.worse.contributions.values())
    margin = margin if math.isfinite(margin) else 0.0
    return moves(lesson.better.features, lesson.worse.features, margin=margin, rate=lesson.rate)


def settled(steps: Iterable[tuple[int, Weights]], now_ms: int) -> Weights:
    """The shifts that all steps, each with its time, oldest first, come to by now."""
    weights: dict[str, float] = {}
    last = None
    for at_ms, step in steps:
        weights = faded(weights, 0 if last is None else at_ms - last)
        for name, value in step.items():
            weights[name] = weights.get(name, 0.0) + value
        weights = _bounded(weights)
        last = at_ms
    return faded(weights, 0 if last is None else now_ms - last)


def faded(weights: Weights, ms: int) -> dict[str, float]:
    """The shifts so much later."""
    left = 2.0 ** (-max(0, ms) / HALF_LIFE_MS)
    return {name: value * left for name, value in weights.items() if abs(value * left) >= _FAINT}


def _bounded(weights: Weights) -> dict[str, float]:
    return {name: max(-MAX_SHIFT, min(MAX_SHIFT, value)) for name, value in weights.items()}


def lesson(turn: Turn, before: Sequence[Turn], undone: Iterable[str] = ()) -> Lesson | None:
    """What a turn teaches about one of the turns before it; None where it teaches nothing.

    before: latest first. undone: ids of turns that were taken back meanwhile, by voice or by hand.
    """
    wanted = _deeds(turn.plan)
    recent = [one for one in before if 0 <= turn.opened_ms - one.opened_ms <= CORRECTION_MS]
    if not wanted or turn.interpretation is None:
        return None
    if turn.asked is not None and _asks_which(turn.asked):
        one = next((one for one in before[:1] if one.plan is not None and _asks_which(one.plan)), None)
        return None if one is None else _chosen(one, wanted, "answered", RATE)
    if turn.interpretation.intent == OTHER or any(
        reading.intent in (MEANT, "EdgeMeantRequest") for reading in turn.readings[:1]
    ):
        return next((found for one in recent[:1] if (found := _chosen(one, wanted, "corrected", RATE))), None)
    if turn.interpretation.intent == UNDO:
        return None  # what was meant instead, nobody knows yet
    for one in recent:
        nothing_done = not _deeds(one.plan)
        if (nothing_done or one.id in set(undone)) and one.text != turn.text:
            rate = RATE / 2 if nothing_done else RATE
            if found := _chosen(one, wanted, "repeated", rate):
                return found
    return None


def undoes(turn: Turn, before: Sequence[Turn]) -> str | None:
    """Id of the turn that this one takes back by voice."""
    if turn.interpretation is None or turn.interpretation.intent != UNDO or not before:
        return None
    done = next((one for one in before if _deeds(one.plan)), None)
    return done.id if done is not None and turn.opened_ms - done.opened_ms <= CORRECTION_MS else None


def by_hand(turn: Turn) -> Lesson | None:
    """What it teaches that somebody put back by hand what this turn did: the runner-up, if it was likely, was meant."""
    done = _done(turn)
    others = [option for option in turn.weighed if option is not done and _deeds(option.plan)]
    if done is None or not others or others[0].probability < LIKELY:
        return None
    return Lesson(turn.id, "by_hand", others[0], done, RATE / 2)


def _chosen(one: Turn, wanted: frozenset[tuple[object, ...]], reason: str, rate: float) -> Lesson | None:
    """The option of that turn which does what was wanted, over what was done then, or else stood first."""
    done, deeds = _done(one), [option for option in one.weighed if _deeds(option.plan)]
    exact = [option for option in deeds if _deeds(option.plan) == wanted]
    # "No, the other one" turns the first one off again, too.
    within = [option for option in deeds if _deeds(option.plan) <= wanted]
    better = next((option for option in (*exact, *within) if option is not done), None)
    # Of a question the likeliest may have been meant: then it was the next one that it ought not to have asked about.
    worse = done or next((option for option in deeds if option is not better), None)
    if better is None or worse is None or _deeds(worse.plan) == wanted:
        return None
    return Lesson(one.id, reason, better, worse, rate)


def _done(turn: Turn) -> Weighed | None:
    if turn.plan is None or _asks_which(turn.plan):
        return None  # what waits is each candidate's own, and not all of it was meant
    deeds = _deeds(turn.plan)
    return next((option for option in turn.weighed if deeds and _deeds(option.plan) == deeds), None)


def _asks_which(plan: Plan) -> bool:
    return plan.question is not None and plan.question.startswith("which")


def _deeds(plan: Plan | None) -> frozenset[tuple[object, ...]]:
    """What a plan does, or would do after a yes."""
    commands = () if plan is None else (*plan.commands, *plan.pending)
    return frozenset((c.entity_id, c.verb.value, *sorted(c.args.items())) for c in commands)
