"""The packed cache: one file that never changes, memory-mapped, checked whole before it is used.

    header    magic, format, bits, dims, encoder, size, section table; its own checksum last
    sections  texts · hashes of the keys · phrases · rules · vectors · index · labels, and where each one's begins

A key is a text that something is known of. Keys are the first texts, in the order of their hashes, so that one
binary search finds a text and with it its phrases, its rules, its vector and its place in the index. All numbers are
little-endian. Each section has its own CRC-32; a file that is damaged, of another format or of another encoder is
refused with a code before anything of it is used. A new file is written to one side, flushed, and renamed.
"""

import contextlib
import heapq
import mmap
import os
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from edge.core.errors import EdgeError
from edge.core.text import MAX_CHARS
from edge.rewrite import index
from edge.rewrite.encoder import BITS, DIMS, Encoder, Rows
from edge.rewrite.entry import Phrase, Rule, Source, State

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"EDGERWC\n"
FORMAT = 1
MAX_ENTRIES = 100_000
"""Phrases and rules; of more, those with the most evidence are written."""
MAX_OF_ONE = 64
"""Phrases, and rules, of one text."""
MAX_BYTES = 256 << 20
"""A larger file is refused unread."""
DEFAULT_BITS = 4

_HEAD = struct.Struct("<8sHBBHH16sQ")  # magic, format, bits, sections, dims, spare, encoder, size
_SECTION = struct.Struct("<QQI")
_SECTIONS = (
    "texts", "text_sizes", "keys", "phrases", "phrase_counts", "rules", "rule_counts", "vector_sizes", "places",
    "weights", "bucket_sizes", "index", "labels",
)  # fmt: skip
_HEADER = _HEAD.size + _SECTION.size * len(_SECTIONS) + 4
_PHRASE = struct.Struct("<IeeI")  # label, wins, losses, last_day; its text is the key that it belongs to
_RULE = struct.Struct("<IIIIIffffIIIBBH")  # id heard means label situation, wins losses confidence spare, served days
_LABEL = struct.Struct("<Iff")
_Entry = TypeVar("_Entry", Phrase, Rule)
_SOURCES, _STATES = tuple(Source), tuple(State)


class CacheError(EdgeError):
    """Why a file cannot be used: `cache.missing`, `.corrupt`, `.version`, `.encoder`; or not be made: `cache.write`."""


def key_hash(text: str) -> int:
    """32 bits by which a text is found; which of the few of one hash it is, the text itself tells."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "little")


def write(
    path: Path,
    phrases: Iterable[Phrase],
    rules: Iterable[Rule],
    encoder: Encoder,
    *,
    bits: int = DEFAULT_BITS,
    limit: int = MAX_ENTRIES,
) -> int:
    """Write all of them as one file in place of what is there; bytes written.

    bits: of each place of a vector: 32 (float), 8, 4 or 1. The file is there whole or not at all, whatever happens.
    Raises CacheError `cache.write` when it cannot be written.
    """
    data = packed(phrases, rules, encoder, bits=bits, limit=limit)
    aside = path.with_name(f".{path.name}.new")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):  # the disk may refuse this, too; the next write begins over it
            aside.unlink(missing_ok=True)
        raise CacheError(
            "cache.write",
            f"the rewrite cache {path} cannot be written ({error.strerror}); make room or mend the folder",
        ) from error
    return len(data)


def packed(
    phrases: Iterable[Phrase],
    rules: Iterable[Rule],
    encoder: Encoder,
    *,
    bits: int = DEFAULT_BITS,
    limit: int = MAX_ENTRIES,
) -> bytes:
    """The file's bytes."""
    import numpy as np

    kept_rules = _best(limit, (r for r in rules if _fits(r.id, r.heard, r.means) and _fits_label(r.label, r.situation)))
    kept_phrases = _best(limit - len(kept_rules), (p for p in phrases if _fits(p.text) and _fits_label(p.label)))
    heard = {p.text for p in kept_phrases} | {r.heard for r in kept_rules}
    keys = sorted(heard, key=lambda text: (key_hash(text), text))
    texts = {text: number for number, text in enumerate(keys)}

    def number(text: str) -> int:
        return texts.setdefault(text, len(texts))

    kept_phrases.sort(key=lambda p: (texts[p.text], p.label))
    kept_rules.sort(key=lambda r: (texts[r.heard], r.id))
    phrase_rows = b"".join(
        _PHRASE.pack(number(p.label), _turns(p.wins), _turns(p.losses), _day(p.last_day)) for p in kept_phrases
    )
    rule_rows = b"".join(_rule_row(r, number) for r in kept_rules)
    sums: dict[str, list[float]] = {}
    for p in kept_phrases:
        told = sums.setdefault(p.label, [0.0, 0.0])
        told[0] += _turns(p.wins)
        told[1] += _turns(p.losses)
    labels = b"".join(_LABEL.pack(number(label), *told) for label, told in sorted(sums.items()))
    blobs = [text.encode("utf-8", "replace") for text in texts]
    vectors = Rows.of([encoder.parts(text) for text in keys], bits)
    starts, places = index.build(keys, len(keys))
    sections = {
        "texts": b"".join(blobs),
        "text_sizes": np.array(list(map(len, blobs)), "<u2").tobytes(),
        "keys": np.array([key_hash(text) for text in keys], "<u4").tobytes(),
        "phrases": phrase_rows,
        "phrase_counts": _counts([texts[p.text] for p in kept_phrases], len(keys)),
        "rules": rule_rows,
        "rule_counts": _counts([texts[r.heard] for r in kept_rules], len(keys)),
        "vector_sizes": np.diff(vectors.starts).astype("<u2").tobytes(),
        "places": vectors.places.astype("<u2").tobytes(),
        "weights": vectors.weights.tobytes(),
        "bucket_sizes": np.diff(starts).astype("<u4").tobytes(),
        "index": places.astype(_place_type(len(keys))).tobytes(),
        "labels": labels,
    }
    table, body, offset = b"", bytearray(), _HEADER
    for name in _SECTIONS:
        section = sections[name]
        table += _SECTION.pack(offset, len(section), crc32(section))
        body += section + bytes(-len(section) % 8)
        offset = _HEADER + len(body)
    head = _HEAD.pack(MAGIC, FORMAT, bits, len(_SECTIONS), encoder.dims, 0, encoder.hash.encode(), _HEADER + len(body))
    head += table
    return head + struct.pack("<I", crc32(head)) + bytes(body)


