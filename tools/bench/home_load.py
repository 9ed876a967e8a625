"""A large house for `tools.bench.home`: what it announces and says, the process that says it, and a bare listener.

Ten entities at a time: three JSON lights, two devices of two sensors each that share a JSON topic, two switches with
plain states, and a binary sensor; all with availability topics of their own and of their bridge.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.core.home import Entity
from edge.home.broker import without_delay

BRIDGE = "bench/bridge/state"
TICK_S = 0.01
PATIENCE_S = 60.0


@dataclass
class Source:
    """One topic, and the entities that read it."""

    topic: str
    kind: str
    """light, sensors, switch or contact."""
    number: int
    configs: dict[str, dict[str, object]] = field(default_factory=dict)
    """Discovery topic -> message."""
    entity_ids: list[str] = field(default_factory=list)

    def payload(self, count: int) -> str:
        """What it says the `count`th time; never the same twice in a row."""
        if self.kind == "light":
            return json.dumps(
                {"state": "ON", "brightness": _level(count), "color_mode": "xy", "color": {"x": 0.4, "y": 0.38},
                 "linkquality": count % 200, "update": {"state": "idle"}}
            )  # fmt: skip
        if self.kind == "sensors":
            return json.dumps({"temperature": count / 100, "humidity": count % 100, "battery": 97, "voltage": 3000})
        if self.kind == "contact":
            return json.dumps({"contact": count % 2 == 0, "battery": 88, "linkquality": 120})
        return "ON" if count % 2 else "OFF"

    def states(self, count: int) -> dict[str, str]:
        """Entity id -> state after it has said that."""
        on = "on" if count % 2 else "off"
        if self.kind == "light":
            return {self.entity_ids[0]: "on"}
        if self.kind == "sensors":
            return dict(zip(self.entity_ids, (str(count / 100), str(count % 100)), strict=True))
        return {self.entity_ids[0]: on}

    def shown(self, entities: Mapping[str, Entity], count: int) -> bool:
        """Whether its entities are as it said the `count`th time: a light is on each time, at another brightness."""
        if any(entities[entity_id].state != state for entity_id, state in self.states(count).items()):
            return False
        brightness = max(1, round(_level(count) * 100 / 254))
        return self.kind != "light" or entities[self.entity_ids[0]].attributes.get("brightness") == brightness


def _level(count: int) -> int:
    return 1 + count * 97 % 254  # a step that no rounding to percent hides


def sources(entities: int) -> list[Source]:
    """A house of this many entities, rounded up to whole devices."""
    made: list[Source] = []
    count = number = 0
    plan = ("light", "sensors", "switch", "light", "sensors", "contact", "light", "switch")
    while count < entities:
        source = _source(plan[number % len(plan)], number)
        made.append(source)
        count += len(source.entity_ids)
        number += 1
    return made


def _source(kind: str, number: int) -> Source:
    topic = f"bench/device{number:05}"
    source = Source(topic, kind, number)
    shared: dict[str, object] = {
        "availability": [
            {"topic": BRIDGE, "value_template": "{{ value_json.state }}"},
            {"topic": f"{topic}/available"},
        ],
        "availability_mode": "all",
        "device": {
            "identifiers": [f"bench_{number}"],
            "name": f"Device {number}",
            "manufacturer": "Bench",
            "model": "Load (B-1)",
            "suggested_area": f"Room {number % 25}",
        },
        "origin": {"name": "bench", "sw": "1", "url": "https://example.org"},
        "state_topic": topic,
    }
    kinds: dict[str, dict[str, dict[str, object]]] = {
        "light": {
            "light": {"schema": "json", "brightness": True, "brightness_scale": 254, "command_topic": f"{topic}/set",
                      "supported_color_modes": ["xy", "color_temp"], "min_mireds": 153, "max_mireds": 500, "name": None}
        },
        "sensors": {
            "temperature": {"device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement",
                            "value_template": "{{ value_json.temperature }}"},
            "humidity": {"device_class": "humidity", "unit_of_measurement": "%", "state_class": "measurement",
                         "value_template": "{{ value_json['humidity'] }}"},
        },
        "switch": {"switch": {"command_topic": f"{topic}/set", "name": None}},
        "contact": {
            "contact": {"device_class": "door", "payload_on": False, "payload_off": True,
                        "value_template": "{{ value_json.contact }}"}
        },
    }  # fmt: skip
    for name, own in kinds[kind].items():
        component = {"sensors": "sensor", "contact": "binary_sensor"}.get(kind, kind)
        object_id = f"bench_{number}_{name}"
        message = shared | own | {"unique_id": object_id, "object_id": object_id}
        source.configs[f"homeassistant/{component}/bench{number}/{name}/config"] = message
        source.entity_ids.append(f"{component}.{object_id}")
    return source


def house(port: int, entities: int, orders: Connection) -> None:
    """The process that is the house.

    Orders: `("announce",)` -> done; `("say", messages a second, seconds)` -> how often each topic was said;
    `("stop",)`. Switches answer commands all the time.
    """
    made = sources(entities)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-house")
    client.max_inflight_messages_set(500)
    client.max_queued_messages_set(0)
    client.on_socket_open = without_delay
    client.on_message = _obey
    client.connect("127.0.0.1", port)
    client.subscribe("bench/+/set", qos=1)
    client.loop_start()
    counts = dict.fromkeys((source.topic for source in made), 0)
    while (order := orders.recv())[0] != "stop":
        if order[0] == "announce":
            orders.send(_announce(client, made))
        else:
            _, rate, seconds = order
            orders.send(_say(client, made, counts, rate, seconds))
    client.disconnect()
    client.loop_stop()


def _obey(client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
    client.publish(message.topic.removesuffix("/set"), message.payload, qos=0)


def _announce(client: mqtt.Client, made: list[Source]) -> int:
    waiting = []
    for source in made:
        for topic, message in source.configs.items():
            waiting.append(client.publish(topic, json.dumps(message), qos=1, retain=True))
        waiting.append(client.publish(f"{source.topic}/available", "online", qos=1, retain=True))
        waiting.append(client.publish(source.topic, source.payload(0), qos=1, retain=True))
    waiting.append(client.publish(BRIDGE, '{"state":"online"}', qos=1, retain=True))
    for info in waiting:
        info.wait_for_publish(PATIENCE_S)
    return sum(len(source.configs) for source in made)


def _say(client: mqtt.Client, made: list[Source], counts: dict[str, int], rate: int, seconds: float) -> dict[str, int]:
    began = time.monotonic()
    said, total = 0, round(rate * seconds)
    order = _for_ever(made)
    while said < total:
        due = min(total, round((time.monotonic() - began) * rate))
        while said < due:
            source = next(order)
            counts[source.topic] += 1
            client.publish(source.topic, source.payload(counts[source.topic]), qos=0)
            said += 1
        time.sleep(TICK_S)
    # Behind all of it: whoever has this has been sent everything.
    client.publish("bench/end", "end", qos=0).wait_for_publish(PATIENCE_S)
    return counts


def _for_ever(made: list[Source]) -> Iterator[Source]:
    while True:
        yield from made


def listener(port: int, orders: Connection) -> None:
    """The process that only listens, with paho and nothing else: seconds of computing and messages, when asked."""
    heard = 0

    def on_message(_: Any, __: Any, ___: Any) -> None:
        nonlocal heard
        heard += 1

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-floor")
    client.on_message = on_message
    client.on_subscribe = lambda *_: orders.send("listening")
    client.connect("127.0.0.1", port)
    client.subscribe([("bench/+", 0), ("bench/end", 0)])
    client.loop_start()
    while orders.recv() != "stop":
        orders.send((time.process_time(), heard))
    client.disconnect()
    client.loop_stop()
