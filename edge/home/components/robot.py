"""Vacuums and lawn mowers: https://www.home-assistant.io/integrations/vacuum.mqtt/ and lawn_mower.mqtt/."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.heating import listed
from edge.home.components.keys import Key
from edge.home.components.reading import NOTHING, STATE, Reading, Update, finite, json_reading, reading, word
from edge.home.components.saying import NOTHING_TO_DO, Ask, Refuse, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction

_VACUUM_STATES = ("cleaning", "docked", "idle", "paused", "returning", "error")
_RESTING = ("docked", "idle", "paused", "returning", "error")
_MOWER_STATES = ("mowing", "docked", "paused", "returning", "error")


def _vacuum_readings(config: DeviceConfig) -> Iterator[Reading]:
    def read(said: Mapping[str, Any]) -> Update:
        update: dict[str, object] = {}
        if "state" in said and said["state"] in (*_VACUUM_STATES, None):
            update[STATE] = said["state"]
        if isinstance(said.get("fan_speed"), str):
            update["fan_speed"] = said["fan_speed"]
        if said.get("battery_level") is not None:
            update["battery_level"] = max(0, min(100, round(finite(said["battery_level"]))))
        return update

    words: dict[str | None, object] = {state: state for state in _VACUUM_STATES}
    yield from json_reading(config, "state_topic", ("value_template",), read, word(STATE, words))


def _told(payload_key: str, feature: str, *states: str) -> Rule:
    others = tuple(key for key in ("payload_start", "payload_pause", "payload_stop") if key != payload_key)
    start = _RESTING if "cleaning" in states else ("cleaning",)

    def say(ask: Ask) -> Instruction:
        if feature not in ask.config.texts("supported_features"):
            raise Refuse("act.unsupported")
        if states and ask.toggled(payload_key, others, states, start):
            return NOTHING_TO_DO
        message = ask.message("command_topic", ask.config.text(payload_key))
        return Instruction((message,), (is_in(*states),) if states and ask.shows("state_topic") else ())

    return Rule(say)


def _fan_speed(ask: Ask) -> Instruction:
    if "fan_speed" not in ask.config.texts("supported_features"):
        raise Refuse("act.unsupported")
    speed = ask.chosen("fan_speed", ask.config.texts("fan_speed_list"))
    message = ask.message("set_fan_speed_topic", speed)
    return Instruction((message,), (Goal(equal={"fan_speed": speed}),) if ask.shows("state_topic") else ())


def _mower_readings(config: DeviceConfig) -> Iterator[Reading]:
    words: dict[str | None, object] = {"none": None, NOTHING: None, **{state: state for state in _MOWER_STATES}}
    templates = ("activity_value_template", "value_template")
    yield from reading(config, "activity_state_topic", templates, word(STATE, words))


def _mowed(action: str, *states: str) -> Rule:
    def say(ask: Ask) -> Instruction:
        message = ask.message(f"{action}_command_topic", action, f"{action}_command_template")
        return Instruction((message,), (is_in(*states),) if ask.shows("activity_state_topic") else ())

    return Rule(say)


_START = _told("payload_start", "start", "cleaning")
_DOCK = _told("payload_return_to_base", "return_home", "returning", "docked")

VACUUM = Component(
    keys={
        **keys.STATE,
        **keys.SENT,
        **keys.keys(keys.topic, "command_topic", "set_fan_speed_topic"),
        **keys.words(payload_start="start", payload_pause="pause", payload_stop="stop", payload_locate="locate"),
        **keys.words(payload_return_to_base="return_to_base", payload_clean_spot="clean_spot"),
        "fan_speed_list": Key(keys.texts, ()),
        "supported_features": Key(keys.texts, ("start", "stop", "return_home", "battery", "clean_spot")),
    },
    readings=_vacuum_readings,
    rules={
        Verb.START: _START,
        Verb.TURN_ON: _START,
        Verb.PAUSE: _told("payload_pause", "pause", "paused", "idle"),
        Verb.STOP: _told("payload_stop", "stop", "idle", "paused", "docked"),
        Verb.DOCK: _DOCK,
        Verb.TURN_OFF: _DOCK,
        Verb.LOCATE: _told("payload_locate", "locate"),
        Verb.CLEAN_SPOT: _told("payload_clean_spot", "clean_spot", "cleaning"),
        Verb.SET_SPEED: Rule(_fan_speed, frozenset(("fan_speed",))),
    },
    reports=("state_topic",),
    facts=listed("fan_speed_list"),
)
LAWN_MOWER = Component(
    keys={
        **keys.ANY,
        **keys.SENT,
        **keys.keys(keys.topic, "activity_state_topic"),
        **keys.keys(keys.template, "activity_value_template"),
        **{f"{action}_command_topic": Key(keys.topic) for action in ("start_mowing", "pause", "dock")},
        **{f"{action}_command_template": Key(keys.template) for action in ("start_mowing", "pause", "dock")},
    },
    readings=_mower_readings,
    rules={
        Verb.START: _mowed("start_mowing", "mowing"),
        Verb.PAUSE: _mowed("pause", "paused"),
        Verb.DOCK: _mowed("dock", "returning", "docked"),
    },
    reports=("activity_state_topic",),
)
