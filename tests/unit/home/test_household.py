"""What a household says of its home, and what follows from it."""

import itertools
import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from edge.core.home import Area, Entity, Floor, Voice
from edge.home import discovery, zigbee
from edge.home.discovery import DeviceConfig
from edge.home.facts import Fact
from edge.home.household import Household, Rule, merged
from edge.home.mirror import Mirror

KITCHEN = Area("kitchen", "Kitchen", aliases=("cooking room",))
LIVING = Area("living_room", "Living Room")
BED = Area("bed", "Bed")
BEDROOM = Area("bedroom", "Bedroom")


def entity(name: str, entity_id: str = "light.x", **more: Any) -> Entity:
    return Entity(entity_id, entity_id.partition(".")[0], name, **more)


def announced(topic: str, **message: object) -> DeviceConfig:
    found = discovery.parse(topic, json.dumps(message).encode())
    (config,) = found.configs
    return config


# Rooms by name


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("Kitchen Ceiling Light", "kitchen"),
        ("kitchen_ceiling", "kitchen"),
        ("KITCHEN", "kitchen"),
        ("Cooking Room Lamp", "kitchen"),
        ("Living Room Lamp", "living_room"),
        ("Living Lamp", None),
        ("Bed Lamp", "bed"),
        ("Bedroom Lamp", "bedroom"),
        ("Bedside Lamp", None),
        ("The Kitchen Lamp", None),
        ("Garage Lamp", None),
        ("", None),
        ("🛁", None),
    ],
)
def test_a_name_that_begins_with_a_room_is_in_it(name: str, room: str | None) -> None:
    house = Household.of(areas=[KITCHEN, LIVING, BED, BEDROOM])
    assert house.applied(entity(name)).area == room


def test_the_longest_name_wins() -> None:
    house = Household.of(areas=[Area("guest", "Guest"), Area("guest_room", "Guest Room")])
    assert house.applied(entity("Guest Room Lamp")).area == "guest_room"
    assert house.applied(entity("Guest Lamp")).area == "guest"


def test_of_two_rooms_of_one_alias_neither_is_taken() -> None:
    rooms = [Area("a", "A", aliases=("Den",)), Area("b", "B", aliases=("Den",))]
    house = Household.of(areas=rooms)
    assert house.applied(entity("Den Lamp")).area is None
    assert house.applied(entity("X", area="den")).area == "den", "a room of its own, as its device says"


def test_names_never_make_a_room() -> None:
    house = Household.of()
    assert house.applied(entity("Kitchen Light")).area is None
    assert house.areas == ()


# Zigbee2MQTT

LAMP = "homeassistant/light/0x00158d00018255df/light/config"
ADDRESS = "0x00158d00018255df"
GROUPS: list[dict[str, object]] = [
    {"id": 1, "friendly_name": "kitchen", "members": [{"ieee_address": ADDRESS.upper(), "endpoint": 1}]},
    {"id": 2, "friendly_name": "all_lights", "members": [{"ieee_address": ADDRESS, "endpoint": 1}], "scenes": []},
]


def lamp(topic: str = "zigbee2mqtt/lamp", **more: object) -> DeviceConfig:
    return announced(LAMP, name="Lamp", state_topic=topic, command_topic=f"{topic}/set", **more)


def test_a_group_that_is_called_as_a_room_is_one() -> None:
    house = Household.of(areas=[KITCHEN, LIVING]).with_groups(zigbee.groups(json.dumps(GROUPS).encode()))
    placed = house.applied(entity("Lamp"), lamp())
    assert placed.area == "kitchen"
    (area,) = (fact for fact in house.origin(entity("Lamp"), lamp()) if fact.name == "area")
    assert area == Fact("area", "Kitchen", "zigbee2mqtt/bridge/groups", "group kitchen", None, retained=False)
    assert house.applied(entity("Lamp"), announced("homeassistant/light/0x1/config", command_topic="c")).area is None


def test_of_two_groups_that_are_rooms_neither_is_taken() -> None:
    groups = [*GROUPS, {**GROUPS[0], "friendly_name": "Living Room"}]
    house = Household.of(areas=[KITCHEN, LIVING]).with_groups(zigbee.groups(json.dumps(groups).encode()))
    assert house.applied(entity("Lamp"), lamp()).area is None


