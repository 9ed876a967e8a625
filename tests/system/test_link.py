"""The link against a real Mosquitto: faults of brokers and devices, and what it says of them."""

import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.core.errors import InputError, UnreachableError
from edge.core.turn import Command, Result, Verb
from edge.home.link import Link, LinkSettings
from tests.system.house import PLUG, TOPIC, Device, certificate, check_refusal, device, linked

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


def test_from_discovery_to_confirmation(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "OFF")
    answers: list[Device] = []
    with device(mosquitto.port, "plug/set", answer=lambda said: answers[0].say("plug", said)) as plug:
        answers.append(Device(mosquitto.port))
        with linked(mosquitto.port) as watched:
            home = watched.link.snapshot()
            assert home.entities["switch.plug"].state == "off"
            assert [area.name for area in home.areas] == ["Kitchen"]
            (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
            assert (outcome.result, outcome.sent_ms, outcome.confirmed_ms) == (Result.CONFIRMED, 1, 1)
            assert plug.heard == [("plug/set", "ON")]
        answers[0].close()


def test_a_silent_device(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "plug/set") as plug, linked(mosquitto.port) as watched:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "OFF")
        watched.wait_for("switch.plug", "off")
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 0.3).commands
        assert (outcome.result, outcome.code) == (Result.SILENT, "act.silent")
        # It is off already, and that is what is wanted.
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_OFF)], 5).commands
        assert outcome.result is Result.CONFIRMED
        assert plug.arrived.wait(5)


