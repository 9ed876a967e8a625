"""What each component of Home Assistant's MQTT discovery may say, with the types and defaults of its keys.

A key that is not listed is of no use to the hub and is passed over, whatever it holds.
Source: https://www.home-assistant.io/integrations/mqtt/ and the page of each component.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge.core.errors import InputError
from edge.home.template import Template

Reader = Callable[[object], object]
"""Value of a key -> the value in its own type. Raises ValueError."""

_TRUE = frozenset(("true", "yes", "on", "enable", "1"))
_FALSE = frozenset(("false", "no", "off", "disable", "0"))
_MAX_TOPIC_BYTES = 65_535


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a component."""

    read: Reader
    default: object = None
    required: bool = False


def text(value: object) -> str:
    """Text, or a number or truth value as Python writes it: `true` becomes True, as in Home Assistant."""
    if not isinstance(value, str | int | float):
        raise ValueError("text")  # noqa: TRY004 - one exception for every reader
    found = str(value)
    found.encode()  # UnicodeEncodeError, a ValueError: a half surrogate can never be published
    return found


def topic(value: object) -> str:
    """A topic to publish to or to subscribe to, without wildcards. MQTT 3.1.1, section 4.7.3."""
    if not isinstance(value, str) or not value or {"+", "#", "\0"} & set(value):
        raise ValueError("a topic without wildcards")
    if len(value.encode()) > _MAX_TOPIC_BYTES:
        raise ValueError("a topic of at most 65,535 bytes")
    return value


