"""What waits to leave the house: a bounded spool on disk, with the consent and the budget that it hangs on.

Nothing is kept, and no file made, before somebody has agreed. A report and what it costs of the week's budget are
written in one transaction, so that no power cut lets the budget be spent twice.

All that one home says in a week is a fingerprint, whatever it is called by (`tools.bench.upstream` shows how good a
one). So a batch holds what was heard in one and the same words, which is one report nearly always, goes at a random
time within a day, and has a pseudonym that is made of a secret of the week and those words (HMAC-SHA256, RFC 2104).
Whoever counts how many homes said something counts pseudonyms, and nobody can tell which reports are one home's.

A batch keeps its bytes and its id until it is acknowledged: it may arrive twice, as the same.
"""

import datetime as dt
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edge.core import codec
from edge.core.errors import EdgeError, ExitCode, InputError
from edge.upstream import batch
from edge.upstream import spool_rows as rows
from edge.upstream.batch import Batch
from edge.upstream.randomised import EPSILON, WEEKLY_EPSILON, Budget
from edge.upstream.report import PAGE, TurnReport
from edge.upstream.spool_file import SpoolFile, Warn

FILE = "outbox.db"
REFUSALS = 10
"""Times that a batch is refused before it is dropped: hours, as what refuses may be out of order itself."""
_HASH_BYTES = 16
_BEGAN = 2026
"""Year before which no clock is right."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the outbox."""

    reports: int = 1_000
    """That wait, in batches or not; the oldest go first. At 1 kB each, as none has more, the file stays below 5 MB."""
    weekly: int = 100
    """Reports of one week."""
    epsilon: float = WEEKLY_EPSILON
    """That the facts of one week may cost together."""
    in_batch: int = 50
    """Reports of one text that make a batch."""
    age_s: int = 86_400
    """Seconds that fewer wait, at most."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch as it leaves."""

    id: str
    data: bytes
    count: int
    """Reports in it."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `edge outbox status` tells."""

    agreed: int
    """Version of the page that was agreed to; 0: none."""
    since: str
    """Day of that, ISO; empty where nobody has agreed."""
    agreed_target: str
    """Where reports may go by that agreement."""
    target: str
    """Where they would go now."""
    paused: bool
    week: str
    """ISO week that the budget is of."""
    epsilon: float
    """Spent in it."""
    limit: float
    reports: int
    """Made in it."""
    waiting: int
    """Reports that wait now."""
    sent: int
    """Reports that were acknowledged, since ever."""
    dropped: int
    """Reports that went lost since ever, for want of room or as they were refused."""
    trouble: str = ""
    """Why the last batch could not be sent; empty where it could."""

    @property
    def enabled(self) -> bool:
        """Whether reports are made and sent."""
        return self.agreed >= PAGE and self.agreed_target == self.target and not self.paused


class NotWrittenError(EdgeError):
    """What was asked for is not on disk, so that it was not done."""

    exit_code = ExitCode.NOT_DONE

    def __init__(self) -> None:
        super().__init__("outbox.not_written", "the outbox could not be written, so that nothing is changed")


