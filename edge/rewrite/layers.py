"""Two layers read as one: what this household has shown, over what all homes have in common.

Personal first. Where both know the same phrase or rule, the global evidence counts as a prior of at most `PRIOR` turns,
the less the more the household has said itself; where the personal layer is silent, it stands alone, with as little.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from edge.core.text import normalize
from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase, Rule
from edge.rewrite.ledger import Ledger

PERSONAL, GLOBAL = "personal", "global"
PRIOR = 2.0
"""Turns that the evidence of all other homes counts as, at most."""

_MEMORY_BUDGET = 4000
"""Places of texts in memory that one look-up reads at most: about a millisecond."""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase or rule, how like its text is to the one looked up, and the layer that says so."""

    entry: Phrase | Rule
    similarity: float
    layer: str

    @property
    def text(self) -> str:
        """What was said, or heard."""
        return self.entry.text if isinstance(self.entry, Phrase) else self.entry.heard


class Layers:
    """One reading of both layers."""

    def __init__(
        self,
        personal: Ledger,
        personal_file: Cache | None = None,
        global_file: Cache | None = None,
        *,
        encoder: Encoder | None = None,
    ) -> None:
        self.personal = personal
        self.personal_file = personal_file
        self.global_file = global_file
        if personal.beneath is None:
            personal.beneath = personal_file
        elif personal_file is None and isinstance(personal.beneath, Cache):
            self.personal_file = personal.beneath
        self._encoder = encoder or Encoder()
        self._memory = _Memory(self._encoder)

    @property
    def empty(self) -> bool:
        """Whether nothing is known at all, so that nothing need be looked up."""
        return not (len(self.personal) or self.personal_file or self.global_file)

    def exact(self, text: str) -> tuple[Found, ...]:
        """All that is known of exactly this text; personal first."""
        text = _normal(text)
        mine: dict[_Name, Found] = {}
        for entry in self.personal.known(text):
            mine[_name(entry)] = Found(entry, 1.0, PERSONAL)
        if self.global_file is None:
            return tuple(mine.values())
        phrases, rules = self.global_file.exact(text)
        above: list[Phrase | Rule] = [*phrases, *rules]
        return _merged(mine, (Found(each, 1.0, GLOBAL) for each in above))

    def near(self, text: str, k: int = 16, *, least: float = 0.0) -> tuple[Found, ...]:
        """What is known of the k texts of each layer that are most like this one, the likest first."""
        if self.empty:
            return ()
        text = _normal(text)
        mine: dict[_Name, Found] = {}
        for known, value in self._memory.near(self.personal, text, k):
            if value < least:
                break
            for entry in self.personal.known(known):
                mine[_name(entry)] = Found(entry, value, PERSONAL)
        if self.personal_file is not None:
            for filed, value in self.personal_file.near(text, k, least=least):
                if not self._stale(filed):
                    mine.setdefault(_name(filed), Found(filed, value, PERSONAL))
        found: Iterable[Found] = mine.values()
        if self.global_file is not None:
            above = self.global_file.near(text, k, least=least)
            found = _merged(mine, (Found(each, value, GLOBAL) for each, value in above))
        return tuple(sorted(found, key=lambda each: -each.similarity))

    def label(self, label: str) -> tuple[float, float]:
        """Wins and losses of all that was read as this."""
        wins, losses = self.personal.label(label)
        if self.global_file is not None:
            above = self.global_file.label(label)
            wins, losses = wins + above[0], losses + above[1]
        return wins, losses

    def _stale(self, entry: Phrase | Rule) -> bool:
        if isinstance(entry, Phrase):
            return self.personal.holds_phrase(entry.text)
        return self.personal.dropped(entry.id)


_normal = lru_cache(maxsize=64)(normalize)
"""One request is looked up several times."""

_Name = str | tuple[str, str]


class _Memory:
    """The vectors of the texts that a ledger holds in memory, made as they come."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._parts: list[dict[int, float]] = []
        self._by_place: dict[int, list[int]] = {}
        self._of = (0, 0)

    def near(self, ledger: Ledger, text: str, k: int) -> list[tuple[str, float]]:
        if not ledger.texts:
            return []
        if self._of != (id(ledger), ledger.generation):
            self._of = (id(ledger), ledger.generation)
            self._parts, self._by_place = [], {}
        parts = self._encoder.parts(text)
        for number in range(len(self._parts), len(ledger.texts)):
            made = self._encoder.parts(ledger.texts[number])
            self._parts.append(made)
            for place in made:
                self._by_place.setdefault(place, []).append(number)
        like: dict[int, float] = {}
        spent = 0
        for place in sorted(parts, key=lambda place: len(self._by_place.get(place, ()))):
            numbers = self._by_place.get(place, ())
            spent += len(numbers)
            if spent > _MEMORY_BUDGET:
                break  # the rarest come first: what is left out tells little
            weight = parts[place]
            for number in numbers:
                like[number] = like.get(number, 0.0) + weight * self._parts[number][place]
        best = heapq.nlargest(k, like, key=like.__getitem__)
        # What was left out is made up for among the best.
        exact = [(ledger.texts[at], sum(w * self._parts[at].get(p, 0.0) for p, w in parts.items())) for at in best]
        return sorted(exact, key=lambda each: -each[1])


def _name(entry: Phrase | Rule) -> _Name:
    return (entry.text, entry.label) if isinstance(entry, Phrase) else entry.id


def _merged(mine: dict[_Name, Found], above: Iterable[Found]) -> tuple[Found, ...]:
    said: dict[str, float] = {}
    for found in mine.values():
        said[found.text] = said.get(found.text, 0.0) + found.entry.wins + found.entry.losses
    merged = dict(mine)
    for found in above:
        total = found.entry.wins + found.entry.losses
        share = min(1.0, PRIOR / total) / (1.0 + said.get(found.text, 0.0)) if total else 0.0
        wins, losses = found.entry.wins * share, found.entry.losses * share
        own = mine.get(_name(found.entry))
        if own is not None:
            wins, losses = wins + own.entry.wins, losses + own.entry.losses
            merged[_name(found.entry)] = replace(own, entry=replace(own.entry, wins=wins, losses=losses))
        else:
            merged[_name(found.entry)] = replace(found, entry=replace(found.entry, wins=wins, losses=losses))
    return tuple(merged.values())
