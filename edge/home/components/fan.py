"""Fans: https://www.home-assistant.io/integrations/fan.mqtt/."""

import math
from collections.abc import Iterator

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.keys import Key
from edge.home.components.reading import NOTHING, STATE, Reading, number, on_off, one_of, reading, word
from edge.home.components.saying import NOTHING_TO_DO, SLACK_PERCENT, Ask, Refuse, Rule, choice, switched
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction

_CHANNELS = ("percentage", "preset_mode", "oscillation", "direction")
_DIRECTIONS = ("forward", "reverse")


def _range(config: DeviceConfig) -> tuple[float, float]:
    low = config.number("speed_range_min")
    return 1.0 if low is None else low, config.number("speed_range_max") or 100.0


def speed_percent(value: float, low: float, high: float) -> int:
    """A fan's step as percent; https://www.home-assistant.io/integrations/fan.mqtt/#speed_range_min."""
    return max(0, min(100, round((value - low + 1) / (high - low + 1) * 100)))


def _readings(config: DeviceConfig) -> Iterator[Reading]:
    templates = ("state_value_template", "value_template")
    yield from reading(config, "state_topic", templates, word(STATE, on_off(config)))
    low, high = _range(config)
    reset = config.text("payload_reset_percentage")
    for channel, convert in (
        ("percentage", number("speed", lambda v: speed_percent(v, low, high) if v else 0, reset)),
        (
            "preset_mode",
            one_of("preset_mode", config.texts("preset_modes"), config.text("payload_reset_preset_mode"), NOTHING),
        ),
        (
            "oscillation",
            word(
                "oscillating",
                {config.text("payload_oscillation_on"): True, config.text("payload_oscillation_off"): False},
            ),
        ),
        ("direction", one_of("direction", _DIRECTIONS)),
    ):
        yield from reading(config, f"{channel}_state_topic", (f"{channel}_value_template",), convert)


def _on(ask: Ask) -> Instruction:
    if "speed" not in ask.args and ask.toggled("payload_on", ("payload_off",), ("on",), ("off",)):
        return NOTHING_TO_DO
    on = ask.message("command_topic", ask.config.text("payload_on"), "command_template")
    states = frozenset(("on",) if ask.shows("state_topic") else ())
    if "speed" not in ask.args:
        return Instruction((on,), (Goal(states=states),) if states else ())
    speed = ask.numeric("speed", 0, 100)
    if speed == 0:
        return _OFF.say(ask)
    low, high = _range(ask.config)
    steps = high - low + 1
    step = math.ceil(round(low - 1 + speed * steps / 100, 6))
    message = ask.message("percentage_command_topic", step, "percentage_command_template")
    told = ask.shows("percentage_state_topic")
    near = {"speed": (speed, max(SLACK_PERCENT, 100 / steps))} if told else {}
    return Instruction((on, message), (Goal(states=states, near=near),) if states or near else ())


def _speed(ask: Ask) -> Instruction:
    if "speed" not in ask.args:
        raise Refuse("act.bad_value")
    return _on(ask)


def _oscillate(ask: Ask) -> Instruction:
    on = ask.args.get("on")
    if not isinstance(on, bool):
        raise Refuse("act.bad_value")
    payload = ask.config.text("payload_oscillation_on" if on else "payload_oscillation_off")
    message = ask.message("oscillation_command_topic", payload, "oscillation_command_template")
    told = ask.shows("oscillation_state_topic")
    return Instruction((message,), (Goal(equal={"oscillating": on}),) if told else ())


def _facts(config: DeviceConfig) -> dict[str, object]:
    presets = config.texts("preset_modes")
    return {"preset_modes": list(presets)} if presets else {}


_OFF = switched("payload_off", "off")

FAN = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.ON_OFF,
        **keys.channels(*_CHANNELS, value="value_template"),
        **keys.keys(keys.template, "state_value_template"),
        **keys.numbers(speed_range_min=1.0, speed_range_max=100.0),
        **keys.words(payload_oscillation_on="oscillate_on", payload_oscillation_off="oscillate_off"),
        **keys.words(payload_reset_percentage="None", payload_reset_preset_mode="None"),
        "preset_modes": Key(keys.texts, ()),
    },
    readings=_readings,
    rules={
        Verb.TURN_ON: Rule(_on, frozenset(("speed",))),
        Verb.TURN_OFF: _OFF,
        Verb.SET_SPEED: Rule(_speed, frozenset(("speed",))),
        Verb.SET_PRESET: choice("preset_mode", "preset_modes", "preset_mode"),
        Verb.SET_DIRECTION: choice("direction", "", "direction", also=_DIRECTIONS),
        Verb.OSCILLATE: Rule(_oscillate, frozenset(("on",))),
    },
    reports=("state_topic",),
    facts=_facts,
)
