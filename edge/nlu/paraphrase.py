"""Equal ways of saying: what a sentence can lose, or say in another order, and still say the same.

Nothing is guessed here. Courtesy, hesitation and repeated words carry no meaning, and "the ceiling light in the
kitchen" is the kitchen's ceiling light whatever is done to it; so the grammar need not hold every sentence with each of
them. Which names a room's devices have without the room is the home's to say, and only where it says so once.
"""

from collections.abc import Iterable, Iterator, Sequence

from edge.core.home import HomeState
from edge.core.text import words

Words = tuple[str, ...]

_BEFORE = (
    *("please", "hey", "hi", "hello", "ok", "okay", "so", "well", "now", "just", "kindly", "alright", "right"),
    *("can you", "could you", "would you", "will you", "can we", "could we", "would you mind", "be so kind and"),
    *("i want you to", "i would like you to", "id like you to", "i need you to", "go ahead and", "be a dear and"),
)
_AFTER = (
    *("please", "thanks", "thank you", "thank you very much", "thanks a lot", "many thanks", "cheers", "will you"),
    *("right now", "now", "right away", "straight away", "immediately", "at once", "for me", "would you", "ok", "okay"),
)
_SOUNDS = frozenset(("uh", "um", "uhm", "er", "erm", "ah", "hm", "hmm", "mm"))
_ARTICLES = frozenset(("the", "my", "our"))
_NUMBERS = frozenset(
    words(
        """
        one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
        """
    )
)
_IN = frozenset(("in", "of", "at", "on", "from"))
_MAX_NAME = 6
"""Words of a device's name that are looked at."""


def tidy(said: Sequence[str]) -> Words:
    """The words without courtesy, hesitation and stutter.

    >>> " ".join(tidy("hey could you um turn off the the light please thanks".split()))
    'turn off the light'
    """
    kept: list[str] = []
    for word in said:
        if word not in _SOUNDS and kept[-1:] != [word]:
            # "Two hundred and twenty" is one number, and the "and" in it joins nothing.
            if kept[-1:] == ["and"] and kept[-2:-1] == ["hundred"] and word in _NUMBERS:
                kept.pop()
            kept.append(word)
    return without_courtesy(tuple(kept))


def without_courtesy(said: Words) -> Words:
    """The words without courtesy alone: what is taught may stutter, as "night night" does."""
    while shorter := _shorter(said):
        said = shorter
    return said


def _shorter(said: Words) -> Words:
    for phrase in _PREFIXES:
        if said[: len(phrase)] == phrase and len(said) > len(phrase):
            return said[len(phrase) :]
    for phrase in _SUFFIXES:
        if said[-len(phrase) :] == phrase and len(said) > len(phrase):
            return said[: -len(phrase)]
    return ()


def _longest_first(phrases: Iterable[str]) -> tuple[Words, ...]:
    return tuple(sorted((tuple(phrase.split()) for phrase in phrases), key=len, reverse=True))


_PREFIXES, _SUFFIXES = _longest_first(_BEFORE), _longest_first(_AFTER)


