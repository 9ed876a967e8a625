"""The house over MQTT: keeps the mirror up to date, sends commands, and waits for devices to show that they obeyed.

What the broker sends arrives on paho's network thread. Nothing here calls into paho while it holds the link's own
lock, because paho calls back with locks of its own held.
"""

import random
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import UnreachableError
from edge.core.home import Entity, HomeState
from edge.core.turn import Command, Outcome
from edge.home import broker, zigbee
from edge.home.broker import LinkSettings
from edge.home.complaints import Complaint, Complaints
from edge.home.config import DeviceConfig
from edge.home.connection import Connection
from edge.home.dispatch import Contradiction, Dispatch
from edge.home.facts import Fact
from edge.home.household import Household
from edge.home.instruction import Message
from edge.home.mirror import Change, Mirror
from edge.home.pace import Pace
from edge.home.patience import Delays
from edge.home.reach import WHY, Reach, told_on
from edge.home.rounds import Rounds

_FAREWELL_S = 0.5

__all__ = ["Contradiction", "Link", "LinkSettings"]


class Link:
    """The house over MQTT. Safe to use from several threads.

    clock_ms: milliseconds since the Unix epoch. steady_ms: as of `Mirror`.
    on_change: told, on the network thread, after something in the house changed, and when the broker goes or all is
        known again, which changes every device; it must return at once.
    on_structure: the same, but only when devices, names or rooms changed: states change a thousand times as often.
    on_up: told, on the network thread, whenever the connection has been made or made again; it may publish.
    on_contradiction: told, on the network thread, when a device that obeyed shows something else soon after.
    jitter: 0 to 1; spreads the attempts of many hubs to reconnect.
    token: text that never comes twice, for the marks that tell when all has come.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        clock_ms: Callable[[], int],
        steady_ms: Callable[[], int] | None = None,
        on_change: Callable[[], None] | None = None,
        on_structure: Callable[[], None] | None = None,
        on_up: Callable[[], None] | None = None,
        on_contradiction: Callable[[Contradiction], None] | None = None,
        jitter: Callable[[], float] = random.random,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
        delays: Delays | None = None,
    ) -> None:
        self.settings = settings
        self._household = settings.household
        self.on_entities: Callable[[Sequence[Entity]], None] | None = None
        """Told, on the network thread, of the entities that changed, as they are now, and of none when all is known
        again after an outage, in which anything may have changed; it must return at once."""
        self._on_change = on_change
        self._on_structure = on_structure
        self._on_up = on_up
        self._jitter = jitter
        self._delays = delays
        self._mirror = Mirror(
            clock_ms=clock_ms, steady_ms=steady_ms, prefix=settings.prefix, household=settings.household
        )
        self._reach = Reach(
            self._mirror,
            client_id=settings.hub_id or settings.client_id,
            base_topic=settings.base_topic,
            prefix=settings.prefix,
        )
        self._dispatch = Dispatch(
            self._mirror,
            self._publish,
            clock_ms=clock_ms,
            pace=Pace(settings.rate, settings.burst),
            on_contradiction=on_contradiction,
            code=self._code,
            away=lambda: self._away,
            refused=self._refused,
            on_stalled=self._on_stalled,
        )
        self._sync_topic = f"{settings.base_topic}/sync/{settings.client_id}"
        self._rounds = Rounds(settings, self._sync_topic, token=token)
        self._complaints = Complaints()
        self._connection: Connection | None = None
        self._in_vain: deque[int] = deque(maxlen=20)
        """Packets that the broker acknowledged last, and nobody got."""
        self._changed = threading.Condition()
        # Guarded by _changed:
        self._ready = False
        self._away = False
        """Whether what the mirror says is old: from the loss of a connection until all is known again."""
        self._old: tuple[Mapping[str, Entity], Mapping[str, Entity]] | None = None
        """The mirror's entities in an outage, and the same as unavailable: one copy for all snapshots."""
        self._live: set[str] = set()
        """Topics whose handlers are not told of what is retained."""
        groups = zigbee.groups_topic(settings.zigbee2mqtt)
        self._handlers: dict[str, Callable[[bytes], None]] = {
            groups: lambda payload: self._tell(self._mirror.group(payload))
        }

    def rehouse(self, household: Household) -> None:
        """Go by what the household now says of its rooms and devices, from this moment on; from any thread."""
        self._household = household
        self._tell(self._mirror.rehouse(household))

    @property
    def connected(self) -> bool:
        """Whether the broker is there at this moment."""
        return self._client() is not None

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """What of the broker's messages could not be used, the first thousand of each kind."""
        for entity in self.snapshot().entities.values():
            if (config := self._mirror.config(entity.entity_id)) is not None:
                self._refused(entity, config, told_on(config))
        return self._complaints.all()

    def connect(self, timeout_s: float) -> None:
        """Connect, and from then on reconnect whenever the connection is lost.

        timeout_s: seconds that the whole may take, the look-up of the name aside; with TLS twice as many.
        Raises UnreachableError (`link.unknown_host`, `link.no_broker`, `link.tls`, `link.no_answer`, `link.refused`)
        with what to do about it, and InputError (`link.ca_file`, `link.cert_file`); nothing then goes on in the
        background, and it can be called again.
        """
        self.close()
        connection = Connection(
            self.settings,
            equip=self._equip,
            on_up=self._on_connected,
            on_down=self._on_lost,
            on_tick=self._rounds.remind,
            jitter=self._jitter,
            delays=self._delays,
        )
        self._connection = connection
        try:
            connection.open(timeout_s)
        except BaseException:
            self._connection = None
            raise

    def wait_ready(self, timeout_s: float) -> None:
        """Return once everything that the broker retains of the house is in the mirror. Raises UnreachableError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ready, timeout_s):
                raise UnreachableError(
                    "link.not_ready",
                    f"the broker has not delivered the devices within {timeout_s:g} s: check that this user may read "
                    f"{self.settings.prefix}/# and write {self._sync_topic}",
                )

    def snapshot(self) -> HomeState:
        """The house as last heard of.

        While the broker is away, and until all is known again, every entity is unavailable, its state the last that
        was heard: a lock may have been opened meanwhile. As in Home Assistant.
        """
        home = self._mirror.snapshot()
        with self._changed:
            if not self._away:
                return home
            if self._old is None or self._old[0] is not home.entities:
                gone = {entity_id: replace(entity, available=False) for entity_id, entity in home.entities.items()}
                self._old = (home.entities, MappingProxyType(gone))
            return replace(home, entities=self._old[1])

    def facts(self, entity_id: str) -> tuple[Fact, ...]:
        """Where everything that is known of an entity came from; empty where there is no such entity."""
        return self._mirror.facts(entity_id)

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """What devices showed within 10 s against commands that they had obeyed: the latest hundred, oldest first."""
        return self._dispatch.contradictions()

    def reports(self, entity_id: str) -> int:
        """How often an entity has reported so far, while the hub listened."""
        return self._mirror.reports(entity_id)

    def publish(self, topic_suffix: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Publish below the base topic; whether it was sent. Without a connection it is dropped, not queued."""
        return self.publish_at(f"{self.settings.base_topic}/{topic_suffix}", payload, retain=retain)

    def publish_at(self, topic: str, payload: str | bytes, *, retain: bool = False) -> bool:
        """Publish on a whole topic; whether it was sent. Without a connection it is dropped, not queued."""
        client = self._client()
        if client is None:
            return False
        return client.publish(topic, payload, qos=0, retain=retain).rc == mqtt.MQTT_ERR_SUCCESS

    def deliver(self, topic_suffix: str, payload: bytes, timeout_s: float) -> bool:
        """Publish below the base topic; whether the broker has acknowledged it within that time.

        A broker that speaks MQTT 5 also says that it may not be, or that nobody is there to have it: then it is not
        delivered. Not to be called on the network thread. What was not acknowledged may arrive all the same.
        """
        client = self._client()
        if client is None:
            return False
        sent = client.publish(f"{self.settings.base_topic}/{topic_suffix}", payload, qos=1)
        if sent.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        sent.wait_for_publish(timeout_s)
        return sent.is_published() and sent.mid not in self._in_vain

    def listen(self, topic: str, handler: Callable[[bytes], None], *, retained: bool = True) -> None:
        """Have the handler told of every payload on a topic, now and after every reconnect.

        What is said there while the connection is away is not delivered late, unless whoever says it has it retained.
        topic: whole, without wildcards. handler: called on the network thread; it must return at once. retained:
        whether it is told, too, of what was said before, which for a command would be to obey it at every start.
        """
        with self._changed:
            self._handlers[topic] = handler
            (self._live.discard if retained else self._live.add)(topic)
        if (client := self._client()) is not None:
            client.subscribe(topic, qos=0)  # with 1 the broker would keep it over an outage

    def execute(self, commands: Sequence[Command], timeout_s: float) -> Outcome:
        """Send the commands in order, then wait until all devices have shown that they obeyed.

        timeout_s: seconds that each device has from the sending of its command; sending many takes longer where the
        rate is limited. A device that cannot report is confirmed without a time (`confirmed_ms` is None) once the
        broker has the command. Nothing is kept for later: what cannot be sent now is `unreachable`. Codes beside
        those of `edge.home.commands`: `act.unknown_entity`, `act.unavailable`, `act.unreachable`,
        `act.unacknowledged` (sent, and nobody knows whether it arrived), `act.silent`, `act.disobeyed` (it reported
        something else), `act.under_way` (its one word means two things, it was sent less than 30 s ago, and the device
        has not shown yet what it did), and those of `Reach` (it asks to be told on a topic that is not its own).
        """
        return self._dispatch.execute(commands, timeout_s)

    def close(self) -> None:
        """Say goodbye and stop. Nothing happens when it is closed already."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.close(self._farewell)
        self._unready()

    def _farewell(self, client: mqtt.Client) -> None:
        if self.settings.announce:
            self._rounds.farewell(client)
            last = client.publish(self.settings.status_topic, "offline", qos=1, retain=True)
            # By then the broker has sent what it had to send: who writes to one that is gone may stumble.
            if last.rc == mqtt.MQTT_ERR_SUCCESS:
                last.wait_for_publish(_FAREWELL_S)

    def _client(self) -> mqtt.Client | None:
        connection = self._connection
        return connection.client if connection is not None else None

    def _refused(self, entity: Entity, config: DeviceConfig, topics: Iterable[str]) -> str | None:
        if (why := self._reach.refusal(entity, config, topics)) is not None:
            self._complaints.message(config.key, why, WHY[why])
        return why

    def _publish(self, message: Message) -> mqtt.MQTTMessageInfo | None:
        client = self._client()
        if client is None:
            return None
        return client.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)

    def _code(self, entity_id: str) -> str | None:
        return self._household.code(entity_id)

    # From here on everything runs on the network thread

    def _equip(self, client: mqtt.Client) -> None:
        client.on_subscribe = lambda c, _, packet, reasons, *__: self._on_subscribed(c, packet, reasons)
        client.on_publish = lambda c, _, packet, reason, *__: self._on_published(c, packet, reason)
        client.on_message = self._on_message

    def _on_subscribed(self, client: mqtt.Client, packet: int, reasons: Sequence[ReasonCode]) -> None:
        for topic in self._rounds.acknowledged(client, packet, [reason.is_failure for reason in reasons]):
            self._complaints.denied(topic)

    def _on_published(self, client: mqtt.Client, packet: int, reason: ReasonCode) -> None:
        if reason.value:
            self._in_vain.append(packet)
        if self._dispatch.acknowledged(packet):
            broker.acknowledge_now(client)

    def _on_connected(self, client: mqtt.Client) -> None:
        self._mirror.begin_round()
        self._rounds.begin(client)
        if self.settings.announce:
            client.publish(self.settings.status_topic, "online", qos=1, retain=True)
        with self._changed:
            handled = sorted(self._handlers)
        self._rounds.listen(client, handled)
        if self._on_up is not None:
            try:
                self._on_up()
            except Exception as error:  # noqa: BLE001 - as in _on_message
                self._complaints.defect(type(error).__name__, "on connecting")

    def _on_lost(self) -> None:
        self._unready()
        if self._connection is not None and self._on_change is not None:  # else it is being closed
            try:
                self._on_change()
            except Exception as error:  # noqa: BLE001 - as in _on_message
                self._complaints.defect(type(error).__name__, "on losing the connection")

    def _unready(self) -> None:
        self._dispatch.lost()
        with self._changed:
            self._away |= self._ready
            self._ready = False
            self._changed.notify_all()

    def _on_message(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        topic = ""
        try:
            topic = message.topic  # fails on what is not UTF-8
            if topic == self._sync_topic:
                self._on_mark(client, message)
            elif topic == self._rounds.kept_topic:
                self._rounds.kept(message.payload.decode(errors="replace"))
            elif (handler := self._handlers.get(topic)) is not None:
                if not (message.retain and topic in self._live):
                    handler(bytes(message.payload))
                if topic in self._mirror.topics():  # a device may report there, too
                    self._on_news(client, topic, message)
            else:
                self._on_news(client, topic, message)
        # A defect here must not end the network thread; the text of the exception could hold a payload.
        except Exception as error:  # noqa: BLE001
            self._complaints.defect(type(error).__name__, topic)

    def _on_mark(self, client: mqtt.Client, message: mqtt.MQTTMessage) -> None:
        if not self._rounds.marked(message.payload.decode(errors="replace")):
            return
        change, back = Change(), False
        if self._rounds.discovering:
            change = self._mirror.end_round(drop_missing=self._rounds.remembers)
            self._unsubscribe(client, change)
            self._rounds.subscribe(client, sorted(self._mirror.topics()))
        if self._rounds.step(client):
            with self._changed:
                back = self._away
                self._ready, self._away, self._old = True, False, None
                self._changed.notify_all()
        self._tell(change, all_of_it=back)

    def _on_stalled(self) -> None:
        if (connection := self._connection) is not None:
            connection.abort()

    def _on_news(self, client: mqtt.Client, topic: str, message: mqtt.MQTTMessage) -> None:
        change = self._mirror.apply(topic, bytes(message.payload), message.retain)
        for error in change.errors:
            self._complaints.message(error.topic or topic, error.code, str(error))
        for fault in change.faults:
            self._complaints.template(fault.entity_id, fault.option)
        if change.structure:
            self._unsubscribe(client, change)
            if not self._rounds.discovering:  # else all at once when the round is over
                self._rounds.subscribe(client, sorted(change.subscribe))
                self._rounds.keep(client)
        if change.entities:
            self._dispatch.heard(change.entities, topic, retained=message.retain)
            self._tell(change)

    def _unsubscribe(self, client: mqtt.Client, change: Change) -> None:
        if change.unsubscribe:
            if silent := sorted(change.unsubscribe - self._handlers.keys()):
                client.unsubscribe(silent)
            self._rounds.forget(change.unsubscribe)

    def _tell(self, change: Change, *, all_of_it: bool = False) -> None:
        if change.structure and self._on_structure is not None:
            self._on_structure()
        if (told := self.on_entities) is not None and (all_of_it or (change.entities and not self._away)):
            found = (self._mirror.entity(entity_id) for entity_id in change.entities if not all_of_it)
            told(tuple(entity for entity in found if entity is not None))
        if (change.entities or all_of_it) and self._on_change is not None:
            self._on_change()
