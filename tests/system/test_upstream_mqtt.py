"""Batches over a real broker: there once it has acknowledged them, and not before."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest

from edge.core.errors import UnreachableError
from edge.upstream.carriers import ToBroker
from edge.upstream.sending import Sending
from tests.system.house import linked
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import Box, told

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


class Half:
    """Random enough."""

    def random(self) -> float:
        return 0.5


def test_over_mqtt(mosquitto: "Mosquitto", tmp_path: Path) -> None:
    came: list[bytes] = []
    there, subscribed = threading.Event(), threading.Event()

    def message(_: object, __: object, one: mqtt.MQTTMessage) -> None:
        came.append(one.payload)
        there.set()

    collector = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    collector.on_message = message
    collector.on_subscribe = lambda *_: subscribed.set()
    collector.connect("127.0.0.1", mosquitto.port)
    collector.subscribe("edge/upstream/batch", qos=1)
    collector.loop_start()
    try:
        assert subscribed.wait(10)
        box = Box(tmp_path)
        box.add(*some(50))
        (waiting,) = box.box.preview()
        with linked(mosquitto.port) as watched:
            carrier = ToBroker(watched.link.deliver)
            sending = Sending(box.box, carrier, rng=Half(), clock=time.monotonic, warn=lambda *_: None)
            assert sending.once()
        assert there.wait(10)
    finally:
        collector.disconnect()
        collector.loop_stop()
    assert came == [waiting.data]
    assert len(told(waiting)) == 50
    assert box.box.status().sent == 50


def test_where_nobody_listens_it_waits(mosquitto: "Mosquitto", tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.add(*some(50))
    (waiting,) = box.box.batches()
    with linked(mosquitto.port, protocol="5") as watched:
        with pytest.raises(UnreachableError):
            ToBroker(watched.link.deliver).send(waiting)
        bridge = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        subscribed = threading.Event()
        bridge.on_subscribe = lambda *_: subscribed.set()
        bridge.connect("127.0.0.1", mosquitto.port)
        bridge.subscribe("edge/upstream/#", qos=1)
        bridge.loop_start()
        try:
            assert subscribed.wait(10)
            ToBroker(watched.link.deliver).send(waiting)
        finally:
            bridge.disconnect()
            bridge.loop_stop()


def test_a_broker_that_may_not_have_it(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic readwrite homeassistant/#\ntopic readwrite edge/sync/#\ntopic read edge/#\n")
    broker = make_mosquitto("allow_anonymous true", f"acl_file {rules}")
    box = Box(tmp_path)
    box.add(*some(50))
    (waiting,) = box.box.batches()
    with linked(broker.port, protocol="5") as watched, pytest.raises(UnreachableError):
        ToBroker(watched.link.deliver).send(waiting)


def test_a_broker_that_is_away_or_does_nothing(mosquitto: "Mosquitto", tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.add(*some(50))
    (waiting,) = box.box.batches()
    with linked(mosquitto.port) as watched:
        mosquitto.freeze()
        with pytest.raises(UnreachableError):
            ToBroker(watched.link.deliver, timeout_s=0.2).send(waiting)
        mosquitto.kill()
        with pytest.raises(UnreachableError):
            ToBroker(watched.link.deliver, timeout_s=0.2).send(waiting)
    assert list(box.box.batches()) == [waiting]
