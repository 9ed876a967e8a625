"""The mirror of the house: discovery and state messages in, immutable snapshots out. No sockets.

What the mirror says depends on the set of devices and their last messages, never on the order of arrival: entity ids
stay the same over restarts, so that what was learned about an entity stays true. (Beyond `MAX_DEVICES` it is first
come, first served.)

A snapshot costs one copy of a dictionary, since the entities are kept ready and in order; what follows from the clock
alone (`expire_after`, `off_delay`) is looked at when somebody looks at the house.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from types import MappingProxyType

from edge.core.home import Entity, HomeState
from edge.home import discovery
from edge.home.discovery import DeviceConfig, Discovery, DiscoveryError
from edge.home.facts import Fact
from edge.home.mirrored import Device, Heard, Route
from edge.home.naming import Places, place_id, unique, wanted_id
from edge.home.template import MAX_PAYLOAD_CHARS, Payload

__all__ = ["MAX_DEVICES", "Change", "Fault", "Mirror", "place_id"]

MAX_DEVICES = 5_000
"""More entities than any house has are a flood; what comes beyond is refused (`discovery.too_many`)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A template of a device that has begun to fail."""

    entity_id: str
    option: str
    """The option that holds the template."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one message changed."""

    entities: frozenset[str] = frozenset()
    """Ids of entities that came, went or are now different."""
    subscribe: frozenset[str] = frozenset()
    """Topics to subscribe to, even where that was done before: the broker then sends what it retains once more."""
    unsubscribe: frozenset[str] = frozenset()
    """Topics that nobody listens to any more."""
    errors: tuple[DiscoveryError, ...] = ()
    """What of a discovery message could not be used."""
    faults: tuple[Fault, ...] = ()
    """Templates that failed on this message, and had not on the one before."""
    structure: bool = field(default=False, compare=False)
    """Whether devices, names or rooms changed, rather than states."""


_NOTHING = Change()


