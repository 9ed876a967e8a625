"""Where the rewrites of one home are looked up and put: layers in memory, with the files behind them.

What changes is served at once and written when there is time, and only what has changed. What another process has
written (`edge rewrites pause`) is taken in then, too, and goes together with what has changed here. Whoever looks up or
puts waits for no disk: the lock is held for what is done in memory alone.
"""

import random
import threading
from collections.abc import Callable, Iterable

from edge.core.home import Entity
from edge.rewrite import guard
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Phrase, Rule, Source
from edge.rewrite.folding import Folding, Pulled, Saved
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.listed import Listed
from edge.rewrite.pending import Key, Pending, key_of, merged
from edge.rewrite.spans import Spans
from edge.rewrite.teaching import Reserved

PERSONAL, GLOBAL = "personal", "global"
TRIES = 5
"""Times that others may have written just before."""
PAUSED = ("paused", "all")


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
        self._listed: Listed | None = None
        """Made when it is needed first, as they are."""
        self.asked_changed = 0
        """Another one says that other phrases are asked for."""
        self._folding = folding
        self._disk = threading.RLock()
        """Held by whoever writes or takes in, one after the other; taken before `lock`, never with it held."""
        self._pending = Pending()
        self._writing = False
        self.deltas = 0
        """Changes that the cache file does not hold."""
        self._late_phrases: set[Key] = set()
        self._late_rules: set[str] = set()
        """What has changed since the cache file that is made last was begun, written or not."""
        self._renewed = 0
        self._retired: list[Cache] = []
        self.paused = False
        self.offered: set[str] = set()
        file, pulled = folding.begin()
        if file is not None:
            self._renew(file)
        self._take(pulled._replace(anew=False))  # what was handed in stays
        self._note(folding.notes(PAUSED[0]), folding.notes("offered"))
        self.flush()  # what the file has given back

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

    @property
    def listed(self) -> Listed:
        """The rules by what they mean, and those that were asked for."""
        if self._listed is None:
            self._listed = Listed(self.layers.personal.rules())
        return self._listed

    def meaning(self, text: str) -> list[Rule]:
        """The rules of this home that mean a text, in normal form."""
        return [rule for one in self.listed.meaning(text) if (rule := self.layers.personal.rule(one)) is not None]

    @property
    def unwritten(self) -> bool:
        """Whether anything is not on disk yet."""
        return self._writing or bool(self._pending)

    # Changed

    def put(self, rule: Rule) -> None:
        """Take the rule as it is now."""
        self._about_to(rule.id)
        self._put(rule)

    def _put(self, rule: Rule) -> None:
        self.layers.personal.put(rule)
        if self._spans is not None:
            self._spans.put(rule)
        self.asked_changed += self._listed.put(rule) if self._listed is not None else rule.source in guard.ASKED_FOR

    def _about_to(self, rule_id: str) -> None:
        """The rule will be another: what it is now is what is on disk, unless it was another already."""
        if rule_id not in self._pending.rules:
            self._pending.rules[rule_id] = self.layers.personal.rule(rule_id)

    def forget(self, rule: Rule) -> None:
        """Take the rule away; what holds it on disk is written anew."""
        self._drop(rule)
        self._pending.forget(rule.id)
        self._unoffer(rule)

    def _drop(self, rule: Rule) -> None:
        self.layers.personal.drop(rule.id)
        if self._spans is not None:
            self._spans.forget(rule)
        self.asked_changed += self._listed.drop(rule.id) if self._listed is not None else 1

    def went(self, text: str, label: str, *, won: bool, weight: float) -> None:
        """A text was said as it is, and this is how it went."""
        was = next((one for one in self.layers.personal.phrase(text) if one.label == label), None)
        made = self.layers.personal.went(text, label, won=won, weight=weight, day=self.day())
        if made is not None:
            self._pending.phrases.setdefault(key_of(made), was)

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
        self._pending.rules.setdefault(made.id, rivals.get(made.id))
        self._put(made)
        for was in rivals.values():
            rival = personal.rule(was.id)
            if source in guard.TOLD and rival is not None and rival.id != made.id and rival.situation == situation:
                self._pending.rules.setdefault(was.id, was)
                self._put(guard.judged(rival))
        return made

    def pause(self, *, on: bool) -> None:
        """Serve nothing, or again."""
        self.paused = on
        self._pending.notes[PAUSED] = on

    def offer(self, heard: str, means: str) -> bool:
        """Whether that may be offered, which is so once and for all."""
        key = _offer(heard, means)
        if key in self.offered:
            return False
        self.offered.add(key)
        self._pending.notes["offered", key] = True
        return True

    def _unoffer(self, rule: Rule) -> None:
        """Its words are not to stay in what was offered."""
        if (key := _offer(rule.heard, rule.means)) in self.offered:
            self.offered.discard(key)
            self._pending.notes["offered", key] = False

    def empty(self) -> None:
        """Know nothing any more."""
        notes = self._pending.notes | {("offered", key): False for key in self.offered}
        self._pending = Pending(notes=notes, everything=True)
        self.offered.clear()
        self._renew(None)
        self._spans, self._listed = None, None
        self.asked_changed += 1
        self.deltas = 0

    # On disk. None of these is called with the lock held.

    def flush(self) -> bool:
        """Write what has changed; whether all of it is on disk."""
        with self._disk:
            for _ in range(TRIES):
                with self.lock:
                    taken, self._pending, self._writing = self._pending, Pending(), True
                    personal = self.layers.personal
                    phrases = [one for key in taken.phrases for one in personal.phrase(key[0]) if key_of(one) == key]
                    rules = [rule for rule in map(personal.rule, taken.rules) if rule is not None]
                saved = self._saved(taken, phrases, rules)
                with self.lock:
                    self._writing = False
                    if saved is Saved.DONE:
                        self.deltas += len(phrases) + len(rules) + len(taken.gone)
                        self._late_phrases |= taken.phrases.keys()
                        self._late_rules |= taken.rules.keys() | taken.gone
                    else:
                        self._pending.put_back(taken)
                if saved is not Saved.BEHIND:
                    return saved is Saved.DONE
                self.heed()
            return False

    def _saved(self, taken: Pending, phrases: list[Phrase], rules: list[Rule]) -> Saved:
        for (kind, key), on in list(taken.notes.items()):
            if not self._folding.note(kind, key, on=on):
                return Saved.FAILED
            del taken.notes[kind, key]
        if taken.everything:
            if not self._folding.forget_all():
                return Saved.FAILED
            taken.everything = False
        if not (phrases or rules or taken.gone):
            return Saved.DONE
        return self._folding.save(phrases, rules, taken.gone)

    def heed(self) -> None:
        """Take in what another process has written."""
        with self._disk:
            if self._pending.everything:
                return  # what is to be forgotten is not to come back
            file, pulled = self._folding.begin() if not self._folding.begun else (None, self._folding.pull())
            if pulled is None or not self._folding.begun:
                return
            paused, offered = self._folding.notes(PAUSED[0]), self._folding.notes("offered")
            with self.lock:
                if file is not None:
                    self._keep_pending_over(file)
                self._take(pulled)
                if not pulled.lost:
                    self._note(paused, offered)

    def _note(self, paused: tuple[str, ...] | None, offered: tuple[str, ...] | None) -> None:
        if paused is not None:
            self.paused = self._pending.notes.get(PAUSED, bool(paused))
        self.offered |= {key for key in offered or () if self._pending.notes.get(("offered", key), True)}

    def fold(self) -> None:
        """Write the cache file anew and serve from it."""
        with self._disk:
            self._folding.trim(self.day())
            self.flush()
            self.heed()
            with self.lock:
                self._late_phrases.clear()
                self._late_rules.clear()
                deltas, self.deltas, began = self.deltas, 0, self._renewed
        cache = self._folding.fold()
        with self._disk, self.lock:
            if cache is None or self._renewed != began:
                if cache is not None:
                    cache.close()  # all was taken anew meanwhile: what is in the file may have been forgotten since
                self.deltas += deltas
                return
            before = self.layers.personal
            self._renew(cache)
            self._keep_from(
                before,
                self._pending.phrases.keys() | self._late_phrases,
                self._pending.rules.keys() | self._pending.gone | self._late_rules,
            )
            self._close_retired()

    @property
    def missing(self) -> bool:
        """Whether there is no cache file where there might be one."""
        return self._folding.missing

    def _keep_pending_over(self, file: Cache) -> None:
        before = self.layers.personal
        self._renew(file)
        self._keep_from(before, self._pending.phrases, self._pending.rules.keys() | self._pending.gone)

    def _keep_from(self, before: Ledger, phrases: Iterable[Key], rules: Iterable[str]) -> None:
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
        """What others have made of it, and what has changed here, go together."""
        before, pending = self.layers.personal, self._pending
        if pulled.lost:
            self._write_all()
        if pulled.anew:
            self._renew(None)
            self._spans, self._listed = None, None
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
        self._late_phrases |= {key_of(phrase) for phrase in pulled.phrases}
        self._late_rules |= {rule.id for rule in pulled.rules}
        self._close_retired()
        self.deltas += len(pulled.phrases) + len(pulled.rules)

    def _write_all(self) -> None:
        """The tables have lost what they held, as their file was damaged: they get all that is known."""
        personal = self.layers.personal
        self._pending.anew(personal.phrases(), personal.rules())
        self._pending.notes |= {PAUSED: True} if self.paused else {}
        self._pending.notes |= {("offered", key): True for key in self.offered}
        self._renewed += 1

    def _without_what_others_forgot(self, before: Ledger, pulled: Pulled) -> None:
        """Of what has changed here, only what is still there, or was never written, stays."""
        pending = self._pending
        there = {key_of(phrase) for phrase in pulled.phrases}
        pending.phrases = {key: was for key, was in pending.phrases.items() if was is None or key in there}
        ids = {rule.id for rule in pulled.rules}
        pending.rules = {one: was for one, was in pending.rules.items() if was is None or one in ids}
        self._keep_from(before, pending.phrases, pending.rules)

    def close(self) -> None:
        """Write what is not written yet, and let the files go."""
        self.flush()
        with self.lock:
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


def _offer(heard: str, means: str) -> str:
    return f"{heard}\n{means}"
