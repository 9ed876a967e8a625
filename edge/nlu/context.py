"""The ranker: of all that may be meant, what is meant in this home, now, after what was said before.

A log-linear model (McFadden 1974, "Conditional logit analysis of qualitative choice behavior") over the named features
of `edge.nlu.features`. Its weights ship trained on simulated households (`tools/learn`) and move a little on the hub
(`Context.weights`). Beside the options there are two more: to ask, and to refuse. What is clear without the context is
done as it is said: a device that is named is never another one.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from edge.core.home import HomeState
from edge.core.turn import Interpretation, Plan, Refusal, Turn, Weighed
from edge.nlu import open as opened
from edge.nlu.certain import certain
from edge.nlu.choice import asking
from edge.nlu.features import KNOWN, Crowd, Features, families
from edge.nlu.ground import options
from edge.nlu.needs import ANY_WILL_DO
from edge.nlu.option import Now, Option, pointless, targets, usable
from edge.nlu.policy import confirming
from edge.nlu.resolve import Resolve
from edge.nlu.taught import corrected, taught_plan

MAX_WEIGHED = 8
"""Options that a turn keeps."""
MAX_ASKED = 4
"""Devices that one question names."""
_ANSWER = 0.5
_LIKELY = 0.15
"""Share of the likeliest option's probability that another needs to be asked about."""
_WEIGHTS = Path(__file__).with_name("context_weights.json")
_OPEN_REFUSALS = tuple(
    f"resolve.{reason}" for reason in ("no_domain_in_area", "no_device_class_in_area", "no_value", "too_wide")
)
_WORDS_ONLY = ("resolve.not_supported", "resolve.no_entity")
"""Refusals of a named thing that an open reading of the same words may be better than: a title is no device."""
ASK, REFUSE = "ask", "refuse"
NEITHER: Mapping[str, str] = {ASK: "EdgeAskBack", REFUSE: "EdgeRefuse"}
"""Intent of what is weighed beside the options."""
_SAYS_LITTLE = ("resolve.no_domain_in_area", "resolve.no_domain", "resolve.not_supported")
"""Refusals than which there is a clearer one for a sentence that names no thing."""


@dataclass(frozen=True)
class Weights:
    """The trained model."""

    of: Mapping[str, float]
    act: float
    """Probability from which an option is carried out."""

    @staticmethod
    @lru_cache(maxsize=1)
    def shipped() -> "Weights":
        """Those that the package holds."""
        stored = json.loads(_WEIGHTS.read_text(encoding="utf-8"))
        return Weights(stored["weights"], float(stored["act"]))


@dataclass(frozen=True)
class Choice:
    """All that may be meant in one turn, with the features of each; made before anything is weighed."""

    options: tuple[Option, ...]
    features: tuple[Features, ...]
    """Of each option."""
    asking: Features
    refusing: Features


