"""The running hub and somebody who watches all that is said, for tests of the hub as a device."""

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

from edge.home.broker import disconnect
from edge.home.own_device import OwnDevice
from tools.bench.demo import RECORDINGS

if TYPE_CHECKING:
    pass

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
            self.heard.append((message.topic, message.payload.decode(errors="replace")))
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
        disconnect(self._client)


def named(port: int, *settings: str) -> list[str]:
    ours = (f"mqtt.port={port}", "mqtt.host=127.0.0.1", "home.area=Living Room", "asr.engine=pocketsphinx")
    return [part for setting in (*ours, *settings) for part in ("--set", setting)]


class Running:
    """`edge run` on raw sound. settings: with `--` before them they are options of the command."""

    def __init__(self, port: int, home: Path, *settings: str) -> None:
        options = [setting for setting in settings if setting.startswith("--")]
        others = [setting for setting in settings if setting not in options]
        ours = named(port, "mqtt.client_id=hub:1", *others)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--stdin", "--json", *options, *ours],
            env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        told: list[bytes] = []
        while b"listening" not in b"".join(told[-1:]):  # a timer that is due may ring before, and find no sound card
            told.append(self.process.stderr.readline())
            if not told[-1]:
                self.process.kill()
                pytest.fail(f"{told!r} {self.process.communicate()}")
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