@pytest.mark.parametrize(
    ("topic", "room"),
    [
        ("zigbee2mqtt/kitchen/lamp", "kitchen"),
        ("zigbee2mqtt/Living Room/lamp/left", "living_room"),
        ("zigbee2mqtt/lamp", None),
        ("zigbee2mqtt/kitchen", None),
        ("zigbee2mqtt/attic/lamp", None),
        ("other/kitchen/lamp", None),
    ],
)
def test_the_folder_of_a_friendly_name_is_a_room(topic: str, room: str | None) -> None:
    house = Household.of(areas=[KITCHEN, LIVING])
    assert house.applied(entity("Lamp"), lamp(topic)).area == room


def test_a_command_topic_is_no_folder() -> None:
    config = announced(LAMP, name="Lamp", command_topic="zigbee2mqtt/kitchen/set")
    assert Household.of(areas=[KITCHEN]).applied(entity("Lamp"), config).area is None


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"[", b"\xff", b"[1, null]", b'[{"friendly_name": 1, "members": []}]', b"[" * 100_000,
     b'[{"friendly_name": "a", "members": {"x": 1}}]', b'[{"friendly_name": "a", "members": [1, {"ieee_address": 2}]}]',
     b" " * 1_000_001],
)  # fmt: skip
def test_what_is_no_list_of_groups_says_nothing(payload: bytes) -> None:
    assert zigbee.groups(payload) == {}


# What the household says, and in what order the sources win


def test_the_best_source_wins() -> None:
    groups = zigbee.groups(json.dumps(GROUPS).encode())
    raw = entity("Bedroom Lamp", area="living_room")
    rules = [Rule("light.*", "home.toml:1", room="Attic"), Rule("light.x", "home.toml:2", room="Bedroom")]

    def area(house: Household, it: Entity, config: DeviceConfig | None = None) -> tuple[str | None, str]:
        (fact,) = (fact for fact in house.with_groups(groups).origin(it, config) if fact.name == "area")
        return house.with_groups(groups).applied(it, config).area, fact.source

    rooms = [KITCHEN, LIVING, BEDROOM]
    config = lamp("zigbee2mqtt/living_room/lamp")
    assert area(Household.of(areas=rooms, rules=rules), raw, config) == ("bedroom", "home.toml:2")
    assert area(Household.of(areas=rooms, rules=rules[:1]), raw, config) == ("attic", "home.toml:1")
    assert area(Household.of(areas=rooms), raw, config) == ("living_room", f"discovery {LAMP}")
    nowhere = replace(raw, area=None)
    assert area(Household.of(areas=rooms), nowhere, config) == ("kitchen", "zigbee2mqtt/bridge/groups")
    assert area(Household.of(areas=rooms[1:]), nowhere, config) == ("living_room", "zigbee2mqtt/living_room/…")
    assert area(Household.of(areas=rooms[2:]), nowhere, config) == ("bedroom", "name")
    assert area(Household.of(), nowhere, config) == (None, "")


def test_a_rule_means_devices_by_id_by_name_and_by_pattern() -> None:
    rules = (
        Rule("light.*", "f:1", aliases=("a",), voice=Voice.GUARDED),
        Rule("Reading lamp", "f:2", aliases=("b",), voice=Voice.ALLOWED),
        Rule("light.x", "f:3", name="Lamp", aliases=("c",), voice=Voice.NEVER),
    )
    house = Household.of(rules=rules)
    placed = house.applied(entity("reading  LAMP"))
    assert (placed.name, set(placed.aliases), placed.voice) == ("Lamp", {"a", "b", "c"}, Voice.NEVER)
    assert house.applied(entity("Reading lamp", "light.y")).voice is Voice.ALLOWED
    assert house.applied(entity("Other", "light.z")).voice is Voice.GUARDED
    assert house.applied(entity("Other", "fan.z")).voice is Voice.ALLOWED


def test_what_devices_suggest_is_a_room_under_the_households_name() -> None:
    house = Household.of(areas=[KITCHEN], mic_area="hall").knowing(["Cooking Room", "KITCHEN", "Hall", "bath", "Bath"])
    assert house.areas == (KITCHEN, Area("bath", "Bath"), Area("hall", "Hall"))
    assert house.mic_area == "hall"
    assert house.applied(entity("X", area="cooking_room")).area == "kitchen"
    assert house.knowing(["bath", "Bath", "Hall", "KITCHEN"]) is house
    assert house.knowing([]).areas == (KITCHEN, Area("hall", "hall"))


