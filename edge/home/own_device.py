"""The hub as a device of its own house: what it announces by MQTT discovery, and what it may be told. Pure.

Every part is announced by a message of its own, `<prefix>/<component>/<node>/<part>/config`, and not all in one as a
device: that form is taken by Home Assistant from 2024.12 on only, and not at all by much else that reads discovery,
while this one is taken by all. A part's state is kept on `<base>/<node>/<part>` and it is told what to do on
`<base>/<node>/<part>/set`.

Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery and the pages of its switch, number and sensor.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from edge.core.errors import InputError

MAX_STATE_CHARS = 255
"""Home Assistant drops a longer state."""
_MAX_COMMAND_BYTES = 32


class Activity(StrEnum):
    """What the hub is doing."""

    IDLE = "idle"
    LISTENING = "listening"
    """Woken, or waiting for an answer: somebody is speaking to it, or is about to."""
    ACTING = "acting"
    SPEAKING = "speaking"
    OFF = "off"
    """It does not listen."""


_CONFIG, _DIAGNOSTIC = {"entity_category": "config"}, {"entity_category": "diagnostic"}
_COUNTER = {"state_class": "total_increasing", **_DIAGNOSTIC}


def _counted(name: str, key: str, icon: str) -> tuple[str, Mapping[str, object]]:
    return "sensor", {"name": name, "icon": icon, "value_template": f"{{{{ value_json.{key} }}}}", **_COUNTER}


PARTS: Mapping[str, tuple[str, Mapping[str, object]]] = MappingProxyType(
    {
        # Of the category config, so that "turn off everything in the kitchen" does not make the kitchen deaf.
        "listening": ("switch", {"name": "Listening", "icon": "mdi:microphone", **_CONFIG}),
        "mute": ("switch", {"name": "Mute", "icon": "mdi:volume-off", **_CONFIG}),
        "sensitivity": (
            "number",
            {"name": "Wake sensitivity", "icon": "mdi:ear-hearing", "min": 0, "max": 1, "step": 0.01, "mode": "slider"}
            | _CONFIG,
        ),
        "activity": (
            "sensor",
            {"name": "Activity", "icon": "mdi:account-voice", "device_class": "enum", "options": [*map(str, Activity)]},
        ),
        # A timer's name may hold what was said, and the broker is told that on request only: the moment says enough.
        "next_timer": ("sensor", {"name": "Next timer", "icon": "mdi:timer-outline", "device_class": "timestamp"}),
        "next_alarm": ("sensor", {"name": "Next alarm", "icon": "mdi:alarm", "device_class": "timestamp"}),
        "last_request": ("sensor", {"name": "Last request", "icon": "mdi:comment-text-outline", **_DIAGNOSTIC}),
        "last_intent": ("sensor", {"name": "Last intent", "icon": "mdi:target", **_DIAGNOSTIC}),
        "refused": ("sensor", {"name": "Refused requests", "icon": "mdi:comment-remove-outline", **_COUNTER}),
        "wakes": _counted("Wakes", "wakes", "mdi:bell-ring-outline"),
        "false_wakes": _counted("False wakes", "false_wakes", "mdi:bell-off-outline"),
        "rejected_wakes": _counted("Rejected wakes", "rejected", "mdi:bell-cancel-outline"),
        "near_wakes": _counted("Near wakes", "near_misses", "mdi:bell-sleep-outline"),
    }
)
"""Part -> component and what its message says beside the topics, the device and the origin."""
TOLD = ("listening", "mute", "sensitivity")
"""Parts that can be told something; what they were told last survives a restart."""
COUNTS = "counts"
"""Name of the one state topic, JSON, that the counts of the wake stage are read from."""
_COUNTED = frozenset(("wakes", "false_wakes", "rejected_wakes", "near_wakes"))
OF_THE_WAKE_WORD = _COUNTED | {"sensitivity"}
"""Parts that say nothing where no wake word is needed."""


def node(client_id: str) -> str:
    """A client id as part of a topic: letters, digits, `_` and `-`; ids that differ are different nodes.

    >>> node("edge-hub")
    'edge-hub'
    """
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", client_id)
    if plain == client_id:
        return plain
    return f"{plain}_{hashlib.sha256(client_id.encode()).hexdigest()[:6]}"


def status_topic(base_topic: str, client_id: str) -> str:
    """Where a hub says whether it is there: a topic of its own, so that two hubs do not speak for each other.

    >>> status_topic("edge", "edge-hub")
    'edge/edge-hub/status'
    """
    return f"{base_topic}/{node(client_id)}/status"


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """One hub, as others are to see it."""

    client_id: str
    """Of the hub at the broker: what tells two hubs of one house apart."""
    version: str
    """Of its software."""
    area: str | None = None
    """Name of the room that its microphone is in."""
    board: str | None = None
    """What it runs on."""
    prefix: str = "homeassistant"
    """Discovery prefix."""
    base_topic: str = "edge"

    @property
    def node(self) -> str:
        """The client id as part of a topic."""
        return node(self.client_id)

    @property
    def status_topic(self) -> str:
        """Where the link says `online` or `offline`."""
        return status_topic(self.base_topic, self.client_id)

    def config_topic(self, part: str) -> str:
        """Where a part is announced."""
        return f"{self.prefix}/{PARTS[part][0]}/{self.node}/{part}/config"

    def state_topic(self, part: str) -> str:
        """Where a part's state is kept; several parts may share one."""
        return f"{self.base_topic}/{self.node}/{COUNTS if part in _COUNTED else part}"

    def set_topic(self, part: str) -> str:
        """Where a part is told what to do."""
        return f"{self.state_topic(part)}/set"

    def announcement(self, part: str) -> str:
        """The discovery message of a part, JSON."""
        about: dict[str, object] = {
            "identifiers": [f"edge_{self.node}"],
            "name": f"edge {self.area}" if self.area else self.client_id,
            "manufacturer": "edge",
            "model": "Voice hub",
            "sw_version": self.version,
        }
        about |= {"suggested_area": self.area} if self.area else {}
        about |= {"hw_version": self.board} if self.board else {}
        message: dict[str, object] = {
            **PARTS[part][1],
            "unique_id": f"edge_{self.node}_{part}",
            "state_topic": self.state_topic(part),
            **({"command_topic": self.set_topic(part)} if part in TOLD else {}),
            "availability_topic": self.status_topic,
            "device": about,
            "origin": {"name": "edge", "sw_version": self.version},
        }
        return json.dumps(message, ensure_ascii=False)

    def birth_topics(self) -> tuple[str, ...]:
        """Where Home Assistant says that it has started: by default below `homeassistant`, whatever the prefix is."""
        return tuple(dict.fromkeys(("homeassistant/status", f"{self.prefix}/status")))


