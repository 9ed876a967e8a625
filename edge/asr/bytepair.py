"""Words to the tokens of a language model and back: byte pairs, as GPT-2 and Whisper join them.

Sennrich, Haddow & Birch 2016, "Neural machine translation of rare words with subword units", over bytes: a word begins
as its bytes, each a token, and the pair that was learned first is joined until none is left. Words are what
`edge.asr.spoken` writes (letters and apostrophes), so the general splitting of text is not needed.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

_PIECE = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\s']+| ?'+", re.IGNORECASE)
"""Endings such as 's are never joined with their word."""


class BytePairs:
    """The tokens of one model.

    path: its tokenizer.json. Raises OSError when it cannot be read, ValueError or KeyError when it is something else.
    """

    def __init__(self, path: Path) -> None:
        described = json.loads(path.read_text(encoding="utf-8"))
        model = described["model"]
        self._ids: dict[str, int] = model["vocab"]
        self.special: dict[str, int] = {token["content"]: token["id"] for token in described["added_tokens"]}
        """Tokens that stand for no text, such as <|endoftext|>."""
        pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
        self._ranks = {(first, second): rank for rank, (first, second) in enumerate(pairs)}
        self._texts = {number: token for token, number in self._ids.items() if token not in self.special}
        self._letters = _letters()
        self._bytes = {letter: byte for byte, letter in enumerate(self._letters)}
        self._piece = lru_cache(maxsize=4096)(self._join)

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; one that goes on with a word begins with a space."""
        return [number for piece in _PIECE.findall(text) for number in self._piece(piece)]

    def decode(self, numbers: Iterable[int]) -> str:
        """The text of the tokens, those left out that stand for none."""
        letters = "".join(self._texts.get(number, "") for number in numbers)
        known = (self._bytes[letter] for letter in letters if letter in self._bytes)
        return bytes(known).decode("utf-8", errors="replace")

    def holding(self, letters: str) -> list[int]:
        """The tokens whose text holds any of these ASCII letters."""
        return sorted(
            number
            for token, number in self._ids.items()
            if token not in self.special and any(letter in token for letter in letters)
        )

    def _join(self, piece: str) -> tuple[int, ...]:
        parts: Sequence[str] = [self._letters[byte] for byte in piece.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            joined: list[str] = []
            for part in parts:
                if joined and (joined[-1], part) == best:
                    joined[-1] += part
                else:
                    joined.append(part)
            parts = joined
        return tuple(self._ids[part] for part in parts)


def _letters() -> list[str]:
    """By byte: the letter that stands for it in the vocabulary, none of them white space."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]
