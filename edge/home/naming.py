"""What the mirror calls things: entity ids that are unique and the same after every restart, ids of rooms. Pure."""

from collections.abc import Iterator, Mapping

from edge.home import discovery
from edge.home.discovery import DeviceConfig


def place_id(name: str) -> str:
    """Id of a room or floor: names that differ in case, spaces or signs only are one place."""
    return discovery.slug(name) or name.strip()


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
