"""What holds for every discovery message and everything that is said and asked after it, however made."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.core.home import Entity
from edge.core.turn import Command, Verb
from edge.home import abbreviations, schema
from edge.home.color import describe
from edge.home.commands import compose
from edge.home.discovery import Discovery, DiscoveryError, parse
from edge.home.instruction import Goal, Instruction, Unsayable
from edge.home.mirror import Mirror


# The same examples every time: a failure is found by whoever runs it next, too.
def always_the_same(examples: int) -> settings:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(derandomize=True, database=None, deadline=None, max_examples=examples, suppress_health_check=quiet)


FILES = sorted((Path(__file__).parents[2] / "data" / "devices").glob("*.json"))
DEVICES: list[dict[str, Any]] = [device for file in FILES for device in json.loads(file.read_text())]
ANNOUNCED: list[dict[str, Any]] = [message for device in DEVICES for message in device["discovery"]]
SAID: list[Any] = [message["payload"] for device in DEVICES for message in device["messages"]]
TEMPLATES = sorted(
    {
        value
        for message in ANNOUNCED
        for value in message["payload"].values()
        if isinstance(value, str) and ("{{" in value or "{%" in value)
    }
)
COMPONENTS = [*sorted(schema.SCHEMAS), "device", "no_such_component"]
KEYS = sorted(
    {key for keys in schema.SCHEMAS.values() for key in keys}
    | abbreviations.ENTITY.keys()
    | {"~", "availability", "availability_mode", "components", "device", "name", "object_id", "platform", "p", "schema"}
)
VERBS = list(Verb)
ARGS = ("brightness", "color", "color_temperature", "effect", "position", "tilt", "temperature", "speed", "value",
        "option", "mode", "code", "fan_mode", "preset_mode", "humidity", "tone", "volume")  # fmt: skip

topics = st.sampled_from(["a/state", "a/set", "a/b/availability", "home/x", "~/state", "", "#", "a/+"])
sources = st.sampled_from([*TEMPLATES, "{{ value", "{{ value_json.x | float }}", "{{ 1 / 0 }}", "{{ states('x') }}"])
words = st.sampled_from(["ON", "OFF", "online", "json", "template", "on", "auto", "None", "", "50", "ON\0", "\ud800"])
leaves = st.one_of(
    topics, sources, words, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=20)
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(KEYS), words), inner, max_size=4)
    ),
    max_leaves=12,
)
messages = st.one_of(st.sampled_from(SAID), values)
args = st.dictionaries(
    st.sampled_from(ARGS),
    st.one_of(st.integers(-5, 300), st.floats(), st.booleans(), words, st.just("red")),
    max_size=2,
)


def wire(payload: Any) -> bytes:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return text.encode(errors="surrogatepass")


def parsed(topic: str, payload: bytes) -> Discovery | None:
    try:
        return parse(topic, payload)
    except DiscoveryError:
        return None


def silent(entity: Entity) -> Entity:
    """The entity before its first report."""
    return replace(entity, state=None, attributes={})


def showing(goal: Goal, entity: Entity) -> Entity:
    """The entity after it has reported what is wanted."""
    wanted = {name: value for name, (value, _) in goal.near.items()} | dict(goal.equal)
    color = {"color": describe(goal.rgb)} if goal.rgb else {}
    state = str(wanted.pop("state")) if "state" in wanted else min(goal.states, default=entity.state)
    return replace(entity, state=state, attributes={**entity.attributes, **wanted, **color})


def live(mirror: Mirror, said: list[Any], asked: Mapping[str, Any]) -> None:
    """Whatever was announced: its topics may say anything, and anything may be asked of it."""
    for topic in sorted(mirror.topics()):
        for payload in said:
            mirror.apply(topic, wire(payload))
    for entity_id in mirror.snapshot().entities:
        config, entity = mirror.config(entity_id), mirror.entity(entity_id)
        assert config is not None
        assert entity is not None
        for verb in VERBS:
            for command in (Command(entity_id, verb), Command(entity_id, verb, asked)):
                found = compose(command, config, entity)
                assert isinstance(found, Instruction | Unsayable)
                if isinstance(found, Instruction):
                    assert found.messages
                    assert not found.met_by(silent(entity)), "what was never reported shows nothing"
                    assert all(found.met_by(showing(goal, entity)) for goal in found.goals)


@always_the_same(150)
@given(st.text(max_size=40), st.binary(max_size=60))
def test_any_bytes_on_any_topic(topic: str, payload: bytes) -> None:
    mirror = Mirror(clock_ms=lambda: 0)
    mirror.apply(topic, payload)
    mirror.apply(f"homeassistant/{topic}/config", payload)
    parsed(topic, payload)
    assert not mirror.snapshot().entities or b"{" in payload


@always_the_same(300)
@given(
    st.sampled_from(COMPONENTS),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=12),
    st.lists(messages, max_size=3),
    args,
)
def test_any_configuration(component: str, config: dict[str, Any], said: list[Any], asked: dict[str, Any]) -> None:
    topic = f"homeassistant/{component}/x/config"
    required = {"state_topic": "a/state", "command_topic": "a/set"} | config
    found = parsed(topic, wire(required))
    assert found is None or found.topic == topic
    mirror = Mirror(clock_ms=lambda: 0)
    mirror.apply(topic, wire(required))
    live(mirror, said, asked)


@always_the_same(300)
@given(
    st.sampled_from(ANNOUNCED),
    st.dictionaries(st.sampled_from(KEYS), values, max_size=2),
    st.lists(st.integers(0, 40), max_size=2),
    st.lists(messages, max_size=3),
    args,
)
def test_real_devices_gone_wrong(
    message: dict[str, Any], more: dict[str, Any], less: list[int], said: list[Any], asked: dict[str, Any]
) -> None:
    config = {**message["payload"], **more}
    for place in less:
        config.pop(sorted(config)[place % len(config)], None) if config else None
    mirror = Mirror(clock_ms=lambda: 0)
    mirror.apply(message["topic"], wire(message["payload"]))
    mirror.apply(message["topic"], wire(config))
    live(mirror, said, asked)
    mirror.apply(message["topic"], b"")
    assert not mirror.snapshot().entities


# Short and long keys

SHORT = {long: short for short, long in abbreviations.ENTITY.items()}
SHORT_DEVICE = {long: short for short, long in abbreviations.DEVICE.items()}


def renamed(message: Mapping[str, Any], names: Mapping[str, str], device_names: Mapping[str, str]) -> dict[str, Any]:
    """The message with its keys, also those of its parts, renamed."""
    found: dict[str, Any] = {}
    for key, value in message.items():
        part = value
        if key in ("device", "dev") and isinstance(value, dict):
            part = {device_names.get(k, k): v for k, v in value.items()}
        elif key in ("availability", "avty") and isinstance(value, list):
            part = [{names.get(k, k): v for k, v in entry.items()} for entry in value if isinstance(entry, dict)]
        elif key in ("components", "cmps") and isinstance(value, dict):
            part = {name: renamed(own, names, device_names) for name, own in value.items()}
        found[names.get(key, key)] = part
    return found


def outcome(topic: str, message: Mapping[str, Any]) -> object:
    try:
        found = parse(topic, wire(message))
    except DiscoveryError as error:
        return error.code, str(error)
    return found.configs, [(error.code, str(error)) for error in found.errors]


# Tasmota's own discovery has keys of its own, and one form of them.
TWO_FORMS = [message for message in ANNOUNCED if not message["topic"].startswith("tasmota/")]


@pytest.mark.parametrize("message", TWO_FORMS, ids=[message["topic"] for message in TWO_FORMS])
def test_short_and_long_keys_say_the_same(message: dict[str, Any]) -> None:
    long = renamed(message["payload"], abbreviations.ENTITY, abbreviations.DEVICE)
    short = renamed(long, SHORT, SHORT_DEVICE)
    assert short.keys().isdisjoint(SHORT)
    assert parse(message["topic"], wire(message["payload"])).configs or not long.get("enabled_by_default", True)
    assert outcome(message["topic"], short) == outcome(message["topic"], message["payload"])
    assert outcome(message["topic"], long) == outcome(message["topic"], message["payload"])


@always_the_same(200)
@given(st.sampled_from(sorted(schema.SCHEMAS)), st.dictionaries(st.sampled_from(KEYS), leaves, max_size=8))
def test_short_and_long_keys_fail_the_same(component: str, config: dict[str, Any]) -> None:
    topic = f"homeassistant/{component}/x/config"
    long = renamed({"state_topic": "a/state", "command_topic": "a/set"} | config, abbreviations.ENTITY, {})
    assert outcome(topic, long) == outcome(topic, renamed(long, SHORT, {}))
