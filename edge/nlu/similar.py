"""What grammar and spelling missed: the nearest sentence by meaning, its slots refilled and checked against the home.

"Pop the telly on" shares its meaning with "turn on {name}" and hardly a letter. What was said is put without the home's
names and numbers, and compared with a sample of the sentences that the grammar knows, as one bag of words with another
in which words of one meaning are one word and words that look alike count by their likeness: the soft TF-IDF of Cohen,
Ravikumar and Fienberg 2003, "A comparison of string distance metrics for name-matching tasks". Only sentences that hold
the same placeholders, ask or order alike, are about the same kind of thing and have the same deciding words are
compared at all, so that nothing said is turned round by a near one, and few are left to look at.

What is found is a guess. It is taken where it is near, where no other meaning is about as near, and where no word of
weight was passed over; and never for what opens, unlocks, disarms or heats, or reaches into more than one room.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import log, sqrt
from typing import TYPE_CHECKING

from edge.core.home import HomeState
from edge.core.sound import is_number, likeness, sound
from edge.core.text import words
from edge.core.turn import Interpretation, Verb
from edge.nlu.nearest import MIN_WORD
from edge.nlu.paraphrase import HomeWords
from edge.nlu.resolve import resolve
from edge.nlu.similar_examples import COLOR, NUMBER, PLACES, Example, colors_of, examples_of
from edge.nlu.similar_words import Meaning, Synonyms, Words
from edge.nlu.verbs import BY_DOMAIN, VERBS

if TYPE_CHECKING:
    from hassil.intents import Intents

MIN_SIMILARITY = 0.8
"""What is less similar means something else."""
MARGIN = 0.1
"""How much more similar than any sentence of another meaning the nearest has to be."""
MAX_STRANGE = 0.2
"""Share of the weight of what was said that the sentence may lack."""
MAX_UNSAID = 0.4
"""Share of the weight of the sentence that may not have been said."""
PER_TEMPLATE = 8
"""Sentences taken of one template."""
MAX_WORDS = 16
"""Words; longer sentences say more than one thing."""
MAX_TRIES = 3
"""Sentences of the nearest meaning that are read: each costs as much as any other sentence."""

_PLACEHOLDER = 2.0
"""Weight of a placeholder: that of a word which a third of the sentences hold."""
_FAINT = 1.0
"""Weight of a word that says next to nothing."""
_MIN_LIKE = 0.75
"""Likeness of two words from which they count as one; see `edge.core.sound.likeness`."""
_ALSO = ""
"""Before a name whose words were replaced by others of the same meaning."""
_UNITS = (("percent",), ("degree",), ("degrees",))
_PRONOUNS = frozenset(("it", "that", "this", "those", "these", "them", "they", "one", "other", "same"))
_OPPOSITES = (
    *(("on", "off"), ("up", "down"), ("open", "close"), ("lock", "unlock"), ("start", "stop"), ("play", "pause")),
    *(("mute", "unmute"), ("next", "previous"), ("add", "remove"), ("arm", "disarm"), ("warm", "cool")),
)
_PLACES = frozenset(f"{{{place}}}" for place in PLACES)
_INTENTS = frozenset((*BY_DOMAIN, *VERBS, "HassGetState", "HassClimateGetTemperature", "HassGetWeather"))
_NEVER = frozenset(
    (Verb.OPEN, Verb.UNLOCK, Verb.DISARM, Verb.SET_TEMPERATURE, Verb.SET_POSITION, Verb.SET_TILT, Verb.SET_PRESET)
)
"""Not done by guess, whatever it is said to."""
_HEATS = frozenset(("climate", "water_heater", "valve", "alarm_control_panel", "siren", "lawn_mower"))
"""Not turned on by guess."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A sentence of the grammar that says about what was said."""

    texts: tuple[str, ...]
    """The sentence with the home's names in it, and others of the same meaning, nearest first."""
    intent: str
    named: bool
    """Whether it names a device."""
    similarity: float
    """0 to 1."""
    second: float | None
    """Similarity of the nearest sentence of another meaning."""


@dataclass(frozen=True, slots=True)
class _Bare:
    """What was said, with placeholders."""

    words: Words
    held: Mapping[str, Words]
    """Placeholder -> the words that it stands for."""


_Key = tuple[Words, frozenset[str], bool]


