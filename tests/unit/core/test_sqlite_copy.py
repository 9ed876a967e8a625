"""A copy of a database in use: whole as of one moment, in one file, for its owner alone."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from edge.core.sqlite_file import copy_file


def test_it_has_what_is_only_in_the_log_yet(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("BEGIN")
        db.execute("INSERT INTO t VALUES (2)")  # under way, and not of that moment
        copy_file(path, copy)
        db.execute("COMMIT")
    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.db", "copy.db"]


def test_of_what_is_no_database_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"no database " * 400)
    with pytest.raises(sqlite3.DatabaseError):
        copy_file(tmp_path / "a.db", tmp_path / "copy.db")
    assert [one.name for one in tmp_path.iterdir()] == ["a.db"]
