"""Certificates, versions of MQTT, and brokers that know only one of them, with real brokers."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.core.errors import InputError
from edge.core.turn import Command, Result, Verb
from edge.home.link import Link, LinkSettings
from tests.system.house import PLUG, TOPIC, certificate, check_refusal, device, linked, until

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


def test_an_expired_certificate(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    made, key = certificate(tmp_path, "old", days=-1)
    broker = make_mosquitto("allow_anonymous true", f"certfile {made}", f"keyfile {key}")
    check_refusal(LinkSettings(port=broker.port, tls=True, ca_file=made), "link.tls", "has expired: renew it")


def test_a_certificate_of_another_machine(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    made, key = certificate(tmp_path, "hub")
    broker = make_mosquitto("allow_anonymous true", f"certfile {made}", f"keyfile {key}")
    settings = LinkSettings(host="localhost", port=broker.port, tls=True, ca_file=made)
    check_refusal(settings, "link.tls", "is another machine's: correct mqtt.host")


def test_client_certificates(make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority")
    server, server_key = certificate(tmp_path, "server", authority=authority)
    own, own_key = certificate(tmp_path, "own", authority=authority)
    old, old_key = certificate(tmp_path, "old", days=-1, authority=authority)
    broker = make_mosquitto(
        "allow_anonymous true",
        f"cafile {authority[0]}",
        f"certfile {server}",
        f"keyfile {server_key}",
        "require_certificate true",
    )
    secure = {"port": broker.port, "tls": True, "ca_file": authority[0]}
    with linked(**secure, cert_file=own, key_file=own_key) as watched:
        assert watched.link.connected
    both = tmp_path / "both.pem"
    both.write_text(own.read_text() + own_key.read_text())
    with linked(**secure, cert_file=both) as watched:
        assert watched.link.connected
    check_refusal(LinkSettings(**secure), "link.tls", "does it ask for a client certificate")
    check_refusal(LinkSettings(**secure, cert_file=old, key_file=old_key), "link.tls", "has that certificate expired")
    with pytest.raises(InputError, match="the key must belong to it") as caught:
        Link(LinkSettings(**secure, cert_file=own, key_file=old_key), clock_ms=lambda: 1).connect(5)
    assert caught.value.code == "link.cert_file"


@pytest.mark.parametrize("protocol", ["auto", "5", "3.1.1"])
def test_versions(mosquitto: "Mosquitto", protocol: str) -> None:
    with device(mosquitto.port) as plug, linked(mosquitto.port, protocol=protocol) as watched:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "ON")
        watched.wait_for("switch.plug", "on")
        (outcome,) = watched.link.execute([Command("switch.plug", Verb.TURN_ON)], 5).commands
        assert outcome.result is Result.CONFIRMED


@contextmanager
def gate(port: int, refuse: bytes) -> Iterator[int]:
    """A door in front of a broker that turns MQTT 5 away with these bytes, as brokers do that know only 3.1.1."""
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # a broker that is killed resets the connection
            while data := one.recv(65_536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def serve(near: socket.socket) -> None:
        with near:
            hello = near.recv(65_536)
            at = hello.index(b"MQTT") + 4
            if hello[at] != 4:
                near.sendall(refuse)
                return
            with socket.create_connection(("127.0.0.1", port)) as far:
                far.sendall(hello)
                back = threading.Thread(target=pump, args=(far, near))
                back.start()
                pump(near, far)
                back.join()

    def accept() -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(near,)))
            threads[-1].start()

    threads.append(threading.Thread(target=accept))
    threads[0].start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for thread in threads:
            thread.join(10)


@pytest.mark.parametrize("refuse", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00", b""], ids=["3.1.1", "5", "hangs up"])
def test_a_broker_that_knows_only_the_older_version(mosquitto: "Mosquitto", refuse: bytes) -> None:
    with device(mosquitto.port) as plug, gate(mosquitto.port, refuse) as port:
        plug.say(TOPIC, PLUG)
        with linked(port) as watched:
            plug.say("plug", "ON")
            watched.wait_for("switch.plug", "on")
            # Also after an outage.
            mosquitto.kill()
            until(lambda: not watched.link.connected, "it is noticed")
            mosquitto.start()
            watched.link.wait_ready(20)
            assert watched.link.connected
        if refuse:
            check_refusal(LinkSettings(port=port, protocol="5"), "link.refused", "set mqtt.protocol to auto")
        else:
            check_refusal(LinkSettings(port=port, protocol="5"), "link.no_answer", "correct mqtt.port")
