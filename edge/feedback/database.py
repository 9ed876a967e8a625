"""The file of the store, opened when it is needed and whatever becomes of it. No trouble with it raises.

SQLite with a write-ahead log (https://www.sqlite.org/wal.html). Several processes may have it open. One that finds it
damaged sets it aside under another name, and the others go on with the new one: each knows the file that it has opened
by its device and inode, and names of files are changed with a lock on a file beside it.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from edge.core import sqlite_file
from edge.core.sqlite_file import identity, number_of, remove_file, transaction
from edge.feedback.salvage import salvage
from edge.feedback.schema import MIGRATIONS, NewerError, migrate, version

MAX_BROKEN = 2
"""Damaged files that are kept, the latest."""

_NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
"""What opening for writing, which makes files beside it, comes to on a full disk."""
_LOCK_S = 2.0
"""Seconds to wait for another program; once in vain, then no more until it has let go: a stop is not to wait long."""
_PASSES = frozenset(f"store.{reason}" for reason in sqlite_file.PASSES)
"""Trouble that may pass, and is told again when it comes back."""
_CALM = 20
"""Writings after which it was over: a disk that is nearly full takes a short row between two long ones."""
_LOCK = ".lock"
ALIVE = ".alive"
"""What names of files end with that tell who is there; see `edge.feedback.presence`."""
_ROWS = 10_000
"""Rows that are read at most, whatever is in the file."""

_T = TypeVar("_T")

Warn = Callable[[str, str], None]
"""Told a stable code and one sentence."""


class Database:
    """Safe to use from several threads.

    warn: told once for each kind of trouble, and again where it was over in between.
    """

    def __init__(self, path: Path, warn: Warn) -> None:
        self._path, self._warn = path, warn
        self._lock = threading.RLock()
        self._warned: set[str] = set()
        self._db: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        """Device and inode of the file that is open."""
        self._read_only = False
        self._calm = 0
        """Writings since there was trouble."""
        self._hurries = False
        self._unscrubbed = False
        self._closed = False
        self.read(lambda _: None, None)

    def close(self) -> None:
        """Nothing is kept any more; nothing happens when it is closed already."""
        with self._lock:
            if self._unscrubbed and self._db is not None:
                self.scrub()
            self._closed = True
            self._drop()

    @property
    def is_open(self) -> bool:
        """Whether anything is kept at all."""
        return self._db is not None

    def tell(self, code: str, sentence: str) -> None:
        """Warn of it, unless that has been done."""
        if code not in self._warned:
            self._warned.add(code)
            self._warn(code, sentence)

    def rows(self, query: str, *values: object) -> list[Any]:
        """What a query finds, and no more of it than any home can have; nothing where that cannot be read."""
        return self.read(lambda db: db.execute(query, values).fetchmany(_ROWS), [])

    def write(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Do it in one transaction. What goes wrong is told, and `otherwise` comes of it."""
        with self._lock:
            done = self.read(lambda db: (transaction(db, action),), None)
            if done is None:
                return otherwise
            self._calm += not self._read_only  # which takes what changes nothing, too
            if self._calm >= _CALM:
                self._warned -= _PASSES
            if self._unscrubbed:
                self.scrub()
            return done[0]

    def read(self, action: Callable[[sqlite3.Connection], _T], otherwise: _T, *, again: bool = True) -> _T:
        """Do it, in no transaction: what only reads waits for nobody who writes.

        again: whether it is tried once more where the file was damaged and a new one was begun.
        """
        with self._lock:
            if self._closed:
                return otherwise
            try:
                done = action(self._connection())
            except sqlite_file.FAILURES as error:
                number = number_of(error)
                # One that is read as if nobody wrote it may only seem damaged, as somebody else does.
                if number in sqlite_file.CORRUPT and not self._read_only and self._set_aside():
                    return self.read(action, otherwise, again=False) if again else otherwise
                self._hurry(number in sqlite_file.LOCKED)
                if self._read_only and number in _NOT_WRITABLE:
                    self._drop()  # the next time it may be writable again; that it may not has been told
                    self._calm = 0
                    return otherwise
                code, reason = sqlite_file.reason_of(error)
            except OSError as error:
                code, reason = "read_only", f"it cannot be opened or made there ({error.strerror})"
            except NewerError:
                code, reason = "newer", "it was made by a newer edge, and is left alone"
            else:
                self._hurry(False)
                return done
            self._calm = 0
            self.tell(f"store.{code}", f"{self._path}: {reason}; what happens now is not remembered")
            return otherwise

    def scrub(self) -> None:
        """Let nothing be on disk of what has just been taken away: neither in the log nor in files set aside.

        What is freed in the file itself is overwritten anyway. While another process reads, the log stays until the
        next write.
        """
        with self._lock:
            done = self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, False)
            self._unscrubbed = not done
            with suppress(OSError):  # of what cannot be removed, nothing could be taken away either
                for aside in self._broken():
                    remove_file(aside)

    # The file

    def _connection(self) -> sqlite3.Connection:
        if self._db is not None and self._replaced():
            self._drop()
        if self._db is None:
            with _locked(self._path, fcntl.LOCK_SH):
                self._db = self._connect()
        return self._db

    def _replaced(self) -> bool:
        """Whether another process has put a new file in the place of the one that is open."""
        return (now := identity(self._path)) is not None and now != self._opened

    def _hurry(self, hurries: bool) -> None:
        """Whether to wait for nobody."""
        if hurries != self._hurries:
            self._hurries = hurries
            if self._db is not None:
                self._db.execute(f"PRAGMA busy_timeout = {0 if hurries else int(_LOCK_S * 1000)}")

    def _connect(self) -> sqlite3.Connection:
        sqlite_file.make_private(self._path)
        self._opened, self._read_only = identity(self._path), False
        wait_s = 0 if self._hurries else _LOCK_S
        db = _connected(str(self._path), wait_s)
        try:
            _write_ahead(db, wait_s)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA secure_delete = ON")  # what is not kept any more is not left in free pages either
            migrate(db)
        except sqlite3.OperationalError as error:
            db.close()
            if number_of(error) not in (*_NOT_WRITABLE, *_NO_ROOM):
                raise
            return self._connect_to_read(error)
        except BaseException:
            db.close()
            raise
        return db

    def _connect_to_read(self, error: sqlite3.OperationalError) -> sqlite3.Connection:
        """As the disk may not be written: with the log that is there, else as a file that nobody changes.

        https://www.sqlite.org/wal.html#read_only_databases. Raises the error where that is impossible, too.
        """
        for options in ("mode=ro", "mode=ro&immutable=1"):
            db = _connected(f"{self._path.absolute().as_uri()}?{options}", 0)
            try:
                if version(db) == len(MIGRATIONS):
                    self._read_only = True
                    full = number_of(error) in _NO_ROOM
                    code, reason = ("store.full", "the disk is full or fails, and") if full else ("store.read_only", "")
                    self.tell(code, f"{self._path}: {reason} it may only be read; what happens now is not remembered")
                    return db
            except sqlite3.OperationalError:
                pass  # the next way, or the first error
            db.close()
        raise error

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):  # all that was kept has been committed
                db.close()

    def _set_aside(self) -> bool:
        """Move a damaged file out of the way; whether that could be done. The next time a new one is begun.

        Where another process has done so already, the file of this name is its new one, and stays.
        """
        with suppress(OSError), _locked(self._path, fcntl.LOCK_EX):
            replaced = self._replaced()
            self._drop()
            if replaced:
                return True
            before = self._broken()
            number = _number(before[-1]) + 1 if before else 1
            aside = self._path.with_name(f"{self._path.name}.broken-{number}")
            sqlite_file.move_file(self._path, aside)
            for old in before[: 1 - MAX_BROKEN]:
                remove_file(old)
            self.tell(
                "store.corrupt",
                f"{self._path} was damaged: it is now {aside.name}, and a new one is begun, {self._saved_from(aside)}",
            )
            return True
        self._drop()
        return False

    def _saved_from(self, aside: Path) -> str:
        """Take over what can still be read; what that was, in words."""
        with suppress(*sqlite_file.FAILURES, OSError, NewerError):
            self._db = self._connect()
            saved = transaction(self._db, lambda db: salvage(aside, db))
            if any(saved):
                return f"with what could be read: {saved.learned} rewrites and names, {saved.turns} turns"
        return "as nothing in it could be read: what was taught and learned is lost"

    def _broken(self) -> list[Path]:
        return broken(self._path)


