"""Two messages that describe one thing, and which of them counts. No locks."""

from edge.home.discovery import DeviceConfig
from edge.home.mirrored import Heard
from edge.home.naming import Identity, identity


class Twins:
    """Things that are described more than once: as a single thing and as a device's part, before a move and after it.

    The description with the lowest key counts, the others wait for it to be taken back. Home Assistant refuses what
    comes second; which that is must not depend on the broker's order here.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, tuple[DeviceConfig, Heard]] = {}
        """By key; with when it came."""
        self._keys: dict[Identity, set[str]] = {}

    def wait(self, config: DeviceConfig, told: Heard) -> None:
        """This description does not count for now."""
        self.waiting[config.key] = (config, told)
        self._keys.setdefault(identity(config), set()).add(config.key)

    def withdraw(self, key: str) -> bool:
        """The description is taken back; whether it waited."""
        if key not in self.waiting:
            return False
        config, _ = self.waiting.pop(key)
        keys = self._keys[identity(config)]
        keys.remove(key)
        if not keys:
            del self._keys[identity(config)]
        return True

    def heir(self, config: DeviceConfig) -> tuple[DeviceConfig, Heard] | None:
        """The description that takes the place of this one; it waits no longer."""
        keys = self._keys.get(identity(config))
        if not keys:
            return None
        found = self.waiting[min(keys)]
        self.withdraw(found[0].key)
        return found
