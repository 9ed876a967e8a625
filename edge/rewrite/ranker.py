"""Retrieve, then rank: what may have been meant by what was heard, and whether it is surer than what was made of it.

Near phrases and rules are gathered by the reading (label) that they lead to. Each such reading but the query's own is a
choice; it is weighed against leaving well alone, whose score is 0, by a log-linear model of few features, all of them
generic: likeness, evidence for the target, how near phrases were read and how that went, how this reading fares at
large. A choice fires only above a probability and by a margin. Taught words need no weighing: they are served as they
were taught, until contradicted. The weights are trained by `tools.learn.rewrite`.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from edge.core.sound import DIRECTIONS, is_number
from edge.core.text import normalize
from edge.rewrite.entry import Phrase, Rule, State
from edge.rewrite.layers import Found, Layers
from edge.rewrite.ledger import SAID_SO

NEAR = 24
"""Texts that are weighed."""
SHARP = 4
"""Power of likeness with which a near phrase votes."""
FAR = 0.3
"""What is less like than this says nothing."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was heard, and what was made of it."""

    hypotheses: tuple[tuple[str, float], ...]
    """Readings of the audio with the recogniser's confidence, 0 to 1; best first."""
    label: str = ""
    """What understanding made of the first; empty: nothing."""
    content: float = 1.0
    """How sure it was of that: 0 not understood, 1 sure."""
    situations: tuple[str, ...] = ()
    """Those that hold now, such as `hour:evening`."""
    day: int = 0
    """Days since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may have been meant."""

    text: str
    """What is to be understood in place of what was heard."""
    rule: Rule | None
    phrase: Phrase | None
    """The well-tried phrase, where no rule leads to it."""
    layer: str
    label: str
    probability: float
    """Of this choice among all and leaving well alone."""
    margin: float
    """By how much it is likelier than the next best, leaving well alone included."""
    features: Mapping[str, float] = field(default_factory=dict)
    contributions: Mapping[str, float] = field(default_factory=dict)
    """Value times weight of each feature; their sum is the score."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A trained ranker."""

    weights: Mapping[str, float]
    fire: float
    """Lowest probability to fire at."""
    margin: float = 0.1
    """By which the next best has to be behind."""


@dataclass(slots=True)
class _Group:
    """All that speaks for one reading."""

    vote: float = 0.0
    best: float = 0.0
    text: str = ""
    rule: Rule | None = None
    phrase: Phrase | None = None
    layer: str = ""
    value: float = 0.0
    near_rule: float = 0.0
    exact_rule: float = 0.0
    steady: float = 0.0


@cache
def shipped() -> Weights:
    """The weights that come with the hub."""
    stored = json.loads(files("edge.rewrite").joinpath("weights.json").read_text(encoding="utf-8"))
    return Weights(stored["weights"], stored["fire"], stored["margin"])


def fires(choice: Choice, weights: Weights | None = None) -> bool:
    """Whether the choice is sure enough to be served."""
    weights = weights or shipped()
    return choice.probability >= weights.fire and choice.margin >= weights.margin


def rank(query: Query, layers: Layers, weights: Weights | None = None) -> tuple[Choice, ...]:
    """What may have been meant, likeliest first; nothing where what was heard usually works or nothing is near."""
    if not query.hypotheses or layers.empty:
        return ()
    text = normalize(query.hypotheses[0][0])
    exact = layers.exact(text)
    said = _said(exact, query)
    if said is not None:
        return (said,)
    if usually_works(exact, query):
        return ()
    groups = weigh(query, text, layers.near(text, NEAR), layers.label(query.label))
    return _choices(groups, weights or shipped())


def usually_works(exact: Iterable[Found], query: Query) -> bool:
    """Whether exactly this, read like this, works, and no rule speaks against it."""
    wins = losses = 0.0
    for found in exact:
        if isinstance(found.entry, Rule):
            if found.entry.state is State.ACTIVE:
                return False
        elif found.entry.label == query.label:
            wins, losses = wins + found.entry.wins, losses + found.entry.losses
    return wins > losses


def _said(exact: Iterable[Found], query: Query) -> Choice | None:
    """What a person said is meant by exactly this; of several, what was said last."""
    best: Found | None = None
    for found in exact:
        rule = found.entry
        if not isinstance(rule, Rule) or not serves(rule, query) or rule.source not in SAID_SO:
            continue
        if rule.wins > rule.losses and (best is None or _recent(rule) > _recent(best.entry)):
            best = found
    if best is None or not isinstance(best.entry, Rule):
        return None
    rule = best.entry
    sure = (rule.wins + 1) / (rule.wins + rule.losses + 1.25)
    features = {"said": 1.0, "wins": rule.wins, "losses": rule.losses}
    return Choice(rule.means, rule, None, best.layer, rule.label, min(1.0, sure), min(1.0, sure), features)


