"""What the link makes of an outage: nothing missed, nothing late, nobody forgotten who is still there."""

import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.core.turn import Command, Result, Verb
from edge.home.link import Link, LinkSettings
from edge.home.patience import Delays
from tests.system.house import PLUG, TOPIC, Device, device, has_session, line, linked, until

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


def codes(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message.split(":")[0] for message in caplog.messages]


OTHER = "homeassistant/switch/other/config"
OTHER_PLUG = PLUG | {"name": "Other", "command_topic": "other/set", "state_topic": "other"}


def test_in_an_outage_nothing_is_known_of_the_house(mosquitto: "Mosquitto") -> None:
    one_word = PLUG | {"payload_on": "T", "payload_off": "T", "state_on": "ON", "state_off": "OFF"}
    with device(mosquitto.port) as plug, line(mosquitto.port) as wire, linked(wire.port) as watched:
        plug.say(TOPIC, one_word)
        plug.say(OTHER, OTHER_PLUG)
        plug.say("plug", "ON")
        watched.wait_for("switch.plug", "on")
        told = watched.changes
        wire.cut()
        until(lambda: not watched.link.connected, "the line is cut")
        until(lambda: watched.changes > told, "that is a change in every device")
        home = watched.link.snapshot()
        assert {entity.available for entity in home.entities.values()} == {False}
        assert home.entities["switch.plug"].state == "on", "the last that was heard"
        assert watched.link.snapshot().entities is home.entities, "an outage costs one copy"
        for verb in (Verb.TURN_ON, Verb.TURN_OFF):
            (outcome,) = watched.link.execute([Command("switch.plug", verb)], 1).commands
            assert (outcome.result, outcome.code) == (Result.UNREACHABLE, "act.unreachable")
        wire.mend()
        watched.link.wait_ready(20)
        assert {entity.available for entity in watched.link.snapshot().entities.values()} == {True}
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 1).commands
        assert outcome.result is Result.CONFIRMED, "it is on already"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_nothing_is_missed_in_a_short_outage(mosquitto: "Mosquitto", protocol: str) -> None:
    with device(mosquitto.port) as plug, line(mosquitto.port) as wire:
        plug.say(TOPIC, PLUG)
        with linked(wire.port, protocol=protocol, client_id="hub") as watched:
            plug.say("plug", "OFF", retain=False)
            watched.wait_for("switch.plug", "off")
            wire.cut()
            until(lambda: not watched.link.connected, "the line is cut")
            plug.say("plug", "ON", retain=False)  # kept for the hub alone
            wire.mend()
            watched.wait_for("switch.plug", "on")


def test_a_command_beside_the_hub_leaves_nothing_at_the_broker(mosquitto: "Mosquitto") -> None:
    for protocol in ("5", "3.1.1"):
        with device(mosquitto.port, "$SYS/broker/clients/total") as other:
            with linked(mosquitto.port, protocol=protocol, client_id="beside", announce=False):
                pass
            other.say(TOPIC, PLUG)
            other.say("plug", "ON", retain=False)
            with linked(mosquitto.port, protocol=protocol, client_id="beside", announce=False) as watched:
                assert watched.link.snapshot().entities["switch.plug"].state is None


