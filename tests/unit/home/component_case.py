"""What the tests of the components are made of: a device, what it says, what is asked of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.core.home import Entity
from edge.core.turn import Command, Verb
from edge.home.commands import compose
from edge.home.discovery import DeviceConfig
from edge.home.instruction import Instruction, Unsayable
from edge.home.mirror import Mirror

Reports = Mapping[str, object]
"""Topic -> payload; what is no text is sent as JSON."""


@dataclass(frozen=True)
class Do:
    """A command, what it must send, and what the device then says (nothing: it cannot confirm)."""

    verb: Verb
    args: dict[str, Any]
    sent: dict[str, str]
    reports: Reports = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    component: str
    config: dict[str, Any]
    reports: Reports
    state: str | None
    attributes: dict[str, Any]
    obeys: tuple[Do, ...] = ()
    refuses: tuple[tuple[Verb, dict[str, Any], str], ...] = ()


class Home:
    """One device in a mirror."""

    def __init__(self, case: Case) -> None:
        self.mirror = Mirror(clock_ms=lambda: 0)
        self.entity_id = f"{case.component}.x"
        message = json.dumps({"name": "X", **case.config}).encode()
        change = self.mirror.apply(f"homeassistant/{case.component}/x/config", message)
        assert not change.errors
        self.say(case.reports)

    def say(self, reports: Reports) -> None:
        for topic, payload in reports.items():
            self.mirror.apply(topic, (payload if isinstance(payload, str) else json.dumps(payload)).encode())

    @property
    def entity(self) -> Entity:
        entity = self.mirror.entity(self.entity_id)
        assert entity is not None
        return entity

    @property
    def config(self) -> DeviceConfig:
        config = self.mirror.config(self.entity_id)
        assert config is not None
        return config

    def ask(self, verb: Verb, args: dict[str, Any]) -> Instruction | Unsayable:
        return compose(Command(self.entity_id, verb, args), self.config, self.entity)
