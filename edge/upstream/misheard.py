"""Whether a word was heard in place of another that sounds like it. Pure.

What a recogniser mistakes sounds like what was said ("kitten" for "kitchen"); what a household made up does not ("the
banana" for a lamp). Only the first is of use to others, so only the first is told.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from edge.core.sound import likeness, sound

ALIKE = 0.4
"""Of `alike`: nine in ten of what recognisers mistake are above it, and of words by chance fewer than one in ten."""


@lru_cache(maxsize=20_000)
def alike(one: str, other: str) -> float:
    """How alike two words sound, 0 to 1: the mean of their letters' and their consonants' likeness.

    >>> round(alike("kitten", "kitchen"), 2), round(alike("banana", "light"), 2)
    (0.6, 0.0)
    """
    consonants = SequenceMatcher(None, sound(one), sound(other), autojunk=False).ratio()
    return (likeness(one, other) + consonants) / 2


def misheard(heard: tuple[str, ...], at: int, said: tuple[str, ...]) -> bool:
    """Whether the word at this place, alone or with one beside it, sounds like one or two words of `said`.

    Words that are in both texts were heard right, and are not compared.

    >>> misheard(("the", "bad", "room", "light"), 1, ("the", "bedroom", "light"))
    True
    """
    wrong, right = frozenset(said), frozenset(heard)
    if heard[at] in wrong:
        return True
    meant = [*_ones(said, right)]
    return any(alike(one, other) >= ALIKE for one in _around(heard, at, wrong) for other in meant)


def _around(heard: tuple[str, ...], at: int, both: frozenset[str]) -> Iterator[str]:
    """The word, and the word together with a neighbour that was heard wrong, too."""
    yield heard[at]
    if at > 0 and _may(heard[at - 1], both):
        yield heard[at - 1] + heard[at]
    if at + 1 < len(heard) and _may(heard[at + 1], both):
        yield heard[at] + heard[at + 1]


def _ones(said: tuple[str, ...], both: frozenset[str]) -> Iterator[str]:
    for at, word in enumerate(said):
        if _may(word, both):
            yield word
            if at + 1 < len(said) and _may(said[at + 1], both):
                yield word + said[at + 1]


def _may(word: str, both: frozenset[str]) -> bool:
    return word not in both and not word.startswith("<")
