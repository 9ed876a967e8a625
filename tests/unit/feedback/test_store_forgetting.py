"""What is old, was taken back or is not to be kept goes, and is in no file."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.turn import Verdict
from edge.feedback.ageing import DAY_MS
from edge.feedback.database import broken
from edge.feedback.store import FILE, MAX_AGE_MS, Step, Store
from tests.unit.feedback.stored import NOW, damage, turn


def test_what_is_old_goes_though_nothing_is_asked(opened: Callable[..., Store], tmp_path: Path) -> None:
    store, other = opened(), opened("other")
    for one in (store, other):
        one.add_turn(turn("old", text="turn on the zork"))
        one.add_verdict(replace(turn("old"), verdict=Verdict(False, 0.9, NOW, "turn on the zork")))
        one.save_memory(spoken=[{"turn": "old", "at_ms": NOW, "said": "zork"}, 7, {"turn": "x", "at_ms": None}])
    store.age(NOW + MAX_AGE_MS)
    store.age(NOW + MAX_AGE_MS + DAY_MS)
    store.scrub()
    assert (store.turns(), store.memory(), other.turns(), other.memory()) == ((), {"spoken": []}, (), {"spoken": []})
    assert all(b"zork" not in file.read_bytes() for file in (tmp_path / "data").iterdir())
    store.close()
    other.close()


def test_lessons_are_taken_back(opened: Callable[..., Store]) -> None:
    store, other = opened(), opened()
    for turn_id in ("a", "b"):
        store.add_step(Step(turn_id, NOW, "answered", {"f": 0.5}))
    store.save_memory(habits={"version": 1}, spoken=[])
    before = other.mark()
    assert store.forget("a") == 1
    assert other.mark() != before
    assert [step.turn for step in other.steps()] == ["b"]
    assert set(other.memory()) == {"habits", "spoken"}
    assert store.forget() == 1
    assert (other.steps(), other.memory()) == ((), {})
    store.close()
    other.close()


def test_what_is_forgotten_is_in_no_file(opened: Callable[..., Store], tmp_path: Path) -> None:
    def holding() -> list[str]:
        return sorted(file.name for file in (tmp_path / "data").iterdir() if b"zork" in file.read_bytes())

    store = opened()
    store.add_turn(turn("old", text="turn on the zork"))
    store.scrub()
    store.close()
    damage(tmp_path / "data" / FILE)  # what was in it behind that is there still
    store, reader = opened(), opened()
    for turn_id in ("a", "b"):
        store.add_turn(turn(turn_id, text="turn on the zork"))
    store.save_memory(spoken=[{"turn": "a", "said": "zork"}, {"turn": "b", "said": "zork"}])
    assert set(holding()) >= {f"{FILE}-wal", f"{FILE}.broken-1"}
    store.forget_turns("a")
    assert (store.memory(), broken(tmp_path / "data" / FILE)) == ({"spoken": [{"turn": "b", "said": "zork"}]}, [])
    assert reader._db is not None
    reader._db.execute("BEGIN")
    reader.rows("SELECT turn FROM turns")
    store._hurry(hurries=True)
    store.forget_turns("b")
    assert holding() != []  # the one that reads may still need it
    reader._db.execute("COMMIT")
    store.save_memory(habits=[])
    assert holding() == []
    store.close()
    reader.close()


@pytest.mark.parametrize("data", ["junk", "7", '["a", {"said": 1}]', "[" * 100_000])
def test_words_that_cannot_be_read_are_forgotten_with_what_is(
    opened: Callable[..., Store], tmp_path: Path, data: str
) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO memory VALUES ('house', 'spoken', ?)", (data,))
    db.commit()
    db.close()
    assert store.forget_turns("t") == 1
    assert store.memory() == {"spoken": []}
    store.close()


def test_words_that_were_kept_can_be_dropped(opened: Callable[..., Store], tmp_path: Path) -> None:
    words = opened("another home")
    for n in range(30):
        words.add_turn(turn(f"t{n}", text="birthday party"))
    words.save_memory(spoken=["birthday"], habits=[1])
    store = opened(keep_words=False)
    store.drop_words()
    assert all(b"birthday" not in file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert ([one.id for one in words.turns()][-1], words.memory()) == ("t0", {"habits": [1]})
    store.close()
    words.close()
