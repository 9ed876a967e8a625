"""What the rewrites of a home are made of, on disk: phrases, rules, and what people have taught. Tables of the store.

They are the truth; the packed cache file is made from them and can be made again. Every change has a number, so that
a process takes up what another has written (`edge rewrites pause`), and a file is known by the last change in it. Only
what has changed is written. Trouble with the file is the store's: told once, and nothing raises.

Where no words are to be kept, phrases and what was learnt by itself are not written; what somebody taught is, as it was
said to be kept.
"""

import json
import math
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from edge.feedback.ageing import reckoned
from edge.feedback.kept_lessons import KeptLessons, clean, next_change

MAX_RULES = 10_000
MAX_PHRASES = 20_000
IDLE_DAYS = 180
"""What was neither said nor served for so long goes; what was taught stays."""
BEHIND = -1
"""In place of the number of a change: somebody else has written since."""

TABLES = """
    CREATE TABLE phrases (home TEXT NOT NULL, text TEXT NOT NULL, label TEXT NOT NULL, wins REAL NOT NULL,
                          losses REAL NOT NULL, last_day INTEGER NOT NULL, rev INTEGER NOT NULL,
                          PRIMARY KEY (home, text, label)) WITHOUT ROWID;
    CREATE INDEX phrases_changed ON phrases (home, rev);
    CREATE TABLE rules (home TEXT NOT NULL, id TEXT NOT NULL, heard TEXT NOT NULL, means TEXT NOT NULL,
                        source TEXT NOT NULL, label TEXT NOT NULL, wins REAL NOT NULL, losses REAL NOT NULL,
                        served INTEGER NOT NULL, confidence REAL NOT NULL, situation TEXT NOT NULL,
                        made_day INTEGER NOT NULL, last_day INTEGER NOT NULL, state TEXT NOT NULL, rev INTEGER NOT NULL,
                        PRIMARY KEY (home, id)) WITHOUT ROWID;
    CREATE INDEX rules_changed ON rules (home, rev);
    CREATE TABLE lessons (home TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL,
                          at_ms INTEGER NOT NULL, PRIMARY KEY (home, kind, key)) WITHOUT ROWID;
    CREATE TABLE changes (home TEXT PRIMARY KEY, rev INTEGER NOT NULL, gone INTEGER NOT NULL, files TEXT NOT NULL)
        WITHOUT ROWID;
"""
"""The migration that adds them."""

TAUGHT = ("taught", "agreed")
"""Sources of the rules that somebody asked for."""

_T = TypeVar("_T")


class PhraseRow(NamedTuple):
    """As `edge.rewrite.entry.Phrase`, whose fields it has; the packages do not know each other."""

    text: str
    label: str
    wins: float
    losses: float
    last_day: int


class RuleRow(NamedTuple):
    """As `edge.rewrite.entry.Rule`, whose fields it has."""

    id: str
    heard: str
    means: str
    source: str
    label: str
    wins: float
    losses: float
    served: int
    confidence: float
    situation: str
    made_day: int
    last_day: int
    state: str


class Changes(NamedTuple):
    """How far the tables are."""

    rev: int = 0
    """Number of the last change; 0: nothing was ever written."""
    gone: int = 0
    """Number of the last change that took something away."""
    files: tuple[tuple[str, int], ...] = ()
    """Cache files that may be used, the latest first: what each is known by, and the last change in it."""


class Rows(NamedTuple):
    """What was read, with how far the tables were then."""

    phrases: tuple[PhraseRow, ...]
    rules: tuple[RuleRow, ...]
    changes: Changes


