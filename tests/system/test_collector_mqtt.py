"""Batches over a real broker: each is acknowledged once it is on disk, and waits while the collector is away."""

import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from edge.upstream import batch as batches
from tests.system.conftest import Mosquitto
from tests.unit.learn import homes
from tools.learn.collector import TOPIC, MqttCollector, Spool
from tools.learn.ingest import SUFFIX

pytestmark = pytest.mark.system


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def send(broker: Mosquitto, *payloads: bytes) -> None:
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish(TOPIC, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def collector(broker: Mosquitto, folder: Path) -> tuple[MqttCollector, Spool]:
    spool = Spool(folder, homes.WORDS)
    made = MqttCollector(spool)
    made.connect("127.0.0.1", broker.port)
    return made, spool


def test_batches_come_and_wait_while_it_is_away(mosquitto: Mosquitto, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    some = [homes.batch(number, [homes.MISSED]) for number in range(3)]
    first, spool = collector(mosquitto, folder)
    until(lambda: first.subscribed)
    send(mosquitto, batches.encode(some[0]), b"no batch", batches.encode(some[0]))
    until(lambda: (spool.taken, spool.repeated, spool.refused) == (1, 1, 1))
    first.close()
    send(mosquitto, batches.encode(some[1]), batches.encode(some[2]))
    assert len(list(folder.glob(f"*{SUFFIX}"))) == 1
    second, later = collector(mosquitto, folder)
    until(lambda: later.taken == 2)
    second.close()
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{one.id}{SUFFIX}" for one in some)
