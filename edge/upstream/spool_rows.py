"""The rows of the outbox's file. All of it is called within a transaction, or to read."""

import sqlite3
from typing import Any, NamedTuple

from edge.upstream.report import PAGE


class Week(NamedTuple):
    """What is known of one week, and what was spent in it."""

    week: str
    secret: str
    """What its pseudonyms are made of; it never leaves."""
    salt: bytes
    facts: int
    reports: int


class Group(NamedTuple):
    """Reports that may go together: those of one week and one text."""

    week: str
    heard: str
    at: int
    """Of the oldest: see `Row`."""
    reports: int
    """How many."""


class Row(NamedTuple):
    """A report that is in no batch yet."""

    n: int
    id: str
    """Of the batch that it may be the first of."""
    week: str
    secret: str
    at: int
    """Seconds since the Unix epoch: when it was made, or less than a day before."""
    report: str
    """As of `edge.core.codec`."""


def groups(db: sqlite3.Connection) -> list[Group]:
    """All there are, oldest first."""
    found = db.execute(
        "SELECT week, heard, min(at), count(*) FROM report GROUP BY week, heard ORDER BY min(at), min(n)"
    )
    return [Group(*one) for one in found]


def of_group(db: sqlite3.Connection, group: Group, most: int, after: int = 0) -> list[Row]:
    """The reports of a group, oldest first; so many at most, and after so many."""
    found = db.execute(
        "SELECT n, report.id, week.week, week.secret, at, report FROM report JOIN week USING (week)"
        " WHERE week = ? AND heard = ? ORDER BY at, n LIMIT ? OFFSET ?",
        (group.week, group.heard, most, after),
    )
    return [Row(*one) for one in found]


def last_week(db: sqlite3.Connection) -> Week | None:
    """The latest there is."""
    row = db.execute("SELECT week, secret, salt, facts, reports FROM week ORDER BY week DESC LIMIT 1").fetchone()
    return None if row is None else Week(*row)


def get(db: sqlite3.Connection, key: str, otherwise: Any) -> Any:
    """One value of the state."""
    row = db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return otherwise if row is None else row[0]


def put(db: sqlite3.Connection, **values: object) -> None:
    """Values of the state."""
    db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", values.items())


def enabled(db: sqlite3.Connection, target: str) -> bool:
    """Whether somebody has agreed to the page as it is, for where reports go now, and has not paused."""
    return get(db, "agreed", 0) >= PAGE and get(db, "target", "") == target and not get(db, "paused", 0)


def waiting(db: sqlite3.Connection) -> int:
    """Reports, in batches or not."""
    found = db.execute("SELECT (SELECT count(*) FROM report) + (SELECT coalesce(sum(count), 0) FROM batch)")
    return int(found.fetchone()[0])


def drop(db: sqlite3.Connection, count: int, untold: int = 0) -> None:
    """Count what went lost. untold: reports whose loss went with these, and was not told."""
    put(db, dropped=get(db, "dropped", 0) + count, untold=get(db, "untold", 0) + count + untold)


def drop_batch(db: sqlite3.Connection, batch_id: str) -> None:
    """Let a batch go, which there is."""
    count, untold = db.execute("DELETE FROM batch WHERE id = ? RETURNING count, dropped", (batch_id,)).fetchone()
    drop(db, count, untold)
