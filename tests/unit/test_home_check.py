"""What is found in a home that is in the way of speaking to it; with the real dictionary."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.cli_home import _sounds
from edge.core.home import Area, Entity, HomeState
from edge.doctor import Check, Health
from edge.home.complaints import Complaint
from edge.home.household import Household, Rule
from edge.home_check import Sounds, check, summary
from edge.profile import load_profile

KITCHEN = Area("k", "Kitchen")


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    made = _sounds(load_profile(board="x86-64", environ={}, system_paths=()))
    assert made is not None
    return made


def light(name: str, object_id: str, area: str | None = "k", **more: Any) -> Entity:
    return Entity(f"light.{object_id}", "light", name, area=area, **more)


def found(*entities: Entity, sounds: Sounds | None = None, house: Household | None = None, **more: Any) -> list[Check]:
    areas = more.pop("areas", (KITCHEN,))
    return list(check(HomeState.of(entities, areas), house or Household.of(), sounds=sounds))


def test_messages_that_could_not_be_used() -> None:
    complaints = (
        Complaint("discovery.not_json", "homeassistant/light/a/config"),
        Complaint("discovery.not_json", "homeassistant/light/b/config"),
        Complaint("discovery.too_many", ""),
        Complaint("link.denied", "secret/plug"),
        Complaint("template.failed", "light.a value_template"),  # its entity tells
    )
    told = check(HomeState(), Household.of(), sounds=None, complaints=complaints)
    assert [(one.name, one.status, one.found) for one in told] == [
        (
            "ignored: discovery.not_json",
            Health.FAIL,
            "homeassistant/light/a/config, homeassistant/light/b/config",
        ),
        ("ignored: discovery.too_many", Health.FAIL, "the announcements of all devices"),
        ("ignored: link.denied", Health.FAIL, "secret/plug"),
    ]
    assert told[-1].advice == "let this user read there, in the broker's access rules"


def test_a_home_in_order(home: HomeState, sounds: Sounds) -> None:
    assert check(replace(home, mic_area=None), Household.of(), sounds=sounds) == ()
    assert summary(()) == ()


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("Desk Lamp", "Deck Lamp", Health.WARN),
        ("Lamp B", "Lamp D", Health.WARN),
        ("Right Lamp", "Write Lamp", Health.FAIL),
        ("Lamp 2", "Lamp too", Health.FAIL),
        ("Left Lamp", "Right Lamp", None),
        ("Bedroom Light", "Bathroom Light", None),
        ("Lamp 1", "Lamp 2", None),
        ("Ceiling Lamp", "Ceiling Fan", None),
        ("Lamp", "Curtain", None),
    ],
)
def test_names_that_sound_alike(one: str, other: str, status: Health | None, sounds: Sounds) -> None:
    told = found(light(one, "a"), light(other, "b"), sounds=sounds)
    assert [finding.status for finding in told] == ([status] if status else [])
    if told:
        assert "light.a" in told[0].found
        assert "light.b" in told[0].found
        assert told[0].advice


def test_rooms_that_sound_alike(sounds: Sounds) -> None:
    rooms = (Area("a", "Ben Room"), Area("b", "Den Room"))
    told = found(light("A", "a", "a"), light("B", "b", "b"), sounds=sounds, areas=rooms)
    assert [finding.name for finding in told] == ["sounds alike: ben room, den room"]


def test_the_same_name_in_one_room() -> None:
    told = found(light("Lamp", "a"), light("lamp", "b"), light("LAMP", "c", None, state="on"))
    assert [(finding.status, finding.found) for finding in told if finding.status is Health.FAIL] == [
        (Health.FAIL, "light.a, light.b, both in Kitchen")
    ]
    door = Entity("lock.d", "lock", "Door", area="k")
    assert found(door, Entity("binary_sensor.d", "binary_sensor", "Door", area="k")) == []


def test_an_alias_counts_as_a_name() -> None:
    told = found(light("Lamp", "a"), light("Other", "b", aliases=("lamp",)))
    assert told[0].name == "same name: lamp"


def test_templates_that_fail() -> None:
    told = found(light("Lamp", "a", attributes={"template_error": "brightness_value_template"}))
    assert (told[0].status, "brightness_value_template" in told[0].found) == (Health.FAIL, True)
    assert "edge devices --why light.a" in told[0].advice


def test_entries_of_home_toml_that_mean_nothing() -> None:
    house = Household.of(rules=[Rule("light.lampp", "home.toml:3"), Rule("light.l*", "home.toml:9")])
    told = found(light("Lamp", "lamp"), house=house)
    assert [(one.name, one.found, one.advice) for one in told] == [
        ("home.toml: light.lampp", "home.toml:3: no device is called so", "did you mean light.lamp?")
    ]


def test_what_is_away_and_what_is_nowhere() -> None:
    told = found(
        light("A", "a", available=False),
        light("B", "b", None),
        light("C", "c", "gone"),
        Entity("scene.x", "scene", "X"),
    )
    assert [(one.name, one.status, one.found) for one in told] == [
        ("unavailable", Health.WARN, "A"),
        ("in no room", Health.WARN, "B, C"),
    ]
    assert found(light("A", "a", None))[-1].found == "Kitchen"


@pytest.mark.parametrize(
    ("name", "sayable"),
    [("0x00158d00018255df", False), ("Sensor 0x158d", False), ("lamp_a4c138", False), ("12345678", False),
     ("💡", False), ("", False), ("Lamp 2", True), ("H2O", True), ("Room 101", True), ("Licht Küche", True)],
)  # fmt: skip
def test_names_nobody_can_say(name: str, sayable: bool) -> None:
    assert [one.name for one in found(light(name, "a"))] == ([] if sayable else ["names nobody can say"])


def test_one_room_spelled_twice() -> None:
    rooms = (Area("a", "Livingroom"), Area("b", "Living Room"), Area("c", "Bedroom 1"), Area("d", "Bedroom 2"))
    told = found(*(light(area.name + " lamp", area.id, area.id) for area in rooms), areas=rooms)
    assert [one.name for one in told] == ["rooms: Living Room, Livingroom"]


def test_what_is_serious_comes_first_and_long_lists_are_cut() -> None:
    away = [light(f"Name {'abcdefghij'[n]}", str(n), available=False) for n in range(10)]
    told = found(*away, light("X", "x"), light("X", "y"))
    assert [one.status for one in told] == [Health.FAIL, Health.WARN]
    assert told[1].found.endswith("and 5 more")
    assert summary(told)[0].found == "2 findings about names, rooms and devices"


def test_names_that_a_machine_has_numbered_are_not_held_against_each_other() -> None:
    # Every pair of them would be two million.
    asked: list[int] = []

    def sounds(words: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
        asked.append(len(words))
        return {}

    found(*(light(f"Room lamp {n}", str(n)) for n in range(2000)), sounds=sounds)
    assert asked == [0]


def test_settings_are_in_nobody_s_way(sounds: Sounds) -> None:
    firmware = Entity(
        "update.lamp", "update", "0x00158d0001", available=False, attributes={"entity_category": "config"}
    )
    assert found(light("Lamp", "lamp"), firmware, sounds=sounds) == []


def test_two_rooms_that_go_by_one_name() -> None:
    rooms = (Area("k", "Kitchen", aliases=("bedroom",)), Area("b", "Bedroom"))
    (told,) = found(light("Lamp", "lamp"), light("Night Lamp", "night", "b"), areas=rooms)
    assert (told.name, told.status, told.found) == (
        "rooms called bedroom",
        Health.FAIL,
        "Bedroom, Kitchen go by one name",
    )


def test_a_lock_that_wants_a_code() -> None:
    lock = Entity("lock.front", "lock", "Front Door", area="k", attributes={"code_format": r"^\d{4}$"})
    (told,) = found(lock)
    assert (told.name, told.status) == ("code: Front Door", Health.FAIL)
    assert 'code_file = "…"' in told.advice
    knows = Household.of(rules=[Rule("lock.front", "home.toml:3", code="1234")])
    assert found(lock, house=knows) == []


def test_a_name_that_means_something_else() -> None:
    (told,) = found(light("Stop", "stop"), light("Shelf", "shelf"))
    assert (told.name, told.found) == ("names that mean something else", "Stop (light.stop)")
    assert 'aliases = ["…"]' in told.advice
    assert found(light("Stop", "stop", aliases=("bus sign",))) == []
