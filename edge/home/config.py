"""One entity as its device describes it: what every component's rules work from. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.home.template import Template


@dataclass(frozen=True, slots=True)
class Availability:
    """One topic on which a device says whether it is there."""

    topic: str
    template: Template | None
    online: str
    offline: str


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """One entity as its device describes it."""

    key: str
    """What identifies it among all messages: the discovery topic, with `#component` in the device form."""
    domain: str
    name: str
    """Friendly name, composed as Home Assistant composes it."""
    object_id: str
    """What it would like to be called after the dot of its entity id; not yet unique."""
    area: str | None
    """Name of the room that the device suggests."""
    availability: tuple[Availability, ...]
    availability_mode: str
    """all, any or latest."""
    options: Mapping[str, object] = field(repr=False)
    """The component's keys in their long form, checked, with defaults. Never logged: one is an alarm's code."""
    unique_id: str | None = None
    """What the thing is known by wherever it is announced, among those of its domain."""
    answers: str | None = None
    """Topic on which it answers commands with what it also says on its state topics, sooner than there."""

    def text(self, key: str) -> str | None:
        """A topic, payload or word."""
        value = self.options.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> float | None:
        """A number."""
        value = self.options.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, key: str) -> bool:
        """A truth value; false where it is not given."""
        return self.options.get(key) is True

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words."""
        value = self.options.get(key)
        return value if isinstance(value, tuple) else ()

    def template(self, key: str) -> Template | None:
        """A template."""
        value = self.options.get(key)
        return value if isinstance(value, Template) else None
