"""What the hub keeps on disk: its last turns, its memory, and what feedback has taught it. SQLite, one file.

The file is for its owner alone (0600) and bounded. A file that is no database any more is set aside under another name
and a new one begun; one that is locked, full or read-only costs what was to be written and no more: no trouble with it
raises. Killed in the midst of a write it opens again as it was before that write (WAL,
https://www.sqlite.org/wal.html). Homes are told apart by a key, so that what was said to one is not gone on from in
another. Several processes may have it open.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from edge.core import codec
from edge.core.errors import InputError
from edge.core.turn import Turn
from edge.feedback import kept_rules, kept_verdicts
from edge.feedback.kept import kept
from edge.feedback.schema import MIGRATIONS as MIGRATIONS  # noqa: PLC0414 - part of the file
from edge.feedback.schema import NewerError, migrate

FILE = "history.db"
MAX_TURNS = 200
MAX_STEPS = 400
MAX_AGE_MS = 30 * 86_400_000
MAX_CHARS = 250_000
"""Of one turn; what is longer is not kept."""
MAX_TOTAL = 4_000_000
"""Characters of all turns together."""

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCK_S = 2.0
"""Seconds to wait for another program; once in vain, then no more until it has let go: a stop is not to wait long."""
_REASONS = {
    sqlite3.SQLITE_BUSY: ("store.locked", "another program keeps it locked"),
    sqlite3.SQLITE_LOCKED: ("store.locked", "another program keeps it locked"),
    sqlite3.SQLITE_FULL: ("store.full", "the disk is full"),
    sqlite3.SQLITE_READONLY: ("store.read_only", "it may not be written"),
    sqlite3.SQLITE_CANTOPEN: ("store.read_only", "it cannot be opened or made there"),
    sqlite3.SQLITE_IOERR: ("store.disk", "the disk fails"),
}

_SHORTEN = """
    DELETE FROM turns WHERE n IN (
        SELECT n FROM (SELECT n, sum(length(turn)) OVER (ORDER BY n DESC) AS total FROM turns) WHERE total > ?
    )
