"""Homes that report, without chance: who says what, and what is told of it, follows from numbers."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path

from edge.upstream import batch as batches
from edge.upstream.batch import Batch
from edge.upstream.report import Confidence, DayPart, Layer, TurnReport
from edge.upstream.vocabulary import Vocabulary
from tools.learn.counts import Seen
from tools.learn.ingest import SUFFIX

WEEK = "2026-W48"
TODAY = date(2026, 11, 25)
WORDS = Vocabulary.load()

RIGHT = "turn on the kitchen light"
RIGHT_READING = "HassTurnOn area=kitchen domain=light"
WRONG = "turn on the kitten light"


def hub(number: int, week: str = WEEK) -> str:
    """The pseudonym of a home in a week."""
    return blake2b(f"{number} {week}".encode(), digest_size=16).hexdigest()


def truthful(number: int, *, worked: bool) -> bool:
    """What is told of a fact: as it is for nine of eleven, which is what epsilon 1.5 comes to."""
    return worked if number % 11 < 9 else not worked


def heard(text: str, reading: str = "", *, worked: bool | None = None, meant: str = "", meant_reading: str = "",
          served: str = "", layer: Layer = Layer.NONE) -> TurnReport:  # fmt: skip
    """A report."""
    return TurnReport(
        language="en", day_part=DayPart.EVENING, confidence=Confidence.HIGH, heard=tuple(text.split()),
        reading=reading,
        served=tuple(served.split()), layer=layer, meant=tuple(meant.split()), meant_reading=meant_reading,
        worked=worked,
    )  # fmt: skip


MISSED = heard(WRONG, meant=RIGHT, meant_reading=RIGHT_READING)


def batch(number: int, reports: Sequence[TurnReport], *, week: str = WEEK, part: int = 0) -> Batch:
    """The batch of a home's week; `part` tells several of them apart."""
    batch_id = blake2b(f"batch {number} {week} {part}".encode(), digest_size=16).hexdigest()
    return Batch(batch_id, hub(number, week), week, "en", WORDS.sha256, tuple(reports))


def spooled(folder: Path, some: Iterable[Batch]) -> Path:
    """Batches as files of a spool folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in some:
        (folder / f"{one.id}{SUFFIX}").write_bytes(batches.encode(one))
    return folder


def seen(one: Batch) -> Iterator[Seen]:
    """The turns of a batch as they are counted."""
    for report in one.reports:
        yield Seen(
            one.pseudonym, one.week, " ".join(report.heard), report.reading, " ".join(report.served),
            " ".join(report.meant), report.meant_reading, report.worked, one.epsilon,
        )  # fmt: skip


def fleet(homes: int = 60) -> list[Batch]:
    """Homes in which the kitchen is misheard, and where what is heard right works."""
    return [
        batch(
            number,
            [
                MISSED,
                heard(RIGHT, RIGHT_READING, worked=truthful(number, worked=True)),
                heard(
                    "turn on the bathroom light", "HassTurnOn area=bathroom domain=light",
                    worked=truthful(number + 3, worked=True),
                ),
            ],
        )
        for number in range(homes)
    ]  # fmt: skip
