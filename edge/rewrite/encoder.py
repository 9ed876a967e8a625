"""Words and sounds as one sparse quantized vector: no model is needed at run time.

What a text is made of (how its words sound, which sound follows which, and runs of three letters) is hashed
into `DIMS` places (Weinberger et al. 2009, "Feature hashing for large scale multitask learning", without the sign: so
few of so many places are taken that they hardly meet). A text takes some 50 places; only those are kept, each in 16
bits, 12 for the place and 4 for its weight, with a scale for each row. Cosines are of the dense vectors.

What was tried; share of defects mended, by leave-out on the history of `tools.bench.rewrite` where the vectors are
dense (with plainer features), and of the queries, with wins to losses, where they are sparse:

    dense, 256 places, float      1024 B a text   0.28
    dense, 1024 places, float     4096 B          0.31        the noise of hashing costs more than that of rounding
    sparse, 4096 places, float     270 B          0.374, 18
    sparse, 4096 places, 8 bits    135 B          0.374, 18
    sparse, 4096 places, 4 bits     90 B          0.376, 20   what is kept
    sparse, 4096 places, 1 bit      90 B          0.371, 28   no smaller, so nothing is won by it
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

from edge.core.sound import sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.uint16]
    Floats = NDArray[np.float32]

DIMS = 4096
VERSION = "sparse-1"
"""To be changed with anything that makes other vectors."""
BITS = (32, 8, 4, 1)
MAX_PLACES = 512
"""Of one text; a longer one is told by its beginning."""

_WHOLE, _PART = 1.0, 0.5


class Encoder:
    """Text in normal form -> sparse vector."""

    dims = DIMS

    @property
    def hash(self) -> str:
        """What identifies it: vectors of another one mean something else. 16 hexadecimal digits."""
        return blake2b(f"{VERSION}/{DIMS}/{MAX_PLACES}".encode(), digest_size=8).hexdigest()

    def parts(self, text: str) -> dict[int, float]:
        """Place -> weight, of unit length; empty for no text."""
        parts: dict[int, float] = {}
        words = text.split()
        for word in words:
            for place, weight in _word(word):
                parts[place] = parts.get(place, 0.0) + weight
        for one, other in pairwise(["^", *words, "$"] if words else ()):
            place = _pair(one, other)
            parts[place] = parts.get(place, 0.0) + _PART
        if len(parts) > MAX_PLACES:
            parts = dict(list(parts.items())[:MAX_PLACES])
        length = sum(weight * weight for weight in parts.values()) ** 0.5
        return {place: weight / length for place, weight in parts.items()}

    def vector(self, text: str) -> "Floats":
        """The vector, dense, of unit length, shape (DIMS,)."""
        import numpy as np

        parts = self.parts(text)
        dense: Floats = np.zeros(DIMS, np.float32)
        dense[list(parts)] = list(parts.values())
        return dense

    def encode(self, text: str, bits: int = 4) -> "Places":
        """The vector as it is stored: place in the low 12 bits, weight in the high 4; shape (places,)."""
        return Rows.of([self.parts(text)], bits).places


@lru_cache(maxsize=8192)
def _word(word: str) -> tuple[tuple[int, float], ...]:
    heard = sound(word) or word
    spelt = f"^{word}$"
    parts = [("s" + heard, _WHOLE)]
    parts += [("l" + spelt[at : at + 3], _PART) for at in range(len(spelt) - 2)]
    return tuple((crc32(part.encode("utf-8", "replace")) % DIMS, weight) for part, weight in parts)


@lru_cache(maxsize=8192)
def _pair(one: str, other: str) -> int:
    return crc32(f"b{sound(one) or one} {sound(other) or other}".encode("utf-8", "replace")) % DIMS


class Rows:
    """Sparse vectors, one after the other. bits: of a weight, 32 (float), 8, 4 or 1."""

    def __init__(
        self, bits: int, starts: "NDArray[np.uint32]", places: "Places", weights: "NDArray[np.generic]"
    ) -> None:
        self.bits = bits
        self.starts = starts
        """Where each row begins, and the end: shape (rows + 1,)."""
        self.places = places
        """Shape (all places of all rows,); of 4 bits, the weight is in the high ones."""
        self.weights = weights
        """Of 32 and 8 bits, one for each place; else empty."""

    @classmethod
    def of(cls, rows: Sequence[dict[int, float]], bits: int) -> "Rows":
        """These rows, quantized, each with its own scale: the largest weight is the largest number."""
        import numpy as np

        starts = np.zeros(len(rows) + 1, np.uint32)
        np.cumsum([len(row) for row in rows], out=starts[1:])
        places = np.array([place for row in rows for place in sorted(row)], np.uint16)
        values = np.array([row[place] for row in rows for place in sorted(row)], np.float32)
        tops = np.repeat([max(row.values(), default=1.0) for row in rows], np.diff(starts)).astype(np.float32)
        weights: NDArray[np.generic] = np.zeros(0, np.uint8)
        if bits == 32:
            weights = values
        elif bits == 8:
            weights = np.rint(values / tops * 255).astype(np.uint8)
        elif bits == 4:
            places |= np.maximum(1, np.rint(values / tops * 15)).astype(np.uint16) << np.uint16(12)
        return cls(bits, starts, places, weights)

    def cosine(self, numbers: "NDArray[np.uint32]", vector: "Floats") -> "Floats":
        """How like the rows of these numbers are to a dense vector of unit length; shape (numbers,)."""
        import numpy as np

        begins = self.starts[numbers].astype(np.int64)
        counts = self.starts[numbers + 1].astype(np.int64) - begins
        ends = np.cumsum(counts)
        at = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begins - ends + counts, counts)
        places = self.places[at]
        if self.bits == 4:
            weights = (places >> np.uint16(12)).astype(np.float32)
            places &= np.uint16(DIMS - 1)
        elif self.bits == 1:
            weights = np.ones(len(places), np.float32)
        else:
            weights = self.weights[at].astype(np.float32)
        owner = np.repeat(np.arange(len(numbers)), counts)
        product = np.bincount(owner, vector[places] * weights, minlength=len(numbers))
        square = np.bincount(owner, weights * weights, minlength=len(numbers))
        like: Floats = (product / np.sqrt(np.maximum(square, 1e-12))).astype(np.float32)
        return like