class KeptRules(KeptLessons):
    """The tables of one home. Safe to use from several threads."""

    @property
    def keeps_words(self) -> bool:
        """Whether what was not taught is kept at all."""
        return self._store.keeps_words

    def changes(self) -> Changes | None:
        """How far the tables are; None where they cannot be read."""
        return self._store.read(lambda db: _changes(db, self._home), None)

    def load(self, since: int = 0) -> Rows | None:
        """What has changed after that number, as of one moment; what was used last, where it is more than is kept."""
        home = self._home

        def look(db: sqlite3.Connection) -> Rows:
            db.execute("BEGIN")
            try:
                phrases = db.execute(
                    f"SELECT {_PHRASE} FROM phrases WHERE home = ? AND rev > ? ORDER BY last_day DESC LIMIT ?",  # noqa: S608 - no value is in it
                    (home, since, MAX_PHRASES),
                ).fetchall()
                rules = db.execute(
                    f"SELECT {_RULE} FROM rules WHERE home = ? AND rev > ? "  # noqa: S608 - no value is in it
                    f"ORDER BY source IN {TAUGHT} DESC, last_day DESC LIMIT ?",
                    (home, since, MAX_RULES),
                ).fetchall()
                return Rows(self._read(phrases, _phrase_row), self._read(rules, _rule_row), _changes(db, home))
            finally:
                db.execute("ROLLBACK")

        return self._store.read(look, None)

    def save(
        self,
        phrases: Iterable[PhraseRow] = (),
        rules: Iterable[RuleRow] = (),
        gone: Iterable[str] = (),
        since: int | None = None,
    ) -> Changes | None:
        """Write what has changed. gone: ids of rules that are taken away, before the others are written.

        since: number of the last change that the caller knows of. Where there is a later one nothing is written, as it
        would be over what somebody else has written or taken away, and the number that comes of it is `BEHIND`.

        How far the tables are then; None where nothing could be written.
        """
        home, words = self._home, self._store.keeps_words
        new_phrases = [tuple(map(clean, row)) for row in phrases] if words else []
        new_rules = [tuple(map(clean, row)) for row in rules if words or row.source in TAUGHT]
        ids = list(gone)

        def write(db: sqlite3.Connection) -> Changes:
            if since is not None and _changes(db, home).rev != since:
                return Changes(BEHIND)
            rev = next_change(db, home)
            if ids:
                db.executemany("DELETE FROM rules WHERE home = ? AND id = ?", [(home, one) for one in ids])
                db.execute("UPDATE changes SET gone = ? WHERE home = ?", (rev, home))
            for row in new_phrases:
                db.execute("INSERT OR REPLACE INTO phrases VALUES (?, ?, ?, ?, ?, ?, ?)", (home, *row, rev))
            for row in new_rules:
                marks = ", ".join("?" * 15)
                db.execute(f"INSERT OR REPLACE INTO rules VALUES ({marks})", (home, *row, rev))  # noqa: S608 - only marks
            return _changes(db, home)

        done = self._store.write(write, None)
        if ids and done is not None and done.rev != BEHIND:
            self._store.scrub()
        return done

    def forget_all(self) -> Changes | None:
        """Take all phrases and rules away, loaded or not, and with them how often each request worked.

        How far the tables are then; None where nothing could be written.
        """
        home = self._home

        def write(db: sqlite3.Connection) -> Changes:
            rev = next_change(db, home)
            db.execute("DELETE FROM phrases WHERE home = ?", (home,))
            db.execute("DELETE FROM rules WHERE home = ?", (home,))
            db.execute("UPDATE changes SET gone = ? WHERE home = ?", (rev, home))
            return _changes(db, home)

        done = self._store.write(write, None)
        if done is not None:
            self._store.scrub()
        return done

    def folded(self, file: str, rev: int) -> None:
        """The cache file that is known by this holds all up to that change; the one before it may still be used."""

        def write(db: sqlite3.Connection) -> None:
            before = _changes(db, self._home)
            files = [(file, rev), *(one for one in before.files if one[0] != file)][:2]
            if before.rev:
                db.execute("UPDATE changes SET files = ? WHERE home = ?", (json.dumps(files), self._home))

        self._store.write(write, None)

    def trim(self, day: int) -> int:
        """Take away what is beyond the bounds, what was used least lately first. How many rows those were.

        Beyond the number of rows, a twentieth goes, so that it is not done each time anew: nothing is mapped from a
        file that holds what has gone.

        day: today, in days since the Unix epoch. A clock that is years ahead for a while takes nothing, whether there
        are requests then or not: see `edge.feedback.ageing`; and only what is older than the latest row goes by age.
        """

        def write(db: sqlite3.Connection) -> int:
            total, old = 0, 0
            if (today := reckoned(db, "rules", day)) is not None:
                if today.steady:
                    _of_today(db, day)
                days = "SELECT last_day FROM phrases UNION ALL SELECT last_day FROM rules"
                latest = db.execute(f"SELECT max(last_day) FROM ({days})").fetchone()[0]  # noqa: S608 - no value is in it
                old = min(today.day, latest or 0) - IDLE_DAYS
            for table, most, spared in (("phrases", MAX_PHRASES, "1 = 0"), ("rules", MAX_RULES, f"source IN {TAUGHT}")):
                total += db.execute(f"DELETE FROM {table} WHERE last_day < ? AND NOT ({spared})", (old,)).rowcount  # noqa: S608
                key = "home, text, label" if table == "phrases" else "home, id"
                total += db.execute(
                    f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} "  # noqa: S608 - no value is in it
                    f"ORDER BY ({spared}) DESC, last_day DESC LIMIT -1 OFFSET "
                    f"CASE WHEN (SELECT count(*) FROM {table}) > :most THEN :most * 95 / 100 ELSE :most END)",
                    {"most": most},
                ).rowcount
            if total:
                for (home,) in db.execute("SELECT home FROM changes").fetchall():
                    rev = next_change(db, home)
                    db.execute("UPDATE changes SET gone = ? WHERE home = ?", (rev, home))
            return total

        return self._store.write(write, 0)

    # Rows

    def _read(self, rows: Iterable[tuple[Any, ...]], row_of: Callable[[tuple[Any, ...]], _T]) -> tuple[_T, ...]:
        found: list[_T] = []
        for row in rows:
            try:
                found.append(row_of(row))
            except (ValueError, TypeError, OverflowError):
                self._store.tell("store.unreadable", "some of what was learnt cannot be read, and is left out")
        return tuple(found)


