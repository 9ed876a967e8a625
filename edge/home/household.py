"""What a household says of its own home, and what follows from it: rooms, names, and what a voice may do. Pure.

A room comes from the best of these that names one:

1. `home.toml`, for this device, by id, by name or by a pattern of ids;
2. the room that the device's discovery suggests;
3. Zigbee2MQTT: a group that is called as a room, or the folder of a friendly name (`kitchen/ceiling`);
4. the device's name, where it begins with the name of a room ("Kitchen Ceiling Light"); the longest name wins.

The last two never make a room, and of two rooms that fit equally well they take neither: a device in no room is asked
about, one in the wrong room is switched by mistake.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from edge.core.home import Area, Entity, Floor, Voice
from edge.core.text import normalize, words
from edge.home import zigbee
from edge.home.discovery import DeviceConfig
from edge.home.facts import Fact
from edge.home.guard import default_voice
from edge.home.naming import place_id

_Place = TypeVar("_Place", Area, Floor)
_STRICTEST = (Voice.NEVER, Voice.CONFIRM, Voice.GUARDED, Voice.ALLOWED)


@dataclass(frozen=True, slots=True)
class Rule:
    """What `home.toml` says of one device, or of all whose ids fit a pattern."""

    pattern: str
    """An entity id, a name, or an entity id with the signs * ? [ ]."""
    origin: str
    """File and line."""
    name: str | None = None
    aliases: tuple[str, ...] = ()
    room: str | None = None
    """A room's name or alias."""
    voice: Voice | None = None
    code: str | None = field(default=None, repr=False)
    """Code of a lock or an alarm."""

    @property
    def is_pattern(self) -> bool:
        """Whether it may mean several devices."""
        return any(sign in self.pattern for sign in "*?[")

    def fits(self, entity_id: str) -> bool:
        """Whether it means the device with this id, as an id or a pattern of ids."""
        return fnmatchcase(entity_id, self.pattern) if self.is_pattern else entity_id == self.pattern


@dataclass(frozen=True, slots=True)
class _Decided:
    """What came of one entity as it was announced, and where from."""

    name: tuple[str, str, str]
    """Value, source, detail."""
    aliases: tuple[tuple[str, ...], str, str]
    area: tuple[str | None, str, str]
    voice: tuple[Voice, str, str]


