"""What a device's messages say about it: payload -> state and attributes as `edge.core.home` words them. Pure."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.home import color
from edge.home.discovery import DeviceConfig
from edge.home.template import NO_JSON, Payload, Template, TemplateFailedError

STATE = "state"
"""Name under which a reading gives the state itself; every other name is an attribute."""
MAX_STATE_CHARS = 255
"""Longer states are cut, at Home Assistant's own limit."""
NOTHING = "None"
"""What a template renders, and a device may send, to say that it does not know. An attribute then goes."""

Update = Mapping[str, object]
"""STATE or attribute name -> new value; None takes it away."""

COLOR_MODES = ("hs", "rgb", "rgbw", "rgbww", "xy")
DEFAULT_MIREDS = (153.0, 500.0)
"""Coldest and warmest colour temperature of a lamp that does not say: Home Assistant's defaults."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How messages on one topic are read."""

    topic: str
    read: Callable[[Payload], Update]


def readings(config: DeviceConfig) -> tuple[Reading, ...]:
    """Every way in which the device reports."""
    return tuple(_READINGS.get(config.domain, _no_readings)(config))


def reports_state(config: DeviceConfig) -> bool:
    """Whether the device tells its state, so that a command can be confirmed."""
    return not config.flag("optimistic") and any(config.text(key) for key in _STATE_TOPICS)


_STATE_TOPICS = ("state_topic", "mode_state_topic", "position_topic")


def facts(config: DeviceConfig) -> dict[str, object]:
    """Attributes that the description itself gives and that no message changes."""
    found: dict[str, object] = {}
    for key in ("device_class", "unit_of_measurement", "entity_category", "temperature_unit"):
        if (value := config.text(key)) is not None:
            found[key] = value
    for key in ("min_temp", "max_temp"):
        if (limit := config.number(key)) is not None:
            found[key] = limit
    if config.domain == "light":
        found["supported_color_modes"] = list(color_modes(config))
    if config.domain in _COMMANDED and not reports_state(config):
        found["assumed_state"] = True
    return found


_COMMANDED = frozenset(("light", "switch", "cover", "lock", "fan", "climate"))


def color_modes(config: DeviceConfig) -> tuple[str, ...]:
    """Home Assistant's colour modes of a lamp: onoff, brightness, color_temp, hs, rgb, rgbw, rgbww, xy."""
    if given := config.texts("supported_color_modes"):
        return given
    json = config.text("schema") == "json"
    modes = [
        mode
        for mode in ("hs", "rgb", "xy", "color_temp")
        if (config.flag(mode) if json else config.text(f"{mode}_command_topic"))
    ]
    if modes:
        return tuple(modes)
    dims = config.flag("brightness") if json else config.text("brightness_command_topic")
    return ("brightness",) if dims else ("onoff",)


def shown(config: DeviceConfig, values: Mapping[str, object]) -> tuple[str | None, dict[str, object]]:
    """State and attributes of an entity whose messages, taken together, gave these values."""
    attributes = {name: value for name, value in values.items() if name != STATE and value is not None}
    found = values.get(STATE)
    state = found if isinstance(found, str) else None
    position = attributes.get("position")
    if config.domain == "cover" and isinstance(position, int) and state not in ("opening", "closing"):
        state = "open" if position > 0 else "closed"
    elif config.domain == "cover" and state == "stopped":
        state = "open"  # somewhere between, and Home Assistant knows no other word for that
    if config.domain == "light" and state != "on":
        for name in ("brightness", "color", "color_temperature"):
            attributes.pop(name, None)  # what it would be is not what it is
    return state, facts(config) | attributes


def percent(value: float, scale: float) -> int:
    """A device's value as percent of its scale; what is on at all is at least 1."""
    return max(1 if value > 0 else 0, min(100, round(value / scale * 100)))


def speed_percent(value: float, low: float, high: float) -> int:
    """A fan's step as percent; https://www.home-assistant.io/integrations/fan.mqtt/#speed_range_min."""
    return max(0, min(100, round((value - low + 1) / (high - low + 1) * 100)))


def _no_readings(_: DeviceConfig) -> Iterator[Reading]:
    return iter(())


