"""What this household has taught by living: phrases, how they went, and what is meant by them. Memory only, no clock.

Evidence is counted in turns. It fades by half every `HALF_LIFE_DAYS`, is capped at `CAP`, and is halved by each turn
that says the opposite, so that a habit of any length is unlearnt within three contradictions: after three, evidence of
CAP for stands at CAP / 8, less than one turn, against at least two.

A ledger may lie over a packed file (`Beneath`): what the file holds is copied up when it is first touched, so the
ledger always gives the whole of what is known, and is what the next file is written from.
"""

import heapq
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Protocol

from edge.core.text import normalize
from edge.rewrite.entry import Phrase, Rule, Source, State

CAP = 8.0
"""Turns; more evidence than this is not remembered."""
HALF_LIFE_DAYS = 60.0
CONTRADICTED = 0.5
"""What is left of the evidence on the other side when a turn says the opposite."""
MAX_ENTRIES = 20_000
"""Phrases, and rules, in memory; beyond it a tenth is forgotten, those with the least evidence."""

STRENGTH = {Source.TAUGHT: 4.0, Source.AGREED: 3.0, Source.CORRECTED: 2.0} | dict.fromkeys(
    (Source.REPHRASED, Source.POOLED, Source.IMPORTED), 1.0
)
"""Turns' worth of evidence that one lesson of each kind is."""

SAID_SO = frozenset({Source.TAUGHT, Source.AGREED, Source.CORRECTED})
"""A person said what is meant, so whatever was thought to be meant before is contradicted."""


class Beneath(Protocol):
    """What a ledger lies over: a packed file."""

    def exact(self, text: str) -> tuple[tuple[Phrase, ...], tuple[Rule, ...]]:
        """What is known of exactly this text."""
        ...

    def rule(self, rule_id: str) -> Rule | None:
        """The rule, or None."""
        ...

    def phrases(self) -> Iterable[Phrase]:
        """All phrases."""
        ...

    def rules(self) -> Iterable[Rule]:
        """All rules."""
        ...

    def label(self, label: str) -> tuple[float, float]:
        """Wins and losses of all phrases that were read as this."""
        ...


def rule_id(heard: str, means: str, situation: str = "") -> str:
    """Id of the rule of these texts, in normal form: the same on every hub."""
    return blake2b(f"{heard}\0{means}\0{situation}".encode(), digest_size=8).hexdigest()


