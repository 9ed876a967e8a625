"""What the past learns: habits from what is done, weights from answers and from what is put back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.core.turn import Command, Plan, Verb
from edge.feedback.store import FILE, Store
from edge.past import Past
from tests.unit.past.lived import ON_A, ON_B, WEIGHED, Clock, House, ask, does


def test_habits_are_seen_kept_and_found_again(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    for _ in range(3):
        house.set("light.a", "on")
        clock.later(hours=1)
        house.set("light.a", "off")
        clock.later(hours=23)
    here = {(h.entity_id, h.verb, h.situation) for h in past.context(house.snapshot()).habits if h.count > 2}
    assert ("light.a", Verb.TURN_ON, "hour:evening") in here
    past.close()
    assert house.on_entities is None
    assert {
        (h.entity_id, h.verb, h.situation) for h in opened().context(house.snapshot()).habits if h.count > 2
    } == here


def test_a_command_beside_the_hub_leaves_its_habits_alone(
    opened: Callable[..., Past], house: House, clock: Clock
) -> None:
    hub = opened(learns=True)
    hub.watch(house)
    house.set("light.a", "on")
    hub.close()
    beside = opened()
    ask(beside, house, "t", does(ON_B))
    beside.close()
    assert {h.entity_id for h in opened().context(house.snapshot()).habits} == {"light.a"}


def test_after_an_outage_nothing_was_done(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    tell, house.on_entities = house.on_entities, None
    house.set("light.a", "on")
    assert tell is not None
    tell(())
    tell((house.entities["light.a"],))
    assert past.context(house.snapshot()).habits == ()


def test_an_answer_moves_the_weights_and_it_can_be_taken_back(
    opened: Callable[..., Past], house: House, clock: Clock
) -> None:
    past = opened()
    which = Plan(question="which", candidates=("light.a", "light.b"))
    ask(past, house, "q", which, weighed=WEIGHED)
    assert past.context(house.snapshot()).weights == {}
    clock.later(seconds=5)
    ask(past, house, "a", does(ON_B), asked=which, text="the second")
    moved = past.context(house.snapshot()).weights
    assert moved["usual"] > 0 > moved["near"]
    past.close()
    again = opened()
    assert again.context(house.snapshot()).weights == moved


def test_what_is_put_back_by_hand_was_not_meant(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A), weighed=WEIGHED)
    clock.later(seconds=6)
    house.set("light.a", "off")
    moved = past.context(house.snapshot()).weights
    assert moved["usual"] > 0 > moved["near"]


@pytest.mark.parametrize("how", ["late", "by voice", "another", "other way"])
def test_what_was_meant_is_left_as_it_was(opened: Callable[..., Past], house: House, clock: Clock, how: str) -> None:
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A), weighed=WEIGHED)
    clock.later(seconds=31 if how == "late" else 6)
    if how == "by voice":
        ask(past, house, "off", does(Command("light.a", Verb.TURN_OFF)), text="turn off the lamp")
    else:
        house.set(*{"another": ("light.b", "on"), "other way": ("light.a", "on")}.get(how, ("light.a", "off")))
    assert past.context(house.snapshot()).weights == {}


def test_habits_are_written_when_they_have_changed(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    past.context(house.snapshot())
    store = past._store
    assert store is not None
    past._save(store)
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    other.save_memory(habits=["another hand"])
    past._save(store)
    assert other.memory()["habits"] == ["another hand"]
    house.set("light.b", "on")
    past.context(house.snapshot())
    past._save(store)
    assert "light.b" in json.dumps(other.memory()["habits"])
    other.close()
