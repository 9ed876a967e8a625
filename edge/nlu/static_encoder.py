"""Sentences as vectors by a table of word vectors: no network runs, a sentence is a sum of rows.

`tools.quantize` distils the table from a sentence encoder (its module `encoder` says how). One file, memory-mapped,
little-endian; each part begins at a multiple of 64 bytes:

    header      magic, format, dims, bits, rows, bytes of the vocabulary, SHA-256 of all but itself
    vocabulary  the words, in the order of their bytes, a line feed between; pieces of words begin with "##"
    scales      float16, one a row; none where a weight has 32 bits
    rows        dims weights each: float32 · int8 · 4 bits, two a byte, low half first, n for n - 7.5 · 1 bit, the
                lowest of a byte first, 1 for +1 and 0 for -1

A word that is not in the vocabulary is the pieces that it falls into, the longest first; all numbers are one word.
"""

import mmap
import struct
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MAGIC = b"edgewrds"
FORMAT = 1
HEADER = struct.Struct("<8sIIIII32s")
_DIGEST = 32
"""Bytes of the checksum, the header's last."""
ALIGNED = 64
BITS = (32, 8, 4, 1)
MAX_BYTES = 32 << 20
"""A larger file is refused unread."""
MAX_DIMS = 1024
MAX_WORDS = 64
"""Of a sentence; a longer one is told by its beginning."""
PIECE = "##"
"""Before what goes on a word."""
NUMBER = "0"
"""The word that all numbers are."""
_MAX_PIECES, _MAX_LETTERS = 16, 32
"""Of one word, and of one piece."""
_KEPT = 1024
"""Words whose vectors are kept ready; homes are spoken to with fewer."""


class StaticEncoder:
    """Text in normal form -> vector of unit length. Not for several threads at once."""

    def __init__(self, data: "mmap.mmap | bytes", name: str = "the word vectors") -> None:
        """Raises InputError (`encoder.file`) for whatever is wrong with the bytes."""
        import numpy as np

        self.dims, self.bits, vocabulary, scales, rows = _parts(memoryview(data), name)
        self._index = {word: at for at, word in enumerate(vocabulary)}
        kind = {32: "<f4", 8: "i1"}.get(self.bits, "u1")
        self._rows = np.frombuffer(rows, kind).reshape(len(vocabulary), -1)
        self._scales = np.frombuffer(scales, "<f2")
        self._bytes = _bytes(self.bits)
        self._slots: dict[str, int] = {}
        self._ready = np.zeros((_KEPT, self.dims), np.float32)
        """The words that were last said, each the sum of its rows, so that few bits cost no time; some 0.8 MB."""

    @classmethod
    def open(cls, path: Path) -> "StaticEncoder":
        """The encoder in a file. Raises InputError (`encoder.file`) for one that cannot be used."""
        try:
            with path.open("rb") as file:
                size = file.seek(0, 2)
                if not HEADER.size <= size <= MAX_BYTES:
                    raise _wrong(path.name, f"its size is {size} bytes")
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise _wrong(path.name, error.strerror or "it cannot be read") from error
        return cls(data, path.name)

    def __len__(self) -> int:
        """Words and pieces known."""
        return len(self._index)

    def vector(self, text: str) -> "Floats":
        """The vector, shape (dims,); zeros where no word of the text is known."""
        import numpy as np

        said = text.split(maxsplit=MAX_WORDS)[:MAX_WORDS]
        try:
            at = [self._slots[word] for word in said]
        except KeyError:
            at = self._slots_for(said)
        found: Floats = self._ready.take(at, axis=0).sum(axis=0) if at else np.zeros(self.dims, np.float32)
        length = float(found @ found) ** 0.5
        if length:
            found /= np.float32(length)
        return found

    def vectors(self, texts: Sequence[str]) -> "Floats":
        """A vector of each, shape (texts, dims)."""
        import numpy as np

        return np.array([self.vector(text) for text in texts], np.float32).reshape(len(texts), self.dims)

    def _slots_for(self, said: list[str]) -> list[int]:
        if len(self._slots) + len(said) > _KEPT:
            self._slots.clear()
        for word in said:
            if word not in self._slots:
                self._ready[len(self._slots)] = self._sum(word)
                self._slots[word] = len(self._slots)
        return [self._slots[word] for word in said]

    def _sum(self, word: str) -> "Floats":
        """The rows of a word, opened and added; zeros where nothing of it is known."""
        import numpy as np

        at = self._places(word)
        if not at:
            return np.zeros(self.dims, np.float32)
        rows = self._rows[at]
        opened: Floats = rows.astype("float32")
        if self._bytes is not None:
            opened = self._bytes[rows].reshape(len(at), -1)[:, : self.dims]
        if self.bits < 32:
            opened = opened * self._scales[at].astype("float32")[:, None]
        total: Floats = opened.sum(axis=0)
        return total

    def _places(self, word: str) -> list[int]:
        """Rows of a word: its own, else those of the pieces that it falls into."""
        word = NUMBER if word[0].isdigit() else word
        found: list[int] = []
        begin = 0
        while begin < len(word) and len(found) < _MAX_PIECES:
            before = PIECE if begin else ""
            ends = range(min(len(word), begin + _MAX_LETTERS), begin, -1)
            end = next((end for end in ends if before + word[begin:end] in self._index), 0)
            if end:
                found.append(self._index[before + word[begin:end]])
            begin = end or begin + 1  # a letter that nothing begins with says nothing
        return found