def number(value: object) -> float:
    """A finite number; text that reads as one counts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a number")  # noqa: TRY004
    try:
        found = float(value)
    except OverflowError as error:
        raise ValueError("a number") from error
    if not math.isfinite(found):
        raise ValueError("a finite number")
    return found


def positive(value: object) -> float:
    """A number above zero."""
    found = number(value)
    if found <= 0:
        raise ValueError("a number above zero")
    return found


def flag(value: object) -> bool:
    """True or false, also as the words that YAML knows."""
    word = str(value).lower() if isinstance(value, bool | int | str) else ""
    if word not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return word in _TRUE


def texts(value: object) -> tuple[str, ...]:
    """A list of texts; one text stands for a list of one."""
    return tuple(text(item) for item in value) if isinstance(value, list) else (text(value),)


def template(value: object) -> Template:
    """A Jinja2 template."""
    if not isinstance(value, str):
        raise ValueError("a template")  # noqa: TRY004
    try:
        return Template(value)
    except InputError as error:
        raise ValueError("a template") from error


def quality(value: object) -> int:
    """MQTT quality of service."""
    found = number(value)
    if found not in (0, 1, 2):
        raise ValueError("0, 1 or 2")
    return int(found)


def _keys(read: Reader, *names: str) -> dict[str, Key]:
    return {name: Key(read) for name in names}


def _words(**defaults: str) -> dict[str, Key]:
    return {name: Key(text, default) for name, default in defaults.items()}


def _numbers(**defaults: float) -> dict[str, Key]:
    return {name: Key(number, default) for name, default in defaults.items()}


_ANY = {
    **_keys(text, "device_class", "entity_category"),
    **_keys(template, "value_template"),
    "enabled_by_default": Key(flag, default=True),
}
_STATE = {**_ANY, **_keys(topic, "state_topic")}
_READ_ONLY = {**_ANY, "state_topic": Key(topic, required=True)}
_SENT = {"optimistic": Key(flag, default=False), "retain": Key(flag, default=False), "qos": Key(quality, 0)}
_COMMANDED = {**_SENT, **_keys(template, "command_template"), "command_topic": Key(topic, required=True)}
_ON_OFF = _words(payload_on="ON", payload_off="OFF")

_COLOR_CHANNELS = ("hs", "rgb", "xy", "color_temp", "brightness")
_LIGHT: dict[str, Key] = {
    **_STATE,
    **_COMMANDED,
    **_ON_OFF,
    **_keys(template, "state_value_template"),
    **{f"{channel}_{end}": Key(topic) for channel in _COLOR_CHANNELS for end in ("command_topic", "state_topic")},
    **{f"{c}_{end}": Key(template) for c in _COLOR_CHANNELS for end in ("command_template", "value_template")},
    **{name: Key(flag, default=False) for name in (*_COLOR_CHANNELS, "color_temp_kelvin")},
    **_keys(texts, "supported_color_modes"),
    **_keys(positive, "min_mireds", "max_mireds", "min_kelvin", "max_kelvin"),
    **_words(schema="basic", on_command_type="last"),
    "brightness_scale": Key(positive, 255.0),
}
_COVER: dict[str, Key] = {
    **_STATE,
    **_SENT,
    **_keys(topic, "command_topic", "position_topic", "set_position_topic"),
    **_keys(template, "position_template", "set_position_template"),
    **_words(payload_open="OPEN", payload_close="CLOSE", payload_stop="STOP"),
    **_words(state_open="open", state_closed="closed", state_opening="opening", state_closing="closing"),
    **_words(state_stopped="stopped"),
    **_numbers(position_open=100.0, position_closed=0.0),
}
_LOCK: dict[str, Key] = {
    **_STATE,
    **_COMMANDED,
    **_keys(text, "code_format"),
    **_words(payload_lock="LOCK", payload_unlock="UNLOCK", payload_reset="None"),
    **_words(state_locked="LOCKED", state_unlocked="UNLOCKED", state_locking="LOCKING", state_unlocking="UNLOCKING"),
    **_words(state_jammed="JAMMED"),
}
_FAN: dict[str, Key] = {
    **_STATE,
    **_COMMANDED,
    **_ON_OFF,
    **_keys(topic, "percentage_command_topic", "percentage_state_topic"),
    **_keys(template, "state_value_template", "percentage_command_template", "percentage_value_template"),
    **_numbers(speed_range_min=1.0, speed_range_max=100.0),
}
_CLIMATE_CHANNELS = ("mode", "temperature", "fan_mode")
_CLIMATE: dict[str, Key] = {
    **_ANY,
    **_SENT,
    **_ON_OFF,
    **{f"{channel}_{end}": Key(topic) for channel in _CLIMATE_CHANNELS for end in ("command_topic", "state_topic")},
    **{f"{c}_{end}": Key(template) for c in _CLIMATE_CHANNELS for end in ("command_template", "state_template")},
    **_keys(topic, "power_command_topic", "current_temperature_topic"),
    **_keys(template, "power_command_template", "current_temperature_template"),
    **_keys(number, "min_temp", "max_temp"),
    **_keys(text, "temperature_unit"),
    "temp_step": Key(positive, 1.0),
    "modes": Key(texts, ("auto", "off", "cool", "heat", "dry", "fan_only")),
    "fan_modes": Key(texts, ("auto", "low", "medium", "high")),
}

SCHEMAS: Mapping[str, Mapping[str, Key]] = MappingProxyType(
    {
        "light": _LIGHT,
        "switch": {**_STATE, **_COMMANDED, **_ON_OFF, **_keys(text, "state_on", "state_off")},
        "cover": _COVER,
        "lock": _LOCK,
        "fan": _FAN,
        "climate": _CLIMATE,
        "sensor": {**_READ_ONLY, **_keys(text, "unit_of_measurement"), **_keys(positive, "expire_after")},
        "binary_sensor": {**_READ_ONLY, **_ON_OFF, **_keys(positive, "expire_after", "off_delay")},
        "scene": {**_ANY, **_COMMANDED, **_words(payload_on="ON")},
        "button": {**_ANY, **_COMMANDED, **_words(payload_press="PRESS")},
    }
)
"""By component, which is also the entity's domain."""

AVAILABILITY: Mapping[str, Key] = MappingProxyType(
    {
        "topic": Key(topic, required=True),
        **_keys(template, "value_template"),
        **_words(payload_available="online", payload_not_available="offline"),
    }
)
"""Keys of one entry of an availability list."""
