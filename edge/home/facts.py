"""Where each thing that the mirror says of an entity came from. Pure data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known of an entity, and where it came from."""

    name: str
    """`name`, `aliases`, `area`, `voice`, `available`, `state`, or an attribute."""
    value: object
    source: str
    """The topic that it was heard on, `discovery <topic>`, file and line such as `home.toml:12`, or the rule."""
    detail: str = ""
    """The template that read it, or the option that named it."""
    at_ms: int | None = None
    """When it was heard, milliseconds since the Unix epoch; None for what was never heard."""
    retained: bool = False
    """Whether the broker had kept it: the device may have said it long before `at_ms`."""
