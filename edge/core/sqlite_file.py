"""What every SQLite file of the hub is handled with, whoever keeps it: its trouble in words, its identity, its writes.

It holds no connection and knows no table. (https://www.sqlite.org/rescode.html, https://www.sqlite.org/wal.html.)
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

BESIDE = ("-wal", "-shm")
"""What the names of files end with that SQLite keeps beside one with a write-ahead log."""
CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What using a file may raise: SQLite's errors quote a damaged schema, which Python cannot always read as text."""
LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_REASONS: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("locked", "another program keeps it locked"),
    sqlite3.SQLITE_LOCKED: ("locked", "another program keeps it locked"),
    sqlite3.SQLITE_FULL: ("full", "the disk is full"),
    sqlite3.SQLITE_READONLY: ("read_only", "it may not be written"),
    sqlite3.SQLITE_CANTOPEN: ("read_only", "it cannot be opened or made there"),
    sqlite3.SQLITE_IOERR: ("disk", "the disk fails"),
}
PASSES = frozenset(("failed", *(reason for reason, _ in _REASONS.values())))
"""Reasons that may pass."""

_LOCK_S = 10.0
"""Seconds to wait for another program when a file is copied."""

_T = TypeVar("_T")


def number_of(error: sqlite3.Error | UnicodeDecodeError) -> int:
    """The primary result code, such as `sqlite3.SQLITE_FULL`."""
    if isinstance(error, UnicodeDecodeError):
        return sqlite3.SQLITE_CORRUPT
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def reason_of(error: sqlite3.Error | UnicodeDecodeError) -> tuple[str, str]:
    """The second half of a stable code, and why in words.

    >>> reason_of(sqlite3.OperationalError("it quotes what it was given"))
    ('failed', 'SQLite says OperationalError')
    """
    return _REASONS.get(number_of(error), ("failed", f"SQLite says {type(error).__name__}"))


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, by which a file is known whatever its name; None where there is none. Raises OSError."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def make_private(path: Path) -> None:
    """Make the file with its folder, where it is not there, so that nobody else may ever read it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def transaction(db: sqlite3.Connection, action: Callable[[sqlite3.Connection], _T]) -> _T:
    """Do it whole or not at all; the connection commits nothing by itself (`isolation_level=None`)."""
    db.execute("BEGIN IMMEDIATE")
    try:
        done = action(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already
            db.execute("ROLLBACK")
        raise
    return done


def remove_file(path: Path) -> None:
    """Remove it and what SQLite has put beside it. Raises OSError."""
    for ending in ("", *BESIDE):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def copy_file(path: Path, to: Path) -> None:
    """Write it as it is at this moment to another file, for its owner alone, whoever writes to the first meanwhile.

    https://www.sqlite.org/backup.html. Raises sqlite3.Error and OSError, and leaves nothing of the other then.
    """
    remove_file(to)
    make_private(to)
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_LOCK_S)) as source,
            closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            # The copy is one file, and says so: nobody has to take along what is beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        remove_file(to)
        raise


def move_file(path: Path, to: Path) -> None:
    """Give it another name, with what SQLite has put beside it. Raises OSError."""
    path.rename(to)
    for ending in BESIDE:
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(to.with_name(to.name + ending))
