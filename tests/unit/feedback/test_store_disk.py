"""A disk that is locked, full or read-only costs what was to be written, and is told once."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.feedback.store import FILE, Store
from tests.unit.feedback.stored import turn


def test_trouble_that_was_over_is_told_again(
    opened: Callable[..., Store], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    store = opened()
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    counts = []
    for writes in (1, 1, 30, 1):
        holder.execute("BEGIN IMMEDIATE")
        store.add_turn(turn("lost"))
        assert len(store.turns(50)) < 50  # to read it is no sign that it can be written
        store.add_turn(turn("lost too"))
        holder.execute("ROLLBACK")
        for _ in range(writes):
            store.save_memory(habits=[])
        counts.append(len(told))
    holder.close()
    assert counts == [1, 1, 1, 2]
    assert set(told) == {"store.locked"}
    store.close()


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of ours that is not ours: as somebody who may not write there, even where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o700)


def lose_rights(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65_534)


@pytest.mark.parametrize("killed", [False, True])
def test_what_may_only_be_read_is_read(told: list[str], nobody: Path, killed: bool) -> None:
    before = Store(nobody / FILE, "house", lambda code, _: told.append(code))
    before.add_turn(turn("t"))
    before.save_memory(habits=[1])
    if not killed:
        before.close()
    assert (nobody / f"{FILE}-wal").exists() == killed
    lose_rights(nobody)
    store = Store(nobody / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("lost"))
    assert ([one.id for one in store.turns()], store.memory(), store.mark()) == (["t"], {"habits": [1]}, 0)
    for n in range(30):
        store.add_verdict(turn("none"))  # which would change nothing
        assert not store.save_memory(habits=[n])
    assert told == ["store.read_only"]
    store.close()
    before.close()


def test_a_locked_file_costs_what_was_to_be_written(
    opened: Callable[..., Store], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    store = opened()
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store.add_turn(turn("lost"))
    store.add_turn(turn("lost too"))
    assert told == ["store.locked"]
    holder.execute("ROLLBACK")
    holder.close()
    store.add_turn(turn("kept"))
    assert [one.id for one in store.turns()] == ["kept"]
    store.close()


def test_a_lock_is_waited_for_once_and_readers_wait_for_nobody(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 60.0)
    store = opened()
    store.add_turn(turn("kept"))
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert ([one.id for one in store.turns()], store.mark()) == (["kept"], 0)  # else it waited a minute, and gave up
    assert store._db is not None
    store._db.execute("PRAGMA busy_timeout = 50")
    store.add_turn(turn("lost"))
    waits = store._db.execute("PRAGMA busy_timeout").fetchone()[0]
    holder.execute("ROLLBACK")
    holder.close()
    store.add_turn(turn("kept too"))
    assert (waits, store._db.execute("PRAGMA busy_timeout").fetchone()[0]) == (0, 60_000)
    assert [one.id for one in store.turns()] == ["kept too", "kept"]
    store.close()


def test_a_full_disk(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    assert store._db is not None
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    for n in range(20):
        store.add_turn(turn(f"t{n}", text="word " * 500))
    assert told == ["store.full"]
    store.add_turn(turn("small"))
    assert store.turns(1) != ()
    store.close()


def test_where_nothing_may_be_written(told: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("t"))
    assert (store.turns(), store.memory(), store.steps(), store.forget(), store.mark()) == ((), {}, (), 0, None)
    assert told == ["store.read_only"]
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(told: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("t"))
    assert told == ["store.read_only"]
    store.close()
