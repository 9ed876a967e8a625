"""What the tests of the link share: devices, links that can be waited for, a line that can be cut, certificates."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.core.errors import UnreachableError
from edge.core.home import HomeState
from edge.home.broker import disconnect
from edge.home.dispatch import Contradiction
from edge.home.link import Link, LinkSettings
from edge.home.patience import Delays

PATIENCE_S = 30.0
TOPIC = "homeassistant/switch/plug/config"
PLUG = {"name": "Plug", "command_topic": "plug/set", "state_topic": "plug", "dev": {"ids": "1", "sa": "Kitchen"}}


def until(reached: Callable[[], bool], what: str) -> None:
    """Return when it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


class Device:
    """A client for the broker, which keeps what it is sent and may answer."""

    def __init__(self, port: int, *listen: str, answer: Callable[[str], None] | None = None) -> None:
        self.heard: list[tuple[str, str]] = []
        self.arrived = threading.Event()
        self._listening = threading.Event()
        self._answer = answer
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._listening.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if listen:
            self._client.subscribe([(topic, 1) for topic in listen])
            assert self._listening.wait(5)

    def _on_message(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        payload = message.payload.decode()
        self.heard.append((message.topic, payload))
        self.arrived.set()
        if self._answer:
            self._answer(payload)

    def say(self, topic: str, payload: object, *, retain: bool = True) -> None:
        raw = payload if isinstance(payload, bytes | str) else json.dumps(payload, ensure_ascii=False)
        self._client.publish(topic, raw, qos=1, retain=retain).wait_for_publish(5)

    def tell(self, topic: str, payload: str, *, retain: bool = True) -> None:
        """As `say`, for a device that answers: whoever is called back by paho cannot wait for paho."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def close(self) -> None:
        disconnect(self._client)


@contextmanager
def device(port: int, *listen: str, answer: Callable[[str], None] | None = None) -> Iterator[Device]:
    found = Device(port, *listen, answer=answer)
    try:
        yield found
    finally:
        found.close()


class Watched:
    """A link whose changes can be waited for."""

    def __init__(self, settings: LinkSettings, delays: Delays | None = None) -> None:
        self._changed = threading.Condition()
        self.changes = self.structures = 0
        self.contradictions: list[Contradiction] = []
        self.link = Link(
            settings,
            clock_ms=lambda: 1,
            on_change=self._on_change,
            on_structure=self._on_structure,
            on_contradiction=self.contradictions.append,
            jitter=lambda: 0.0,
            delays=delays,
        )

    def _on_change(self) -> None:
        with self._changed:
            self.changes += 1
            self._changed.notify_all()

    def _on_structure(self) -> None:
        self.structures += 1

    def wait_for(self, entity_id: str, state: str | None) -> None:
        def reached(home: HomeState) -> bool:
            entity = home.entities.get(entity_id)
            return entity is not None and entity.state == state

        self.wait_until(reached)

    def wait_until(self, reached: Callable[[HomeState], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: reached(self.link.snapshot()), PATIENCE_S)


@contextmanager
def linked(port: int, *, delays: Delays | None = None, **settings: object) -> Iterator[Watched]:
    watched = Watched(LinkSettings(port=port, **settings), delays)  # type: ignore[arg-type]
    watched.link.connect(5)
    watched.link.wait_ready(5)
    try:
        yield watched
    finally:
        watched.link.close()


def has_session(port: int, client_id: str) -> bool:
    """Whether the broker keeps something for a client of MQTT 3.1.1 that is gone."""
    found: list[bool] = []
    answered = threading.Event()

    def on_connect(_: mqtt.Client, __: object, flags: mqtt.ConnectFlags, *___: object) -> None:
        found.append(flags.session_present)
        answered.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
    client.on_connect = on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert answered.wait(5)
    disconnect(client)
    return found[0]


def check_refusal(settings: LinkSettings, code: str, advice: str, timeout_s: float = 5) -> UnreachableError:
    link = Link(settings, clock_ms=lambda: 1)
    with pytest.raises(UnreachableError, match=advice) as caught:
        link.connect(timeout_s)
    assert caught.value.code == code
    assert not link.connected
    return caught.value


class Line:
    """A TCP line to a broker that can be cut, or left open with nobody at the other end."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.whole, self.deaf = True, False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.accepted = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> None:
        """End every connection, and take no other."""
        self.whole = False
        self._end_all()

    def mend(self) -> None:
        self.whole = True

    def fall_silent(self) -> None:
        """End every connection; take others, and never answer."""
        self.deaf = True
        self._end_all()

    @property
    def open(self) -> int:
        """How many descriptors are this line's own."""
        with self._lock:
            return sum(one.fileno() >= 0 for one in self._sockets)

    def _end_all(self) -> None:
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.accepted += 1
            with self._lock:
                self._sockets.append(near)
            if not self.whole:
                near.close()
            elif not self.deaf:
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                with self._lock:
                    self._sockets.append(far)
                for one, other in ((near, far), (far, near)):
                    thread = threading.Thread(target=self._pump, args=(one, other), daemon=True)
                    thread.start()
                    self._threads.append(thread)

    @staticmethod
    def _pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._end_all()
        for thread in self._threads:
            thread.join(5)
        for one in self._sockets:
            one.close()


@contextmanager
def line(port: int) -> Iterator[Line]:
    found = Line(port)
    try:
        yield found
    finally:
        found.close()


def openssl(*arguments: str) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def certificate(
    folder: Path, name: str, *, days: int = 2, authority: tuple[Path, Path] | None = None
) -> tuple[Path, Path]:
    """A certificate for the loopback interface and its key, signed by itself or by an authority."""
    key, request, made = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    more = folder / f"{name}.ext"
    more.write_text("subjectAltName=IP:127.0.0.1\n" + ("" if authority else "basicConstraints=critical,CA:TRUE\n"))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", str(key), "-out", str(request))  # fmt: skip
    signer = ("-signkey", str(key))
    if authority is not None:
        signer = ("-CA", str(authority[0]), "-CAkey", str(authority[1]), "-CAcreateserial")  # type: ignore[assignment]
    openssl("x509", "-req", "-in", str(request), "-days", str(days), "-extfile", str(more), *signer, "-out", str(made))
    key.chmod(0o644)
    return made, key
