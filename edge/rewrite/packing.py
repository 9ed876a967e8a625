"""How the packed cache is laid out, and the writing of it; `cache.py` says what is in it, and reads it."""

import contextlib
import heapq
import os
import struct
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from edge.core.errors import EdgeError
from edge.core.text import MAX_CHARS
from edge.rewrite import index
from edge.rewrite.encoder import Encoder, Rows
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.ledger import rule_id

MAGIC = b"EDGERWC\n"
FORMAT = 1
MAX_ENTRIES = 100_000
"""Phrases and rules; of more, those with the most evidence are written."""
MAX_OF_ONE = 64
"""Phrases, and rules, of one text."""
DEFAULT_BITS = 4

HEAD = struct.Struct("<8sHBBHH16sQ")  # magic, format, bits, sections, dims, spare, encoder, size
SECTION = struct.Struct("<QQI")
SECTIONS = (
    "texts", "text_sizes", "keys", "phrases", "phrase_counts", "rules", "rule_counts", "vector_sizes", "places",
    "weights", "bucket_sizes", "index", "labels",
)  # fmt: skip
HEADER = HEAD.size + SECTION.size * len(SECTIONS) + 4
PHRASE = struct.Struct("<IeeI")  # label, wins, losses, last_day; its text is the key that it belongs to
RULE = struct.Struct("<IIIIeeeHIIIBBH")  # id means label situation, wins losses confidence, served, days, source state
NO_TEXT = 0xFFFFFFFF
"""In place of an id that follows from the rule's own texts."""
LABEL = struct.Struct("<Iff")
_Entry = TypeVar("_Entry", Phrase, Rule)
SOURCES, STATES = tuple(Source), tuple(State)


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
        PHRASE.pack(number(p.label), turns(p.wins), turns(p.losses), _day(p.last_day)) for p in kept_phrases
    )
    rule_rows = b"".join(_rule_row(r, number) for r in kept_rules)
    sums: dict[str, list[float]] = {}
    for p in kept_phrases:
        told = sums.setdefault(p.label, [0.0, 0.0])
        told[0] += turns(p.wins)
        told[1] += turns(p.losses)
    labels = b"".join(LABEL.pack(number(label), *told) for label, told in sorted(sums.items()))
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
        "index": places.astype(place_type(len(keys))).tobytes(),
        "labels": labels,
    }
    table, body, offset = b"", bytearray(), HEADER
    for name in SECTIONS:
        section = sections[name]
        table += SECTION.pack(offset, len(section), crc32(section))
        body += section + bytes(-len(section) % 8)
        offset = HEADER + len(body)
    head = HEAD.pack(MAGIC, FORMAT, bits, len(SECTIONS), encoder.dims, 0, encoder.hash.encode(), HEADER + len(body))
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
    return (turns(entry.wins) + turns(entry.losses), entry.last_day)


def turns(value: float) -> float:
    """Evidence as it can be stored, whatever it is."""
    return min(max(0.0, value), 60_000.0) if value == value else 0.0  # noqa: PLR0124 - only NaN is not itself


def _day(day: int) -> int:
    return min(max(0, day), 0xFFFFFFFF)


def _rule_row(rule: Rule, number: Any) -> bytes:
    usual = rule.id == rule_id(rule.heard, rule.means, rule.situation)
    texts = (NO_TEXT if usual else number(rule.id), number(rule.means), number(rule.label), number(rule.situation))
    evidence = (turns(rule.wins), turns(rule.losses), turns(rule.confidence))
    times = (_day(rule.served), _day(rule.made_day), _day(rule.last_day))
    return RULE.pack(*texts, *evidence, 0, *times, SOURCES.index(rule.source), STATES.index(rule.state), 0)


def _counts(owners: list[int], count: int) -> bytes:
    import numpy as np

    return np.bincount(np.array(owners, np.int64), minlength=count).astype("<u2").tobytes()


def place_type(count: int) -> str:
    """Type of the number of a key, where there are so many."""
    return "<u2" if count <= 0x10000 else "<u4"
