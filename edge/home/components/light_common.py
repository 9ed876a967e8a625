"""What the three ways of describing a lamp share: colour modes, colour temperature, and what is wanted of it."""

import math
from dataclasses import dataclass

from edge.home import color
from edge.home.components.saying import Ask, Refuse
from edge.home.config import DeviceConfig

DEFAULT_MIREDS = (153.0, 500.0)
"""Coldest and warmest colour temperature of a lamp that does not say: Home Assistant's defaults."""
_COLORS = ("hs", "rgb", "rgbw", "rgbww", "xy")
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a lamp that is to be on."""

    percent: float | None = None
    """Brightness, above 0."""
    level: float | None = None
    """The same in the lamp's own scale, at least 1."""
    rgb: color.Rgb | None = None
    kelvin: float | None = None
    effect: str | None = None
    white: bool = False
    """Whether the lamp's own white is wanted rather than one that is mixed."""


def schema(config: DeviceConfig) -> str:
    """The lamp's way of describing itself: basic, json or template."""
    found = config.text("schema") or "basic"
    return "basic" if found == "default" else found


def color_modes(config: DeviceConfig) -> tuple[str, ...]:
    """Home Assistant's colour modes of a lamp: onoff, brightness, color_temp, hs, rgb, rgbw, rgbww, xy, white."""
    kind = schema(config)
    if kind != "template" and (given := config.texts("supported_color_modes")):
        return given
    if kind == "json":
        able = [mode for mode in (*_COLORS, "color_temp") if config.flag(mode)]
        dims = config.flag("brightness")
    elif kind == "template":
        mixes = all(config.template(f"{channel}_template") for channel in ("red", "green", "blue"))
        able = [*(["hs"] if mixes else []), *(["color_temp"] if config.template("color_temp_template") else [])]
        dims = config.template("brightness_template") is not None
    else:
        able = [mode for mode in (*_COLORS, "color_temp", "white") if config.text(f"{mode}_command_topic")]
        dims = config.text("brightness_command_topic") is not None
    return tuple(able) or (("brightness",) if dims else ("onoff",))


def wanted(ask: Ask) -> Wanted:
    """What the request wants of the lamp. Raises Refuse for what the lamp cannot do."""
    modes = color_modes(ask.config)
    percent = ask.numeric("brightness", 0, 100) if "brightness" in ask.args else None
    if percent is not None and all(mode == "onoff" for mode in modes):
        raise Refuse("act.unsupported")
    rgb, kelvin = _wanted_rgb(ask, modes), _wanted_kelvin(ask, modes)
    if rgb and kelvin:
        raise Refuse("act.bad_value")
    scale = ask.config.number("brightness_scale") or 255.0
    level = None if percent is None else max(1.0, float(round(percent * scale / 100)))
    return Wanted(percent, level, rgb, kelvin, _wanted_effect(ask), white=rgb == _WHITE and "white" in modes)


def device_kelvin(config: DeviceConfig, kelvin: float) -> int:
    """A colour temperature as the lamp counts it, which is in mireds unless it says otherwise."""
    return round(kelvin if config.flag("color_temp_kelvin") else 1e6 / kelvin)


def kelvin(config: DeviceConfig, value: float) -> int:
    """Kelvin of what the lamp reports."""
    if config.flag("color_temp_kelvin"):
        return round(value)
    if value <= 0:
        raise ValueError("mireds are above zero")
    return round(1_000_000 / value)


def clean_rgb(red: float, green: float, blue: float) -> color.Rgb:
    """The channels as whole numbers. Raises ValueError outside 0 to 255."""
    if min(red, green, blue) < 0 or max(red, green, blue) > 255:
        raise ValueError("a channel is 0 to 255")
    return round(red), round(green), round(blue)


def _wanted_rgb(ask: Ask, modes: tuple[str, ...]) -> color.Rgb | None:
    if "color" not in ask.args:
        return None
    if not set(_COLORS) & set(modes):
        raise Refuse("act.unsupported")
    rgb = color.named(str(ask.args["color"]))
    if rgb is None:
        raise Refuse("act.bad_value")
    return rgb


def _wanted_kelvin(ask: Ask, modes: tuple[str, ...]) -> float | None:
    if "color_temperature" not in ask.args:
        return None
    if "color_temp" not in modes:
        raise Refuse("act.unsupported")
    config = ask.config
    coldest = 1e6 / (config.number("min_mireds") or DEFAULT_MIREDS[0])
    warmest = 1e6 / (config.number("max_mireds") or DEFAULT_MIREDS[1])
    low, high = config.number("min_kelvin") or warmest, config.number("max_kelvin") or coldest
    return ask.numeric("color_temperature", math.floor(low), math.ceil(high))


def _wanted_effect(ask: Ask) -> str | None:
    if "effect" not in ask.args:
        return None
    if not effects(ask.config):
        raise Refuse("act.unsupported")
    return ask.chosen("effect", effects(ask.config))


def effects(config: DeviceConfig) -> tuple[str, ...]:
    """Names of the effects that can be asked for."""
    kind = schema(config)
    able = config.flag("effect") if kind == "json" else kind == "template" or config.text("effect_command_topic")
    return config.texts("effect_list") if able else ()
