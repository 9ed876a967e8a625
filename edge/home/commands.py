"""A command and a device's description -> the MQTT messages that say it, and what the device will report. Pure.

Source: the pages of Home Assistant's MQTT integrations, such as https://www.home-assistant.io/integrations/light.mqtt/.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.core.home import Entity
from edge.core.turn import Command, Scalar, Verb
from edge.home import color, states
from edge.home.discovery import DeviceConfig
from edge.home.instruction import Goal, Instruction, Message, Unsayable
from edge.home.template import TemplateFailedError

Args = Mapping[str, Scalar]

_SLACK_PERCENT = 2.0
"""Motors and dimmers stop near what was asked, and scales round."""
_DEFAULT_CELSIUS = (7.0, 35.0)
_DEFAULT_FAHRENHEIT = (44.6, 95.0)
"""Home Assistant's limits of a thermostat that gives none."""
_ON_MODES = ("heat_cool", "auto", "heat", "cool")
"""What turning a thermostat on means, best first."""


def compose(command: Command, config: DeviceConfig, entity: Entity | None = None) -> Instruction | Unsayable:
    """The command in the device's terms.

    entity: the device as it is now; a thermostat that is on keeps its mode when it is turned on.
    A value outside the device's range is refused, never brought into it.
    """
    rule = _RULES.get((config.domain, command.verb))
    if rule is None or not rule.takes.issuperset(command.args):
        return Unsayable("act.unsupported")
    try:
        return rule.say(config, command.args, entity)
    except _Refuse as refusal:
        return Unsayable(refusal.code)


class _Refuse(Exception):  # noqa: N818 - not an error: an answer
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Rule:
    say: Callable[[DeviceConfig, Args, Entity | None], Instruction]
    takes: frozenset[str] = frozenset()


def _message(config: DeviceConfig, topic_key: str, value: object, template_key: str = "", **more: object) -> Message:
    """The message that carries a value on one of the device's topics, through the device's template if it has one."""
    topic = config.text(topic_key)
    if topic is None or value is None:
        raise _Refuse("act.unsupported")
    payload: str | None = _plain(value)
    if template := config.template(template_key):
        try:
            payload = template.render(value=_shortest(value), **more)
        except TemplateFailedError:
            payload = None
        if payload is None:
            raise _Refuse("act.bad_template")
    assert payload is not None
    return Message(topic, payload, max(1, int(config.number("qos") or 0)), config.flag("retain"))


