"""Words and sounds as one small vector: no model is needed at run time.

What a text is made of (its words, pairs of words, runs of letters, and how its words sound) is hashed into `DIMS`
places with a sign (Weinberger et al. 2009, "Feature hashing for large scale multitask learning"); the cosine of two
such vectors nears the cosine of the texts' own counts. The vector is kept with four bits a place and a scale a row;
`bits` may be 32, 8, 4 or 1.
"""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

from edge.core.sound import sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMS = 256
VERSION = "hashed-1"
"""To be changed with anything that makes other vectors."""

BITS = (32, 8, 4, 1)


class Encoder:
    """Text in normal form -> vector of unit length, shape (DIMS,)."""

    def __init__(self, dims: int = DIMS) -> None:
        self.dims = dims

    @property
    def hash(self) -> str:
        """What identifies it: vectors of another one mean something else. 16 hexadecimal digits."""
        return blake2b(f"{VERSION}/{self.dims}".encode(), digest_size=8).hexdigest()

    def vector(self, text: str) -> "NDArray[np.float32]":
        """The vector, float32, of unit length; zeros for no text."""
        import numpy as np

        made = [0.0] * self.dims
        dims = self.dims
        for feature, weight in features(text):
            hashed = crc32(feature.encode())
            made[hashed % dims] += weight if hashed & 0x80000000 else -weight
        vector = np.array(made, np.float32)
        length = float(np.sqrt(vector @ vector))
        return vector / np.float32(length) if length else vector

    def encode(self, text: str, bits: int = 4) -> "NDArray[np.uint8]":
        """The vector as it is stored, shape (row_bytes(bits),): its scale (float32) and its places."""
        row: NDArray[np.uint8] = pack(self.vector(text)[None, :], bits)[0]
        return row

    def row_bytes(self, bits: int) -> int:
        """Bytes of one stored vector."""
        return 4 + self.dims * bits // 8


def features(text: str) -> Iterator[tuple[str, float]]:
    """What a text in normal form is made of, with the weight of each."""
    words = text.split()
    sounds = [sound(word) or word for word in words]
    for word, heard in zip(words, sounds, strict=True):
        yield "w" + word, 1.0
        yield "s" + heard, 1.0
        framed = f"^{word}$"
        for at in range(len(framed) - 2):
            yield "l" + framed[at : at + 3], 0.5
        framed = f"^{heard}$"
        for at in range(len(framed) - 1):
            yield "p" + framed[at : at + 2], 0.5
    for one, other in pairwise(["^", *sounds, "$"]):
        yield f"b{one} {other}", 0.5


def pack(vectors: "NDArray[np.float32]", bits: int) -> "NDArray[np.uint8]":
    """Vectors, shape (n, dims), as they are stored: shape (n, 4 + dims * bits / 8), each row with its own scale."""
    import numpy as np

    body: NDArray[np.uint8]
    if bits == 32:
        scale = np.ones(len(vectors), np.float32)
        body = np.ascontiguousarray(vectors, "<f4").view(np.uint8)
    elif bits == 1:
        scale = np.full(len(vectors), 1 / np.sqrt(vectors.shape[1]), np.float32)
        body = np.packbits(vectors > 0, axis=1)
    else:
        top = (1 << (bits - 1)) - 1
        scale = np.abs(vectors).max(axis=1, initial=0) / top
        whole = np.rint(vectors / np.where(scale > 0, scale, 1)[:, None]).astype(np.int8)
        body = np.ascontiguousarray(whole).view(np.uint8) if bits == 8 else _nibbles(whole)
        # The scale also brings the row back to unit length, so that a dot product is a cosine.
        length = np.sqrt((whole.astype(np.float32) ** 2).sum(axis=1))
        scale = 1 / np.where(length > 0, length, 1)
    return np.concatenate([scale.astype("<f4")[:, None].view(np.uint8), body], axis=1)


def similar(rows: "NDArray[np.uint8]", vector: "NDArray[np.float32]", bits: int) -> "NDArray[np.float32]":
    """Cosine of stored rows, shape (n, 4 + ...), with a float vector of unit length; shape (n,)."""
    import numpy as np

    scale = np.ascontiguousarray(rows[:, :4]).view("<f4")[:, 0]
    body = rows[:, 4:]
    if bits == 32:
        cosine: NDArray[np.float32] = np.ascontiguousarray(body).view("<f4") @ vector
    elif bits == 8:
        cosine = (body.view(np.int8).astype(np.float32) @ vector) * scale
    elif bits == 4:
        # x = low + 16 high: two products with halves of the vector are one with the whole.
        high = (body >> 4).astype(np.float32) @ vector[1::2]
        low = (body & 15).astype(np.float32) @ vector[0::2]
        cosine = (high + low - np.float32(8) * vector.sum()) * scale
    else:
        signs = np.unpackbits(body, axis=1).astype(np.float32) @ vector
        # Of random signs, the cosine with the vector itself is 1.25 times too small (the mean of a half-normal).
        cosine = (2 * signs - vector.sum()) * scale * np.float32(1.2533)
    return cosine


def _nibbles(whole: "NDArray[np.int8]") -> "NDArray[np.uint8]":
    import numpy as np

    shifted = (whole + 8).astype(np.uint8)
    made: NDArray[np.uint8] = shifted[:, 0::2] | (shifted[:, 1::2] << np.uint8(4))
    return made
