"""Where each thing that the mirror says of an entity came from. Pure data."""

from dataclasses import dataclass

HOUSEHOLD = "home.toml"
"""Source of what the household says itself."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of an entity, and where it came from."""

    name: str
    """`name`, `area`, `available`, `state`, or an attribute."""
    value: object
    source: str
    """The topic that it was heard on, `discovery <topic>`, or `home.toml`."""
    detail: str
    """The template that read it, or the option that named it."""
    at_ms: int | None
    """When it was heard, milliseconds since the Unix epoch; None for what was never heard."""
    retained: bool
    """Whether the broker had kept it: the device may have said it long before `at_ms`."""
