"""What the hub remembers of its household: what was said last, and what is usual."""

import json
from dataclasses import replace
from typing import Any

import pytest

from edge.core.errors import InputError
from edge.core.home import Entity, HomeState
from edge.core.turn import (
    Command,
    CommandOutcome,
    Habit,
    Interpretation,
    Outcome,
    Plan,
    Refusal,
    Result,
    Slot,
    Turn,
    Utterance,
    Verb,
)
from edge.nlu.goals import is_alarm
from edge.nlu.habits import MAX_GOALS, MAX_HABITS
from edge.nlu.memory import MAX_SPOKEN, SPOKEN_MS, Memory

DAY, MINUTE, SECOND = 86_400_000, 60_000, 1000
START = 1_767_571_200_000
"""A midnight."""


class House:
    """A few devices that are changed by hand, and the memory that is told of it."""

    def __init__(self, home: HomeState) -> None:
        self.home, self.memory = home, Memory()
        self.memory.meet(home)

    def now(self, day: int, hour: float) -> int:
        return START + day * DAY + round(hour * 60) * MINUTE

    def set(self, entity_id: str, day: int, hour: float, state: str | None = None, **attributes: Any) -> None:
        old = self.home.entities[entity_id]
        shown = {**old.attributes, **attributes}
        self._tell(replace(old, state=state or old.state, attributes=shown), day, hour)

    def available(self, entity_id: str, day: int, hour: float, available: bool, state: str) -> None:
        self._tell(replace(self.home.entities[entity_id], available=available, state=state), day, hour)

    def _tell(self, entity: Entity, day: int, hour: float) -> None:
        self.home = HomeState.of((self.home.entities | {entity.entity_id: entity}).values())
        self.memory.observe(entity, self.now(day, hour), hour)

    def habits(self, entity_id: str, day: int, hour: float) -> dict[tuple[str, str], float]:
        """Verb with its arguments, and situation -> count."""
        found = self.memory.context(self.home, self.now(day, hour), hour, day % 7).habits
        return {(_worded(h), h.situation): h.count for h in found if h.entity_id == entity_id}


def _worded(habit: Habit) -> str:
    return " ".join((habit.verb.value, *(f"{name}={value}" for name, value in sorted(habit.args.items()))))


def entity(entity_id: str, name: str, state: str | None, **attributes: Any) -> Entity:
    return Entity(entity_id, entity_id.split(".", maxsplit=1)[0], name, state=state, attributes=attributes)


@pytest.fixture
def house() -> House:
    return House(
        HomeState.of(
            [
                entity("switch.coffee", "Coffee Maker", "off"),
                entity("switch.alarm_clock", "Alarm Clock", "off"),
                entity("light.lamp", "Lamp", "off"),
                entity("light.hall", "Hall Light", "off"),
                entity("media_player.radio", "Radio", "off", volume=40),
                entity("climate.living", "Thermostat", "heat", temperature=19.0),
                entity("cover.blind", "Blind", "open", position=100),
                entity("fan.fan", "Fan", "off"),
                entity("lock.door", "Front Door", "unlocked"),
                entity("vacuum.robot", "Robot", "docked"),
                entity("scene.movie", "Movie", None),
                entity("device_tracker.anna", "Anna", "home"),
                entity("sun.sun", "Sun", "above_horizon"),
                entity("sensor.power", "Power", "1"),
            ]
        )
    )


def test_coffee_after_the_alarm_is_a_habit_of_that_situation(house: House) -> None:
    for day in range(3):
        house.set("switch.alarm_clock", day, 7.0, "on")
        house.set("switch.coffee", day, 7.2, "on")
        house.set("switch.coffee", day, 9, "off")
        house.set("switch.alarm_clock", day, 9.5, "off")
    after = house.habits("switch.coffee", 2, 9.6)
    assert after["turn_on", "after:alarm"] >= 2.5
    assert after["turn_on", "hour:morning"] >= 2.5
    assert ("turn_off", "after:alarm") not in after
    afternoon = house.habits("switch.coffee", 2, 15)
    assert {situation for _, situation in afternoon} == {"any"}


