"""Rooms and the voice's rights on a real broker: what is asked first, what a yes does, and where rooms come from."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.home.broker import disconnect
from edge.home.simulated import SimulatedHome
from edge.house import linked
from edge.hub import Hub
from edge.models import ModelStore
from edge.profile import Profile, load_profile

if TYPE_CHECKING:
    from edge.home.link import Link
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

HOME_TOML = """\
[rooms.Attic]
aliases = ["loft"]
floor = "Top"

[devices."light.hallway_light"]
name = "Corridor Light"
aliases = ["night light"]
room = "Attic"

[devices."lock.balcony_door"]
voice = "never"

[devices."light.guest_room_light"]
voice = "confirm"
"""


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


@pytest.fixture
def configured(tmp_path: Path, house: SimulatedHome) -> Profile:
    folder = tmp_path / ".config" / "edge"
    folder.mkdir(parents=True)
    (folder / "home.toml").write_text(HOME_TOML)
    settings = ["mqtt.host=127.0.0.1", f"mqtt.port={house.port}", "home.area=Hallway", "act.answer_s=30"]
    return load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=settings)


class Line:
    """A hub on the broker, with a clock that the test moves."""

    def __init__(self, profile: Profile, link: "Link") -> None:
        self.now = 0.0
        self.link = link
        self.hub = Hub(profile, link, store=_no_store, clock=lambda: self.now)

    def say(self, text: str) -> str:
        reply = self.hub.say(text).reply
        assert reply is not None
        return reply.text


def _no_store() -> ModelStore:
    raise AssertionError("typed requests need no model")


@contextmanager
def line(profile: Profile) -> Iterator[Line]:
    with linked(profile, ready_s=10) as link:
        yield Line(profile, link)


def test_a_yes_unlocks(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        at.say("lock the front door")
        assert house.state("lock.front_door")["state"] == "locked", "what makes it safer needs no yes"
        assert at.say("unlock the front door") == "Unlock the Front Door?"
        assert house.state("lock.front_door")["state"] == "locked"
        at.now += 29
        assert at.say("yes please") == "Unlocked the Front Door"
        assert house.state("lock.front_door")["state"] == "unlocked"
        assert at.say("yes") == "Sorry, I couldn't understand that"


def test_a_no_leaves_it(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        at.say("lock the front door")
        received = house.received("lock.front_door")
        at.say("unlock the front door")
        assert at.say("no thanks") == "OK, I left it as it is"
        assert at.say("yes") == "Sorry, I couldn't understand that"
        assert house.received("lock.front_door") == received


def test_a_late_yes_does_nothing(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        at.say("lock the front door")
        at.say("unlock the front door")
        at.now += 31
        assert at.say("yes") == "Sorry, I couldn't understand that"
        assert house.state("lock.front_door")["state"] == "locked"


def test_another_request_drops_the_question(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        at.say("open the garage door")
        assert at.say("turn on the kitchen light") == "Turned on the light"
        assert at.say("yes") == "Sorry, I couldn't understand that"
        assert house.state("cover.garage_door")["position"] == 0


def test_a_device_that_has_gone_since_is_told_of(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        at.say("open the garage door")
        house.set_available("cover.garage_door", False)
        until = time.monotonic() + 10
        while at.link.snapshot().entities["cover.garage_door"].available and time.monotonic() < until:
            time.sleep(0.01)
        assert at.say("yes") == "Sorry, Garage Door cannot be reached any more"
        assert house.state("cover.garage_door")["position"] == 0


def test_what_no_voice_may_touch(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        assert at.say("unlock the balcony door") == "Sorry, Balcony Door is not for the voice to change"
        assert at.say("is the balcony door locked") == "Yes"
        assert at.say("turn on the guest room light") == "Turn on the Guest Room Light?"
        assert house.state("light.guest_room_light")["state"] == "off"


def test_home_toml_names_and_places(configured: Profile, house: SimulatedHome) -> None:
    with line(configured) as at:
        entity = at.link.snapshot().entities["light.hallway_light"]
        assert (entity.name, entity.aliases, entity.area) == ("Corridor Light", ("night light",), "attic")
        assert at.say("turn on the night light") == "Turned on the light"
        assert at.say("turn off the lights in the loft") == "Turned off the lights"
        assert house.state("light.hallway_light")["state"] == "off"
        facts = {fact.name: fact for fact in at.link.facts("light.hallway_light")}
        assert facts["area"].source.endswith("home.toml:5")
        assert facts["area"].value == "Attic"


def say(port: int, messages: dict[str, object]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages.items():
        text = payload if isinstance(payload, str) else json.dumps(payload)
        client.publish(topic, text, qos=1, retain=True).wait_for_publish(5)
    disconnect(client)


def test_rooms_of_zigbee2mqtt(configured: Profile, mosquitto: "Mosquitto") -> None:
    address = "0x00158d00018255df"
    group = {"id": 1, "friendly_name": "kitchen", "scenes": [], "members": [{"ieee_address": address, "endpoint": 1}]}
    say(
        mosquitto.port,
        {
            f"homeassistant/light/{address}/light/config": {
                "name": None,
                "schema": "json",
                "state_topic": "zigbee2mqtt/spots",
                "command_topic": "zigbee2mqtt/spots/set",
                "unique_id": f"{address}_light_zigbee2mqtt",
                "device": {"identifiers": [f"zigbee2mqtt_{address}"], "name": "spots"},
            },
            "zigbee2mqtt/bridge/groups": [group],
        },
    )
    with line(configured) as at:
        assert at.link.snapshot().entities["light.spots"].area == "kitchen", "known as soon as the house is"
        say(mosquitto.port, {"zigbee2mqtt/bridge/groups": []})
        until = time.monotonic() + 10
        while at.link.snapshot().entities["light.spots"].area and time.monotonic() < until:
            time.sleep(0.01)
        assert at.link.snapshot().entities["light.spots"].area is None


def test_watching_devices(configured: Profile, house: SimulatedHome, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "devices", "--watch", "--json", "--domain", "light",
         "--set", "mqtt.host=127.0.0.1", "--set", f"mqtt.port={house.port}"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        told = json.loads(_changed(process, lambda state: house.set("light.kitchen_light", state=state)))
        assert told["entity_id"] == "light.kitchen_light"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        process.communicate()


def _changed(process: "subprocess.Popen[bytes]", switch: Callable[[str], None]) -> bytes:
    """The first line, while a light is switched on and off until somebody watches."""
    stop = threading.Event()

    def flip() -> None:
        state = "on"
        while not stop.wait(0.2):
            switch(state)
            state = "off" if state == "on" else "on"

    thread = threading.Thread(target=flip)
    thread.start()
    patience = threading.Timer(30, process.kill)  # else a line that never comes is waited for
    patience.start()
    try:
        assert process.stdout is not None
        return process.stdout.readline()
    finally:
        patience.cancel()
        stop.set()
        thread.join()
