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

MOST = 3
"""Words that are misheard together; for as many, one more or one less."""

Words = tuple[str, ...]


@lru_cache(maxsize=20_000)
def alike(one: str, other: str) -> float:
    """How alike two words sound, 0 to 1: the mean of their letters' and their consonants' likeness.

    >>> round(alike("kitten", "kitchen"), 2), round(alike("banana", "light"), 2)
    (0.67, 0.0)
    """
    consonants = SequenceMatcher(None, sound(one), sound(other), autojunk=False).ratio()
    return (likeness(one, other) + consonants) / 2


def misheard(heard: Words, said: Words) -> frozenset[int]:
    """Places of `heard` where the word, or it and its neighbour, is what stands at that place of `said` or sounds so.

    Places are told by the longest common runs (Ratcliff and Metzener 1988, as in difflib). Where the texts differ by
    many words at once, or by many more on one side, the one is no mishearing of the other.

    >>> sorted(misheard(("the", "bad", "room", "light"), ("the", "bedroom", "light")))
    [0, 1, 2, 3]
    """
    found: set[int] = set()
    for tag, a, b, c, d in SequenceMatcher(None, heard, said, autojunk=False).get_opcodes():
        if tag == "equal":
            found.update(range(a, b))
        if tag != "replace" or max(b - a, d - c) > MOST or abs(b - a - d + c) > 1:
            continue
        wrong = list(_ones(heard, a, b))
        meant = [text for text, _ in _ones(said, c, d)]
        for text, places in wrong:
            if any(alike(text, other) >= ALIKE for other in meant):
                found.update(places)
    return frozenset(found)


def _ones(words: Words, begin: int, end: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The words there and each two of them as one, with their places; no marks, of which nobody knows the sound."""
    for at in range(begin, end):
        if words[at].startswith("<"):
            continue
        yield words[at], (at,)
        if at + 1 < end and not words[at + 1].startswith("<"):
            yield words[at] + words[at + 1], (at, at + 1)
