"""The past goes on over restarts, whatever its file is like, and each home has its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.feedback.store import FILE, Store
from edge.past import Past, home_name
from edge.profile import load_profile
from tests.unit.past.lived import ON_A, ON_B, Clock, House, ask, does


def test_the_next_process_goes_on_from_what_was_said(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    first = opened()
    ask(first, house, "t1", does(ON_A))
    first.close()
    clock.later(minutes=2)
    (spoken,) = opened().context(house.snapshot()).spoken
    assert (spoken.turn, spoken.plan) == ("t1", does(ON_A))
    clock.later(minutes=9)
    assert opened().context(house.snapshot()).spoken == ()


def test_a_file_that_cannot_be_read_now_takes_nothing_back(
    opened: Callable[..., Past], house: House, tmp_path: Path
) -> None:
    Store(tmp_path / FILE, "house", lambda code, _: None).forget()
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    (before,) = past.context(house.snapshot()).habits[:1]
    assert past._store is not None
    past._store.close()  # every reading now comes to nothing, as of a disk that fails
    ask(past, house, "t", does(ON_B))
    past.close()
    assert before in past.context(house.snapshot()).habits


def test_a_memory_that_fails_is_no_reason_not_to_answer(
    opened: Callable[..., Past], house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    past = opened(learns=True)
    past.watch(house)
    assert house.on_entities is not None
    house.on_entities((replace(house.entities["light.a"], state="on", attributes={"brightness": float("nan")}),))
    plain = house.entities["light.a"]
    house.entities["light.a"] = replace(plain, attributes={"brightness": object()})  # type: ignore[dict-item]
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    house.entities["light.a"] = plain
    ask(past, house, "u", does(ON_B))
    past.close()
    assert "past.unexpected" in caplog.text
    assert "birthday" not in caplog.text
    store = Store(tmp_path / FILE, "house", lambda code, _: None)
    assert [one.id for one in store.turns()] == ["u"]
    store.close()


def test_homes_go_by_their_broker_or_file(tmp_path: Path) -> None:
    overrides = ["mqtt.host=broker", "mqtt.port=1884"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    names = [
        home_name(profile, simulated=False, file=None),
        home_name(profile, simulated=True, file=None),
        home_name(profile, simulated=False, file=tmp_path / "a.json"),
        home_name(profile, simulated=False, file=tmp_path / "b.json"),
    ]
    assert names[:2] == ["broker:1884/homeassistant", "simulated"]
    assert len(set(names)) == 4


def test_a_memory_that_cannot_be_read_begins_anew(
    opened: Callable[..., Past], house: House, told: list[str], tmp_path: Path
) -> None:
    store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
    store.save_memory(habits={"version": 99}, spoken=json.loads("[]"))
    store.close()
    assert opened().context(house.snapshot()).habits == ()
    assert told == ["store.unreadable"]
