"""What the mirror calls things: entity ids, unique and never another's while it is there, ids of rooms. No locks."""

from collections.abc import Collection, Iterator, Mapping

from edge.home import discovery
from edge.home.discovery import DeviceConfig

Identity = tuple[str, str]
"""What stays the same when a bridge announces a thing elsewhere: its domain and `unique_id`, else `""` and its key."""


def place_id(name: str) -> str:
    """Id of a room or floor: names that differ in case, spaces or signs only are one place."""
    return discovery.slug(name) or name.strip()


def wanted_id(config: DeviceConfig) -> str:
    """The entity id that a device would have if it were alone."""
    return f"{config.domain}.{config.object_id}"


def identity(config: DeviceConfig) -> Identity:
    """What tells whether two descriptions are of one thing."""
    return (config.domain, config.unique_id) if config.unique_id else ("", config.key)


def unique(wanted: Mapping[str, str], taken: Collection[str] = ()) -> dict[str, str]:
    """Key -> id, every id once and none that is taken, from key -> wanted id.

    Of keys that want the same id the lowest has it, the others get the first free `_2`, `_3`.
    """
    keys = sorted(wanted)
    first: dict[str, str] = {}
    for key in keys:
        if wanted[key] not in taken:
            first.setdefault(wanted[key], key)
    used = set(first)
    ids = {key: entity_id for entity_id, key in first.items()}
    numbers: dict[str, Iterator[str]] = {}
    for key in keys:
        if key not in ids:
            # One count for all that want the id: a thousand lamps of one name must not count to a thousand each.
            candidates = numbers.setdefault(wanted[key], _suffixed(wanted[key]))
            ids[key] = next(c for c in candidates if c not in used and c not in taken)
            used.add(ids[key])
    return ids


def _suffixed(entity_id: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{entity_id}_{number}"
        number += 1


class Names:
    """Who has which entity id. A device keeps its id for as long as it is there and wants it.

    remembered: of so many devices that have gone it is known what they were called, for when they come back.
    """

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._keys: dict[str, str] = {}
        """Entity id -> key."""
        self._left: dict[Identity, tuple[str, str]] = {}
        """Who has gone -> the id that it wanted, the id that it had."""

    def key(self, entity_id: str) -> str | None:
        """Key of the device that has this id."""
        return self._keys.get(entity_id)

    def give(self, fresh: Mapping[str, DeviceConfig]) -> Mapping[str, str]:
        """Key -> entity id of devices that have none: the one that they had before if it is free, else a free one."""
        ids: dict[str, str] = {}
        for key in sorted(fresh):
            wanted, had = self._left.pop(identity(fresh[key]), ("", ""))
            if wanted == wanted_id(fresh[key]) and had not in self._keys:
                self._keys[had] = key
                ids[key] = had
        others = {key: wanted_id(config) for key, config in fresh.items() if key not in ids}
        for key, entity_id in unique(others, self._keys).items():
            self._keys[entity_id] = key
            ids[key] = entity_id
        return ids

    def hand_on(self, entity_id: str, key: str) -> None:
        """The thing is described by another message now."""
        self._keys[entity_id] = key

    def free(self, entity_id: str, config: DeviceConfig) -> None:
        """The device has gone, or wants to be called something else."""
        del self._keys[entity_id]
        self._left.pop(identity(config), None)
        self._left[identity(config)] = (wanted_id(config), entity_id)
        if len(self._left) > self._remembered:
            del self._left[next(iter(self._left))]
