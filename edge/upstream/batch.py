"""What leaves, byte for byte: the reports of one home and one week, as one compressed frame. Pure.

One zstd frame (RFC 8878) with its content size in the header, of UTF-8 JSON, an object a line, each with sorted keys
and no blanks: one that tells of the batch, then one for each report. Whoever receives a batch trusts none of it:
`decode` takes what `encode` makes and nothing else.
"""

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

from edge.core.errors import InputError, MissingError
from edge.upstream.randomised import EPSILON
from edge.upstream.readings import is_reading
from edge.upstream.report import Confidence, DayPart, Layer, TurnReport
from edge.upstream.vocabulary import MAX_WORDS, Vocabulary, some

FORMAT = 1
MAX_REPORTS = 10_000
"""In one batch."""
MAX_BYTES = 4_000_000
"""Of a batch, decompressed."""
MAX_COMPRESSED = 1_000_000
"""Of a batch as it is sent."""
MAX_LINE = 1_000
"""Bytes of one report, without the line's end."""
MAX_RATIO, SMALL = 100, 64_000
"""A batch decompresses to no more than this many times its size, and this many bytes beside: reports differ."""
MAX_WINDOW = 1 << 23
"""Bytes that the decompressor may look back on, which is what it needs memory for."""
LEVEL = 9
"""Of the compression: 2 ms for 50 reports."""
CONTENT_TYPE = "application/vnd.edge.batch"
NAMED = 16
"""Digits of its SHA-256 by which a batch names its vocabulary."""


class BatchError(InputError):
    """A batch that is not taken.

    Codes: `batch.too_large` (as sent, decompressed, or far more than its compressed size), `batch.corrupt` (no whole
    frame, no UTF-8, no JSON), `batch.format` (another format or another way of writing the same), `batch.vocabulary`
    (other words), `batch.count`, `batch.field` (a field that is missing, unknown or holds what none may).
    """


@dataclass(frozen=True, slots=True)
class Batch:
    """The reports of one home and one week."""

    id: str
    """32 hexadecimal digits, random; the same when it is sent again."""
    pseudonym: str
    """32 hexadecimal digits, random; another in every week, and for other words that were heard."""
    week: str
    """ISO week, such as 2026-W48."""
    language: str
    vocabulary: str
    """SHA-256 of the vocabulary's file."""
    reports: tuple[TurnReport, ...]
    dropped: int = 0
    """Reports that went lost before, as there was no room for them."""
    epsilon: float = EPSILON
    """Of each randomised answer."""


def encode(batch: Batch) -> bytes:
    """The bytes that leave. Raises BatchError as `decode` would, but for the words, so that nothing is sent in vain.

    Raises MissingError (`batch.zstandard`) where the compression is not installed.
    """
    _check_head(batch)
    head = {
        "count": len(batch.reports),
        "dropped": batch.dropped,
        "epsilon": batch.epsilon,
        "format": FORMAT,
        "id": batch.id,
        "language": batch.language,
        "pseudonym": batch.pseudonym,
        "vocabulary": batch.vocabulary[:NAMED],
        "week": batch.week,
    }
    if any(report.language != batch.language for report in batch.reports):
        raise BatchError("batch.field", "a report is in another language than its batch")
    data = b"".join(one + b"\n" for one in (_dumped(head), *map(line, batch.reports)))
    packed: bytes = _compressor().compress(data)
    _check_sizes(len(data), len(packed))
    return packed