class Mirror:
    """Devices and their states, as their messages tell. Safe to use from several threads.

    clock_ms: milliseconds since the Unix epoch.
    floors: name of each floor -> names of its rooms; rooms without devices count too.
    mic_area: name of the room that the microphone is in.
    """

    def __init__(
        self,
        *,
        clock_ms: Callable[[], int],
        prefix: str = "homeassistant",
        floors: Mapping[str, Sequence[str]] = MappingProxyType({}),
        mic_area: str | None = None,
        max_devices: int = MAX_DEVICES,
    ) -> None:
        self._clock_ms = clock_ms
        self._prefix = prefix
        self._house = Places.of(floors, mic_area)
        self._suggested: Counter[str] = Counter()
        """Names of rooms that devices suggest."""
        self._max_devices = max_devices
        self._lock = RLock()
        self._devices: dict[str, Device] = {}
        self._announced: dict[str, frozenset[str]] = {}
        """Discovery topic -> keys of the devices that it announced."""
        self._listeners: dict[str, dict[str, Route]] = {}
        """State or availability topic -> key of each device that reads it -> how."""
        self._keys: dict[str, str] = {}
        """Entity id -> key of the device."""
        self._fresh: set[str] = set()
        """Keys of devices that are to be named."""
        self._all_anew = False
        """Whether all devices are to be named again."""
        self._renamed: set[str] = set()
        """Entity ids that mean something else than before, and that nobody has been told of."""
        self._again: set[str] | None = None
        """Discovery topics heard again in the round that is on; None outside of one."""
        self._due: list[tuple[int, str]] = []
        """Heap of devices that change by the clock; a device is in it once."""
        self._entities: dict[str, Entity] = {}
        """What the next snapshot holds."""
        self._ordered = False
        self._snapshot: HomeState | None = None

    def apply(self, topic: str, payload: bytes, retained: bool = False) -> Change:
        """Take in one message. Never raises: what cannot be used is told in the result or passed over.

        retained: whether the broker had kept it, so that the device may have said it long ago.
        """
        with self._lock:
            if discovery.is_discovery(topic, self._prefix):
                return self._discover(topic, payload, retained)
            return self._listen(topic, payload, retained)

    def begin_round(self) -> None:
        """What is announced from now on is named when the round ends, all at once."""
        with self._lock:
            self._again = set()

    def end_round(self, *, drop_missing: bool) -> Change:
        """The broker has sent every discovery message that it retains.

        drop_missing: whether devices that were not announced again are gone.
        """
        with self._lock:
            again, self._again = self._again, None
            dropped: set[str] = set()
            if drop_missing and again is not None:
                for topic in self._announced.keys() - again:
                    dropped |= self._forget(topic)
            told_of = self._told()
            return Change(told_of, unsubscribe=self._deaf(dropped), structure=bool(told_of))

    def snapshot(self) -> HomeState:
        """The house as it is now."""
        with self._lock:
            now = self._clock_ms()
            self._settle(now)
            if self._snapshot is None:
                if not self._ordered:
                    self._entities = dict(sorted(self._entities.items()))
                    self._ordered = True
                # The copy is the snapshot; nobody can write to it.
                entities, house = MappingProxyType(self._entities.copy()), self._house
                self._snapshot = HomeState(entities, house.areas, house.floors, house.mic_area)
            return replace(self._snapshot, taken_ms=now)

    def config(self, entity_id: str) -> DeviceConfig | None:
        """How the entity is spoken to."""
        with self._lock:
            device = self._device(entity_id)
            return device.config if device else None

    def entity(self, entity_id: str) -> Entity | None:
        """The entity as it is now."""
        with self._lock:
            self._settle(self._clock_ms() if self._due else 0)
            device = self._device(entity_id)
            return device.entity if device else None

    def facts(self, entity_id: str) -> tuple[Fact, ...]:
        """Where everything that is known of the entity came from; empty where there is no such entity."""
        with self._lock:
            self._settle(self._clock_ms() if self._due else 0)
            device = self._device(entity_id)
            return tuple(device.facts(self._house)) if device else ()

    def reports(self, entity_id: str) -> int:
        """How often the entity has reported so far, while the hub listened."""
        with self._lock:
            device = self._device(entity_id)
            return device.reports if device else 0

    def topics(self) -> frozenset[str]:
        """Every topic that devices report on."""
        with self._lock:
            return frozenset(self._listeners)

    def _device(self, entity_id: str) -> Device | None:
        if self._fresh or self._all_anew:
            self._name()
        return self._devices.get(self._keys.get(entity_id, ""))

    # Discovery

    def _discover(self, topic: str, payload: bytes, retained: bool) -> Change:
        before = self._announced.get(topic)
        if self._again is not None and before is not None:
            self._again.add(topic)
        if before is None and (not payload or len(self._devices) >= self._max_devices):
            # Not even looked at: a flood is cheap to refuse.
            return Change(errors=(_too_many(),)) if payload else _NOTHING
        try:
            found = discovery.parse(topic, payload, prefix=self._prefix)
        except DiscoveryError as error:
            return Change(errors=(error,))  # what was known of the device stays: it may be a slip of its software
        return self._announce(found, before or frozenset(), Heard(topic, "", self._clock_ms(), retained))

    def _announce(self, found: Discovery, before: frozenset[str], told: Heard) -> Change:
        configs = {config.key: config for config in found.configs}
        errors = found.errors
        room = self._max_devices - len(self._devices) + len(before)
        if len(configs) > room:
            configs, errors = dict(list(configs.items())[:room]), (*errors, _too_many())
        gone = before - configs.keys()
        fresh = {k: c for k, c in configs.items() if k not in self._devices or self._devices[k].config != c}
        for key in configs.keys() - fresh.keys():
            self._devices[key].told = told
        if not (gone or fresh):
            return Change(errors=errors)
        moved = {k for k in fresh.keys() & before if wanted_id(self._devices[k].config) != wanted_id(fresh[k])}
        self._renamed |= {self._devices[key].entity.entity_id for key in gone | moved} - {""}
        left: set[str] = set()
        for key in gone:
            left |= self._drop(key)
        for key, config in fresh.items():
            left |= self._add(key, config, told)
        if configs:
            self._announced[told.topic] = frozenset(configs)
            if self._again is not None:
                self._again.add(told.topic)
        else:
            self._announced.pop(told.topic, None)
        self._fresh |= fresh.keys()
        self._all_anew |= bool(gone or moved)
        wanted = frozenset(topic for key in fresh for topic in self._devices[key].topics())
        told_of = self._told() if self._again is None else frozenset[str]()
        return Change(told_of, wanted, self._deaf(left), errors, structure=True)

    def _add(self, key: str, config: DeviceConfig, told: Heard) -> set[str]:
        """The topics that the device had before."""
        device = Device.of(config, told)
        old = self._devices.get(key)
        left = self._unlisten(key) if old else set()
        if old:
            device.keep(old)
            self._suggest(old.config.area, -1)
        self._suggest(config.area, 1)
        self._devices[key] = device
        for topic in device.topics():
            self._listeners.setdefault(topic, {})[key] = device.route(topic)
        return left

    def _forget(self, topic: str) -> set[str]:
        """Drop what a discovery topic announced; the topics that it was heard on."""
        left: set[str] = set()
        for key in self._announced.pop(topic):
            self._renamed.add(self._devices[key].entity.entity_id)
            left |= self._drop(key)
        self._renamed.discard("")
        self._all_anew = True
        return left

    def _drop(self, key: str) -> set[str]:
        left = self._unlisten(key)
        device = self._devices.pop(key)
        entity_id = device.entity.entity_id
        self._suggest(device.config.area, -1)
        if device.queued:
            self._due = [due for due in self._due if due[1] != key]
            heapq.heapify(self._due)
        self._keys.pop(entity_id, None)
        self._entities.pop(entity_id, None)
        self._fresh.discard(key)
        self._ordered, self._snapshot = False, None
        return left

    def _unlisten(self, key: str) -> set[str]:
        topics = self._devices[key].topics()
        for topic in topics:
            self._listeners[topic].pop(key, None)
            if not self._listeners[topic]:
                del self._listeners[topic]
        return topics

    def _deaf(self, topics: set[str]) -> frozenset[str]:
        return frozenset(topics - self._listeners.keys())

    def _told(self) -> frozenset[str]:
        self._name()
        ids, self._renamed = frozenset(self._renamed), set()
        return ids

    def _name(self) -> None:
        """Give the fresh devices, or all, their entity ids.

        Of devices that want the same id the one with the lowest key has it, the others get the first free `_2`, `_3`.
        """
        if not (self._fresh or self._all_anew):
            return
        ids = {key: self._devices[key].entity.entity_id or wanted_id(self._devices[key].config) for key in self._fresh}
        new = [entity_id for key, entity_id in ids.items() if not self._devices[key].entity.entity_id]
        if self._all_anew or len(set(new)) < len(new) or self._keys.keys() & set(new):
            ids = unique({key: wanted_id(device.config) for key, device in self._devices.items()})
            self._keys.clear()
            self._entities.clear()
        now = self._clock_ms()
        self._live_in(self._house.knowing(self._suggested), now)
        for key, entity_id in ids.items():
            device = self._devices[key]
            self._keys[entity_id] = key
            if key in self._fresh or device.entity.entity_id != entity_id:
                self._renamed |= {device.entity.entity_id, entity_id} - {""}
                device.show(self._house, now, entity_id=entity_id)
            self._entities[entity_id] = device.entity
        self._fresh, self._all_anew = set(), False
        self._ordered, self._snapshot = False, None

    def _live_in(self, house: Places, now_ms: int) -> None:
        """Have the household decide anew where it has learned something."""
        if house is self._house:
            return
        self._house, self._snapshot = house, None
        for device in self._devices.values():
            entity_id = device.entity.entity_id
            if entity_id and device.show(house, now_ms):
                self._renamed.add(entity_id)
                self._entities[entity_id] = device.entity

    def _suggest(self, room: str | None, by: int) -> None:
        if room:
            self._suggested[room] += by
            if not self._suggested[room]:
                del self._suggested[room]

    # States

    def _listen(self, topic: str, payload: bytes, retained: bool) -> Change:
        routes = self._listeners.get(topic)
        if not routes or len(payload) > MAX_PAYLOAD_CHARS:
            return _NOTHING
        try:
            message = Payload(payload.decode())
        except UnicodeDecodeError:
            return _NOTHING
        self._name()
        now = self._clock_ms()
        changed: list[str] = []
        faults: list[Fault] = []
        for key, route in routes.items():
            device = self._devices[key]
            before = device.entity
            told = device.hear(route, topic, message, now, retained=retained, house=self._house)
            if device.entity is not before:
                self._entities[device.entity.entity_id] = device.entity
                self._snapshot = None
            if told.changed:
                changed.append(device.entity.entity_id)
            faults += (Fault(device.entity.entity_id, option) for option in told.failed)
            if not device.queued and (due := device.due_ms) is not None:
                device.queued = True
                heapq.heappush(self._due, (due, key))
        return Change(frozenset(changed), faults=tuple(faults)) if changed or faults else _NOTHING

    def _settle(self, now_ms: int) -> None:
        """Name what has no name yet, and change what is due by the clock."""
        self._name()
        while self._due and self._due[0][0] <= now_ms:
            _, key = heapq.heappop(self._due)
            device = self._devices.get(key)
            if device is None:
                continue
            if device.settle(now_ms) and device.show(self._house, now_ms):
                self._entities[device.entity.entity_id] = device.entity
                self._snapshot = None
            due = device.due_ms
            device.queued = due is not None
            if due is not None:
                heapq.heappush(self._due, (due, key))


def _too_many() -> DiscoveryError:
    return DiscoveryError("discovery.too_many", f"more than {MAX_DEVICES} devices are announced: is it a flood?")
