"""Whatever a device says and whatever is asked of it: an answer, never a crash."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.turn import Command, Verb
from edge.home.commands import compose
from edge.home.components import keys
from edge.home.components.registry import COMPONENTS
from edge.home.instruction import Instruction, Unsayable
from edge.home.mirror import Mirror

TOPIC = "all/of/it"
_WORDS = (
    "ON",
    "OFF",
    "None",
    "none",
    "open",
    "stopped",
    "cleaning",
    "mowing",
    "heat",
    "1",
    "0.5",
    "-3",
    "1e400",
    "nan",
)
_KEYS = (
    "state",
    "brightness",
    "color",
    "color_mode",
    "color_temp",
    "effect",
    "h",
    "s",
    "x",
    "y",
    "r",
    "g",
    "b",
    "w",
    "c",
)
_MORE = ("position", "tilt_position", "event_type", "tone", "volume_level", "duration", "fan_speed", "battery_level")
_UPDATE = ("installed_version", "latest_version", "update_percentage", "in_progress")
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | st.text(max_size=6)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*_KEYS, *_MORE, *_UPDATE)), inner, max_size=5)
    ),
    max_leaves=10,
)
_ARGS = ("brightness", "color", "color_temperature", "effect", "position", "tilt", "speed", "preset_mode", "direction")
_ARGS += ("on", "humidity", "mode", "temperature", "target_temp_low", "target_temp_high", "fan_mode", "swing_mode")
_ARGS += ("value", "option", "code", "tone", "volume", "duration", "fan_speed", "step")
_SCALARS = (
    st.booleans() | st.integers() | st.floats() | st.sampled_from(("red", "up", "home", "off")) | st.text(max_size=6)
)


def everything(component: str, **more: object) -> Mirror:
    """A device of this kind that has every topic there is."""
    known = COMPONENTS[component].keys.items()
    topics = {name: TOPIC for name, key in known if key.read is keys.topic}
    lists = {name: ["off", "home", "heat", "low"] for name, key in known if key.read is keys.texts}
    lists.pop("supported_features", None)
    lists.pop("supported_color_modes", None)
    mirror = Mirror(clock_ms=lambda: 0)
    message = json.dumps({"name": "X", **topics, **lists, **more}).encode()
    assert not mirror.apply(f"homeassistant/{component}/x/config", message).errors
    return mirror


_TEMPLATES = dict.fromkeys(
    ("cmd_on_tpl", "cmd_off_tpl", "stat_tpl", "bri_tpl", "r_tpl", "g_tpl", "b_tpl"), "{{ value }}"
)
_DEVICES = [
    *((component, {}) for component in COMPONENTS),
    ("light", {"schema": "json"}),
    ("light", {"schema": "template", **_TEMPLATES}),
    ("valve", {"pos": True}),
]
each_device = pytest.mark.parametrize(("component", "config"), _DEVICES)


@each_device
def test_no_message_is_too_odd(component: str, config: dict[str, object]) -> None:
    mirror = everything(component, **config)

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(_JSON)
    def say(message: object) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        mirror.apply(TOPIC, text.encode())
        entity = mirror.entity(f"{component}.x")
        assert entity is not None
        assert entity.state is None or len(entity.state) <= 255
        assert json.loads(json.dumps(dict(entity.attributes), allow_nan=False)).keys() == entity.attributes.keys()

    say()


@each_device
def test_no_request_is_too_odd(component: str, config: dict[str, object]) -> None:
    mirror = everything(component, **config)
    found, entity = mirror.config(f"{component}.x"), mirror.entity(f"{component}.x")
    assert found is not None

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(st.sampled_from(Verb), st.dictionaries(st.sampled_from(_ARGS), _SCALARS, max_size=3))
    def ask(verb: Verb, args: dict[str, str | int | float | bool]) -> None:
        said = compose(Command(f"{component}.x", verb, args), found, entity)
        assert isinstance(said, Instruction) or said.code.startswith("act.")
        assert verb in COMPONENTS[component].rules or said == Unsayable("act.unsupported")
        for rule in filter(None, [COMPONENTS[component].rules.get(verb)]):
            ours = {name: value for name, value in args.items() if name in rule.takes}
            assert isinstance(compose(Command(f"{component}.x", verb, ours), found, entity), Instruction | Unsayable)

    ask()
