"""Where the hub has what it knows of a device from, fact by fact."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of an entity, and how."""

    name: str
    """name, aliases, area, voice, availability, state, or an attribute's name."""
    value: object
    source: str
    """A topic, `discovery <topic>`, or file and line, such as `home.toml:12`."""
    detail: str = ""
    """The template that read it, or the option that named the topic, or the rule that decided."""
    at_ms: int | None = None
    """When it was heard, milliseconds since the Unix epoch; None where it was not heard but configured."""
    retained: bool = False
    """Whether the broker had kept it."""