def _best(count: int, entries: Iterable[_Entry]) -> list[_Entry]:
    of_one: Counter[str] = Counter()
    best = []
    for entry in heapq.nlargest(count, entries, key=_use):
        text = entry.text if isinstance(entry, Phrase) else entry.heard
        of_one[text] += 1
        if of_one[text] <= MAX_OF_ONE:
            best.append(entry)
    return best


def _fits(*texts: str) -> bool:
    return all(0 < len(text) <= MAX_CHARS for text in texts)


def _fits_label(*texts: str) -> bool:
    return all(len(text) <= MAX_CHARS for text in texts)


def _use(entry: Phrase | Rule) -> tuple[float, int]:
    return (_turns(entry.wins) + _turns(entry.losses), entry.last_day)


def _turns(value: float) -> float:
    return min(max(0.0, value), 60_000.0) if value == value else 0.0  # noqa: PLR0124 - only NaN is not itself


def _day(day: int) -> int:
    return min(max(0, day), 0xFFFFFFFF)


def _rule_row(rule: Rule, number: Any) -> bytes:
    texts = (number(rule.id), number(rule.heard), number(rule.means), number(rule.label), number(rule.situation))
    evidence = (_turns(rule.wins), _turns(rule.losses), _turns(rule.confidence), 0.0)
    times = (min(rule.served, 0xFFFFFFFF), _day(rule.made_day), _day(rule.last_day))
    return _RULE.pack(*texts, *evidence, *times, _SOURCES.index(rule.source), _STATES.index(rule.state), 0)


def _counts(owners: list[int], count: int) -> bytes:
    import numpy as np

    return np.bincount(np.array(owners, np.int64), minlength=count).astype("<u2").tobytes()