def parts(*, plays: bool, requests: bool) -> Iterable[str]:
    """The parts that a hub has. plays: whether it speaks or chimes; requests: whether it may tell what was said."""
    without = {"mute"} if not plays else set()
    without |= {"last_request"} if not requests else set()
    return tuple(part for part in PARTS if part not in without)


def switched(on: bool) -> str:
    """A switch's state."""
    return "ON" if on else "OFF"


def share(value: float) -> str:
    """A number from 0 to 1 as its state: two digits, as fine as the slider."""
    return f"{value:.2f}"


def shown(text: str) -> str:
    """Text as a state: on one line, and no longer than Home Assistant takes.

    >>> len(shown("very " * 100))
    255
    """
    line = " ".join(text.split())
    return line if len(line) <= MAX_STATE_CHARS else line[: MAX_STATE_CHARS - 1] + "…"


def read_switch(payload: bytes) -> bool:
    """What a switch is told. Raises InputError (`panel.bad_command`)."""
    if payload not in (b"ON", b"OFF"):
        raise InputError("panel.bad_command", "a switch is told ON or OFF")
    return payload == b"ON"


def read_share(payload: bytes) -> float:
    """What a number from 0 to 1 is told. Raises InputError (`panel.bad_command`)."""
    try:
        value = float(payload) if len(payload) <= _MAX_COMMAND_BYTES else math.nan
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:  # written so that not-a-number fails it
        raise InputError("panel.bad_command", "a sensitivity is a number from 0 to 1")
    return value


def counts(numbers: Mapping[str, int]) -> str:
    """Counts of the wake stage, as JSON, as `PARTS` reads them."""
    return json.dumps(dict(numbers))
