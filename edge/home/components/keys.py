"""Types of the keys that components may have in Home Assistant's MQTT discovery, and the keys that most of them share.

Source: https://www.home-assistant.io/integrations/mqtt/ and the page of each component.
"""

import codecs
import math
from collections.abc import Callable
from dataclasses import dataclass

from edge.core.errors import InputError
from edge.home.template import Template

Reader = Callable[[object], object]
"""Value of a key -> the value in its own type. Raises ValueError."""

_TRUE = frozenset(("true", "yes", "on", "enable", "1"))
_FALSE = frozenset(("false", "no", "off", "disable", "0"))
_MAX_TOPIC_BYTES = 65_535
_NO_TEXT = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape"))
"""Encodings of Python's that no device writes; some take minutes to read what is made for that."""


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


def seconds(value: object) -> float:
    """A length of time, not below zero."""
    found = number(value)
    if found < 0:
        raise ValueError("a number of seconds")
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
    """A Jinja2 template; one that the sandbox refuses fails on every message, and the rest of its device is of use."""
    if not isinstance(value, str):
        raise ValueError("a template")  # noqa: TRY004
    try:
        return Template.lenient(value)
    except InputError as error:
        raise ValueError("a template") from error


def quality(value: object) -> int:
    """MQTT quality of service."""
    found = number(value)
    if found not in (0, 1, 2):
        raise ValueError("0, 1 or 2")
    return int(found)


def encoding(value: object) -> str:
    """Name of a text encoding; empty for payloads that are no text."""
    if not isinstance(value, str):
        raise ValueError("a text encoding")  # noqa: TRY004
    try:
        "".encode(value or "utf-8")
        name = codecs.lookup(value or "utf-8").name.replace("-", "_")
    except (LookupError, ValueError) as error:
        raise ValueError("a text encoding") from error
    if name in _NO_TEXT:
        raise ValueError("a text encoding")
    return value


def keys(read: Reader, *names: str) -> dict[str, Key]:
    """Keys of one type without defaults."""
    return {name: Key(read) for name in names}


def words(**defaults: str) -> dict[str, Key]:
    """Texts with their defaults."""
    return {name: Key(text, default) for name, default in defaults.items()}


def numbers(**defaults: float) -> dict[str, Key]:
    """Numbers with their defaults."""
    return {name: Key(number, default) for name, default in defaults.items()}


def flags(**defaults: bool) -> dict[str, Key]:
    """Truth values with their defaults."""
    return {name: Key(flag, default=default) for name, default in defaults.items()}


def channels(*names: str, value: str = "state_template") -> dict[str, Key]:
    """Topics and templates of what is both set and reported; `value` ends the name of the reporting template."""
    return {
        **{f"{name}_{end}": Key(topic) for name in names for end in ("command_topic", "state_topic")},
        **{f"{name}_{end}": Key(template) for name in names for end in ("command_template", value)},
    }


ANY = {
    **keys(text, "device_class", "entity_category"),
    **keys(template, "value_template"),
    **flags(enabled_by_default=True),
    "encoding": Key(encoding, "utf-8"),
}
"""What every component may say."""
STATE = {**ANY, **keys(topic, "state_topic")}
READ_ONLY = {**ANY, "state_topic": Key(topic, required=True)}
SENT = {**flags(optimistic=False, retain=False), "qos": Key(quality, 0)}
COMMANDED = {**SENT, **keys(template, "command_template"), "command_topic": Key(topic, required=True)}
ON_OFF = words(payload_on="ON", payload_off="OFF")
