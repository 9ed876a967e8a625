"""Where the rewrites of one home are looked up and put: layers in memory, with the files behind them.

What changes is served at once and written when there is time, and only what has changed. What another process has
written (`edge rewrites pause`) is taken in then, too.
"""

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from edge.core.home import Entity
from edge.rewrite import guard
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import DELTAS, Folding, Pulled
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.spans import Spans
from edge.rewrite.teaching import Reserved

PERSONAL, GLOBAL = "personal", "global"


class Shelf:
    """One home's. Whoever uses it holds `lock`.

    layers: what is known at first; `folding` adds what was kept. day: days since the Unix epoch. reserved, dangerous:
    as of `edge.rewrite.rewrites.Rewrites`.
    """

    def __init__(
        self,
        layers: Layers,
        folding: Folding,
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
        self._folding = folding
        self._phrases: set[tuple[str, str]] = set()
        self._rules: set[str] = set()
        """What has changed and is not written yet."""
        self._gone: set[str] = set()
        self.deltas = 0
        """Changes that the cache file does not hold; those that it must not hold any more count as many."""
        self._late_phrases: set[tuple[str, str]] = set()
        self._late_rules: set[str] = set()
        """What has changed since the cache file that is made last was begun, written or not."""
        self._renewed = 0
        self._retired: list[Cache] = []
        file, pulled = folding.begin()
        if file is not None:
            self._renew(file)
        self._take(pulled._replace(anew=False))  # what was handed in stays
        self.paused = bool(folding.notes("paused"))
        self.offered = set(folding.notes("offered"))

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

    # Changed

    def put(self, rule: Rule) -> None:
        """Take the rule as it is now."""
        self.layers.personal.put(rule)
        if self._spans is not None:
            self._spans.put(rule)
        self._rules.add(rule.id)
        self._gone.discard(rule.id)

    def forget(self, rule: Rule) -> None:
        """Take the rule away; what holds it on disk is written anew."""
        self.layers.personal.drop(rule.id)
        if self._spans is not None:
            self._spans.forget(rule)
        self._rules.discard(rule.id)
        self._gone.add(rule.id)

    def went(self, text: str, label: str, *, won: bool, weight: float) -> None:
        """A text was said as it is, and this is how it went."""
        if self.layers.personal.went(text, label, won=won, weight=weight, day=self.day()) is not None:
            self._phrases.add((text, label))

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
        rivals = [rule.id for rule in personal.rules_for(heard)] if source in guard.TOLD else []
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
        self.put(made)
        for rival in filter(None, map(personal.rule, rivals)):
            if rival.id != made.id and rival.situation == situation:
                self.put(guard.judged(rival))
        return made

    def pause(self, *, on: bool) -> None:
        """Serve nothing, or again."""
        self.paused = on
        self._folding.note("paused", "all", on=on)

    def offer(self, key: str) -> None:
        """That was offered, once and for all."""
        self.offered.add(key)
        self._folding.note("offered", key)

    # On disk

    def flush(self) -> None:
        """Write what has changed."""
        if not (self._phrases or self._rules or self._gone):
            return
        personal = self.layers.personal
        phrases = [one for text, label in self._phrases for one in personal.phrase(text) if one.label == label]
        rules = [rule for rule in map(personal.rule, self._rules) if rule is not None]
        if self._folding.save(phrases, rules, self._gone):
            self.deltas += len(phrases) + len(rules) + DELTAS * bool(self._gone)
            self._late_phrases |= self._phrases
            self._late_rules |= self._rules | self._gone
            self._phrases.clear()
            self._rules.clear()
            self._gone.clear()

    def heed(self) -> None:
        """Take in what another process has written."""
        if (pulled := self._folding.pull()) is not None:
            self._take(pulled)
            self.paused = bool(self._folding.notes("paused"))
            self.offered |= set(self._folding.notes("offered"))

    def empty(self) -> None:
        """Know nothing any more."""
        for rule in self.rules():
            self._gone.add(rule.id)
        self._phrases.clear()
        self._rules.clear()
        self._renew(None)
        self._spans = None
        self._close_retired()
        self._folding.forget_phrases()
        self.flush()

    def fold(self) -> None:
        """Write the cache file anew and serve from it. Takes the lock by itself, and not while it writes."""
        with self.lock:
            self.flush()
            self._late_phrases.clear()
            self._late_rules.clear()
            self.deltas, began = 0, self._renewed
        cache = self._folding.fold(self.day())
        if cache is None:
            return
        with self.lock:
            if self._renewed != began:
                cache.close()  # all was taken anew meanwhile: what is in the file may have been forgotten since
                self.deltas += DELTAS
                return
            before = self.layers.personal
            self._renew(cache)
            self._keep_from(before, self._phrases | self._late_phrases, self._rules | self._gone | self._late_rules)
            self._close_retired()

    def _keep_from(self, before: Ledger, phrases: Iterable[tuple[str, str]], rules: Iterable[str]) -> None:
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

    def _renew(self, file: Cache | None) -> None:
        old = self.layers.personal_file
        self.layers = Layers(Ledger(file), file, self.layers.global_file)
        self._renewed += 1
        if old is not None:
            self._retired.append(old)

    def _take(self, pulled: Pulled) -> None:
        before = self.layers.personal
        self._spans = None
        if pulled.anew:
            self._renew(None)
        personal = self.layers.personal
        for phrase in pulled.phrases:
            personal.put_phrase(phrase)
        for rule in pulled.rules:
            personal.put(rule)
        self._keep_from(before, self._phrases, self._rules | self._gone)
        self._late_phrases |= {(phrase.text, phrase.label) for phrase in pulled.phrases}
        self._late_rules |= {rule.id for rule in pulled.rules}
        self._close_retired()
        self.deltas += len(pulled.phrases) + len(pulled.rules)

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

    def close(self) -> None:
        """Write what is not written yet, and let the files go."""
        self.flush()
        pooled = self.layers.global_file
        self.layers = Layers(self.layers.personal, self.layers.personal_file, None)
        self._renew(None)
        self._close_retired()
        if pooled is not None:
            pooled.close()

    def _close_retired(self) -> None:
        """Let go of files that are not served from any more; whoever has read from them has the lock, or is done."""
        for file in self._retired:
            file.close()
        self._retired.clear()


def _means(file: Cache, heard: str) -> tuple[str, ...]:
    return tuple(rule.means for rule in file.exact(heard)[1])