def broken(path: Path) -> list[Path]:
    """The damaged files that were set aside, the latest last."""
    found = path.parent.glob(f"{path.name}.broken-*")
    return sorted((one for one in found if one.name.rpartition("-")[2].isdecimal()), key=_number)


def is_damaged(path: Path) -> bool:
    """Whether SQLite finds that it is, or that it is no database; what cannot be looked at now is not said to be."""
    try:
        with closing(_connected(f"{path.absolute().as_uri()}?mode=ro", 0)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite_file.FAILURES as error:
        return number_of(error) in sqlite_file.CORRUPT


def remove(path: Path) -> bool:
    """Remove a database with all that is beside it; whether there was one. Raises OSError."""
    found = path.exists()
    for one in (path, *broken(path)):
        remove_file(one)
    for one in (path.with_name(path.name + _LOCK), *path.parent.glob(f"{path.name}.*{ALIVE}")):
        one.unlink(missing_ok=True)
    return found


def _number(aside: Path) -> int:
    return int(aside.name.rpartition("-")[2])


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """While names of files are looked at or changed; where nothing may be written there is nothing to be locked."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path.with_name(path.name + _LOCK), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _connected(name: str, wait_s: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        name, timeout=wait_s, check_same_thread=False, isolation_level=None, uri=name.startswith("file:")
    )
    db.text_factory = lambda raw: raw.decode(errors="replace")  # one bad row is no reason to read none
    return db


def _write_ahead(db: sqlite3.Connection, wait_s: float) -> None:
    """Turn the write-ahead log on. SQLite does not wait for another process that does so at once; this does."""
    until = time.monotonic() + wait_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = number_of(error) == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return
