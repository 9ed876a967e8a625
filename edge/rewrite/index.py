"""Which of many texts may be near: an inverted index of how words sound and begin, the rarest first.

Of the keys of a text that is looked up, those that the fewest texts have are followed first, until `BUDGET` texts were
seen: what is spent does not grow with the size of the cache. Whoever shares the most of the rarest keys is compared.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from edge.core.sound import sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.uint32]

BUDGET = 3000
"""Places of the index that one look-up reads at most; a single key is always followed."""
LIMIT = 96
"""Texts that are compared at most."""
_MIN_BUCKETS, _MAX_BUCKETS = 1 << 10, 1 << 16


def keys(text: str) -> set[str]:
    """What a text in normal form is found by."""
    words = text.split()
    sounds = [sound(word) or word for word in words]
    found = {"s" + code for code in sounds}
    found.update("l" + word[:3] for word in words if len(word) > 3)
    return found


def buckets(texts: int) -> int:
    """How many there are for so many texts: a power of two."""
    return min(_MAX_BUCKETS, max(_MIN_BUCKETS, 1 << texts.bit_length()))


def build(texts: Iterable[str], count: int) -> "tuple[Ids, Ids]":
    """The index of texts 0, 1, ...: where each bucket begins, shape (buckets + 1,), and the texts in it, rising."""
    import numpy as np

    size = buckets(count)
    pairs: list[int] = []
    for number, text in enumerate(texts):
        pairs.extend(
            bucket << 32 | number for bucket in {crc32(key.encode("utf-8", "replace")) % size for key in keys(text)}
        )
    both = np.sort(np.array(pairs, np.uint64))
    counts = np.bincount((both >> np.uint64(32)).astype(np.int64), minlength=size)
    starts = np.zeros(size + 1, np.uint32)
    np.cumsum(counts, out=starts[1:])
    return starts, (both & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def candidates(text: str, starts: "Sequence[int] | Ids", places: "Ids", *, limit: int = LIMIT) -> "Ids":
    """Numbers of the texts that may be near, at most `limit`; those that share the most of the rarest keys."""
    import numpy as np

    size = len(starts) - 1
    lists = []
    for bucket in {crc32(key.encode("utf-8", "replace")) % size for key in keys(text)}:
        begin, end = int(starts[bucket]), int(starts[bucket + 1])
        if begin < end:
            lists.append((end - begin, begin))
    lists.sort()
    seen = 0
    parts: list[Ids] = []
    weights: list[int] = []
    for length, begin in lists:
        if parts and seen + length > BUDGET:
            break
        length = min(length, BUDGET)  # noqa: PLW2901 - of a key that most have, some
        seen += length
        parts.append(places[begin : begin + length])
        weights.append(length)
    if not parts:
        return np.zeros(0, np.uint32)
    found: Ids = np.concatenate(parts)
    # A key of n texts tells about log(1 / n) of which text it is.
    told = np.repeat(1 / (1 + np.log2(np.array(weights, np.float32))), weights)
    score = np.bincount(found, told)
    numbers: Ids = np.flatnonzero(score).astype(np.uint32)
    if len(numbers) > limit:
        numbers = numbers[np.argpartition(-score[numbers], limit)[:limit]]
    return numbers
