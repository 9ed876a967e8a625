"""Which rewrite, if any, is understood in place of what was heard.

What was heard word for word is looked up first, and costs microseconds; what is like it is looked at only where the
request is not understood as it is. Whatever is found is planned before it is served: it must come to something in this
home as it is, and to the same as when it was learnt.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from edge.core.text import normalize
from edge.core.turn import Rewrite, Turn
from edge.rewrite import guard
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.labels import label_of, resolves, stands_alone
from edge.rewrite.risk import named_otherwise, names_another, risky
from edge.rewrite.shelf import PERSONAL, Shelf
from edge.rewrite.spans import says_more, says_otherwise, sounds_like
from edge.rewrite.teaching import MAX_MEANS, NEITHER

MIN_CONFIDENCE = 0.5
"""Of what was heard less surely, only what was learnt from as unsure a hearing is served."""
FLOOR = 0.15
"""Less surely than that anything may be heard in a noise, and nothing is served."""
SURER = 0.05
"""How much more surely a wrong direction or number may be heard than when it was corrected."""
LIKE = 0.15
"""How much less surely than when it was learnt."""
MOST_TRIED = 3
"""Rewrites that are planned in vain before the request is left as it was heard."""
PATCHED = 0.75
"""Score of what is put together from parts."""
_REMEMBERED = 16
"""Turns of which it is known what they were taken for, until they are closed."""

Trial = Callable[[str], Turn]
"""Given a text: the turn as it would be understood and planned, with nothing done."""


class _Candidate(NamedTuple):
    means: str
    layer: str
    heard: str
    rule: Rule | None
    score: float


class Choosing:
    """Chooses from a shelf, whose lock is held meanwhile."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.labels: OrderedDict[str, str] = OrderedDict()
        """What the last turns were taken for, by their ids."""

    def choose(self, turn: Turn, *, label: str, content: float, trial: Trial, weighed: bool = False) -> Rewrite | None:
        """As of `Rewrites.choose`."""
        self.note(turn.id, label)
        if self._shelf.paused:
            return None
        found = [
            one for one in self._exact(turn, label, content) if not self._learnt_and(one, self._shelf.spans.doubted)
        ]
        if any(self._learnt_and(one, self._shelf.spans.moved) for one in found):
            found = [*islice(self._patched(turn), 1), *found]
        if not found and content < 1.0:
            found = [*self._patched(turn), *self._near(turn, label, content)]
        for one in found[:MOST_TRIED]:
            tried = trial(one.means)
            if self._may_serve(one, tried, label, content, weighed=weighed):
                self.note(turn.id, label_of(tried))
                return _rewrite(one)
        return None

    def note(self, turn_id: str, label: str) -> None:
        """Remember what a turn was taken for, until it is closed."""
        self.labels[turn_id] = label
        while len(self.labels) > _REMEMBERED:
            self.labels.popitem(last=False)

    def _exact(self, turn: Turn, label: str, content: float) -> Iterator[_Candidate]:
        """Rules of what was heard word for word, the surest first."""
        now = situations(turn)
        for at, (heard, confidence) in enumerate(keys(turn)):
            if at and content >= 1.0:
                return  # what was heard worse says nothing about a request that is plain
            phrases, rules = self._shelf.of(heard)
            good = [
                (layer, rule)
                for layer, rule in rules
                if rule.situation in now
                and confidence >= max(FLOOR, min(MIN_CONFIDENCE, rule.confidence - LIKE))
                and rule.state is State.ACTIVE
                and not guard.leads_back(rule, (one for _, one in self._shelf.of(rule.means)[1]))
            ]
            # Of one's own before what is pooled, what holds now alone before what always does.
            good.sort(key=lambda pair: (pair[0] != PERSONAL, pair[1].situation == "", -guard.of_rule(pair[1]).mean))
            for layer, rule in good:
                if self._fires(rule, phrases, label, content):
                    yield _Candidate(rule.means, layer, heard, rule, guard.of_rule(rule).mean)
            if rules:
                return  # what is known of it is not to be circumvented by what was heard worse

    def _learnt_and(self, one: _Candidate, so: Callable[[Rule], bool]) -> bool:
        """Whether that is so of a rule that nobody asked for."""
        return one.rule is not None and one.rule.source not in guard.ASKED_FOR and so(one.rule)

    def _patched(self, turn: Turn) -> Iterator[_Candidate]:
        """What was heard with those parts put right that have been learnt in other sentences."""
        for heard, confidence in keys(turn):
            if confidence < MIN_CONFIDENCE:
                return
            judged = {rule.means for _, rule in self._shelf.of(heard)[1] if rule.state is not State.ACTIVE}
            for text in self._shelf.spans.patched(heard):
                if text not in judged:
                    yield _Candidate(text, PERSONAL, heard, None, PATCHED)

    def _near(self, turn: Turn, label: str, content: float) -> Iterator[_Candidate]:
        """What is like what was heard, where that is not understood."""
        from edge.rewrite import ranker

        heard = [(text, confidence) for text, confidence in keys(turn) if confidence >= MIN_CONFIDENCE]
        if not heard:
            return
        first = heard[0][0]
        phrases, rules = self._shelf.of(first)
        query = ranker.Query(tuple(heard), label, content, situations(turn), self._shelf.day())
        for choice in ranker.rank(query, self._shelf.layers):
            if not ranker.fires(choice):
                return
            rule = choice.rule
            barred = any(known.means == choice.text for _, known in rules)  # it was judged already, word for word
            like = sounds_like(first, rule.heard if rule is not None else choice.text)
            if (
                like
                and not barred
                and choice.text != first
                and (rule is None or self._fires(rule, phrases, label, content))
            ):
                yield _Candidate(choice.text, choice.layer, first, rule, choice.probability)

    def _fires(
        self, rule: Rule, phrases: Iterable[Phrase], label: str, content: float, *, harmless: bool = True
    ) -> bool:
        rng = self._shelf.rng
        return guard.fires(rule, phrases, label=label, content=content, harmless=harmless, rng=rng)

    def _may_serve(self, one: _Candidate, tried: Turn, label: str, content: float, *, weighed: bool) -> bool:
        """Whether it does something here, the same as when it was learnt, and nothing that is to be left alone."""
        if not resolves(tried) or self._shelf.reserved(one.means) in NEITHER:
            return False
        now, rule = label_of(tried), one.rule
        if content >= 1.0 and now == label:
            return False  # it comes to the same
        if not _the_same(rule, tried, now):
            return False
        if content >= 1.0 and _contradicts(one, tried):
            return False
        if _is_another(one, tried, content, weighed=weighed):
            return False
        if not risky(tried.plan, tried.home, self._shelf.dangerous):
            return True
        if _confidence(one, tried) < MIN_CONFIDENCE:
            return False  # a noise that sounds like one before opens nothing, and asks nothing either
        unseen = tried.plan is not None and (tried.plan.timer is not None or tried.plan.publish)
        if unseen and not (rule is not None and guard.proven(rule)):
            return False  # what is done when nobody looks on, or by automations, is not tried
        # Nothing is tried out with it: the means decide.
        phrases = self._shelf.of(one.heard)[0]
        return rule is None or self._fires(rule, phrases, label, content, harmless=False)


