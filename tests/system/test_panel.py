"""The hub as a device of its house: the real process, a real Mosquitto, and somebody who watches all that is said."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.home import own_device
from edge.home.own_device import OwnDevice
from edge.home.simulated import SimulatedHome
from tests.system.panel import HUB, NODE, SILENCE, Watcher, named, pcm, running

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

KITCHEN = "turn_on_the_kitchen_light"


@pytest.fixture
def watcher(house: SimulatedHome) -> Iterator[Watcher]:
    found = Watcher(house.port)
    yield found
    found.close()


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


def test_it_appears_and_tells_what_it_does(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.shows("wakes", '{"wakes": 0, "verified": 0, "rejected": 0, "near_misses": 0, "strangers": 0, '
                      '"false_wakes": 0}')  # fmt: skip
        announced = {topic for topic, _ in watcher.heard if f"/{NODE}/" in topic and topic.endswith("/config")}
        parts = own_device.parts(plays=False, requests=False)
        assert announced == {HUB.config_topic(part) for part in parts}
        assert watcher.last(HUB.status_topic) == "online"
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
    watcher.until(lambda: watcher.last(HUB.status_topic) == "offline")
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


def test_it_shows_that_it_waits_for_an_answer(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub:
        hub.hear(pcm("one_breath_open_the_garage_door"))
        assert hub.turn()["plan"]["question"] == "confirm"
        asked = ["idle", "listening", "acting", "idle", "listening"]
        watcher.until(lambda: watcher.said(HUB.state_topic("activity")) == asked)
        hub.hear(SILENCE, SILENCE)
        watcher.until(lambda: watcher.said(HUB.state_topic("activity")) == [*asked, "idle"], "nobody answers")
        assert hub.end() == []


def test_without_a_wake_word_there_is_nothing_to_tell_of_it(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path) as hub:
        watcher.say(HUB.set_topic("sensitivity"), "0.7")
        watcher.shows("sensitivity", "0.70")
        hub.end()
    gone = {HUB.config_topic(part) for part in own_device.OF_THE_WAKE_WORD}
    watcher.forget()
    with running(house.port, tmp_path, "--no-wake") as hub:
        watcher.until(lambda: all(watcher.last(topic) == "" for topic in gone))
        watcher.shows("activity", "idle")
        assert not watcher.said(HUB.state_topic("sensitivity"))
        hub.end()
    with running(house.port, tmp_path):
        watcher.shows("sensitivity", "0.70")  # as it was told before
        watcher.until(lambda: all(watcher.last(topic) for topic in gone))


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


def test_what_is_retained_for_it_to_do_is_not_done_at_every_start(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    watcher.say(HUB.set_topic("listening"), "OFF", retain=True)
    with running(house.port, tmp_path) as hub:
        watcher.say(HUB.set_topic("sensitivity"), "0.6")
        watcher.shows("sensitivity", "0.60")
        assert watcher.said(HUB.state_topic("listening")) == ["ON"]
        assert hub.end() == []


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
        watcher.until(lambda: watcher.last(HUB.status_topic) == "online")
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
    kept = {topic for topic in kept if "/sync/" not in topic and topic != HUB.status_topic}
    assert len(kept) > len(own_device.PARTS)
    with running(house.port, tmp_path, "mqtt.announce=false") as hub:
        watcher.until(lambda: all(watcher.last(topic) == "" for topic in kept), "something is left")
        hub.hear(pcm(KITCHEN))
        assert hub.turn()["done"], "there is no switch any more, so it listens"
        assert hub.end() == []
    late = Watcher(house.port)
    late.say("end", "")
    late.until(lambda: late.last("end") is not None)
    assert [topic for topic, _ in late.heard if f"/{NODE}/" in topic] == [HUB.status_topic]
    late.close()


def test_two_hubs_are_two_devices(house: SimulatedHome, watcher: Watcher, tmp_path: Path) -> None:
    with running(house.port, tmp_path) as hub, running(house.port, tmp_path, "mqtt.client_id=hub-2") as second:
        other = OwnDevice("hub-2", "any")
        watcher.shows("activity", "idle")
        watcher.until(lambda: watcher.last(other.state_topic("activity")) == "idle")
        watcher.say(HUB.set_topic("listening"), "OFF")
        watcher.shows("activity", "off")
        assert watcher.last(other.state_topic("listening")) == "ON"
        second.end()
        watcher.until(lambda: watcher.last(other.status_topic) == "offline")
        assert watcher.said(HUB.status_topic) == ["online"]
        assert watcher.said(other.status_topic) == ["online", "offline"]
        hub.end()
        watcher.until(lambda: watcher.last(HUB.status_topic) == "offline")


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
