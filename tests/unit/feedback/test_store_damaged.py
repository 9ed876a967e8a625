"""Damaged files are set aside, newer ones left alone, and what cannot be read in them is left out."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from edge.feedback.database import broken, is_damaged, remove
from edge.feedback.schema import MIGRATIONS
from edge.feedback.store import FILE, Store
from tests.unit.feedback.stored import damage, turn


def test_a_damaged_file_is_set_aside(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    path = tmp_path / "data" / FILE
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, however one looks at it" * 100)
    store = opened()
    store.add_turn(turn("t"))
    assert [one.id for one in store.turns()] == ["t"]
    assert told == ["store.corrupt"]
    assert (path.parent / f"{FILE}.broken-1").read_bytes().startswith(b"this is no database")
    store.close()


def test_a_file_that_goes_bad_later_is_set_aside_too(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    store = opened()
    for n in range(50):
        store.add_turn(turn(f"t{n}"))
    store.close()
    path = tmp_path / "data" / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = opened()
    again.turns()
    again.add_turn(turn("new"))
    again.add_turn(turn("newer"))
    assert "newer" in [one.id for one in again.turns()]
    assert told == ["store.corrupt"]
    again.close()


def test_who_finds_a_damaged_file_last_goes_on_with_the_new_one(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "data" / FILE
    first, second = opened(), opened()
    for n in range(30):
        first.add_turn(turn(f"t{n}"))
    first.scrub()
    damage(path)
    first._drop()  # so that it is read from the disk again
    assert first.turns() == ()
    first.add_turn(turn("a"))
    second.add_turn(turn("b"))
    first.add_turn(turn("c"))
    assert [one.id for one in second.turns()] == ["c", "b", "a"]
    assert told == ["store.corrupt"]
    assert [one.name for one in broken(path)] == [f"{FILE}.broken-1"]
    first.close()
    second.close()
    third = opened()
    assert [one.id for one in third.turns()] == ["c", "b", "a"]
    third.close()


def test_damaged_files_do_not_fill_the_disk(opened: Callable[..., Store], tmp_path: Path) -> None:
    path = tmp_path / "data" / FILE
    for _ in range(4):
        store = opened()
        store.add_turn(turn("t"))
        store.close()
        damage(path)
    store = opened()
    store.add_turn(turn("t"))
    store.close()
    assert [one.name for one in broken(path)] == [f"{FILE}.broken-3", f"{FILE}.broken-4"]
    assert remove(path)
    assert list(path.parent.iterdir()) == []


def test_values_of_another_type_are_no_reason_to_stop(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'odd', 0, 7), ('house', 'o', 0, x'ff')")
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'p', 0, CAST(x'ff' AS TEXT))")
    db.execute("INSERT INTO memory VALUES ('house', 'habits', ?), ('house', 'mark', 'x')", ("[" * 100_000,))
    db.commit()
    db.close()
    assert ([one.id for one in store.turns()], store.memory(), store.mark()) == (["t"], {}, 0)
    assert told == ["store.unreadable"]
    store.close()


def test_a_newer_file_is_left_alone(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    opened().close()
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = (tmp_path / "data" / FILE).read_bytes()
    store = opened()
    store.add_turn(turn("t"))
    store.close()
    assert told == ["store.newer"]
    assert (tmp_path / "data" / FILE).read_bytes() == before


def test_rows_of_another_version_are_left_out(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'odd', 0, '{}')")
    db.execute("INSERT INTO memory VALUES ('house', 'habits', 'nonsense')")
    db.execute("INSERT INTO steps (home, turn, at_ms, reason, moves) VALUES ('house', 't', 0, 'answered', '[1]')")
    db.commit()
    db.close()
    assert [one.id for one in store.turns()] == ["t"]
    assert (store.memory(), store.steps()) == ({}, ())
    assert told == ["store.unreadable"]
    store.close()


def test_a_schema_that_is_no_text_any_more_is_damage(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    store = opened()
    store.add_turn(turn("t"))
    store.close()
    path = tmp_path / "data" / FILE
    # SQLite quotes it in its error, which Python cannot read as text.
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE turns", b"CREATE \xff\xfe\xfd turns"))
    assert is_damaged(path)
    again = opened()
    again.add_turn(turn("new"))
    assert [one.id for one in again.turns()] == ["new"]
    assert told == ["store.corrupt"]
    again.close()
