"""One way of saying for many: what words become before two sentences are compared by meaning.

People put one thing in many words ("pop the telly on", "switch the television on"), which share no letters. A table of
our own, `synonyms_<language>.yaml`, says which of them are one; here it is read and applied. Both sides of a comparison
pass through the same table, so that a poor entry makes two sentences unlike and not one of them wrong.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.core.text import words

Words = tuple[str, ...]

_GAP = "*"
_MAX_GAP = 8
"""Words that a `*` stands for, at most."""
_BARE_ON = "on"
_STEM_MIN = 5
"""Letters of a word whose plural is taken off."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is left of a sentence when all ways of saying are one."""

    words: frozenset[str]
    """Words that say something, placeholders aside."""
    deciding: frozenset[str]
    """Those of them that decide what is done, or whether."""
    held: Words
    """Placeholders, such as `{name}`, in alphabetical order."""
    asks: bool
    """Whether it is a question."""
    kinds: frozenset[str]
    """Kinds of things that it is about, beside what it names."""


class Synonyms:
    """The table of one language."""

    def __init__(self, table: Mapping[str, object]) -> None:
        things, same = _entries(table["things"]), _entries(table["same"])
        self._things = _by_first_word(things)
        self._same = _by_first_word([*things, *same])
        self._empty = _by_first_word((tuple(map(stem, words(one))), ()) for one in _listed(table["empty"]))
        self._deciding = frozenset(map(stem, _listed(table["decide"])))
        self._kinds = frozenset(_listed(table["kinds"]))
        self.faint = frozenset(_listed(table["faint"]))
        """Words that say next to nothing."""
        self._asking = frozenset(_listed(table["asks"]))

    def called(self, said: Words) -> Words:
        """A name, with one word for each thing that has several."""
        return _replaced(tuple(map(stem, said)), self._things)

    def meaning(self, said: Words) -> Meaning:
        """What the sentence says, however it is said; placeholders are words in braces."""
        plain = _replaced(tuple(map(stem, said)), self._same)
        asks = not self._asking.isdisjoint(plain[:1])
        # "Stop the music on the radio" switches nothing on; "turn on the radio" does, and "the radio on".
        plain = tuple(word for at, word in enumerate(plain) if word != _BARE_ON or not _is_place(plain, at))
        left = _replaced(plain, self._empty)
        held = tuple(sorted(word for word in left if word.startswith("{")))
        bag = frozenset(word for word in left if not word.startswith("{"))
        return Meaning(bag, bag & self._deciding, held, asks, bag & self._kinds)


def _is_place(plain: Words, at: int) -> bool:
    """Whether the `on` there says where: before a thing, and not with the verb that it belongs to."""
    after = next((word for word in plain[at + 1 :] if word not in ("the", "my", "our")), "")
    return after.startswith("{") and bool(at) and plain[at - 1] not in ("set", "light")


def stem(word: str) -> str:
    """The word without a plural's ending.

    >>> stem("shutters"), stem("batteries"), stem("glass"), stem("{name}")
    ('shutter', 'battery', 'glass', '{name}')
    """
    if len(word) < _STEM_MIN or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


@cache
def synonyms(language: str) -> Synonyms | None:
    """The table of a language; None where nobody has written one."""
    import yaml

    file = Path(__file__).with_name(f"synonyms_{language}.yaml")
    return Synonyms(yaml.safe_load(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _listed(text: object) -> list[str]:
    return [" ".join(one.split()) for one in str(text).split(",") if one.strip()]


def _entries(table: object) -> list[tuple[Words, Words]]:
    """(what is said, what it becomes), with `*` as a word."""
    assert isinstance(table, Mapping)
    assert all(isinstance(one, str) for one in table)  # YAML takes a bare `on` for a truth value
    return [
        (tuple(map(stem, way.split())), tuple(map(stem, one.split())))
        for one, ways in table.items()
        for way in _listed(ways)
    ]


_Table = dict[str, list[tuple[Words, Words]]]


def _by_first_word(entries: Iterable[tuple[Words, Words]]) -> _Table:
    found: _Table = {}
    for said, becomes in entries:
        found.setdefault(said[0], []).append((said, becomes))
    for ways in found.values():
        ways.sort(key=lambda entry: -len(entry[0]))
    return found


def _replaced(said: Sequence[str], table: _Table) -> Words:
    return tuple(_replace(tuple(said), table))


def _replace(said: Words, table: _Table) -> Iterator[str]:
    at = 0
    while at < len(said):
        for way, becomes in table.get(said[at], ()):
            found = _matched(said, at, way)
            if found is None:
                continue
            between, end = found
            yield from becomes
            yield from _replace(between, table)
            at = end
            break
        else:
            yield said[at]
            at += 1


def _matched(said: Words, at: int, way: Words) -> tuple[Words, int] | None:
    """What stands at the gap of the way of saying that begins there, and where it ends."""
    if _GAP not in way:
        return ((), at + len(way)) if said[at : at + len(way)] == way else None
    gap = way.index(_GAP)
    first, last = way[:gap], way[gap + 1 :]
    if said[at : at + gap] != first:
        return None
    for end in range(at + gap + 1, min(at + gap + _MAX_GAP, len(said)) + 1):
        if said[end : end + len(last)] == last:
            return said[at + gap : end], end + len(last)
    return None
