"""Lamps that read and write JSON: https://www.home-assistant.io/integrations/light.mqtt/#json-schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from edge.home import color
from edge.home.components.light_common import Wanted, clean_rgb, color_modes, device_kelvin, kelvin
from edge.home.components.reading import STATE, Reading, Update, finite, json_reading, percent
from edge.home.components.saying import Ask
from edge.home.config import DeviceConfig
from edge.home.instruction import Message

_STATES: Mapping[object, str | None] = {"ON": "on", "OFF": "off", None: None}


def readings(config: DeviceConfig) -> Iterator[Reading]:
    """The one topic on which the lamp reports."""
    scale = config.number("brightness_scale") or 255.0

    def read(said: Mapping[str, Any]) -> Update:
        update: dict[str, object] = {}
        state = said.get("state", "")
        if isinstance(state, str | None) and state in _STATES:
            update[STATE] = _STATES[state]
        if isinstance(said.get("effect"), str):
            update["effect"] = said["effect"]
        for part in (_brightness, _color):
            try:
                update |= part(config, said, scale)
            except (ValueError, TypeError, KeyError, OverflowError):
                continue  # one part that makes no sense does not spoil the others
        return update

    yield from json_reading(config, "state_topic", ("value_template",), read)


def say(ask: Ask, wanted: Wanted) -> tuple[Message, ...]:
    """The message that turns the lamp on as wanted."""
    said: dict[str, object] = {"state": "ON"}
    if wanted.white:
        share = wanted.percent if wanted.percent is not None else ask.attribute("brightness") or 100.0
        said["white"] = max(1, round(share * (ask.config.number("white_scale") or 255.0) / 100))
    elif wanted.level is not None:
        said["brightness"] = round(wanted.level)
    if wanted.rgb and not wanted.white:
        said["color"] = _channels(wanted.rgb, color_modes(ask.config))
    if wanted.kelvin:
        said["color_temp"] = device_kelvin(ask.config, wanted.kelvin)
    if wanted.effect is not None:
        said["effect"] = wanted.effect
    return (ask.message("command_topic", json.dumps(said)),)


def off(ask: Ask) -> tuple[Message, ...]:
    """The message that turns the lamp off."""
    return (ask.message("command_topic", json.dumps({"state": "OFF"})),)


def _channels(rgb: color.Rgb, modes: tuple[str, ...]) -> dict[str, float]:
    if "hs" in modes:
        return dict(zip("hs", color.to_hs(rgb), strict=True))
    if "xy" in modes and not {"rgb", "rgbw", "rgbww"} & set(modes):
        return dict(zip("xy", color.to_xy(rgb), strict=True))
    if "rgbww" in modes:
        return dict(zip("rgbcw", (*rgb, 0, 0), strict=True))
    if "rgbw" in modes:
        return dict(zip("rgbw", color.to_rgbw(rgb), strict=True))
    return dict(zip("rgb", rgb, strict=True))


def _brightness(_: DeviceConfig, said: Mapping[str, Any], scale: float) -> Update:
    if said.get("brightness") is None:
        return {}
    return {"brightness": percent(finite(said["brightness"]), scale)}


def _color(config: DeviceConfig, said: Mapping[str, Any], _: float) -> Update:
    mode = said.get("color_mode")
    if mode == "color_temp" or (mode is None and said.get("color") is None and said.get("color_temp") is not None):
        return {"color_temperature": kelvin(config, finite(said["color_temp"])), "color": None}
    if mode == "white":
        return {"color": "white", "color_temperature": None}
    channels = said.get("color")
    if not isinstance(channels, dict):
        return {}
    # Zigbee2MQTT writes the words out, and beside the channels of the mode also those of others.
    keys = {"h": channels.get("h", channels.get("hue")), "s": channels.get("s", channels.get("saturation"))}
    if mode in ("rgb", "rgbw", "rgbww") or (mode is None and "r" in channels):
        white = [finite(channels.get(key, 0)) for key in "cw"] if mode in ("rgbw", "rgbww") else [0.0]
        rgb = clean_rgb(*(finite(channels[key]) for key in "rgb"))
        rgb = color.from_rgbw(*rgb, *white)
    elif mode == "xy" or (mode is None and "x" in channels):
        rgb = color.from_xy(finite(channels["x"]), finite(channels["y"]))
    else:
        rgb = color.from_hs(finite(keys["h"]), finite(keys["s"]))
    return {"color": color.describe(rgb), "color_temperature": None}
