"""The packed cache: one file that never changes, memory-mapped, checked whole before it is used.

    header    magic, format, bits, dims, encoder, size, section table; its own checksum last
    sections  texts · hashes of the keys · phrases · rules · vectors · index · labels, and where each one's begins

A key is a text that something is known of. Keys are the first texts, in the order of their hashes, so that one
binary search finds a text and with it its phrases, its rules, its vector and its place in the index. All numbers are
little-endian. Each section has its own CRC-32; a file that is damaged, of another format or of another encoder is
refused with a code before anything of it is used. A new file is written to one side, flushed, and renamed.
"""

import mmap
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from edge.rewrite import index
from edge.rewrite.encoder import BITS, DIMS, Encoder, Rows
from edge.rewrite.entry import Phrase, Rule
from edge.rewrite.ledger import rule_id
from edge.rewrite.packing import (
    FORMAT,
    HEAD,
    HEADER,
    LABEL,
    MAGIC,
    NO_TEXT,
    PHRASE,
    RULE,
    SECTION,
    SECTIONS,
    SOURCES,
    STATES,
    CacheError,
    key_hash,
    place_type,
    turns,
)
from edge.rewrite.packing import packed as packed  # noqa: PLC0414 - the format's one door
from edge.rewrite.packing import write as write  # noqa: PLC0414

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 256 << 20
"""A larger file is refused unread."""


