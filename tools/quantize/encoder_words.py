"""Which words a table of word vectors holds: those of homes first, then the most frequent, then pieces of others."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import edge

GENERAL = Path(edge.__file__).parent / "upstream" / "vocabulary_en.txt"
"""The published English vocabulary."""
NUMBER = "0"
"""The word that all numbers are, as `edge.nlu.static_encoder` says."""
PIECE = "##"
"""Before what goes on a word."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plain(word: str) -> str:
    """The word as it is looked up."""
    return NUMBER if word[0].isdigit() else word


def words_of_homes(sentences: Iterable[str]) -> list[str]:
    """All words of the sentences, sorted."""
    return sorted({plain(word) for text in sentences for word in text.split()} | {NUMBER})


def vocabulary(homes: Sequence[str], ranked: Sequence[str], *, words: int, pieces: int) -> list[str]:
    """Sorted by bytes: the words of homes; so many words, with them; so many pieces and all letters.

    ranked: BERT's vocabulary, which is in the order of frequency. The words of `GENERAL` come in that
    order, those that it does not hold last, by length.
    """
    rank = {word: at for at, word in enumerate(ranked)}
    text = GENERAL.read_text(encoding="utf-8")
    general = sorted({word for line in text.splitlines() for word in line.replace("'", "").split() if word.isalpha()})
    general.sort(key=lambda word: (rank.get(word, len(ranked)), len(word)))
    known = set(homes)
    chosen = [*homes, *(word for word in general if word not in known)][: max(words, len(homes))]
    parts = [word for word in ranked if word.startswith(PIECE) and word[2:].isalpha() and word.isascii()]
    letters = [*_LETTERS, *(PIECE + letter for letter in _LETTERS)]
    return sorted({*chosen, *parts[:pieces], *letters}, key=str.encode)
