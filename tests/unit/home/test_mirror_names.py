"""What the mirror calls devices: ids that mean one device, whoever comes and goes; one device that is told twice."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.home import Area, Voice
from edge.home.change import Change
from edge.home.household import Household, Rule
from edge.home.mirror import Mirror
from edge.home.naming import Names, unique


class House:
    """A mirror of switches."""

    def __init__(self, household: Household | None = None) -> None:
        self.now = 1000
        self.mirror = Mirror(clock_ms=lambda: self.now, household=household)

    def announce(self, topic: str, name: str = "Lamp", *, retained: bool = False, **more: object) -> Change:
        message = {"name": name, "command_topic": f"{topic}/set", "state_topic": topic, **more}
        return self.mirror.apply(config(topic), json.dumps(message).encode(), retained)

    def remove(self, topic: str, payload: bytes = b"") -> Change:
        return self.mirror.apply(config(topic), payload)

    def owners(self) -> dict[str, str]:
        """Entity id -> the topic of its device."""
        found = {}
        for entity_id in self.mirror.snapshot().entities:
            described = self.mirror.config(entity_id)
            assert described is not None
            found[entity_id] = described.key.split("/")[2]
        return found


def config(topic: str) -> str:
    return f"homeassistant/switch/{topic}/config"


_NAMES = st.sampled_from(["lamp", "lamp_2", "lamp_3", "Lamp", "", None])
_STEPS = st.lists(st.tuples(st.sampled_from("pqrstu"), _NAMES), max_size=12)


@settings(derandomize=True, deadline=None)
@given(_STEPS)
def test_at_a_start_entity_ids_do_not_depend_on_the_order_of_arrival(steps: list[tuple[str, str | None]]) -> None:
    last = {topic: name for topic, name in steps if name is not None}
    houses = House(), House()
    for house, order in zip(houses, (sorted(last), sorted(last, reverse=True)), strict=True):
        house.mirror.begin_round()
        for topic in order:
            house.announce(topic, last[topic])
        house.mirror.end_round(drop_missing=False)
    one, other = houses
    assert one.owners() == other.owners()
    assert one.mirror.snapshot().entities == other.mirror.snapshot().entities
    assert sorted(one.owners().values()) == sorted(last)


@settings(derandomize=True, deadline=None)
@given(_STEPS)
def test_an_entity_id_never_passes_from_one_that_stays(steps: list[tuple[str, str | None]]) -> None:
    house, names = House(), dict[str, str]()
    for topic, name in steps:
        before = house.owners()
        house.remove(topic) if name is None else house.announce(topic, name)
        same = names.get(topic) == name or {names.get(topic), name} == {"lamp", "Lamp"}
        names.pop(topic, None) if name is None else names.update({topic: name})
        after = house.owners()
        for entity_id, owner in before.items():
            if owner != topic or same:
                assert after.get(entity_id) == owner
        assert sorted(after.values()) == sorted(names)


def test_same_name_twice() -> None:
    house = House()
    assert house.announce("b").entities == {"switch.lamp"}
    assert house.announce("a").entities == {"switch.lamp_2"}
    assert house.owners() == {"switch.lamp": "b", "switch.lamp_2": "a"}
    assert house.mirror.entity("switch.lamp_3") is None
    assert house.remove("b").entities == {"switch.lamp"}
    assert house.owners() == {"switch.lamp_2": "a"}
    assert house.announce("c").entities == {"switch.lamp"}, "a free id goes to who is new"


def test_what_a_rule_says_of_an_id_stays_with_its_device() -> None:
    house = House(Household.of(rules=[Rule("switch.heater_2", "home.toml:1", voice=Voice.NEVER)]))
    for topic in "ab":
        house.announce(topic, "Heater")
    house.remove("a")
    home = house.mirror.snapshot()
    assert {e.entity_id: e.voice for e in home.entities.values()} == {"switch.heater_2": Voice.NEVER}
    assert house.announce("b", "Boiler").entities == {"switch.heater_2", "switch.boiler"}


def test_who_comes_back_is_called_as_before() -> None:
    house = House()
    for topic in "abc":
        house.announce(topic)
    before = house.owners()
    for topic in "abc":
        house.remove(topic)
    for topic in "cba":
        house.announce(topic)
    assert house.owners() == before


def test_so_many_are_remembered() -> None:
    house, names = House(), Names(remembered=2)
    for topic in "abc":
        house.announce(topic, topic)
    configs = {t: c for t in "abc" if (c := house.mirror.config(f"switch.{t}")) is not None}
    ids = names.give(configs)
    for topic in "abc":
        names.free(ids[topic], configs[topic])
    assert len(names._left) == 2


def test_ids_that_are_taken() -> None:
    assert unique({"b": "x", "a": "x", "c": "x_2"}) == {"a": "x", "b": "x_3", "c": "x_2"}
    assert unique({"a": "x", "b": "x"}, {"x", "x_2"}) == {"a": "x_3", "b": "x_4"}


def test_only_what_is_touched_is_shown_again() -> None:
    house = House(Household.of(mic_area="Hall"))
    house.announce("a", "Kitchen Lamp", device={"sa": "Kitchen"})
    house.announce("b", "Fan", device={"sa": "Bath"})
    house.announce("c", "Other", device={"sa": "Bath"})
    before = house.mirror.snapshot().entities
    assert house.announce("d", "Kitchen Fan").entities == {"switch.kitchen_fan"}
    assert house.remove("b").entities == {"switch.fan"}
    after = house.mirror.snapshot()
    assert all(after.entities[entity_id] is before[entity_id] for entity_id in ("switch.kitchen_lamp", "switch.other"))
    assert after.entities["switch.kitchen_fan"].area == "kitchen"
    assert house.remove("a").entities == {"switch.kitchen_lamp", "switch.kitchen_fan"}, "there is no such room now"
    assert [room.id for room in house.mirror.snapshot().areas] == ["bath", "hall"]


_ROOMS = st.sampled_from([None, "Kitchen", "KITCHEN", "Bath", "Bath Room", "Attic"])
_PLACED = st.tuples(
    st.sampled_from(["0x00000000000000a1", "0x00000000000000a2", "r", "s", "t"]),
    st.sampled_from(["Kitchen Lamp", "Bath Room Fan", "Bath Fan", "Attic", None]),
    _ROOMS,
    st.sampled_from(["x", "zigbee2mqtt/bath/x", "zigbee2mqtt/Kitchen/x"]),
)
_GROUPS = json.dumps(
    [
        {"friendly_name": name, "members": [{"ieee_address": f"0x00000000000000a{n}"}]}
        for name, n in (("Bath", 1), ("Attic", 1), ("kitchen", 2))
    ]
).encode()


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(_PLACED, max_size=10), st.integers(0, 5), st.integers(0, 9))
def test_rooms_that_come_and_go_place_every_device_as_at_a_start(
    steps: list[tuple[str, str | None, str | None, str]], grouped: int, rehoused: int
) -> None:
    household = Household.of(rules=[Rule("switch.t", "home.toml:1", name="Attic Lamp")])
    before = Household.of(areas=[Area("cellar", "Cellar")], rules=[Rule("switch.*", "home.toml:1", room="Cellar")])
    lived, told = House(before), House(household)
    for number, (topic, name, room, state) in enumerate(steps):
        if number == rehoused:
            lived.mirror.rehouse(household)
        if number == grouped:
            lived.mirror.group(_GROUPS)
        if name is None:
            lived.remove(topic)
        else:
            lived.announce(topic, name, state_topic=state, default_entity_id=topic, device={"sa": room})
        lived.mirror.snapshot()
    for topic, name, room, state in {step[0]: step for step in steps}.values():
        if name is not None:
            told.announce(topic, name, state_topic=state, default_entity_id=topic, device={"sa": room})
    if grouped < len(steps):
        told.mirror.group(_GROUPS)
    lived.mirror.rehouse(household)
    assert lived.mirror.snapshot() == told.mirror.snapshot()


def test_a_household_that_says_something_else_tells_which_devices_it_is_about() -> None:
    house = House()
    house.announce("a", "Lamp")
    house.announce("b", "Fan")
    said = Household.of(rules=[Rule("switch.lamp", "home.toml:1", voice=Voice.NEVER)], mic_area="Kitchen")
    change = house.mirror.rehouse(said)
    assert (change.entities, change.subscribe, change.unsubscribe) == ({"switch.lamp"}, frozenset(), frozenset())
    snapshot = house.mirror.snapshot()
    assert (snapshot.entities["switch.lamp"].voice, snapshot.mic_area) == (Voice.NEVER, "kitchen")
    assert house.mirror.rehouse(said).entities == frozenset(), "it has been taken over"


def test_who_speaks_before_the_end_of_a_round_is_not_named_early() -> None:
    house = House()
    house.mirror.begin_round()
    house.announce("b")
    assert house.mirror.apply("b", b"ON") == Change()
    house.announce("a")
    assert house.mirror.end_round(drop_missing=False).entities == {"switch.lamp", "switch.lamp_2"}
    assert house.owners() == {"switch.lamp": "a", "switch.lamp_2": "b"}
    assert house.mirror.snapshot().entities["switch.lamp_2"].state == "on"


# One thing, told twice


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_thing_that_is_announced_twice_is_one(order: str) -> None:
    house = House()
    first, second = (house.announce(topic, unique_id="u") for topic in order)
    assert not first.errors
    assert [(error.code, error.topic) for error in second.errors] == [("discovery.duplicate", config("b"))]
    assert house.owners() == {"switch.lamp": "a"}
    assert house.mirror.topics() == {"a"}
    assert [error.code for error in house.announce("b", unique_id="u").errors] == ["discovery.duplicate"]
    change = house.remove("a")
    assert (change.entities, change.subscribe, change.unsubscribe) == ({"switch.lamp"}, {"b"}, {"a"})
    assert house.owners() == {"switch.lamp": "b"}
    assert house.remove("b").entities == {"switch.lamp"}
    assert house.owners() == {}


def test_other_things_and_other_kinds_are_no_duplicates() -> None:
    house = House()
    house.announce("a", unique_id="u")
    assert not house.announce("b", unique_id="v").errors
    assert not house.announce("c").errors
    light = json.dumps({"name": "L", "command_topic": "l", "unique_id": "u"}).encode()
    assert not house.mirror.apply("homeassistant/light/x/config", light).errors
    assert not house.announce("a", unique_id="w").errors, "it has changed, and nobody is in its way"
    assert not house.announce("d", unique_id="u").errors
    assert len(house.owners()) == 5


def test_a_duplicate_that_waits_may_change_and_go() -> None:
    house = House()
    house.announce("a", unique_id="u")
    house.announce("b", unique_id="u")
    assert [error.code for error in house.announce("b", "New", unique_id="u").errors] == ["discovery.duplicate"]
    house.announce("c", unique_id="u")
    assert house.remove("b") == Change()
    assert not house.announce("c", "Other", unique_id="v").errors
    assert house.owners() == {"switch.lamp": "a", "switch.other": "c"}
    house.remove("a")
    assert house.owners() == {"switch.other": "c"}


def test_a_device_with_all_its_parts_and_one_of_them_alone() -> None:
    house = House()
    house.announce("x", unique_id="u")
    house.mirror.apply("x", b"ON")
    part = {"p": "switch", "name": "Lamp", "command_topic": "x/set", "state_topic": "x", "unique_id": "u"}
    whole = json.dumps({"dev": {"ids": "d"}, "cmps": {"lamp": part}}).encode()
    change = house.mirror.apply("homeassistant/device/x/config", whole)
    assert [error.topic for error in change.errors] == [config("x")]
    assert change.entities == {"switch.lamp"}
    assert house.mirror.snapshot().entities["switch.lamp"].state == "on", "what it said is still true"
    assert not house.remove("x").entities
    assert list(house.owners()) == ["switch.lamp"]


def test_a_bridge_that_moves_its_announcements() -> None:
    house = House()
    house.announce("a")
    house.announce("m", unique_id="u")
    house.announce("z")
    assert house.owners() == {"switch.lamp": "a", "switch.lamp_2": "m", "switch.lamp_3": "z"}
    house.remove("m", b'{"migrate_discovery": true}')
    house.announce("n", unique_id="u")
    assert house.owners() == {"switch.lamp": "a", "switch.lamp_2": "n", "switch.lamp_3": "z"}
    assert house.remove("m") == Change()


def test_in_a_round_the_duplicate_that_was_taken_back_gives_its_place() -> None:
    house = House()
    house.announce("a", unique_id="u", retained=True)
    house.mirror.begin_round()
    house.announce("b", unique_id="u", retained=True)
    house.mirror.end_round(drop_missing=True)
    assert house.owners() == {"switch.lamp": "b"}