"""

_T = TypeVar("_T")

Warn = Callable[[str, str], None]
"""Told a stable code and one sentence."""


class Step(NamedTuple):
    """One lesson: by how much it moved which weights."""

    turn: str
    """Id of the turn that it was about."""
    at_ms: int
    reason: str
    moves: Mapping[str, float]


class Store:
    """The file, for one home. Safe to use from several threads.

    home: name of the home that all of it is about. warn: told once for each kind of trouble.
    """

    def __init__(self, path: Path, home: str, warn: Warn, *, keep_words: bool = True) -> None:
        self._path, self._home, self._warn, self._keep_words = path, home, warn, keep_words
        self.home = home
        self._lock = threading.RLock()
        self._warned: set[str] = set()
        self._db: sqlite3.Connection | None = None
        self._hurries = False
        self._closed = False
        self._look(lambda _: None, None)

    def close(self) -> None:
        """Nothing is kept any more; nothing happens when it is closed already."""
        with self._lock:
            self._closed = True
            self._drop()

    @property
    def is_open(self) -> bool:
        """Whether anything is kept at all."""
        return self._db is not None

    def add_turn(self, turn: Turn) -> None:
        """Keep a turn, without its words where none are to be kept; the oldest beyond the bounds go."""
        text = _text(codec.to_json(kept(turn, words=self._keep_words)))
        if len(text) > MAX_CHARS:
            return

        def add(db: sqlite3.Connection) -> None:
            row = (self._home, turn.id, turn.opened_ms, text)
            db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES (?, ?, ?, ?)", row)
            db.execute(
                "DELETE FROM turns WHERE at_ms < ? OR n <= (SELECT n FROM turns ORDER BY n DESC LIMIT 1 OFFSET ?)",
                (turn.opened_ms - MAX_AGE_MS, MAX_TURNS),
            )
            db.execute(_SHORTEN, (MAX_TOTAL,))
            kept_verdicts.follow(db)

        self._do(add, None)

    def add_verdict(self, turn: Turn) -> bool:
        """Keep how a turn went; whether that was done: see `kept_verdicts.add`."""
        return self._do(lambda db: kept_verdicts.add(db, self._home, turn, words=self._keep_words), False)

    def turns(self, limit: int = MAX_TURNS) -> tuple[Turn, ...]:
        """The last turns of this home, latest first, with how they went; what cannot be read any more is left out."""
        rows = self._rows(f"{kept_verdicts.JOINED} WHERE turns.home = ? ORDER BY n DESC LIMIT ?", self._home, limit)
        return tuple(turn for row in rows if (turn := self._whole(*row)) is not None)

    def turn(self, turn_id: str) -> Turn | None:
        """The turn of this id, or the only one of this home whose id begins so; None where there is none."""
        rows = self._rows(
            f"{kept_verdicts.JOINED} WHERE turns.home = ? AND substr(id, 1, ?) = ? ORDER BY id, n DESC LIMIT 2",
            *(self._home, len(turn_id), turn_id),
        )
        alone = turn_id and rows and (len(rows) == 1 or rows[0][1] == turn_id)
        return self._whole(*rows[0]) if alone else None

    def home_asked(self, turn_id: str | None = None) -> str | None:
        """The home in which something was asked last, or in which the turn of this id was; None where there is none.

        This home, where the turn is one of it.
        """
        if turn_id is None:
            rows = self._rows("SELECT home FROM turns ORDER BY n DESC LIMIT 1")
        else:
            sought = (len(turn_id), turn_id, self.home)
            rows = self._rows(
                "SELECT home FROM turns WHERE substr(id, 1, ?) = ? ORDER BY home = ? DESC, n DESC LIMIT 1", *sought
            )
        return str(rows[0][0]) if rows else None

    def memory(self) -> dict[str, Any]:
        """Parts of the memory's dump, by name."""
        found: dict[str, Any] = {}
        for part, text in self._rows("SELECT part, data FROM memory WHERE home = ? AND part <> 'mark'", self._home):
            try:
                found[part] = json.loads(text)
            except (ValueError, TypeError, RecursionError):
                self.tell("store.unreadable", f"{self._path}: its {part} cannot be read and begin anew")
        return found

    def save_memory(self, **parts: object) -> bool:
        """Keep these parts of the memory's dump, and leave the others as they are; whether that was done."""
        rows = [(self._home, part, _text(data)) for part, data in parts.items()]

        def save(db: sqlite3.Connection) -> bool:
            db.executemany("INSERT OR REPLACE INTO memory (home, part, data) VALUES (?, ?, ?)", rows)
            return True

        return self._do(save, False)

    def add_step(self, step: Step) -> None:
        """Keep what was learned from a turn."""
        row = (self._home, step.turn, step.at_ms, step.reason, json.dumps(dict(step.moves), allow_nan=False))

        def add(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO steps (home, turn, at_ms, reason, moves) VALUES (?, ?, ?, ?, ?)", row)
            kept_from = "SELECT n FROM steps ORDER BY n DESC LIMIT 1 OFFSET ?"
            db.execute(f"DELETE FROM steps WHERE n <= ({kept_from})", (MAX_STEPS,))  # noqa: S608 - no value is in it

        self._do(add, None)

    def steps(self) -> tuple[Step, ...]:
        """All that was learned of this home, oldest first."""
        found: list[Step] = []
        for turn, at_ms, reason, text in self._rows(
            "SELECT turn, at_ms, reason, moves FROM steps WHERE home = ? ORDER BY n", self._home
        ):
            try:
                moves = codec.loads(_Moves, f'{{"moves": {text}}}').moves
            except InputError:
                self.tell("store.unreadable", f"{self._path}: a lesson cannot be read and is left out")
            else:
                found.append(Step(turn, at_ms, reason, moves))
        return tuple(found)

    def forget(self, turn_id: str | None = None) -> int:
        """Take back what was learned: from one turn, or all of it, habits too. How many lessons that were."""

        def forget(db: sqlite3.Connection) -> int:
            if turn_id is None:
                gone = db.execute("DELETE FROM steps WHERE home = ?", (self._home,)).rowcount
                db.execute("DELETE FROM memory WHERE home = ? AND part <> 'mark'", (self._home,))
            else:
                gone = db.execute("DELETE FROM steps WHERE home = ? AND turn = ?", (self._home, turn_id)).rowcount
            db.execute(
                "INSERT INTO memory (home, part, data) VALUES (?, 'mark', '1') "
                "ON CONFLICT (home, part) DO UPDATE SET data = data + 1",
                (self._home,),
            )
            return gone

        return self._do(forget, 0)

    def forget_turns(self, turn_id: str | None = None) -> int:
        """Let nothing stay of a turn of this home, or of all its turns; how many that were."""
        gone = self._do(lambda db: kept_verdicts.forget(db, self._home, turn_id), 0)
        self._look(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)"), None)
        return gone

    def mark(self) -> int | None:
        """A number that grows with every `forget`, by whatever process; None where it cannot be read now."""
        query = "SELECT data FROM memory WHERE home = ? AND part = 'mark'"
        rows = self._look(lambda db: db.execute(query, (self._home,)).fetchall(), None)
        if rows is None:
            return None
        return int(rows[0][0]) if rows and str(rows[0][0]).isdecimal() else 0

    def drop_words(self) -> None:
        """Keep what was kept of all homes before without its words, as what is added from now on."""

        def drop(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM memory WHERE part = 'spoken'")
            kept_verdicts.drop_words(db)
            kept_rules.drop_words(db)
            for n, text in db.execute("SELECT n, turn FROM turns").fetchall():
                if (turn := self._read(text)) is None:
                    db.execute("DELETE FROM turns WHERE n = ?", (n,))  # nobody can tell what is in it
                elif (short := _text(codec.to_json(kept(turn, words=False)))) != text:
                    db.execute("UPDATE turns SET turn = ? WHERE n = ?", (short, n))

        self._do(drop, None)
        self._look(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)"), None)

    def tell(self, code: str, sentence: str) -> None:
        """Warn of it, unless that has been done."""
        if code not in self._warned:
            self._warned.add(code)
            self._warn(code, sentence)

    @property
    def keeps_words(self) -> bool:
        """Whether what was said may be on disk."""
        return self._keep_words

    # The file

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self._look(lambda db: db.execute(query, values).fetchall(), [])

    def _do(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Write it in one transaction. What goes wrong is told, and `otherwise` comes of it."""
        return self._look(lambda db: _written(db, action), otherwise)

    def _look(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Do it, in no transaction: what only reads waits for nobody who writes."""
        with self._lock:
            if self._closed:
                return otherwise
            try:
                done = self._tried(action)
            except sqlite3.Error as error:
                number = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
                if number in _CORRUPT and self._set_aside():
                    return otherwise
                self._hurry(number in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
                code, reason = _REASONS.get(number, ("store.failed", f"SQLite says {type(error).__name__}"))
            except OSError as error:
                code, reason = "store.read_only", str(error.strerror)
            except NewerError:
                code, reason = "store.newer", "it was made by a newer edge, and is left alone"
            else:
                self._hurry(False)
                return done
            self.tell(code, f"{self._path}: {reason}; what happens now is not remembered")
            return otherwise

    read, write = _look, _do
    """For `kept_rules`: what goes wrong is told, and the second argument comes of it."""

    def _tried(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._db is None:
            self._db = self._connect()
        return action(self._db)

    def _hurry(self, hurries: bool) -> None:
        """Whether to wait for nobody."""
        if hurries != self._hurries:
            self._hurries = hurries
            if self._db is not None:
                self._db.execute(f"PRAGMA busy_timeout = {0 if hurries else int(_LOCK_S * 1000)}")

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):  # made here, so that nobody else may ever read it
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        wait_s = 0 if self._hurries else _LOCK_S
        db = sqlite3.connect(self._path, timeout=wait_s, check_same_thread=False, isolation_level=None)
        db.text_factory = lambda raw: raw.decode(errors="replace")  # one bad row is no reason to read none
        try:
            _write_ahead(db, wait_s)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")  # what is not kept any more is not left in free pages either
            migrate(db)
        except BaseException:
            db.close()
            raise
        return db

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):  # all that was kept has been committed
                db.close()

    def _set_aside(self) -> bool:
        """Move a damaged file out of the way; whether that could be done. The next time a new one is begun."""
        self._drop()
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.broken-{number}")).exists():
            number += 1
        try:
            self._path.rename(aside)
            for more in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    self._path.with_name(self._path.name + more).rename(aside.with_name(aside.name + more))
        except OSError:
            return False
        self.tell("store.corrupt", f"{self._path} was damaged: it is now {aside.name}, and a new one is begun")
        return True

    def _whole(self, text: str, _: str, *row: Any) -> Turn | None:
        """The turn with its verdict, where it has one that can be read."""
        turn = self._read(text)
        try:
            return None if turn is None else kept_verdicts.with_verdict(turn, row)
        except (InputError, TypeError, ValueError):
            self.tell("store.unreadable", f"{self._path}: how a turn went cannot be read and is left out")
            return turn

    def _read(self, text: str) -> Turn | None:
        try:
            return codec.loads(Turn, text)
        except (InputError, TypeError):
            self.tell("store.unreadable", f"{self._path}: a turn of another version of edge is left out")
            return None


def remove(path: Path) -> bool:
    """Remove the file and what SQLite has put beside it; whether there was one. Raises OSError."""
    found = path.exists()
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return found


def _write_ahead(db: sqlite3.Connection, wait_s: float) -> None:
    """Turn the write-ahead log on. SQLite does not wait for another process that does so at once; this does."""
    until = time.monotonic() + wait_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


def _text(data: object) -> str:
    """JSON in ASCII, as a name from the network may hold half a character, which no database takes."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def _written(db: sqlite3.Connection, action: Callable[[sqlite3.Connection], _T]) -> _T:
    db.execute("BEGIN IMMEDIATE")
    try:
        done = action(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise
    return done


@dataclass(frozen=True, slots=True)
class _Moves:
    moves: Mapping[str, float]
