"""The mirror of the house: discovery and state messages in, immutable snapshots out. No sockets.

What the mirror says depends on the set of devices and their last messages, never on the order of arrival: entity ids
stay the same over restarts, so that what was learned about an entity stays true.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock
from types import MappingProxyType

from edge.core.home import Entity, HomeState
from edge.home import discovery, states, zigbee
from edge.home.discovery import DeviceConfig, DiscoveryError
from edge.home.facts import Fact
from edge.home.household import Household, place_id
from edge.home.states import Reading
from edge.home.template import MAX_PAYLOAD_CHARS, Payload


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


@dataclass(slots=True)
class _Device:
    config: DeviceConfig
    readings: tuple[Reading, ...]
    entity: Entity
    values: dict[str, object] = field(default_factory=dict)
    online: dict[str, bool] = field(default_factory=dict)
    """Availability topic -> whether it last said that the device is there; the latest comes last."""
    reports: int = 0

    def topics(self) -> set[str]:
        return {reading.topic for reading in self.readings} | {a.topic for a in self.config.availability}

    def available(self) -> bool:
        if not self.config.availability:
            return True
        if self.config.availability_mode == "latest":
            return next(reversed(self.online.values()), False)
        said = [self.online.get(source.topic, False) for source in self.config.availability]
        return all(said) if self.config.availability_mode == "all" else any(said)


class Mirror:
    """Devices and their states, as their messages tell. Safe to use from several threads.

    clock_ms: milliseconds since the Unix epoch.
    household: what discovery does not tell of the house; its rooms without devices count too.
    """

    def __init__(
        self,
        *,
        clock_ms: Callable[[], int],
        prefix: str = "homeassistant",
        household: Household | None = None,
    ) -> None:
        self._clock_ms = clock_ms
        self._prefix = prefix
        self._household = household or Household.of()
        self._suggested: Counter[str] = Counter()
        """Names of rooms that devices suggest."""
        self._lock = RLock()
        self._devices: dict[str, _Device] = {}
        self._announced: dict[str, frozenset[str]] = {}
        """Discovery topic -> keys of the devices that it announced."""
        self._listeners: dict[str, set[str]] = {}
        """State or availability topic -> keys of the devices that read it."""
        self._keys: dict[str, str] = {}
        """Entity id -> key of the device."""
        self._snapshot: HomeState | None = None

    def apply(self, topic: str, payload: bytes) -> Change:
        """Take in one message. Never raises: what cannot be used is told in the result or passed over."""
        with self._lock:
            if discovery.is_discovery(topic, self._prefix):
                change = self._discover(topic, payload)
            else:
                change = self._listen(topic, payload)
            if change.entities:
                self._snapshot = None
            return change

    def snapshot(self) -> HomeState:
        """The house as it is now; as good as free while nothing changes."""
        with self._lock:
            if self._snapshot is None:
                entities = sorted((device.entity for device in self._devices.values()), key=lambda e: e.entity_id)
                house = self._household
                self._snapshot = HomeState.of(entities, house.areas, house.floors, house.mic_area)
            return replace(self._snapshot, taken_ms=self._clock_ms())

    def config(self, entity_id: str) -> DeviceConfig | None:
        """How the entity is spoken to."""
        with self._lock:
            device = self._device(entity_id)
            return device.config if device else None

    def entity(self, entity_id: str) -> Entity | None:
        """The entity as it is now."""
        with self._lock:
            device = self._device(entity_id)
            return device.entity if device else None

    def reports(self, entity_id: str) -> int:
        """How often the entity has reported so far."""
        with self._lock:
            device = self._device(entity_id)
            return device.reports if device else 0

    def facts(self, entity_id: str) -> tuple[Fact, ...]:
        """Where what is known of the entity comes from; nothing for one that is not there."""
        with self._lock:
            device = self._device(entity_id)
            if device is None:
                return ()
            state = device.entity.state
            read = [Fact("state", state, r.topic, "", None, False) for r in device.readings if state is not None]
            return (*self._household.origin(self._raw(device, entity_id), device.config), *read[:1])

    def group(self, payload: bytes) -> bool:
        """Take in Zigbee2MQTT's list of groups; whether it changed anything."""
        with self._lock:
            return bool(self._settle(self._household.with_groups(zigbee.groups(payload))))

    def topics(self) -> frozenset[str]:
        """Every topic that devices report on."""
        with self._lock:
            return frozenset(self._listeners)

    def _device(self, entity_id: str) -> _Device | None:
        return self._devices.get(self._keys.get(entity_id, ""))

    def _discover(self, topic: str, payload: bytes) -> Change:
        try:
            found = discovery.parse(topic, payload, prefix=self._prefix)
        except DiscoveryError as error:
            return Change(errors=(error,))  # what was known of the device stays: it may be a slip of its software
        configs = {config.key: config for config in found.configs}
        before = self._announced.get(topic, frozenset())
        gone = before - configs.keys()
        fresh = {k: c for k, c in configs.items() if k not in self._devices or self._devices[k].config != c}
        if not (gone or fresh):
            return Change(errors=found.errors)
        heard = set(self._listeners)
        moved = {k for k in fresh.keys() & before if _wanted_id(self._devices[k].config) != _wanted_id(fresh[k])}
        ids = {self._devices[key].entity.entity_id for key in gone | moved}
        self._announced[topic] = frozenset(configs)
        for key in gone:
            self._drop(key)
        for key, config in fresh.items():
            self._add(key, config)
        ids |= self._name(fresh, all_anew=bool(gone or moved))
        ids |= self._settle(self._household.knowing(self._suggested))
        wanted = frozenset(topic for key in fresh for topic in self._devices[key].topics())
        return Change(frozenset(ids), wanted, frozenset(heard - self._listeners.keys()), found.errors)

    def _add(self, key: str, config: DeviceConfig) -> None:
        old = self._devices.get(key)
        device = _Device(config, states.readings(config), Entity("", config.domain, config.name))
        self._suggest(config.area, 1)
        if old:
            self._suggest(old.config.area, -1)
            self._unlisten(key)
            device.entity, device.reports = old.entity, old.reports
            if old.topics() == device.topics():  # else the broker sends it all once more
                device.values, device.online = old.values, old.online
        self._devices[key] = device
        for topic in device.topics():
            self._listeners.setdefault(topic, set()).add(key)

    def _drop(self, key: str) -> None:
        self._unlisten(key)
        self._suggest(self._devices[key].config.area, -1)
        self._keys.pop(self._devices[key].entity.entity_id, None)
        del self._devices[key]

    def _suggest(self, room: str | None, by: int) -> None:
        if room:
            self._suggested[room] += by
            if not self._suggested[room]:
                del self._suggested[room]

    def _settle(self, household: Household) -> set[str]:
        """Have the household decide anew where it has learned something; the ids of what is different now."""
        if household is self._household:
            return set()
        self._household, self._snapshot = household, None
        changed = set()
        for device in self._devices.values():
            entity = self._entity(device, device.entity.entity_id)
            if entity != device.entity:
                device.entity = entity
                changed.add(entity.entity_id)
        return changed

    def _unlisten(self, key: str) -> None:
        for topic in self._devices[key].topics():
            listeners = self._listeners[topic]
            listeners.discard(key)
            if not listeners:
                del self._listeners[topic]

    def _name(self, fresh: Collection[str], *, all_anew: bool) -> set[str]:
        """Give the fresh devices, or all, their entity ids; the ids that are new or now mean something else.

        Of devices that want the same id the one with the lowest key has it, the others get the first free `_2`, `_3`.
        """
        ids = {key: self._devices[key].entity.entity_id or _wanted_id(self._devices[key].config) for key in fresh}
        new = [entity_id for key, entity_id in ids.items() if not self._devices[key].entity.entity_id]
        if all_anew or len(set(new)) < len(new) or self._keys.keys() & set(new):
            ids = _unique({key: _wanted_id(device.config) for key, device in self._devices.items()})
            self._keys.clear()
        changed: set[str] = set()
        for key, entity_id in ids.items():
            device = self._devices[key]
            self._keys[entity_id] = key
            if key in fresh or device.entity.entity_id != entity_id:
                changed |= {device.entity.entity_id, entity_id} - {""}
                device.entity = self._entity(device, entity_id)
        return changed

    def _listen(self, topic: str, payload: bytes) -> Change:
        keys = self._listeners.get(topic)
        if not keys or len(payload) > MAX_PAYLOAD_CHARS:
            return Change()
        try:
            message = Payload(payload.decode())
        except UnicodeDecodeError:
            return Change()
        changed = {
            self._devices[key].entity.entity_id for key in keys if self._hear(self._devices[key], topic, message)
        }
        return Change(frozenset(changed))

    def _hear(self, device: _Device, topic: str, message: Payload) -> bool:
        """Whether the message made the entity a different one."""
        update = {
            name: value
            for reading in device.readings
            if reading.topic == topic
            for name, value in reading.read(message).items()
        }
        if update:
            device.reports += 1
            device.values |= update
        for source in device.config.availability:
            said = source.template.read(message) if source.template else message.text
            if source.topic == topic and said in (source.online, source.offline):
                device.online.pop(topic, None)
                device.online[topic] = said == source.online
        entity = self._entity(device, device.entity.entity_id)
        if entity == device.entity:
            return False
        device.entity = entity
        return True

    def _entity(self, device: _Device, entity_id: str) -> Entity:
        return self._household.applied(self._raw(device, entity_id), device.config)

    def _raw(self, device: _Device, entity_id: str) -> Entity:
        """The entity as its device announces it."""
        config, before = device.config, device.entity
        state, attributes = states.shown(config, device.values)
        # A first report tells how things are, not that they have just changed.
        changed = before.state is not None and state != before.state
        return Entity(
            entity_id=entity_id,
            domain=config.domain,
            name=config.name,
            area=place_id(config.area) if config.area else None,
            state=state,
            attributes=MappingProxyType(attributes),
            available=device.available(),
            changed_ms=self._clock_ms() if changed else before.changed_ms,
        )


def _wanted_id(config: DeviceConfig) -> str:
    return f"{config.domain}.{config.object_id}"


def _unique(wanted: Mapping[str, str]) -> dict[str, str]:
    """Key -> id, every id once, from key -> wanted id."""
    keys = sorted(wanted)
    first: dict[str, str] = {}
    for key in keys:
        first.setdefault(wanted[key], key)
    taken = set(first)
    ids = {key: entity_id for entity_id, key in first.items()}
    for key in keys:
        if key not in ids:
            ids[key] = next(c for c in _suffixed(wanted[key]) if c not in taken)
            taken.add(ids[key])
    return ids


def _suffixed(entity_id: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{entity_id}_{number}"
        number += 1