class Examples:
    """The sentences of a language to compare with, by what they hold and decide.

    Some 2,400 meanings, 7 MB; made in about a second, off any request's path (`Grammar.settle`).
    """

    def __init__(
        self,
        sets: Iterable["Intents"],
        synonyms: Synonyms,
        *,
        wanted: frozenset[str] = _INTENTS,
        per_template: int = PER_TEMPLATE,
    ) -> None:
        self.synonyms = synonyms
        self._colors: set[str] = set()
        self._called: tuple[HomeWords, Mapping[Words, tuple[str, Words]]] | None = None
        self._by_key: defaultdict[_Key, list[Example]] = defaultdict(list)
        self._wordings: dict[Example, list[Words]] = {}
        holding: defaultdict[str, int] = defaultdict(int)
        for intents in sets:
            self._colors.update(colors_of(intents))
            for one in examples_of(intents, synonyms, wanted, per_template):
                if len(set(one.meaning.held)) < len(one.meaning.held):
                    continue
                wordings = self._wordings.setdefault(one, [])
                if len(wordings) < MAX_TRIES:
                    wordings.append(one.text)
                if len(wordings) == 1 and wordings[0] is one.text:
                    self._by_key[_key(one.meaning)].append(one)
                    for word in one.meaning.words:
                        holding[word] += 1
        self.count = len(self._wordings)
        self._weights = {word: log((1 + self.count) / (1 + n)) + 1 for word, n in holding.items()}
        self._unknown = log(1 + self.count) + 1

    def nearest(self, said: Words, known: HomeWords, home: HomeState) -> Similar | None:
        """The sentence that says about the same, or None. `said`: words of the normal form, without courtesy."""
        bare = self._bare(said, known)
        if bare is None or not 1 < len(said) <= MAX_WORDS:
            return None
        meaning = self.synonyms.meaning(bare.words)
        # "It is too dark", "dim it" and "off again" go on from something, which the context knows and no sentence does.
        goes_on = not meaning.kinds or not meaning.words.isdisjoint(_PRONOUNS)
        if goes_on and _PLACES.isdisjoint(bare.held):
            return None
        # Without a word that decides, a question or a value there is nothing that the sentence asks for.
        if not (meaning.deciding or meaning.asks or {NUMBER, COLOR} & bare.held.keys()):
            return None
        return self._compared(meaning, bare, known, home)

    def sayable(self, said: Words, known: HomeWords, home: HomeState) -> Iterator[tuple[Example, str]]:
        """The sentences with the names that were said, but those that say the opposite.

        Not checked is whether they can be said in this home.
        """
        bare = self._bare(said, known) or _Bare(said, {})
        meaning = self.synonyms.meaning(bare.words)
        named = bare.held.get("{name}", ())
        domains = {entity.domain for entity in home.entities_named(" ".join(named))} if named else set()
        for one, wordings in self._wordings.items():
            if (
                all(placed in bare.held for placed in one.meaning.held)
                and (not one.domains or not domains.isdisjoint(one.domains))
                and not _opposite(meaning.words, one.meaning.words)
                and (not meaning.asks or one.meaning.asks)
            ):
                yield one, " ".join(_refilled(wordings[0], bare))

    def _compared(self, meaning: Meaning, bare: _Bare, known: HomeWords, home: HomeState) -> Similar | None:
        named = bare.held.get("{name}", ())
        domains = {entity.domain for entity in home.entities_named(" ".join(named))} if named else set()
        scored: list[tuple[float, int, Example]] = []
        for one in self._by_key.get(_key(meaning), ()):
            if not one.domains or not domains.isdisjoint(one.domains):
                similarity, strange, unsaid = self._similarity(meaning.words, one.meaning.words, len(bare.held))
                if strange <= MAX_STRANGE and unsaid <= MAX_UNSAID:
                    scored.append((-similarity, len(one.text), one))
        scored.sort(key=lambda entry: (entry[:2], entry[2].text))
        if not scored or -scored[0][0] < MIN_SIMILARITY:
            return None
        best = scored[0][2]
        second = next((-s for s, _, one in scored if (one.intent, one.fixed) != (best.intent, best.fixed)), None)
        if second is not None and -scored[0][0] - second < MARGIN:
            return None
        same = [one for _, _, one in scored if (one.intent, one.fixed) == (best.intent, best.fixed)]
        # "{area} light" may come to be the name of a light, which says something else.
        refilled = (_refilled(wording, bare) for one in same for wording in self._wordings[one])
        kept = (text for text in refilled if (again := self._bare(text, known, exact=True)) and again.held == bare.held)
        texts = tuple(" ".join(text) for text in islice(kept, MAX_TRIES))
        return Similar(texts, best.intent, bool(named), -scored[0][0], second)

    def _similarity(self, said: frozenset[str], other: frozenset[str], held: int) -> tuple[float, float, float]:
        """Cosine, both sides holding so many placeholders, and the shares of weight of what only one side says."""
        same = held * _PLACEHOLDER**2
        shared, strange, matched = same, 0.0, set(said & other)
        for word in said:
            weight = self._weight(word)
            if word in other:
                shared += weight * weight
                continue
            like, twin = max(((_alike(word, one), one) for one in other - said), default=(0.0, ""))
            if like >= _MIN_LIKE:
                shared += like * self._weight(twin) ** 2
                matched.add(twin)
            else:
                strange += weight
        unsaid = sum(map(self._weight, other - matched))
        norm = sqrt((same + self._square(said)) * (same + self._square(other)))
        return min(1.0, shared / norm), strange / (self._sum(said) or 1), unsaid / (self._sum(other) or 1)

    def _square(self, bag: frozenset[str]) -> float:
        return sum(self._weight(word) ** 2 for word in bag)

    def _sum(self, bag: frozenset[str]) -> float:
        return sum(map(self._weight, bag))

    def _weight(self, word: str) -> float:
        return _FAINT if word in self.synonyms.faint else self._weights.get(word, self._unknown)

    def _bare(self, said: Words, known: HomeWords, *, exact: bool = False) -> _Bare | None:
        """What was said, without what the home or the moment fills in; None where two of a kind are said."""
        if self._called is None or self._called[0] is not known:
            self._called = (known, _table(known, self.synonyms))
        table = self._called[1]
        longest = max(map(len, table), default=0)
        found: list[str] = []
        held: dict[str, Words] = {}
        at = 0
        while at < len(said):
            size, kind, stands = self._held(said[at:], table, longest, exact=exact)
            if not size:
                found.append(said[at])
                at += 1
                continue
            if kind in held:
                return None  # which is which no bag of words tells
            held[kind] = stands
            found.append(kind)
            at += size
        return _Bare(tuple(found), held)

    def _held(
        self, said: Words, table: Mapping[Words, tuple[str, Words]], longest: int, *, exact: bool
    ) -> tuple[int, str, Words]:
        for size in range(min(longest, len(said)), 0, -1):
            entry = table.get(said[:size])
            if entry is None and not exact:
                entry = table.get((_ALSO, *self.synonyms.called(said[:size])))
            if entry:
                return size, *entry
        size = next((n for n, word in enumerate(said) if not is_number(word)), len(said))
        if size and (said[:size] != ("one",) or said[1:2] in _UNITS):  # else "the other one"
            return size, NUMBER, said[:size]
        return (1, COLOR, said[:1]) if said[0] in self._colors else (0, "", ())