def test_what_the_hub_is_told_is_not_delivered_late(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as other, line(mosquitto.port) as wire, linked(wire.port) as watched:
        told: list[bytes] = []
        heard = threading.Event()

        def handler(payload: bytes) -> None:
            told.append(payload)
            heard.set()

        watched.link.listen("edge/say", handler)
        watched.link.wait_ready(5)
        while not heard.wait(0.05):
            other.say("edge/say", "first", retain=False)
        wire.cut()
        until(lambda: not watched.link.connected, "the line is cut")
        told.clear()
        other.say("edge/say", "late", retain=False)
        wire.mend()
        watched.link.wait_ready(20)
        heard.clear()
        while not heard.wait(0.05):
            other.say("edge/say", "then", retain=False)
        assert b"late" not in told


def test_devices_that_were_taken_back_meanwhile_are_gone(mosquitto: "Mosquitto") -> None:
    marks = "edge/sync/hub/kept"
    with device(mosquitto.port, marks) as plug, line(mosquitto.port) as wire:
        plug.say(TOPIC, PLUG)
        plug.say(OTHER, OTHER_PLUG)
        with linked(wire.port, client_id="hub") as watched:
            third = "homeassistant/switch/third/config"
            plug.say(third, OTHER_PLUG | {"name": "Third"})
            watched.wait_for("switch.third", None)
            structures = watched.structures
            until(lambda: [topic for topic, _ in plug.heard].count(marks) == 2, "the broker has this house's mark")
            wire.cut()
            until(lambda: not watched.link.connected, "the line is cut")
            plug.say(OTHER, "")
            plug.say(third, "")
            wire.mend()
            until(lambda: set(watched.link.snapshot().entities) == {"switch.plug"}, "they are gone")
            assert watched.structures > structures
            watched.link.wait_ready(20)
            plug.say("plug", "ON")
            watched.wait_for("switch.plug", "on")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_the_broker_never_kept_stays_over_an_outage(mosquitto: "Mosquitto", protocol: str) -> None:
    marks = "edge/sync/hub/kept"
    with device(mosquitto.port, marks) as bridge, line(mosquitto.port) as wire:
        bridge.say(OTHER, OTHER_PLUG)
        with linked(wire.port, protocol=protocol, client_id="hub") as watched:
            bridge.say(TOPIC, PLUG, retain=False)
            watched.wait_for("switch.plug", None)
            until(
                lambda: [topic for topic, _ in bridge.heard].count(marks) == 2, "the broker has the mark of this house"
            )
            wire.cut()
            until(lambda: not watched.link.connected, "the line is cut")
            bridge.say(OTHER, "")
            wire.mend()
            until(lambda: "switch.other" not in watched.link.snapshot().entities, "what was taken back is gone")
            assert set(watched.link.snapshot().entities) == {"switch.plug"}
            watched.link.wait_ready(20)
            bridge.say("plug", "ON")
            watched.wait_for("switch.plug", "on")


def test_a_broker_that_has_forgotten_everything_empties_no_house(mosquitto: "Mosquitto") -> None:
    with linked(mosquitto.port) as watched:
        with device(mosquitto.port) as plug:
            plug.say(TOPIC, PLUG)
            plug.say(OTHER, OTHER_PLUG)
            watched.wait_for("switch.other", None)
        mosquitto.kill()
        mosquitto.start()
        with device(mosquitto.port) as plug:
            plug.say(TOPIC, PLUG)  # one is back before the other
            until(lambda: watched.link.connected, "the link is back")
            watched.link.wait_ready(20)
            assert set(watched.link.snapshot().entities) == {"switch.plug", "switch.other"}
            plug.say("other", "ON")
            watched.wait_for("switch.other", "on")


def test_a_broker_with_the_memory_of_an_earlier_hub_empties_no_house(
    make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    memory.chmod(0o777)
    lines = ("allow_anonymous true", "persistence true", f"persistence_location {memory}/", "autosave_interval 0")
    broker, saved = make_mosquitto(*lines), memory / "mosquitto.db"
    with device(broker.port) as plug, line(broker.port) as wire:
        plug.say(TOPIC, PLUG)
        with linked(wire.port, client_id="hub"):
            until(lambda: broker.saves(saved, b"edge/sync/hub/kept"), "the broker writes down the hub's mark")
            old = saved.read_bytes()
            wire.cut()  # the power fails: no goodbye
        plug.say(OTHER, OTHER_PLUG)
    with linked(broker.port, client_id="hub") as watched:  # it has kept as many marks as the hub before it
        assert set(watched.link.snapshot().entities) == {"switch.plug", "switch.other"}
        broker.kill()
        saved.write_bytes(old)
        broker.start()
        until(lambda: watched.link.connected, "the link is back")
        watched.link.wait_ready(20)
        assert set(watched.link.snapshot().entities) == {"switch.plug", "switch.other"}


def test_a_broker_that_keeps_sessions_on_its_disk_is_no_second_hub(
    make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    memory.chmod(0o777)
    broker = make_mosquitto("allow_anonymous true", "persistence true", f"persistence_location {memory}/")
    delays = Delays(first_s=2.0, unsteady_s=2.0, stable_s=4.0, taken_over_s=2.0, taken_over_longest_s=600.0)
    with linked(broker.port, client_id="hub", delays=delays) as watched:
        for _ in range(6):  # restarted before the hub tries for the first time, so that all looks as if thrown out
            broker.stop()
            broker.start()
            until(lambda: not watched.link.connected, "it is lost")
            until(lambda: watched.link.connected, "it is back, in seconds")
        assert codes(caplog).count("link.taken_over") == 1, "it looks like a second hub"
        until(lambda: codes(caplog)[-1] == "link.back", "it is steady again")
        caplog.clear()
        broker.stop()
        broker.start()
        until(lambda: codes(caplog) == ["link.lost", "link.back"], "the next outage is told as any other")


def test_marks_of_an_earlier_hub_end_no_round(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "edge/sync/hub") as plug:
        with linked(mosquitto.port, client_id="hub"):
            pass
        until(lambda: bool(plug.heard), "the mark of the one")
        first = [payload for _, payload in plug.heard]
        with linked(mosquitto.port, client_id="hub"):
            pass
        until(lambda: len(plug.heard) > len(first), "the mark of the other")
        assert not set(first) & {payload for _, payload in plug.heard[len(first) :]}


def test_after_the_goodbye_an_older_broker_keeps_nothing(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "$SYS/broker/clients/total") as other:
        with linked(mosquitto.port, protocol="3.1.1", client_id="hub"):
            other.say(TOPIC, PLUG)
        other.say("plug", "late", retain=False)
        assert not has_session(mosquitto.port, "hub")


def test_the_session_of_a_hub_that_died_is_cleared_at_the_next_start(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as plug, line(mosquitto.port) as wire:
        plug.say(TOPIC, PLUG)
        with linked(wire.port, protocol="3.1.1", client_id="hub") as watched:
            plug.say("plug", "OFF", retain=False)
            watched.wait_for("switch.plug", "off")
            wire.cut()
        plug.say("plug", "ON", retain=False)
        late: list[bytes] = []
        link = Link(LinkSettings(port=mosquitto.port, protocol="3.1.1", client_id="hub"), clock_ms=lambda: 1)
        link.listen("plug", late.append)
        link.connect(5)
        link.wait_ready(5)
        link.close()
        assert late == []


def test_a_command_in_flight_is_not_sent_again(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "plug/set") as plug, line(mosquitto.port) as wire, linked(wire.port) as watched:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "OFF")
        watched.wait_for("switch.plug", "off")
        # What is given to the operating system and never arrives: the line is silent in both directions first.
        wire.cut()
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 2).commands
        assert outcome.result in (Result.UNREACHABLE, Result.SILENT)
        wire.mend()
        until(lambda: watched.link.connected, "the link is back")
        watched.link.wait_ready(20)
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_OFF)], 5).commands
        assert outcome.result is Result.CONFIRMED
        assert plug.arrived.wait(5)
        assert plug.heard == [("plug/set", "OFF")]