def _recent(entry: Phrase | Rule) -> tuple[bool, int, float]:
    # What holds in this situation alone comes before what always holds.
    situated = isinstance(entry, Rule) and bool(entry.situation)
    return situated, entry.last_day, entry.wins - entry.losses


def serves(rule: Rule, query: Query) -> bool:
    """Whether the rule is in service, here and now."""
    return rule.state is State.ACTIVE and (not rule.situation or rule.situation in query.situations)


def weigh(
    query: Query, text: str, near: Iterable[Found], label: tuple[float, float]
) -> list[tuple[_Group, str, dict[str, float]]]:
    """Each reading that something near leads to, with its features. label: how the query's own fares at large."""
    groups: dict[str, _Group] = {}
    own_won = own_lost = near_lost = near_won = own_best = lost_best = 0.0
    for found in near:
        entry, likeness = found.entry, found.similarity
        if likeness < FAR:
            continue
        if isinstance(entry, Phrase):
            vote = likeness**SHARP
            if entry.label == query.label:
                if likeness > 0.999 and entry.text == text:
                    own_won, own_lost = own_won + entry.wins, own_lost + entry.losses
                near_won += vote * _some(entry.wins)
                near_lost += vote * _some(entry.losses)
                if entry.wins > entry.losses:
                    own_best = max(own_best, likeness)
                else:
                    lost_best = max(lost_best, likeness)
            elif entry.wins > entry.losses and entry.label and entry.text != text:
                group = groups.setdefault(entry.label, _Group())
                group.vote += vote * _some(entry.wins)
                _offer(group, found, likeness * _proven(entry), entry.text)
                group.best = max(group.best, likeness)
        elif serves(entry, query) and entry.wins > entry.losses and entry.means != text:
            group = groups.setdefault(entry.label or f"={entry.means}", _Group())
            if entry.heard == text:
                group.exact_rule = max(group.exact_rule, _proven(entry))
            group.near_rule = max(group.near_rule, likeness)
            group.vote += likeness**SHARP * _some(entry.wins)
            _offer(group, found, (likeness + 0.05) * _proven(entry), entry.means)
    groups.pop(query.label, None)
    total = near_won + sum(group.vote for group in groups.values())
    shared = {
        "bias": 1.0,
        "own_won": _some(own_won),
        "own_lost": _some(own_lost),
        "own_near": own_best,
        "own_lost_near": lost_best,
        "own_share": near_won / (total + 0.1),
        "own_fails": near_lost / (near_lost + near_won + 0.1),
        "own_fares": math.log((label[0] + 1) / (label[1] + 1)) / 3,
        "not_content": 1.0 - query.content,
        "unsure": 1.0 - query.hypotheses[0][1],
    }
    made = []
    for name, group in groups.items():
        own = {
            "near": group.best,
            "share": group.vote / (total + 0.1),
            "support": math.log1p(group.vote),
            "rule": group.near_rule,
            "exact_rule": group.exact_rule,
        }
        made.append((group, name, shared | own))
    return made


def _offer(group: _Group, found: Found, value: float, text: str) -> None:
    if value <= group.value:
        return
    group.value, group.text, group.layer = value, text, found.layer
    group.rule = found.entry if isinstance(found.entry, Rule) else None
    group.phrase = found.entry if isinstance(found.entry, Phrase) else None


def _some(turns: float) -> float:
    return turns / (turns + 1)


def _proven(entry: Phrase | Rule) -> float:
    return (entry.wins + 1) / (entry.wins + entry.losses + 2)


def _choices(weighed: Iterable[tuple[_Group, str, dict[str, float]]], weights: Weights) -> tuple[Choice, ...]:
    scored = []
    for group, label, features in weighed:
        parts = {name: value * weights.weights.get(name, 0.0) for name, value in features.items() if value}
        scored.append((sum(parts.values()), group, label, features, parts))
    scored.sort(key=lambda each: -each[0])
    top = max(0.0, scored[0][0]) if scored else 0.0
    stays = math.exp(-top)
    whole = stays + sum(math.exp(each[0] - top) for each in scored)
    chances = [math.exp(each[0] - top) / whole for each in scored]
    made = []
    for at, (_, group, label, features, parts) in enumerate(scored):
        others = max([stays / whole, *chances[:at], *chances[at + 1 :][:1]])
        made.append(
            Choice(
                group.text,
                group.rule,
                group.phrase,
                group.layer,
                label,
                chances[at],
                chances[at] - others,
                features,
                parts,
            )
        )
    return tuple(made)


def steers(text: str) -> frozenset[str]:
    """The words of a text that decide what is done, or to how much."""
    return frozenset(word for word in text.split() if word in DIRECTIONS or is_number(word))
