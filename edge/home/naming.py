"""What the mirror calls things: entity ids that are unique and the same after every restart, rooms and floors. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.core.home import Area, Entity, Floor
from edge.home import discovery
from edge.home.discovery import DeviceConfig
from edge.home.facts import Fact


def place_id(name: str) -> str:
    """Id of a room or floor: names that differ in case, spaces or signs only are one place."""
    return discovery.slug(name) or name.strip()


@dataclass(frozen=True)
class Places:
    """What the household says of its house: rooms, floors, and what its devices are called and where they are."""

    areas: tuple[Area, ...] = ()
    """Rooms that are known: those of the floors, those of `knowing`, the microphone's."""
    floors: tuple[Floor, ...] = ()
    mic_area: str | None = None
    """Id of the room that the microphone is in."""
    own: tuple[Area, ...] = ()
    """Rooms of the floors."""
    mic: str | None = None
    """Name of the microphone's room."""

    @staticmethod
    def of(floors: Mapping[str, Sequence[str]], mic_area: str | None) -> "Places":
        """floors: name of each floor -> names of its rooms. mic_area: name of the room that the microphone is in."""
        own = tuple(Area(place_id(name), name, place_id(floor)) for floor, names in floors.items() for name in names)
        found = tuple(Floor(place_id(name), name) for name in floors)
        return Places((), found, place_id(mic_area) if mic_area else None, own, mic_area).knowing(())

    def knowing(self, suggested: Iterable[str]) -> "Places":
        """With the rooms that devices suggest in place of those given before; itself where that changes nothing."""
        areas: dict[str, Area] = {}
        for area in self.own:
            areas.setdefault(area.id, area)
        for name in (*sorted(suggested), *([self.mic] if self.mic else [])):
            areas.setdefault(place_id(name), Area(place_id(name), name))
        found = tuple(areas.values())
        return self if found == self.areas else replace(self, areas=found)

    def applied(self, entity: Entity, _: DeviceConfig) -> Entity:
        """The entity as the household has it; given as its device announces it."""
        return entity

    def origin(self, entity: Entity, config: DeviceConfig) -> tuple[Fact, ...]:
        """Where name and room come from; the arguments are those of `applied`."""
        source = f"discovery {config.key}"
        return (
            Fact("name", entity.name, source, "name", None, retained=False),
            Fact("area", entity.area, source, "suggested_area", None, retained=False),
        )


def wanted_id(config: DeviceConfig) -> str:
    """The entity id that a device would have if it were alone."""
    return f"{config.domain}.{config.object_id}"


def unique(wanted: Mapping[str, str]) -> dict[str, str]:
    """Key -> id, every id once, from key -> wanted id.

    Of keys that want the same id the lowest has it, the others get the first free `_2`, `_3`.
    """
    keys = sorted(wanted)
    first: dict[str, str] = {}
    for key in keys:
        first.setdefault(wanted[key], key)
    taken = set(first)
    ids = {key: entity_id for entity_id, key in first.items()}
    numbers: dict[str, Iterator[str]] = {}
    for key in keys:
        if key not in ids:
            # One count for all that want the id: a thousand lamps of one name must not count to a thousand each.
            candidates = numbers.setdefault(wanted[key], _suffixed(wanted[key]))
            ids[key] = next(c for c in candidates if c not in taken)
            taken.add(ids[key])
    return ids


def _suffixed(entity_id: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{entity_id}_{number}"
        number += 1
