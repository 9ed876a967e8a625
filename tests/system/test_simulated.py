"""The simulated home, on its own broker and on Mosquitto."""

import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.core.errors import InputError, MissingError, UnreachableError
from edge.core.turn import Command, Result, Scalar, Verb
from edge.home.broker import disconnect
from edge.home.catalogue import ROWS
from edge.home.embedded import EmbeddedBroker
from edge.home.household import Household, merged
from edge.home.link import Link, LinkSettings
from edge.home.simulated import Behaviour, SimulatedHome

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def simulated() -> Iterator[SimulatedHome]:
    with SimulatedHome() as home:
        yield home


@pytest.fixture(scope="module")
def link(simulated: SimulatedHome) -> Iterator[Link]:
    areas, floors = merged(simulated.floors, (), ())
    house = Household.of(areas=areas, floors=floors, mic_area=simulated.mic_area)
    settings = LinkSettings(port=simulated.port, protocol="3.1.1", household=house)
    link = Link(settings, clock_ms=lambda: 1)
    link.connect(5)
    link.wait_ready(5)
    yield link
    link.close()


def test_every_device_is_there_as_it_is(simulated: SimulatedHome, link: Link) -> None:
    home = link.snapshot()
    assert set(home.entities) == {row.entity_id for row in ROWS}
    assert len(home.areas) == 8
    assert len(home.floors) == 2
    assert home.mic_area == "living_room"
    for row in ROWS:
        entity = home.entities[row.entity_id]
        assert (entity.name, entity.available) == (row.name, True)
        truth = simulated.state(row.entity_id)
        assert entity.state == (str(truth["state"]) if truth else None)


COMMANDS: list[tuple[str, Verb, dict[str, Scalar], dict[str, object]]] = [
    ("light.bedside_lamp", Verb.TURN_ON, {"color": "red", "brightness": 33}, {"brightness": 33, "color": "red"}),
    ("light.bedside_lamp", Verb.TURN_OFF, {}, {"state": "off"}),
    ("light.hallway_light", Verb.TURN_ON, {}, {"state": "on"}),
    ("switch.coffee_machine", Verb.TURN_ON, {}, {"state": "on"}),
    ("cover.garage_door", Verb.OPEN, {}, {"state": "open", "position": 100}),
    ("cover.garage_door", Verb.SET_POSITION, {"position": 40}, {"state": "open", "position": 40}),
    ("cover.garage_door", Verb.STOP, {}, {"position": 40}),
    ("cover.garage_door", Verb.CLOSE, {}, {"state": "closed", "position": 0}),
    ("lock.front_door", Verb.UNLOCK, {}, {"state": "unlocked"}),
    ("lock.front_door", Verb.LOCK, {}, {"state": "locked"}),
    ("fan.ceiling_fan", Verb.SET_SPEED, {"speed": 66}, {"state": "on", "speed": 66}),
    ("climate.oven", Verb.TURN_ON, {}, {"state": "heat", "current_temperature": 180}),
    ("climate.oven", Verb.SET_TEMPERATURE, {"temperature": 200}, {"temperature": 200, "current_temperature": 200}),
    ("climate.oven", Verb.TURN_OFF, {}, {"state": "off"}),
]


@pytest.mark.parametrize(("entity_id", "verb", "args", "expected"), COMMANDS)
def test_devices_obey(
    simulated: SimulatedHome,
    link: Link,
    entity_id: str,
    verb: Verb,
    args: dict[str, Scalar],
    expected: dict[str, object],
) -> None:
    (outcome,) = link.execute([Command(entity_id, verb, args)], 5).commands
    assert (outcome.result, outcome.code) == (Result.CONFIRMED, "")
    assert simulated.state(entity_id).items() >= expected.items()
    entity = link.snapshot().entities[entity_id]
    assert {"state": entity.state, **entity.attributes}.items() >= expected.items()


def test_scene_and_button(simulated: SimulatedHome, link: Link) -> None:
    commands = [
        Command("scene.movie_night", Verb.ACTIVATE),
        Command("button.cat_feeder", Verb.PRESS),
        Command("media_player.television", Verb.TURN_ON),
    ]
    outcome = link.execute(commands, 5)
    assert [c.result for c in outcome.commands] == [Result.CONFIRMED] * 3
    assert outcome.commands[0].confirmed_ms is None  # it has no state to confirm
    assert outcome.commands[2].confirmed_ms is not None
    # The broker has confirmed that it has the message; the device gets it a moment later.
    until = time.monotonic() + 5
    while not simulated.received("button.cat_feeder") and time.monotonic() < until:
        time.sleep(0.01)
    assert simulated.received("button.cat_feeder") == ("PRESS",)
    assert simulated.state("light.floor_lamp") == {"state": "on", "brightness": 30, "color": "blue"}


