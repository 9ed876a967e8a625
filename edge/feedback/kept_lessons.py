"""What people have taught, and what is to be known of teaching, on disk: rows of the store, one for each lesson."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

from edge.core.text import MAX_CHARS

MAX_LESSONS = 1_000
"""Of one home and kind."""
MAX_KINDS = 10
"""Of lessons; there are five."""
MAX_DATA = 8_000
"""Characters of a lesson."""

FOLLOWS = """
    CREATE TRIGGER offers_of_rules AFTER DELETE ON rules
    BEGIN
        DELETE FROM lessons WHERE home = OLD.home AND kind = 'offered' AND key = OLD.heard || char(10) || OLD.means;
    END;
    CREATE TRIGGER lessons_of_rules AFTER DELETE ON rules WHEN OLD.source IN ('taught', 'agreed')
    BEGIN
        DELETE FROM lessons WHERE home = OLD.home AND kind = 'phrase' AND key = OLD.heard
            AND CASE WHEN json_valid(data) THEN json_extract(data, '$.id') = OLD.id ELSE 1 END;
        DELETE FROM lessons WHERE home = OLD.home AND kind = 'like' AND json_valid(data)
            AND EXISTS (SELECT 1 FROM json_each(data, '$.rules') WHERE value = OLD.id)
            AND NOT EXISTS (SELECT 1 FROM json_each(data, '$.rules') AS one JOIN rules
                            ON rules.home = OLD.home AND rules.id = one.value);
    END;
"""
"""The migration by which the words of lessons and offers go with the rules that they are about, whoever takes those."""
_LEARNT = "offered"
"""The kind that holds words which nobody has taught."""

_T = TypeVar("_T")


class LessonRow(NamedTuple):
    """Something that somebody taught, or that is to be remembered of teaching."""

    kind: str
    key: str
    data: Any
    """What JSON holds."""
    at_ms: int


class Tables(Protocol):
    """What of the store is needed here: see `edge.feedback.store.Store`."""

    home: str

    @property
    def keeps_words(self) -> bool:
        """Whether what was said may be on disk."""
        ...

    def read(self, action: "Callable[[sqlite3.Connection], _T]", otherwise: _T) -> _T:
        """Do what only reads; `otherwise` where that is not possible."""
        ...

    def write(self, action: "Callable[[sqlite3.Connection], _T]", otherwise: _T) -> _T:
        """Do it in one transaction; `otherwise` where that is not possible."""
        ...

    def scrub(self) -> None:
        """Let nothing be on disk of what has just been taken away."""
        ...

    def tell(self, code: str, sentence: str) -> None:
        """Warn of it, once."""
        ...


class KeptLessons:
    """Those of one home. Safe to use from several threads."""

    def __init__(self, store: Tables) -> None:
        self._store, self._home = store, store.home

    def lessons(self, kind: str | None = None) -> tuple[LessonRow, ...] | None:
        """All of this home, or of one kind, the latest last; None where they cannot be read now."""
        query = (
            "SELECT kind, key, data, at_ms FROM "
            "(SELECT *, row_number() OVER (PARTITION BY kind ORDER BY at_ms DESC) AS n FROM lessons "
            "WHERE home = ? AND (? IS NULL OR kind = ?)) WHERE n <= ? ORDER BY at_ms LIMIT ?"
        )
        values = (self._home, kind, kind, MAX_LESSONS, MAX_KINDS * MAX_LESSONS)
        rows: list[Any] | None = self._store.read(lambda db: db.execute(query, values).fetchall(), None)
        if rows is None:
            return None
        found: list[LessonRow] = []
        for of_kind, key, text, at_ms in rows:
            try:
                found.append(LessonRow(str(of_kind), str(key), json.loads(text), int(at_ms)))
            except (ValueError, TypeError, RecursionError):
                self._store.tell("store.unreadable", "what was taught cannot be read in part, and that is left out")
        return tuple(found)

    def teach(self, kind: str, key: str, data: object, at_ms: int) -> bool:
        """Keep a lesson; the one of this kind and key before it goes. Whether all is kept that may be."""
        text = json.dumps(data, allow_nan=False, separators=(",", ":"))
        if len(text) > MAX_DATA or len(key) > MAX_CHARS:
            return False
        if kind == _LEARNT and not self._store.keeps_words:
            return True
        row = (self._home, clean(kind), clean(key), text, at_ms)

        def write(db: sqlite3.Connection) -> bool:
            db.execute("INSERT OR REPLACE INTO lessons VALUES (?, ?, ?, ?, ?)", row)
            # A clock that was ahead has made no other one later than this.
            kept = "SELECT key FROM lessons WHERE home = ?1 AND kind = ?2 ORDER BY key = ?3 DESC, at_ms DESC"
            db.execute(
                f"DELETE FROM lessons WHERE home = ?1 AND kind = ?2 AND key IN ({kept} LIMIT -1 OFFSET ?4)",  # noqa: S608 - no value is in it
                (*row[:3], MAX_LESSONS),
            )
            next_change(db, self._home)
            return True

        return self._store.write(write, False)

    def unteach(self, kind: str, key: str | None = None) -> int | None:
        """Take back a lesson, or all of a kind. How many those were; None where that could not be written."""
        query = "DELETE FROM lessons WHERE home = ? AND kind = ? AND (? IS NULL OR key = ?)"

        def write(db: sqlite3.Connection) -> int:
            next_change(db, self._home)
            return db.execute(query, (self._home, kind, key, key)).rowcount

        gone = self._store.write(write, None)
        if gone:
            self._store.scrub()
        return gone


def next_change(db: sqlite3.Connection, home: str) -> int:
    """The number of the change that this transaction makes."""
    db.execute(
        "INSERT INTO changes VALUES (?, 1, 0, '[]') ON CONFLICT (home) DO UPDATE SET rev = rev + 1",
        (home,),
    )
    return int(db.execute("SELECT rev FROM changes WHERE home = ?", (home,)).fetchone()[0])


def clean(value: _T) -> _T:
    """A value without half characters, which no database takes."""
    if isinstance(value, str):
        return str(value).encode(errors="replace").decode()  # type: ignore[return-value]
    return value
