"""The rewrites of one home, for whoever has to do with them: the line, feedback, teaching, commands and benchmarks."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from edge.core.codec import from_json
from edge.core.errors import InputError
from edge.core.home import Entity
from edge.core.turn import Rewrite, Turn
from edge.rewrite import guard
from edge.rewrite.cache import Cache
from edge.rewrite.choosing import Choosing, Trial
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import DELTAS, Folding, RuleStore
from edge.rewrite.judging import Judging
from edge.rewrite.layers import Layers
from edge.rewrite.shelf import Shelf
from edge.rewrite.teaching import RefusedError, Reserved, checked, may_be

VERSION = 1
"""Of what is exported."""
MAX_TAUGHT = 2_000
"""Rules that somebody asked for; more are a mistake."""
RESTS = 15
"""Times of rest, of a minute each, after which few changes make a new file, too."""


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


class Imported(NamedTuple):
    """What became of rules that were handed in."""

    taken: int
    refused: tuple[str, ...]
    """Codes, one for each that was refused."""


class Rewrites:
    """Safe to use from several threads.

    layers: what is known. store, file: the tables and the cache file behind it; without them all is in memory. day:
    days since the Unix epoch. reserved: why a text must never be a rewrite. dangerous: whether a device needs a yes, as
    far as its kind and its names tell. warn: told a code and a sentence of files that cannot be used.
    """

    def __init__(
        self,
        layers: Layers,
        *,
        rng: random.Random,
        day: Callable[[], int],
        store: RuleStore | None = None,
        file: Path | None = None,
        reserved: Reserved = lambda _: "",
        dangerous: Callable[[Entity], bool] = lambda _: False,
        warn: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        folding = Folding(store, file, warn)
        self._shelf = Shelf(layers, folding, rng=rng, day=day, reserved=reserved, dangerous=dangerous)
        self._lock = self._shelf.lock
        self._choosing = Choosing(self._shelf)
        self._judging = Judging(self._shelf, self._choosing.labels)
        self._taught: list[str] = []
        """Ids of what was taught, the latest last."""
        self._rested = 0

    # The line

    def knows(self) -> bool:
        """Whether anything was learnt at all: nobody looks further where nothing was."""
        with self._lock:
            return bool(self._shelf) and not self._shelf.paused

    def choose(self, turn: Turn, *, label: str, content: float, trial: Trial) -> Rewrite | None:
        """What is to be understood in place of what was heard; None where it is to be left alone.

        label: what is made of it as it was heard (`edge.rewrite.labels.label_of`), empty where nothing is. content: 0
        where it is not understood or refused, 0.5 for a guess or a question which, 1 where it is plainly understood.
        trial: tells how a text would be understood here; it is asked little, and only where something learnt is near.
        """
        with self._lock:
            return self._choosing.choose(turn, label=label, content=content, trial=trial)

    def closed(self, turn: Turn) -> None:
        """What a closed turn teaches: its verdict, or the answer that it gives to whether a rewrite is meant."""
        with self._lock:
            self._judging.closed(turn)

    def offers(self, turn: Turn) -> tuple[str, str] | None:
        """A phrase and what it seems to mean, where it failed again and again and this turn has put it right.

        Once for each pair: whoever says no is not asked again.
        """
        with self._lock:
            return self._judging.offers(turn)

    # People

    def teach(
        self, heard: str, means: str, *, source: Source = Source.TAUGHT, label: str = "", situation: str = ""
    ) -> Rule:
        """Remember that by `heard` the household means `means`, from the very next request on.

        What was learnt of the phrase before is withdrawn, and what was taught of it is replaced. situation: where it
        holds alone, as of `Rule`. Raises RefusedError, as of `teaching.checked`, and `rewrite.full`.
        """
        with self._lock:
            rule = self._teach(heard, means, source, label, situation)
            self._taught.append(rule.id)
            self._shelf.flush()
            return rule

    def _teach(self, heard: str, means: str, source: Source, label: str, situation: str) -> Rule:
        shelf = self._shelf

        def told_of(text: str) -> list[Rule]:
            rules = (rule for _, rule in shelf.of(text)[1])
            return [rule for rule in rules if rule.source in guard.ASKED_FOR and rule.situation in ("", situation)]

        key, meaning = checked(heard, means, shelf.reserved, told_of)
        if sum(rule.source in guard.ASKED_FOR for rule in shelf.rules()) >= MAX_TAUGHT:
            raise RefusedError("rewrite.full")
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
            if rule_id is None:
                number = len(self._shelf.rules())
                self._shelf.empty()
                self._taught.clear()
                return number
            one = self._shelf.named(rule_id)
            if one is None:
                return 0
            self._shelf.forget(one)
            self._shelf.flush()
            return 1

    def forget_last(self) -> Rule | None:
        """Take back what was taught last, else what was learnt last. The rule, or None where there is none."""
        with self._lock:
            alive = {rule.id: rule for rule in self._shelf.rules()}
            last = next((alive[one] for one in reversed(self._taught) if one in alive), None)
            last = last or max(alive.values(), key=lambda one: (one.made_day, one.last_day), default=None)
            if last is not None:
                self._taught = [one for one in self._taught if one != last.id]
                self.forget(last.id)
            return last

    def pause(self, rule_id: str | None = None, *, on: bool = True) -> int:
        """Serve a rule no more, or again; with None none of them. How many rules that is about."""
        with self._lock:
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
            self._shelf.flush()
            return 1

    @property
    def paused(self) -> bool:
        """Whether none is served."""
        return self._shelf.paused

    def export(self) -> dict[str, Any]:
        """All rules, for `import_` and for JSON."""
        return {"edge_rewrites": VERSION, "rules": [asdict(rule) for rule in self.rules()]}

    def import_(self, data: object) -> Imported:
        """Take rules that `export` gave. What teaching would refuse is refused here, too.

        Raises InputError (`rewrite.not_exported`) for anything else.
        """
        rows = data.get("rules") if isinstance(data, dict) and data.get("edge_rewrites") == VERSION else None
        if not isinstance(rows, list):
            raise InputError("rewrite.not_exported", "that is no file that edge rewrites export has written")
        taken, refused = 0, []
        with self._lock:
            for row in rows:
                try:
                    self._import(row)
                    taken += 1
                except RefusedError as error:
                    refused.append(error.code)
            self._shelf.flush()
        return Imported(taken, tuple(refused))

    def _import(self, row: object) -> None:
        try:
            rule = from_json(Rule, row)
        except InputError as error:
            raise RefusedError("rewrite.invalid") from error
        if not guard.plausible(rule):
            raise RefusedError("rewrite.invalid")
        if rule.source in guard.ASKED_FOR:
            made = self._teach(rule.heard, rule.means, rule.source, rule.label, rule.situation)
        else:
            shelf = self._shelf
            if not may_be(rule.heard, rule.means, shelf.reserved):
                checked(rule.heard, rule.means, shelf.reserved, lambda _: ())  # tells why
                raise RefusedError("rewrite.invalid")
            checked(rule.heard, rule.means, shelf.reserved, lambda text: [one for _, one in shelf.of(text)[1]])
            of_it = shelf.instead(
                *(rule.heard, rule.means, rule.label),
                source=rule.source,
                weight=1.0,
                confidence=rule.confidence,
                situation=rule.situation,
            )
            if of_it is None:
                raise RefusedError("rewrite.nothing")
            made = of_it
        self._shelf.put(replace(rule, id=made.id, heard=made.heard, means=made.means))

    # In between

    def keep(self) -> None:
        """Write what has changed, and take in what another process has: microseconds where nothing has.

        To be called after every turn and every few seconds, on a thread that may wait for the disk: what is not written
        is lost when the power goes, and what somebody has paused or forgotten is served until then.
        """
        with self._lock:
            self._shelf.flush()
            self._shelf.heed()

    def idle(self) -> None:
        """Nobody speaks: as `keep`, and a new cache file is made where enough has changed, or something a while ago."""
        self.keep()
        with self._lock:
            self._rested += 1
            deltas = self._shelf.deltas
            due = deltas >= DELTAS or (deltas > 0 and self._rested >= RESTS)
            if due:
                self._rested = 0
        if due:
            self.fold()

    def fold(self) -> None:
        """Write the cache file anew, on one side, then in the place of the one before, which is the last good one."""
        self._shelf.fold()

    def global_layer(self, file: Cache | None) -> None:
        """Serve this global layer from the next request on, and let go of the one before; None: none.

        Of the one before, what was wrong here and is not said any more is not served any more either.
        """
        with self._lock:
            self._shelf.pool(file)

    def close(self) -> None:
        """Write what is not written yet. Nothing is served any more."""
        with self._lock:
            self._shelf.close()


def exported(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Rules as JSON."""
    return [asdict(rule) for rule in rules]
