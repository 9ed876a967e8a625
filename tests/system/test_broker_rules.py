"""The example of a broker with encryption and rules, packaging/mosquitto, as it stands there, in a real Mosquitto."""

import json
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.core.turn import Command, Result, Verb
from edge.home.broker import disconnect
from edge.home.link import LinkSettings
from tests.system.house import certificate, check_refusal, linked, until

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

EXAMPLE = Path(__file__).parents[2] / "packaging" / "mosquitto"
USERS = ("edge", "homeassistant", "zigbee2mqtt", "plug1", "plug2")
PLUG = {"name": "Plug", "uniq_id": "p", "~": "plug1", "cmd_t": "~/set", "stat_t": "~/state"}
NOT_ALLOWED = 0x87


def secret(user: str) -> str:
    return f"{user}'s own"


class Broker:
    """The example, on a port of its own and with certificates made for it."""

    def __init__(self, start: Callable[..., "Mosquitto"], folder: Path) -> None:
        tool = shutil.which("mosquitto_passwd", path="/usr/bin:/usr/local/bin")
        if tool is None:
            pytest.skip("mosquitto_passwd is not installed: apt-get install mosquitto")
        passwords, rules = folder / "passwd", folder / "edge.acl"
        passwords.touch()
        for user in USERS:
            subprocess.run([tool, "-b", str(passwords), user, secret(user)], check=True, capture_output=True)
        shutil.copy(EXAMPLE / "edge.acl", rules)
        for readable in (passwords, rules):
            readable.chmod(0o644)
        self.ca, key = certificate(folder, "broker")
        ours = {
            "password_file": passwords,
            "acl_file": rules,
            "cafile": self.ca,
            "certfile": self.ca,
            "keyfile": key,
        }
        lines = [line.split(maxsplit=1) for line in (EXAMPLE / "edge.conf").read_text().splitlines()]
        settings = {line[0]: line[1] for line in lines if line and not line[0].startswith("#")}
        assert ours.keys() <= settings.keys()
        assert settings.pop("listener") == "8883"
        self.port = start(*(f"{name} {ours.get(name, value)}" for name, value in settings.items())).port

    @contextmanager
    def user(self, name: str) -> Iterator["User"]:
        found = User(self, name)
        try:
            yield found
        finally:
            found.close()

    def hub(self, **more: object) -> dict[str, object]:
        return {
            "host": "127.0.0.1", "port": self.port, "tls": True, "ca_file": self.ca,
            "username": "edge", "password": secret("edge"), "client_id": "edge", **more,
        }  # fmt: skip


