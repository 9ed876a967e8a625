"""The outbox's file: opened when it is needed, and whatever becomes of it. No trouble with it raises.

SQLite with a write-ahead log (https://www.sqlite.org/wal.html). The hub and a command may have it open at once. One
that is damaged is moved out of the way, and none is begun in its place until somebody agrees again.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from edge.core import sqlite_file
from edge.core.sqlite_file import identity, number_of, remove_file, transaction

VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS week (week TEXT PRIMARY KEY, secret TEXT NOT NULL, salt BLOB NOT NULL,
  facts INTEGER NOT NULL, reports INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (hash BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS report (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, week TEXT NOT NULL,
  heard TEXT NOT NULL, at INTEGER NOT NULL, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS report_text ON report (week, heard, at);
CREATE TABLE IF NOT EXISTS batch (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, data BLOB NOT NULL,
  count INTEGER NOT NULL, dropped INTEGER NOT NULL, refused INTEGER NOT NULL DEFAULT 0)
"""
_LOCK_S = 2.0
"""Seconds to wait for another program."""
BROKEN = ".broken"

_T = TypeVar("_T")
Action = Callable[[sqlite3.Connection], _T]
Warn = Callable[[str, str], None]
"""Told a stable code and one sentence."""


class SpoolFile:
    """Safe to use from several threads. warn: told once for each kind of trouble, and again once it was over."""

    def __init__(self, path: Path, warn: Warn) -> None:
        self.path, self._warn = path, warn
        self._lock = threading.RLock()
        self._told: set[str] = set()
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        """Device and inode of the file that is open."""
        self._closed = False

    def close(self) -> None:
        """Nothing is read or kept any more."""
        with self._lock:
            self._closed = True
            self._drop()

    @property
    def broken(self) -> Path:
        """What a damaged file is called."""
        return self.path.with_name(self.path.name + BROKEN)

    def tell(self, code: str, sentence: str) -> None:
        """Warn of it, unless that has been done."""
        if code not in self._told:
            self._told.add(code)
            self._warn(code, sentence)

    def read(self, action: Action[_T], otherwise: _T) -> _T:
        """Do it, where there is a file."""
        return self._done(action, otherwise, make=False)

    def write(self, action: Action[_T], otherwise: _T, *, lasting: bool = False, make: bool = False) -> _T:
        """Do it in one transaction, where there is a file.

        lasting: it is on the disk, with all before it, when this returns; else a power cut may take the last few. make:
        whether a file is made where there is none.
        """

        def whole(db: sqlite3.Connection) -> tuple[_T]:
            # In WAL mode only this has commits synced (https://www.sqlite.org/pragma.html#pragma_synchronous), each of
            # them with all of the log before it.
            db.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            return (transaction(db, action),)

        done = self._done(whole, None, make=make)
        if done is None:
            return otherwise
        self._told.clear()
        return done[0]

    def scrub(self) -> None:
        """Let nothing be on disk of what has just been taken away; what is free in the file is overwritten anyway."""
        self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall(), [])
        with suppress(OSError):
            remove_file(self.broken)

    def _done(self, action: Action[_T], otherwise: _T, *, make: bool) -> _T:
        with self._lock:
            try:
                db = self._connection(make=make)
                return otherwise if db is None else action(db)
            except sqlite_file.FAILURES as error:
                number = number_of(error)
                if number in sqlite_file.CORRUPT:
                    self._set_aside()
                    return otherwise
                if number == sqlite3.SQLITE_READONLY:
                    self._drop()  # the next time it may be writable again
                code, reason = sqlite_file.reason_of(error)
            except OSError as error:
                code, reason = "read_only", str(error.strerror)
            except _NewerError:
                code, reason = "newer", "it was made by a newer edge, and is left alone"
            self.tell(f"outbox.{code}", f"{self.path}: {reason}; nothing is told to others now")
            return otherwise

    def _connection(self, *, make: bool) -> sqlite3.Connection | None:
        now = None if self._closed else identity(self.path)
        if self._db is not None and now != self._opened:
            self._drop()  # somebody has removed it, or put another in its place
        if self._closed or (now is None and not make):
            return None
        if self._db is None:
            self._db = self._connected()
        return self._db

    def _connected(self) -> sqlite3.Connection:
        sqlite_file.make_private(self.path)
        db = sqlite3.connect(self.path, timeout=_LOCK_S, check_same_thread=False, isolation_level=None)
        self._opened = identity(self.path)
        try:
            version = _version(db)
            db.execute("PRAGMA secure_delete = ON")
            if version < VERSION:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA};PRAGMA user_version = {VERSION};COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):  # all that was kept has been committed
                db.close()

    def _set_aside(self) -> None:
        """Only the file that was opened: another process may have done so, and somebody begun a new one."""
        opened = self._opened
        self._drop()
        try:
            if identity(self.path) != opened:
                return
            remove_file(self.broken)
            sqlite_file.move_file(self.path, self.broken)
        except OSError as error:
            self.tell("outbox.read_only", f"{self.path} is damaged and cannot be moved away: {error.strerror}")
            return
        self.tell(
            "outbox.corrupt",
            f"{self.path} was damaged: it is now {self.broken.name}, and nothing is told to others until you run "
            "edge outbox enable",
        )


class _NewerError(Exception):
    """It was made by a newer edge."""


def _version(db: sqlite3.Connection) -> int:
    """Raises _NewerError."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise _NewerError
    return version
