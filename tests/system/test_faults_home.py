"""Faults of brokers and devices, with the real Mosquitto: nothing is done twice, nothing confirmed is lost, the hub
recovers by itself, and the log stays short."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.core.turn import Command, Result, Verb
from edge.home.broker import disconnect
from edge.home.link import Link, LinkSettings
from edge.home.mirror import MAX_DEVICES
from edge.home.patience import Delays
from tests.system.house import PATIENCE_S, PLUG, TOPIC, Device, Watched, device, line, linked, until

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

OVEN = {"name": "Oven", "min_temp": 0, "max_temp": 100_000, "temp_step": 1, "modes": ["off", "heat"],
        "temperature_command_topic": "oven/set", "temperature_state_topic": "oven"}  # fmt: skip


@pytest.fixture(autouse=True)
def short_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, the hub says it in few lines."""
    yield
    ours = [record.getMessage() for record in caplog.get_records("call") if record.name.startswith("edge")]
    assert len(ours) < 20, ours


class Oven:
    """A thermostat that joins the broker again by itself, announces itself, obeys, and counts what it was told."""

    def __init__(self, port: int) -> None:
        self.heard: Counter[int] = Counter()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_disconnect = lambda client, *_: client.drop_out_messages()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("oven/set", qos=1)
        client.publish("homeassistant/climate/oven/config", json.dumps(OVEN), qos=1, retain=True)

    def _on_message(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        self.heard[int(message.payload)] += 1
        client.publish("oven", message.payload, qos=1, retain=True)

    def close(self) -> None:
        disconnect(self._client)


def test_the_broker_is_killed_every_second_for_a_minute(mosquitto: "Mosquitto") -> None:
    oven = Oven(mosquitto.port)
    confirmed: list[int] = []
    unsent: list[int] = []

    def heat(link: Link, degrees: int) -> Result:
        (outcome,) = link.execute(
            [Command("climate.oven", Verb.SET_TEMPERATURE, {"temperature": degrees})], 0.5
        ).commands
        if outcome.result is Result.CONFIRMED:
            confirmed.append(degrees)
        elif outcome.sent_ms is None:
            unsent.append(degrees)
        return outcome.result

    with linked(mosquitto.port, delays=Delays(first_s=0.2, unsteady_s=0.4)) as watched:
        until(lambda: "climate.oven" in watched.link.snapshot().entities, "the oven is announced")
        ended = threading.Event()

        def kill() -> None:
            until_s = time.monotonic() + 60
            while time.monotonic() < until_s:
                ended.wait(1.0)
                mosquitto.kill()
                mosquitto.start()
            ended.set()

        killer = threading.Thread(target=kill)
        killer.start()
        degrees = 0
        while not ended.wait(0.02):
            degrees += 10
            heat(watched.link, degrees)
        killer.join()
        during = len(confirmed)

        def again() -> bool:
            nonlocal degrees
            degrees += 10
            return heat(watched.link, degrees) is Result.CONFIRMED

        until(again, "it recovers by itself")
    oven.close()
    assert during >= 10, "some got through in between"
    assert unsent, "and some did not"
    assert max(oven.heard.values()) == 1, "nothing is acted on twice"
    assert not set(confirmed) - oven.heard.keys(), "nothing is lost that was confirmed"
    assert not set(unsent) & oven.heard.keys(), "nothing is sent late"


def test_a_broker_that_accepts_and_never_answers(mosquitto: "Mosquitto") -> None:
    with line(mosquitto.port) as wire, device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
        with linked(wire.port, delays=Delays(first_s=0.05, longest_s=0.2, answer_s=0.3)) as watched:
            wire.fall_silent()
            until(lambda: not watched.link.connected, "it is noticed")
            before = wire.accepted
            until(lambda: wire.accepted > before + 2, "it goes on trying")
            assert not watched.link.connected
            (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
            assert outcome.result is Result.UNREACHABLE
            wire.deaf = False
            until(lambda: watched.link.connected, "it recovers by itself")
            plug.say("plug", "ON")
            watched.wait_for("switch.plug", "on")


def test_a_flood_of_retained_topics(mosquitto: "Mosquitto", caplog: pytest.LogCaptureFixture) -> None:
    count = 100_000
    with device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    last = client.publish("flood", "begins", qos=1)
    for n in range(count):
        message = "{" if n % 10 == 0 else f'{{"name":"Flood","command_topic":"f/{n}/set","state_topic":"f/{n}"}}'
        last = client.publish(f"homeassistant/switch/flood{n}/config", message, qos=1, retain=True)
        if n % 10_000 == 0:  # more than paho keeps
            last.wait_for_publish(PATIENCE_S)
    last.wait_for_publish(PATIENCE_S * 4)
    disconnect(client)
    watched = Watched(LinkSettings(port=mosquitto.port))
    watched.link.connect(10)
    watched.link.wait_ready(PATIENCE_S * 2)
    entities = watched.link.snapshot().entities
    assert len(entities) == MAX_DEVICES
    known = next(iter(entities))
    config = watched.link._mirror.config(known)
    assert config is not None
    with device(mosquitto.port) as plug:
        plug.say(config.text("state_topic") or "", "ON")
        watched.wait_for(known, "on")
    watched.link.close()
    codes = [record.getMessage().split(":")[0] for record in caplog.records if record.name.startswith("edge")]
    assert codes.count("discovery.too_many") <= 1
    assert codes.count("link.more") == 1


def test_a_device_that_lies(mosquitto: "Mosquitto") -> None:
    liar: list[Device] = []

    def lie(said: str) -> None:
        liar[0].tell("plug", {"ON": "OFF", "OFF": "ON"}[said])

    with (
        device(mosquitto.port) as honest,
        device(mosquitto.port, "plug/set", answer=lie) as plug,
        linked(mosquitto.port) as watched,
    ):
        liar.append(plug)
        honest.say(TOPIC, PLUG)
        honest.say("homeassistant/switch/other/config",
                   PLUG | {"name": "Other", "state_topic": "other", "command_topic": "other/set"})  # fmt: skip
        honest.say("plug", "OFF")
        honest.say("other", "OFF")
        watched.wait_for("switch.other", "off")
        watched.wait_for("switch.plug", "off")
        # It reports other than it was told.
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 0.5).commands
        assert (outcome.result, outcome.code) == (Result.REFUSED, "act.disobeyed")
        # It reports in another's name: that one's state is believed, since MQTT names no sender, and nothing is done.
        plug.say("other", "ON")
        watched.wait_for("switch.other", "on")
        assert watched.link.snapshot().entities["switch.plug"].state == "off"
        # It flaps, after it has obeyed.
        for _ in range(20):
            plug.say("plug", "ON")
            plug.say("plug", "OFF")
        watched.wait_for("switch.plug", "off")
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_OFF)], 5).commands
        assert outcome.result is Result.CONFIRMED
        for _ in range(20):
            plug.say("plug", "ON")
            plug.say("plug", "OFF")
        until(lambda: bool(watched.contradictions), "it is noticed")
        plug.say("plug", "nonsense")
        plug.say("plug", "x" * 100_000)
        plug.say("homeassistant/switch/plug/config", b"{")
        plug.say("other", "OFF")
        watched.wait_for("switch.other", "off")
        assert len(watched.contradictions) <= 2, "the lie is held against a command once"
    assert [payload for _, payload in plug.heard] == ["ON", "OFF"], "nothing is acted on twice"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_two_edges_with_one_client_id(mosquitto: "Mosquitto", caplog: pytest.LogCaptureFixture, protocol: str) -> None:
    delays = Delays(first_s=0.05, unsteady_s=0.05, taken_over_s=600.0)
    settings = LinkSettings(port=mosquitto.port, client_id="twin", protocol=protocol)
    one, other = Watched(settings, delays), Watched(settings, delays)
    one.link.connect(5)
    one.link.wait_ready(5)
    other.link.connect(5)

    def given_up() -> bool:
        return "link.taken_over" in caplog.text

    until(given_up, "one of them lets the other have it")
    until(lambda: one.link.connected != other.link.connected, "and the other has it")
    winner = one if one.link.connected else other
    time.sleep(1.0)  # for as long as a fight takes a dozen rounds
    assert winner.link.connected
    winner.link.wait_ready(5)
    with device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
        winner.wait_for("switch.plug", None)
    one.link.close()
    other.link.close()
    (said,) = [record.getMessage() for record in caplog.records if "link.taken_over" in record.getMessage()]
    assert "mqtt.client_id" in said


def test_a_password_that_was_changed_meanwhile(
    make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import subprocess

    passwords = tmp_path / "passwords"

    def set_password(word: str) -> None:
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "edge", word], check=True)
        passwords.chmod(0o644)

    set_password("right")
    broker = make_mosquitto("allow_anonymous false", f"password_file {passwords}")
    quick = Delays(first_s=0.05, longest_s=0.1)
    with linked(broker.port, username="edge", password="right", delays=quick) as watched:
        broker.stop()
        set_password("other")
        broker.start()
        until(lambda: not watched.link.connected, "it is thrown out")
        time.sleep(1.0)
        assert not watched.link.connected
        broker.stop()
        set_password("right")
        broker.start()
        until(lambda: watched.link.connected, "it recovers by itself")
    assert "right" not in caplog.text
