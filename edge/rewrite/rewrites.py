"""The rewrites of one home, for whoever has to do with them: the line, feedback, teaching, commands and benchmarks."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from edge.core.home import Entity
from edge.core.turn import Rewrite, Turn
from edge.rewrite import guard, importing
from edge.rewrite.cache import Cache
from edge.rewrite.choosing import Choosing, Trial
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import Folding, RuleStore
from edge.rewrite.importing import MAX_TAUGHT, VERSION, Imported
from edge.rewrite.judging import Judging
from edge.rewrite.keeping import Keeping
from edge.rewrite.labels import label_of
from edge.rewrite.layers import Layers
from edge.rewrite.shelf import Shelf
from edge.rewrite.teaching import RefusedError, Reserved, checked

FOLD_S = 900.0
"""Seconds between two cache files at least: what is not in one is in the tables, and an SD card wears out."""
SOON_S = 60.0
"""Where there is none, such as after something was forgotten."""


class Known(NamedTuple):
    """What is known of a rule."""

    rule: Rule
    right: float
    """How likely it is right, 0 to 1."""
    proven: bool
    phrases: tuple[Phrase, ...]
    """How the phrase went as it is."""
    usually_works: bool
    leads_back: bool
    """Whether a surer rule means the opposite."""
    paused: bool
    """Whether all are."""


class Rewrites:
    """Safe to use from several threads.

    layers: what is known. store, file: the tables and the cache file behind it; without them all is in memory. packs:
    whether the cache file is made and read here, as of `edge.rewrite.folding.Folding`. day: days since the Unix epoch.
    steady: seconds of a clock that only goes forward. reserved: why a text must never be a rewrite. dangerous: whether
    a device needs a yes, as far as its kind and its names tell. warn: told a code and a sentence of files that cannot
    be used.
    """

    def __init__(
        self,
        layers: Layers,
        *,
        rng: random.Random,
        day: Callable[[], int],
        store: RuleStore | None = None,
        file: Path | None = None,
        packs: bool = True,
        steady: Callable[[], float] = time.monotonic,
        reserved: Reserved = lambda _: "",
        dangerous: Callable[[Entity], bool] = lambda _: False,
        warn: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._shelf = Shelf(layers, rng=rng, day=day, reserved=reserved, dangerous=dangerous)
        self._keeping = Keeping(self._shelf, Folding(store, file, warn, packs=packs))
        self._lock = self._shelf.lock
        self._choosing = Choosing(self._shelf)
        self._judging = Judging(self._shelf, self._choosing.labels)
        self._taught: list[str] = []
        """Ids of what was taught, the latest last."""
        self._steady, self._folded_s = steady, steady()
        self._asked: tuple[str, ...] = ()
        self._asked_at = -1

    # The line

    def knows(self) -> bool:
        """Whether anything was learnt at all: nobody looks further where nothing was."""
        with self._lock:
            return bool(self._shelf) and not self._shelf.paused

    def choose(self, turn: Turn, *, label: str, content: float, trial: Trial, weighed: bool = False) -> Rewrite | None:
        """What is to be understood in place of what was heard; None where it is to be left alone.

        label: what is made of it as it was heard (`edge.rewrite.labels.label_of`), empty where nothing is. content: 0
        where it is not understood or refused, 0.5 for a guess or a question which, 1 where it is plainly understood.
        trial: tells how a text would be understood here; it is asked little, and only where something learnt is near.
        weighed: whether the words leave open what is meant, so that the context has to tell.
        """
        with self._lock:
            return self._choosing.choose(turn, label=label, content=content, trial=trial, weighed=weighed)

    def note(self, turn: Turn) -> None:
        """Remember for a few turns what this one was taken for: later ones may show that this was meant before."""
        with self._lock:
            self._choosing.note(turn.id, label_of(turn))

    def closed(self, turn: Turn) -> None:
        """What a closed turn teaches: its verdict, or the answer that it gives to whether a rewrite is meant."""
        with self._lock:
            self._judging.closed(turn)

    def offers(self, turn: Turn, before: Sequence[Turn] = ()) -> tuple[str, str] | None:
        """A phrase and what it seems to mean, where it failed again and again and this turn has put it right.

        before: the turns shortly before, of which one may have failed in the same way as one long ago.
        Once for each pair: whoever says no is not asked again.
        """
        with self._lock:
            return self._judging.offers(turn, before)

    # People

    def teach(
        self, heard: str, means: str, *, source: Source = Source.TAUGHT, label: str = "", situation: str = ""
    ) -> Rule:
        """Remember that by `heard` the household means `means`, from the very next request on.

        What was learnt of the phrase before is withdrawn, and what was taught of it is replaced. situation: where it
        holds alone, as of `Rule`. Raises RefusedError, as of `teaching.checked`, and `rewrite.full`.
        """
        self._keeping.heed()  # what was forgotten by another process is new again
        with self._lock:
            if len(self._shelf.listed.asked) >= MAX_TAUGHT:
                raise RefusedError("rewrite.full")
            rule = self._teach(heard, means, source, label, situation)
            self._taught.append(rule.id)
        self._keeping.flush()
        return rule

    def _teach(self, heard: str, means: str, source: Source, label: str, situation: str) -> Rule:
        shelf = self._shelf

        def told_of(text: str) -> list[Rule]:
            rules = (rule for _, rule in shelf.of(text)[1])
            return [rule for rule in rules if rule.source in guard.ASKED_FOR and rule.situation in ("", situation)]

        key, meaning = checked(heard, means, shelf.reserved, told_of)
        for layer_rule in shelf.of(key)[1]:
            other = layer_rule[1]
            if other.situation == situation and other.means != meaning:
                if other.source in guard.ASKED_FOR:
                    shelf.forget(other)
                else:
                    shelf.put(replace(other, state=State.WITHDRAWN))
        for _, other in shelf.of(meaning)[1]:
            if other.means == key:
                shelf.put(replace(other, state=State.WITHDRAWN))
        made = shelf.instead(key, meaning, label, source=source, weight=1.0, situation=situation)
        if made is None:
            raise RefusedError("rewrite.nothing")
        made = replace(made, source=source, losses=0.0, confidence=1.0, state=State.ACTIVE)
        shelf.put(made)
        return made

    def rules(self) -> tuple[Rule, ...]:
        """All of this home, those that somebody asked for first, then the latest."""
        with self._lock:
            return self._shelf.rules()

    def why(self, rule_id: str) -> Known | None:
        """What is known of a rule, by its id or what begins it; None where there is none, or more than one."""
        with self._lock:
            shelf = self._shelf
            rule = shelf.named(rule_id)
            if rule is None:
                return None
            phrases = shelf.of(rule.heard)[0]
            usual = any(guard.usually_works(phrases, one.label) for one in phrases)
            back = guard.leads_back(rule, (one for _, one in shelf.of(rule.means)[1]))
            return Known(rule, guard.of_rule(rule).mean, guard.proven(rule), phrases, usual, back, shelf.paused)

    def forget(self, rule_id: str | None = None) -> int:
        """Take back a rule, or with None all that was learnt and taught in this home. How many rules those were."""
        with self._lock:
            number = self._forget(rule_id)
        self._keeping.flush()
        return number

    def _forget(self, rule_id: str | None) -> int:
        if rule_id is None:
            number = len(self._shelf.rules())
            self._shelf.empty()
            self._taught.clear()
            return number
        one = self._shelf.named(rule_id)
        if one is None:
            return 0
        self._shelf.forget(one)
        return 1

    def forget_last(self) -> Rule | None:
        """Take back what was taught last, else what was learnt last. The rule, or None where there is none."""
        with self._lock:
            alive = {rule.id: rule for rule in self._shelf.rules()}
            last = next((alive[one] for one in reversed(self._taught) if one in alive), None)
            last = last or max(alive.values(), key=lambda one: (one.made_day, one.last_day), default=None)
            if last is not None:
                self._taught = [one for one in self._taught if one != last.id]
                self._forget(last.id)
        self._keeping.flush()
        return last

    def pause(self, rule_id: str | None = None, *, on: bool = True) -> int:
        """Serve a rule no more, or again; with None none of them. How many rules that is about."""
        self._keeping.heed()
        with self._lock:
            number = self._pause(rule_id, on=on)
        self._keeping.flush()
        return number

    def _pause(self, rule_id: str | None, *, on: bool) -> int:
        if rule_id is None:
            self._shelf.pause(on=on)
            return len(self._shelf.rules())
        rule = self._shelf.named(rule_id)
        if rule is None:
            return 0
        if on:
            self._shelf.put(replace(rule, state=State.PAUSED))
        else:  # whoever wants it back says that it is right
            self._shelf.put(replace(rule, state=State.ACTIVE, losses=0.0))
        return 1

    @property
    def paused(self) -> bool:
        """Whether none is served."""
        return self._shelf.paused

    def export(self) -> dict[str, Any]:
        """All rules, for `import_` and for JSON."""
        return {"edge_rewrites": VERSION, "rules": [asdict(rule) for rule in self.rules()]}

    def import_(self, data: object, *, own: bool = False) -> Imported:
        """Take rules that `export` gave, as they were where they are this home's own, else on trial.

        own: whether this home has written them (`importing.is_own`). What teaching would refuse is refused here, too.
        Raises InputError (`rewrite.not_exported`, `rewrite.too_many`).
        """
        with self._lock:
            done = importing.take(data, self._shelf, self._teach, own=own)
        self._keeping.flush()
        return done

    # In between

    def keep(self) -> None:
        """Write what has changed, and take in what another process has: microseconds where nothing has.

        To be called after every turn and every few seconds, on a thread that may wait for the disk: what is not written
        is lost when the power goes, and what somebody has paused or forgotten is served until then.
        """
        self._keeping.flush()
        self._keeping.heed()
        self._keeping.flush()  # what the disk had lost

    @property
    def unwritten(self) -> bool:
        """Whether the disk did not take something that was to be kept, so that it holds only until the end."""
        return self._keeping.unwritten

    def idle(self) -> None:
        """Nobody speaks: as `keep`, and a new cache file is made where anything has changed, a while after the last."""
        self.keep()
        self._keeping.warm()
        waits = SOON_S if self._keeping.missing else FOLD_S
        with self._lock:
            now = self._steady()
            due = self._shelf.deltas > 0 and now - self._folded_s >= waits
            if due:
                self._folded_s = now
        if due:
            self.fold()

    def fold(self) -> None:
        """Write the cache file anew, on one side, then in the place of the one before, which is the last good one."""
        self._keeping.fold(self._shelf.day())

    def asked(self) -> tuple[str, ...]:
        """What is heard where somebody asked that it be remembered, in order; made anew only where that has changed."""
        with self._lock:
            shelf = self._shelf
            if self._asked_at != shelf.asked_changed:
                self._asked_at = shelf.asked_changed
                self._asked = tuple(sorted(set(shelf.listed.asked.values())))
            return self._asked

    def global_layer(self, file: Cache | None) -> None:
        """Serve this global layer from the next request on, and let go of the one before; None: none.

        Of the one before, what was wrong here and is not said any more is not served any more either.
        """
        with self._lock:
            self._shelf.pool(file)

    def close(self) -> None:
        """Write what is not written yet. Nothing is served any more."""
        self._keeping.close()


def exported(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as JSON."""
    return [asdict(rule) for rule in rules]
