"""Retrieve, then rank: what may have been meant by what was heard, and whether it is surer than what was made of it.

Near phrases and rules are gathered by the reading (label) that they lead to. Each such reading but the query's own is a
choice; a log-linear model of few and generic features (likeness, evidence for the target, how near phrases were read
and how that went, how this reading fares at large) weighs all of them against two more: that what was understood is
right, whose score is 0, and that neither it nor anything near is. A choice fires when it is likelier than that all is
well, by `odds`, and likely enough by itself: where a reading is known to fail little is lost by a guess, where nothing
was understood a refusal is better than one. Taught words need no weighing: they are served as they were taught, until
contradicted. Whether the words of a choice say how far or which way otherwise than what was heard is for the caller to
see to, who knows what they do. The weights are trained by `tools.learn.rewrite`.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from edge.core.text import normalize
from edge.rewrite.entry import Phrase, Rule, State
from edge.rewrite.layers import Found, Layers
from edge.rewrite.ledger import SAID_SO

STEER = bool(os.environ.get("STEER"))
NEAR = 24
"""Texts that are weighed."""
SHARP = 8
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
    """Of this choice, among all of them, all being well, and nothing being right."""
    margin: float
    """By how much it is likelier than the next best of all these."""
    well: float = 0.0
    """Probability that what was understood is right as it is."""
    features: Mapping[str, float] = field(default_factory=dict)
    contributions: Mapping[str, float] = field(default_factory=dict)
    """Value times weight of each feature; their sum is the score."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A trained ranker."""

    choice: Mapping[str, float]
    """Feature -> weight, of a choice."""
    nothing: Mapping[str, float]
    """Of that nothing is right: its features are those that all choices share."""
    odds: float
    """How many times likelier than that all is well a choice has to be."""
    least: float
    """Lowest probability to fire at, where something else was understood."""
    least_refused: float = 0.5
    """Where nothing was."""


@dataclass(slots=True)
class Target:
    """All that speaks for one reading."""

    label: str
    vote: float = 0.0
    best: float = 0.0
    text: str = ""
    rule: Rule | None = None
    phrase: Phrase | None = None
    layer: str = ""
    value: float = 0.0
    near_rule: float = 0.0
    exact_rule: float = 0.0


@cache
def shipped() -> Weights:
    """The weights that come with the hub."""
    stored = json.loads(files("edge.rewrite").joinpath("weights.json").read_text(encoding="utf-8"))
    return Weights(stored["choice"], stored["nothing"], stored["odds"], stored["least"])


def fires(choice: Choice, weights: Weights | None = None) -> bool:
    """Whether the choice is sure enough to be served."""
    weights = weights or shipped()
    refused = choice.features.get("not_content", 0.0)
    least = weights.least + (weights.least_refused - weights.least) * refused
    return choice.probability >= least and choice.probability >= weights.odds * choice.well


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
    weighed = weigh(query, text, layers.near(text, NEAR, least=FAR), layers.label(query.label))
    return weighed_choices(weighed, weights or shipped())


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
    return Choice(rule.means, rule, None, best.layer, rule.label, sure, sure, 0.0, features)


def _recent(entry: Phrase | Rule) -> tuple[bool, int, float]:
    # What holds in this situation alone comes before what always holds.
    situated = isinstance(entry, Rule) and bool(entry.situation)
    return situated, entry.last_day, entry.wins - entry.losses


def serves(rule: Rule, query: Query) -> bool:
    """Whether the rule is in service, here and now."""
    return rule.state is State.ACTIVE and (not rule.situation or rule.situation in query.situations)


def weigh(
    query: Query, text: str, near: Iterable[Found], label: tuple[float, float]
) -> list[tuple[Target, dict[str, float]]]:
    """Each reading that something near leads to, with its features. label: how the query's own fares at large."""
    groups: dict[str, Target] = {}
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
                group = groups.setdefault(entry.label, Target(entry.label))
                group.vote += vote * _some(entry.wins)
                _offer(group, found, likeness * _proven(entry), entry.text)
                group.best = max(group.best, likeness)
        elif serves(entry, query) and entry.wins > entry.losses and entry.means != text:
            group = groups.setdefault(entry.label or f"={entry.means}", Target(entry.label))
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
        "own_never": float(label[0] < 0.5),
        "own_known": _some(label[0] + label[1]),
        "own_fares": math.log((label[0] + 1) / (label[1] + 1)) / 3,
        "not_content": 1.0 - query.content,
        "unsure": 1.0 - query.hypotheses[0][1],
    }
    likest = sorted((group.best for group in groups.values()), reverse=True)
    made = []
    for group in groups.values():
        others = likest[1:2] if group.best == likest[0] else likest[:1]
        own = {
            "near": group.best,
            "ahead": group.best - max(others, default=0.0),
            "share": group.vote / (total + 0.1),
            "support": math.log1p(group.vote),
            "odds": math.log((group.vote + 0.05) / (near_won + 0.05)),
            "rule": group.near_rule,
            "exact_rule": group.exact_rule,
        }
        made.append((group, shared | own))
    return made


def _offer(group: Target, found: Found, value: float, text: str) -> None:
    if value <= group.value:
        return
    group.value, group.text, group.layer = value, text, found.layer
    group.rule = found.entry if isinstance(found.entry, Rule) else None
    group.phrase = found.entry if isinstance(found.entry, Phrase) else None


def _some(turns: float) -> float:
    return turns / (turns + 1)


def _proven(entry: Phrase | Rule) -> float:
    return (entry.wins + 1) / (entry.wins + entry.losses + 2)


def weighed_choices(weighed: Sequence[tuple[Target, dict[str, float]]], weights: Weights) -> tuple[Choice, ...]:
    """The choices with their probabilities, likeliest first."""
    if not weighed:
        return ()
    parts = [_parts(features, weights.choice) for _, features in weighed]
    scores = [sum(each.values()) for each in parts]
    nothing = sum(_parts(weighed[0][1], weights.nothing).values())
    top = max(0.0, nothing, *scores)
    whole = sum(math.exp(score - top) for score in (0.0, nothing, *scores))
    well, neither, *chances = (math.exp(score - top) / whole for score in (0.0, nothing, *scores))
    order = sorted(range(len(scores)), key=lambda at: -scores[at])
    ranked = sorted([well, neither, *chances], reverse=True)
    made = []
    for at in order:
        target, features = weighed[at]
        other = ranked[1] if chances[at] == ranked[0] else ranked[0]
        made.append(
            Choice(
                target.text,
                target.rule,
                target.phrase,
                target.layer,
                target.label,
                chances[at],
                chances[at] - other,
                well,
                features,
                parts[at],
            )
        )
    return tuple(made)


def _parts(features: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    return {name: value * weights[name] for name, value in features.items() if value and name in weights}