def _starts(sizes: memoryview, kind: str) -> "NDArray[Any]":
    """Where each of so many things begins, and the end; of sizes that may be hostile."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.frombuffer(sizes, kind), dtype=np.int64)])


def _place_type(count: int) -> str:
    return "<u2" if count <= 0x10000 else "<u4"


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
            self._index = np.frombuffer(spans["index"], _place_type(len(self._keys)))
            self._check_sense()
        except CacheError:
            raise
        except (ValueError, IndexError, struct.error) as error:
            raise _corrupt("its sections do not fit together") from error
        self._sums: dict[str, tuple[float, float]] | None = None
        self._by_id: dict[str, int] | None = None
        self._named: dict[int, str] = {}  # labels are few, and asked for all the time

    @classmethod
    def open(cls, path: Path, encoder: Encoder | None = None) -> "Cache":
        """The cache at this path, checked.

        Raises CacheError: `cache.missing`, `cache.corrupt`, `cache.version`, `cache.encoder`.
        """
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if not _HEADER <= size <= MAX_BYTES:
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
        return len(self._phrases) // _PHRASE.size + len(self._rules) // _RULE.size

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
        return map(self._rule, range(len(self._rules) // _RULE.size))

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, or None."""
        if self._by_id is None:
            self._by_id = {rule.id: number for number, rule in enumerate(self.rules())}
        number = self._by_id.get(rule_id)
        return None if number is None else self._rule(number)

    def label(self, label: str) -> tuple[float, float]:
        """Wins and losses of all phrases that were read as this."""
        if self._sums is None:
            self._sums = {
                self._text(text): (_turns(wins), _turns(losses))
                for text, wins, losses in _LABEL.iter_unpack(self._labels)
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
        return tuple(self._phrase(number, key) for number in phrases), tuple(map(self._rule, rules))

    def _phrase(self, number: int, key: int) -> Phrase:
        label, wins, losses, day = _PHRASE.unpack_from(self._phrases, number * _PHRASE.size)
        return Phrase(self._text(key), self._label(label), _turns(wins), _turns(losses), day)

    def _rule(self, number: int) -> Rule:
        row = _RULE.unpack_from(self._rules, number * _RULE.size)
        own, heard, means, label, situation = map(self._text, row[:5])
        wins, losses, confidence, _, served, made, last, source, state, _ = row[5:]
        return Rule(
            own, heard, means, _SOURCES[source], label, _turns(wins), _turns(losses), served, _turns(confidence),
            situation, made, last, _STATES[state],
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
        phrases = np.frombuffer(self._phrases, "<u4").reshape(-1, _PHRASE.size // 4)
        places, weights = self._vectors.places, self._vectors.weights
        rules = np.frombuffer(self._rules, "<u4").reshape(-1, _RULE.size // 4)
        labels = np.frombuffer(self._labels, "<u4").reshape(-1, _LABEL.size // 4)
        kinds = np.frombuffer(self._rules, np.uint8).reshape(-1, _RULE.size)[:, -4:-2]
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
            and _below(rules[:, :5], texts)
            and _below(labels[:, :1], texts)
            and _below(kinds[:, 0], len(_SOURCES))
            and _below(kinds[:, 1], len(_STATES))
        )
        if not right:
            raise _corrupt("its sections do not fit together")


def _checked(data: memoryview, encoder: Encoder) -> tuple[int, dict[str, memoryview]]:
    if len(data) < _HEADER or data[: len(MAGIC)] != MAGIC:
        raise _corrupt("it is not one")
    _, version, bits, count, dims, _, made_by, size = _HEAD.unpack_from(data)
    if version != FORMAT or sys.byteorder != "little":
        raise CacheError(
            "cache.version",
            f"the rewrite cache has format {version}, this hub reads {FORMAT}; delete it, it is made anew",
        )
    if struct.unpack_from("<I", data, _HEADER - 4)[0] != crc32(data[: _HEADER - 4]):
        raise _corrupt("its header is damaged")
    if made_by != encoder.hash.encode() or dims != encoder.dims:
        raise CacheError("cache.encoder", "the rewrite cache was made by another encoder; delete it, it is made anew")
    if size != len(data) or count != len(_SECTIONS) or bits not in BITS:
        raise _corrupt("it is cut off, or longer than it was")
    spans = {}
    for number, name in enumerate(_SECTIONS):
        begin, length, checksum = _SECTION.unpack_from(data, _HEAD.size + number * _SECTION.size)
        if begin < _HEADER or begin + length > len(data) or crc32(data[begin : begin + length]) != checksum:
            raise _corrupt(f"its section {name} is damaged")
        spans[name] = data[begin : begin + length]
    return bits, spans


def _spanning(starts: "NDArray[Any]", count: int, end: int) -> bool:
    return len(starts) == count + 1 and int(starts[-1]) == end


def _below(numbers: "NDArray[Any]", end: int) -> bool:
    return not numbers.size or int(numbers.max()) < end


def _corrupt(reason: str) -> CacheError:
    return CacheError("cache.corrupt", f"the rewrite cache is damaged: {reason}; delete it, it is made anew")