def _bytes(bits: int) -> "Floats | None":
    """The weights in each byte, shape (256, weights a byte); None where a weight is a byte or more."""
    import numpy as np

    if bits >= 8:
        return None
    every = np.arange(256, dtype=np.uint8)[:, None]
    if bits == 4:
        opened: Floats = np.concatenate([every & 15, every >> 4], axis=1).astype(np.float32) - np.float32(7.5)
        return opened
    return np.where(np.unpackbits(every, axis=1, bitorder="little"), np.float32(1), np.float32(-1))


def padded(size: int) -> int:
    """The next multiple of `ALIGNED`."""
    return -(-size // ALIGNED) * ALIGNED


def row_bytes(dims: int, bits: int) -> int:
    """Of one row."""
    return -(-dims * bits // 8)


def _parts(view: memoryview, name: str) -> tuple[int, int, list[str], memoryview, memoryview]:
    """dims, bits, vocabulary, scales and rows; raises InputError for what does not fit together."""
    if len(view) < HEADER.size:
        raise _wrong(name, "it is cut short")
    magic, version, dims, bits, rows, size, digest = HEADER.unpack(view[: HEADER.size])
    if magic != MAGIC or version != FORMAT:
        raise _wrong(name, "it is no table of word vectors of this version")
    if not (0 < dims <= MAX_DIMS and bits in BITS and rows):
        raise _wrong(name, "its header makes no sense")
    scales_at = padded(HEADER.size) + padded(size)
    rows_at = scales_at + padded(2 * rows if bits < 32 else 0)
    end = rows_at + rows * row_bytes(dims, bits)
    if len(view) != end:
        raise _wrong(name, f"it has {len(view)} bytes where its header says {end}")
    found = sha256(view[: HEADER.size - _DIGEST])
    found.update(view[HEADER.size :])
    if found.digest() != digest:
        raise _wrong(name, "its checksum does not fit")
    at = padded(HEADER.size)
    try:
        vocabulary = bytes(view[at : at + size]).decode().split("\n")
    except UnicodeDecodeError as error:
        raise _wrong(name, "its vocabulary is no text") from error
    if len(vocabulary) != rows or sorted(set(vocabulary), key=str.encode) != vocabulary:
        raise _wrong(name, "its vocabulary is not in order")
    return dims, bits, vocabulary, view[scales_at : scales_at + (2 * rows if bits < 32 else 0)], view[rows_at:]


def _wrong(name: str, what: str) -> InputError:
    return InputError("encoder.file", f"{name} cannot be used: {what}; install edge again, or make it with make models")
