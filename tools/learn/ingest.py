"""Batches of many hubs -> turns in Parquet, by week and day of receipt.

Nothing that arrives is trusted: a batch is decoded whole or refused, one that came before is refused as a replay, and
what a hub has told before in the same week is not taken a second time, whatever batch it is in. A pseudonym tells at
most `MAX_OF_HUB` turns of its week, all with one epsilon, so that one that lies weighs no more than one that does not.

A file of turns is there whole or not at all, and a batch leaves the spool only once it is: after a crash the rest is
taken at the next run, and what was taken already is refused as a replay.
"""

import contextlib
import fcntl
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import EdgeError, InputError
from edge.upstream import batch as batches
from edge.upstream.batch import Batch
from edge.upstream.report import TurnReport
from edge.upstream.vocabulary import Vocabulary
from tools.learn.needs import polars

if TYPE_CHECKING:
    from polars import DataFrame

SUFFIX = ".edgebatch"
MAX_OF_HUB = 100
"""Turns of a pseudonym: what a hub that keeps to the rules reports in a week at most."""
WEEKS_BACK = 10
"""A hub may have been away for so long; what is older, or of a week that has not begun anywhere, is refused."""
KEPT_WEEKS = 26
"""Turns of older weeks are deleted: they are what homes told, and learning looks at the last few weeks alone."""
KEPT_REFUSED = 1_000
"""Batches that were refused are kept to be looked at, so many at most."""
_CHUNK = 2_000
"""Batches to a file of turns at most."""

COLUMNS = (
    "hub", "week", "language", "confidence", "day_part", "heard", "reading", "served", "layer", "meant",
    "meant_reading", "worked", "epsilon", "batch", "content",
)  # fmt: skip
"""Of a file of turns: texts, but for `worked` (true, false or null), `epsilon` (a number) and `content` (a hash)."""


@dataclass(slots=True)
class Taken:
    """What became of the batches of one run."""

    batches: int = 0
    turns: int = 0
    repeated: int = 0
    """Turns that the same hub had told in the same week."""
    lost: int = 0
    """Turns that hubs say they had to drop before."""
    refused: Counter[str] = field(default_factory=Counter)
    """Batches by the code of why."""
    deleted: list[str] = field(default_factory=list)
    """Weeks that had become too old."""


def schema() -> dict[str, Any]:
    """Type of each column."""
    pl = polars()
    other = {"worked": pl.Boolean, "epsilon": pl.Float64, "content": pl.UInt64}
    return {name: other.get(name, pl.String) for name in COLUMNS}


def weeks_of(store: Path, last: int | None = None) -> dict[str, list[Path]]:
    """Files of turns by ISO week, of the last so many weeks that there are turns of.

    Raises InputError `learn.nothing` where there is none.
    """
    found: dict[str, list[Path]] = {}
    for file in sorted(store.glob("turns/*/*.parquet")):
        found.setdefault(file.parent.name, []).append(file)
    if last is not None:
        found = dict(list(found.items())[-last:])
    if not found:
        raise InputError(
            "learn.nothing", f"there are no turns in {store}; `python -m tools.learn ingest` takes them in"
        )
    return found


def ingest(
    spool: Path,
    store: Path,
    *,
    today: date,
    vocabulary: Vocabulary,
    say: Callable[[str], object] = lambda _: None,
) -> Taken:
    """Take all batches of a spool folder into the store, and out of the spool; delete weeks that are too old.

    The store is for its owner alone: it holds what each home told, also what too few did.
    today: of receipt. say: progress, for people; it is never told what a batch holds. What is refused is kept under
    `refused/` of the spool, up to `KEPT_REFUSED`. Raises InputError: `learn.spool` where there is no such folder,
    `learn.busy` while another process does the same, `learn.write` where the store cannot be written.
    """
    if not spool.is_dir():
        raise InputError("learn.spool", f"there is no folder {spool}; name the one that batches are put into")
    with _alone(store):
        return _ingest(spool, store, today=today, vocabulary=vocabulary, say=say)


