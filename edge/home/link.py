"""The one MQTT client: keeps the mirror up to date, sends commands, and waits for devices to show that they obeyed.

What the broker sends arrives on paho's network thread. Nothing here calls into paho while it holds the link's own
lock, because paho calls back with locks of its own held.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import UnreachableError
from edge.core.home import HomeState
from edge.core.turn import Command, CommandOutcome, Outcome, Result
from edge.home import broker, discovery, zigbee
from edge.home.broker import LinkSettings
from edge.home.commands import compose
from edge.home.facts import Fact
from edge.home.instruction import Instruction, Unsayable
from edge.home.mirror import Mirror

_LOG = logging.getLogger(__name__)

_TOPICS_A_PACKET = 100
"""Brokers limit the size of a SUBSCRIBE packet."""
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 30.0
_STABLE_S = 30.0
"""A connection that lived this long ends well: the next one is tried at once."""

__all__ = ["Link", "LinkSettings"]


@dataclass(slots=True)
class _Watch:
    """One command that waits for its device."""

    instruction: Instruction
    entity_id: str
    sent_ms: int
    reports: int
    """How often the device had reported before the command was sent."""
    unacknowledged: set[int] = field(default_factory=set)
    confirmed_ms: int | None = None
    """When it showed that it obeyed."""
    lost: bool = False
    """The connection ended before the broker had taken the command."""

    @property
    def settled(self) -> bool:
        if self.lost or not self.instruction.goals:
            return self.lost or not self.unacknowledged
        return self.confirmed_ms is not None


class Link:
    """The house over MQTT. Safe to use from several threads.

    clock_ms: milliseconds since the Unix epoch.
    on_change: told, on the network thread, after something in the house changed; it must return at once.
    on_up: told, on the network thread, whenever the connection has been made or made again; it may publish.
    jitter: 0 to 1; spreads the attempts of many hubs to reconnect.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        clock_ms: Callable[[], int],
        on_change: Callable[[], None] | None = None,
        on_up: Callable[[], None] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self._clock_ms = clock_ms
        self._on_change = on_change
        self._on_up = on_up
        self._jitter = jitter
        self._mirror = Mirror(clock_ms=clock_ms, prefix=settings.prefix, household=settings.household)
        self._sync_topic = f"{settings.base_topic}/sync/{settings.client_id}"
        self._client: mqtt.Client | None = None
        self._executing = threading.Lock()
        self._changed = threading.Condition()
        # Guarded by _changed:
        self._connected = False
        self._ready = False
        self._refusal: ReasonCode | None = None
        self._watches: list[_Watch] = []
        self._acknowledged: set[int] = set()
        self._handlers: dict[str, Callable[[bytes], None]] = {
            zigbee.groups_topic(settings.zigbee2mqtt): self._on_groups
        }
        # Touched by the network thread only:
        self._round = ""
        self._rounds = 0
        self._unsubscribed: set[str] = set()
        self._pending_subscriptions: set[int] = set()
        self._closing = False
        self._outage_since: float | None = None
        self._connected_at = 0.0
        self._attempts = 0
        self._complained: set[str] = set()

    @property
    def connected(self) -> bool:
        """Whether the broker is there at this moment."""
        with self._changed:
            return self._connected

    def connect(self, timeout_s: float) -> None:
        """Connect, and from then on reconnect whenever the connection is lost.

        timeout_s: seconds that the whole may take, the look-up of the name aside; with TLS twice as many.
        Raises UnreachableError (`link.unknown_host`, `link.no_broker`, `link.tls`, `link.no_answer`, `link.refused`)
        with what to do about it, and InputError (`link.ca_file`); nothing then goes on in the background, and it can
        be called again.
        """
        self.close()
        deadline = time.monotonic() + timeout_s
        client = self._new_client(timeout_s)
        self._client, self._closing, self._refusal, self._outage_since = client, False, None, None
        try:
            broker.connect(client, self.settings)
            client.loop_start()
            self._wait_connected(deadline)
        except BaseException:
            self.close()
            raise

    def _wait_connected(self, deadline: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self._refusal, max(0.0, deadline - time.monotonic()))
            if self._connected:
                return
            refusal = self._refusal
        raise broker.refused(refusal, self.settings) if refusal else broker.no_answer(self.settings)

    def wait_ready(self, timeout_s: float) -> None:
        """Return once everything that the broker retains of the house is in the mirror. Raises UnreachableError.

        The broker delivers a subscription's retained messages before it delivers what is published after the
        subscription was acknowledged. So the link publishes a mark to itself: when it comes back all discovery
        messages have come, and after the topics that they name were subscribed to, a second mark tells the same of
        the states.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._ready, timeout_s):
                raise UnreachableError(
                    "link.not_ready",
                    f"the broker has not delivered the devices within {timeout_s:g} s: check that this user may read "
                    f"{self.settings.prefix}/# and write {self._sync_topic}",
                )

    def snapshot(self) -> HomeState:
        """The house as last heard of."""
        return self._mirror.snapshot()

    def facts(self, entity_id: str) -> tuple[Fact, ...]:
        """Where what is known of an entity comes from."""
        return self._mirror.facts(entity_id)

    def publish(self, topic_suffix: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Publish below the base topic; whether it was sent. Without a connection it is dropped, not queued."""
        return self.publish_at(f"{self.settings.base_topic}/{topic_suffix}", payload, retain=retain)

    def publish_at(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Publish on a whole topic; whether it was sent. Without a connection it is dropped, not queued."""
        client = self._client
        if client is None or not self.connected:
            return False
        return client.publish(topic, payload, qos=0, retain=retain).rc == mqtt.MQTT_ERR_SUCCESS

    def listen(self, topic: str, handler: Callable[[bytes], None]) -> None:
        """Have the handler told of every payload on a topic that is no device's, now and after every reconnect.

        topic: whole, without wildcards. handler: called on the network thread; it must return at once.
        """
        with self._changed:
            self._handlers[topic] = handler
            client = self._client if self._connected else None
        if client is not None:
            client.subscribe(topic, qos=1)

    def execute(self, commands: Sequence[Command], timeout_s: float) -> Outcome:
        """Send the commands in order, then wait until all devices have shown that they obeyed, at most `timeout_s`.

        A device that cannot report is confirmed without a time (`confirmed_ms` is None) once the broker has the
        command. Nothing is kept for later: what cannot be sent now is `unreachable`. Codes beside those of
        `edge.home.commands`: `act.unknown_entity`, `act.unavailable`, `act.unreachable`, `act.silent`,
        `act.disobeyed` (it reported something else).
        """
        with self._executing:
            with self._changed:
                self._acknowledged.clear()
            sent = [self._send(command) for command in commands]
            with self._changed:
                watches = [watch for watch in sent if isinstance(watch, _Watch)]
                for watch in watches:
                    watch.unacknowledged -= self._acknowledged
                    self._check(watch)
                self._changed.wait_for(lambda: all(watch.settled for watch in watches), timeout_s)
                self._watches.clear()
                return Outcome(tuple(self._outcome(item) if isinstance(item, _Watch) else item for item in sent))

    def close(self) -> None:
        """Say goodbye and stop. Nothing happens when it is closed already."""
        client, self._client = self._client, None
        if client is None:
            return
        self._closing = True
        if self.connected and self.settings.announce:
            client.publish(f"{self.settings.base_topic}/status", "offline", qos=0, retain=True)
        client.disconnect()
        client.loop_stop()
        with self._changed:
            self._connected = self._ready = False
            self._changed.notify_all()

    # Connecting

    def _new_client(self, timeout_s: float) -> mqtt.Client:
        client = broker.new_client(self.settings, timeout_s)
        client.max_inflight_messages_set(0)  # no limit: what waits in a queue may be sent too late
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _on_pre_connect(self, client: mqtt.Client, _: Any) -> None:
        client.drop_out_messages()  # else paho sends now what was meant for then

    def _on_connect(self, client: mqtt.Client, _: Any, __: Any, reason: ReasonCode, ___: Any) -> None:
        if reason.is_failure:
            self._back_off(client)
            with self._changed:
                self._refusal = reason
                self._changed.notify_all()
            return
        self._connected_at = time.monotonic()
        if self._outage_since is not None:
            seconds = self._connected_at - self._outage_since
            _LOG.warning("link.back: %s:%d again after %.0f s", self.settings.host, self.settings.port, seconds)
            self._outage_since = None
        self._unsubscribed.clear()
        self._pending_subscriptions.clear()
        self._begin_round("discovery")
        known = self._mirror.topics()
        self._subscribe(client, [*discovery.filters(self.settings.prefix), self._sync_topic, *sorted(known)])
        if self.settings.announce:
            client.publish(f"{self.settings.base_topic}/status", "online", qos=1, retain=True)
        with self._changed:
            self._connected = True
            handled = sorted(self._handlers)
            self._changed.notify_all()
        if handled:
            client.subscribe([(topic, 1) for topic in handled])
        if self._on_up is not None:
            self._on_up()

    def _on_connect_fail(self, client: mqtt.Client, _: Any) -> None:
        self._back_off(client)

    def _on_disconnect(self, client: mqtt.Client, _: Any, __: Any, ___: ReasonCode, ____: Any) -> None:
        with self._changed:
            was_connected, self._connected, self._ready = self._connected, False, False
            for watch in self._watches:
                watch.lost = bool(watch.unacknowledged)
            self._changed.notify_all()
        if self._closing or not was_connected:
            return
        self._outage_since = time.monotonic()
        if self._outage_since - self._connected_at > _STABLE_S:
            self._attempts = 0
        self._back_off(client)
        _LOG.warning("link.lost: the broker at %s:%d is away; trying again", self.settings.host, self.settings.port)

    def _back_off(self, client: mqtt.Client) -> None:
        """Exponential back-off with jitter: half of the delay is by chance."""
        delay = min(_LONGEST_DELAY_S, _FIRST_DELAY_S * 2.0**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        seconds: Any = delay * (0.5 + self._jitter() / 2)  # paho's hint says int, its sleep takes any number
        client.reconnect_delay_set(seconds, seconds)

    # Receiving; all of it on the network thread

    def _begin_round(self, name: str) -> None:
        self._rounds += 1
        self._round = f"{name}-{self._rounds}"

    def _subscribe(self, client: mqtt.Client, topics: Sequence[str]) -> None:
        for start in range(0, len(topics), _TOPICS_A_PACKET):
            # Quality of service 0 as in Home Assistant; only the mark that must not get lost has 1.
            batch = [(t, int(t == self._sync_topic)) for t in topics[start : start + _TOPICS_A_PACKET]]
            _, packet = client.subscribe(batch)
            if packet is not None:
                self._pending_subscriptions.add(packet)

    def _on_subscribe(self, client: mqtt.Client, _: Any, packet: int, __: Any, ___: Any) -> None:
        self._pending_subscriptions.discard(packet)
        if self._round and not self._pending_subscriptions:
            client.publish(self._sync_topic, self._round, qos=1)

    def _on_publish(self, _: mqtt.Client, __: Any, packet: int, ___: Any, ____: Any) -> None:
        with self._changed:
            self._acknowledged.add(packet)
            for watch in self._watches:
                watch.unacknowledged.discard(packet)
            self._changed.notify_all()

    def _on_message(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        try:
            handler = self._handlers.get(message.topic)
            if message.topic == self._sync_topic:
                self._on_mark(client, message.payload.decode(errors="replace"))
            elif handler is not None:
                handler(bytes(message.payload))
            else:
                self._on_news(client, message.topic, bytes(message.payload))
        # A defect here must not end the network thread; the text of the exception could hold a payload.
        except Exception as error:  # noqa: BLE001
            _LOG.error("link.unexpected: %s on topic %r", type(error).__name__, message.topic)

    def _on_mark(self, client: mqtt.Client, mark: str) -> None:
        if mark != self._round:
            return  # of an earlier round, or somebody else's
        if self._unsubscribed:
            self._begin_round("states")
            topics = sorted(self._unsubscribed)
            self._unsubscribed.clear()
            self._subscribe(client, topics)
            return
        self._round = ""
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_news(self, client: mqtt.Client, topic: str, payload: bytes) -> None:
        change = self._mirror.apply(topic, payload)
        for error in change.errors:
            self._complain(topic, error.code)
        if change.unsubscribe:
            self._unsubscribed -= change.unsubscribe
            client.unsubscribe(sorted(change.unsubscribe))
        if self._round:
            self._unsubscribed |= change.subscribe  # all at once when the round is over
        elif change.subscribe:
            self._subscribe(client, sorted(change.subscribe))
        with self._changed:
            for watch in self._watches:
                self._check(watch)
            self._changed.notify_all()
        if change.entities and self._on_change is not None:
            self._on_change()

    def _on_groups(self, payload: bytes) -> None:
        if self._mirror.group(payload) and self._on_change is not None:
            self._on_change()

    def _complain(self, topic: str, code: str) -> None:
        if code == "discovery.unknown_component" or topic in self._complained or len(self._complained) >= 1000:
            return  # components that the hub has no use for are no fault of the device's
        self._complained.add(topic)
        _LOG.warning("%s: ignored the message on %r", code, topic[:200])

    # Sending

    def _send(self, command: Command) -> _Watch | CommandOutcome:
        entity_id = command.entity_id
        config, entity = self._mirror.config(entity_id), self._mirror.entity(entity_id)
        if config is None or entity is None:
            return CommandOutcome(entity_id, Result.REFUSED, code="act.unknown_entity")
        said = compose(command, config, entity)
        if isinstance(said, Unsayable):
            return CommandOutcome(entity_id, Result.REFUSED, code=said.code)
        client = self._client
        if client is None or not self.connected:
            return CommandOutcome(entity_id, Result.UNREACHABLE, code="act.unreachable")
        if not entity.available:
            return CommandOutcome(entity_id, Result.UNREACHABLE, code="act.unavailable")
        watch = _Watch(said, entity_id, self._clock_ms(), self._mirror.reports(entity_id))
        with self._changed:
            self._watches.append(watch)
        infos = [client.publish(m.topic, m.payload, qos=m.qos, retain=m.retain) for m in said.messages]
        with self._changed:
            watch.unacknowledged |= {info.mid for info in infos} - self._acknowledged
            watch.lost = not self._connected or any(info.rc != mqtt.MQTT_ERR_SUCCESS for info in infos)
        return watch

    def _check(self, watch: _Watch) -> None:
        entity = self._mirror.entity(watch.entity_id)
        if watch.confirmed_ms is None and entity is not None and watch.instruction.met_by(entity):
            watch.confirmed_ms = self._clock_ms()

    def _outcome(self, watch: _Watch) -> CommandOutcome:
        result, code = Result.SILENT, "act.silent"
        if watch.confirmed_ms is not None or (watch.settled and not watch.lost):
            result, code = Result.CONFIRMED, ""
        elif watch.lost or watch.unacknowledged:
            result, code = Result.UNREACHABLE, "act.unreachable"
        elif self._mirror.reports(watch.entity_id) > watch.reports:
            result, code = Result.REFUSED, "act.disobeyed"
        return CommandOutcome(watch.entity_id, result, watch.sent_ms, watch.confirmed_ms, code)