class Outbox:
    """Safe to use from several threads and processes; no trouble with its file raises where the hub uses it.

    target: where reports go; an agreement holds for that alone. vocabulary: SHA-256 of the words. now: the time of day,
    in any zone. token: 32 hexadecimal digits that never come twice. early: of so many seconds, how many less a report
    waits. warn: told once of each kind of trouble.
    """

    def __init__(
        self,
        path: Path,
        *,
        target: str,
        language: str,
        vocabulary: str,
        warn: Warn,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(tz=dt.UTC),
        token: Callable[[], str] = lambda: os.urandom(16).hex(),
        early: Callable[[int], int] = lambda most: secrets.randbelow(most + 1),
        limits: Limits | None = None,
    ) -> None:
        self._target, self._language, self._vocabulary = target, language, vocabulary
        self._now, self._token, self._early = now, token, early
        self._limits = limits or Limits()
        self._file = SpoolFile(path, warn)

    def close(self) -> None:
        """Nothing is read or kept any more."""
        self._file.close()

    # Who may

    def enable(self) -> None:
        """Somebody has agreed to the page, and to where reports go.

        Raises NotWrittenError, MissingError (`batch.zstandard`).
        """
        batch.compression()  # else it would only be missed when something is to be sent

        def agree(db: sqlite3.Connection) -> bool:
            fresh = rows.get(db, "agreed", 0) == 0
            if rows.get(db, "agreed", 0) < PAGE or rows.get(db, "target", "") != self._target:
                rows.put(db, agreed=PAGE, since=self._now().astimezone(dt.UTC).date().isoformat(), target=self._target)
            rows.put(db, paused=0)
            if fresh and self._file.broken.exists() and (week := self._week(db)) is not None:
                # What the damaged file had spent is not known, and may have been all.
                db.execute("UPDATE week SET facts = ?, reports = ?", (self._budget(week).most, self._limits.weekly))
            return True

        if not self._file.write(agree, False, lasting=True, make=True):
            raise NotWrittenError

    def pause(self) -> None:
        """Keep what waits, and make and send nothing. Raises NotWrittenError."""

        def pause(db: sqlite3.Connection) -> bool:
            rows.put(db, paused=1)
            return True

        if self._file.path.exists() and not self._file.write(pause, False, lasting=True):
            raise NotWrittenError

    def purge(self) -> int:
        """Remove what waits; how many reports that were. Consent and budget stay as they are. Raises NotWrittenError.

        A week that lies ahead, as a clock was wrong, becomes the present one, with what was spent in it.
        """

        def purge(db: sqlite3.Connection) -> int:
            gone = rows.waiting(db)
            db.execute("DELETE FROM report")
            db.execute("DELETE FROM batch")
            rows.put(db, untold=0)
            week, now = rows.last_week(db), self._iso()
            if week is not None and now is not None and week.week > now:
                db.execute("DELETE FROM week")
                row = (now, self._token(), os.urandom(_HASH_BYTES), week.facts, week.reports)
                db.execute("INSERT INTO week VALUES (?, ?, ?, ?, ?)", row)
            return gone

        if not self._file.path.exists():
            self._file.scrub()
            return 0
        gone = self._file.write(purge, -1, lasting=True)
        if gone < 0:
            raise NotWrittenError
        self._file.scrub()
        return gone

    @property
    def enabled(self) -> bool:
        """Whether reports are made and sent."""
        return self._file.read(lambda db: rows.enabled(db, self._target), False)

    # In

    def add(self, report: TurnReport) -> bool:
        """Keep a report until it is sent; whether that was done.

        Not done: where nobody has agreed, when the same was told in this week, when the week has had its reports. Where
        the budget is spent, the report goes without its fact.
        """
        if report.language != self._language:
            return False
        told, early = batch.content(report), self._early(self._limits.age_s)

        def add(db: sqlite3.Connection) -> bool:
            week = self._week(db) if rows.enabled(db, self._target) else None
            if week is None or week.reports >= self._limits.weekly:
                return False
            digest = hashlib.sha256(week.salt + told).digest()[:_HASH_BYTES]
            if not db.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount:
                return False
            made, facts = report, week.facts
            if report.worked is not None:
                spent = self._budget(week).spend(week.week)
                made, facts = (replace(report, worked=None), facts) if spent is None else (report, spent.facts)
            db.execute("UPDATE week SET facts = ?, reports = reports + 1 WHERE week = ?", (facts, week.week))
            db.execute(
                "INSERT INTO report (id, week, heard, at, report) VALUES (?, ?, ?, ?, ?)",
                (self._token(), week.week, " ".join(report.heard), self._seconds() - early, codec.dumps(made)),
            )
            self._trim(db)
            return True

        return self._file.write(add, False)

    # Out

    def batches(self) -> Iterator[Packed]:
        """What is due, oldest first; the next one once that has been acknowledged or dropped, and else no more."""
        before = ""
        while (one := self._next()) is not None and one.id != before:
            before = one.id
            yield one

    def _next(self) -> Packed | None:
        if not self.enabled:
            return None  # looked at first, as a write that changes nothing still waits for others

        def due(db: sqlite3.Connection) -> Packed | None:
            return self._due(db) if rows.enabled(db, self._target) else None

        return self._file.write(due, None, lasting=True)

    def _due(self, db: sqlite3.Connection) -> Packed | None:
        """The batch that waits, else a new one where it is time for it. What cannot be packed is dropped, and told."""
        while True:
            row = db.execute("SELECT id, data, count FROM batch ORDER BY n LIMIT 1").fetchone()
            if row is not None:
                return Packed(*row)
            due = next((one for one in rows.groups(db) if self._is_due(one)), None)
            if due is None:
                return None
            group = rows.of_group(db, due, self._limits.in_batch)
            dropped = rows.get(db, "untold", 0)
            packed = self._packed(group, dropped)
            db.executemany("DELETE FROM report WHERE n = ?", [(one.n,) for one in group])
            if packed is None:
                rows.drop(db, len(group))
                continue
            db.execute(
                "INSERT INTO batch (id, data, count, dropped) VALUES (?, ?, ?, ?)",
                (packed.id, packed.data, packed.count, dropped),
            )
            rows.put(db, untold=0)

    def acknowledged(self, batch_id: str) -> None:
        """It has arrived. Nothing happens when it is none that waits."""

        def gone(db: sqlite3.Connection) -> None:
            if row := db.execute("DELETE FROM batch WHERE id = ? RETURNING count", (batch_id,)).fetchone():
                rows.put(db, sent=rows.get(db, "sent", 0) + row[0], trouble="")

        self._file.write(gone, None)

    def refused(self, batch_id: str) -> bool:
        """It is not taken there; whether it was dropped, as that is now so for the last time."""

        def refuse(db: sqlite3.Connection) -> bool:
            more = "UPDATE batch SET refused = refused + 1 WHERE id = ? RETURNING refused"
            row = db.execute(more, (batch_id,)).fetchone()
            if row is None or row[0] < REFUSALS:
                return False
            rows.drop_batch(db, batch_id)
            return True

        return self._file.write(refuse, False)

    def troubled(self, sentence: str) -> None:
        """Nothing can be sent now, and why: for whoever asks how it stands."""
        self._file.write(lambda db: rows.put(db, trouble=sentence), None)

    # Shown

    def preview(self) -> tuple[Packed, ...]:
        """All that waits, as it would go if it went now: the very bytes. Changes nothing."""

        def look(db: sqlite3.Connection) -> tuple[Packed, ...]:
            made = [Packed(*row) for row in db.execute("SELECT id, data, count FROM batch ORDER BY n")]
            dropped = rows.get(db, "untold", 0)
            for group in rows.groups(db):
                for after in range(0, group.reports, self._limits.in_batch):
                    some = rows.of_group(db, group, self._limits.in_batch, after)
                    if (packed := self._packed(some, dropped)) is not None:
                        made.append(packed)
                        dropped = 0
            return tuple(made)

        return self._file.read(look, ())

    def status(self) -> Status:
        """Where nobody has ever agreed, nothing but noughts."""

        def look(db: sqlite3.Connection) -> Status:
            week = rows.last_week(db)
            budget = self._budget(week) if week is not None else None
            return Status(
                agreed=rows.get(db, "agreed", 0),
                since=str(rows.get(db, "since", "")),
                agreed_target=str(rows.get(db, "target", "")),
                target=self._target,
                paused=bool(rows.get(db, "paused", 0)),
                week=week.week if week is not None else "",
                epsilon=budget.spent if budget is not None else 0.0,
                limit=self._limits.epsilon,
                reports=week.reports if week is not None else 0,
                waiting=rows.waiting(db),
                sent=rows.get(db, "sent", 0),
                dropped=rows.get(db, "dropped", 0),
                trouble=str(rows.get(db, "trouble", "")),
            )

        return self._file.read(look, Status(0, "", "", self._target, False, "", 0.0, self._limits.epsilon, 0, 0, 0, 0))

    # Rows

    def _is_due(self, group: rows.Group) -> bool:
        """A week that ends makes nothing due: what goes at once could be put together."""
        old = abs(self._seconds() - group.at) >= self._limits.age_s  # either way: a clock may be put back
        return old or group.reports >= self._limits.in_batch

    def _packed(self, group: list[rows.Row], dropped: int) -> Packed | None:
        """They have the id that the first of them was given, so that it is known before they are packed."""
        first = group[0]
        try:
            reports = tuple(codec.loads(TurnReport, one.report) for one in group)
            name = batch.pseudonym(first.secret, reports[0].heard)
            head = (first.id, name, first.week, self._language, self._vocabulary)
            return Packed(first.id, batch.encode(Batch(*head, reports, dropped, EPSILON)), len(group))
        except InputError as error:
            self._file.tell(error.code, f"{len(group)} reports cannot be sent and are dropped: {error}")
            return None

    def _trim(self, db: sqlite3.Connection) -> None:
        """Let the oldest go that are too many, and count them."""
        while (many := rows.waiting(db) - self._limits.reports) > 0:
            row = db.execute("SELECT id FROM batch ORDER BY n LIMIT 1").fetchone()
            if row is not None:
                rows.drop_batch(db, row[0])
                continue
            db.execute("DELETE FROM report WHERE n IN (SELECT n FROM report ORDER BY n LIMIT ?)", (many,))
            rows.drop(db, many)

    def _week(self, db: sqlite3.Connection) -> rows.Week | None:
        """The week that is now, begun where it is new; None where the clock is not set.

        A clock that is put back begins none: that would be another budget for the same days.
        """
        last, now = rows.last_week(db), self._iso()
        if last is not None and (now is None or now <= last.week):
            return last
        if now is None:
            return None
        made = rows.Week(now, self._token(), os.urandom(_HASH_BYTES), 0, 0)
        db.execute("INSERT INTO week VALUES (?, ?, ?, ?, ?)", made)
        db.execute("DELETE FROM week WHERE week < ? AND week NOT IN (SELECT week FROM report)", (now,))
        db.execute("DELETE FROM seen")
        return made

    def _budget(self, week: rows.Week) -> Budget:
        return Budget(week.week, week.facts, limit=self._limits.epsilon)

    def _iso(self) -> str | None:
        # Of UTC: that weeks begin an hour earlier or later would tell where the house is.
        now = self._now().astimezone(dt.UTC)
        year, week, _ = now.isocalendar()
        return f"{year}-W{week:02}" if now.year >= _BEGAN else None

    def _seconds(self) -> int:
        return int(self._now().timestamp())