def _reading(
    config: DeviceConfig, topic_key: str, template_keys: tuple[str, ...], convert: Callable[[str], Update]
) -> Iterator[Reading]:
    """One reading, if the device has the topic. `convert` raises ValueError for what it cannot read."""
    topic = config.text(topic_key)
    if topic is None:
        return
    template = next((t for t in map(config.template, template_keys) if t), None)

    def read(payload: Payload) -> Update:
        value = _said(template, payload)
        if not value:
            return {}
        try:
            return convert(value)
        except (ValueError, OverflowError):
            return {}

    yield Reading(topic, read)


def _said(template: Template | None, payload: Payload) -> str | None:
    try:
        text = template.read(payload) if template else payload.text
    except TemplateFailedError:
        return None
    return text.strip() if text else None


def _word(name: str, words: Mapping[str | None, str]) -> Callable[[str], Update]:
    """Reads the device's own words; another word than those says nothing."""

    def convert(text: str) -> Update:
        if text == NOTHING:
            return {name: None}
        return {name: words[text]} if text in words else {}

    return convert


def _free(name: str) -> Callable[[str], Update]:
    return lambda text: {name: None if text == NOTHING else text[:MAX_STATE_CHARS]}


def _number(name: str, shape: Callable[[float], object] = lambda value: value) -> Callable[[str], Update]:
    def convert(text: str) -> Update:
        return {name: None if text == NOTHING else shape(_finite(text))}

    return convert


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _on_off(config: DeviceConfig) -> Mapping[str | None, str]:
    on = config.text("state_on") or config.text("payload_on")
    off = config.text("state_off") or config.text("payload_off")
    return {on: "on", off: "off"}


def _switch(config: DeviceConfig) -> Iterator[Reading]:
    yield from _reading(config, "state_topic", ("value_template",), _word(STATE, _on_off(config)))


def _sensor(config: DeviceConfig) -> Iterator[Reading]:
    yield from _reading(config, "state_topic", ("value_template",), _free(STATE))


def _lock(config: DeviceConfig) -> Iterator[Reading]:
    states = ("locked", "unlocked", "locking", "unlocking", "jammed")
    words: dict[str | None, str] = {config.text(f"state_{state}"): state for state in states}
    yield from _reading(config, "state_topic", ("value_template",), _word(STATE, words))


def _fan(config: DeviceConfig) -> Iterator[Reading]:
    templates = ("state_value_template", "value_template")
    yield from _reading(config, "state_topic", templates, _word(STATE, _on_off(config)))
    low, high = config.number("speed_range_min") or 1.0, config.number("speed_range_max") or 100.0
    speed = _number("speed", lambda value: speed_percent(value, low, high) if value else 0)
    yield from _reading(config, "percentage_state_topic", ("percentage_value_template",), speed)


def _cover(config: DeviceConfig) -> Iterator[Reading]:
    states = ("open", "closed", "opening", "closing", "stopped")
    words: dict[str | None, str] = {config.text(f"state_{state}"): state for state in states}
    yield from _reading(config, "state_topic", ("value_template",), _word(STATE, words))
    bottom, top = config.number("position_closed") or 0.0, config.number("position_open")
    span = (100.0 if top is None else top) - bottom or 100.0
    position = _number("position", lambda value: max(0, min(100, round((value - bottom) / span * 100))))
    yield from _reading(config, "position_topic", ("position_template",), position)


def _climate(config: DeviceConfig) -> Iterator[Reading]:
    for topic, template, name in (
        ("mode_state_topic", "mode_state_template", STATE),
        ("fan_mode_state_topic", "fan_mode_state_template", "fan_mode"),
    ):
        yield from _reading(config, topic, (template, "value_template"), _free(name))
    for topic, template, name in (
        ("temperature_state_topic", "temperature_state_template", "temperature"),
        ("current_temperature_topic", "current_temperature_template", "current_temperature"),
    ):
        yield from _reading(config, topic, (template, "value_template"), _number(name))