@dataclass(frozen=True)
class Household:
    """Rooms, floors and rules of one home; make it with `Household.of`. Equal input gives equal output in any order."""

    areas: tuple[Area, ...] = ()
    """Rooms that are known: the household's own, the microphone's, and those of `knowing`."""
    floors: tuple[Floor, ...] = ()
    mic_area: str | None = None
    """Id of the room that the microphone is in."""
    rules: tuple[Rule, ...] = ()
    groups: zigbee.Groups = field(default_factory=lambda: MappingProxyType({}))
    zigbee_base: str = "zigbee2mqtt"
    own: tuple[Area, ...] = ()
    """Rooms that the household describes, apart from those that devices suggest."""
    named: tuple[str, ...] = ()
    """Rooms that it only mentions, by name: its rules', and at the end the microphone's."""
    mic: str | None = None
    """Name of the microphone's room."""

    @staticmethod
    def of(
        *,
        areas: Iterable[Area] = (),
        floors: Iterable[Floor] = (),
        mic_area: str | None = None,
        rules: Iterable[Rule] = (),
        zigbee_base: str = "zigbee2mqtt",
    ) -> "Household":
        """mic_area: a room's name. Rooms that only rules or the microphone name become rooms as well."""
        rules = tuple(rules)
        named = tuple(name for name in (*(rule.room for rule in rules), mic_area) if name)
        house = Household(
            (), tuple(floors), None, rules, zigbee_base=zigbee_base, own=tuple(areas), named=named, mic=mic_area
        )
        return house.knowing(())

    def knowing(self, suggested: Iterable[str]) -> "Household":
        """With the rooms that devices suggest, by name, in place of those given before."""
        rooms = {area.id: area for area in self.own}
        own = by_name(self.own)
        for name in sorted(suggested):
            if place_id(name) not in own:
                rooms.setdefault(place_id(name), Area(place_id(name), name))
        for name in self.named:
            if place_id(name) not in own:
                rooms.setdefault(place_id(name), Area(place_id(name), name))
        areas = tuple(rooms.values())
        if areas == self.areas:
            return self
        mic = by_name(areas).get(place_id(self.mic)) if self.mic else None
        return replace(self, areas=areas, mic_area=mic.id if mic else None)

    def with_groups(self, groups: zigbee.Groups) -> "Household":
        """With what Zigbee2MQTT tells of its groups (`edge.home.zigbee.groups`)."""
        return self if groups == self.groups else replace(self, groups=groups)

    def applied(self, entity: Entity, config: DeviceConfig | None = None) -> Entity:
        """The entity with name, aliases, room and voice as the household has them.

        entity: as its device announces it, `area` the id of the room that it suggests. config: its announcement, for
        what Zigbee2MQTT tells.
        """
        decided = self._decide(entity, config)
        name, aliases, area, voice = decided.name[0], decided.aliases[0], decided.area[0], decided.voice[0]
        if (name, aliases, area, voice) == (entity.name, entity.aliases, entity.area, entity.voice):
            return entity  # as it is for most, and copies cost
        return replace(entity, name=name, aliases=aliases, area=area, voice=voice)

    def origin(self, entity: Entity, config: DeviceConfig | None = None) -> tuple[Fact, ...]:
        """Where name, aliases, room and voice come from; the arguments are those of `applied`."""
        decided = self._decide(entity, config)
        room = next((area.name for area in self.areas if area.id == decided.area[0]), decided.area[0])
        said: list[tuple[str, object, str, str]] = [
            ("name", *decided.name),
            ("aliases", *decided.aliases),
            ("area", room, *decided.area[1:]),
            ("voice", str(decided.voice[0]), *decided.voice[1:]),
        ]
        return tuple(
            Fact(name, value, source, detail, at_ms=None, retained=False)
            for name, value, source, detail in said
            if name != "aliases" or value
        )

    def code(self, entity_id: str) -> str | None:
        """A lock's or alarm's code."""
        fitting = [rule for rule in self.rules if rule.code and rule.fits(entity_id)]
        fitting.sort(key=lambda rule: not rule.is_pattern)  # an id counts more than a pattern, the last of each
        return fitting[-1].code if fitting else None

    def unmatched(self, entities: Iterable[Entity]) -> tuple[Rule, ...]:
        """Rules that mean none of these."""
        there = tuple(entities)
        ids = [entity.entity_id for entity in there]
        names = {normalize(name) for entity in there for name in entity.names}
        return tuple(
            rule
            for rule in self.rules
            if not any(rule.fits(entity_id) for entity_id in ids)
            # A device that a rule has given another name goes by that name now.
            and not (names & {normalize(rule.pattern), normalize(rule.name or rule.pattern)})
        )

    def _decide(self, entity: Entity, config: DeviceConfig | None) -> _Decided:
        rules = self._fitting(entity)
        announced = f"discovery {config.key}" if config else "discovery"
        named = next((r for r in rules if r.name), None)
        name = (named.name or "", named.origin, named.pattern) if named else (entity.name, announced, "name")
        others = dict.fromkeys((*entity.aliases, *(alias for r in rules for alias in r.aliases)))
        source = next((r for r in rules if r.aliases), None)
        called = replace(entity, name=name[0], aliases=tuple(others))
        spoken = next((r for r in rules if r.voice), None)
        voice = (
            (spoken.voice or Voice.ALLOWED, spoken.origin, spoken.pattern) if spoken else self._default(entity, called)
        )
        return _Decided(
            name,
            (tuple(others), source.origin if source else announced, source.pattern if source else "aliases"),
            self._area(called, config, rules, announced),
            voice,
        )

    def _default(self, *either: Entity) -> tuple[Voice, str, str]:
        """The stricter of two names' defaults: a new name makes nothing less dangerous."""
        voice, why = min((default_voice(entity) for entity in either), key=lambda one: _STRICTEST.index(one[0]))
        return voice, "default", why

    def _area(
        self, entity: Entity, config: DeviceConfig | None, rules: Sequence[Rule], announced: str
    ) -> tuple[str | None, str, str]:
        for rule in rules:
            room = self._room(rule.room) if rule.room else None
            if room is not None:
                return room.id, rule.origin, rule.pattern
        if entity.area is not None:
            suggested = self._room(entity.area)
            return suggested.id if suggested else entity.area, announced, "suggested_area"
        if config is not None and (found := self._by_zigbee(config)):
            return found
        words_of = words(entity.name)
        for length in range(min(len(words_of), self._longest), 0, -1):
            begins = tuple(words_of[:length])
            if begins in self._rooms_by_words:
                by_name = self._rooms_by_words[begins]
                return (by_name, "name", f"begins with {' '.join(begins)!r}") if by_name else (None, "", "")
        return None, "", ""

    def _by_zigbee(self, config: DeviceConfig) -> tuple[str, str, str] | None:
        address = zigbee.address(config)
        grouped = {
            room.id: group for group in self.groups.get(address or "", ()) if (room := self._room(group)) is not None
        }
        if len(grouped) == 1:
            ((area_id, group),) = grouped.items()
            return area_id, zigbee.groups_topic(self.zigbee_base), f"group {group}"
        folder = zigbee.folder(config, self.zigbee_base)
        inside = self._room(folder) if folder else None
        return (inside.id, f"{self.zigbee_base}/{folder}/…", "friendly name") if inside else None

    def _room(self, name: str) -> Area | None:
        return self._rooms_by_id.get(place_id(name))

    @cached_property
    def _rooms_by_id(self) -> Mapping[str, Area]:
        """What names and aliases make -> the room; a name before an alias, an alias of two rooms for neither."""
        return by_name(self.areas)

    @cached_property
    def _rules_by(self) -> tuple[Mapping[str, list[int]], Mapping[str, list[int]], list[int]]:
        """Places of the rules by id, by name, and of the patterns."""
        ids: dict[str, list[int]] = {}
        names: dict[str, list[int]] = {}
        patterns = []
        for at, rule in enumerate(self.rules):
            if rule.is_pattern:
                patterns.append(at)
            else:
                ids.setdefault(rule.pattern, []).append(at)
                names.setdefault(normalize(rule.pattern), []).append(at)
        return ids, names, patterns

    def _fitting(self, entity: Entity) -> list[Rule]:
        """The rules that mean the entity, what counts most first: by id, by name, by pattern; the last of each."""
        ids, names, patterns = self._rules_by
        by_id = ids.get(entity.entity_id, [])
        by_name = [at for at in names.get(normalize(entity.name), []) if at not in by_id]
        by_pattern = [at for at in patterns if self.rules[at].fits(entity.entity_id)]
        return [self.rules[at] for group in (by_id, by_name, by_pattern) for at in reversed(group)]

    @cached_property
    def _rooms_by_words(self) -> Mapping[tuple[str, ...], str | None]:
        """Words of a room's name -> its id; None where two rooms go by it."""
        found: dict[tuple[str, ...], set[str]] = {}
        for area in self.areas:
            for name in (area.name, *area.aliases):
                if said := tuple(words(name)):
                    found.setdefault(said, set()).add(area.id)
        return {said: next(iter(ids)) if len(ids) == 1 else None for said, ids in found.items()}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._rooms_by_words), default=0)