def test_many_devices_at_once(mosquitto: "Mosquitto") -> None:
    # More than a broker's queue of unacknowledged messages (20) and than one SUBSCRIBE takes (100).
    count = 350
    with device(mosquitto.port) as many:
        for n in range(count):
            many.say(
                f"homeassistant/switch/p{n}/config", PLUG | {"name": f"P{n}", "stat_t": f"p/{n}", "cmd_t": f"p/{n}/set"}
            )
            many.say(f"p/{n}", "ON" if n % 2 else "OFF")
    with linked(mosquitto.port) as watched:
        entities = watched.link.snapshot().entities
        assert [entities[f"switch.p{n}"].state for n in range(count)] == ["off", "on"] * (count // 2)
        outcome = watched.link.execute([Command(f"switch.p{n}", Verb.TURN_ON) for n in range(1, count, 2)], 5)
        assert {command.result for command in outcome.commands} == {Result.CONFIRMED}


def test_news_after_the_start(mosquitto: "Mosquitto") -> None:
    with linked(mosquitto.port) as watched, device(mosquitto.port) as plug:
        plug.say("plug", "ON")
        plug.say(TOPIC, PLUG)
        watched.wait_for("switch.plug", "on")
        plug.say("plug", "OFF")
        watched.wait_for("switch.plug", "off")
        plug.say(TOPIC, "")
        plug.say("homeassistant/switch/other/config", PLUG | {"name": "Other", "state_topic": "other"})
        plug.say("other", "ON")
        watched.wait_for("switch.other", "on")
        assert set(watched.link.snapshot().entities) == {"switch.other"}


def test_the_broker_is_killed_and_comes_back(mosquitto: "Mosquitto", caplog: pytest.LogCaptureFixture) -> None:
    lost, back = threading.Event(), threading.Event()
    with linked(mosquitto.port) as watched:
        link = watched.link
        with device(mosquitto.port) as plug:
            plug.say(TOPIC, PLUG)
            plug.say("plug", "OFF")
            watched.wait_for("switch.plug", "off")
        mosquitto.kill()
        while link.connected:
            lost.wait(0.01)
        for _ in range(3):
            (outcome,) = link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
            assert (outcome.result, outcome.code, outcome.sent_ms) == (Result.UNREACHABLE, "act.unreachable", None)
        assert not link.publish("reply", "nobody hears this")
        assert link.snapshot().entities["switch.plug"].state == "off"
        with pytest.raises(UnreachableError) as caught:
            link.wait_ready(0.1)
        assert caught.value.code == "link.not_ready"

        mosquitto.start()
        with device(mosquitto.port, "plug/set", "edge/#") as plug:
            plug.say("plug", "ON")
            watched.wait_for("switch.plug", "on")  # it listens again to what it knew, though the broker forgot it
            link.wait_ready(10)
            (outcome,) = link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
            assert outcome.result is Result.CONFIRMED
            assert link.publish("last", "word")
            while ("edge/last", "word") not in plug.heard:
                back.wait(0.01)
            # The one command after the outage, and none of those during it.
            assert [said for said in plug.heard if said[0] == "plug/set"] == [("plug/set", "ON")]
            assert "nobody hears this" not in {payload for _, payload in plug.heard}
    ours = [record for record in caplog.records if record.name == "edge.home.link"]
    assert [record.getMessage().split(":")[0] for record in ours] == ["link.lost", "link.back"]


def test_the_broker_dies_while_a_command_waits(mosquitto: "Mosquitto") -> None:
    with linked(mosquitto.port) as watched:
        with device(mosquitto.port, "plug/set", answer=lambda _: mosquitto.kill()) as plug:
            plug.say(TOPIC, PLUG)
            plug.say("plug", "OFF")
            watched.wait_for("switch.plug", "off")
            (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 1).commands
            assert outcome.result in (Result.SILENT, Result.UNREACHABLE)
        mosquitto.start()
        with device(mosquitto.port, "plug/set", "edge/last") as plug:
            watched.link.wait_ready(10)
            assert watched.link.publish("last", "word")
            assert plug.arrived.wait(5)
            assert plug.heard == [("edge/last", "word")]  # the command was not sent once more


def test_status_for_others(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "hub/+/status", "hub/status") as other:
        with linked(mosquitto.port, base_topic="hub", client_id="first"):
            assert other.arrived.wait(5)
            other.arrived.clear()
        assert other.arrived.wait(5)
        assert other.heard == [("hub/first/status", "online"), ("hub/first/status", "offline")]


def test_two_hubs_do_not_speak_for_each_other(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port, "edge/+/status") as other:
        with linked(mosquitto.port, client_id="first"), linked(mosquitto.port, client_id="second"):
            pass
        while len(other.heard) < 4:
            assert other.arrived.wait(5)
            other.arrived.clear()
    for hub in ("first", "second"):
        assert [said for topic, said in other.heard if topic == f"edge/{hub}/status"] == ["online", "offline"]


def test_what_is_listened_to_reaches_devices_too(mosquitto: "Mosquitto") -> None:
    heard: list[bytes] = []
    with device(mosquitto.port) as plug, linked(mosquitto.port) as watched:
        watched.link.listen("house/status", heard.append)
        plug.say(TOPIC, PLUG | {"avty_t": "house/status"})
        plug.say("plug", "ON")
        watched.wait_for("switch.plug", "on")
        for said, available in (("offline", False), ("online", True)):
            plug.say("house/status", said)
            plug.say("plug", "OFF" if available else "ON")
            watched.wait_until(lambda home, wanted=available: home.entities["switch.plug"].available is wanted)
        plug.say(TOPIC, "")  # nothing of the house is on that topic any more, and it is still listened to
        plug.say("house/status", "last")
        watched.wait_until(lambda home: not home.entities and heard[-1] == b"last")
    assert list(dict.fromkeys(heard)) == [b"offline", b"online", b"last"]  # what is kept may come twice


def test_a_command_that_is_retained_is_not_obeyed_at_every_start(mosquitto: "Mosquitto") -> None:
    told: list[bytes] = []
    end = threading.Event()
    with device(mosquitto.port) as other:
        other.say("hub/set", "OFF")
        link = Link(LinkSettings(port=mosquitto.port), clock_ms=lambda: 1)
        link.listen("hub/set", told.append, retained=False)
        link.listen("end", lambda _: end.set())
        link.connect(5)
        link.wait_ready(5)
        other.say("hub/set", "ON")  # also one that is to be kept, as long as it is new
        other.say("end", "")
        assert end.wait(5)
        link.close()
    assert told == [b"ON"]


@pytest.mark.parametrize(
    ("payload", "code", "why"),
    [
        (b"x" * 1_000_000, "discovery.too_big", "a discovery message has at most 65536 bytes"),
        (b"\xff\xfe\x00", "discovery.not_json", "this discovery message is not JSON"),
        (b"ON", "discovery.not_json", "this discovery message is not JSON"),
        (b"[" * 50_000, "discovery.not_json", "this discovery message is not JSON"),
        (b'{"command_topic": []}', "discovery.wrong_type", "`command_topic` must be a topic without wildcards"),
    ],
    ids=["1 MB", "no text", "no JSON", "too deep", "wrong type"],
)
def test_malformed_discovery(
    mosquitto: "Mosquitto", caplog: pytest.LogCaptureFixture, payload: bytes, code: str, why: str
) -> None:
    with device(mosquitto.port) as plug:
        plug.say("homeassistant/switch/bad/config", payload)
        plug.say("homeassistant/update/firmware/config", "{}")
        plug.say(TOPIC, PLUG | {"name": "Anna’s, “Plug” 🔌"})
        plug.say("plug", "ON")
        with linked(mosquitto.port) as watched:
            plug.say("homeassistant/switch/bad/config", payload)
            plug.say("plug", b"\xff" * 100)
            plug.say("plug", b"x" * 1_000_000)
            plug.say("plug", "OFF")
            watched.wait_for("switch.anna_s_plug", "off")
            assert watched.link.snapshot().entities["switch.anna_s_plug"].name == "Anna’s, “Plug” 🔌"
    messages = [record.getMessage() for record in caplog.records]
    assert messages == [
        f"{code}: ignored the message on 'homeassistant/switch/bad/config': {why}",
        "state.too_big: ignored the message on 'plug': a message of a device has at most 65536 bytes",
    ]


def test_a_defect_does_not_end_the_link(mosquitto: "Mosquitto", caplog: pytest.LogCaptureFixture) -> None:
    def defect() -> None:
        raise RuntimeError("what a payload may hold")

    with device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "ON")
        link = Link(LinkSettings(port=mosquitto.port), clock_ms=lambda: 1, on_change=defect)
        link.connect(5)
        link.wait_ready(5)
        assert link.snapshot().entities["switch.plug"].state == "on"
        link.close()
    assert "link.unexpected: RuntimeError on topic 'plug'" in caplog.text
    assert "what a payload may hold" not in caplog.text