def _light(config: DeviceConfig) -> Iterator[Reading]:
    topic = config.text("state_topic")
    if config.text("schema") == "json":
        if topic is not None:
            yield Reading(topic, lambda payload: _json_light(config, payload))
        return
    templates = ("state_value_template", "value_template")
    yield from _reading(config, "state_topic", templates, _word(STATE, _on_off(config)))
    scale = config.number("brightness_scale") or 255.0
    for channel, convert in (
        ("brightness", _number("brightness", lambda value: percent(value, scale))),
        ("hs", _channels(lambda hs: color.from_hs(hs[0], hs[1]), 2)),
        ("rgb", _channels(lambda rgb: _clean_rgb(rgb[0], rgb[1], rgb[2]), 3)),
        ("xy", _channels(lambda xy: color.from_xy(xy[0], xy[1]), 2)),
        ("color_temp", _number("color_temperature", lambda value: _kelvin(config, value))),
    ):
        yield from _reading(config, f"{channel}_state_topic", (f"{channel}_value_template",), convert)


def _channels(convert: Callable[[list[float]], color.Rgb], count: int) -> Callable[[str], Update]:
    def read(text: str) -> Update:
        numbers = [_finite(part) for part in text.split(",")]
        if len(numbers) != count:
            raise ValueError("wrong number of channels")
        return {"color": color.describe(convert(numbers))}

    return read


def _json_light(config: DeviceConfig, payload: Payload) -> Update:
    """https://www.home-assistant.io/integrations/light.mqtt/#json-schema."""
    said = payload.json
    if said is NO_JSON or not isinstance(said, dict):
        return {}
    update: dict[str, object] = {}
    if "state" in said and said["state"] in ("ON", "OFF", None):
        update[STATE] = {"ON": "on", "OFF": "off"}.get(said["state"])
    scale = config.number("brightness_scale") or 255.0
    for read in (_json_brightness, _json_color):
        try:
            update |= read(config, said, scale)
        except (ValueError, TypeError, KeyError, OverflowError):
            continue  # one part that makes no sense does not spoil the others
    return update


def _json_brightness(_: DeviceConfig, said: Mapping[str, Any], scale: float) -> Update:
    if said.get("brightness") is None:
        return {}
    return {"brightness": percent(_finite(said["brightness"]), scale)}


def _json_color(config: DeviceConfig, said: Mapping[str, Any], _: float) -> Update:
    mode = said.get("color_mode")
    if mode == "color_temp" or (mode is None and said.get("color") is None and said.get("color_temp") is not None):
        return {"color_temperature": _kelvin(config, _finite(said["color_temp"])), "color": None}
    channels = said.get("color")
    if not isinstance(channels, dict):
        return {}
    # Zigbee2MQTT writes the words out, and beside the channels of the mode also those of others.
    keys = {"h": channels.get("h", channels.get("hue")), "s": channels.get("s", channels.get("saturation"))}
    if mode in ("rgb", "rgbw", "rgbww") or (mode is None and "r" in channels):
        rgb = _clean_rgb(*(_finite(channels[key]) for key in "rgb"))
    elif mode == "xy" or (mode is None and "x" in channels):
        rgb = color.from_xy(_finite(channels["x"]), _finite(channels["y"]))
    else:
        rgb = color.from_hs(_finite(keys["h"]), _finite(keys["s"]))
    return {"color": color.describe(rgb), "color_temperature": None}


def _clean_rgb(red: float, green: float, blue: float) -> color.Rgb:
    low, high = min(red, green, blue), max(red, green, blue)
    if low < 0 or high > 255:
        raise ValueError("a channel is 0 to 255")
    return round(red), round(green), round(blue)


def _kelvin(config: DeviceConfig, value: float) -> int:
    """Kelvin of what the lamp reports, which is mireds unless it says otherwise."""
    if config.flag("color_temp_kelvin"):
        return round(value)
    if value <= 0:
        raise ValueError("mireds are above zero")
    return round(1_000_000 / value)


_READINGS: Mapping[str, Callable[[DeviceConfig], Iterator[Reading]]] = {
    "light": _light,
    "switch": _switch,
    "binary_sensor": _switch,
    "sensor": _sensor,
    "lock": _lock,
    "fan": _fan,
    "cover": _cover,
    "climate": _climate,
}
