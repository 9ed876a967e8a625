"""Covers and valves: https://www.home-assistant.io/integrations/cover.mqtt/ and valve.mqtt/."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component, Shown
from edge.home.components.reading import (
    NOTHING,
    STATE,
    Convert,
    Reading,
    Update,
    finite,
    json_reading,
    number,
    reading,
    share,
    word,
)
from edge.home.components.saying import NOTHING_TO_DO, SLACK_PERCENT, Ask, Refuse, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction
from edge.home.template import NO_JSON, Payload

_MOVING, _STILL = ("opening", "closing"), ("open", "closed")
_TILT_RANGE = ("tilt_min", "tilt_max")


def _end(config: DeviceConfig, key: str, default: float) -> float:
    value = config.number(key)
    return default if value is None else value


def _span(config: DeviceConfig) -> tuple[float, float]:
    return _end(config, "position_closed", 0.0), _end(config, "position_open", 100.0)


def _tilt_span(config: DeviceConfig) -> tuple[float, float]:
    return _end(config, "tilt_min", 0.0), _end(config, "tilt_max", 100.0)


def _variables(config: DeviceConfig) -> dict[str, object]:
    """What Home Assistant gives to a cover's templates."""
    limits = zip(("position_closed", "position_open", *_TILT_RANGE), (*_span(config), *_tilt_span(config)), strict=True)
    return {name: int(value) if value.is_integer() else value for name, value in limits}


def _at(config: DeviceConfig, value: float) -> int:
    return share(value, *_span(config))


def _readings(config: DeviceConfig) -> Iterator[Reading]:
    states = ("open", "closed", *_MOVING, "stopped")
    words: dict[str | None, object] = {config.text(f"state_{state}"): state for state in states}
    variables = _variables(config)
    yield from reading(config, "state_topic", ("value_template",), word(STATE, words), variables=variables)
    yield from reading(config, "position_topic", ("position_template",), _position(config), variables=variables)
    tilt = number("tilt", lambda value: share(value, *_tilt_span(config)))
    yield from reading(config, "tilt_status_topic", ("tilt_status_template",), tilt, variables=variables)


def _position(config: DeviceConfig) -> Convert:
    plain = number("position", lambda value: _at(config, value))

    def convert(text: str) -> Update:
        said = Payload(text).json if text.startswith("{") else NO_JSON
        if not isinstance(said, dict):
            return plain(text)
        update: dict[str, object] = {}
        if said.get("position") is not None:
            update["position"] = _at(config, finite(said["position"]))
        if said.get("tilt_position") is not None:
            update["tilt"] = share(finite(said["tilt_position"]), *_tilt_span(config))
        return update

    return convert


def _shown(_: DeviceConfig, state: str | None, attributes: dict[str, object]) -> Shown:
    position = attributes.get("position")
    if isinstance(position, int) and state not in _MOVING:
        return "open" if position > 0 else "closed", attributes
    if state == "stopped":
        return "open", attributes  # somewhere between, and Home Assistant knows no other word for that
    return state, attributes


def _moved(payload_key: str, moving: str, still: str, end: float) -> Rule:
    def say(ask: Ask) -> Instruction:
        config = ask.config
        if config.text("command_topic") is None:
            if config.text("set_position_topic") is None and config.text("tilt_command_topic") is not None:
                return _tilted(ask.with_args(tilt=end))
            return _positioned(ask.with_args(position=end))
        if _toggled(ask, payload_key, moving, still):
            return NOTHING_TO_DO
        message = ask.message("command_topic", config.text(payload_key))
        there = is_in(still)
        if config.text("position_topic"):
            there = Goal(near={"position": (end, SLACK_PERCENT)})  # half open is open too
        # A garage door takes longer than anybody waits for an answer: setting out is obeying.
        return Instruction((message,), (is_in(moving), there) if _reports(ask) else ())

    return Rule(say)


def _toggled(ask: Ask, payload_key: str, moving: str, still: str) -> bool:
    others = tuple(key for key in ("payload_open", "payload_close", "payload_stop") if key != payload_key)
    return ask.toggled(payload_key, others, (moving, still), ("closed" if still == "open" else "open",))


def _reports(ask: Ask) -> bool:
    return ask.shows("state_topic", "position_topic")


def _stopped(ask: Ask) -> Instruction:
    if ask.config.text("command_topic") is None and ask.config.text("payload_stop_tilt"):
        return Instruction((ask.message("tilt_command_topic", ask.config.text("payload_stop_tilt")),))
    if ask.toggled("payload_stop", ("payload_open", "payload_close"), _STILL, _MOVING):
        return NOTHING_TO_DO
    message = ask.message("command_topic", ask.config.text("payload_stop"))
    return Instruction((message,), (is_in(*_STILL),) if _reports(ask) else ())


def _positioned(ask: Ask) -> Instruction:
    wanted = ask.numeric("position", 0, 100)
    bottom, top = _span(ask.config)
    value = round(bottom + wanted / 100 * (top - bottom))
    variables = {**_variables(ask.config), "position": int(wanted) if wanted.is_integer() else wanted}
    message = ask.message("set_position_topic", value, "set_position_template", **variables)
    if not _reports(ask):
        return Instruction((message,))
    goals: tuple[Goal, ...] = tuple(is_in(state) for state in _MOVING)
    if ask.config.text("position_topic"):
        goals = (*goals, Goal(near={"position": (wanted, SLACK_PERCENT)}))
    elif wanted in (0, 100):
        goals = (*goals, is_in("open" if wanted else "closed"))
    return Instruction((message,), goals)