def test_the_alarm_itself_is_no_habit(house: House) -> None:
    for day in range(5):
        house.set("switch.alarm_clock", day, 7.0, "on")
        house.set("switch.alarm_clock", day, 7.1, "off")
    assert house.habits("switch.alarm_clock", 4, 7.2) == {}


@pytest.mark.parametrize(
    ("entity_id", "first", "then", "wanted"),
    [
        ("light.lamp", ("off", {}), ("on", {"brightness": 20.2}), {"turn_on", "turn_on brightness=20"}),
        ("light.lamp", ("on", {"brightness": 90}), ("on", {"brightness": 20}), {"turn_on brightness=20"}),
        ("light.lamp", ("on", {"color": "white"}), ("on", {"color": "red"}), {"turn_on color=red"}),
        ("light.lamp", ("on", {"brightness": 90}), ("off", {}), {"turn_off"}),
        ("light.lamp", ("on", {"brightness": 90}), ("on", {"brightness": 91}), set()),
        ("fan.fan", ("on", {"speed": 30}), ("on", {"speed": 60}), {"set_speed speed=60"}),
        ("cover.blind", ("open", {"position": 100}), ("closed", {"position": 0}), {"close"}),
        ("cover.blind", ("closed", {"position": 0}), ("open", {"position": 100}), {"open"}),
        ("cover.blind", ("open", {"position": 100}), ("open", {"position": 40}), {"set_position position=40"}),
        ("cover.blind", ("open", {"position": 100}), ("closing", {"position": 70}), set()),
        ("climate.living", ("heat", {"temperature": 19.0}), ("heat", {"temperature": 21.5}), {"set_temperature"}),
        ("climate.living", ("heat", {}), ("heat", {"current_temperature": 21.5}), set()),
        ("lock.door", ("unlocked", {}), ("locked", {}), {"lock"}),
        ("vacuum.robot", ("docked", {}), ("cleaning", {}), {"start"}),
        ("scene.movie", (None, {}), ("2026-01-05T20:00", {}), {"activate"}),
        ("media_player.radio", ("off", {}), ("playing", {"media_title": "jazz"}), {"play media=jazz"}),
        ("media_player.radio", ("on", {}), ("playing", {"media_title": "\x00\x07"}), set()),
        ("media_player.radio", ("on", {}), ("playing", {"media_title": "x" * 10_000}), set()),
        ("media_player.radio", ("on", {"volume": 40}), ("on", {"volume": 20}), {"set_volume volume=20"}),
        ("media_player.radio", ("on", {"volume": 40}), ("on", {"volume": float("nan")}), set()),
        ("media_player.radio", ("on", {"volume": 40}), ("on", {"volume": "loud"}), set()),
    ],
)
def test_what_a_change_amounts_to(
    house: House,
    entity_id: str,
    first: tuple[str | None, dict[str, Any]],
    then: tuple[str, dict[str, Any]],
    wanted: set[str],
) -> None:
    house.set(entity_id, 0, 12, first[0], **first[1])
    house.memory.forget_habits()
    house.set(entity_id, 0, 13, then[0], **then[1])
    found = {worded for worded, _ in house.habits(entity_id, 0, 13)}
    assert found == ({"set_temperature temperature=21.5"} if wanted == {"set_temperature"} else wanted)