def _shortest(value: object) -> object:
    """The value, without the `.0` of a whole number: many devices only read whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(value: object) -> str:
    return str(_shortest(value))


def _numeric(args: Args, name: str, low: float, high: float) -> float:
    value = args.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _Refuse("act.bad_value")
    if not low <= value <= high:
        raise _Refuse("act.bad_value")
    return float(value)


def _goals(config: DeviceConfig, *goals: Goal) -> tuple[Goal, ...]:
    return goals if states.reports_state(config) else ()


def _is(*words: str) -> Goal:
    return Goal(states=frozenset(words))


def _switched(payload_key: str, state: str) -> _Rule:
    def say(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
        message = _message(config, "command_topic", config.text(payload_key), "command_template")
        return Instruction((message,), _goals(config, _is(state)))

    return _Rule(say)


def _pressed(payload_key: str) -> _Rule:
    def say(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
        return Instruction((_message(config, "command_topic", config.text(payload_key), "command_template"),))

    return _Rule(say)


def _locked(payload_key: str, state: str) -> _Rule:
    def say(config: DeviceConfig, args: Args, _: Entity | None) -> Instruction:
        code = args.get("code")
        if code is None and config.text("code_format"):
            raise _Refuse("act.code_needed")
        payload = config.text(payload_key)
        message = _message(config, "command_topic", payload, "command_template", code="" if code is None else str(code))
        return Instruction((message,), _goals(config, _is(state)))

    return _Rule(say, frozenset(("code",)))


# Lights


def _light_on(config: DeviceConfig, args: Args, entity: Entity | None) -> Instruction:
    bright = _numeric(args, "brightness", 0, 100) if "brightness" in args else None
    if bright == 0:
        return _RULES["light", Verb.TURN_OFF].say(config, {}, entity)
    modes = states.color_modes(config)
    if bright is not None and all(mode == "onoff" for mode in modes):
        raise _Refuse("act.unsupported")
    rgb = _wanted_rgb(args, modes)
    kelvin = _wanted_kelvin(config, args, modes)
    if rgb and kelvin:
        raise _Refuse("act.bad_value")
    scale = config.number("brightness_scale") or 255.0
    level = None if bright is None else max(1.0, float(round(bright * scale / 100)))
    near: dict[str, tuple[float, float]] = {}
    if bright and _tells(config, "brightness"):
        near["brightness"] = (bright, max(_SLACK_PERCENT, 100 / scale))
    if kelvin and _tells(config, "color_temperature"):
        near["color_temperature"] = (kelvin, kelvin * 0.03)  # mireds are whole numbers, and lamps round to steps
    goal = Goal(frozenset(("on",)), near=near, rgb=rgb if _tells(config, "color") else None)
    say = _json_light if config.text("schema") == "json" else _basic_light
    return Instruction(say(config, level, rgb, kelvin), _goals(config, goal))


def _tells(config: DeviceConfig, name: str) -> bool:
    if config.text("schema") == "json":
        return True
    channels = {"brightness": ("brightness",), "color_temperature": ("color_temp",), "color": ("hs", "rgb", "xy")}
    return any(config.text(f"{channel}_state_topic") for channel in channels[name])


def _wanted_rgb(args: Args, modes: tuple[str, ...]) -> color.Rgb | None:
    if "color" not in args:
        return None
    rgb = color.named(str(args["color"]))
    if rgb is None:
        raise _Refuse("act.bad_value")
    if not set(states.COLOR_MODES) & set(modes):
        raise _Refuse("act.unsupported")
    return rgb


def _wanted_kelvin(config: DeviceConfig, args: Args, modes: tuple[str, ...]) -> float | None:
    if "color_temperature" not in args:
        return None
    if "color_temp" not in modes:
        raise _Refuse("act.unsupported")
    coldest = 1e6 / (config.number("min_mireds") or states.DEFAULT_MIREDS[0])
    warmest = 1e6 / (config.number("max_mireds") or states.DEFAULT_MIREDS[1])
    low, high = config.number("min_kelvin") or warmest, config.number("max_kelvin") or coldest
    return _numeric(args, "color_temperature", math.floor(low), math.ceil(high))


def _json_light(
    config: DeviceConfig, level: float | None, rgb: color.Rgb | None, kelvin: float | None
) -> tuple[Message, ...]:
    said: dict[str, object] = {"state": "ON"}
    if level is not None:
        said["brightness"] = round(level)
    if rgb:
        said["color"] = _json_channels(rgb, states.color_modes(config))
    if kelvin:
        said["color_temp"] = round(kelvin if config.flag("color_temp_kelvin") else 1e6 / kelvin)
    return (_message(config, "command_topic", json.dumps(said)),)


def _json_channels(rgb: color.Rgb, modes: tuple[str, ...]) -> dict[str, float]:
    if "hs" in modes:
        return dict(zip("hs", color.to_hs(rgb), strict=True))
    if "xy" in modes and not {"rgb", "rgbw", "rgbww"} & set(modes):
        return dict(zip("xy", color.to_xy(rgb), strict=True))
    white = next((channels for mode, channels in (("rgbww", "cw"), ("rgbw", "w")) if mode in modes), "")
    return {**dict(zip("rgb", rgb, strict=True)), **dict.fromkeys(white, 0)}


def _light_off(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
    payload = json.dumps({"state": "OFF"}) if config.text("schema") == "json" else config.text("payload_off")
    return Instruction((_message(config, "command_topic", payload),), _goals(config, _is("off")))


def _basic_light(
    config: DeviceConfig, level: float | None, rgb: color.Rgb | None, kelvin: float | None
) -> tuple[Message, ...]:
    kind = config.text("on_command_type")
    if kind == "brightness" and level is None and config.text("brightness_command_topic"):
        level = config.number("brightness_scale") or 255.0
    details: list[Message] = []
    if rgb:
        details.append(_basic_color(config, rgb))
    if kelvin:
        value = round(kelvin if config.flag("color_temp_kelvin") else 1e6 / kelvin)
        details.append(_message(config, "color_temp_command_topic", value, "color_temp_command_template"))
    if level is not None:
        details.append(_message(config, "brightness_command_topic", level, "brightness_command_template"))
    if kind == "brightness" and level is not None:
        return tuple(details)
    on = _message(config, "command_topic", config.text("payload_on"))
    return (on, *details) if kind == "first" else (*details, on)


def _basic_color(config: DeviceConfig, rgb: color.Rgb) -> Message:
    hue, saturation = color.to_hs(rgb)
    channels: tuple[tuple[str, tuple[float, ...], dict[str, object]], ...] = (
        ("rgb", rgb, dict(zip(("red", "green", "blue"), rgb, strict=True))),
        ("hs", (hue, saturation), {"hue": hue, "sat": saturation}),
        ("xy", color.to_xy(rgb), dict(zip("xy", color.to_xy(rgb), strict=True))),
    )
    for name, values, variables in channels:
        if config.text(f"{name}_command_topic"):
            text = ",".join(_plain(value) for value in values)
            return _message(config, f"{name}_command_topic", text, f"{name}_command_template", **variables)
    raise _Refuse("act.unsupported")


# Covers


def _cover_moved(payload_key: str, moving: str, still: str, end: float) -> _Rule:
    def say(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
        if config.text("command_topic") is None and config.text("set_position_topic") is not None:
            return _cover_position(config, {"position": end}, None)
        message = _message(config, "command_topic", config.text(payload_key))
        there = _is(still)
        if config.text("position_topic"):
            there = Goal(near={"position": (end, _SLACK_PERCENT)})  # half open is open too
        # A garage door takes longer than anybody waits for an answer: setting out is obeying.
        return Instruction((message,), _goals(config, _is(moving), there))

    return _Rule(say)


def _cover_stopped(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
    message = _message(config, "command_topic", config.text("payload_stop"))
    return Instruction((message,), _goals(config, _is("open", "closed")))


def _cover_position(config: DeviceConfig, args: Args, _: Entity | None) -> Instruction:
    wanted = _numeric(args, "position", 0, 100)
    top, bottom = config.number("position_open"), config.number("position_closed") or 0.0
    value = round(bottom + wanted / 100 * ((100.0 if top is None else top) - bottom))
    more: dict[str, object] = {"position": value, "position_open": top, "position_closed": bottom}
    message = _message(config, "set_position_topic", value, "set_position_template", **more)
    goals: tuple[Goal, ...] = (_is("opening"), _is("closing"))
    if config.text("position_topic"):
        goals = (*goals, Goal(near={"position": (wanted, _SLACK_PERCENT)}))
    return Instruction((message,), _goals(config, *goals))


# Fans


def _fan_on(config: DeviceConfig, args: Args, entity: Entity | None) -> Instruction:
    on = _message(config, "command_topic", config.text("payload_on"), "command_template")
    if "speed" not in args:
        return Instruction((on,), _goals(config, _is("on")))
    speed = _numeric(args, "speed", 0, 100)
    if speed == 0:
        return _RULES["fan", Verb.TURN_OFF].say(config, {}, entity)
    low, high = config.number("speed_range_min") or 1.0, config.number("speed_range_max") or 100.0
    steps = high - low + 1
    step = math.ceil(low - 1 + speed * steps / 100)
    message = _message(config, "percentage_command_topic", step, "percentage_command_template")
    near = {"speed": (speed, max(_SLACK_PERCENT, 100 / steps))} if config.text("percentage_state_topic") else {}
    return Instruction((on, message), _goals(config, Goal(states=frozenset(("on",)), near=near)))


def _fan_speed(config: DeviceConfig, args: Args, entity: Entity | None) -> Instruction:
    if "speed" not in args:
        raise _Refuse("act.bad_value")
    return _fan_on(config, args, entity)


# Thermostats


def _climate_on(config: DeviceConfig, _: Args, entity: Entity | None) -> Instruction:
    modes = [mode for mode in config.texts("modes") if mode != "off"]
    goals = _goals(config, _is(*modes)) if modes else ()
    if config.text("power_command_topic"):
        message = _message(config, "power_command_topic", config.text("payload_on"), "power_command_template")
        return Instruction((message,), goals)
    mode = next((mode for mode in _ON_MODES if mode in modes), modes[0] if modes else None)
    if entity is not None and entity.state in modes:
        mode = entity.state
    return Instruction((_message(config, "mode_command_topic", mode, "mode_command_template"),), goals)


def _climate_off(config: DeviceConfig, _: Args, __: Entity | None) -> Instruction:
    if config.text("power_command_topic"):
        message = _message(config, "power_command_topic", config.text("payload_off"), "power_command_template")
    elif "off" in config.texts("modes"):
        message = _message(config, "mode_command_topic", "off", "mode_command_template")
    else:
        raise _Refuse("act.unsupported")
    return Instruction((message,), _goals(config, _is("off")))


def _climate_temperature(config: DeviceConfig, args: Args, _: Entity | None) -> Instruction:
    default = _DEFAULT_FAHRENHEIT if config.text("temperature_unit") == "F" else _DEFAULT_CELSIUS
    low, high = config.number("min_temp"), config.number("max_temp")
    wanted = _numeric(args, "temperature", default[0] if low is None else low, default[1] if high is None else high)
    message = _message(config, "temperature_command_topic", wanted, "temperature_command_template")
    if config.flag("optimistic") or config.text("temperature_state_topic") is None:
        return Instruction((message,))
    slack = (config.number("temp_step") or 1.0) / 2
    return Instruction((message,), (Goal(near={"temperature": (wanted, slack)}),))


def _climate_fan(config: DeviceConfig, args: Args, _: Entity | None) -> Instruction:
    asked = str(args.get("fan_mode", ""))
    mode = next((mode for mode in config.texts("fan_modes") if mode.casefold() == asked.casefold()), None)
    if mode is None:
        raise _Refuse("act.bad_value")
    message = _message(config, "fan_mode_command_topic", mode, "fan_mode_command_template")
    if config.flag("optimistic") or config.text("fan_mode_state_topic") is None:
        return Instruction((message,))
    return Instruction((message,), (Goal(equal={"fan_mode": mode}),))


_RULES: Mapping[tuple[str, Verb], _Rule] = {
    ("light", Verb.TURN_ON): _Rule(_light_on, frozenset(("brightness", "color", "color_temperature"))),
    ("light", Verb.TURN_OFF): _Rule(_light_off),
    ("switch", Verb.TURN_ON): _switched("payload_on", "on"),
    ("switch", Verb.TURN_OFF): _switched("payload_off", "off"),
    ("cover", Verb.OPEN): _cover_moved("payload_open", "opening", "open", 100.0),
    ("cover", Verb.CLOSE): _cover_moved("payload_close", "closing", "closed", 0.0),
    ("cover", Verb.STOP): _Rule(_cover_stopped),
    ("cover", Verb.SET_POSITION): _Rule(_cover_position, frozenset(("position",))),
    ("lock", Verb.LOCK): _locked("payload_lock", "locked"),
    ("lock", Verb.UNLOCK): _locked("payload_unlock", "unlocked"),
    ("fan", Verb.TURN_ON): _Rule(_fan_on, frozenset(("speed",))),
    ("fan", Verb.TURN_OFF): _switched("payload_off", "off"),
    ("fan", Verb.SET_SPEED): _Rule(_fan_speed, frozenset(("speed",))),
    ("climate", Verb.TURN_ON): _Rule(_climate_on),
    ("climate", Verb.TURN_OFF): _Rule(_climate_off),
    ("climate", Verb.SET_TEMPERATURE): _Rule(_climate_temperature, frozenset(("temperature",))),
    ("climate", Verb.SET_FAN_MODE): _Rule(_climate_fan, frozenset(("fan_mode",))),
    ("scene", Verb.ACTIVATE): _pressed("payload_on"),
    ("scene", Verb.TURN_ON): _pressed("payload_on"),
    ("button", Verb.PRESS): _pressed("payload_press"),
}
"""Every command that the hub can say, by domain and verb."""
