"""The mirror of the house: discovery and state messages in, immutable snapshots out. No sockets.

An entity id means one device for as long as that is there and is called the same: it never passes to another when a
third comes or goes. Devices that are announced in one round, as at every start, are named together, so that their ids
depend on the set of them and not on the order of arrival, and stay the same over restarts; only who came or went
meanwhile can change the number at the end of an id. (Beyond `MAX_DEVICES` it is first come, first served.)

A snapshot costs one copy of a dictionary, since the entities are kept ready and in order; what follows from the clock
alone (`expire_after`, `off_delay`) is looked at when somebody looks at the house.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import RLock
from types import MappingProxyType

from edge.core.home import Entity, HomeState
from edge.home import discovery, zigbee
from edge.home.change import Change, Fault, duplicate, too_big, too_many
from edge.home.discovery import DeviceConfig, Discovery, DiscoveryError
from edge.home.due import Due
from edge.home.facts import Fact
from edge.home.household import Household
from edge.home.mirrored import Device, Heard, Route, bound, decoded, room_signs
from edge.home.naming import Identity, Names, identity, wanted_id
from edge.home.template import MAX_PAYLOAD_CHARS
from edge.home.twins import Twins

__all__ = ["MAX_DEVICES", "Change", "Fault", "Mirror"]

MAX_DEVICES = 5_000
"""More entities than any house has are a flood; what comes beyond is refused (`discovery.too_many`)."""

_NOTHING = Change()


class Mirror:
    """Devices and their states, as their messages tell. Safe to use from several threads.

    clock_ms: milliseconds since the Unix epoch.
    steady_ms: milliseconds on a clock that nobody sets, for what counts durations; without one `clock_ms` serves.
    household: what discovery does not tell of the house; its rooms without devices count too.
    """

    def __init__(
        self,
        *,
        clock_ms: Callable[[], int],
        steady_ms: Callable[[], int] | None = None,
        prefix: str = "homeassistant",
        household: Household | None = None,
        max_devices: int = MAX_DEVICES,
    ) -> None:
        self._clock_ms = clock_ms
        self._steady_ms = steady_ms or clock_ms
        self._prefix = prefix
        self._household = household or Household.of()
        self._max_devices = max_devices
        self._lock = RLock()
        self._devices: dict[str, Device] = {}
        self._announced: dict[str, frozenset[str]] = {}
        """Discovery topic -> keys of the devices that it announced."""
        self._listeners: dict[str, dict[str, Route]] = {}
        """State or availability topic -> key of each device that reads it -> how."""
        self._kept: set[str] = set()
        """Discovery topics that the broker is known to retain."""
        self._first: dict[Identity, str] = {}
        """Who -> key of the device that stands for it."""
        self._twins = Twins()
        self._names = Names(max_devices)
        self._fresh: set[str] = set()
        """Keys of devices that are to be named or shown."""
        self._suggested: Counter[str] = Counter()
        """Rooms that devices suggest -> how many do."""
        self._moved = self._moved_in = False
        """Whether rooms came or went since the household was told; whether it says something new of all devices."""
        self._renamed: set[str] = set()
        """Entity ids that came, went or mean something else than before, and that nobody has been told of."""
        self._left: set[str] = set()
        self._wanted: set[str] = set()
        """Topics that devices listened to, and that they listen to now, of which nobody has been told."""
        self._again: set[str] | None = None
        """Discovery topics heard again in the round that is on; None outside of one."""
        self._due, self._ordered = Due(self._devices), False
        self._entities: dict[str, Entity] = {}
        """What the next snapshot holds."""
        self._snapshot: HomeState | None = None

    def apply(self, topic: str, payload: bytes, retained: bool = False) -> Change:
        """Take in one message. Never raises: what cannot be used is told in the result or passed over.

        retained: whether the broker had kept it, so that the device may have said it long ago; of a discovery message,
        whether the broker keeps it, as far as can be told.
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

        drop_missing: whether devices that were not announced again are gone. Those whose announcement the broker never
        kept stay: their bridge says them when it likes.
        """
        with self._lock:
            again, self._again = self._again, None
            if drop_missing and again is not None:
                for topic in sorted((self._announced.keys() & self._kept) - again):
                    self._kept.discard(topic)
                    for key in sorted(self._announced.pop(topic)):
                        self._remove(key)
            return self._change()

    def snapshot(self) -> HomeState:
        """The house as it is now."""
        with self._lock:
            self._settle()
            if self._snapshot is None:
                if not self._ordered:
                    self._entities, self._ordered = dict(sorted(self._entities.items())), True
                # The copy is the snapshot; nobody can write to it.
                entities, house = MappingProxyType(self._entities.copy()), self._household
                self._snapshot = HomeState(entities, house.areas, house.floors, house.mic_area)
            return replace(self._snapshot, taken_ms=self._clock_ms())

    def config(self, entity_id: str) -> DeviceConfig | None:
        """How the entity is spoken to."""
        with self._lock:
            return device.config if (device := self._device(entity_id)) else None

    def entity(self, entity_id: str) -> Entity | None:
        """The entity as it is now."""
        with self._lock:
            self._settle()
            return device.entity if (device := self._device(entity_id)) else None

    def facts(self, entity_id: str) -> tuple[Fact, ...]:
        """Where everything that is known of the entity came from; empty where there is no such entity."""
        with self._lock:
            self._settle()
            return tuple(device.facts(self._household)) if (device := self._device(entity_id)) else ()

    def group(self, payload: bytes) -> Change:
        """Take in Zigbee2MQTT's list of groups, which may tell rooms."""
        return self.rehouse(groups=zigbee.groups(payload))

    def rehouse(self, household: Household | None = None, *, groups: zigbee.Groups | None = None) -> Change:
        """Take in what the household, or Zigbee2MQTT, now says in place of what it said before."""
        with self._lock:
            before = self._household
            self._household = (household or before).with_groups(before.groups if groups is None else groups)
            if self._household is before:
                return _NOTHING
            self._moved = self._moved_in = True
            return self._change()

    def reports(self, entity_id: str) -> int:
        """How often the entity has reported so far, while the hub listened."""
        with self._lock:
            return device.reports if (device := self._device(entity_id)) else 0

    def topics(self) -> frozenset[str]:
        """Every topic that devices report on."""
        with self._lock:
            return frozenset(self._listeners)

    def _device(self, entity_id: str) -> Device | None:
        self._name()
        return self._devices.get(self._names.key(entity_id) or "")

    # Discovery

    def _discover(self, topic: str, payload: bytes, retained: bool) -> Change:
        before = self._announced.get(topic)
        if self._again is not None and before is not None:
            self._again.add(topic)
        if before is None and (not payload or self._count() >= self._max_devices):
            # Not even looked at: a flood is cheap to refuse.
            return Change(errors=(too_many(MAX_DEVICES),)) if payload else _NOTHING
        try:
            found = discovery.parse(topic, payload, prefix=self._prefix)
        except DiscoveryError as error:
            return Change(errors=(error,))  # what was known of the device stays: it may be a slip of its software
        if retained and found.configs:
            self._kept.add(topic)
        return self._announce(found, before or frozenset(), Heard(topic, "", self._clock_ms(), retained))

    def _announce(self, found: Discovery, before: frozenset[str], told: Heard) -> Change:
        configs = {config.key: config for config in found.configs}
        errors = list(found.errors)
        room = self._max_devices - self._count() + len(before)
        if len(configs) > room:
            configs = dict(list(configs.items())[:room])
            errors.append(too_many(MAX_DEVICES))
        if configs:
            self._announced[told.topic] = frozenset(configs)
            if self._again is not None:
                self._again.add(told.topic)
        else:
            self._announced.pop(told.topic, None)
            self._kept.discard(told.topic)
        gone = before - configs.keys()
        changed = False
        for key in sorted(gone):
            self._remove(key)
        for key, config in configs.items():
            if self._config(key) != config:
                errors += self._put(key, config, told)
                changed = True
            elif key in self._devices:
                self._devices[key].told = told
            else:
                errors.append(duplicate(key))
        if not (gone or changed):
            return Change(errors=tuple(errors))
        return self._change(errors)

    def _count(self) -> int:
        return len(self._devices) + len(self._twins.waiting)

    def _config(self, key: str) -> DeviceConfig | None:
        if (device := self._devices.get(key)) is not None:
            return device.config
        waiting = self._twins.waiting.get(key)
        return waiting[0] if waiting else None

    def _put(self, key: str, config: DeviceConfig, told: Heard) -> Iterable[DiscoveryError]:
        """Take in a description that is new or has changed."""
        before = self._config(key)
        if before is not None and identity(before) != identity(config):
            self._remove(key)
        first = self._first.get(identity(config), key)
        if first < key:
            self._twins.withdraw(key)
            self._twins.wait(config, told)
            return (duplicate(key),)
        other = self._devices[first] if first != key else None
        if other is not None:
            self._twins.wait(other.config, other.told)
        self._add(config, told, instead_of=first)
        return (duplicate(first),) if other is not None else ()

    def _add(self, config: DeviceConfig, told: Heard, *, instead_of: str) -> None:
        key = config.key
        device = Device.of(config, told)
        old = self._devices.get(instead_of)
        if old is not None:
            device.keep(old)
            self._unlisten(instead_of)
            if old.entity.entity_id and wanted_id(old.config) == wanted_id(config):
                self._names.hand_on(old.entity.entity_id, key)
            elif old.entity.entity_id:
                self._free(old)
                device.entity = replace(device.entity, entity_id="")
            if key == instead_of:
                device.queued_ms = old.queued_ms
        self._devices[key] = device
        self._first[identity(config)] = key
        self._suggest(config.area, 1)
        self._fresh.add(key)
        for topic in device.topics():
            self._listeners.setdefault(topic, {})[key] = device.route(topic)
            self._wanted.add(topic)
        self._due.watch(key, device)

    def _remove(self, key: str) -> None:
        """Forget a description; where another one waits for that, its device goes on living by it."""
        if self._twins.withdraw(key):
            return
        device = self._devices[key]
        if (heir := self._twins.heir(device.config)) is not None:
            self._add(*heir, instead_of=key)
            return
        self._unlisten(key)
        del self._first[identity(device.config)]
        if device.entity.entity_id:
            self._free(device)

    def _free(self, device: Device) -> None:
        entity_id = device.entity.entity_id
        self._names.free(entity_id, device.config)
        self._entities.pop(entity_id, None)
        self._renamed.add(entity_id)
        self._snapshot = None

    def _unlisten(self, key: str) -> None:
        device = self._devices.pop(key)
        self._fresh.discard(key)
        self._suggest(device.config.area, -1)
        for topic in device.topics():
            self._left.add(topic)
            self._listeners[topic].pop(key, None)
            if not self._listeners[topic]:
                del self._listeners[topic]

    def _suggest(self, area: str | None, more: int) -> None:
        if area:
            self._suggested[area] += more
            self._moved |= self._suggested[area] == max(more, 0)  # the first or the last that does
            if not self._suggested[area]:
                del self._suggested[area]

    def _change(self, errors: Iterable[DiscoveryError] = ()) -> Change:
        """All that nobody has been told of. During a round names wait for its end."""
        wanted, left = frozenset(self._wanted & self._listeners.keys()), frozenset(self._left - self._listeners.keys())
        self._wanted, self._left = set(), set()
        ids: frozenset[str] = frozenset()
        if self._again is None:
            self._name()
            ids, self._renamed = frozenset(self._renamed), set()
        return Change(ids, wanted, left, tuple(errors), structure=bool(ids or wanted or left or self._fresh))

    def _name(self) -> None:
        """Give the fresh devices their entity ids, and show them and what the household now says otherwise of."""
        if not (self._fresh or self._moved_in or self._moved):
            return
        nameless = {k: self._devices[k].config for k in self._fresh if not self._devices[k].entity.entity_id}
        ids = self._names.give(nameless)
        household = self._household.knowing(self._suggested.keys()) if self._moved else self._household
        rooms = room_signs(set(self._household.areas) ^ set(household.areas))
        told_anew = [
            key
            for key, device in (self._devices.items() if rooms or self._moved_in else ())
            if self._moved_in or not rooms.isdisjoint(device.placed_by(household))
        ]
        self._household, self._moved, self._moved_in, self._snapshot = household, False, False, None
        now = self._clock_ms()
        for key in self._fresh:
            device = self._devices[key]
            entity_id = ids.get(key, device.entity.entity_id)
            device.belong(household, entity_id)
            device.show(now, entity_id=entity_id)
            self._renamed.add(entity_id)
            self._ordered &= entity_id in self._entities
            self._entities[entity_id] = device.entity
        for key in told_anew:
            device = self._devices[key]
            if key not in self._fresh and device.belong(household, device.entity.entity_id):
                self._show(device, now)
        for device in bound(self._devices.values(), household):
            self._show(device, now)
        self._fresh.clear()

    def _show(self, device: Device, now_ms: int) -> None:
        if device.show(now_ms):
            self._renamed.add(device.entity.entity_id)
            self._entities[device.entity.entity_id] = device.entity

    # States

    def _listen(self, topic: str, payload: bytes, retained: bool) -> Change:
        routes = self._listeners.get(topic)
        if not routes:
            return _NOTHING
        if len(payload) > MAX_PAYLOAD_CHARS:
            return Change(errors=(too_big(MAX_PAYLOAD_CHARS),))
        now = self._clock_ms()
        message, encoding = None, ""
        changed: list[str] = []
        faults: list[Fault] = []
        for key, route in routes.items():
            if route.encoding != encoding:
                encoding = route.encoding
                message = decoded(payload, encoding)
            if message is None:
                continue
            device = self._devices[key]
            before = device.entity
            if device.timed:
                told = device.hear(route, topic, message, now, self._steady_ms(), retained=retained)
                self._due.watch(key, device)
            else:
                told = device.hear(route, topic, message, now, now, retained=retained)
            if not before.entity_id:
                continue  # it is named when the round is over, whoever speaks first
            if device.entity is not before:
                self._entities[device.entity.entity_id] = device.entity
                self._snapshot = None
            if told.changed:
                changed.append(device.entity.entity_id)
            faults += (Fault(device.entity.entity_id, option) for option in told.failed)
        return Change(frozenset(changed), faults=tuple(faults)) if changed or faults else _NOTHING

    def _settle(self) -> None:
        """Name what has no name yet, and change what is due by the clock."""
        self._name()
        if not self._due:
            return
        now, steady = self._clock_ms(), self._steady_ms()
        for device in self._due.passed(steady):
            if device.settle(now, steady) and device.show(now):
                self._entities[device.entity.entity_id] = device.entity
                self._snapshot = None
