"""A real Mosquitto on the loopback interface, that can be taken away and given back; and a listener."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.home import broker as brokers
from tools.bench import common

_PATIENCE_S = 20.0


class Mosquitto:
    """One broker, which keeps its port when it is started again."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:" + os.environ.get("PATH", ""))
        if program is None:
            common.fail("mosquitto is not installed: apt-get install mosquitto")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        folder.chmod(0o755)  # started as root it gives its rights away
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        self._command = [program, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it takes connections when this returns."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + _PATIENCE_S
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            if self._process.poll() is not None or time.monotonic() > until:
                common.fail("mosquitto does not start")
            time.sleep(0.02)

    def start_again(self) -> None:
        """Start it, unless it runs."""
        if self._process is None:
            self.start()

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(_PATIENCE_S)
            self._process = None


@contextmanager
def mosquitto() -> Iterator[Mosquitto]:
    """A broker that runs, with nothing of this machine's configuration."""
    with tempfile.TemporaryDirectory(prefix="edge-broker-") as folder:
        broker = Mosquitto(Path(folder))
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()


@dataclass(frozen=True)
class Said:
    """One message that reached the broker."""

    topic: str
    payload: str


class Watcher:
    """A subscriber beside the hub: what it has not seen has not happened. What the broker had kept is not counted."""

    def __init__(self, port: int, *topics: str) -> None:
        self._topics = topics
        self._said: list[Said] = []
        self._news = threading.Condition()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in topics])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._heard
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._subscribed.wait(_PATIENCE_S):
            common.fail("mosquitto does not answer")

    def _heard(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        if not message.retain:
            with self._news:
                self._said.append(Said(message.topic, message.payload.decode(errors="replace")))
                self._news.notify_all()

    @property
    def mark(self) -> int:
        """How much was said so far."""
        with self._news:
            return len(self._said)

    def since(self, mark: int) -> list[Said]:
        """What was said after that."""
        with self._news:
            return self._said[mark:]

    def wait(self, mark: int, found: Callable[[Said], bool], timeout_s: float) -> Said | None:
        """The first message after the mark that is looked for; None where none comes in time."""

        def first() -> Said | None:
            return next((one for one in self._said[mark:] if found(one)), None)

        with self._news:
            return self._news.wait_for(first, timeout_s)

    def close(self) -> None:
        """Listen no more."""
        brokers.disconnect(self._client)
