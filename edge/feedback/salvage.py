"""What can still be read of a damaged file, taken over into the new one: each table from both its ends to the damage.

A page that is damaged costs the rows on it, and those between it and the next damage; SQLite tells of it when it comes
to the page (https://www.sqlite.org/recovery.html does the same with a tool that is not everywhere).
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from edge.core.sqlite_file import FAILURES

MAX_ROWS = 40_000
"""Of one table; a whole file holds fewer."""
MAX_S = 5.0
"""Seconds that reading may take."""
_STEPS = 100
"""Of SQLite's machine between two looks at the clock."""
_TABLES = ("lessons", "rules", "phrases", "steps", "memory", "turns", "verdicts")
"""What matters most comes first. `changes` begins anew, so that whoever knows more than was saved writes it again."""


class Saved(NamedTuple):
    """How much that was."""

    learned: int
    """Rewrites, names and likings."""
    turns: int


def salvage(aside: Path, db: sqlite3.Connection, *, clock: Callable[[], float] = time.monotonic) -> Saved:
    """Put what is readable in the file set aside into the new one, in a transaction of the caller's.

    Raises sqlite3.Error where the new one cannot be written.
    """
    until = clock() + MAX_S
    for options in ("mode=ro", "mode=ro&immutable=1"):  # the one with its log, the other whatever becomes of that
        with suppress(*FAILURES), closing(_opened(aside, options)) as old:
            old.set_progress_handler(lambda: clock() > until, _STEPS)
            for table in _TABLES:
                _copy(table, old, db)
    for table in ("rules", "phrases"):
        db.execute(f"UPDATE {table} SET rev = 1")  # noqa: S608 - of the list above
        db.execute(f"INSERT OR IGNORE INTO changes SELECT DISTINCT home, 1, 0, '[]' FROM {table}")  # noqa: S608 - the same
    db.execute("INSERT OR IGNORE INTO changes SELECT DISTINCT home, 1, 0, '[]' FROM lessons")
    learned = "SELECT (SELECT count(*) FROM rules) + (SELECT count(*) FROM lessons WHERE kind = 'name')"
    return Saved(int(db.execute(learned).fetchone()[0]), int(db.execute("SELECT count(*) FROM turns").fetchone()[0]))


def _opened(aside: Path, options: str) -> sqlite3.Connection:
    old = sqlite3.connect(f"{aside.absolute().as_uri()}?{options}", uri=True, timeout=0)
    old.text_factory = lambda raw: raw.decode(errors="replace")
    return old


def _copy(table: str, old: sqlite3.Connection, db: sqlite3.Connection) -> None:
    columns = [(str(row[1]), int(row[5])) for row in db.execute(f"PRAGMA table_info({table})")]
    names = ", ".join(name for name, _ in columns)
    keys = ["rowid"]
    try:
        db.execute(f"SELECT rowid FROM {table} LIMIT 0")  # noqa: S608 - of the list above
    except sqlite3.OperationalError:  # a table without one is in the order of its key
        keys = [name for _, name in sorted((place, name) for name, place in columns if place)]
    into = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - the schema's
    for way in ("ASC", "DESC"):
        order = ", ".join(f"{key} {way}" for key in keys)
        rows = _readable(old, f"SELECT {names} FROM {table} ORDER BY {order} LIMIT {MAX_ROWS}")  # noqa: S608 - the same
        db.executemany(into, rows)


def _readable(old: sqlite3.Connection, query: str) -> Iterator[Any]:
    """The rows up to the first that is damaged."""
    with suppress(*FAILURES):
        yield from old.execute(query)