def test_no_broker() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    check_refusal(LinkSettings(port=port), "link.no_broker", "start it, or correct mqtt.host and mqtt.port")


def test_no_such_host() -> None:
    check_refusal(LinkSettings(host="no-such-host.invalid"), "link.unknown_host", "correct mqtt.host")


def test_something_else_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings = LinkSettings(port=server.getsockname()[1])
        check_refusal(settings, "link.no_answer", "does not answer in MQTT", timeout_s=0.3)


def test_wrong_password(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "edge", "right"], check=True)
    passwords.chmod(0o644)
    broker = make_mosquitto("allow_anonymous false", f"password_file {passwords}")
    wrong = LinkSettings(port=broker.port, username="edge", password="wr0ng")
    error = check_refusal(wrong, "link.refused", "correct mqtt.username and the password")
    assert "wr0ng" not in str(error) + repr(wrong)
    check_refusal(LinkSettings(port=broker.port), "link.refused", "correct mqtt.username and the password")
    with linked(broker.port, username="edge", password="right") as watched:
        assert watched.link.connected


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Link(LinkSettings(tls=True, ca_file=tmp_path / "none.pem"), clock_ms=lambda: 1).connect(1)
    assert caught.value.code == "link.ca_file"


def test_no_secure_connection_to_a_broker_without_tls(mosquitto: "Mosquitto") -> None:
    check_refusal(LinkSettings(port=mosquitto.port, tls=True), "link.tls", "check mqtt.tls")


def test_a_secure_connection(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    made, key = certificate(tmp_path, "hub")
    broker = make_mosquitto("allow_anonymous true", f"certfile {made}", f"keyfile {key}")
    link = Link(LinkSettings(port=broker.port, tls=True, ca_file=made), clock_ms=lambda: 1)
    link.connect(5)
    link.wait_ready(5)
    link.close()
    check_refusal(LinkSettings(port=broker.port, tls=True), "link.tls", "mqtt.ca_file")  # nobody vouches for it
    check_refusal(LinkSettings(port=broker.port), "link.no_answer", "correct mqtt.port or mqtt.tls", timeout_s=0.3)


def test_a_user_who_may_not_read(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read homeassistant/#\n")
    rules.chmod(0o644)
    broker = make_mosquitto("allow_anonymous true", f"acl_file {rules}")
    link = Link(LinkSettings(port=broker.port), clock_ms=lambda: 1)
    link.connect(5)
    with pytest.raises(UnreachableError, match="check that this user may read homeassistant/#") as caught:
        link.wait_ready(0.3)
    assert caught.value.code == "link.not_ready"
    link.close()


def test_a_link_can_be_used_again(mosquitto: "Mosquitto") -> None:
    link = Link(LinkSettings(port=mosquitto.port), clock_ms=lambda: 1)
    (outcome,) = link.execute([Command("switch.plug", Verb.TURN_ON)], 1).commands
    assert outcome.code == "act.unknown_entity"
    assert not link.publish("a", "b")
    link.close()
    for _ in range(2):
        link.connect(5)
        link.wait_ready(5)
        assert link.connected
    link.close()
    assert not link.connected
