"""Tasmota's own discovery: what its settings change, and everything that is none. Whole devices: tests/data/devices."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.turn import Command, Verb
from edge.home import discovery
from edge.home.commands import compose
from edge.home.discovery import DeviceConfig, DiscoveryError, parse
from edge.home.instruction import Instruction
from edge.home.mirror import Mirror

TOPIC = "tasmota/discovery/02005E1000AB/config"
LEAST: dict[str, Any] = {
    "dn": "Hall",
    "fn": ["Hall", None],
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "t": "hall",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "rl": [1, 0],
    "ver": 1,
}
always_the_same = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def configs(**more: Any) -> list[DeviceConfig]:
    found = parse(TOPIC, json.dumps(LEAST | more).encode())
    assert not found.errors
    return list(found.configs)


def one(**more: Any) -> DeviceConfig:
    (config,) = configs(**more)
    return config


def house(**more: Any) -> Mirror:
    mirror = Mirror(clock_ms=lambda: 0)
    assert not mirror.apply(TOPIC, json.dumps(LEAST | more).encode()).errors
    mirror.apply("tele/hall/LWT", b"Online")
    return mirror


def state(mirror: Mirror, entity_id: str) -> str | None:
    entity = mirror.entity(entity_id)
    assert entity is not None
    return entity.state


def sent(mirror: Mirror, entity_id: str, verb: Verb, **args: object) -> list[tuple[str, str]]:
    config = mirror.config(entity_id)
    assert config is not None
    found = compose(Command(entity_id, verb, args), config, mirror.entity(entity_id))
    assert isinstance(found, Instruction)
    return [(message.topic, message.payload) for message in found.messages]


def test_its_topics_are_discovery() -> None:
    assert discovery.is_discovery(TOPIC)
    assert "tasmota/discovery/+/config" in discovery.filters()
    assert not discovery.is_discovery("tasmota/discovery/02005E1000AB/sensors")
    assert not discovery.is_discovery("tele/hall/STATE")


def test_its_topics_are_its_own_under_a_prefix_that_they_share() -> None:
    (config,) = parse(TOPIC, json.dumps(LEAST).encode(), prefix="tasmota").configs
    assert config.domain == "switch"


@pytest.mark.parametrize("topic", ["tasmota/discovery/config", "tasmota/discovery/a/b/config"])
def test_other_topics_beside_it(topic: str) -> None:
    with pytest.raises(DiscoveryError) as error:
        parse(topic, json.dumps(LEAST).encode())
    assert error.value.code == "discovery.bad_topic"


def test_nothing_removes_it() -> None:
    mirror = house()
    assert mirror.apply(TOPIC, b"").entities == {"switch.hall"}
    assert not mirror.topics()


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"rl": None}, "`rl`"),
        ({"rl": ["1"]}, "`rl`"),
        ({"rl": 1}, "`rl`"),
        ({"t": None}, "`t`"),
        ({"t": "#"}, "`t`"),
        ({"ft": ["%topic%"]}, "`ft`"),
        ({"tp": ["cmnd"]}, "`tp`"),
        ({"state": ["OFF"]}, "`state`"),
        ({"fn": [{}]}, "`fn`"),
        ({"so": []}, "`so`"),
        ({"lt_st": "many"}, "`lt_st`"),
        ({"ver": 2}, "`ver`"),
    ],
)
def test_what_cannot_be_used_is_named(more: dict[str, Any], key: str) -> None:
    with pytest.raises(DiscoveryError, match=key) as error:
        configs(**more)
    assert error.value.code == "discovery.wrong_type"


def test_a_number_out_of_range_is_refused() -> None:
    with pytest.raises(DiscoveryError):
        parse(TOPIC, json.dumps(LEAST).replace('"ver": 1', '"lt_st": 1e999').encode())


@pytest.mark.parametrize(
    ("device", "relays", "names"),
    [
        ("Hall", ["Hall", "Tasmota2"], ["Hall", "Hall 2"]),
        ("Hall", ["Ceiling", "Mirror"], ["Hall Ceiling", "Hall Mirror"]),
        ("Hall", ["Hall Ceiling", None], ["Hall Ceiling", "Hall 2"]),
        ("Tasmota", ["Tasmota", "Tasmota2"], ["Tasmota", "Tasmota 2"]),
        ("", [None, None], ["Tasmota", "Tasmota 2"]),
    ],
)
def test_names(device: str, relays: list[str | None], names: list[str]) -> None:
    assert [config.name for config in configs(dn=device, fn=relays, rl=[1, 1])] == names


def test_a_device_with_the_factory_name_is_called_as_its_relay() -> None:
    assert one(dn="Tasmota", fn=["Heater"]).name == "Heater"


def test_placeholders_of_the_full_topic() -> None:
    config = one(ft="%hostname%/%id%/%prefix%/%topic%", hn="hall-1234", tp=["c", "s", "r"])
    assert config.text("command_topic") == "hall-1234/1000AB/c/hall/POWER"
    assert config.text("state_topic") == "hall-1234/1000AB/r/hall/STATE"
    assert config.answers == "hall-1234/1000AB/s/hall/RESULT"


def test_answers_and_reports_are_both_heard() -> None:
    mirror = house()
    assert mirror.topics() == {"tele/hall/STATE", "stat/hall/RESULT", "tele/hall/LWT"}
    mirror.apply("tele/hall/STATE", b'{"POWER": "OFF"}')
    assert state(mirror, "switch.hall") == "off"
    mirror.apply("stat/hall/RESULT", b'{"POWER": "ON"}')
    assert state(mirror, "switch.hall") == "on"


@pytest.mark.parametrize("answer", [b'{"TelePeriod": 300}', b'{"Command": "Unknown"}', b"300", b"ON", b"[]", b'"x"'])
def test_answers_to_something_else_change_nothing(answer: bytes) -> None:
    mirror = house(rl=[2, 1, 3, 3], lt_st=5, lk=1, swc=[1], swn=["Door"])
    mirror.apply("tele/hall/STATE", b'{"POWER1": "ON", "POWER2": "OFF", "Dimmer": 20, "HSBColor": "240,100,20"}')
    before = mirror.snapshot().entities
    change = mirror.apply("stat/hall/RESULT", answer)
    assert not change.faults
    assert mirror.snapshot().entities == before


def test_without_the_common_topic_of_answers_reports_are_heard() -> None:
    mirror = house(so={"4": 1})
    assert mirror.topics() == {"tele/hall/STATE", "tele/hall/LWT"}


def test_a_single_relay_may_have_a_number() -> None:
    mirror = house()
    mirror.apply("tele/hall/STATE", b'{"POWER1": "ON"}')  # SetOption26 1
    assert state(mirror, "switch.hall") == "on"


def test_its_own_words() -> None:
    mirror = house(state=["Aus", "An", "x", "y"], onln="Da", ofln="Weg")
    mirror.apply("tele/hall/LWT", b"Da")
    mirror.apply("tele/hall/STATE", b'{"POWER": "An"}')
    assert mirror.snapshot().entities["switch.hall"].available
    assert state(mirror, "switch.hall") == "on"
    assert sent(mirror, "switch.hall", Verb.TURN_OFF) == [("cmnd/hall/POWER", "Aus")]


def test_relays_as_lamps() -> None:
    mirror = house(so={"30": 1})
    mirror.apply("tele/hall/STATE", b'{"POWER": "ON"}')
    assert state(mirror, "light.hall") == "on"


def test_every_channel_a_lamp() -> None:
    mirror = house(rl=[2, 2], lt_st=2, so={"68": 1})
    mirror.apply("tele/hall/STATE", b'{"POWER1": "ON", "Channel1": 40, "POWER2": "ON", "Channel2": 70}')
    (first, second) = mirror.snapshot().entities.values()
    assert (first.attributes["brightness"], second.attributes["brightness"]) == (40, 70)
    assert sent(mirror, "light.hall_2", Verb.TURN_ON, brightness=10) == [
        ("cmnd/hall/Channel2", "10"),
        ("cmnd/hall/POWER2", "ON"),
    ]


def test_the_white_of_a_lamp_that_has_colours() -> None:
    mirror = house(rl=[2], lt_st=4, lk=1)
    mirror.apply("tele/hall/STATE", b'{"POWER": "ON", "Dimmer": 50, "HSBColor": "120,100,50", "White": 0}')
    assert mirror.snapshot().entities["light.hall"].attributes["color"] == "green"
    assert sent(mirror, "light.hall", Verb.TURN_ON, color="white")[0] == ("cmnd/hall/White", "50")
    mirror.apply("stat/hall/RESULT", b'{"POWER": "ON", "Dimmer": 50, "HSBColor": "0,0,0", "White": 50}')
    assert "color" not in mirror.snapshot().entities["light.hall"].attributes


def test_two_shutters_and_a_relay_without_its_second() -> None:
    found = configs(rl=[3, 3, 3, 3, 1, 3])
    assert [config.domain for config in found] == ["switch", "cover", "cover"]
    assert [config.name for config in found] == ["Hall 5", "Hall 1", "Hall 2"]


def test_push_buttons_are_no_sensors() -> None:
    assert [config.domain for config in configs(swc=[0, 3, -1, 15])] == ["switch"]


def test_a_flood_of_relays_is_cut() -> None:
    assert len(configs(rl=[1] * 10_000)) == 64


values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["#", "%id%"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)
kinds = st.lists(st.integers(0, 4), max_size=6)
sensible = st.fixed_dictionaries(
    {},
    optional={
        "rl": kinds,
        "lt_st": st.integers(-1, 7),
        "lk": st.integers(0, 1),
        "if": st.integers(0, 1),
        "ty": st.integers(0, 1),
        "sho": kinds,
        "swc": kinds,
        "so": st.dictionaries(st.sampled_from(["4", "30", "68", "82"]), st.integers(0, 1)),
    },
)
wrong = st.dictionaries(
    st.sampled_from([*sorted(LEAST), "hn", "md", "sw", "if", "ty", "so", "lk", "lt_st", "swc", "swn", "sho", "onln"]),
    values,
    max_size=3,
)


@always_the_same
@given(st.text(max_size=30), st.binary(max_size=80))
def test_any_bytes_on_any_of_its_topics(device: str, payload: bytes) -> None:
    mirror = Mirror(clock_ms=lambda: 0)
    for last in ("config", "sensors"):
        mirror.apply(f"tasmota/discovery/{device}/{last}", payload)
    assert not mirror.snapshot().entities


@always_the_same
@given(sensible, wrong, st.lists(values, max_size=3))
def test_any_description_and_any_report(more: dict[str, Any], gone_wrong: dict[str, Any], said: list[Any]) -> None:
    mirror = Mirror(clock_ms=lambda: 0)
    mirror.apply(TOPIC, json.dumps(LEAST | more).encode())
    mirror.apply(TOPIC, json.dumps(LEAST | more | gone_wrong).encode())
    for topic in sorted(mirror.topics()):
        for payload in (*said, {"POWER": "ON", "Switch1": said, "Shutter1": said, "HSBColor": said, "FanSpeed": said}):
            mirror.apply(topic, json.dumps(payload).encode())
    for entity_id in mirror.snapshot().entities:
        config = mirror.config(entity_id)
        assert config is not None
        for verb in Verb:
            compose(Command(entity_id, verb), config, mirror.entity(entity_id))
    mirror.apply(TOPIC, b"")
    assert not mirror.snapshot().entities