def test_arrival_and_leaving_are_events(house: House) -> None:
    house.set("device_tracker.anna", 0, 8, "not_home")
    house.set("light.lamp", 0, 8.1, "on")
    house.set("device_tracker.anna", 0, 17, "home")
    house.set("light.hall", 0, 17.2, "on")
    assert ("turn_on", "after:home") in house.habits("light.hall", 0, 17.3)
    assert ("turn_on", "after:away") not in house.habits("light.lamp", 0, 17.3)
    assert ("turn_on", "after:home") not in house.habits("light.hall", 0, 18)
    house.set("device_tracker.anna", 1, 8, "not_home")
    assert ("turn_on", "after:away") in house.habits("light.lamp", 1, 8.1)


def test_sunset_and_the_hubs_own_alarm_are_events(house: House) -> None:
    house.set("sun.sun", 0, 18, "below_horizon")
    house.set("light.lamp", 0, 18.5, "on")
    assert ("turn_on", "after:sunset") in house.habits("light.lamp", 0, 18.6)
    house.memory.happened("after:alarm", house.now(1, 7))
    house.set("switch.coffee", 1, 7.1, "on")
    assert ("turn_on", "after:alarm") in house.habits("switch.coffee", 1, 7.2)
    with pytest.raises(InputError, match="after:alarm"):
        house.memory.happened("after:dinner", 0)


def test_a_smoke_alarm_starts_no_day(house: House) -> None:
    assert is_alarm(entity("switch.alarm_clock", "Wecker", "off"))
    assert not is_alarm(entity("binary_sensor.smoke", "Smoke Alarm", "off", device_class="smoke"))
    assert not is_alarm(entity("light.alarm", "Alarm Light", "off"))


def test_first_sight_absence_and_repetition_are_no_goals(house: House) -> None:
    stranger = Memory()
    stranger.observe(entity("light.lamp", "Lamp", "on"), START, 0)
    assert stranger.context(house.home, START, 0, 0).habits == ()
    house.available("light.lamp", 0, 10, False, "off")
    house.available("light.lamp", 0, 11, True, "on")
    house.set("light.lamp", 0, 12, "on")
    assert house.habits("light.lamp", 0, 13) == {}


def test_what_is_seen_first_as_it_changes_is_a_goal(house: House) -> None:
    memory = Memory()
    lamp = replace(entity("light.lamp", "Lamp", "on"), changed_ms=START, reported_ms=START)
    memory.observe(lamp, START, 0)
    assert {h.verb for h in memory.context(house.home, START, 0, 0).habits} == {Verb.TURN_ON}


def test_an_outage_is_no_doing(house: House) -> None:
    lamp = replace(house.home.entities["light.lamp"], state="on")
    house.memory.meet(HomeState.of([lamp]), anew=True)
    house.memory.observe(lamp, START, 0)
    assert house.habits("light.lamp", 0, 1) == {}


def test_a_lamp_that_a_sensor_toggles_is_no_habit(house: House) -> None:
    for day in range(4):
        for n in range(20):
            house.set("light.hall", day, 8 + n / 2, "on")
            house.set("light.hall", day, 8.2 + n / 2, "off")
    house.set("light.lamp", 3, 19, "on")
    assert house.habits("light.hall", 3, 19) == {}
    assert house.habits("light.lamp", 3, 19) != {}


def test_one_busy_day_is_not_many_days(house: House) -> None:
    for n in range(7):
        house.set("light.lamp", 0, 10 + n / 2, "on")
        house.set("light.lamp", 0, 10.2 + n / 2, "off")
    assert house.habits("light.lamp", 0, 14)["turn_on", "any"] <= 3


def test_a_dimmer_on_its_way_is_one_goal(house: House) -> None:
    house.set("light.lamp", 0, 10, "on", brightness=100)
    lamp = house.home.entities["light.lamp"]
    for n, level in enumerate((80, 60, 40, 20)):
        now = replace(lamp, attributes={"brightness": level})
        house.memory.observe(now, house.now(0, 11) + n * SECOND, 11)
    found = {worded for worded, _ in house.habits("light.lamp", 0, 11.1)}
    assert found == {"turn_on", "turn_on brightness=100", "turn_on brightness=20"}


