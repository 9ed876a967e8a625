"""The mirror: what messages make of the house, in whatever order they come."""

import itertools
import json
from typing import Any

import pytest

from edge.core import codec
from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.home.household import Household, Rule, merged
from edge.home.mirror import Change, Mirror


class House:
    """A mirror whose clock ticks a second at every look."""

    def __init__(self, **settings: Any) -> None:
        self.now = itertools.count(1000, 1000)
        self.mirror = Mirror(clock_ms=lambda: next(self.now), **settings)

    @staticmethod
    def of(floors: dict[str, list[str]], mic_area: str) -> "House":
        areas, storeys = merged(floors, (), ())
        return House(household=Household.of(areas=areas, floors=storeys, mic_area=mic_area))

    def announce(self, component: str, topic: str = "x", **message: object) -> Change:
        message = {"command_topic": "c", "state_topic": "s", "name": "X", **message}
        return self.mirror.apply(f"homeassistant/{component}/{topic}/config", json.dumps(message).encode())

    def say(self, topic: str, payload: object) -> Change:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return self.mirror.apply(topic, text.encode())

    def entity(self, entity_id: str) -> Entity:
        return self.mirror.snapshot().entities[entity_id]

    def shown(self, entity_id: str) -> tuple[str | None, dict[str, object]]:
        entity = self.entity(entity_id)
        return entity.state, {k: v for k, v in entity.attributes.items() if k != "supported_color_modes"}


def test_from_discovery_to_state() -> None:
    house = House()
    change = house.announce("switch", device={"name": "X", "suggested_area": "Living Room"})
    assert change == Change(frozenset({"switch.x"}), frozenset({"s"}))
    assert house.entity("switch.x") == Entity("switch.x", "switch", "X", area="living_room")
    assert house.say("s", "ON").entities == {"switch.x"}
    assert house.say("s", "ON").entities == frozenset()
    assert house.say("s", "dunno").entities == frozenset()
    assert house.say("other", "OFF").entities == frozenset()
    assert house.entity("switch.x").state == "on"
    house.say("s", "None")
    assert house.entity("switch.x").state is None
    assert house.mirror.topics() == {"s"}


def test_a_first_report_is_no_change() -> None:
    house = House()
    house.announce("switch")
    house.say("s", "ON")
    assert house.entity("switch.x").changed_ms is None
    house.say("s", "OFF")
    changed = house.entity("switch.x").changed_ms
    assert changed is not None
    house.say("s", "OFF")
    assert house.entity("switch.x").changed_ms == changed


def test_removal() -> None:
    house = House()
    house.announce("switch")
    house.announce("light", topic="y", state_topic="s")
    change = house.mirror.apply("homeassistant/switch/x/config", b"")
    assert change == Change(frozenset({"switch.x"}))
    assert house.mirror.apply("homeassistant/light/y/config", b"").unsubscribe == {"s"}
    assert not house.mirror.snapshot().entities
    assert house.mirror.apply("homeassistant/light/y/config", b"") == Change()


def test_a_device_says_itself_again() -> None:
    house = House()
    house.announce("switch")
    house.say("s", "ON")
    assert house.announce("switch") == Change()
    renamed = house.announce("switch", name="Y")
    assert renamed.entities == {"switch.x", "switch.y"}
    assert house.entity("switch.y").state == "on"
    moved = house.announce("switch", name="Y", state_topic="s2")
    assert (moved.subscribe, moved.unsubscribe) == ({"s2"}, {"s"})
    assert house.entity("switch.y").state is None


def test_a_slip_in_discovery_leaves_the_device_as_it_was() -> None:
    house = House()
    house.announce("switch")
    change = house.mirror.apply("homeassistant/switch/x/config", b"{")
    assert [error.code for error in change.errors] == ["discovery.not_json"]
    assert not change.entities
    assert house.entity("switch.x").name == "X"


def test_a_device_loses_a_component() -> None:
    house = House()
    parts: dict[str, dict[str, object]] = {n: {"p": "switch", "name": n, "command_topic": n} for n in ("a", "b")}
    message: dict[str, object] = {"dev": {"ids": "d"}, "cmps": parts}
    house.say("homeassistant/device/d/config", message)
    assert set(house.mirror.snapshot().entities) == {"switch.a", "switch.b"}
    parts["b"] = {"p": "switch"}
    assert house.say("homeassistant/device/d/config", message).entities == {"switch.b"}
    assert set(house.mirror.snapshot().entities) == {"switch.a"}


@pytest.mark.parametrize(
    ("mode", "said", "available"),
    [
        ("latest", [], False),
        ("latest", [("a", "online")], True),
        ("latest", [("a", "online"), ("b", "offline")], False),
        ("latest", [("a", "offline"), ("b", "online"), ("a", "online"), ("b", "what?")], True),
        ("all", [("a", "online")], False),
        ("all", [("a", "online"), ("b", "online")], True),
        ("any", [("a", "offline"), ("b", "online")], True),
        ("any", [("a", "offline")], False),
    ],
)
def test_availability(mode: str, said: list[tuple[str, str]], available: bool) -> None:
    house = House()
    house.announce("switch", availability=[{"topic": "a"}, {"topic": "b"}], availability_mode=mode)
    for topic, payload in said:
        house.say(topic, payload)
    assert house.entity("switch.x").available is available