def test_a_device_of_another_mind(simulated: SimulatedHome, link: Link) -> None:
    # Nothing else asks these two for anything, so no late report of theirs can be under way.
    # Five seconds, as a broker on a busy machine may take some to acknowledge. If it took too long for the test before,
    # the link is just coming back.
    until = time.monotonic() + 30
    while not link.connected and time.monotonic() < until:
        time.sleep(0.02)
    simulated.behave("switch.printer", Behaviour.DISOBEY)
    simulated.behave("light.office_light", Behaviour.SILENT)
    commands = [Command("switch.printer", Verb.TURN_ON), Command("light.office_light", Verb.TURN_ON)]
    outcome = link.execute(commands, 5)
    assert [(c.result, c.code) for c in outcome.commands] == [
        (Result.REFUSED, "act.disobeyed"),
        (Result.SILENT, "act.silent"),
    ]
    assert all(c.sent_ms is not None and c.confirmed_ms is None for c in outcome.commands)
    simulated.behave("switch.printer", Behaviour.OBEY)
    simulated.behave("light.office_light", Behaviour.OBEY)
    assert [c.result for c in link.execute(commands, 5).commands] == [Result.CONFIRMED] * 2


def test_unknown_devices(simulated: SimulatedHome, link: Link) -> None:
    with pytest.raises(InputError) as caught:
        simulated.set("switch.none", state="on")
    assert caught.value.code == "simulated.unknown_entity"
    (outcome,) = link.execute([Command("switch.none", Verb.TURN_ON)], 5).commands
    assert (outcome.result, outcome.code) == (Result.REFUSED, "act.unknown_entity")


def test_changes_by_hand_reach_the_mirror(simulated: SimulatedHome) -> None:
    changed = threading.Event()
    link = Link(LinkSettings(port=simulated.port, protocol="3.1.1"), clock_ms=lambda: 7, on_change=changed.set)
    link.connect(5)
    link.wait_ready(5)
    changed.clear()
    simulated.set("binary_sensor.kitchen_window", state="on")
    assert changed.wait(5)
    entity = link.snapshot().entities["binary_sensor.kitchen_window"]
    assert (entity.state, entity.changed_ms) == ("on", 7)
    changed.clear()
    simulated.set_available("light.desk_lamp", False)
    assert changed.wait(5)
    (outcome,) = link.execute([Command("light.desk_lamp", Verb.TURN_ON)], 5).commands
    assert (outcome.result, outcome.code, outcome.sent_ms) == (Result.UNREACHABLE, "act.unavailable", None)
    assert simulated.received("light.desk_lamp") == ()
    changed.clear()
    simulated.set_available("light.desk_lamp", True)
    assert changed.wait(5)
    link.close()


def test_it_ends_while_somebody_is_connected(caplog: pytest.LogCaptureFixture) -> None:
    with SimulatedHome() as home:
        link = Link(LinkSettings(port=home.port, protocol="3.1.1"), clock_ms=lambda: 1)
        link.connect(5)
        link.wait_ready(5)
    link.close()
    assert not [record for record in caplog.records if record.name.startswith("amqtt")]


@pytest.mark.parametrize("greeting", [b"", b"\x10\x20\x00"], ids=["silent", "half a greeting"])
def test_it_closes_who_has_not_greeted_it(greeting: bytes) -> None:
    left: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda seen: left.append(seen.exc_value))
        broker = EmbeddedBroker()
        port = broker.start()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as guest:
            guest.sendall(greeting)
            time.sleep(0.1)  # the broker has taken the connection by then
            broker.stop()
            assert not guest.recv(1)
        gc.collect()
    assert not left


def test_on_a_broker_of_the_households_own(mosquitto: "Mosquitto") -> None:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        link = Link(LinkSettings(port=home.port, protocol="3.1.1", client_id="hub"), clock_ms=lambda: 1)
        link.connect(5)
        link.wait_ready(5)
        assert len(link.snapshot().entities) == len(ROWS)
        (outcome,) = link.execute([Command("switch.printer", Verb.TURN_ON)], 5).commands
        assert outcome.result is Result.CONFIRMED
        link.close()
    assert retained(mosquitto.port) == {"edge/hub/status": b"offline"}


def retained(port: int) -> dict[str, bytes]:
    """Everything that the broker keeps, but for its own statistics."""
    found: dict[str, bytes] = {}
    done = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)

    def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == "test/mark":
            done.set()
        else:
            found[message.topic] = bytes(message.payload)

    client.on_message = on_message
    client.on_subscribe = lambda *_: client.publish("test/mark", qos=1)
    client.connect("127.0.0.1", port)
    client.subscribe("#", qos=1)
    client.loop_start()
    assert done.wait(5)
    disconnect(client)
    return found


def test_without_a_broker_or_without_amqtt(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreachableError) as away, SimulatedHome(broker=("127.0.0.1", 1)):
        pass
    assert away.value.code == "simulated.unreachable"
    monkeypatch.setitem(sys.modules, "amqtt.broker", None)
    with pytest.raises(MissingError, match="make install EXTRAS=demo"), SimulatedHome():
        pass
