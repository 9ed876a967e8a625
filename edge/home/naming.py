"""What the mirror calls things: entity ids that are unique and the same after every restart, rooms and floors. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.core.home import Area, Floor
from edge.home import discovery
from edge.home.discovery import DeviceConfig


def place_id(name: str) -> str:
    """Id of a room or floor: names that differ in case, spaces or signs only are one place."""
    return discovery.slug(name) or name.strip()


@dataclass(frozen=True)
class Places:
    """Rooms and floors that discovery does not tell.

    floors: name of each floor -> names of its rooms; rooms without devices count too.
    mic_area: name of the room that the microphone is in.
    """

    floors: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    mic_area: str | None = None

    @property
    def mic_area_id(self) -> str | None:
        """Id of the room that the microphone is in."""
        return place_id(self.mic_area) if self.mic_area else None

    def all_floors(self) -> tuple[Floor, ...]:
        """Every floor, in the order given."""
        return tuple(Floor(place_id(name), name) for name in self.floors)

    def all_areas(self, suggested: Iterable[str]) -> tuple[Area, ...]:
        """Every room once: those of the floors, those that devices suggest, the microphone's."""
        areas = [Area(place_id(name), name, place_id(floor)) for floor, names in self.floors.items() for name in names]
        areas += [Area(place_id(name), name) for name in (*suggested, *([self.mic_area] if self.mic_area else []))]
        found: dict[str, Area] = {}
        for area in areas:
            found.setdefault(area.id, area)
        return tuple(found.values())


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
