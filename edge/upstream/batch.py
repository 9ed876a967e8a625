"""What leaves, byte for byte: the reports of one home and one week, as one compressed frame. Pure.

One zstd frame (RFC 8878) with its content size in the header, of UTF-8 JSON, an object a line, each with sorted keys
and no blanks: one that tells of the batch, then one for each report. Whoever receives a batch trusts none of it:
`decode` takes what `encode` makes and nothing else.
"""

from dataclasses import dataclass

from edge.core.errors import InputError
from edge.upstream.randomised import EPSILON
from edge.upstream.report import TurnReport
from edge.upstream.vocabulary import Vocabulary

FORMAT = 1
MAX_REPORTS = 10_000
"""In one batch."""
MAX_BYTES = 4_000_000
"""Of a batch, decompressed."""
MAX_COMPRESSED = 1_000_000
"""Of a batch as it is sent."""
MAX_LINE = 1_000
"""Bytes of one report, without the line's end."""
CONTENT_TYPE = "application/vnd.edge.batch"


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
    """32 hexadecimal digits, random; one for each home and week."""
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
    """The bytes that leave. Raises BatchError as `decode` would, so that nothing is sent that nobody takes."""
    raise NotImplementedError


def decode(data: bytes, *, vocabulary: Vocabulary) -> Batch:
    """The batch of these bytes, each word of it looked up. Raises BatchError."""
    raise NotImplementedError


def line(report: TurnReport) -> bytes:
    """One report as it stands in a batch, before compression and without the line's end."""
    raise NotImplementedError


def content(report: TurnReport) -> bytes:
    """What makes two reports the same: all but `worked` and the part of the day."""
    raise NotImplementedError