@contextlib.contextmanager
def _alone(store: Path) -> Iterator[None]:
    """While nobody else writes to the store. Raises InputError `learn.busy`, `learn.write`."""
    try:
        store.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (store / ".lock").open("wb")
    except OSError as error:
        raise InputError(
            "learn.write", f"{store} cannot be written ({error.strerror}); make room or mend it"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError("learn.busy", f"another process takes batches into {store}; wait for it") from error
        yield


def _ingest(spool: Path, store: Path, *, today: date, vocabulary: Vocabulary, say: Callable[[str], object]) -> Taken:
    taken, known = Taken(), dict[str, _Known]()
    files = sorted(spool.glob(f"*{SUFFIX}"))
    for begin in range(0, len(files), _CHUNK):
        by_week = _decoded(files[begin : begin + _CHUNK], spool, today=today, vocabulary=vocabulary, taken=taken)
        for week, some in sorted(by_week.items()):
            if week not in known:
                known[week] = _Known(store, week)
            _take(some, known[week], spool, store, today=today, taken=taken)
        say(f"{min(begin + _CHUNK, len(files))} of {len(files)} batches, {taken.turns} turns")
    taken.deleted = _delete_old(store, today)
    return taken


def _delete_old(store: Path, today: date) -> list[str]:
    """Weeks that are gone. Raises InputError `learn.write`."""
    oldest = "{}-W{:02}".format(*(today - timedelta(weeks=KEPT_WEEKS)).isocalendar())
    old = sorted(folder for folder in store.glob("turns/????-W??") if folder.name < oldest)
    for folder in old:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise InputError("learn.write", f"{folder} is too old and cannot be deleted ({error.strerror})") from error
    return [folder.name for folder in old]


_Waiting = list[tuple[Path, Batch]]


def _decoded(
    files: list[Path], spool: Path, *, today: date, vocabulary: Vocabulary, taken: Taken
) -> dict[str, _Waiting]:
    by_week: dict[str, _Waiting] = {}
    for file in files:
        try:
            if not file.is_file() or file.is_symlink():
                raise batches.BatchError("batch.no_file", "that is no file of its own, and no batch")
            batch = batches.decode(bounded(file), vocabulary=vocabulary)
            _timely(batch.week, today)
            by_week.setdefault(batch.week, []).append((file, batch))
        except EdgeError as error:
            _refuse(file, spool, error.code, taken)
    return by_week


def _take(some: _Waiting, known: "_Known", spool: Path, store: Path, *, today: date, taken: Taken) -> None:
    """Batches of one week."""
    rows: list[tuple[Any, ...]] = []
    done = []
    for file, batch in some:
        code = known.refuses(batch)
        if code:
            _refuse(file, spool, code, taken)
            continue
        rows += known.new(batch, taken)
        done.append(file)
        taken.batches += 1
        taken.lost += batch.dropped
    if rows:
        frame = polars().DataFrame(rows, schema=schema(), orient="row")
        write(frame.sort("heard", "hub", "content"), store, some[0][1].week, today)
        taken.turns += len(rows)
    for file in done:
        file.unlink()


def bounded(file: Path) -> bytes:
    """The bytes of a batch, of a file that may be of any size. Raises BatchError `batch.too_large`."""
    with file.open("rb") as stream:
        data = stream.read(batches.MAX_COMPRESSED + 1)
    if len(data) > batches.MAX_COMPRESSED:
        raise batches.BatchError("batch.too_large", "the batch is larger than any hub sends; it is not read")
    return data


def _timely(week: str, today: date) -> None:
    match = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    try:
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        monday = None
    # A day ahead: it is already Monday in the east of the receiver.
    if monday is None or not today - timedelta(weeks=WEEKS_BACK, days=7) < monday <= today + timedelta(days=1):
        raise batches.BatchError("batch.week", "the batch is of a week that is not to be told now; it is not read")


def _refuse(file: Path, spool: Path, code: str, taken: Taken) -> None:
    taken.refused[code] += 1
    folder = spool / "refused"
    folder.mkdir(exist_ok=True, mode=0o700)
    if sum(1 for _ in folder.iterdir()) < KEPT_REFUSED or file.is_dir():
        file.replace(folder / file.name)
    else:
        file.unlink()


class _Known:
    """What the store holds of a week already."""

    def __init__(self, store: Path, week: str) -> None:
        pl = polars()
        files = sorted((store / "turns" / week).glob("*.parquet"))
        self.batches: set[str] = set()
        self.told: set[int] = set()
        self.turns: Counter[str] = Counter()
        self.epsilon: dict[str, float] = {}
        if files:
            try:
                rows = pl.scan_parquet(files).select("hub", "batch", "content", "epsilon").collect()
            except pl.exceptions.PolarsError as error:
                raise unreadable(files) from error
            for hub, batch, content, epsilon in rows.iter_rows():
                self.batches.add(batch)
                self.told.add(_mixed(hub, content))
                self.turns[hub] += 1
                self.epsilon[hub] = epsilon

    def refuses(self, batch: Batch) -> str:
        """Code of why the batch as a whole is not taken; '' where it is."""
        if batch.id in self.batches:
            return "batch.replayed"
        if self.epsilon.setdefault(batch.pseudonym, batch.epsilon) != batch.epsilon:
            return "batch.epsilon"
        if self.turns[batch.pseudonym] + len(batch.reports) > MAX_OF_HUB:
            return "batch.too_many"
        self.batches.add(batch.id)
        return ""

    def new(self, batch: Batch, taken: Taken) -> Iterator[tuple[Any, ...]]:
        """Rows of what it tells that was not told."""
        for report in batch.reports:
            content = int.from_bytes(blake2b(batches.content(report), digest_size=8).digest(), "little")
            mixed = _mixed(batch.pseudonym, content)
            if mixed in self.told:
                taken.repeated += 1
                continue
            self.told.add(mixed)
            self.turns[batch.pseudonym] += 1
            yield _row(batch, report, content)


def unreadable(files: Sequence[Path]) -> InputError:
    """What to say of files of turns of which one cannot be read: which it is."""
    pl = polars()
    for file in files:
        try:
            pl.scan_parquet(file).select(COLUMNS).collect()
        except (pl.exceptions.PolarsError, OSError):
            return InputError(
                "learn.store", f"{file} is no whole file of turns; delete it, and with it the turns that it held"
            )
    return InputError("learn.store", f"the turns in {files[0].parent.parent} cannot be read")


def _mixed(hub: str, content: int) -> int:
    return int(hub[:16], 16) ^ content


def _row(batch: Batch, report: TurnReport, content: int) -> tuple[Any, ...]:
    return (
        batch.pseudonym, batch.week, report.language, str(report.confidence), str(report.day_part),
        " ".join(report.heard), report.reading, " ".join(report.served), str(report.layer), " ".join(report.meant),
        report.meant_reading, report.worked, batch.epsilon, batch.id, content,
    )  # fmt: skip


def write(frame: "DataFrame", store: Path, week: str, today: date) -> Path:
    """One more file of turns: there whole or not at all, whatever happens. Raises InputError `learn.write`."""
    folder = store / "turns" / week
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = sorted(folder.glob(f"{today.isoformat()}-*.parquet"))
        number = int(before[-1].stem.rpartition("-")[2]) + 1 if before else 0
        path = folder / f"{today.isoformat()}-{number:05}.parquet"
        aside = folder / f".{path.name}.new"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            frame.write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
    except OSError as error:
        with contextlib.suppress(OSError, UnboundLocalError):
            aside.unlink(missing_ok=True)
        raise InputError(
            "learn.write", f"{folder} cannot be written ({error.strerror}); make room or mend it"
        ) from error
    return path
