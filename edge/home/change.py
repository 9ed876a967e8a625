"""What a message did to the mirror. Pure data."""

from dataclasses import dataclass, field

from edge.home.discovery import DiscoveryError


@dataclass(frozen=True, slots=True)
class Fault:
    """A template of a device that has begun to fail."""

    entity_id: str
    option: str
    """The option that holds the template."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one message changed."""

    entities: frozenset[str] = frozenset()
    """Ids of entities that came, went or are now different."""
    subscribe: frozenset[str] = frozenset()
    """Topics to subscribe to, even where that was done before: the broker then sends what it retains once more."""
    unsubscribe: frozenset[str] = frozenset()
    """Topics that nobody listens to any more."""
    errors: tuple[DiscoveryError, ...] = ()
    """What of the message could not be used."""
    faults: tuple[Fault, ...] = ()
    """Templates that failed on this message, and had not on the one before."""
    structure: bool = field(default=False, compare=False)
    """Whether devices, names or rooms changed, rather than states."""


def too_many(limit: int) -> DiscoveryError:
    """More is announced than is taken in."""
    return DiscoveryError("discovery.too_many", f"more than {limit} devices are announced: is it a flood?")


def too_big(limit: int) -> DiscoveryError:
    """A device says more at once than is read."""
    return DiscoveryError("state.too_big", f"a message of a device has at most {limit} bytes")


def duplicate(key: str) -> DiscoveryError:
    """The description with this key is not used, since another one has the same `unique_id`."""
    error = DiscoveryError("discovery.duplicate", "this thing is announced by another message too")
    error.topic = key.partition("#")[0]
    return error
