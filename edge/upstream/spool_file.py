"""The outbox's file: opened when it is needed, and whatever becomes of it. No trouble with it raises.

SQLite with a write-ahead log (https://www.sqlite.org/wal.html). The hub and a command may have it open at once. One
that is damaged is moved out of the way, and none is begun in its place until somebody agrees again.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

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
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCK_S = 2.0
"""Seconds to wait for another program."""
_REASONS: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("outbox.locked", "another program keeps it locked"),
    sqlite3.SQLITE_LOCKED: ("outbox.locked", "another program keeps it locked"),
    sqlite3.SQLITE_FULL: ("outbox.full", "the disk is full"),
    sqlite3.SQLITE_READONLY: ("outbox.read_only", "it may not be written"),
    sqlite3.SQLITE_CANTOPEN: ("outbox.read_only", "it cannot be opened"),
    sqlite3.SQLITE_IOERR: ("outbox.disk", "the disk fails"),
}
_BESIDE = ("", "-wal", "-shm")
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
            db.execute("BEGIN IMMEDIATE")
            try:
                found = action(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk has ended it already
                    db.execute("ROLLBACK")
                raise
            return (found,)

        done = self._done(whole, None, make=make)
        if done is None:
            return otherwise
        self._told.clear()
        return done[0]

    def scrub(self) -> None:
        """Let nothing be on disk of what has just been taken away; what is free in the file is overwritten anyway."""
        self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall(), [])
        with suppress(OSError):
            self._remove_broken()

    def _done(self, action: Action[_T], otherwise: _T, *, make: bool) -> _T:
        with self._lock:
            try:
                db = self._connection(make=make)
                return otherwise if db is None else action(db)
            except sqlite3.Error as error:
                number = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
                if number in _CORRUPT:
                    self._set_aside()
                    return otherwise
                if number == sqlite3.SQLITE_READONLY:
                    self._drop()  # the next time it may be writable again
                code, reason = _REASONS.get(number, ("outbox.failed", f"SQLite says {type(error).__name__}"))
            except OSError as error:
                code, reason = "outbox.read_only", str(error.strerror)
            except _NewerError:
                code, reason = "outbox.newer", "it was made by a newer edge, and is left alone"
            self.tell(code, f"{self.path}: {reason}; nothing is told to others now")
            return otherwise

    def _connection(self, *, make: bool) -> sqlite3.Connection | None:
        now = None if self._closed else self._identity()
        if self._db is not None and now != self._opened:
            self._drop()  # somebody has removed it, or put another in its place
        if self._closed or (now is None and not make):
            return None
        if self._db is None:
            self._db = self._connected()
        return self._db

    def _connected(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):  # made here, so that nobody else may ever read it
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        db = sqlite3.connect(self.path, timeout=_LOCK_S, check_same_thread=False, isolation_level=None)
        self._opened = self._identity()
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

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

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
            if self._identity() != opened:
                return
            self._remove_broken()
            for more in _BESIDE:
                with suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + more).rename(self.broken.with_name(self.broken.name + more))
        except OSError as error:
            self.tell("outbox.read_only", f"{self.path} is damaged and cannot be moved away: {error.strerror}")
            return
        self.tell(
            "outbox.corrupt",
            f"{self.path} was damaged: it is now {self.broken.name}, and nothing is told to others until you run "
            "edge outbox enable",
        )

    def _remove_broken(self) -> None:
        for more in _BESIDE:
            self.broken.with_name(self.broken.name + more).unlink(missing_ok=True)


class _NewerError(Exception):
    """It was made by a newer edge."""


def _version(db: sqlite3.Connection) -> int:
    """Raises _NewerError."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise _NewerError
    return version