def decode(data: bytes, *, vocabulary: Vocabulary) -> Batch:
    """The batch of these bytes, each word of it looked up.

    Raises BatchError, and MissingError (`batch.zstandard`) where the compression is not installed. No more than
    `MAX_BYTES` are ever decompressed.
    """
    lines = decompressed(data).split(b"\n")
    if lines.pop():
        raise BatchError("batch.corrupt", "the last line of the batch has no end")
    if not lines:
        raise BatchError("batch.corrupt", "the batch is empty")
    head = _object(lines[0])
    if head.get("format") != FORMAT or isinstance(head.get("format"), bool):
        raise BatchError("batch.format", f"the batch is not of format {FORMAT}")
    if set(head) != _HEAD:
        raise BatchError("batch.field", "the batch's first line lacks a field, or has one that is unknown")
    if (head["language"], head["vocabulary"]) != (vocabulary.language, vocabulary.sha256[:NAMED]):
        raise BatchError("batch.vocabulary", "the batch is written in another vocabulary")
    if not _is_count(head["count"]) or head["count"] != len(lines) - 1 or head["count"] > MAX_REPORTS:
        raise BatchError("batch.count", f"the batch holds not as many reports as it says, or more than {MAX_REPORTS}")
    reports = tuple(_report(_object(one), vocabulary) for one in lines[1:])
    batch = Batch(
        *(head["id"], head["pseudonym"], head["week"], head["language"], vocabulary.sha256),
        reports,
        head["dropped"],
        head["epsilon"],
    )
    _check_head(batch)
    return batch


def line(report: TurnReport) -> bytes:
    """One report as it stands in a batch, before compression and without the line's end.

    Raises BatchError (`batch.too_large`) above `MAX_LINE`, which no report of words and marks is.
    """
    made = _dumped({**_content(report), "d": report.day_part.value, "w": report.worked})
    if len(made) > MAX_LINE:
        raise BatchError("batch.too_large", f"a report has more than {MAX_LINE} bytes")
    return made


def content(report: TurnReport) -> bytes:
    """What makes two reports the same: all but `worked` and the part of the day."""
    return _dumped({**_content(report), "language": report.language})


def pseudonym(secret: str, heard: Sequence[str]) -> str:
    """What a home goes by in a batch of what was heard in these words (HMAC-SHA256, RFC 2104).

    secret: of the home and the week. The same words under the same pseudonym, so that homes that report something can
    be counted; other words under another, so that nobody can put together what one home says.
    """
    return hmac.new(secret.encode(), " ".join(heard).encode(), "sha256").hexdigest()[:32]


def _content(report: TurnReport) -> dict[str, object]:
    said = {
        "c": report.confidence.value,
        "h": " ".join(report.heard),
        "l": report.layer.value,
        "m": " ".join(report.meant),
        "mr": report.meant_reading,
        "r": report.reading,
        "s": " ".join(report.served),
    }
    return {key: value for key, value in said.items() if value}


_HEAD = frozenset(some("count dropped epsilon format id language pseudonym vocabulary week"))
_TEXTS = frozenset(("h", "m", "s"))
_KEYS = _TEXTS | frozenset(("c", "d", "l", "mr", "r", "w"))
_ALWAYS = frozenset(("c", "d", "h", "w"))
_HEX = re.compile("[0-9a-f]{32}")
_SHA = re.compile("[0-9a-f]{64}")
_WEEK = re.compile(r"2\d{3}-W(0[1-9]|[1-4]\d|5[0-3])", re.ASCII)
_LANGUAGE = re.compile("[a-z]{2,3}")


def _report(fields: dict[str, Any], vocabulary: Vocabulary) -> TurnReport:
    if not (_ALWAYS <= set(fields) <= _KEYS) or not all(fields[key] for key in fields if key != "w"):
        raise BatchError("batch.field", "a report lacks a field, or has one that is unknown or empty")
    worked = fields["w"]
    if worked is not None and not isinstance(worked, bool):
        raise BatchError("batch.field", "whether it worked is neither yes, no nor unknown")
    reading, meant_reading = fields.get("r", ""), fields.get("mr", "")
    for one in (reading, meant_reading):
        if not isinstance(one, str) or not is_reading(one, vocabulary):
            raise BatchError("batch.field", "what a request was taken for is not as it is published")
    report = TurnReport(
        vocabulary.language,
        _one_of(DayPart, fields["d"]),
        _one_of(Confidence, fields["c"]),
        _words(fields["h"], vocabulary),
        reading,
        _words(fields.get("s", ""), vocabulary),
        _one_of(Layer, fields.get("l", "")),
        _words(fields.get("m", ""), vocabulary),
        meant_reading,
        worked,
    )
    if bool(report.served) != bool(report.layer) or (report.meant_reading and not report.meant):
        raise BatchError("batch.field", "a report says where a rewrite is from and not what it is, or the other way")
    return report


