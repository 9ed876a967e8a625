"""What is kept on disk comes back as it was, each home's for itself: bounded, and its owner's alone."""

import stat
from collections.abc import Callable
from pathlib import Path

from edge.core import codec
from edge.feedback.ageing import DAY_MS
from edge.feedback.kept import kept
from edge.feedback.store import MAX_AGE_MS, MAX_STEPS, MAX_TOTAL, MAX_TURNS, Step, Store
from tests.unit.feedback.stored import NOW, turn


def test_turns_come_back_latest_first(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    for n in range(3):
        store.add_turn(turn(f"t{n}", NOW + n))
    store.close()
    again = opened()
    assert [one.id for one in again.turns()] == ["t2", "t1", "t0"]
    assert again.turns(1)[0] == kept(turn("t2", NOW + 2))
    assert again.turn("t1") is not None
    assert again.turn("t") is None
    assert again.turn("") is None
    assert told == []
    again.close()


def test_an_id_is_preferred_to_what_begins_so(opened: Callable[..., Store]) -> None:
    store = opened()
    for turn_id in ("ab", "abc", "abd"):
        store.add_turn(turn(turn_id))
    found = store.turn("ab")
    assert found is not None
    assert found.id == "ab"
    store.close()


def test_homes_are_told_apart(opened: Callable[..., Store]) -> None:
    here, there = opened("here"), opened("there")
    here.add_turn(turn("t"))
    here.save_memory(spoken=[1])
    here.add_step(Step("t", NOW, "answered", {"a": 0.1}))
    assert (there.turns(), there.memory(), there.steps()) == ((), {}, ())
    assert there.forget() == 0
    assert (len(here.turns()), here.memory(), here.steps()) == (
        1,
        {"spoken": [1]},
        (Step("t", NOW, "answered", {"a": 0.1}),),
    )
    here.close()
    there.close()


def test_it_is_bounded(opened: Callable[..., Store]) -> None:
    store = opened()
    for n in range(MAX_TURNS + 5):
        store.add_turn(turn(f"t{n}"))
    assert len(store.turns(1000)) == MAX_TURNS
    late = NOW + MAX_AGE_MS + 2 * DAY_MS
    store.add_turn(turn("late", late))
    assert len(store.turns()) == MAX_TURNS  # which may be a clock that has jumped
    store.add_turn(turn("later", late + DAY_MS))
    assert [one.id for one in store.turns()] == ["later", "late"]
    store.add_turn(turn("huge", late + DAY_MS, text="x" * 2_000_000))
    assert [one.id for one in store.turns()] == ["later", "late"]
    for n in range(MAX_STEPS + 5):
        store.add_step(Step("t", n, "answered", {"a": 0.1}))
    assert [step.at_ms for step in store.steps()][:1] == [5]
    store.close()


def test_a_clock_that_was_ahead_for_a_request_has_made_nothing_old(opened: Callable[..., Store]) -> None:
    store = opened()
    for turn_id, days in (("a", 0), ("ahead", 200), ("b", 0), ("c", 1), ("d", 2)):
        store.add_turn(turn(turn_id, NOW + days * DAY_MS))
    assert [one.id for one in store.turns()] == ["d", "c", "b", "ahead", "a"]
    store.close()


def test_it_is_for_its_owner_alone(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    for file in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()


def test_half_a_character_names_no_turn(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    store.add_turn(turn("t"))
    assert (store.turn("\udcff"), store.home_asked("\udcff"), told) == (None, None, [])
    store.close()


def test_all_turns_together_are_bounded(opened: Callable[..., Store]) -> None:
    store = opened()
    for n in range(25):
        store.add_turn(turn(f"t{n}", text="x" * 100_000))  # twice in each: as heard, and as understood
    total = sum(len(codec.dumps(one)) for one in store.turns())
    assert MAX_TOTAL - 250_000 < total <= MAX_TOTAL
    assert store.turns(1)[0].id == "t24"
    store.close()


def test_half_a_character_is_kept_as_it_is(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    store.add_turn(turn("t", text="turn on the \udcff lamp"))
    store.save_memory(spoken=["\ud800"])
    assert store.turns()[0].utterance.text == "turn on the \udcff lamp"
    assert store.memory() == {"spoken": ["\ud800"]}
    assert told == []
    store.close()


def test_nothing_is_kept_after_closing(opened: Callable[..., Store]) -> None:
    store = opened()
    store.close()
    store.close()
    store.add_turn(turn("t"))
    assert (store.turns(), store.is_open) == ((), False)