def _contradicts(one: _Candidate, tried: Turn) -> bool:
    """Whether what was plainly understood says what the meaning denies: the other way, another number, or less.

    Somebody who changed their mind must not make an on an off for good, nor of one light all. Where "off" is heard as
    "on" and was corrected in so many words, it is put right only when it is heard no more surely than it was then.
    What the household has asked for is its own.
    """
    rule = one.rule
    if rule is not None and rule.source in guard.ASKED_FOR:
        return False
    if not says_otherwise(one.heard, one.means):
        return False
    confidence = _confidence(one, tried)
    unsure = rule is not None and rule.heard == one.heard and confidence < 1.0 and confidence <= rule.confidence + SURER
    return not unsure or rule is None or rule.source not in guard.TOLD or says_more(one.heard, one.means)


def _confidence(one: _Candidate, tried: Turn) -> float:
    """How surely was heard what it stands for."""
    return dict(keys(tried)).get(one.heard, 1.0)


def _is_another(one: _Candidate, tried: Turn, content: float, *, weighed: bool) -> bool:
    """Whether something else of this home was named than what is meant.

    Of what was heard word for word that counts where it was plainly understood, and was not asked for. What was heard
    unsurely may have been another name.
    """
    rule = one.rule
    if rule is None or rule.heard != one.heard:
        return names_another(one.heard, one.means, tried.home)
    if content < 1.0 or rule.source in guard.ASKED_FOR:
        return False
    told = rule.source in guard.TOLD
    if told and weighed:
        return False
    return named_otherwise(one.heard, one.means, tried.home, confidence=_confidence(one, tried), told=told)


def _the_same(rule: Rule | None, tried: Turn, now: str) -> bool:
    """Whether the words come to what they came to when they were learnt.

    What somebody asked to be remembered is what it comes to now. A correction was about one thing: where a name has
    gone to another since, or the context would tell otherwise today, it says nothing. What is pooled may leave
    something to the context: "turn on the lights" means others in every home, and in all of them what was misheard.
    """
    if rule is not None and rule.source is Source.POOLED:
        return tried.interpretation is not None and tried.interpretation.source != "nearest"
    if rule is not None and rule.source in guard.ASKED_FOR:
        return True
    return rule.label == now if rule is not None and rule.label else stands_alone(tried)


def _rewrite(one: _Candidate) -> Rewrite:
    rule = one.rule
    return Rewrite(
        one.means,
        one.layer,
        rule.id if rule is not None else "",
        round(one.score, 4),
        heard=one.heard,
        source=(rule.source if rule is not None else Source.REPHRASED).value,
        proven=rule is not None and rule.heard == one.heard and guard.proven(rule),
    )


def keys(turn: Turn) -> list[tuple[str, float]]:
    """What was heard, in normal form with its confidence, best first; what has no words cannot be a key."""
    found: dict[str, float] = {}
    for hypothesis in turn.utterance.hypotheses:
        text = normalize(hypothesis.text)
        if text and len(text) <= MAX_MEANS:
            found.setdefault(text, hypothesis.confidence)
    return list(found.items())


def situations(turn: Turn) -> tuple[str, ...]:
    """What holds now, as `Rule.situation` names it; the empty one always does."""
    hour = turn.context.hour
    if hour is None or not 0 <= hour <= 24:
        return ("",)
    # The parts of a day that `edge.nlu.memory` counts habits by.
    part = "night" if hour < 5 else "morning" if hour < 10 else "day" if hour < 16 else "evening"
    return ("", f"hour:{part}", *(habit.situation for habit in turn.context.habits))