class Cache:
    """A packed cache, open; texts that are handed in are in normal form."""

    def __init__(self, data: "mmap.mmap | bytes", encoder: Encoder) -> None:
        """Raises CacheError for whatever is wrong with the bytes."""
        import numpy as np

        self._data = data
        self._encoder = encoder
        self._view = memoryview(data)
        try:
            self.bits, spans = _checked(self._view, encoder)
            self._texts = spans["texts"]
            self._text_at = _starts(spans["text_sizes"], "<u2")
            self._keys = np.frombuffer(spans["keys"], "<u4")
            self._phrases, self._rules, self._labels = spans["phrases"], spans["rules"], spans["labels"]
            self._phrase_at = _starts(spans["phrase_counts"], "<u2")
            self._rule_at = _starts(spans["rule_counts"], "<u2")
            self._vectors = Rows(
                self.bits,
                _starts(spans["vector_sizes"], "<u2"),
                np.frombuffer(spans["places"], "<u2"),
                np.frombuffer(spans["weights"], {32: "<f4"}.get(self.bits, "u1")),
            )
            self._bucket_at = _starts(spans["bucket_sizes"], "<u4")
            self._index = np.frombuffer(spans["index"], place_type(len(self._keys)))
            self._check_sense()
        except CacheError:
            raise
        except (ValueError, IndexError, struct.error) as error:
            raise _corrupt("its sections do not fit together") from error
        self._sums: dict[str, tuple[float, float]] | None = None
        self._by_id: dict[str, tuple[int, int]] | None = None
        self._named: dict[int, str] = {}  # labels are few, and asked for all the time

    @classmethod
    def open(cls, path: Path, encoder: Encoder | None = None) -> "Cache":
        """The cache at this path, checked.

        Raises CacheError: `cache.missing`, `cache.corrupt`, `cache.version`, `cache.encoder`.
        """
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not HEADER <= size <= MAX_BYTES:
                    raise _corrupt("it has not the size of one")
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise CacheError(
                "cache.missing", f"there is no rewrite cache at {path}; it is written when the hub is idle"
            ) from error
        except (OSError, ValueError) as error:
            raise CacheError(
                "cache.corrupt", f"the rewrite cache {path} cannot be read; delete it, it is made anew"
            ) from error
        return cls(data, encoder or Encoder())

    def close(self) -> None:
        """Nothing more is read; what was given out stays good."""
        for name in ("_text_at", "_keys", "_phrase_at", "_rule_at", "_vectors", "_bucket_at", "_index"):
            setattr(self, name, None)
        for name in ("_texts", "_phrases", "_rules", "_labels", "_view"):
            getattr(self, name).release()
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    def __len__(self) -> int:
        """Phrases and rules."""
        return len(self._phrases) // PHRASE.size + len(self._rules) // RULE.size

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    def exact(self, text: str) -> tuple[tuple[Phrase, ...], tuple[Rule, ...]]:
        """Phrases and rules of exactly this text."""
        key = self._find(text)
        if key < 0:
            return (), ()
        return self._of(key)

    def near(self, text: str, k: int = 16, *, least: float = 0.0) -> list[tuple[Phrase | Rule, float]]:
        """What is known of the k texts that are most like this one, with their likeness, the likest first.

        least: of likeness, a cosine.
        """
        import numpy as np

        ids = index.candidates(text, self._bucket_at, self._index)
        if not len(ids):
            return []
        cosine = self._vectors.cosine(ids, self._encoder.vector(text))
        if len(ids) > k:
            some = np.argpartition(-cosine, k)[:k]
            ids, cosine = ids[some], cosine[some]
        order = np.argsort(-cosine, kind="stable")
        order = order[: int(np.count_nonzero(cosine >= least))]
        found: list[tuple[Phrase | Rule, float]] = []
        for key, value in zip(ids[order].tolist(), cosine[order].tolist(), strict=True):
            phrases, rules = self._of(key)
            found.extend([(entry, value) for entry in phrases])
            found.extend([(entry, value) for entry in rules])
        return found

    def phrases(self) -> Iterator[Phrase]:
        """All phrases."""
        for key in range(len(self._keys)):
            yield from self._of(key)[0]

    def rules(self) -> Iterator[Rule]:
        """All rules."""
        for key in range(len(self._keys)):
            yield from self._of(key)[1]

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, or None."""
        if self._by_id is None:
            self._by_id = dict(self._ids())
        found = self._by_id.get(rule_id)
        return None if found is None else self._rule(*found)

    def _ids(self) -> "Iterator[tuple[str, tuple[int, int]]]":
        """Ids, each with where its rule is: those that are needed of it alone are read."""
        rows = RULE.iter_unpack(self._rules)
        keys = ((key, self._text(key)) for key in range(len(self._keys)) for _ in range(self._rules_of(key)))
        for number, ((own, means, _, situation, *_), (key, heard)) in enumerate(zip(rows, keys, strict=True)):
            made = rule_id(heard, self._text(means), self._label(situation)) if own == NO_TEXT else self._text(own)
            yield made, (number, key)

    def _rules_of(self, key: int) -> int:
        return int(self._rule_at[key + 1] - self._rule_at[key])

    def label(self, label: str) -> tuple[float, float]:
        """Wins and losses of all phrases that were read as this."""
        if self._sums is None:
            self._sums = {
                self._text(text): (turns(wins), turns(losses)) for text, wins, losses in LABEL.iter_unpack(self._labels)
            }
        return self._sums.get(label, (0.0, 0.0))

    def _find(self, text: str) -> int:
        wanted = key_hash(text)
        # Of the array's own type: any other would make numpy copy the array.
        key = int(self._keys.searchsorted(self._keys.dtype.type(wanted)))
        while key < len(self._keys) and int(self._keys[key]) == wanted:
            if self._text(key) == text:
                return key
            key += 1
        return -1

    def _of(self, key: int) -> tuple[tuple[Phrase, ...], tuple[Rule, ...]]:
        phrases = range(int(self._phrase_at[key]), int(self._phrase_at[key + 1]))
        rules = range(int(self._rule_at[key]), int(self._rule_at[key + 1]))
        return tuple(self._phrase(number, key) for number in phrases), tuple(
            self._rule(number, key) for number in rules
        )

    def _phrase(self, number: int, key: int) -> Phrase:
        label, wins, losses, day = PHRASE.unpack_from(self._phrases, number * PHRASE.size)
        return Phrase(self._text(key), self._label(label), turns(wins), turns(losses), day)

    def _rule(self, number: int, key: int) -> Rule:
        own, means, label, situation, *row = RULE.unpack_from(self._rules, number * RULE.size)
        wins, losses, confidence, _, served, made, last, source, state, _ = row
        heard, meant, where = self._text(key), self._text(means), self._label(situation)
        return Rule(
            rule_id(heard, meant, where) if own == NO_TEXT else self._text(own),
            heard, meant, SOURCES[source], self._label(label), turns(wins), turns(losses), served, turns(confidence),
            where, made, last, STATES[state],
        )  # fmt: skip

    def _text(self, number: int) -> str:
        return str(self._texts[self._text_at[number] : self._text_at[number + 1]], "utf-8", "replace")

    def _label(self, number: int) -> str:
        label = self._named.get(number)
        if label is None:
            label = self._named[number] = self._text(number)
        return label

    def _check_sense(self) -> None:
        """A section may be whole and yet say what cannot be; nothing may point outside of the file."""
        import numpy as np

        keys, texts = len(self._keys), len(self._text_at) - 1
        phrases = np.frombuffer(self._phrases, "<u4").reshape(-1, PHRASE.size // 4)
        places, weights = self._vectors.places, self._vectors.weights
        rules = np.frombuffer(self._rules, "<u4").reshape(-1, RULE.size // 4)
        labels = np.frombuffer(self._labels, "<u4").reshape(-1, LABEL.size // 4)
        kinds = np.frombuffer(self._rules, np.uint8).reshape(-1, RULE.size)[:, -4:-2]
        right = (
            keys <= texts
            and _spanning(self._text_at, texts, len(self._texts))
            and _spanning(self._phrase_at, keys, len(phrases))
            and _spanning(self._rule_at, keys, len(rules))
            and _spanning(self._bucket_at, index.buckets(keys), len(self._index))
            and bool(np.all(self._keys[1:] >= self._keys[:-1]))
            and _below(self._index, keys)
            and _spanning(self._vectors.starts, keys, len(places))
            and len(weights) == (len(places) if self.bits in (8, 32) else 0)
            and (self.bits == 4 or _below(places, DIMS))
            and bool(np.isfinite(weights).all())
            and _below(phrases[:, :1], texts)
            and _below(rules[:, 1:4], texts)
            and _below(rules[:, 0][rules[:, 0] != NO_TEXT], texts)
            and _below(labels[:, :1], texts)
            and _below(kinds[:, 0], len(SOURCES))
            and _below(kinds[:, 1], len(STATES))
        )
        if not right:
            raise _corrupt("its sections do not fit together")


def _checked(data: memoryview, encoder: Encoder) -> tuple[int, dict[str, memoryview]]:
    if len(data) < HEADER or data[: len(MAGIC)] != MAGIC:
        raise _corrupt("it is not one")
    _, version, bits, count, dims, _, made_by, size = HEAD.unpack_from(data)
    if version != FORMAT or sys.byteorder != "little":
        raise CacheError(
            "cache.version",
            f"the rewrite cache has format {version}, this hub reads {FORMAT}; delete it, it is made anew",
        )
    if struct.unpack_from("<I", data, HEADER - 4)[0] != crc32(data[: HEADER - 4]):
        raise _corrupt("its header is damaged")
    if made_by != encoder.hash.encode() or dims != encoder.dims:
        raise CacheError("cache.encoder", "the rewrite cache was made by another encoder; delete it, it is made anew")
    if size != len(data) or count != len(SECTIONS) or bits not in BITS:
        raise _corrupt("it is cut off, or longer than it was")
    spans = {}
    for number, name in enumerate(SECTIONS):
        begin, length, checksum = SECTION.unpack_from(data, HEAD.size + number * SECTION.size)
        if begin < HEADER or begin + length > len(data) or crc32(data[begin : begin + length]) != checksum:
            raise _corrupt(f"its section {name} is damaged")
        spans[name] = data[begin : begin + length]
    return bits, spans


def _spanning(starts: "NDArray[Any]", count: int, end: int) -> bool:
    return len(starts) == count + 1 and int(starts[-1]) == end


def _below(numbers: "NDArray[Any]", end: int) -> bool:
    return not numbers.size or int(numbers.max()) < end


def _corrupt(reason: str) -> CacheError:
    return CacheError("cache.corrupt", f"the rewrite cache is damaged: {reason}; delete it, it is made anew")


def _starts(sizes: memoryview, kind: str) -> "NDArray[Any]":
    """Where each of so many things begins, and the end; of sizes that may be hostile."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.frombuffer(sizes, kind), dtype=np.int64)])
