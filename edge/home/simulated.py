"""A home with devices that obey and report, on a broker of its own: for the demo and for tests.

Its devices speak to the broker through a real MQTT client, so what is tried here is tried on the whole way.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.core.errors import InputError, UnreachableError
from edge.home import broker as brokers
from edge.home import catalogue, color
from edge.home.catalogue import Row
from edge.home.embedded import EmbeddedBroker

_BASE = "simulated"
_SYNC = f"{_BASE}/sync"
_SCALE = 254
"""Brightness of Zigbee lamps."""
_PATIENCE_S = 10.0


class Behaviour(StrEnum):
    """How a device takes commands."""

    OBEY = "obey"
    SILENT = "silent"
    """It does nothing and says nothing."""
    DISOBEY = "disobey"
    """It does nothing, and reports the state that it is in."""


class SimulatedHome:
    """Three dozen devices in eight rooms; a context manager that has announced them all when it is entered.

    broker: host and port of a broker to join; None starts one on a free port of the loopback interface.

    Entering raises MissingError (`simulated.no_broker`) without amqtt, and UnreachableError when the broker to join
    is away. Leaving takes the devices off a broker that was joined.
    """

    def __init__(self, *, broker: tuple[str, int] | None = None, prefix: str = "homeassistant") -> None:
        self._own_broker = None if broker else EmbeddedBroker()
        self._host, self._port = broker or ("127.0.0.1", 0)
        self._prefix = prefix
        self._lock = threading.RLock()
        self._rows = {row.entity_id: row for row in catalogue.ROWS}
        self._values = {row.entity_id: dict(row.values) for row in catalogue.ROWS}
        for row in catalogue.ROWS:
            self._change(row, {})
        self._behaviour = dict.fromkeys(self._rows, Behaviour.OBEY)
        self._received: list[tuple[str, str]] = []
        self._announced = threading.Event()
        self._client: mqtt.Client | None = None

    @property
    def host(self) -> str:
        """Address of the broker."""
        return self._host

    @property
    def port(self) -> int:
        """Port of the broker."""
        return self._port

    @property
    def floors(self) -> Mapping[str, tuple[str, ...]]:
        """Name of each floor -> names of its rooms."""
        return catalogue.FLOORS

    @property
    def mic_area(self) -> str:
        """Name of the room that the microphone is in."""
        return catalogue.MIC_AREA

    def state(self, entity_id: str) -> dict[str, object]:
        """What is true of the device: `state` and attributes, worded as in `edge.core.home.Entity`."""
        with self._lock:
            return dict(self._values[self._row(entity_id).entity_id])

    def received(self, entity_id: str) -> tuple[str, ...]:
        """Payloads of all commands that reached the device, oldest first."""
        with self._lock:
            return tuple(payload for receiver, payload in self._received if receiver == entity_id)

    def set(self, entity_id: str, **values: object) -> None:
        """Change the device by hand, as people do; it reports, whatever its behaviour."""
        with self._lock:
            self._change(self._row(entity_id), values)
            self._report(entity_id)

    def behave(self, entity_id: str, behaviour: Behaviour) -> None:
        """How the device takes commands from now on."""
        with self._lock:
            self._behaviour[self._row(entity_id).entity_id] = behaviour

    def set_available(self, entity_id: str, available: bool) -> None:
        """Have the device say that it is there, or not."""
        row = self._row(entity_id)
        self._publish(f"{_topic(row)}/availability", "online" if available else "offline")

    def __enter__(self) -> Self:
        if self._own_broker is not None:
            self._port = self._own_broker.start()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_socket_open = brokers.without_delay
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.reconnect_delay_set(1, 2)
        self._client = client
        try:
            client.connect(self._host, self._port)
            client.loop_start()
        except OSError as error:
            self._stop()
            raise UnreachableError(
                "simulated.unreachable", f"no MQTT broker answers at {self._host}:{self._port}"
            ) from error
        if not self._announced.wait(_PATIENCE_S):
            self._stop()
            raise UnreachableError("simulated.unreachable", f"the broker at {self._host}:{self._port} does not answer")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        client = self._client
        if client is not None and self._own_broker is None and client.is_connected():
            topics = [t for row in self._rows.values() for t in (*_retained(row), self._discovery_topic(row))]
            last = [client.publish(topic, b"", qos=1, retain=True) for topic in topics][-1]
            with suppress(RuntimeError):  # the broker has gone meanwhile, and the devices with it
                last.wait_for_publish(_PATIENCE_S)
        self._stop()

    def _stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            brokers.disconnect(client)
        if self._own_broker is not None:
            self._own_broker.stop()

    def _row(self, entity_id: str) -> Row:
        if entity_id not in self._rows:
            raise InputError("simulated.unknown_entity", f"the simulated home has no {entity_id}")
        return self._rows[entity_id]

    def _discovery_topic(self, row: Row) -> str:
        return f"{self._prefix}/{row.domain}/{_BASE}/{row.object_id}/config"

    # On the client's thread

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if not reason.is_failure:
            client.subscribe([(f"{_BASE}/+/+/set/#", 1), (_SYNC, 1)])

    def _on_subscribe(self, client: mqtt.Client, _: Any, __: Any, ___: Any, ____: Any) -> None:
        # After every connection, as devices do: a broker that was restarted may have forgotten what it retained.
        for entity_id, row in self._rows.items():
            self._publish(self._discovery_topic(row), json.dumps(_discovery(row), ensure_ascii=False))
            self._publish(f"{_topic(row)}/availability", "online")
            self._report(entity_id)
        client.publish(_SYNC, "announced", qos=1)

    def _on_message(self, _: mqtt.Client, __: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == _SYNC:
            self._announced.set()
            return
        domain, object_id, *feature = [part for n, part in enumerate(message.topic.split("/")) if n not in (0, 3)]
        entity_id, payload = f"{domain}.{object_id}", message.payload.decode(errors="replace")
        with self._lock:
            if entity_id not in self._rows:
                return
            self._received.append((entity_id, payload))
            behaviour = self._behaviour[entity_id]
            if behaviour is Behaviour.OBEY:
                self._obey(self._rows[entity_id], feature[0] if feature else "", payload)
            if behaviour is not Behaviour.SILENT:
                self._report(entity_id)

    def _obey(self, row: Row, feature: str, payload: str) -> None:
        if row.domain == "scene":
            for entity_id, values in catalogue.SCENES[row.entity_id].items():
                self._change(self._rows[entity_id], values)
                self._report(entity_id)
        with suppress(ValueError, KeyError, TypeError):  # what a device does not understand it ignores
            self._change(row, _OBEY[row.domain](feature, payload))

    def _change(self, row: Row, values: Mapping[str, object]) -> None:
        now = self._values[row.entity_id]
        now |= values
        if row.domain == "cover":
            now["state"] = "open" if now["position"] else "closed"
        if row.entity_id == "climate.oven" and now["state"] == "heat":
            now["current_temperature"] = now["temperature"]  # nobody waits for a simulated oven

    def _report(self, entity_id: str) -> None:
        row = self._rows[entity_id]
        if row.domain == "media_player":
            told = {name: value for name, value in self._values[entity_id].items() if name in _PLAYER_TELLS}
            for name, value in told.items():
                self._publish(f"{_topic(row)}/{name}", str(value / 100 if isinstance(value, int) else value))
        elif row.domain in _REPORT:
            self._publish(_topic(row), json.dumps(_REPORT[row.domain](self._values[entity_id])))

    def _publish(self, topic: str, payload: str) -> None:
        if self._client is not None:
            self._client.publish(topic, payload, retain=True)


def _topic(row: Row) -> str:
    return f"{_BASE}/{row.domain}/{row.object_id}"


def _retained(row: Row) -> tuple[str, ...]:
    several = tuple(f"{_topic(row)}/{name}" for name in _PLAYER_TELLS) if row.domain == "media_player" else ()
    return (_topic(row), f"{_topic(row)}/availability", *several)


def _discovery(row: Row) -> dict[str, object]:
    """The discovery message, in the short form that most devices use."""
    device: dict[str, object] = {"ids": [f"{_BASE}_{row.object_id}"], "name": row.name, "mf": "edge", "mdl": _BASE}
    return {
        "~": _topic(row),
        "name": None,
        "uniq_id": f"{_BASE}_{row.domain}_{row.object_id}",
        "def_ent_id": row.entity_id,
        "avty_t": "~/availability",
        "dev": device if row.room is None else device | {"sa": row.room},
        "o": {"name": _BASE},
        "qos": 1,
        **_KINDS[row.domain],
        **row.config,
    }


_PLAYER_TELLS = ("state", "title", "volume")
_STATE = {"stat_t": "~", "val_tpl": "{{ value_json.state }}"}
_SET = {"cmd_t": "~/set"}
_KINDS: Mapping[str, Mapping[str, object]] = {
    "light": {**_SET, "stat_t": "~", "schema": "json", "bri_scl": _SCALE},
    "switch": {**_SET, **_STATE, "pl_on": "on", "pl_off": "off"},
    "binary_sensor": {**_STATE, "pl_on": "on", "pl_off": "off"},
    "sensor": _STATE,
    "lock": {**_SET, **_STATE, "stat_locked": "locked", "stat_unlocked": "unlocked"},
    "cover": {
        **_SET,
        **_STATE,
        "pos_t": "~",
        "pos_tpl": "{{ value_json.position }}",
        "set_pos_t": "~/set/position",
    },
    "fan": {
        **_SET,
        "stat_t": "~",
        "stat_val_tpl": "{{ value_json.state }}",
        "pl_on": "on",
        "pl_off": "off",
        "pct_cmd_t": "~/set/speed",
        "pct_stat_t": "~",
        "pct_val_tpl": "{{ value_json.speed }}",
    },
    "climate": {
        "mode_cmd_t": "~/set/state",
        "mode_stat_t": "~",
        "mode_stat_tpl": "{{ value_json.state }}",
        "temp_cmd_t": "~/set/temperature",
        "temp_stat_t": "~",
        "temp_stat_tpl": "{{ value_json.temperature }}",
        "curr_temp_t": "~",
        "curr_temp_tpl": "{{ value_json.current_temperature }}",
    },
    "scene": _SET,
    "button": _SET,
    "media_player": {
        **{f"state_{name}_topic": f"~/{name}" for name in _PLAYER_TELLS},
        **{f"command_{name}_topic": f"~/set/{name}" for name in ("play", "pause", "volume", "playmedia")},
        **{f"command_turn_{way}_topic": "~/set/power" for way in ("on", "off")},
    },
}
"""What each kind of device says of itself."""


def _light_report(values: Mapping[str, Any]) -> dict[str, object]:
    message: dict[str, object] = {"state": values["state"].upper()}
    if "brightness" in values:
        message["brightness"] = round(values["brightness"] * _SCALE / 100)
    if "color" in values:
        shown = values["color"]
        rgb = (color.named(shown) if isinstance(shown, str) else tuple(shown)) or (255, 255, 255)
        message |= {"color_mode": "hs", "color": dict(zip("hs", color.to_hs(rgb), strict=True))}
    return message


def _light_obey(_: str, payload: str) -> dict[str, object]:
    said = json.loads(payload)
    values: dict[str, object] = {"state": said["state"].lower()}
    if "brightness" in said:
        values["brightness"] = round(said["brightness"] / _SCALE * 100)
    if "color" in said:
        values["color"] = color.describe(color.from_hs(said["color"]["h"], said["color"]["s"]))
    return values


def _climate_obey(feature: str, payload: str) -> dict[str, object]:
    return {feature: float(payload) if feature == "temperature" else payload}


def _cover_obey(feature: str, payload: str) -> dict[str, object]:
    if feature == "position":
        return {"position": int(payload)}
    return {"position": {"OPEN": 100, "CLOSE": 0}[payload]}  # it has arrived before anybody can say stop


def _player_obey(feature: str, payload: str) -> dict[str, object]:
    if feature == "volume":
        return {"volume": round(float(payload) * 100)}
    if feature == "power":
        return {"state": {"on": "idle", "off": "off"}[payload]}
    if feature == "playmedia":
        return {"state": "playing", "title": str(json.loads(payload)["media_id"])}
    return {"state": {"play": "playing", "pause": "paused"}[feature]}


_OBEY: Mapping[str, Any] = {
    "light": _light_obey,
    "switch": lambda _, payload: {"state": payload},
    "lock": lambda _, payload: {"state": {"LOCK": "locked", "UNLOCK": "unlocked"}[payload]},
    "fan": lambda feature, payload: {"speed": int(payload)} if feature == "speed" else {"state": payload},
    "cover": _cover_obey,
    "climate": _climate_obey,
    "media_player": _player_obey,
    "scene": lambda _, __: {},
    "button": lambda _, __: {},
}
"""Domain -> (feature, payload) -> what the command changes."""
_REPORT: Mapping[str, Any] = {
    "light": _light_report,
    **dict.fromkeys(("switch", "binary_sensor", "sensor", "lock", "cover", "fan", "climate"), dict),
}
"""Domain -> values -> what the device reports."""
