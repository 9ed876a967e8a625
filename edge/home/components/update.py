"""Firmware updates: https://www.home-assistant.io/integrations/update.mqtt/."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component, Shown
from edge.home.components.reading import Reading, Update, finite, free, json_reading, reading
from edge.home.components.saying import Ask, Refuse, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction

_TEXTS = ("installed_version", "latest_version", "title", "release_summary", "release_url")
_NUMBERS = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})", re.ASCII)


def _readings(config: DeviceConfig) -> Iterator[Reading]:
    def read(said: Mapping[str, Any]) -> Update:
        update: dict[str, object] = {
            name: str(said[name])[:255] for name in _TEXTS if isinstance(said.get(name), str | int | float)
        }
        if isinstance(said.get("in_progress"), bool):
            update["in_progress"] = said["in_progress"]
        if "update_percentage" in said:
            share = said["update_percentage"]
            update["update_percentage"] = None if share is None else round(finite(share))
        return update

    plain = free("installed_version")
    yield from json_reading(config, "state_topic", ("value_template",), read, plain)
    templates = ("latest_version_template",)
    yield from reading(config, "latest_version_topic", templates, free("latest_version"))


def _shown(config: DeviceConfig, _: str | None, attributes: dict[str, object]) -> Shown:
    installed, latest = attributes.get("installed_version"), attributes.get("latest_version")
    if config.text("title") and "title" not in attributes:
        attributes["title"] = config.text("title")
    if not isinstance(installed, str) or not isinstance(latest, str):
        return None, attributes
    return "on" if _is_newer(latest, installed) else "off", attributes


def _is_newer(latest: str, installed: str) -> bool:
    new, old = _NUMBERS.fullmatch(latest), _NUMBERS.fullmatch(installed)
    if new is None or old is None:
        return latest != installed
    return _parts(new[1]) > _parts(old[1])


def _parts(version: str) -> list[int]:
    parts = [int(part) for part in version.split(".")]
    return parts + [0] * (6 - len(parts))


def _install(ask: Ask) -> Instruction:
    if ask.entity is not None and ask.entity.state == "off":
        raise Refuse("act.unsupported")  # it is up to date
    message = ask.message("command_topic", ask.config.text("payload_install"))
    goals = (Goal(equal={"in_progress": True}), is_in("off")) if ask.shows("state_topic") else ()
    return Instruction((message,), goals)


UPDATE = Component(
    keys={
        **keys.STATE,
        **keys.SENT,
        **keys.keys(keys.topic, "command_topic", "latest_version_topic"),
        **keys.keys(keys.template, "latest_version_template"),
        **keys.keys(keys.text, "payload_install", "title"),
    },
    readings=_readings,
    rules={Verb.INSTALL: Rule(_install)},
    reports=("state_topic",),
    shown=_shown,
)