def test_it_ends_soon_while_the_broker_is_away_or_deaf(mosquitto: "Mosquitto") -> None:
    for fault in ("cut", "fall_silent"):
        with line(mosquitto.port) as wire, linked(wire.port) as watched:
            getattr(wire, fault)()
            until(lambda link=watched.link: not link.connected, "the line is cut")  # type: ignore[misc]
            ending = threading.Thread(target=watched.link.close)
            ending.start()
            ending.join(10)  # paho alone would wait for half a minute
            assert not ending.is_alive()


def test_a_connection_that_ended_leaves_nothing_open(mosquitto: "Mosquitto") -> None:
    with line(mosquitto.port) as wire, linked(wire.port) as watched:
        until(lambda: watched.link.connected, "the first connection")

        def ours() -> int:
            return len(list(Path("/proc/self/fd").iterdir())) - wire.open

        gc.collect()
        gc.disable()  # months may pass between two full collections
        try:
            before = ours()
            for _ in range(3):
                wire.cut()
                until(lambda: not watched.link.connected, "the line is cut")
                wire.mend()
                watched.link.wait_ready(20)
            until(lambda: ours() <= before, "as many open as before")
        finally:
            gc.enable()


def test_state_against_a_command(mosquitto: "Mosquitto") -> None:
    answers: list[Device] = []
    with (
        device(mosquitto.port) as by_hand,
        device(mosquitto.port, "plug/set", answer=lambda said: answers[0].tell("plug", said)) as plug,
        linked(mosquitto.port) as watched,
    ):
        answers.append(plug)
        by_hand.say(TOPIC, PLUG)
        by_hand.say("plug", "OFF")
        watched.wait_for("switch.plug", "off")
        on, off = Command("switch.plug", Verb.TURN_ON), Command("switch.plug", Verb.TURN_OFF)
        assert watched.link.execute([on], 5).commands[0].result is Result.CONFIRMED
        # The hub's own next command is no contradiction.
        assert watched.link.execute([off], 5).commands[0].result is Result.CONFIRMED
        assert watched.contradictions == []
        by_hand.say("plug", "ON")
        until(lambda: bool(watched.contradictions), "it is noticed")
        by_hand.say("plug", "OFF")
        by_hand.say("plug", "ON")
        watched.wait_for("switch.plug", "on")
        (found,) = watched.contradictions
        assert watched.link.contradictions == (found,), "and is kept for whoever learns from it"
        assert (found.entity_id, found.command, found.by) == ("switch.plug", off, "plug")


