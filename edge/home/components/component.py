"""What the hub knows of one kind of device: keys, readings and rules in one place. Pure data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.core.turn import Verb
from edge.home.components.keys import Key
from edge.home.components.reading import Reading
from edge.home.components.saying import Rule
from edge.home.config import DeviceConfig

Shown = tuple[str | None, dict[str, object]]
"""State and attributes of an entity."""


def no_readings(_: DeviceConfig) -> Iterator[Reading]:
    """Of a component that reports nothing."""
    return iter(())


def no_facts(_: DeviceConfig) -> dict[str, object]:
    """Of a component whose description gives no attributes of its own."""
    return {}


def as_told(_: DeviceConfig, state: str | None, attributes: dict[str, object]) -> Shown:
    """State and attributes just as the messages gave them."""
    return state, attributes


def no_gaps(_: Mapping[str, object]) -> str | None:
    """No key is needed beyond what each key says of itself."""
    return None


@dataclass(frozen=True, slots=True)
class Component:
    """One component of MQTT discovery, which is also the entity's domain."""

    keys: Mapping[str, Key]
    readings: Callable[[DeviceConfig], Iterator[Reading]] = no_readings
    rules: Mapping[Verb, Rule] = field(default_factory=lambda: MappingProxyType({}))
    reports: tuple[str, ...] = ()
    """Topics of which one is enough to know the state."""
    facts: Callable[[DeviceConfig], dict[str, object]] = no_facts
    """Attributes that the description gives and that no message changes."""
    shown: Callable[[DeviceConfig, str | None, dict[str, object]], Shown] = as_told
    """What the values told so far amount to."""
    missing: Callable[[Mapping[str, object]], str | None] = no_gaps
    """Name of a key that these options need beside those that are there, or None."""