def test_availability_in_json_and_without_any() -> None:
    house = House()
    house.announce("switch", availability={"topic": "a", "value_template": "{{ value_json.state }}"})
    assert house.announce("switch", topic="y", name="Y").subscribe == {"s"}
    assert house.say("a", {"state": "online"}).entities == {"switch.x"}
    assert house.entity("switch.x").available
    assert house.entity("switch.y").available


LIGHT = {"schema": "json", "supported_color_modes": ["xy", "color_temp"], "brightness_scale": 254}


@pytest.mark.parametrize(
    ("component", "config", "messages", "expected"),
    [
        ("light", LIGHT, [{"state": "ON", "brightness": 127}], ("on", {"brightness": 50})),
        ("light", LIGHT, [{"state": "ON", "brightness": 1}], ("on", {"brightness": 1})),
        ("light", LIGHT, [{"state": "ON", "brightness": 127}, {"state": "OFF", "brightness": 127}], ("off", {})),
        (
            "light",
            LIGHT,
            [{"state": "ON", "brightness": 127}, {"state": "OFF"}, {"state": "ON"}],
            ("on", {"brightness": 50}),
        ),
        (
            "light",
            LIGHT,
            [{"state": "ON", "color_mode": "xy", "color": {"x": 0.6942, "y": 0.2963, "hue": 9}, "color_temp": 3}],
            ("on", {"color": "red"}),
        ),
        (
            "light",
            LIGHT,
            [{"state": "ON", "color": {"x": 0.69, "y": 0.3}}, {"color_mode": "color_temp", "color_temp": 250}],
            ("on", {"color_temperature": 4000}),
        ),
        ("light", LIGHT, [{"state": "ON", "color": {"hue": 240, "saturation": 100}}], ("on", {"color": "blue"})),
        ("light", LIGHT, [{"state": "ON", "color": {"r": 0, "g": 255, "b": 0}}], ("on", {"color": "green"})),
        ("light", LIGHT, [{"state": "ON", "brightness": "x", "color": {"r": 999}}], ("on", {})),
        ("light", LIGHT, [{"state": "ON"}, {"state": None}], (None, {})),
        ("light", LIGHT, ["ON", "[]", "null", {"state": ["ON"]}], (None, {})),
        ("light", {"brightness_state_topic": "s", "state_value_template": "ON"}, ["128"], ("on", {"brightness": 50})),
        ("light", {"hs_state_topic": "s", "state_value_template": "ON"}, ["120,100"], ("on", {"color": "green"})),
        ("light", {"rgb_state_topic": "s", "state_value_template": "ON"}, ["1,2", "x,y,z", "9,9,999"], ("on", {})),
        ("light", {"xy_state_topic": "s", "state_value_template": "ON"}, ["0.1355,0.0399"], ("on", {"color": "blue"})),
        (
            "light",
            {"color_temp_state_topic": "s", "color_temp_kelvin": True, "state_value_template": "ON"},
            ["2700"],
            ("on", {"color_temperature": 2700}),
        ),
        ("cover", {"position_topic": "s"}, ["40"], ("open", {"position": 40})),
        ("cover", {"position_topic": "s"}, ["0"], ("closed", {"position": 0})),
        (
            "cover",
            {"position_topic": "s", "position_open": 0, "position_closed": 255},
            ["51"],
            ("open", {"position": 80}),
        ),
        ("cover", {}, ["stopped"], ("open", {})),
        ("cover", {"state_open": "UP"}, ["UP", "closing"], ("closing", {})),
        ("lock", {}, ["LOCKED"], ("locked", {})),
        ("lock", {}, ["JAMMED"], ("jammed", {})),
        ("fan", {"percentage_state_topic": "s", "speed_range_max": 4, "payload_on": "2"}, ["2"], ("on", {"speed": 50})),
        ("fan", {"percentage_state_topic": "s", "payload_off": "0"}, ["0"], ("off", {"speed": 0})),
        ("sensor", {"unit_of_measurement": "°C"}, ["21.5"], ("21.5", {"unit_of_measurement": "°C"})),
        ("sensor", {"value_template": "{{ value_json.t | float }}"}, [{"t": 3}, {"t": "?"}, "x"], ("3.0", {})),
        ("sensor", {}, ["y" * 300], ("y" * 255, {})),
        ("binary_sensor", {"payload_on": True, "val_tpl": "{{ value_json.c }}"}, [{"c": True}], ("on", {})),
        ("switch", {"state_on": "1", "state_off": "0"}, ["ON", "0"], ("off", {})),
        ("switch", {"optimistic": True}, [], (None, {"assumed_state": True})),
        (
            "climate",
            {
                "mode_state_topic": "s",
                "temperature_state_topic": "s",
                "temp_stat_tpl": "{{ value_json.t }}",
                "mode_stat_tpl": "{{ value_json.m }}",
                "curr_temp_t": "s",
                "curr_temp_tpl": "{{ value_json.c }}",
                "max_temp": 30,
                "modes": ["off", "heat"],
            },
            [{"m": "heat", "t": 21, "c": 19.5}, {"m": "heat", "t": "None", "c": "inf"}],
            ("heat", {"current_temperature": 19.5, "max_temp": 30.0, "modes": ["off", "heat"]}),
        ),
    ],
)
def test_states(
    component: str, config: dict[str, object], messages: list[object], expected: tuple[str | None, dict[str, object]]
) -> None:
    house = House()
    assert not house.announce(component, **config).errors
    for message in messages:
        house.say("s", message)
    assert house.shown(f"{component}.x") == expected