def _words(text: object, vocabulary: Vocabulary) -> tuple[str, ...]:
    if text == "":
        return ()
    words = tuple(text.split(" ")) if isinstance(text, str) else ()
    if not 1 <= len(words) <= MAX_WORDS or not all(word in vocabulary for word in words):
        raise BatchError("batch.field", "a report holds what is no word of the vocabulary, or too many")
    return words


_Enum = TypeVar("_Enum", DayPart, Confidence, Layer)


def _one_of(kind: type[_Enum], value: object) -> _Enum:
    try:
        return kind(str(value))
    except ValueError:
        raise BatchError("batch.field", f"a report's {kind.__name__} is none of those that there are") from None


def _check_head(batch: Batch) -> None:
    fits = (
        all(isinstance(one, str) for one in (batch.id, batch.pseudonym, batch.week, batch.language, batch.vocabulary))
        and _HEX.fullmatch(batch.id)
        and _HEX.fullmatch(batch.pseudonym)
        and _WEEK.fullmatch(batch.week)
        and _LANGUAGE.fullmatch(batch.language)
        and _SHA.fullmatch(batch.vocabulary)
        and _is_count(batch.dropped)
        and isinstance(batch.epsilon, float)
        and 0 < batch.epsilon <= 10
    )
    if not fits:
        raise BatchError("batch.field", "the batch's first line holds what none may")
    if not 1 <= len(batch.reports) <= MAX_REPORTS:
        raise BatchError("batch.count", f"a batch holds 1 to {MAX_REPORTS} reports")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9


def _object(data: bytes) -> dict[str, Any]:
    """One line, written as `encode` writes it: what has another form could hide something in it."""
    if len(data) > MAX_LINE:
        raise BatchError("batch.too_large", f"a line of the batch has more than {MAX_LINE} bytes")
    try:
        found = json.loads(data.decode("utf-8"))
        if not isinstance(found, dict):
            raise BatchError("batch.corrupt", "a line of the batch is no object")
        canonical = _dumped(found)
    except (ValueError, RecursionError):  # which the error of a text that is no UTF-8 is, too
        raise BatchError("batch.corrupt", "a line of the batch is not JSON") from None
    if canonical != data:
        raise BatchError("batch.format", "a line of the batch is not in its one form: sorted keys, no blanks")
    return found


def _dumped(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def decompressed(data: bytes) -> bytes:
    """What a batch holds, its lines not looked at. Raises as `decode`."""
    zstandard = compression()
    if len(data) > MAX_COMPRESSED:
        raise BatchError("batch.too_large", f"the batch has more than {MAX_COMPRESSED} bytes")
    try:
        frame = zstandard.get_frame_parameters(data)
        size = frame.content_size
        if size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR, 0) or frame.dict_id:
            raise BatchError("batch.corrupt", "the batch does not say how much it holds")
        _check_sizes(size, len(data))
        reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW, dict_data=_dictionary())
        found: bytes = reader.decompress(data, allow_extra_data=False)
    except zstandard.ZstdError:
        raise BatchError("batch.corrupt", "the batch is no whole compressed frame") from None
    return found


def _check_sizes(size: int, packed: int) -> None:
    if size > MAX_BYTES or packed > MAX_COMPRESSED or size > SMALL + MAX_RATIO * packed:
        raise BatchError("batch.too_large", f"the batch holds more than {MAX_BYTES} bytes, or too many for its size")


def _compressor() -> Any:
    return compression().ZstdCompressor(level=LEVEL, dict_data=_dictionary(), write_dict_id=False)


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    """What the compression may refer back to, part of the format: a batch of one report has little to repeat.

    `tools.learn.dictionary` has made it.
    """
    return compression().ZstdCompressionDict(files("edge").joinpath("upstream", "batch.zdict").read_bytes())


def compression() -> Any:
    """The library that compresses. Raises MissingError (`batch.zstandard`)."""
    try:
        import zstandard
    except ImportError:
        raise MissingError(
            "batch.zstandard",
            "zstandard is not installed: make install EXTRAS=upstream",
        ) from None
    return zstandard