def _tilted(ask: Ask) -> Instruction:
    wanted = ask.numeric("tilt", 0, 100)
    low, high = _tilt_span(ask.config)
    value = float(round(low + wanted / 100 * (high - low)))
    # Home Assistant's own names for the ends: what is sent to open or close the slats.
    if wanted in (0, 100):
        value = _end(ask.config, "tilt_opened_value" if wanted else "tilt_closed_value", value)
    variables = {**_variables(ask.config), "tilt_position": int(wanted) if wanted.is_integer() else wanted}
    message = ask.message("tilt_command_topic", value, "tilt_command_template", **variables)
    told = ask.config.text("tilt_status_topic") and not ask.config.flag("tilt_optimistic")
    shown = share(value, low, high)
    return Instruction((message,), (Goal(near={"tilt": (shown, SLACK_PERCENT)}),) if told else ())


# Valves


def _valve_readings(config: DeviceConfig) -> Iterator[Reading]:
    states = ("open", "closed", *_MOVING)
    words: dict[str | None, object] = {config.text(f"state_{state}"): state for state in states}
    by_position = config.flag("reports_position")

    def placed(said: object) -> Update:
        if said == NOTHING:
            return {"position": None, STATE: None}
        position = _at(config, finite(said))
        # At either end it has stopped, whether it says so or not.
        return {"position": position, STATE: None} if position in (0, 100) else {"position": position}

    def read_json(said: Mapping[str, Any]) -> Update:
        told = words.get(str(said.get("state")))
        if not by_position:
            return {STATE: told} if told else {}
        update = placed(said["position"])
        return {**update, STATE: told} if told in _MOVING else update

    def read(text: str) -> Update:
        if words.get(text) in (_MOVING if by_position else states):
            return {STATE: words[text]}
        if by_position:
            return placed(text)
        return {STATE: None} if text == NOTHING else {}

    yield from json_reading(config, "state_topic", ("value_template",), read_json, read)


def _valve_moved(payload_key: str, moving: str, still: str, end: float) -> Rule:
    def say(ask: Ask) -> Instruction:
        if ask.config.flag("reports_position"):
            return _valve_positioned(ask.with_args(position=end))
        if _toggled(ask, payload_key, moving, still):
            return NOTHING_TO_DO
        message = ask.message("command_topic", ask.config.text(payload_key), "command_template")
        return Instruction((message,), (is_in(moving), is_in(still)) if ask.shows("state_topic") else ())

    return Rule(say)


def _valve_stopped(ask: Ask) -> Instruction:
    if ask.toggled("payload_stop", ("payload_open", "payload_close"), _STILL, _MOVING):
        return NOTHING_TO_DO
    message = ask.message("command_topic", ask.config.text("payload_stop"), "command_template")
    return Instruction((message,), (is_in(*_STILL),) if ask.shows("state_topic") else ())


def _valve_positioned(ask: Ask) -> Instruction:
    if not ask.config.flag("reports_position"):
        raise Refuse("act.unsupported")
    wanted = ask.numeric("position", 0, 100)
    bottom, top = _span(ask.config)
    value = round(bottom + wanted / 100 * (top - bottom))
    variables = {**_variables(ask.config), "position": int(wanted) if wanted.is_integer() else wanted}
    message = ask.message("command_topic", value, "command_template", **variables)
    goals = (*(is_in(state) for state in _MOVING), Goal(near={"position": (wanted, SLACK_PERCENT)}))
    return Instruction((message,), goals if ask.shows("state_topic") else ())


_ENDS = {
    **keys.words(payload_open="OPEN", payload_close="CLOSE"),
    **keys.words(state_open="open", state_closed="closed", state_opening="opening", state_closing="closing"),
    **keys.numbers(position_open=100.0, position_closed=0.0),
}
COVER = Component(
    keys={
        **keys.STATE,
        **keys.SENT,
        **_ENDS,
        **keys.keys(keys.topic, "command_topic", "position_topic", "set_position_topic"),
        **keys.keys(keys.template, "position_template", "set_position_template"),
        **keys.keys(keys.topic, "tilt_command_topic", "tilt_status_topic"),
        **keys.keys(keys.template, "tilt_command_template", "tilt_status_template"),
        **keys.words(payload_stop="STOP", payload_stop_tilt="stop", state_stopped="stopped"),
        **keys.numbers(tilt_min=0.0, tilt_max=100.0, tilt_closed_value=0.0, tilt_opened_value=100.0),
        **keys.flags(tilt_optimistic=False),
    },
    readings=_readings,
    rules={
        Verb.OPEN: _moved("payload_open", "opening", "open", 100.0),
        Verb.CLOSE: _moved("payload_close", "closing", "closed", 0.0),
        Verb.STOP: Rule(_stopped),
        Verb.SET_POSITION: Rule(_positioned, frozenset(("position",))),
        Verb.SET_TILT: Rule(_tilted, frozenset(("tilt",))),
    },
    reports=("state_topic", "position_topic"),
    shown=_shown,
)
VALVE = Component(
    keys={
        **keys.STATE,
        **keys.SENT,
        **_ENDS,
        **keys.keys(keys.topic, "command_topic"),
        **keys.keys(keys.template, "command_template"),
        **keys.keys(keys.text, "payload_stop"),
        **keys.flags(reports_position=False),
    },
    readings=_valve_readings,
    rules={
        Verb.OPEN: _valve_moved("payload_open", "opening", "open", 100.0),
        Verb.CLOSE: _valve_moved("payload_close", "closing", "closed", 0.0),
        Verb.STOP: Rule(_valve_stopped),
        Verb.SET_POSITION: Rule(_valve_positioned, frozenset(("position",))),
    },
    reports=("state_topic",),
    shown=_shown,
)
