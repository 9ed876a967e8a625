"""BERT's uncased tokens: words, cut into the longest pieces of its vocabulary (Wu et al. 2016, "Google's NMT", 4.1)."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from edge.core.errors import InputError

MAX_TOKENS = 128
PIECE = "##"


class WordPiece:
    """Texts to ids of tokens."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = vocabulary
        self._ids = {word: number for number, word in enumerate(vocabulary)}
        self._begin, self._end, self._unknown = (self._ids[mark] for mark in ("[CLS]", "[SEP]", "[UNK]"))

    @classmethod
    def read(cls, path: Path) -> "WordPiece":
        """The vocabulary in a file, one token a line. Raises InputError (`quantize.source`)."""
        try:
            return cls(path.read_text(encoding="utf-8").removesuffix("\n").split("\n"))
        except (OSError, UnicodeDecodeError, KeyError) as error:
            raise InputError("quantize.source", f"{path}: no vocabulary of BERT: {error}") from error

    def ids(self, text: str) -> list[int]:
        """With the marks of beginning and end, `MAX_TOKENS` at most. A single piece ("##ing") is that token."""
        if text.startswith(PIECE) and text in self._ids:
            return [self._begin, self._ids[text], self._end]
        parts = unicodedata.normalize("NFD", text.lower())
        plain = "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
        apart = "".join(sign if sign.isalnum() or sign.isspace() else f" {sign} " for sign in plain)
        inner = [number for word in apart.split() for number in self._pieces(word)]
        return [self._begin, *inner[: MAX_TOKENS - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        found: list[int] = []
        begin = 0
        while begin < len(word):
            before = PIECE if begin else ""
            end = next((end for end in range(len(word), begin, -1) if before + word[begin:end] in self._ids), 0)
            if not end:
                return [self._unknown]
            found.append(self._ids[before + word[begin:end]])
            begin = end
        return found
