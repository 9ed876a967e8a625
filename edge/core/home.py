"""The home as one turn sees it: an immutable snapshot of rooms, devices and their states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from edge.core.danger import is_hot
from edge.core.reserved import is_reserved
from edge.core.text import normalize


class Voice(StrEnum):
    """What a voice may do to a device."""

    ALLOWED = "allowed"
    GUARDED = "guarded"
    """What opens, unlocks, heats or disarms needs a spoken yes; what makes the house safer does not."""
    CONFIRM = "confirm"
    """Every command needs a spoken yes, but for locking and arming."""
    NEVER = "never"
    """It may be asked about; nothing is done to it."""


def strictest(voices: "Iterable[Voice]") -> Voice:
    """The one that lets a voice do least."""
    return max(voices, key=tuple(Voice).index, default=Voice.ALLOWED)


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey of the house."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or the garden."""

    id: str
    name: str
    floor: str | None = None
    """Id of the floor that it is on."""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that can be asked about or acted on, named as Home Assistant names it."""

    entity_id: str
    """`domain.object_id`, unique in the home."""
    domain: str
    name: str
    aliases: tuple[str, ...] = ()
    area: str | None = None
    """Id of the room that it is in."""
    state: str | None = None
    """As Home Assistant words it (on, off, open, locked, heat, 21.5); None until the device has reported."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """JSON values; further state and facts: brightness (percent), color (name or [r, g, b]), position (percent),
    current_temperature, temperature, speed (percent), device_class, unit_of_measurement."""
    available: bool = True
    changed_ms: int | None = None
    """When the state last changed."""
    reported_ms: int | None = None
    """When the device last reported, while the hub listened; None when all that is known was kept by the broker."""
    voice: Voice = Voice.ALLOWED
    """What a voice may do to it."""

    @property
    def device_class(self) -> str | None:
        """Home Assistant's device class (curtain, garage, battery), where it has one."""
        value = self.attributes.get("device_class")
        return value if isinstance(value, str) else None

    @property
    def for_rooms(self) -> bool:
        """Whether it warms or cools a room, as far as it tells.

        An oven does not: it is called one, or cannot be set to 20 °C, or can be set hotter than any room, above 45 °C.
        """
        if is_hot(self.name):
            return False
        fahrenheit = str(self.attributes.get("temperature_unit", "")).endswith("F")
        room, hottest = (68, 113) if fahrenheit else (20, 45)
        low, high = self.attributes.get("min_temp"), self.attributes.get("max_temp")
        above = isinstance(low, int | float) and not low <= room
        return not above and (not isinstance(high, int | float) or room <= high <= hottest)

    @property
    def is_setting(self) -> bool:
        """Whether it configures another device (a lamp's power-on behaviour, its firmware) and is no device to people.

        As in Home Assistant nobody says its name; an alias in home.toml makes it one to speak of. So it is with one
        that has no other name than a word like "stop" or "everything".
        """
        if self.is_nameless:
            return True
        category = self.attributes.get("entity_category")
        told_of = self.domain in ("sensor", "binary_sensor")  # a battery is a diagnosis, and asked about
        return not self.aliases and (category == "config" or (category == "diagnostic" and not told_of))

    @property
    def is_nameless(self) -> bool:
        """Whether all its names are words that mean something else (`edge.core.reserved`)."""
        return all(is_reserved(name) for name in (self.name, *self.aliases))

    @property
    def unit(self) -> str:
        """Unit of the state, such as °C, or nothing."""
        value = self.attributes.get("unit_of_measurement")
        return value if isinstance(value, str) else ""

    @property
    def names(self) -> tuple[str, ...]:
        """Name and aliases, as written; without those that mean something else, where others are left."""
        said = (self.name, *self.aliases)
        return said if not any(map(is_reserved, said)) or self.is_nameless else tuple(_sayable(said))


@dataclass(frozen=True)
class HomeState:
    """Everything that a turn may know of the house. Look-ups compare names in normal form."""

    entities: Mapping[str, Entity] = field(default_factory=dict)
    """By entity id."""
    areas: tuple[Area, ...] = ()
    floors: tuple[Floor, ...] = ()
    mic_area: str | None = None
    """Id of the room that the microphone is in."""
    taken_ms: int = 0
    """When the snapshot was taken."""

    @staticmethod
    def of(
        entities: Iterable[Entity],
        areas: Iterable[Area] = (),
        floors: Iterable[Floor] = (),
        mic_area: str | None = None,
        taken_ms: int = 0,
    ) -> "HomeState":
        """Snapshot of the given things; the mapping cannot be written to."""
        by_id = MappingProxyType({entity.entity_id: entity for entity in entities})
        return HomeState(by_id, tuple(areas), tuple(floors), mic_area, taken_ms)

    def area(self, area_id: str | None) -> Area | None:
        """The room with this id."""
        return next((area for area in self.areas if area.id == area_id), None)

    @property
    def livable(self) -> tuple[float, float]:
        """Lowest and highest temperature that anybody lives in, in the degrees of the home's thermostats."""
        units = (entity.attributes.get("temperature_unit", "") for entity in self.entities.values())
        return (41.0, 95.0) if any(str(unit).endswith("F") for unit in units) else (5.0, 35.0)

    def areas_named(self, name: str) -> tuple[Area, ...]:
        """Rooms that go by this name, a name before an alias; more than one only when two share it."""
        return _called(self.areas, name)

    def floors_named(self, name: str) -> tuple[Floor, ...]:
        """Floors that go by this name, a name before an alias."""
        return _called(self.floors, name)

    def entities_named(self, name: str) -> tuple[Entity, ...]:
        """Entities that go by this name; a lamp's firmware, which bridges give the lamp's own name, does not."""
        wanted = normalize(name)
        named = (e for e in self.entities.values() if not e.is_setting)
        return tuple(e for e in named if wanted in (normalize(n) for n in e.names))


def _sayable(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if not is_reserved(name))


_Place = TypeVar("_Place", Area, Floor)


def _called(places: Iterable[_Place], name: str) -> tuple[_Place, ...]:
    wanted, all_of_them = normalize(name), tuple(places)
    by_name = tuple(place for place in all_of_them if normalize(place.name) == wanted)
    return by_name or tuple(p for p in all_of_them if wanted in map(normalize, p.aliases))