class User:
    """A client that sees whether the broker lets it say and hear things."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.heard: list[tuple[str, str]] = []
        self._answers: list[int] = []
        self._answered = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.username_pw_set(name, secret(name))
        self._client.tls_set_context(ssl.create_default_context(cafile=broker.ca))
        self._client.on_message = lambda _, __, message: self.heard.append((message.topic, message.payload.decode()))
        self._client.on_publish = lambda _, __, ___, reason, ____: self._answer(reason.value)
        self._client.on_subscribe = lambda _, __, ___, reasons, ____: self._answer(reasons[0].value)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def _answer(self, reason: int) -> None:
        self._answers.append(reason)
        self._answered.set()

    def _asked(self) -> bool:
        assert self._answered.wait(10)
        self._answered.clear()
        return self._answers.pop() != NOT_ALLOWED

    def may_say(self, topic: str, payload: str = "x", *, retain: bool = False) -> bool:
        self._client.publish(topic, payload, qos=1, retain=retain)
        return self._asked()

    def listen(self, topic: str) -> None:
        """Mosquitto takes every subscription, and sends of it what its rules allow."""
        self._client.subscribe(topic, 1)
        assert self._asked()

    def close(self) -> None:
        disconnect(self._client)


@pytest.fixture
def broker(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> Broker:
    return Broker(make_mosquitto, tmp_path)


def test_the_hub_obeys_the_rules_and_works(broker: Broker, tmp_path: Path) -> None:
    with broker.user("plug1") as plug:
        assert plug.may_say("homeassistant/switch/plug1/plug/config", json.dumps(PLUG), retain=True)
        assert plug.may_say("plug1/state", "OFF", retain=True)
        plug.listen("plug1/set")
        with linked(**broker.hub()) as watched:
            watched.wait_for("switch.plug", "off")
            assert watched.link.complaints == (), "it is denied nothing that it asks for"
            told = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 0.2)
            until(lambda: plug.heard == [("plug1/set", "ON")], "the plug is told")
            assert told.commands[0].result is Result.SILENT
        ended = subprocess.run(
            [sys.executable, "-m", "edge", "say", "-v", "is the plug on", *_options(broker)],
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        assert b"denied" not in ended.stderr


def test_a_device_speaks_for_itself_alone(broker: Broker) -> None:
    with broker.user("homeassistant") as home, broker.user("plug1") as plug:
        home.listen("#")
        for topic in (
            "edge/reply",
            "edge/intent",
            "edge/edge/listening/set",
            "edge/edge/status",
            "edge/sync/edge",
            "homeassistant/switch/edge/listening/config",
            "homeassistant/lock/plug2/lock/config",
            "homeassistant/lock/door/config",
            "homeassistant/status",
            "plug2/state",
            "plug2/set",
            "zigbee2mqtt/door/set",
            "zigbee2mqtt/door",
            "hermes/tts/say",
            "cmnd/plug2/POWER",
            "tasmota/discovery/plug2/config",
        ):
            assert not plug.may_say(topic), topic
        assert plug.may_say("plug1/state", "ON")
        until(lambda: ("plug1/state", "ON") in home.heard, "it is heard")
        assert home.heard == [("plug1/state", "ON")], "and nothing else that it said"


def test_a_device_hears_nothing_of_the_hub_or_of_others(broker: Broker) -> None:
    with broker.user("plug1") as plug, broker.user("plug2") as other, broker.user("edge") as hub:
        plug.listen("#")
        assert hub.may_say("edge/reply", "what was answered")
        assert hub.may_say("plug2/set", "ON")
        assert other.may_say("plug2/state", "ON")
        assert hub.may_say("plug1/set", "ON")
        until(lambda: bool(plug.heard), "it hears what is for it")
        assert plug.heard == [("plug1/set", "ON")]


def test_a_bridge_announces_no_hub(broker: Broker) -> None:
    with broker.user("zigbee2mqtt") as bridge:
        assert bridge.may_say("homeassistant/lock/0x00158d0001/lock/config")
        assert bridge.may_say("zigbee2mqtt/door", "{}")
        for topic in (
            "homeassistant/switch/edge/listening/config",
            "edge/reply",
            "edge/edge/listening/set",
            "plug1/set",
        ):
            assert not bridge.may_say(topic), topic


def test_the_hub_says_nothing_in_others_names(broker: Broker) -> None:
    with broker.user("edge") as hub:
        for topic in ("zigbee2mqtt/door/set", "plug1/set", "lamp/light/lamp/command", "cmnd/plug/POWER", "edge/reply"):
            assert hub.may_say(topic), topic
        for topic in (
            "zigbee2mqtt/door",
            "zigbee2mqtt/bridge/request/permit_join",
            "homeassistant/lock/0x00158d0001/lock/config",
            "homeassistant/status",
            "plug1/state",
            "stat/plug/RESULT",
            "hermes/tts/say",
        ):
            assert not hub.may_say(topic), topic


def test_nobody_comes_in_without_a_password(broker: Broker) -> None:
    check_refusal(LinkSettings(**broker.hub(password="another")), "link.refused", "refused the user name or password")  # type: ignore[arg-type]
    check_refusal(LinkSettings(**broker.hub(username=None)), "link.refused", "refused")  # type: ignore[arg-type]
    check_refusal(LinkSettings(**broker.hub(tls=False)), "link.no_answer", "mqtt.tls")  # type: ignore[arg-type]


def _options(broker: Broker) -> list[str]:
    named = {name: "true" if value is True else value for name, value in broker.hub().items()}
    return [part for name, value in named.items() for part in ("--set", f"mqtt.{name}={value}")]