def test_an_album_goes_on_by_itself(house: House) -> None:
    house.set("media_player.radio", 0, 18, "playing", media_title="one")
    house.set("media_player.radio", 0, 18.05, media_title="two")
    house.set("media_player.radio", 0, 18.1, media_title="three")
    house.set("media_player.radio", 0, 18.2, "paused")
    house.set("media_player.radio", 0, 18.3, "playing")
    house.set("media_player.radio", 0, 19, media_title="other")
    found = {worded for worded, situation in house.habits("media_player.radio", 0, 19.1) if situation == "any"}
    assert found == {"play media=one", "play media=other"}


def test_what_is_long_ago_fades(house: House) -> None:
    for day in range(6):
        house.set("light.lamp", day, 20, "on")
        house.set("light.lamp", day, 23, "off")
    fresh = house.habits("light.lamp", 5, 23.5)["turn_on", "any"]
    later = house.habits("light.lamp", 17, 23.5)["turn_on", "any"]
    assert fresh > 3.5
    assert later == pytest.approx(fresh / 4, rel=0.01)
    assert house.habits("light.lamp", 60, 23.5) == {}


def test_habits_are_few_and_of_things_that_are_there(house: House) -> None:
    for n in range(MAX_GOALS * 2):
        house.set("light.lamp", 0, 10 + n / 100, "on", color=f"shade {n}")
    assert len(house.memory._habits) <= MAX_GOALS
    found = house.memory.context(house.home, house.now(0, 20), 20, 0).habits
    assert len(found) <= MAX_HABITS
    assert list(found) == sorted(found, key=lambda habit: -habit.count)
    assert house.memory.context(HomeState(), house.now(0, 20), 20, 0).habits == ()


def test_the_strongest_outlive_a_flood(house: House) -> None:
    for day in range(3):
        house.set("switch.coffee", day, 7, "on")
        house.set("switch.coffee", day, 8, "off")
    for n in range(MAX_GOALS * 2):
        house.set("light.lamp", 3, 10 + n / 100, "on", color=f"shade {n}")
    assert house.habits("switch.coffee", 3, 19)["turn_on", "any"] > 2


# What was spoken


def turn(home: HomeState, plan: Plan, *, at_ms: int = START, outcome: Outcome | None = None, **said: Any) -> Turn:
    given = {"intent": "HassTurnOn", "slots": (Slot("name", "Lamp", "the lamp"),), "text": "turn on the lamp"} | said
    return Turn(
        f"t{at_ms}", at_ms, home, Utterance(()), plan=plan, outcome=outcome, interpretation=Interpretation(**given)
    )


ON = Command("light.lamp", Verb.TURN_ON)
DO = Plan(commands=(ON,))


def test_a_turn_is_remembered_with_what_was_before(house: House) -> None:
    house.set("light.lamp", 0, 1, "on", brightness=70, effect_list=["a"], color=[1, 2, 3], effect="x" * 1000)
    house.memory.spoken(turn(house.home, DO))
    (one,) = house.memory.context(house.home, START, 0, 0).spoken
    assert one.plan == DO
    assert one.interpretation.intent == "HassTurnOn"
    (before,) = one.before
    assert (before.entity_id, before.state, dict(before.attributes)) == ("light.lamp", "on", {"brightness": 70})


def test_the_latest_come_first_and_only_a_few(house: House) -> None:
    for n in range(MAX_SPOKEN + 3):
        house.memory.spoken(turn(house.home, DO, at_ms=START + n))
    found = house.memory.context(house.home, START + 10, 0, 0).spoken
    assert [one.at_ms for one in found] == [START + n for n in (7, 6, 5, 4, 3)]


def test_nobody_goes_on_from_what_was_said_long_ago(house: House) -> None:
    house.memory.spoken(turn(house.home, DO))
    assert house.memory.context(house.home, START + SPOKEN_MS, 0, 0).spoken
    assert not house.memory.context(house.home, START + SPOKEN_MS + 1, 0, 0).spoken