def test_many_commands_take_one_wait_and_keep_to_the_rate(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, *(f"p/{n}/set" for n in range(30))) as plugs:
        for n in range(30):
            plugs.say(f"homeassistant/switch/p{n}/config",
                      PLUG | {"name": f"P{n}", "state_topic": f"p/{n}", "command_topic": f"p/{n}/set"})  # fmt: skip
        with linked(mosquitto.port, rate=100.0, burst=10) as watched:
            began = time.monotonic()
            outcome = watched.link.execute([Command(f"switch.p{n}", Verb.TURN_ON) for n in range(30)], 1.0)
            took = time.monotonic() - began
        assert {command.result for command in outcome.commands} == {Result.SILENT}
        assert 1.2 <= took < 20, "20 of them wait for the rate, and all of them once for an answer"
        assert [topic for topic, _ in plugs.heard] == [f"p/{n}/set" for n in range(30)], "in order"


def test_a_broker_that_is_frozen_confirms_nothing_and_gets_no_more(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "plug/set") as plug, linked(mosquitto.port) as watched:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "ON")
        watched.wait_for("switch.plug", "on")
        mosquitto.freeze()
        # It was on when it was last heard of; nobody knows whether it is.
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 0.5).commands
        assert (outcome.result, outcome.code) == (Result.UNREACHABLE, "act.unacknowledged")
        until(lambda: not watched.link.connected, "the connection is given up, with what waits in it")
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_OFF)], 0.5).commands
        assert (outcome.result, outcome.sent_ms) == (Result.UNREACHABLE, None)
        mosquitto.thaw()
        watched.link.wait_ready(30)
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
        assert outcome.result is Result.CONFIRMED
        assert ("plug/set", "OFF") not in plug.heard