def harmless(found: Interpretation, home: HomeState) -> bool:
    """Whether it may be done by guess: it can be done in this home, in one room, and is nothing to be sorry for."""
    plan = resolve(found, home)
    touched = [home.entities[command.entity_id] for command in plan.commands]
    return (
        plan.refusal is None
        and len({entity.area for entity in touched}) <= 1
        and not any(command.verb in _NEVER for command in (*plan.commands, *plan.pending))
        and not any(
            command.verb is not Verb.TURN_OFF and entity.domain in _HEATS
            for command, entity in zip(plan.commands, touched, strict=True)
        )
    )


def _opposite(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one holds a word, and the other its opposite alone, or only one says not."""
    return ("not" in one) != ("not" in other) or any(
        (a in one) != (a in other) and (b in one) != (b in other) for a, b in _OPPOSITES
    )


def _key(meaning: Meaning) -> _Key:
    return meaning.held, meaning.deciding | meaning.kinds, meaning.asks


@lru_cache(4096)
def _alike(one: str, other: str) -> float:
    return likeness(one, other) if min(len(one), len(other)) >= MIN_WORD and sound(one) == sound(other) else 0.0


def _refilled(wording: Words, bare: _Bare) -> Words:
    return tuple(word for placed in wording for word in bare.held.get(placed, (placed,)))


def _table(known: HomeWords, synonyms: Synonyms) -> dict[Words, tuple[str, Words]]:
    """All that the home's things are called, and what else they may be called where that means one thing only."""
    found: dict[Words, tuple[str, Words]] = {}
    others: defaultdict[Words, set[tuple[str, Words]]] = defaultdict(set)
    # As in `HomeWords.mention`: a room before a floor before a device of the same name.
    for kind, names in (("{name}", known.names), ("{floor}", known.floors), ("{area}", known.areas)):
        for name, value in names.items():
            found[name] = (kind, name)
            others[_ALSO, *synonyms.called(name)].add((kind, tuple(words(value))))
    for also, entries in others.items():
        if len(entries) == 1:
            found[also] = next(iter(entries))
    return found