def test_the_file_wins_over_the_settings() -> None:
    floors = {"Ground Floor": ["Kitchen", "Hall"], "Top": ["Attic"]}
    own = [Area("attic", "Attic", "first"), Area("kitchen", "kitchen", None, ("galley",))]
    areas, storeys = merged(floors, own, [Floor("first", "First Floor"), Floor("top", "Top", ("up there",))])
    assert areas == (
        Area("kitchen", "kitchen", "ground_floor", ("galley",)),
        Area("hall", "Hall", "ground_floor"),
        Area("attic", "Attic", "first"),
    )
    assert storeys == (
        Floor("ground_floor", "Ground Floor"),
        Floor("top", "Top", ("up there",)),
        Floor("first", "First Floor"),
    )


# Voice (by kind and by name: test_guard.py)


def test_another_name_makes_nothing_less_dangerous() -> None:
    rules = [Rule("switch.x", "f:1", name="Big Bertha")]
    assert Household.of(rules=rules).applied(entity("Oven", "switch.x")).voice is Voice.GUARDED
    assert Household.of(rules=[replace(rules[0], voice=Voice.ALLOWED)]).applied(entity("Oven", "switch.x")).voice is (
        Voice.ALLOWED
    )


@pytest.mark.parametrize("name", ["Door Relay", "Oven", "Relay 3"])
def test_the_stricter_of_two_names_counts(name: str) -> None:
    house = Household.of(rules=[Rule("switch.x", "f:1", name="Gate")])
    assert house.applied(entity(name, "switch.x")).voice is Voice.CONFIRM


def test_codes_are_found_and_not_shown() -> None:
    house = Household.of(rules=[Rule("lock.*", "f:1", code="1111"), Rule("lock.front", "f:2", code="2222")])
    assert (house.code("lock.front"), house.code("lock.back"), house.code("light.x")) == ("2222", "1111", None)
    assert "1111" not in repr(house)


def test_rules_that_mean_nothing() -> None:
    rules = [Rule("light.x", "f:1"), Rule("light.y*", "f:2"), Rule("Lamp", "f:3"), Rule("Gone", "f:4"),
             Rule("Old", "f:5", name="New")]  # fmt: skip
    there = [entity("Lamp", "light.x"), entity("New", "light.z")]
    assert [rule.origin for rule in Household.of(rules=rules).unmatched(there)] == ["f:2", "f:4"]


# In the mirror, in whatever order messages come


def messages() -> list[tuple[str, bytes]]:
    def config(topic: str, **message: object) -> tuple[str, bytes]:
        return f"homeassistant/{topic}/config", json.dumps({"command_topic": "c", **message}).encode()

    return [
        config("light/a", name="Attic Light"),
        config("light/b", name="B", device={"suggested_area": "Attic", "ids": "b"}),
        config("light/0x00158d00018255df/light", name="Lamp", state_topic="zigbee2mqtt/lamp"),
        ("zigbee2mqtt/bridge/groups", json.dumps([{**GROUPS[0], "friendly_name": "attic"}]).encode()),
    ]


def test_the_order_of_messages_does_not_matter() -> None:
    found = set()
    for order in itertools.permutations(messages()):
        mirror = Mirror(clock_ms=lambda: 1, household=Household.of(areas=[KITCHEN]))
        for topic, payload in order:
            _ = mirror.group(payload) if topic.startswith("zigbee") else mirror.apply(topic, payload)
        home = mirror.snapshot()
        found.add((home.areas, tuple((e.entity_id, e.area) for e in home.entities.values())))
    assert found == {
        (
            (KITCHEN, Area("attic", "Attic")),
            (("light.attic_light", "attic"), ("light.b", "attic"), ("light.lamp", "attic")),
        )
    }


def test_a_room_goes_with_the_last_device_that_suggests_it() -> None:
    mirror = Mirror(clock_ms=lambda: 1)
    for topic, payload in messages():
        mirror.apply(topic, payload)
    assert mirror.snapshot().entities["light.attic_light"].area == "attic"
    assert "light.attic_light" in mirror.apply("homeassistant/light/b/config", b"").entities
    assert mirror.snapshot().entities["light.attic_light"].area is None
    assert mirror.snapshot().areas == ()


def test_a_mapping_of_groups_is_compared_by_value() -> None:
    house = Household.of()
    assert house.with_groups(MappingProxyType({})) is house