class HomeWords:
    """What the things of one home are called, by words, and what a room's devices are called within it."""

    def __init__(self, home: HomeState) -> None:
        self.areas = {tuple(words(name)): area.name for area in home.areas for name in (area.name, *area.aliases)}
        self.floors = {tuple(words(name)): floor.name for floor in home.floors for name in (floor.name, *floor.aliases)}
        self.names = {
            tuple(words(name)): entity.names[0]
            for entity in home.entities.values()
            if not entity.is_setting
            for name in entity.names
        }
        self._within = _within(home)
        rooms = {area.id: area.name for area in home.areas}
        self._inside: dict[str, set[Words]] = {}
        for entity in home.entities.values():
            if entity.area in rooms and not entity.is_setting:
                inside = self._inside.setdefault(rooms[entity.area], set())
                inside.update(tuple(words(name)) for name in entity.names)
        self.all_words = frozenset(word for name in (*self.areas, *self.floors, *self.names) for word in name)
        """Every word of a name, room or floor."""
        self._longest = max(map(len, (*self.areas, *self.floors, *self.names)), default=0)

    def mention(self, said: Words) -> tuple[str, str] | None:
        """What the words name and nothing else: area, floor or name, and how the home calls it."""
        bare = said[1:] if said[:1] and said[0] in _ARTICLES else said
        for kind, known in (("area", self.areas), ("floor", self.floors), ("name", self.names)):
            if bare and bare in known:
                return kind, known[bare]
        return None

    def kind(self, said: Words) -> str:
        """area, floor or name, as `mention`; nothing for what is none."""
        return (self.mention(said) or ("", ""))[0]

    def ending(self, said: Words) -> int:
        """How many words at the end name one thing, the most; 0 for none."""
        return next((n for n in range(min(self._longest, len(said)), 0, -1) if self._known(said[-n:])), 0)

    def beginning(self, said: Words) -> int:
        """How many words at the beginning name one thing, the most, without an article; 0 for none."""
        return next((n for n in range(min(self._longest, len(said)), 0, -1) if self._known(said[:n])), 0)

    def places(self, said: Words) -> frozenset[int]:
        """Places of all words that belong to a name, a room or a floor."""
        found: set[int] = set()
        at = 0
        while at < len(said):
            size = self.beginning(said[at:])
            found.update(range(at, at + size))
            at += size or 1
        return frozenset(found)

    def place(self, said: Words) -> int:
        """How many words at the beginning say in which room, as "in the hall" does; 0 for none."""
        skip = next((n for n in (2, 1) if len(said) > n and said[0] in _IN and (n == 1 or said[1] in _ARTICLES)), 0)
        sizes = range(min(self._longest, len(said) - skip), 0, -1) if skip else ()
        return next((skip + n for n in sizes if said[skip : skip + n] in self.areas), 0)

    def _known(self, said: Words) -> bool:
        return said in self.names or said in self.areas or said in self.floors

    def rooms(self, said: Words) -> Iterator[tuple[int, int]]:
        """Where rooms are named: begin and end, longest names first at each place."""
        at = 0
        while at < len(said):
            size = next(
                (n for n in range(min(self._longest, len(said) - at), 0, -1) if said[at : at + n] in self.areas), 0
            )
            if size:
                yield at, at + size
            at += size or 1

    def named(self, said: Words) -> Words:
        """The words with "N in the A" and "A N" replaced by the name of the one device of that room called so."""
        for began, ended in self.rooms(said):
            within = self._within.get(self.areas[said[began:ended]], {})
            # "... N in the A": the name ends before the preposition.
            end = began - 1 if began and said[began - 1] in _ARTICLES else began
            if end and said[end - 1] in _IN:
                for size in range(min(_MAX_NAME, end - 1), 0, -1):
                    if name := within.get(said[end - 1 - size : end - 1]):
                        return said[: end - 1 - size] + name + said[ended:]
            # "A N", where the device bears another of the room's names.
            for size in range(min(_MAX_NAME, len(said) - ended), 0, -1):
                name = within.get(said[ended : ended + size])
                if name and name != said[began : ended + size]:
                    return said[:began] + name + said[ended + size :]
        return self._turned(said)

    def _turned(self, said: Words) -> Words:
        """Possessions by their names: "the battery of the front door" is what the home calls the front door battery."""
        for at, word in enumerate(said):
            if word != "of" or not at:
                continue
            owner = at + 2 if said[at + 1 : at + 2] and said[at + 1] in _ARTICLES else at + 1
            for size in range(min(_MAX_NAME, len(said) - owner), 0, -1):
                name = said[owner : owner + size] + said[at - 1 : at]
                if name in self.names:
                    return said[: at - 1] + name + said[owner + size :]
        return said

    def here(self, said: Words, area: str) -> Words:
        """The words with each name that only this room's devices bear, and without the room, made whole.

        "The ceiling light" is the one of the room; a name that is a device's own stays what it is.
        """
        within = self._within.get(area, {})
        found: Words = ()
        at = 0
        while at < len(said):
            own = self.beginning(said[at:])
            sizes = range(min(_MAX_NAME, len(said) - at), own, -1)
            size = next((n for n in sizes if said[at : at + n] in within), 0)
            found += within[said[at : at + size]] if size else said[at : at + (own or 1)]
            at += size or own or 1
        return found

    def placed(self, said: Words) -> Iterator[tuple[Words, str, Words]]:
        """The words without a room in which a device of just that name is, with the room, and the name."""
        for began, ended in self.rooms(said):
            area = self.areas[said[began:ended]]
            inside = self._inside.get(area) or set()
            end = began - 1 if began and said[began - 1] in _ARTICLES else began
            if end and said[end - 1] in _IN:
                for size in range(min(_MAX_NAME, end - 1), 0, -1):
                    if (name := said[end - 1 - size : end - 1]) in inside:
                        yield said[: end - 1] + said[ended:], area, name
            for size in range(min(_MAX_NAME, len(said) - ended), 0, -1):
                if (name := said[ended : ended + size]) in inside:
                    yield said[:began] + said[ended:], area, name


def _within(home: HomeState) -> dict[str, dict[Words, Words]]:
    """Room -> what a device's name is without the room -> the whole name; only where one device is called so."""
    found: dict[str, dict[Words, Words]] = {}
    for area in home.areas:
        rooms = [tuple(words(name)) for name in (area.name, *area.aliases)]
        short: dict[Words, set[tuple[str, Words]]] = {}
        for entity in home.entities.values():
            if entity.area != area.id or entity.is_setting:
                continue
            for name in entity.names:
                whole = tuple(words(name))
                for room in rooms:
                    if whole[: len(room)] == room and len(whole) > len(room):
                        short.setdefault(whole[len(room) :], set()).add((entity.entity_id, whole))
        # Several ids of one name are one thing to people: its lamp and its energy meter. `resolve` tells them apart.
        found[area.name] = {
            rest: min(names)[1] for rest, names in short.items() if len({whole for _, whole in names}) == 1
        }
    return found
