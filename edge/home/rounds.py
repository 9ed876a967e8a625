"""Knows when everything that the broker retains has come.

The broker delivers a subscription's retained messages before it delivers what is published after the subscription was
acknowledged. So the link publishes a mark to itself: when it comes back all discovery messages have come, and after the
topics that they name were subscribed to, more marks tell the same of the states.

A second mark, which the broker is to keep, tells whether its memory can be trusted. It is renewed whenever the house
has changed. A broker that still has the latest one over an outage has every discovery message too, so a device that it
does not send was taken back meanwhile, provided that the broker had kept it: MQTT 5 tells that of every message,
MQTT 3.1.1 only of those that came on connecting. One that was restarted with an empty or an old memory has not, and
then no device is dropped: bridges need a while to announce a whole house again.

Marks hold chance: what an earlier process or connection said under the same client id, and a broker kept or queued,
must not be taken for what this one said.
"""

from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.home import discovery
from edge.home.broker import LinkSettings

_TOPICS_A_PACKET = 100
"""Brokers limit the size of a SUBSCRIBE packet."""
_TOPICS_AT_ONCE = 400
"""With quality of service 1 a broker keeps what is not acknowledged yet, Mosquitto a thousand messages; what it retains
on more topics than that would not fit."""


class Rounds:
    """The order in which a link subscribes.

    sync_topic: where the marks are published; nobody else writes there. The mark to keep is below it.
    token: text that never comes twice, whatever process asks.
    """

    def __init__(self, settings: LinkSettings, sync_topic: str, *, token: Callable[[], str]) -> None:
        self._token = token
        self._prefix = settings.prefix
        self._sync_topic = sync_topic
        self.kept_topic = f"{sync_topic}/kept"
        self._lasting = settings.announce
        # What a session keeps over a short outage is what was subscribed to with 1. Discovery is retained and comes
        # again anyhow; a command beside the hub keeps nothing.
        self._qos = 1 if settings.announce else 0
        self._mark = ""
        self._pending: set[int] = set()
        """Subscriptions that the mark waits for."""
        self._asked: dict[int, list[str]] = {}
        """All that are not answered: packet -> topics."""
        self._waiting: list[str] = []
        """State topics still to be subscribed to."""
        self._discovering = False
        self._kept = ""
        self.remembers = False
        """Whether the broker still has what it was to keep when the house changed last."""

    @property
    def on(self) -> bool:
        """Whether a round is on: new topics wait for its end."""
        return bool(self._mark)

    def begin(self, client: mqtt.Client) -> None:
        """Ask for discovery, on a new connection."""
        self._mark = ""
        self._pending.clear()
        self._asked.clear()
        self._waiting.clear()
        self._discovering, self.remembers = True, False
        # "Retain As Published" (MQTT 5, section 3.8.3.1) tells of what is announced live, too, whether it is kept.
        is_new = client.protocol == MQTTProtocolVersion.MQTTv5
        how = SubscribeOptions(qos=0, retainAsPublished=True) if is_new else 0
        filters = [(topic, how) for topic in discovery.filters(self._prefix)]
        kept = [(self.kept_topic, 0)] if self._lasting else []
        self._ask(client, [(self._sync_topic, 1), *kept, *filters])
        self._next_mark("discovery")

    def listen(self, client: mqtt.Client, topics: Sequence[str]) -> None:
        """Listen to topics that are no device's, on a new connection."""
        # With 1 the broker would keep what is said there over an outage. No mark waits for it: in a flood of retained
        # messages Mosquitto drops the answer to a second subscription.
        self._ask(client, [(topic, 0) for topic in topics], waits=False)

    def subscribe(self, client: mqtt.Client, topics: Sequence[str]) -> None:
        """Listen to state topics: now, or when the round has come to them."""
        if self._mark:
            self._waiting.extend(topics)
        else:
            self._ask(client, [(topic, self._qos) for topic in topics])

    def forget(self, topics: frozenset[str]) -> None:
        """These topics are of no use any more."""
        if self._waiting:
            self._waiting = [topic for topic in self._waiting if topic not in topics]

    def acknowledged(self, client: mqtt.Client, packet: int, denied: Sequence[bool]) -> tuple[str, ...]:
        """The broker has answered a subscription; the topics that it will not send.

        denied: for each topic of the subscription, whether the broker said no.
        """
        topics = self._asked.pop(packet, [])
        self._pending.discard(packet)
        if self._mark and not self._pending:
            client.publish(self._sync_topic, self._mark, qos=1)
        return tuple(topic for topic, no in zip(topics, denied, strict=False) if no)

    def remind(self, client: mqtt.Client) -> None:
        """Send a mark again that does not come: brokers drop what is too much at once, a mark as any other message.

        The one thing here that runs on another thread.
        """
        if (mark := self._mark) and not self._pending:
            client.publish(self._sync_topic, mark, qos=1)

    def kept(self, mark: str) -> None:
        """What the broker has kept has come."""
        self.remembers = bool(self._kept) and mark == self._kept

    def marked(self, mark: str) -> bool:
        """A mark has come; whether it ends the step that is on."""
        return bool(mark) and mark == self._mark

    def step(self, client: mqtt.Client) -> bool:
        """Go on after a mark; whether all is done."""
        if self._discovering:
            self._discovering = False
            if self._lasting:
                # It is asked for once a connection: who says goodbye would still be sent what it takes back.
                client.unsubscribe(self.kept_topic)
                self.keep(client)
        if not self._waiting:
            self._mark = ""
            return True
        topics = list(dict.fromkeys(self._waiting))
        self._waiting = topics[_TOPICS_AT_ONCE:]
        self._ask(client, [(topic, self._qos) for topic in topics[:_TOPICS_AT_ONCE]])
        self._next_mark("states")
        return False

    @property
    def discovering(self) -> bool:
        """Whether discovery messages are still being waited for."""
        return self._discovering

    def keep(self, client: mqtt.Client) -> None:
        """Have the broker keep a new mark: the house has changed."""
        if self._lasting:
            self._kept = f"kept-{self._token()}"
            client.publish(self.kept_topic, self._kept, qos=1, retain=True)

    def farewell(self, client: mqtt.Client) -> None:
        """Leave nothing at the broker."""
        if self._kept:
            client.publish(self.kept_topic, "", qos=1, retain=True)
            self._kept = ""

    def _next_mark(self, name: str) -> None:
        """To be called once all is asked for: from then on `remind`, on its own thread, may send the mark."""
        self._mark = f"{name}-{self._token()}"

    def _ask(self, client: mqtt.Client, topics: list[tuple[str, Any]], *, waits: bool = True) -> None:
        """topics: each with a quality of service or, with MQTT 5, its options."""
        for start in range(0, len(topics), _TOPICS_A_PACKET):
            _, packet = client.subscribe(topics[start : start + _TOPICS_A_PACKET])
            if packet is not None:
                self._asked[packet] = [topic for topic, _ in topics[start : start + _TOPICS_A_PACKET]]
                if waits:
                    self._pending.add(packet)
