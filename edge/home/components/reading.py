"""How messages are read: a payload, through the device's template, to state and attributes. Pure.

A reading says nothing (an empty update) for what it cannot read. Only a template that fails is an error: it raises
`edge.home.template.TemplateFailedError` with the option's name in `key`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.home.config import DeviceConfig
from edge.home.template import MAX_PAYLOAD_CHARS, NO_JSON, Payload, Template, TemplateFailedError

STATE = "state"
"""Name under which a reading gives the state itself; every other name is an attribute."""
MAX_STATE_CHARS = 255
"""Longer states are cut, at Home Assistant's own limit."""
NOTHING = "None"
"""What a template renders, and a device may send, to say that it does not know. An attribute then goes."""

Update = Mapping[str, object]
"""STATE or attribute name -> new value; None takes it away."""
Convert = Callable[[str], Update]
"""What the template gave -> update. Raises ValueError or OverflowError for what it cannot read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How messages on one topic are read."""

    topic: str
    read: Callable[[Payload], Update]
    key: str = ""
    """The option that named the topic, such as `brightness_state_topic`; that of the template where several templates
    read one topic."""


def reading(
    config: DeviceConfig,
    topic_key: str,
    template_keys: tuple[str, ...],
    convert: Convert,
    *,
    variables: Mapping[str, object] | None = None,
    key: str = "",
) -> Iterator[Reading]:
    """One reading, if the device has the topic.

    template_keys: options that may hold the template, the first that does counts.
    variables: what Home Assistant gives to this template beside the payload.
    key: the reading's key, where it is not the topic's.
    """
    topic = config.text(topic_key)
    if topic is None:
        return
    take = taken(config, template_keys, variables)

    def read(payload: Payload) -> Update:
        value = take(payload)
        if not value:
            return {}
        try:
            return convert(value)
        except (ValueError, OverflowError):
            return {}

    yield Reading(topic, read, key or topic_key)


def json_reading(
    config: DeviceConfig,
    topic_key: str,
    template_keys: tuple[str, ...],
    convert: Callable[[Mapping[str, Any]], Update],
    plain: Convert | None = None,
) -> Iterator[Reading]:
    """One reading of a JSON object, if the device has the topic; `plain` reads what is none."""
    topic = config.text(topic_key)
    if topic is None:
        return
    templated = any(config.template(key) for key in template_keys)
    take = taken(config, template_keys)

    def read(payload: Payload) -> Update:
        text = take(payload)
        if not text:
            return {}
        said = (Payload(text) if templated else payload).json
        try:
            if said is not NO_JSON and isinstance(said, dict):
                return convert(said)
            return plain(text) if plain else {}
        except (ValueError, TypeError, KeyError, OverflowError):
            return {}

    yield Reading(topic, read, topic_key)


def taken(
    config: DeviceConfig, template_keys: tuple[str, ...], variables: Mapping[str, object] | None = None
) -> Callable[[Payload], str | None]:
    """What the device's template takes from a payload; None where it does not fit the message."""
    key = next((key for key in template_keys if config.template(key)), "")
    template = config.template(key)
    if template is None:
        return lambda payload: payload.text.strip()
    more = {name: value for name, value in (variables or {}).items() if name in template.source}

    def take(payload: Payload) -> str | None:
        try:
            text = _render(template, payload, more) if more else template.read(payload)
        except TemplateFailedError as error:
            error.key = key
            raise
        return text.strip() if text else None

    return take


def _render(template: Template, payload: Payload, more: Mapping[str, object]) -> str | None:
    if len(payload.text) > MAX_PAYLOAD_CHARS:
        return None
    variables: dict[str, object] = {**more, "value": payload.text}
    if payload.json is not NO_JSON:
        variables["value_json"] = payload.json
    return template.render(**variables)


def word(name: str, known: Mapping[str | None, object]) -> Convert:
    """Reads the device's own words; another word than those says nothing."""

    def convert(text: str) -> Update:
        if text in known:
            return {name: known[text]}
        return {name: None} if text == NOTHING else {}

    return convert


def one_of(name: str, known: tuple[str, ...], *resets: str | None) -> Convert:
    """Reads one of the words that the device names; one of `resets` takes it away."""
    return word(name, {**dict.fromkeys(resets), **{one: one for one in known}})


def free(name: str) -> Convert:
    """Reads any text."""
    return lambda text: {name: None if text == NOTHING else text[:MAX_STATE_CHARS]}


def number(name: str, shape: Callable[[float], object] = lambda value: value, reset: str | None = NOTHING) -> Convert:
    """Reads a finite number, and gives it another shape."""

    def convert(text: str) -> Update:
        return {name: None if text in (NOTHING, reset) else shape(finite(text))}

    return convert


def finite(value: Any) -> float:
    """A finite number, of a number or a text. Raises ValueError or OverflowError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")  # noqa: TRY004 - JSON may hold anything, and one exception is enough
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("not a number")
    return found


def on_off(config: DeviceConfig) -> Mapping[str | None, object]:
    """The device's words for on and off; none where one word would mean both."""
    on = config.text("state_on") or config.text("payload_on")
    off = config.text("state_off") or config.text("payload_off")
    return {on: "on", off: "off"} if on != off else {}


def percent(value: float, scale: float) -> int:
    """A device's value as percent of its scale; what is on at all is at least 1."""
    return max(1 if value > 0 else 0, min(100, round(value / scale * 100)))


def share(value: float, bottom: float, top: float) -> int:
    """Where a value lies between what the device calls 0 % and 100 %; `bottom` may be the greater one."""
    return max(0, min(100, round((value - bottom) / ((top - bottom) or 100.0) * 100)))