def _phrase_row(row: tuple[Any, ...]) -> PhraseRow:
    text, label, wins, losses, last_day = row
    return PhraseRow(str(text), str(label), _number(wins), _number(losses), int(last_day))


def _rule_row(row: tuple[Any, ...]) -> RuleRow:
    rule_id, heard, means, source, label = (str(value) for value in row[:5])
    evidence = (_number(row[5]), _number(row[6]), int(row[7]), min(1.0, _number(row[8])))
    return RuleRow(
        rule_id, heard, means, source, label, *evidence, str(row[9]), int(row[10]), int(row[11]), str(row[12])
    )


def drop_words(db: sqlite3.Connection) -> None:
    """Leave of all homes only what was taught. For `Store.drop_words`, in its transaction."""
    db.execute("DELETE FROM phrases")
    db.execute("DELETE FROM lessons WHERE kind = 'offered'")
    db.execute(f"DELETE FROM rules WHERE source NOT IN {TAUGHT}")  # noqa: S608 - no value is in it
    db.execute("UPDATE changes SET rev = rev + 1, gone = rev + 1, files = '[]'")


def _of_today(db: sqlite3.Connection, day: int) -> None:
    """What was written by a clock that was ahead is of today, else it would count for new until that day."""
    late = (
        "SELECT home FROM phrases WHERE last_day > ?1 UNION SELECT home FROM rules WHERE max(last_day, made_day) > ?1"
    )
    for (home,) in db.execute(late, (day,)).fetchall():
        new = (day, next_change(db, home), home)
        db.execute("UPDATE phrases SET last_day = ?1, rev = ?2 WHERE home = ?3 AND last_day > ?1", new)
        db.execute(
            "UPDATE rules SET last_day = min(last_day, ?1), made_day = min(made_day, ?1), rev = ?2 "
            "WHERE home = ?3 AND max(last_day, made_day) > ?1",
            new,
        )


_PHRASE = ", ".join(PhraseRow._fields)
_RULE = ", ".join(RuleRow._fields)


def _changes(db: sqlite3.Connection, home: str) -> Changes:
    row = db.execute("SELECT rev, gone, files FROM changes WHERE home = ?", (home,)).fetchone()
    if row is None:
        return Changes()
    try:
        files = tuple((str(file), int(rev)) for file, rev in json.loads(row[2]))
    except (ValueError, TypeError):
        files = ()  # none is known: one is made anew
    return Changes(int(row[0]), int(row[1]), tuple(one for one in files if one[1] >= int(row[1])))


def _number(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or number < 0:
        raise ValueError
    return number