class Ledger:
    """Phrases and rules by what was heard; see the module's text."""

    def __init__(self, beneath: Beneath | None = None, *, limit: int = MAX_ENTRIES) -> None:
        self.beneath = beneath
        self._limit = limit
        self.texts: list[str] = []
        """What was ever heard of those in memory, in the order in which it came: what is searched by likeness."""
        self.generation = 0
        """Another one says that `texts` was begun anew."""
        self._noted: set[str] = set()
        self._phrases: dict[str, dict[str, Phrase]] = {}
        self._rules: dict[str, dict[str, Rule]] = {}
        self._heard: dict[str, str] = {}  # rule id -> heard, of rules in memory
        self._dropped: set[str] = set()
        self._labels: dict[str, tuple[float, float]] = {}  # what memory adds to what lies beneath

    def went(self, text: str, label: str, *, won: bool, weight: float = 1.0, day: int = 0) -> Phrase | None:
        """A phrase was said and understood as it is; how that went. weight: of the evidence, in turns."""
        text = normalize(text)
        if not text or not _counts(weight):
            return None
        before = self._touch(text).get(label) or Phrase(text, label, last_day=day)
        wins, losses = _told(_faded(before, day), won=won, weight=weight)
        return self._put_phrase(replace(before, wins=wins, losses=losses, last_day=max(day, before.last_day)))

    def instead(
        self,
        heard: str,
        means: str,
        label: str = "",
        *,
        source: Source,
        weight: float = 1.0,
        day: int = 0,
        confidence: float = 1.0,
        situation: str = "",
    ) -> Rule | None:
        """What was heard failed, and this is what was meant; None where the texts say the same or nothing.

        A lesson in words (taught, agreed, corrected) also contradicts every other meaning in the same situation.
        """
        heard, means = normalize(heard), normalize(means)
        if not heard or not means or heard == means or not _counts(weight):
            return None
        known = {rule.id: rule for rule in self.rules_for(heard)}
        own = rule_id(heard, means, situation)
        if source in SAID_SO:
            for rival in known.values():
                if rival.id != own and rival.situation == situation and rival.state is State.ACTIVE:
                    wins, losses = _told(_faded(rival, day), won=False, weight=weight)
                    self.put(replace(rival, wins=wins, losses=losses))
        before = known.get(own)
        if before is None:
            before = Rule(own, heard, means, source, label, situation=situation, made_day=day, last_day=day)
        best = min(before.source, source, key=list(Source).index)
        wins, losses = _told(_faded(before, day), won=True, weight=weight * STRENGTH[source])
        # Said once more in words, a rule that the guard or a person had taken out of service serves again.
        state = State.ACTIVE if source in SAID_SO else before.state
        return self.put(
            replace(
                before,
                source=best,
                label=label or before.label,
                wins=wins,
                losses=losses,
                confidence=confidence,
                last_day=max(day, before.last_day),
                state=state,
            )
        )

    def served(self, rule_id: str, *, won: bool, weight: float = 1.0, day: int = 0) -> Rule | None:
        """A rewrite was served; how that went. None where there is no such rule."""
        before = self.rule(rule_id)
        if before is None or not _counts(weight):
            return None
        wins, losses = _told(_faded(before, day), won=won, weight=weight)
        return self.put(
            replace(before, wins=wins, losses=losses, served=before.served + 1, last_day=max(day, before.last_day))
        )

    def phrase(self, text: str) -> tuple[Phrase, ...]:
        """All that is known of this text, one for each label."""
        text = normalize(text)
        if text in self._phrases or self.beneath is None:
            return tuple(self._phrases.get(text, {}).values())
        return self.beneath.exact(text)[0]

    def rules_for(self, heard: str) -> tuple[Rule, ...]:
        """All rules of this text, whatever their state."""
        heard = normalize(heard)
        mine = self._rules.get(heard, {})
        below = self.beneath.exact(heard)[1] if self.beneath is not None else ()
        return (*mine.values(), *(r for r in below if r.id not in mine and r.id not in self._dropped))

    def known(self, text: str) -> list[Phrase | Rule]:
        """All phrases and rules of this text, which is in normal form: one look at what lies beneath."""
        phrases = self._phrases.get(text)
        mine = self._rules.get(text, {})
        found: list[Phrase | Rule] = [*(phrases or {}).values(), *mine.values()]
        if self.beneath is not None:
            below = self.beneath.exact(text)
            if phrases is None:
                found.extend(below[0])
            found.extend(r for r in below[1] if r.id not in mine and r.id not in self._dropped)
        return found

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, or None."""
        if rule_id in self._heard:
            return self._rules[self._heard[rule_id]][rule_id]
        if self.beneath is None or rule_id in self._dropped:
            return None
        return self.beneath.rule(rule_id)

    def phrases(self) -> Iterator[Phrase]:
        """All phrases, those beneath included."""
        for by_label in self._phrases.values():
            yield from by_label.values()
        if self.beneath is not None:
            yield from (p for p in self.beneath.phrases() if p.text not in self._phrases)

    def rules(self) -> Iterator[Rule]:
        """All rules, those beneath included."""
        yield from self.own_rules()
        if self.beneath is not None:
            yield from (r for r in self.beneath.rules() if r.id not in self._heard and r.id not in self._dropped)

    def own_rules(self) -> Iterator[Rule]:
        """Those in memory."""
        for by_id in self._rules.values():
            yield from by_id.values()

    def label(self, label: str) -> tuple[float, float]:
        """Wins and losses of all phrases that were read as this."""
        wins, losses = self._labels.get(label, (0.0, 0.0))
        if self.beneath is not None:
            below = self.beneath.label(label)
            wins, losses = wins + below[0], losses + below[1]
        return max(0.0, wins), max(0.0, losses)

    def put(self, rule: Rule) -> Rule:
        """Keep this rule as it is, in place of one of the same id."""
        self._note(rule.heard)
        self._rules.setdefault(rule.heard, {})[rule.id] = rule
        self._heard[rule.id] = rule.heard
        self._dropped.discard(rule.id)
        if len(self._heard) > self._limit:
            self._forget_rules(keep=rule)
        return rule

    def put_phrase(self, phrase: Phrase) -> Phrase:
        """Keep this phrase as it is, in place of one of the same text and label."""
        self._touch(phrase.text)
        return self._put_phrase(phrase)

    def drop(self, rule_id: str) -> bool:
        """Forget a rule; whether there was one."""
        known = self.rule(rule_id) is not None
        heard = self._heard.pop(rule_id, None)
        if heard is not None:
            by_id = self._rules[heard]
            del by_id[rule_id]
            if not by_id:
                del self._rules[heard]
        if known and self.beneath is not None:
            self._dropped.add(rule_id)
        return known

    def holds_phrase(self, text: str) -> bool:
        """Whether memory says how this text went, so that the file beneath is out of date about it."""
        return text in self._phrases

    def dropped(self, rule_id: str) -> bool:
        """Whether the rule beneath is to be passed over: forgotten, or changed since."""
        return rule_id in self._dropped or rule_id in self._heard

    def __len__(self) -> int:
        """Phrases and rules in memory."""
        return sum(map(len, self._phrases.values())) + len(self._heard)

    def _touch(self, text: str) -> dict[str, Phrase]:
        self._note(text)
        if text not in self._phrases:
            below = self.beneath.exact(text)[0] if self.beneath is not None else ()
            self._phrases[text] = {phrase.label: phrase for phrase in below}
        return self._phrases[text]

    def _note(self, text: str) -> None:
        if text not in self._noted:
            self._noted.add(text)
            self.texts.append(text)

    def _put_phrase(self, phrase: Phrase) -> Phrase:
        by_label = self._phrases[phrase.text]
        before = by_label.get(phrase.label)
        wins, losses = self._labels.get(phrase.label, (0.0, 0.0))
        self._labels[phrase.label] = (
            wins + phrase.wins - (before.wins if before else 0.0),
            losses + phrase.losses - (before.losses if before else 0.0),
        )
        by_label[phrase.label] = phrase
        if len(self._phrases) > self._limit:
            self._forget_phrases(keep=phrase)
        return phrase

    def _forget_phrases(self, *, keep: Phrase) -> None:
        def use(text: str) -> tuple[bool, float, int]:
            known = self._phrases[text].values()
            turns = sum(phrase.wins + phrase.losses for phrase in known)
            return text == keep.text, turns, max((phrase.last_day for phrase in known), default=0)

        for text in heapq.nsmallest(self._limit // 10 + 1, self._phrases, key=use):
            for phrase in self._phrases.pop(text).values():
                wins, losses = self._labels.get(phrase.label, (0.0, 0.0))
                self._labels[phrase.label] = wins - phrase.wins, losses - phrase.losses
        self._renote()

    def _forget_rules(self, *, keep: Rule) -> None:
        def use(rule: Rule) -> tuple[bool, bool, float, int]:
            return rule.id == keep.id, rule.source in SAID_SO, rule.wins + rule.losses, rule.last_day

        mine = (rule for by_id in self._rules.values() for rule in by_id.values())
        for rule in heapq.nsmallest(self._limit // 10 + 1, mine, key=use):
            self.drop(rule.id)
        self._renote()

    def _renote(self) -> None:
        self.texts = list(dict.fromkeys((*self._phrases, *self._rules)))
        self._noted = set(self.texts)
        self.generation += 1


def _counts(weight: float) -> bool:
    return math.isfinite(weight) and weight > 0


def _faded(entry: Phrase | Rule, day: int) -> tuple[float, float]:
    # A clock that jumps back makes nothing stronger.
    left = 0.5 ** (max(0, day - entry.last_day) / HALF_LIFE_DAYS)
    return entry.wins * left, entry.losses * left


def _told(evidence: tuple[float, float], *, won: bool, weight: float) -> tuple[float, float]:
    wins, losses = evidence
    # What is less than a whole turn contradicts less.
    other = CONTRADICTED ** min(1.0, weight)
    if won:
        return min(CAP, wins + weight), losses * other
    return wins * other, min(CAP, losses + weight)
