"""One device in the mirror: its description, what its messages said, and when. No sockets, no locks."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from edge.core.home import Area, Entity, Voice, strictest
from edge.core.text import words
from edge.home import states, zigbee
from edge.home.discovery import Availability, DeviceConfig
from edge.home.facts import Fact
from edge.home.household import Household
from edge.home.naming import place_id
from edge.home.states import STATE, Reading
from edge.home.template import Payload, TemplateFailedError

TEMPLATE_ERROR = "template_error"
"""Attribute that names the option whose template fails."""
MEMBERS = "group_members"
"""Attribute of a group: ids of the entities that move with it."""
_MISSING = object()


class Route(NamedTuple):
    """What one device reads from one topic."""

    readings: tuple[Reading, ...]
    availability: tuple[Availability, ...]
    encoding: str


class Heard(NamedTuple):
    """When and from what a value was heard."""

    topic: str
    key: str
    """Option that named the topic."""
    at_ms: int
    retained: bool


class Told(NamedTuple):
    """What a message did to a device."""

    changed: bool = False
    """Whether the entity is a different one, the time of its last report aside."""
    failed: tuple[str, ...] = ()
    """Options whose templates failed, and did not before."""


@dataclass(slots=True)
class Device:
    """One entity, as discovery describes it and its messages tell."""

    config: DeviceConfig
    readings: tuple[Reading, ...]
    entity: Entity
    told: Heard
    """When its description came."""
    given: Mapping[str, object] = field(default_factory=dict)
    """Attributes that its description gives."""
    suggested: str | None = None
    """Id of the room that it suggests."""
    name: str = ""
    aliases: tuple[str, ...] = ()
    area: str | None = None
    voice: Voice = Voice.ALLOWED
    """These four as the household has them; see `belong`."""
    own_voice: Voice = Voice.ALLOWED
    """What a voice may do to it alone, apart from those that move with it; see `bound`."""
    members: list[str] = field(default_factory=list)
    """Of a group: the entities of its kind that move with it; see `bound`."""
    signs: frozenset[str] | None = None
    """What `placed_by` found."""
    expire_s: float | None = None
    off_s: float | None = None
    timed: bool = False
    """Whether it may change by the clock: one of these two is given."""
    values: dict[str, object] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)
    """Name of a value -> where it came from."""
    online: dict[str, bool] = field(default_factory=dict)
    """Availability topic -> whether it last said that the device is there; the latest comes last."""
    failing: dict[str, str] = field(default_factory=dict)
    """Key of a reading -> option whose template fails."""
    reports: int = 0
    """How often it has reported while the hub listened."""
    expires_ms: int | None = None
    """When what it said is too old to be believed; by the steady clock, as the other two."""
    expired: bool = False
    off_ms: int | None = None
    """When a binary sensor that only says `on` counts as off again."""
    queued_ms: int | None = None
    """When the mirror will look at it."""

    @staticmethod
    def of(config: DeviceConfig, told: Heard) -> "Device":
        """A device that has said nothing yet."""
        expire_s = config.number("expire_after") or None
        return Device(
            config,
            states.readings(config),
            Entity("", config.domain, config.name),
            told,
            given=MappingProxyType(states.facts(config)),
            suggested=place_id(config.area) if config.area else None,
            name=config.name,
            expire_s=expire_s,
            off_s=config.number("off_delay"),
            timed=expire_s is not None or config.number("off_delay") is not None,
            # As in Home Assistant, what expires is not believed before it has been heard.
            expired=expire_s is not None,
        )

    def keep(self, old: "Device") -> None:
        """Take over what the device was before it described itself anew."""
        self.entity, self.reports = old.entity, old.reports
        if old.topics() == self.topics():  # else the broker sends it all once more
            self.values, self.online, self.heard, self.failing = old.values, old.online, old.heard, old.failing
            self.off_ms = _moved(old.off_ms, old.off_s, self.off_s)
            if self.expired:
                self.expires_ms = _moved(old.expires_ms, old.expire_s, self.expire_s)
                self.expired = self.expires_ms is None

    def belong(self, household: Household, entity_id: str) -> bool:
        """Take on what the household says of it, which no message changes; whether that is something else."""
        before, self.signs = (self.name, self.aliases, self.area, self.voice), None
        said = household.applied(self._announced(entity_id), self.config)
        self.name, self.aliases, self.area, self.voice = said.name, said.aliases, said.area, said.voice
        self.own_voice = said.voice
        return before != (self.name, self.aliases, self.area, self.voice)

    def placed_by(self, household: Household) -> frozenset[str]:
        """What may put it into a room that comes, or take it out of one that goes; see `room_signs`."""
        if self.signs is None:
            if self.suggested is not None:
                self.signs = frozenset((self.suggested,))
            else:
                address = zigbee.address(self.config)
                places = [*household.groups.get(address or "", ()), zigbee.folder(self.config, household.zigbee_base)]
                self.signs = frozenset((*words(self.name)[:1], *(place_id(place) for place in places if place)))
        return self.signs

    def _announced(self, entity_id: str) -> Entity:
        """The entity as it describes itself."""
        config = self.config
        return Entity(entity_id, config.domain, config.name, area=self.suggested, attributes=self.given)

    def topics(self) -> set[str]:
        """Every topic that it reports on."""
        return {reading.topic for reading in self.readings} | {a.topic for a in self.config.availability}

    def route(self, topic: str) -> Route:
        """What it reads from a topic."""
        return Route(
            tuple(reading for reading in self.readings if reading.topic == topic),
            tuple(source for source in self.config.availability if source.topic == topic),
            self.config.text("encoding") or "utf-8",
        )

    def hear(self, route: Route, topic: str, message: Payload, at_ms: int, steady_ms: int, *, retained: bool) -> Told:
        """Take in a message.

        steady_ms: the same moment as `at_ms`, on the clock that durations are counted on; used where it is `timed`.
        """
        changed = self.queued_ms is not None and self.settle(at_ms, steady_ms)
        failed: list[str] = []
        reported = False
        for reading in route.readings:
            try:
                update = reading.read(message)
            except TemplateFailedError as error:
                changed |= self._fails(reading.key, error.key or reading.key, failed)
                continue
            if self.failing:
                changed |= self.failing.pop(reading.key, None) is not None
            if update:
                reported = True
                heard = Heard(topic, reading.key, at_ms, retained)
                for name, value in update.items():
                    if self.values.get(name, _MISSING) != value:
                        self.values[name] = value
                        changed = True
                    self.heard[name] = heard
        for source in route.availability:
            changed |= self._hear_availability(source, message, at_ms, retained, failed)
        if reported:
            self.reports += not retained
            changed |= self._rearm(steady_ms)
        if changed:
            different = self.show(at_ms, at_ms if reported and not retained else None)
            return Told(different or bool(failed), tuple(failed))
        if reported and not retained:
            self.entity = _reported(self.entity, at_ms)
        return Told()

    def _hear_availability(
        self, source: Availability, message: Payload, at_ms: int, retained: bool, failed: list[str]
    ) -> bool:
        try:
            said = source.template.read(message) if source.template else message.text
        except TemplateFailedError as error:
            return self._fails("availability", error.key or "availability_template", failed)
        changed = self.failing.pop("availability", None) is not None
        if said not in (source.online, source.offline):
            return changed
        before = self.available
        self.online.pop(source.topic, None)
        self.online[source.topic] = said == source.online
        key = source.template.source if source.template else "availability_topic"
        self.heard["available"] = Heard(source.topic, key, at_ms, retained)
        return changed or before != self.available

    def _fails(self, key: str, option: str, failed: list[str]) -> bool:
        if self.failing.get(key) == option:
            return False
        self.failing[key] = option
        failed.append(option)
        return True

    def _rearm(self, steady_ms: int) -> bool:
        """Count from this report on; whether it was taken for gone."""
        if self.expire_s is not None:
            self.expires_ms = steady_ms + round(self.expire_s * 1000)
        if self.off_s is not None:
            self.off_ms = steady_ms + round(self.off_s * 1000) if self.values.get(STATE) == "on" else None
        was_expired, self.expired = self.expired, False
        return was_expired

    @property
    def due_ms(self) -> int | None:
        """When it changes by itself unless it reports before."""
        if self.expires_ms is None:
            return self.off_ms
        return min((t for t in (self.expires_ms, self.off_ms) if t is not None), default=None)

    def settle(self, now_ms: int, steady_ms: int) -> bool:
        """Change what is due; whether anything was. The entity is shown anew by whoever calls.

        now_ms, steady_ms: one moment, since the Unix epoch and on the clock that durations are counted on.
        """
        changed = False
        if self.off_ms is not None and steady_ms >= self.off_ms:
            at_ms = now_ms - (steady_ms - self.off_ms)
            self.values[STATE] = "off"
            self.heard[STATE] = Heard(self.heard[STATE].topic, "off_delay", at_ms, retained=False)
            self.off_ms, changed = None, True
        if self.expires_ms is not None and steady_ms >= self.expires_ms:
            topic = self.heard[STATE].topic if STATE in self.heard else self.told.topic
            at_ms = now_ms - (steady_ms - self.expires_ms)
            self.heard["available"] = Heard(topic, "expire_after", at_ms, retained=False)
            self.expires_ms, self.expired, changed = None, True, True
        return changed

    @property
    def available(self) -> bool:
        """Whether the device is there, as it says itself."""
        if self.expired:
            return False
        if not self.config.availability:
            return True
        if self.config.availability_mode == "latest":
            return next(reversed(self.online.values()), False)
        said = [self.online.get(source.topic, False) for source in self.config.availability]
        return all(said) if self.config.availability_mode == "all" else any(said)

    def show(self, at_ms: int, reported_ms: int | None = None, entity_id: str | None = None) -> bool:
        """Make the entity anew; whether it is a different one.

        at_ms: when it changed, if it did. reported_ms: when it reported, if it did just now.
        """
        config, before = self.config, self.entity
        state, attributes = states.shown(config, self.values, self.given)
        if self.members:
            attributes[MEMBERS] = self.members
        if self.failing:
            attributes[TEMPLATE_ERROR] = next(iter(self.failing.values()))
        # A first report tells how things are, not that they have just changed.
        changed = before.state is not None and state != before.state
        self.entity = Entity(
            entity_id=before.entity_id if entity_id is None else entity_id,
            domain=config.domain,
            name=self.name,
            aliases=self.aliases,
            area=self.area,
            state=state,
            attributes=MappingProxyType(attributes),
            available=self.available,
            changed_ms=at_ms if changed else before.changed_ms,
            reported_ms=before.reported_ms if reported_ms is None else reported_ms,
            voice=self.voice,
        )
        return self.entity != (before if reported_ms is None else _reported(before, reported_ms))

    def facts(self, household: Household) -> Iterator[Fact]:
        """Where everything that the entity says came from."""
        entity, config = self.entity, self.config
        told = self.told
        discovered = f"discovery {told.topic}"
        for fact in household.origin(self._announced(entity.entity_id), config):
            described = fact.source.startswith("discovery ")
            yield replace(fact, source=discovered, at_ms=told.at_ms, retained=told.retained) if described else fact
        yield self._availability(discovered)
        # A state that no message named was made of the others: a cover's of its position.
        last = max(self.heard.values(), key=lambda h: h.at_ms, default=None)
        if (heard := self.heard.get(STATE) or (last if entity.state is not None else None)) is None:
            yield Fact(STATE, entity.state, discovered, "state_topic", None, retained=False)
        else:
            yield self._fact(STATE, entity.state, heard)
        for name, value in entity.attributes.items():
            if (heard := self.heard.get(name)) is not None:
                yield self._fact(name, value, heard)
            else:
                key = str(value) if name == TEMPLATE_ERROR else name
                yield Fact(name, value, discovered, key, told.at_ms, told.retained)

    def _availability(self, discovered: str) -> Fact:
        """Which of its topics decides whether it is there; not always the one that was heard last."""
        heard, is_there = self.heard.get("available"), self.entity.available
        if heard is None:
            key = "availability_topic" if self.config.availability else "no availability"
            return Fact("available", is_there, discovered, key, self.told.at_ms, self.told.retained)
        agree = [s.topic for s in self.config.availability if self.online.get(s.topic, False) is is_there]
        if self.expired or heard.topic in agree or not agree:
            return Fact("available", is_there, heard.topic, heard.key, heard.at_ms, heard.retained)
        return Fact("available", is_there, agree[0], "availability_topic")

    def _fact(self, name: str, value: object, heard: Heard) -> Fact:
        return Fact(name, value, heard.topic, self._template(heard.key) or heard.key, heard.at_ms, heard.retained)

    def _template(self, key: str) -> str | None:
        """The template that reads the topic which an option names."""
        stem = key.removesuffix("_topic")
        short = stem.removesuffix("_state")
        for option in (f"{stem}_template", f"{stem}_value_template", f"{short}_value_template", f"{short}_template",
                       "value_template"):  # fmt: skip
            if (template := self.config.template(option)) is not None:
                return template.source
        return None


def room_signs(rooms: Iterable[Area]) -> frozenset[str]:
    """What may put devices into these rooms: their ids, and the first words of their names."""
    names = [(room, name) for room in rooms for name in (room.name, *room.aliases)]
    return frozenset(sign for room, name in names for sign in (room.id, place_id(name), *words(name)[:1]))


def decoded(payload: bytes, encoding: str) -> Payload | None:
    """The message as text; None where it is none."""
    try:
        return Payload(payload.decode(encoding))
    except ValueError:
        return None


def _moved(due_ms: int | None, before_s: float | None, after_s: float | None) -> int | None:
    """When it is due now that the time span, counted from the same report, is another."""
    if due_ms is None or before_s is None or after_s is None:
        return None
    return due_ms + round(after_s * 1000) - round(before_s * 1000)


def _reported(entity: Entity, at_ms: int) -> Entity:
    # By hand: `dataclasses.replace` takes five times as long, and this runs for every message.
    return Entity(
        entity.entity_id,
        entity.domain,
        entity.name,
        entity.aliases,
        entity.area,
        entity.state,
        entity.attributes,
        entity.available,
        entity.changed_ms,
        at_ms,
        entity.voice,
    )


def bound(devices: Collection[Device], household: Household) -> list[Device]:
    """Have a voice do to each group of Zigbee2MQTT no more than it may to all of its members; those that changed.

    A group switches its members by radio, past everything that is said of them one by one.
    """
    if not household.groups and not any(device.members for device in devices):
        return []
    inside: dict[str, list[Device]] = {}
    for device in devices:
        for group in household.groups.get(zigbee.address(device.config) or "", ()):
            inside.setdefault(group, []).append(device)
    changed = []
    for device in devices:
        members = inside.get(zigbee.friendly_name(device.config, household.zigbee_base) or "", [])
        voice = strictest((device.own_voice, *(member.own_voice for member in members)))
        ids = sorted(m.entity.entity_id for m in members if m.config.domain == device.config.domain)
        if voice is not device.voice or ids != device.members:
            device.voice, device.members = voice, ids
            changed.append(device)
    return changed