def by_name(places: Iterable[_Place]) -> dict[str, _Place]:
    """What ids, names and aliases make (`place_id`) -> the room or floor; an alias of two means neither."""
    found: dict[str, _Place] = {}
    aliases: dict[str, dict[str, _Place]] = {}
    for place in places:
        for made in (place.id, place_id(place.name)):
            found.setdefault(made, place)
        for alias in place.aliases:
            aliases.setdefault(place_id(alias), {})[place.id] = place
    return {made: next(iter(two.values())) for made, two in aliases.items() if len(two) == 1} | found


def merged(
    floors: Mapping[str, Sequence[str]], own_areas: Iterable[Area], own_floors: Iterable[Floor]
) -> tuple[tuple[Area, ...], tuple[Floor, ...]]:
    """Rooms and floors of two places, `home.toml` winning.

    floors: of the setting `home.floors`, name -> its rooms. own_areas, own_floors: of `home.toml`; a room's `floor` is
    a floor's id.
    """
    own_floors = tuple(own_floors)
    known = by_name(own_floors)
    # A floor of the settings may be one that the file has under another key.
    set_floors = {name: known.get(place_id(name)) or Floor(place_id(name), name) for name in floors}
    storeys = {floor.id: floor for floor in (*set_floors.values(), *own_floors)}
    rooms: dict[str, Area] = {}
    for floor, names in floors.items():
        for name in names:
            rooms.setdefault(place_id(name), Area(place_id(name), name, set_floors[floor].id))
    for area in own_areas:
        before = rooms.get(area.id)
        rooms[area.id] = replace(area, floor=area.floor or (before.floor if before else None))
    return tuple(rooms.values()), tuple(storeys.values())
