"""What can still be read of a damaged file is in the new one, and how much that was is told."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.feedback.kept_rules import KeptRules, RuleRow
from edge.feedback.salvage import MAX_S, salvage
from edge.feedback.schema import migrate
from edge.feedback.store import FILE, Store
from tests.unit.feedback.turns import turn

NOW = 1_790_000_000
PAGE = 4096


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


@pytest.fixture
def opened(path: Path, told: list[str]) -> Iterator[Callable[[], Store]]:
    made: list[Store] = []

    def make() -> Store:
        made.append(Store(path, "house", lambda code, words: told.append(f"{code}: {words}")))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def filled(opened: Callable[[], Store], path: Path) -> None:
    """Lessons, rules and turns."""
    store = opened()
    kept = KeptRules(store)
    kept.teach("name", "bertha", {"id": ""}, NOW * 1000)
    rows = [
        RuleRow(f"id{n:03}", f"phrase {n}", "turn on the lamp", "taught", "", 4, 0, 0, 1, "", 20_000, 20_000, "active")
        for n in range(100)
    ]
    kept.save([], rows, [])
    for n in range(100):
        store.add_turn(turn(f"t{n:02}", NOW + n, "turn on the desk lamp"))
    store.close()


def pages_of(path: Path, table: str) -> list[int]:
    """Numbers of the pages that a table's rows are on, without its root."""
    db = sqlite3.connect(path)
    try:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        found = db.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,)).fetchall()
    except sqlite3.OperationalError:
        pytest.skip("this SQLite does not tell which pages a table has")
    finally:
        db.close()
    return [page for (page,) in found if page != root]


def damage(path: Path, *pages: int) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(b"\xa5" * PAGE)


@pytest.mark.usefixtures("filled")
def test_what_lies_before_and_behind_the_damage_is_saved(
    opened: Callable[[], Store], path: Path, told: list[str]
) -> None:
    pages = pages_of(path, "turns")
    damage(path, pages[len(pages) // 2])
    store = opened()
    ids = [one.id for one in store.turns()]
    assert (ids[0], ids[-1]) == ("t99", "t00")
    assert 80 < len(ids) < 100
    loaded, lessons = KeptRules(store).load(0), KeptRules(store).lessons()
    assert loaded is not None
    assert (len(loaded.rules), loaded.changes.rev) == (100, 1)
    assert [one.key for one in lessons or ()] == ["bertha"]
    (sentence,) = told
    assert sentence.endswith(f"a new one is begun, with what could be read: 101 rewrites and names, {len(ids)} turns")


@pytest.mark.usefixtures("filled")
def test_where_nothing_can_be_read_it_is_said_that_all_is_lost(
    opened: Callable[[], Store], path: Path, told: list[str]
) -> None:
    path.write_bytes(b"no database " * 1000)
    assert opened().turns() == ()
    (sentence,) = told
    assert sentence.endswith("nothing in it could be read: what was taught and learned is lost")


@pytest.mark.usefixtures("filled")
def test_reading_ends_when_its_time_is_over(path: Path, tmp_path: Path) -> None:
    clock = iter([0.0]).__next__

    def later() -> float:
        try:
            return clock()
        except StopIteration:
            return MAX_S + 1

    db = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    migrate(db)
    few = salvage(path, db, clock=later)
    assert few.turns < 100
    db.close()
