"""The order of subscriptions and marks, with a client that lets the other thread in between."""

from itertools import count
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.home.broker import LinkSettings
from edge.home.rounds import Rounds


class Client(mqtt.Client):
    """Notes what is sent; while it subscribes, the thread that sends marks again has its turn."""

    def __init__(self) -> None:
        super().__init__(CallbackAPIVersion.VERSION2)
        numbers = count()
        self.rounds = Rounds(LinkSettings(), "sync", token=lambda: str(next(numbers)))
        self.sent: list[str] = []
        self._packets = count(1)

    def subscribe(self, topic: Any, *_: Any, **__: Any) -> Any:
        self.rounds.remind(self)
        packet = next(self._packets)
        self.sent.append(f"subscribe {packet}")
        return mqtt.MQTT_ERR_SUCCESS, packet

    def publish(self, topic: str, payload: Any = None, *_: Any, **__: Any) -> Any:
        self.sent.append(f"{topic} {payload}")

    def unsubscribe(self, *_: Any, **__: Any) -> Any:
        self.sent.append("unsubscribe")


def test_no_mark_is_sent_before_all_is_asked_for() -> None:
    client = Client()
    rounds = client.rounds
    rounds.begin(client)
    rounds.remind(client)
    assert client.sent == ["subscribe 1"], "nor before the broker has it"
    assert rounds.acknowledged(client, 1, [False, False, True]) == ("homeassistant/+/+/config",)
    assert client.sent[1:] == ["sync discovery-0"]
    client.sent.clear()

    rounds.subscribe(client, [f"t{n}" for n in range(150)])
    assert not rounds.step(client)
    subscribed = [sent for sent in client.sent if sent.startswith("subscribe")]
    assert subscribed == ["subscribe 2", "subscribe 3"]
    assert not any("states" in sent for sent in client.sent)
    rounds.acknowledged(client, 2, [])
    rounds.remind(client)
    assert not any("states" in sent for sent in client.sent)
    rounds.acknowledged(client, 3, [])
    assert client.sent[-1].startswith("sync states-")

    rounds.begin(client)
    assert client.sent[-1] == "subscribe 4", "no mark of the connection before"