class InContext:
    """The stage that decides what is meant, and plans it; it takes the place of `Resolve`."""

    name = "context"
    reads = ("home", "readings", "interpretation", "context", "asked", "timers")
    writes = ("interpretation", "plan", "weighed")
    always = False

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights
        self._plainly = Resolve()

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its plan, and with what it was chosen from."""
        if (taught := taught_plan(turn)) is not None:
            return replace(turn, plan=taught)
        return corrected(self._decided(turn))

    def _decided(self, turn: Turn) -> Turn:
        plain = turn.interpretation
        if plain is not None and plain.source == "answer":
            return self._plainly(turn)
        plan = self._plainly(turn).plan if plain is not None else None
        if plain is not None and plan is not None and settled(plain, plan, turn.readings):
            return replace(turn, plan=plan)
        if (found := certain(turn)) is not None:
            return replace(turn, interpretation=found[0], plan=found[1])
        choice = choices(turn, plan)
        weights = self._weights or Weights.shipped()
        return decided(turn, plan, choice, weights)


def settled(plain: Interpretation, plan: Plan, readings: Sequence[Interpretation]) -> bool:
    """Whether the words alone say what is meant."""
    is_open = any(reading.intent in opened.OPEN_INTENTS for reading in readings)
    if any(slot.name in ("name", "floor", "area") and slot.text for slot in plain.slots) or plain.also:
        return not is_open or plan.refusal is None or plan.refusal.code not in _WORDS_ONLY
    if plan.refusal is not None:
        return plan.refusal.code not in _OPEN_REFUSALS and not is_open
    if plan.question is not None and plan.question != "which":
        return True
    return not is_open and plan.question is None and plain.intent != "HassClimateGetTemperature"


def choices(turn: Turn, plain_plan: Plan | None) -> Choice:
    """The options of a turn that is not settled, with their features."""
    now = Now(turn.home, turn.context, turn.opened_ms)
    readings = turn.readings or ((turn.interpretation,) if turn.interpretation else ())
    found = list(options(readings, now))
    plain = turn.interpretation
    if (
        plain is not None
        and plain_plan is not None
        and usable(plain_plan)
        and not pointless(plain_plan, now)
        and plain_plan.question != "which"
    ):
        found = [o for o in found if not _same(o.plan, plain_plan)]
        family = "ask" if not (plain_plan.commands or plain_plan.pending) else "switch"
        found.insert(0, Option(plain, plain_plan, family, "plain"))
    crowd = Crowd(found, now)
    needs = [str(need) for reading in readings if (need := reading.slot("need")) is not None]
    kinds = dict.fromkeys((*families(found), *(f"needs_{need}" for need in needs)), 1.0)
    shape = {
        "always": 1.0,
        "one_changes": float(len(crowd.changing) == 1),
        "several_change": float(len(crowd.changing) > 1),
        "nothing_changes": float(not crowd.changing),
        "nothing_said_before": float(not turn.context.spoken),
        "something_usual": float(crowd.usual >= KNOWN),
    }
    about = {**shape, **kinds, **{f"{kind}:{name}": value for kind in kinds for name, value in shape.items()}}
    return Choice(
        tuple(found),
        tuple(crowd.features(option) for option in found),
        {f"{ASK}:{name}": value for name, value in about.items() if value},
        {f"{REFUSE}:{name}": value for name, value in about.items() if value},
    )


def _same(one: Plan, other: Plan) -> bool:
    return (one.commands, one.pending, set(one.matched), set(one.unmatched)) == (
        other.commands,
        other.pending,
        set(other.matched),
        set(other.unmatched),
    )


def score(features: Features, weights: Weights, moved: Mapping[str, float]) -> dict[str, float]:
    """What each feature adds."""
    return {
        name: value * (weights.of.get(name, 0.0) + moved.get(name, 0.0))
        for name, value in features.items()
        if value and (name in weights.of or name in moved)
    }


def probabilities(choice: Choice, weights: Weights, moved: Mapping[str, float]) -> list[float]:
    """Of each option, then of asking, then of refusing; they sum to 1."""
    every = (*choice.features, choice.asking, choice.refusing)
    scores = [sum(score(one, weights, moved).values()) for one in every]
    top = max(scores)
    shares = [math.exp(one - top) for one in scores]
    return [share / sum(shares) for share in shares]


def decided(turn: Turn, plain_plan: Plan | None, choice: Choice, weights: Weights) -> Turn:
    """The turn with the likeliest option carried out, or asked about, or refused."""
    shares = probabilities(choice, weights, turn.context.weights)
    *of_options, asking, refusing = shares
    order = sorted(range(len(of_options)), key=lambda at: -of_options[at])
    weighed = tuple(
        Weighed(
            choice.options[at].interpretation,
            choice.options[at].plan,
            round(of_options[at], 4),
            {name: value for name, value in choice.features[at].items() if value},
            {n: round(v, 3) for n, v in score(choice.features[at], weights, turn.context.weights).items()},
        )
        for at in order[:MAX_WEIGHED]
    )
    best = choice.options[order[0]] if order else None
    if of_options:
        weighed += tuple(
            _neither(kind, turn, share, features, weights)
            for kind, share, features in ((ASK, asking, choice.asking), (REFUSE, refusing, choice.refusing))
        )
    turn = replace(turn, weighed=weighed)
    share = _share(choice.options, of_options, order)
    if best is not None and share >= _least(best, weights) and share > max(asking, refusing) and not _unsure(best):
        return replace(turn, interpretation=best.interpretation, plan=best.plan)
    likely = [choice.options[at] for at in order if of_options[at] >= _LIKELY * of_options[order[0]]]
    if refusing < max(asking, *(of_options or [0.0])) and (question := asked_between(likely, turn.home)) is not None:
        return replace(turn, interpretation=likely[0].interpretation, plan=question)
    now = Now(turn.home, turn.context, turn.opened_ms)
    if turn.interpretation is not None and plain_plan is not None and not pointless(plain_plan, now):
        here = plain_plan.refusal is not None and plain_plan.refusal.code in _SAYS_LITTLE
        if not here or _reason(turn) == "resolve.no_referent":
            return replace(turn, plan=plain_plan)
    reading = turn.readings[0] if turn.readings else None
    nothing = Plan(refusal=Refusal(_reason(turn)))
    return replace(turn, interpretation=turn.interpretation or reading, plan=nothing)


_ENDS = frozenset(("stop", "silence", "pause"))


def _reason(turn: Turn) -> str:
    """Why none of the options is taken, as far as the readings tell."""
    verbs = {str(reading.slot("verb")) for reading in turn.readings if reading.intent == opened.DO}
    intents = {reading.intent for reading in turn.readings}
    if verbs and verbs <= _ENDS:
        return "resolve.nothing_goes_on"
    if intents <= {opened.PLAY, "HassMediaSearchAndPlay"}:
        return "resolve.nothing_plays_that"
    return "resolve.no_referent"


def _neither(kind: str, turn: Turn, share: float, features: Features, weights: Weights) -> Weighed:
    """To ask, or to refuse, as it was weighed: without a plan."""
    said = Interpretation(NEITHER[kind], (), turn.text, source="context")
    moved = turn.context.weights
    told = {name: round(value, 3) for name, value in score(features, weights, moved).items()}
    return Weighed(said, Plan(), round(share, 4), dict(features), told)


def _least(best: Option, weights: Weights) -> float:
    """The probability that it needs: an answer that names its device does no harm."""
    return weights.act if best.plan.commands or best.plan.pending else min(weights.act, _ANSWER)


def _share(every: Sequence[Option], shares: Sequence[float], order: Sequence[int]) -> float:
    """The likeliest option's probability, with that of all others where nobody minds which is taken."""
    if not order or ANY_WILL_DO not in every[order[0]].marks:
        return shares[order[0]] if order else 0.0
    return sum(share for option, share in zip(every, shares, strict=True) if ANY_WILL_DO in option.marks)


def _unsure(option: Option) -> bool:
    """What was seen once or twice is not usual yet: it is asked about."""
    return option.source == "habit" and (option.habit is None or option.habit.count < KNOWN)


def asked_between(likely: Sequence[Option], home: HomeState) -> Plan | None:
    """A question that tells the likely options apart: which of their devices; of a single one, whether it is that."""
    single: dict[str, Option] = {}
    verbs = {c.verb for o in likely[:1] for c in (*o.plan.commands, *o.plan.pending)}
    for option in likely:
        commands = (*option.plan.commands, *option.plan.pending)
        if len(targets(option.plan)) == 1 and (not commands or {c.verb for c in commands} == verbs):
            single.setdefault(targets(option.plan)[0], option)
    chosen = list(single.values())[:MAX_ASKED]
    if not chosen or len(targets(likely[0].plan)) != 1:
        return None
    ids = tuple(targets(option.plan)[0] for option in chosen)
    pending = tuple(c for option in chosen for c in (*option.plan.commands, *option.plan.pending))
    if len(chosen) == 1:
        return confirming(Plan(commands=pending), home) if pending else chosen[0].plan
    return asking(ids, pending, home, about=chosen[0].interpretation)
