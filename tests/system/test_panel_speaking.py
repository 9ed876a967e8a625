"""What the hub says for others, over MQTT and aloud; muted, and when there is more than it can say."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.audio.capture import FRAME_SAMPLES, Frame
from edge.core.turn import Reply
from edge.home.simulated import SimulatedHome
from edge.house import linked
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.reply import speak
from edge.resources import data_dir
from edge.satellite import WAITING
from tests.system.panel import HUB, PATIENCE_S, Watcher, named

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


@pytest.fixture
def watcher(house: SimulatedHome) -> Iterator[Watcher]:
    found = Watcher(house.port)
    yield found
    found.close()


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


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
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
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
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
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
