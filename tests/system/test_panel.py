"""The hub as a device of its house: the real process, a real Mosquitto, and somebody who watches all that is said."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
import pytest
import soundfile
from paho.mqtt.enums import CallbackAPIVersion

from edge.audio.capture import FRAME_SAMPLES, Frame
from edge.core.turn import Reply
from edge.home import own_device
from edge.home.own_device import OwnDevice
from edge.home.simulated import SimulatedHome
from edge.house import linked
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.reply import speak
from edge.resources import data_dir
from edge.satellite import WAITING
from tools.bench.demo import RECORDINGS

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

HUB = OwnDevice("hub:1", "any")
NODE = HUB.node
PATIENCE_S = 20
SILENCE = bytes(200_000)
"""More than a pipe holds: when it is written, all that was written before it has been read."""


class Watcher:
    """A client that keeps all that it hears, in order."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        self._listening = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._listening.wait(PATIENCE_S)

    def _on_message(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self.heard.append((message.topic, message.payload.decode()))
            self._changed.notify_all()

    def said(self, topic: str) -> list[str]:
        with self._changed:
            return [payload for at, payload in self.heard if at == topic]

    def last(self, topic: str) -> str | None:
        return next(reversed(self.said(topic)), None)

    def forget(self) -> None:
        with self._changed:
            self.heard.clear()

    def until(self, reached: Callable[[], bool], what: str = "") -> None:
        with self._changed:
            assert self._changed.wait_for(reached, PATIENCE_S), what or self.heard

    def shows(self, part: str, state: str) -> None:
        self.until(lambda: self.last(HUB.state_topic(part)) == state, f"{part} is not {state}")

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def watcher(house: SimulatedHome) -> Iterator[Watcher]:
    found = Watcher(house.port)
    yield found
    found.close()


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


def named(port: int, *settings: str) -> list[str]:
    ours = (f"mqtt.port={port}", "mqtt.host=127.0.0.1", "home.area=Living Room", "asr.engine=pocketsphinx")
    return [part for setting in (*ours, *settings) for part in ("--set", setting)]


class Running:
    """`edge run` on raw sound."""

    def __init__(self, port: int, home: Path, *settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--stdin", "--json", *named(port, "mqtt.client_id=hub:1", *settings)],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        first = self.process.stderr.readline()
        if b"listening" not in first:
            self.process.kill()
            pytest.fail(f"{first!r} {self.process.communicate()}")
        self._turns: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._turns.put(line)

    def hear(self, *sounds: bytes) -> None:
        assert self.process.stdin is not None
        for sound in sounds:
            self.process.stdin.write(sound)
        self.process.stdin.flush()

    def turn(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._turns.get(timeout=PATIENCE_S))
        return found

    def end(self) -> list[str]:
        """Stop it; what it wrote to standard error."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 130
        assert self.process.stderr is not None
        return self.process.stderr.read().decode().splitlines()

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def running(port: int, home: Path, *settings: str) -> Iterator[Running]:
    hub = Running(port, home, *settings)
    try:
        yield hub
    finally:
        hub.close()


def pcm(stem: str) -> bytes:
    samples, rate = soundfile.read(RECORDINGS / f"{stem}.flac", dtype="int16")
    assert rate == 16_000
    return bytes(samples.astype("<i2").tobytes())


KITCHEN = "turn_on_the_kitchen_light"


def test_it_appears_and_tells_what_it_does(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.shows("wakes", '{"wakes": 0, "verified": 0, "rejected": 0, "near_misses": 0, "strangers": 0, '
                      '"false_wakes": 0}')  # fmt: skip
        announced = {topic for topic, _ in watcher.heard if f"/{NODE}/" in topic and topic.endswith("/config")}
        parts = own_device.parts(plays=False, requests=False)
        assert announced == {HUB.config_topic(part) for part in parts}
        assert watcher.last("edge/status") == "online"
        assert watcher.last(HUB.state_topic("listening")) == "ON"
        hub.hear(pcm(KITCHEN))
        assert hub.turn()["interpretation"]["intent"] == "HassTurnOn"
        watcher.shows("last_intent", "HassTurnOn")
        watcher.until(lambda: watcher.said(HUB.state_topic("activity")) == ["idle", "listening", "acting", "idle"])
        watcher.until(lambda: '"wakes": 1' in str(watcher.last(HUB.state_topic("wakes"))))
        assert watcher.last(HUB.state_topic("refused")) == "0"
        hub.hear(pcm("oov_purple_elephants_juggle_seventeen_violins"), SILENCE)
        assert not hub.turn()["done"]
        watcher.shows("refused", "1")
        told = [payload for topic, payload in watcher.heard if topic.startswith(f"edge/{NODE}/")]
        assert not any("kitchen" in payload.lower() for payload in told), "what was said is told to nobody"
        assert not any(topic.startswith("hermes/") for topic, _ in watcher.heard)
        assert hub.end() == []
    watcher.until(lambda: watcher.last("edge/status") == "offline")
    late = Watcher(house.port)
    late.until(lambda: late.last(HUB.config_topic("listening")) is not None, "it is still known, and offline")
    late.close()


def test_what_was_said_is_told_where_the_household_wants_it(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path, "mqtt.publish_requests=true") as hub:
        hub.hear(pcm(KITCHEN))
        watcher.shows("last_request", "turn on the kitchen light")
    with running(house.port, tmp_path):
        watcher.shows("last_request", "")
        watcher.until(lambda: watcher.last(HUB.config_topic("last_request")) == "", "it is taken back with its state")


def test_it_is_no_device_of_its_own_home(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.shows("activity", "idle")
        hub.end()
    with running(house.port, tmp_path) as hub:  # it finds what it announced before
        watcher.shows("activity", "idle")
        hub.hear(pcm(KITCHEN))
        assert hub.turn()["done"]
        for client in ("hub:1", "hub:2"):
            ran = subprocess.run(
                [sys.executable, "-m", "edge", "devices", "--json", *named(house.port, f"mqtt.client_id={client}")],
                env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
                capture_output=True,
                timeout=60,
                check=True,
            )
            found = [one for one in json.loads(ran.stdout)["entities"] if one.startswith("switch.edge")]
            assert found == ([] if client == "hub:1" else ["switch.edge_living_room_listening"])


def test_switched_off_it_hears_nothing(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.shows("activity", "idle")
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        assert watcher.last(HUB.state_topic("listening")) == "OFF"
        hub.hear(pcm(KITCHEN), SILENCE)
        watcher.say(HUB.set_topic("listening"), "ON")
        watcher.shows("activity", "idle")
        hub.hear(pcm("close_the_garage_door"))
        assert hub.turn()["utterance"]["hypotheses"][0]["text"] == "close the garage door"
        assert house.state("light.kitchen_light")["state"] == "off"
        assert hub.end() == []


def test_switched_off_in_the_middle_of_a_request(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    said = pcm(KITCHEN)
    with running(house.port, tmp_path, "mqtt.hermes=true") as hub:
        hub.hear(said[: len(said) * 6 // 10])
        watcher.shows("activity", "listening")
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        hub.hear(said[len(said) * 6 // 10 :], SILENCE)
        ended = "hermes/dialogueManager/sessionEnded"
        watcher.until(lambda: ended in {topic for topic, _ in watcher.heard})
        assert [json.loads(said)["termination"]["reason"] for said in watcher.said(ended)] == ["abortedByUser"]
        watcher.say(HUB.set_topic("listening"), "ON")
        watcher.shows("activity", "idle")
        hub.hear(pcm("close_the_garage_door"))
        assert hub.turn()["utterance"]["hypotheses"][0]["text"] == "close the garage door"


def test_what_it_was_told_survives_a_restart(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.shows("sensitivity", "0.50")
        watcher.say(HUB.set_topic("sensitivity"), "0.75")
        watcher.shows("sensitivity", "0.75")
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        hub.end()
    watcher.forget()
    with running(house.port, tmp_path):
        watcher.shows("activity", "off")
        assert watcher.said(HUB.state_topic("sensitivity")) == ["0.75"]
        assert watcher.said(HUB.state_topic("listening")) == ["OFF"]
    with running(house.port, tmp_path, "wake.sensitivity=0.4"):
        watcher.shows("sensitivity", "0.40")


def test_nonsense_does_nothing_and_is_told_of_once(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    listening, sensitivity = HUB.set_topic("listening"), HUB.set_topic("sensitivity")
    with running(house.port, tmp_path) as hub:
        watcher.shows("activity", "idle")
        for payload in ("maybe", "", "on", "1"):
            watcher.say(listening, payload)
        for payload in ("1.5", "nan", "loud", "0.6"):  # what answers the last comes after all that came before it
            watcher.say(sensitivity, payload)
        watcher.shows("sensitivity", "0.60")
        watcher.say(sensitivity, "-1")
        watcher.say(sensitivity, "0.7")
        watcher.shows("sensitivity", "0.70")
        assert watcher.said(HUB.state_topic("listening")) == ["ON"]
        assert watcher.said(HUB.state_topic("sensitivity")) == ["0.50", "0.60", "0.70"]
        said = [line.split(": ")[:3] for line in hub.end()]
        code = "panel.bad_command"
        assert said == [["edge", code, f"ignored the message on {topic}"] for topic in (listening, *2 * [sensitivity])]


def test_announced_again_when_home_assistant_starts(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path, "mqtt.prefix=ha") as hub:
        watcher.shows("activity", "idle")
        for birth in ("ha/status", "homeassistant/status"):
            watcher.forget()
            watcher.say(birth, "offline")
            watcher.say(birth, "online")
            watcher.shows("activity", "idle")
            topic = f"ha/switch/{NODE}/listening/config"
            assert len(watcher.said(topic)) == 1
        assert hub.end() == []


def test_a_broker_that_lost_everything_is_told_anew(
    house: SimulatedHome, mosquitto: "Mosquitto", watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.say(HUB.set_topic("sensitivity"), "0.7")
        watcher.shows("sensitivity", "0.70")
        mosquitto.kill()
        watcher.forget()
        mosquitto.start()
        watcher.shows("sensitivity", "0.70")
        watcher.until(lambda: bool(watcher.said(HUB.config_topic("listening"))))
        watcher.until(lambda: watcher.last("edge/status") == "online")
        watcher.until(lambda: watcher.last(HUB.state_topic("activity")) == "idle")
        lost, back = hub.end()
        assert lost.startswith("edge: link.lost: ")
        assert back.startswith("edge: link.back: ")


def test_announce_false_takes_it_all_back(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path, "mqtt.publish_requests=true") as hub:
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        hub.end()
    kept = {topic for topic, _ in watcher.heard if f"/{NODE}/" in topic and not topic.endswith("/set")}
    kept = {topic for topic in kept if "/sync/" not in topic}
    assert len(kept) > len(own_device.PARTS)
    with running(house.port, tmp_path, "mqtt.announce=false") as hub:
        watcher.until(lambda: all(watcher.last(topic) == "" for topic in kept), "something is left")
        hub.hear(pcm(KITCHEN))
        assert hub.turn()["done"], "there is no switch any more, so it listens"
        assert hub.end() == []
    late = Watcher(house.port)
    late.say("end", "")
    late.until(lambda: late.last("end") is not None)
    assert not [topic for topic, _ in late.heard if f"/{NODE}/" in topic]
    late.close()


def test_two_hubs_are_two_devices(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub, running(house.port, tmp_path, "mqtt.client_id=hub-2") as second:
        other = OwnDevice("hub-2", "any")
        watcher.shows("activity", "idle")
        watcher.until(lambda: watcher.last(other.state_topic("activity")) == "idle")
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        assert watcher.last(other.state_topic("listening")) == "ON"
        watcher.forget()
        second.end()
        watcher.until(lambda: watcher.said("edge/status") == ["offline", "online"], "the other one is still here")
        hub.end()
        watcher.until(lambda: watcher.last("edge/status") == "offline")


def test_hermes(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path, "mqtt.hermes=true", "mqtt.site_id=kitchen") as hub:
        watcher.shows("activity", "idle")
        hub.hear(pcm(KITCHEN))
        hub.turn()
        hub.hear(pcm("oov_purple_elephants_juggle_seventeen_violins"), SILENCE)
        hub.turn()
        ended = "hermes/dialogueManager/sessionEnded"
        watcher.until(lambda: len(watcher.said(ended)) == 2)
        said = [(topic, json.loads(payload)) for topic, payload in watcher.heard if topic.startswith("hermes/")]
        assert {payload["siteId"] for _, payload in said} == {"kitchen"}
        first = said[0][1]["sessionId"]
        assert [topic for topic, payload in said if payload["sessionId"] == first] == [
            "hermes/hotword/hey_jarvis/detected",
            "hermes/dialogueManager/sessionStarted",
            "hermes/asr/textCaptured",
            "hermes/intent/HassTurnOn",
            ended,
        ]
        about = dict(said[:5])
        assert about["hermes/asr/textCaptured"]["text"] == "turn on the kitchen light"
        assert {slot["slotName"] for slot in about["hermes/intent/HassTurnOn"]["slots"]} >= {"name"}
        assert said[-1][1]["termination"] == {"reason": "intentNotRecognized"}
        assert all(payload["sessionId"] == said[5][1]["sessionId"] for _, payload in said[5:])
        watcher.say("hermes/nlu/query", json.dumps({"input": "turn off the kitchen light", "siteId": "kitchen"}))
        watcher.say("hermes/tts/say", json.dumps({"text": "hello"}))  # to the site `default`, which is another
        for _ in range(2):
            watcher.say("hermes/tts/say", '{"text": 5, "siteId": "kitchen"}')
        watcher.say("hermes/tts/say", json.dumps({"text": "hello", "siteId": "kitchen", "id": "7"}))
        finished = "hermes/tts/sayFinished"
        watcher.until(lambda: bool(watcher.said(finished)), "whoever waits for it may go on")
        assert [json.loads(payload)["id"] for payload in watcher.said(finished)] == ["7"]
        assert house.state("light.kitchen_light")["state"] == "on", "a query is not acted on"
        (line,) = hub.end()
        assert line.startswith("edge: hermes.bad_say: ignored the message on hermes/tts/say: ")


class Quiet:
    """A microphone in an empty room, and a sound card that keeps what it plays."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self.played: list[bytes] = []

    def __iter__(self) -> Iterator[Frame]:
        at = 0
        while not self._closed.wait(0.02):
            yield Frame(at, bytes(2 * FRAME_SAMPLES))
            at += FRAME_SAMPLES

    def close(self) -> None:
        self._closed.set()

    def play(self, pcm: bytes, rate: int) -> None:
        self.played.append(pcm)


def test_what_it_says_for_others_and_muted(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install 'edge-hub[speech]'")
    room = Quiet()
    monkeypatch.setattr(speak, "SoundCard", lambda: room)
    settings = named(house.port, "mqtt.client_id=hub:1", "reply.speak=true", "mqtt.hermes=true")[1::2]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    finished = "hermes/tts/sayFinished"
    with linked(profile, ready_s=PATIENCE_S, announce=True) as link, Hub(profile, link, store=lambda: store) as hub:
        hub.listen(lambda: room)
        watcher.shows("activity", "idle")
        watcher.say("hermes/tts/say", json.dumps({"text": "Dinner is ready.", "id": "1"}))
        watcher.until(lambda: len(watcher.said(finished)) == 1)
        assert any(any(block) for block in room.played)
        watcher.until(lambda: watcher.said(HUB.state_topic("activity")) == ["idle", "speaking", "idle"])
        assert hub.say("turn on the kitchen light").reply == Reply("Turned on the light", spoken=True)
        watcher.say(HUB.set_topic("mute"), "ON")
        watcher.shows("mute", "ON")
        room.played.clear()
        watcher.say("hermes/tts/say", json.dumps({"text": "Dinner is getting cold.", "id": "2"}))
        watcher.until(lambda: len(watcher.said(finished)) == 2, "whoever waits for it may go on")
        assert hub.say("turn off the kitchen light").reply == Reply("Turned off the light", spoken=False)
        watcher.until(lambda: watcher.last("edge/reply") == "Turned off the light", "it is still published")
        assert room.played == []
    assert [json.loads(payload)["id"] for payload in watcher.said(finished)] == ["1", "2"]


def test_more_than_it_can_say(
    house: SimulatedHome,
    watcher: Watcher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install 'edge-hub[speech]'")
    room, go = Quiet(), threading.Event()
    monkeypatch.setattr(room, "play", lambda pcm, rate: go.wait(PATIENCE_S))
    monkeypatch.setattr(speak, "SoundCard", lambda: room)
    settings = named(house.port, "mqtt.client_id=hub:1", "reply.speak=true", "mqtt.hermes=true")[1::2]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    finished, too_many = "hermes/tts/sayFinished", WAITING + 4
    with linked(profile, ready_s=PATIENCE_S, announce=True) as link, Hub(profile, link, store=lambda: store) as hub:
        hub.listen(lambda: room)
        for number in range(too_many):
            watcher.say("hermes/tts/say", json.dumps({"text": "No.", "id": str(number)}))
        watcher.until(lambda: len(watcher.said(finished)) >= 3, "those are refused while the first is being said")
        go.set()
        watcher.until(lambda: len(watcher.said(finished)) == too_many)
    assert [message.partition(":")[0] for message in caplog.messages] == ["hermes.busy"]