def test_messages_that_nobody_can_read() -> None:
    house = House()
    house.announce("sensor")
    assert house.mirror.apply("s", b"\xff\xfe") == Change()
    assert [error.code for error in house.mirror.apply("s", b"x" * 1_000_000).errors] == ["state.too_big"]
    assert house.mirror.apply("nobody/listens", b"x" * 1_000_000) == Change()
    assert house.mirror.apply("s", b"") == Change()


def test_reports_count_what_was_said_again() -> None:
    house = House()
    house.announce("switch")
    house.say("s", "ON")
    house.say("s", "ON")
    house.say("s", "gibberish")
    assert house.mirror.reports("switch.x") == 2
    assert house.mirror.reports("switch.unknown") == 0


def test_places() -> None:
    house = House.of(floors={"Ground Floor": ["Kitchen", "Hall"], "Attic": []}, mic_area="Winter Garden")
    house.announce("switch", topic="a", name="A", device={"sa": "KITCHEN"})
    house.announce("switch", topic="b", name="B", device={"sa": "Bath"})
    house.announce("switch", topic="c", name="C", device={"sa": "🛁"})
    home = house.mirror.snapshot()
    assert home.floors == (Floor("ground_floor", "Ground Floor"), Floor("attic", "Attic"))
    assert home.areas == (
        Area("kitchen", "Kitchen", "ground_floor"),
        Area("hall", "Hall", "ground_floor"),
        Area("bath", "Bath"),
        Area("🛁", "🛁"),
        Area("winter_garden", "Winter Garden"),
    )
    assert home.entities["switch.a"].area == "kitchen"
    assert home.mic_area == "winter_garden"
    assert House.of(floors={"G": ["Hall"]}, mic_area="hall").mirror.snapshot().areas == (Area("hall", "Hall", "g"),)


def test_a_snapshot_is_made_once_and_can_be_stored() -> None:
    house = House()
    house.announce("light", **LIGHT)
    house.say("s", {"state": "ON", "color": {"r": 200, "g": 180, "b": 170}})
    first, second = house.mirror.snapshot(), house.mirror.snapshot()
    assert first.entities is second.entities
    assert first.taken_ms < second.taken_ms
    assert codec.loads(HomeState, codec.dumps(first)) == first
    house.say("s", {"state": "OFF"})
    assert first.entities["light.x"].state == "on"
    assert house.mirror.snapshot().entities["light.x"].state == "off"


def test_a_group_moves_its_members_so_a_voice_may_do_to_it_what_it_may_to_all_of_them() -> None:
    rules = [Rule("light.reading_lamp", "home.toml:3", voice=Voice.NEVER)]
    house = House(household=Household.of(rules=rules))
    members = [{"ieee_address": "0x00158d0001000001"}, {"ieee_address": "0x00158d0001000002"}]
    for number, name in enumerate(("Reading Lamp", "Ceiling"), 1):
        topic = f"0x00158d000100000{number}/light"
        house.announce("light", topic=topic, name=name, command_topic=f"zigbee2mqtt/{name}/set")
    house.announce("light", topic="9/light", name="Lounge", command_topic="zigbee2mqtt/Lounge/set")
    assert house.entity("light.lounge").voice is Voice.ALLOWED, "nobody knows yet that it is a group"
    listed = json.dumps([{"id": 9, "friendly_name": "Lounge", "members": members}]).encode()
    assert house.mirror.group(listed).entities == {"light.lounge"}
    assert house.entity("light.lounge").voice is Voice.NEVER
    assert house.entity("light.ceiling").voice is Voice.ALLOWED
    assert house.entity("light.lounge").attributes["group_members"] == ["light.ceiling", "light.reading_lamp"]
    # A member that comes later counts, and one that has left the group does not.
    assert "light.lounge" in house.mirror.group(json.dumps([]).encode()).entities
    assert house.entity("light.lounge").voice is Voice.ALLOWED
    assert "group_members" not in house.entity("light.lounge").attributes
