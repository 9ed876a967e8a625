"""Where the rewrites of one home are looked up and put: layers in memory, served at once.

What has changed is noted for `edge.rewrite.keeping`, which writes it; what another process has written is taken in, and
goes together with what has changed here. Nothing here waits for a disk.
"""

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from edge.core.home import Entity
from edge.core.text import MAX_CHARS
from edge.rewrite import guard
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import Pulled
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.listed import Listed
from edge.rewrite.pending import Key, Pending, key_of, merged
from edge.rewrite.spans import Spans
from edge.rewrite.teaching import Reserved

PERSONAL, GLOBAL = "personal", "global"
PAUSED = ("paused", "all")


class Shelf:
    """One home's. Whoever uses it holds `lock`.

    layers: what is known at first; `edge.rewrite.keeping.Keeping` adds what was kept. day: days since the Unix epoch.
    reserved, dangerous: as of `edge.rewrite.rewrites.Rewrites`.
    """

    def __init__(
        self,
        layers: Layers,
        *,
        rng: random.Random,
        day: Callable[[], int],
        reserved: Reserved,
        dangerous: Callable[[Entity], bool],
    ) -> None:
        self.layers, self.rng, self.day = layers, rng, day
        self.reserved, self.dangerous = reserved, dangerous
        self.lock = threading.RLock()
        self._spans: Spans | None = None
        """Made when it is needed first: of 10,000 rules that takes a while."""
        self._listed: Listed | None = None
        """Made when it is needed first, as they are."""
        self.changed = 0
        """Another number says that a rule is another, or gone."""
        self.asked_changed = 0
        """Another number says that other phrases are asked for."""
        self.pending = Pending()
        self.renewed = 0
        """Another number says that all was taken anew."""
        self.deltas = 0
        """Changes that the cache file does not hold."""
        self.late_phrases: set[Key] = set()
        self.late_rules: set[str] = set()
        """What has changed since the cache file that is made last was begun, and is written."""
        self._retired: list[Cache] = []
        self.paused = False
        self.offered: set[str] = set()

    # Looked up

    def __bool__(self) -> bool:
        """Whether anything was learnt at all."""
        layers = self.layers
        files = (layers.personal_file, layers.global_file)
        return bool(len(layers.personal)) or any(file is not None and len(file) for file in files)

    def of(self, text: str) -> tuple[tuple[Phrase, ...], tuple[tuple[str, Rule], ...]]:
        """The phrases of a text, and its rules with the layer of each; personal ones take the place of global ones."""
        personal, pooled = self.layers.personal, self.layers.global_file
        phrases, rules = personal.phrase(text), [(PERSONAL, rule) for rule in personal.rules_for(text)]
        if pooled is not None:
            known = {rule.means for _, rule in rules}
            rules += [(GLOBAL, rule) for rule in pooled.exact(text)[1] if rule.means not in known]
        return phrases, tuple(rules)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, of whatever layer."""
        found = self.layers.personal.rule(rule_id)
        if found is None and self.layers.global_file is not None:
            found = self.layers.global_file.rule(rule_id)
        return found

    def rules(self) -> tuple[Rule, ...]:
        """All of this home, those that somebody asked for first, then the latest."""
        order = {Source.TAUGHT: 0, Source.AGREED: 0}
        return tuple(
            sorted(
                self.layers.personal.rules(),
                key=lambda one: (order.get(one.source, 1), -one.last_day, one.heard, one.id),
            )
        )

    def named(self, rule_id: str) -> Rule | None:
        """The rule of this id, or the only one whose id begins so."""
        if rule_id and (exact := self.layers.personal.rule(rule_id)) is not None:
            return exact
        found = [rule for rule in self.layers.personal.rules() if rule_id and rule.id.startswith(rule_id)]
        return found[0] if len(found) == 1 else None

    @property
    def spans(self) -> Spans:
        """Parts of the rules that hold in any sentence."""
        if self._spans is None:
            self._spans = Spans.of(self.layers.personal.rules())
        return self._spans

    def made(self) -> bool:
        """Whether what is made of all rules is there."""
        return self._spans is not None and self._listed is not None

    def make(self, spans: Spans, listed: Listed) -> None:
        """Have it."""
        self._spans, self._listed = self._spans or spans, self._listed or listed

    @property
    def listed(self) -> Listed:
        """The rules by what they mean, and those that were asked for."""
        if self._listed is None:
            self._listed = Listed(self.layers.personal.rules())
        return self._listed

    def meaning(self, text: str) -> list[Rule]:
        """The rules of this home that mean a text, in normal form."""
        return [rule for one in self.listed.meaning(text) if (rule := self.layers.personal.rule(one)) is not None]

    # Changed

    def put(self, rule: Rule) -> None:
        """Take the rule as it is now."""
        self._about_to(rule.id)
        self._put(rule)

    def _put(self, rule: Rule) -> None:
        self.changed += 1
        self.layers.personal.put(rule)
        if self._spans is not None:
            self._spans.put(rule)
        self.asked_changed += self._listed.put(rule) if self._listed is not None else rule.source in guard.ASKED_FOR

    def _about_to(self, rule_id: str) -> None:
        """The rule will be another: what it is now is what is on disk, unless it was another already."""
        if rule_id not in self.pending.rules:
            self.pending.rules[rule_id] = self.layers.personal.rule(rule_id)

    def forget(self, rule: Rule) -> None:
        """Take the rule away; what holds it on disk is written anew."""
        self._drop(rule)
        self.pending.forget(rule.id)
        self._unoffer(rule)

    def _drop(self, rule: Rule) -> None:
        self.changed += 1
        self.layers.personal.drop(rule.id)
        if self._spans is not None:
            self._spans.forget(rule)
        self.asked_changed += self._listed.drop(rule.id) if self._listed is not None else 1

    def went(self, text: str, label: str, *, won: bool, weight: float) -> None:
        """A text was said as it is, and this is how it went."""
        was = next((one for one in self.layers.personal.phrase(text) if one.label == label), None)
        made = self.layers.personal.went(text, label, won=won, weight=weight, day=self.day())
        if made is not None:
            self.pending.phrases.setdefault(key_of(made), was)

    def instead(
        self,
        heard: str,
        means: str,
        label: str,
        *,
        source: Source,
        weight: float,
        confidence: float = 1.0,
        situation: str = "",
    ) -> Rule | None:
        """What was heard means that; in so many words, it means nothing else. None where that says nothing."""
        personal = self.layers.personal
        rivals = {rule.id: rule for rule in personal.rules_for(heard)}
        made = personal.instead(
            heard,
            means,
            label,
            source=source,
            weight=weight,
            day=self.day(),
            confidence=confidence,
            situation=situation,
        )
        if made is None:
            return None
        self.pending.rules.setdefault(made.id, rivals.get(made.id))
        self._put(made)
        for was in rivals.values():
            rival = personal.rule(was.id)
            if source in guard.TOLD and rival is not None and rival.id != made.id and rival.situation == situation:
                self.pending.rules.setdefault(was.id, was)
                self._put(guard.judged(rival))
        return made

    def pause(self, *, on: bool) -> None:
        """Serve nothing, or again."""
        self.paused = on
        self.pending.notes[PAUSED] = on

    def offer(self, heard: str, means: str) -> bool:
        """Whether that may be offered, which is so once and for all."""
        key = _offer(heard, means)
        if key in self.offered or len(key) > MAX_CHARS:  # what is longer cannot be noted
            return False
        self.offered.add(key)
        self.pending.notes["offered", key] = True
        return True

    def _unoffer(self, rule: Rule) -> None:
        """Its words are not to stay in what was offered."""
        if (key := _offer(rule.heard, rule.means)) in self.offered:
            self.offered.discard(key)
            self.pending.notes["offered", key] = False

    def empty(self) -> None:
        """Know nothing any more."""
        notes = self.pending.notes | {("offered", key): False for key in self.offered}
        self.pending = Pending(notes=notes, everything=True)
        self.offered.clear()
        self.renew(None)
        self._spans, self._listed = None, None
        self.changed += 1
        self.asked_changed += 1
        self.deltas = 0

    # Taken in

    def note(self, paused: tuple[str, ...] | None, offered: tuple[str, ...] | None) -> None:
        """Take in what others have noted; None where that could not be read."""
        if paused is not None:
            self.paused = self.pending.notes.get(PAUSED, bool(paused))
        self.offered |= {key for key in offered or () if self.pending.notes.get(("offered", key), True)}

    def begin(self, file: Cache) -> None:
        """Serve from this file, with what has changed."""
        before = self.layers.personal
        self.renew(file)
        self._spans, self._listed = None, None
        self.changed += 1
        self.asked_changed += 1
        self.keep_from(before, self.pending.phrases, self.pending.rules.keys() | self.pending.gone)

    def keep_from(self, before: Ledger, phrases: Iterable[Key], rules: Iterable[str]) -> None:
        """Take over what has changed since."""
        personal = self.layers.personal
        for rule_id in rules:
            if (rule := before.rule(rule_id)) is not None:
                personal.put(rule)
            else:
                personal.drop(rule_id)
        for text, label in phrases:
            for one in before.phrase(text):
                if one.label == label:
                    personal.put_phrase(one)

    def renew(self, file: Cache | None) -> None:
        """Know what is in the file and nothing else."""
        old = self.layers.personal_file
        self.layers = Layers(Ledger(file), file, self.layers.global_file)
        self.renewed += 1
        if old is not None:
            self._retired.append(old)

    def take(self, pulled: Pulled) -> None:
        """What others have made of it, and what has changed here, go together."""
        before, pending = self.layers.personal, self.pending
        if pulled.lost:
            self._write_all()
        if pulled.anew:
            self.renew(None)
            self._spans, self._listed = None, None
            self.changed += 1
            self.asked_changed += 1
            self._without_what_others_forgot(before, pulled)
        personal = self.layers.personal
        for phrase in pulled.phrases:
            key, now = key_of(phrase), phrase
            if key in pending.phrases:
                for mine in before.phrase(phrase.text):
                    now = merged(phrase, mine, pending.phrases[key]) if mine.label == phrase.label else now
                pending.phrases[key] = phrase
            personal.put_phrase(now)
        for rule in pulled.rules:
            own = before.rule(rule.id) if rule.id in pending.rules else None
            if rule.id in pending.rules:
                self._put(rule if own is None else merged(rule, own, pending.rules[rule.id]))
                pending.rules[rule.id] = rule
            elif rule.id not in pending.gone:
                self._put(rule)
        if pulled.lost:
            self._write_all()
        self.late_phrases |= {key_of(phrase) for phrase in pulled.phrases}
        self.late_rules |= {rule.id for rule in pulled.rules}
        self.close_retired()
        self.deltas += len(pulled.phrases) + len(pulled.rules)

    def _write_all(self) -> None:
        """The tables have lost what they held, as their file was damaged: they get all that is known."""
        personal = self.layers.personal
        self.pending.anew(personal.phrases(), personal.rules())
        self.pending.notes |= {PAUSED: True} if self.paused else {}
        self.pending.notes |= {("offered", key): True for key in self.offered}
        self.renewed += 1

    def pool(self, file: Cache | None) -> None:
        """Take this global layer in place of the one before."""
        old, self.layers.global_file = self.layers.global_file, file
        for rule in tuple(self.layers.personal.rules()):
            # A copy of one's own, as it was served here: see `judging`.
            wrong = rule.source is Source.POOLED and rule.state is State.ACTIVE and rule.losses > 0.0
            if wrong and not guard.proven(rule) and (file is None or rule.means not in _means(file, rule.heard)):
                self.put(replace(rule, state=State.WITHDRAWN))
        if old is not None and old is not file:
            old.close()

    def _without_what_others_forgot(self, before: Ledger, pulled: Pulled) -> None:
        """Of what has changed here, only what is still there, or was never written, stays."""
        pending = self.pending
        there = {key_of(phrase) for phrase in pulled.phrases}
        pending.phrases = {key: was for key, was in pending.phrases.items() if was is None or key in there}
        ids = {rule.id for rule in pulled.rules}
        pending.rules = {one: was for one, was in pending.rules.items() if was is None or one in ids}
        self.keep_from(before, pending.phrases, pending.rules)

    def close(self) -> None:
        """Let the files go."""
        with self.lock:
            pooled = self.layers.global_file
            self.layers = Layers(self.layers.personal, self.layers.personal_file, None)
            self.renew(None)
            self.close_retired()
            if pooled is not None:
                pooled.close()

    def close_retired(self) -> None:
        """Let go of files that are not served from any more; whoever has read from them has the lock, or is done."""
        for file in self._retired:
            file.close()
        self._retired.clear()


def _offer(heard: str, means: str) -> str:
    return f"{heard}\n{means}"


def _means(file: Cache, heard: str) -> tuple[str, ...]:
    return tuple(rule.means for rule in file.exact(heard)[1])
