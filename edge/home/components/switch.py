"""Switches and sirens: https://www.home-assistant.io/integrations/switch.mqtt/ and siren.mqtt/."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.reading import NOTHING, STATE, Reading, Update, finite, json_reading, on_off, reading, word
from edge.home.components.saying import NOTHING_TO_DO, Ask, Refuse, Rule, is_in, shortest, switched
from edge.home.config import DeviceConfig
from edge.home.instruction import Instruction, Message


def switch_readings(config: DeviceConfig) -> Iterator[Reading]:
    """Of whatever only says on or off."""
    yield from reading(config, "state_topic", ("value_template",), word(STATE, on_off(config)))


def _siren_readings(config: DeviceConfig) -> Iterator[Reading]:
    words = {**on_off(config), NOTHING: None}

    def read(said: Mapping[str, Any]) -> Update:
        update: dict[str, object] = {}
        if "state" in said and str(said["state"]) in words:
            update[STATE] = words[str(said["state"])]
        if isinstance(said.get("tone"), str):
            update["tone"] = said["tone"]
        if said.get("volume_level") is not None:
            update["volume"] = max(0, min(100, round(finite(said["volume_level"]) * 100)))
        if said.get("duration") is not None:
            update["duration"] = finite(said["duration"])
        return update

    templates = ("state_value_template", "value_template")
    yield from json_reading(config, "state_topic", templates, read, word(STATE, words))


def _siren_on(ask: Ask) -> Instruction:
    if ask.toggled("payload_on", ("payload_off",), ("on",), ("off",)):
        return NOTHING_TO_DO
    said: dict[str, object] = {}
    if "tone" in ask.args:
        if not ask.config.texts("available_tones"):
            raise Refuse("act.unsupported")
        said["tone"] = ask.chosen("tone", ask.config.texts("available_tones"))
    for name, support, high in (("volume", "support_volume_set", 100.0), ("duration", "support_duration", 86_400.0)):
        if name in ask.args:
            if not ask.config.flag(support):
                raise Refuse("act.unsupported")
            value = ask.numeric(name, 0, high)
            said["volume_level" if name == "volume" else name] = value / 100 if name == "volume" else shortest(value)
    message = _siren_message(ask, "command_template", ask.config.text("payload_on"), said)
    return Instruction((message,), (is_in("on"),) if ask.shows("state_topic") else ())


def _siren_off(ask: Ask) -> Instruction:
    if ask.toggled("payload_off", ("payload_on",), ("off",), ("on",)):
        return NOTHING_TO_DO
    own = ask.config.template("command_off_template") is not None
    template = "command_off_template" if own else "command_template"
    message = _siren_message(ask, template, ask.config.text("payload_off"), {})
    return Instruction((message,), (is_in("off"),) if ask.shows("state_topic") else ())


def _siren_message(ask: Ask, template: str, word: str | None, said: Mapping[str, object]) -> Message:
    if ask.config.template(template) is None and word is not None:
        return ask.message("command_topic", json.dumps({"state": word, **said}))
    return ask.message("command_topic", word, template, state=word, **said)


def _siren_facts(config: DeviceConfig) -> dict[str, object]:
    tones = config.texts("available_tones")
    return {"available_tones": list(tones)} if tones else {}


SWITCH = Component(
    keys={**keys.STATE, **keys.COMMANDED, **keys.ON_OFF, **keys.keys(keys.text, "state_on", "state_off")},
    readings=switch_readings,
    rules={Verb.TURN_ON: switched("payload_on", "on"), Verb.TURN_OFF: switched("payload_off", "off")},
    reports=("state_topic",),
)
SIREN = Component(
    keys={
        **SWITCH.keys,
        **keys.keys(keys.template, "command_off_template", "state_value_template"),
        **keys.keys(keys.texts, "available_tones"),
        **keys.flags(support_duration=True, support_volume_set=True),
    },
    readings=_siren_readings,
    rules={
        Verb.TURN_ON: Rule(_siren_on, frozenset(("tone", "volume", "duration"))),
        Verb.TURN_OFF: Rule(_siren_off),
    },
    reports=("state_topic",),
    facts=_siren_facts,
)