@pytest.mark.parametrize(
    ("plan", "kept"),
    [
        (Plan(refusal=Refusal("resolve.unknown_name")), False),
        (Plan(), False),
        (Plan(question="which", candidates=("light.lamp",)), False),
        (Plan(matched=("light.lamp",)), True),
        (Plan(unmatched=("light.lamp",)), True),
        (Plan(question="confirm", pending=(ON,)), True),
    ],
)
def test_what_is_gone_on_from(house: House, plan: Plan, kept: bool) -> None:
    house.memory.spoken(turn(house.home, plan))
    assert bool(house.memory.context(house.home, START, 0, 0).spoken) is kept


def test_what_could_not_be_reached_was_spoken_of_all_the_same(house: House) -> None:
    for kept, result in enumerate((Result.UNREACHABLE, Result.REFUSED, Result.SILENT), 1):
        house.memory.spoken(turn(house.home, DO, outcome=Outcome((CommandOutcome("light.lamp", result),))))
        assert len(house.memory.context(house.home, START, 0, 0).spoken) == kept


def test_after_a_yes_what_was_asked_is_gone_on_from(house: House) -> None:
    house.memory.spoken(turn(house.home, Plan(question="confirm", pending=(ON,))))
    house.memory.spoken(turn(house.home, DO, at_ms=START + 1, intent="EdgeYes", slots=(), text="yes"))
    (one,) = house.memory.context(house.home, START + 2, 0, 0).spoken
    assert (one.interpretation.intent, one.plan) == ("HassTurnOn", DO)


# Storing


def test_a_dump_is_loaded_as_it_was(house: House) -> None:
    house.set("switch.alarm_clock", 0, 7, "on")
    house.set("switch.coffee", 0, 7.1, "on")
    house.set("climate.living", 0, 7.2, temperature=21.0)
    house.memory.spoken(turn(house.home, DO, at_ms=house.now(0, 7.2)))
    stored = json.loads(json.dumps(house.memory.dump(), allow_nan=False))
    again = Memory.load(stored)
    at = house.now(0, 7.3)
    assert again.context(house.home, at, 7.3, 0) == house.memory.context(house.home, at, 7.3, 0)
    assert again.dump() == house.memory.dump()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"version": 2},
        {"version": 1, "more": 1},
        {"version": 1, "events": {"after:dinner": 1}},
        {"version": 1, "habits": [{"entity_id": "", "verb": "turn_on", "args": {}}]},
        {"version": 1, "habits": [{"entity_id": "a.b", "verb": "explode", "args": {}}]},
        {"version": 1, "habits": [{"entity_id": "a.b", "verb": "turn_on", "args": {"color": "x" * 101}}]},
        {
            "version": 1,
            "habits": [{"entity_id": "a.b", "verb": "turn_on", "args": {}, "situations": {"any": {"count": -1}}}],
        },
        {"version": 1, "habits": [{"entity_id": "a.b", "verb": "turn_on", "args": {}}] * 2},
        {
            "version": 1,
            "habits": [{"entity_id": f"a.{n}", "verb": "turn_on", "args": {}} for n in range(MAX_GOALS + 1)],
        },
    ],
)
def test_what_is_no_dump_is_not_loaded(data: object) -> None:
    with pytest.raises(InputError):
        Memory.load(data)


def test_clocks_that_are_set_do_no_harm(house: House) -> None:
    house.set("light.lamp", 5, 10, "on")
    house.set("light.lamp", 2, 10, "off")
    house.memory.observe(entity("light.lamp", "Lamp", "on"), 0, float("nan"))
    found = house.memory.context(house.home, 0, float("inf"), 0)
    assert {h.situation for h in found.habits} == {"any"}
    assert Memory.load(house.memory.dump()).dump() == house.memory.dump()
