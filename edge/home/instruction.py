"""What is sent to a device to have a command obeyed, and how the device shows that it did. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.core.home import Entity
from edge.home import color


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish."""

    topic: str
    payload: str = field(repr=False)
    """Kept out of every log: it may hold a lock's code."""
    qos: int = 1
    """At least 1: only the broker's acknowledgement tells a silent device from a broker that is gone."""
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """One way in which an entity shows that it obeyed; whatever is left empty may be anything."""

    states: frozenset[str] = frozenset()
    near: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))
    """Attribute (or `state`, of what is itself a number) -> wanted value and largest difference."""
    equal: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """Attribute -> wanted word or truth value."""
    rgb: color.Rgb | None = None

    def met_by(self, entity: Entity) -> bool:
        """Whether the entity is as wanted."""
        if self.states and entity.state not in self.states:
            return False
        if any(entity.attributes.get(name) != word for name, word in self.equal.items()):
            return False
        for name, (wanted, slack) in self.near.items():
            value = _number(entity.state) if name == "state" else entity.attributes.get(name)
            if not isinstance(value, int | float) or abs(value - wanted) > slack:
                return False
        return self.rgb is None or _shows(entity.attributes.get("color"), self.rgb)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A command in the device's own terms."""

    messages: tuple[Message, ...]
    """In the order in which they are sent."""
    goals: tuple[Goal, ...] = ()
    """The device obeyed when any of them is met; empty for a device that cannot report."""
    toggle: bool = False
    """Whether one word means two things to the device: said twice it undoes itself, and what it does now is known from
    its state alone. Without messages: it is as wanted, so the word would undo that."""

    def met_by(self, entity: Entity) -> bool:
        """Whether the entity shows that the device obeyed."""
        return any(goal.met_by(entity) for goal in self.goals)


@dataclass(frozen=True, slots=True)
class Unsayable:
    """Why a command cannot be said to a device."""

    code: str
    """`act.unsupported`, `act.bad_value`, `act.code_needed`, `act.bad_code`, `act.bad_template`, or `act.state_unknown`
    where what is asked for depends on a value that the device has not told."""


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _shows(value: object, wanted: color.Rgb) -> bool:
    shown = color.read(value)
    return shown is not None and color.same(shown, wanted)
