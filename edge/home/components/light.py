"""Lights: keys of all three schemas, readings and rules. https://www.home-assistant.io/integrations/light.mqtt/."""

from collections.abc import Iterator, Mapping

from edge.core.turn import Verb
from edge.home.components import keys, light_basic, light_json, light_template
from edge.home.components.component import Component, Shown
from edge.home.components.keys import Key
from edge.home.components.light_common import Wanted, color_modes, effects, schema, wanted
from edge.home.components.reading import Reading
from edge.home.components.saying import NOTHING_TO_DO, SLACK_PERCENT, Ask, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction

SCHEMAS = ("basic", "default", "json", "template")
"""Ways of describing a lamp."""
_WHEN_ON = ("brightness", "color", "color_temperature", "effect")

_KEYS: dict[str, Key] = {
    **keys.STATE,
    **keys.COMMANDED,
    **keys.ON_OFF,
    **keys.channels(*light_basic.CHANNELS, value="value_template"),
    **keys.keys(keys.topic, "white_command_topic", "color_mode_state_topic"),
    **keys.keys(keys.template, "state_value_template", "color_mode_value_template"),
    **keys.flags(**dict.fromkeys((*light_basic.CHANNELS, "color_temp_kelvin"), False)),
    **keys.keys(keys.texts, "supported_color_modes", "effect_list"),
    **keys.keys(keys.positive, "min_mireds", "max_mireds", "min_kelvin", "max_kelvin"),
    **keys.keys(keys.template, "command_on_template", "command_off_template"),
    **{
        f"{name}_template": Key(keys.template)
        for name in ("state", "brightness", "color_temp", "red", "green", "blue", "effect")
    },
    **keys.words(schema="basic", on_command_type="last"),
    "brightness_scale": Key(keys.positive, 255.0),
    "white_scale": Key(keys.positive, 255.0),
}


def _readings(config: DeviceConfig) -> Iterator[Reading]:
    kinds = {"json": light_json.readings, "template": light_template.readings}
    return kinds.get(schema(config), light_basic.readings)(config)


def _on(ask: Ask) -> Instruction:
    if ask.args.get("brightness") == 0 and ask.args["brightness"] is not False:
        wanted(ask)  # refuses what the lamp cannot do
        return _off(ask)
    what = wanted(ask)
    kind = schema(ask.config)
    if kind == "basic" and what == Wanted() and ask.toggled("payload_on", ("payload_off",), ("on",), ("off",)):
        return NOTHING_TO_DO
    if kind == "json":
        messages = light_json.say(ask, what)
    elif kind == "template":
        messages = light_template.say(ask, what)
    else:
        messages = light_basic.say(ask, what)
    return Instruction(messages, (_goal(ask, what),) if ask.shows("state_topic") else ())


def _off(ask: Ask) -> Instruction:
    kind = schema(ask.config)
    if kind == "basic" and ask.toggled("payload_off", ("payload_on",), ("off",), ("on",)):
        return NOTHING_TO_DO
    if kind == "json":
        messages = light_json.off(ask)
    elif kind == "template":
        messages = light_template.off(ask)
    else:
        messages = (ask.message("command_topic", ask.config.text("payload_off")),)
    return Instruction(messages, (is_in("off"),) if ask.shows("state_topic") else ())


def _goal(ask: Ask, what: Wanted) -> Goal:
    config, near, equal = ask.config, dict[str, tuple[float, float]](), dict[str, object]()
    scale = config.number("brightness_scale") or 255.0
    if what.percent and not what.white and _tells(config, "brightness"):
        near["brightness"] = (what.percent, max(SLACK_PERCENT, 100 / scale))
    if what.kelvin and _tells(config, "color_temp"):
        near["color_temperature"] = (what.kelvin, what.kelvin * 0.03)  # mireds are whole, and lamps round to steps
    if what.effect and schema(config) != "json" and _tells(config, "effect"):
        equal["effect"] = what.effect  # JSON lamps blink once and say nothing of it
    rgb = what.rgb if _tells(config, "color") and not what.white else None
    return Goal(frozenset(("on",)), near=near, equal=equal, rgb=rgb)


def _tells(config: DeviceConfig, name: str) -> bool:
    kind = schema(config)
    if kind == "json":
        return True
    if kind == "template":
        return config.template("red_template" if name == "color" else f"{name}_template") is not None
    channels = ("hs", "rgb", "rgbw", "rgbww", "xy") if name == "color" else (name,)
    return any(config.text(f"{channel}_state_topic") for channel in channels)


def _facts(config: DeviceConfig) -> dict[str, object]:
    found: dict[str, object] = {"supported_color_modes": list(color_modes(config))}
    if names := effects(config):
        found["effect_list"] = list(names)
    return found


def _shown(_: DeviceConfig, state: str | None, attributes: dict[str, object]) -> Shown:
    if state != "on":
        for name in _WHEN_ON:
            attributes.pop(name, None)  # what it would be is not what it is
    return state, attributes


def _missing(options: Mapping[str, object]) -> str | None:
    if options["schema"] != "template":
        return None
    return next((key for key in ("command_on_template", "command_off_template") if key not in options), None)


LIGHT = Component(
    keys=_KEYS,
    readings=_readings,
    rules={
        Verb.TURN_ON: Rule(_on, frozenset(("brightness", "color", "color_temperature", "effect"))),
        Verb.TURN_OFF: Rule(_off),
    },
    reports=("state_topic",),
    facts=_facts,
    shown=_shown,
    missing=_missing,
)
