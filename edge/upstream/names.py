"""What a household calls its rooms, devices and people, and what is told in place of that. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from edge.core.home import HomeState
from edge.core.text import normalize
from edge.upstream import kinds
from edge.upstream.vocabulary import AREA, DEVICE, DOMAINS, FLOOR, OTHER, PERSON

Words = tuple[str, ...]
_PEOPLE = frozenset(("person", "device_tracker"))
_BETWEEN = frozenset(("a", "and", "at", "by", "for", "in", "my", "of", "on", "the", "to"))


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one home."""

    told: Mapping[Words, Words]
    """The words of a name -> what is told in their place: a mark, or the words themselves where they are kinds."""
    private: frozenset[str]
    """Words of names that no published kind is called by. They are not told by themselves either, unless homes are
    spoken to with them everywhere: a name is often heard in part, or wrong but for one word."""
    longest: int
    """Words of the longest name."""

    @staticmethod
    def of(home: HomeState, *, people: Iterable[str] = (), taught: Iterable[str] = ()) -> "Names":
        """Those of a home.

        people: who lives there, as far as the hub knows: voices enrolled. taught: phrases and names that were taught.
        Where two are called the same, the people come first, then what was taught, rooms, floors and devices.
        """
        told: dict[Words, Words] = {}
        private: set[str] = set()
        for name, mark, public in _all(home, people, taught):
            said = _words(name)
            if not said:
                continue
            if mark == PERSON:
                for word in said:
                    if word not in _BETWEEN:
                        told.setdefault((word,), (PERSON,))
            told.setdefault(said, said if _is_public(said, public) else (mark,))
            private.update(word for word in said if word not in kinds.WORDS and not is_number(word))
        # "Anna's lamp" is about Anna, and the roses may be Rose's.
        private |= {word + "s" for word in private} | {word[:-1] for word in private if word.endswith("s")}
        return Names(told, frozenset(private), max(map(len, told), default=0))

    def at(self, said: Words, start: int) -> tuple[int, Words] | None:
        """How many words from there on are a name, the longest there is, and what is told in their place."""
        for count in range(min(self.longest, len(said) - start), 0, -1):
            found = self.told.get(said[start : start + count])
            if found is not None:
                return count, found
        return None


def _all(home: HomeState, people: Iterable[str], taught: Iterable[str]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each name with its mark, and what may be called so by everybody; nothing for what never stays."""
    never: frozenset[str] = frozenset()
    devices = home.entities.values()
    yield from ((name, PERSON, never) for name in people)
    yield from ((name, PERSON, never) for one in devices if one.domain in _PEOPLE for name in one.names)
    yield from ((name, OTHER, never) for name in taught)
    yield from ((name, AREA, kinds.ROOMS) for room in home.areas for name in (room.name, *room.aliases))
    yield from ((name, FLOOR, kinds.FLOORS) for floor in home.floors for name in (floor.name, *floor.aliases))
    for one in devices:
        if one.domain not in _PEOPLE:
            mark = f"<{one.domain}>" if one.domain in DOMAINS else DEVICE
            yield from ((name, mark, kinds.DEVICES) for name in one.names)


@lru_cache(maxsize=20_000)
def _words(name: str) -> Words:
    return tuple(normalize(name).split())


def _is_public(said: Words, public: frozenset[str]) -> bool:
    """Whether everybody may call it so. A room is called exactly as a kind is; a device by words of kinds."""
    if public is kinds.DEVICES:
        return all(word in kinds.WORDS or is_number(word) for word in said)
    return " ".join(said) in public


def is_number(word: str) -> bool:
    """Whether it is written in digits.

    >>> [is_number(word) for word in ("21.5", "7", "seven", "7am")]
    [True, True, False, False]
    """
    return word.replace(".", "", 1).isdecimal()
