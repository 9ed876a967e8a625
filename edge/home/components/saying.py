"""How commands are said: a request to one device, to messages and goals. Pure.

Values outside a device's range are refused, never brought into it.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.core.home import Entity
from edge.core.turn import Scalar
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction, Message

SLACK_PERCENT = 2.0
"""Motors and dimmers stop near what was asked, and scales round."""


class Refuse(Exception):  # noqa: N818 - not an error: an answer
    """Why a command cannot be said to a device; see `edge.home.instruction.Unsayable`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to one device."""

    config: DeviceConfig
    args: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    entity: Entity | None = None
    """The device as it is now, where that is known."""
    code: str | None = field(default=None, repr=False)
    """What a lock or an alarm wants to hear."""
    toggles: set[str] = field(default_factory=set)
    """Keys of the words that turned out to mean two things; filled by `toggled`."""

    def with_args(self, **args: Scalar) -> "Ask":
        """The request with other arguments."""
        return Ask(self.config, args, self.entity, self.code, self.toggles)

    def message(self, topic_key: str, value: object, template_key: str = "", **more: object) -> Message:
        """The message that carries a value on one of the device's topics, through its template if it has one.

        Raises Refuse, and TemplateFailedError where the template fails on the value.
        """
        topic = self.config.text(topic_key)
        if topic is None or value is None:
            raise Refuse("act.unsupported")
        payload: str | None = plain(value)
        if template := self.config.template(template_key):
            about = {"entity_id": self.entity.entity_id} if self.entity else {}
            payload = template.render(**{"value": shortest(value), "name": self.config.name, **about, **more})
            if payload is None:
                raise Refuse("act.bad_template")
        return Message(topic, payload or "", max(1, int(self.config.number("qos") or 0)), self.config.flag("retain"))

    def numeric(self, name: str, low: float, high: float) -> float:
        """The argument as a number within the limits."""
        value = self.args.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise Refuse("act.bad_value")
        if not low <= value <= high:
            raise Refuse("act.bad_value")
        return float(value)

    def chosen(self, name: str, known: tuple[str, ...]) -> str:
        """The one of the device's words that the argument means, however it is written."""
        asked = _spoken(str(self.args.get(name, "")))
        found = next((one for one in known if _spoken(one) == asked), None)
        if found is None:
            raise Refuse("act.bad_value")
        return found

    def shows(self, *topic_keys: str) -> bool:
        """Whether the device reports on any of these topics."""
        return not self.config.flag("optimistic") and any(self.config.text(key) for key in topic_keys)

    def toggled(self, key: str, others: tuple[str, ...], done: tuple[str, ...], start: tuple[str, ...]) -> bool:
        """Whether nothing is to be sent, because the device is as wanted and its word would undo that.

        Where one word means two things (`payload_open` and `payload_close` of many a garage door) it is a toggle. It is
        safe in one of the states `start` only; where the state is another one, or not known, this raises Refuse. What
        is said is then marked as a toggle: the state is the old one until the device shows that it has begun.
        """
        word = self.config.text(key)
        if word is None or all(self.config.text(other) != word for other in others):
            return False
        self.toggles.add(key)
        state = self.entity.state if self.entity else None
        if state in done:
            return True
        if state not in start:
            raise Refuse("act.state_unknown")
        return False

    def attribute(self, name: str) -> float | None:
        """A number that the entity shows now."""
        value = self.entity.attributes.get(name) if self.entity else None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Rule:
    """How one verb is said to one kind of device."""

    say: Callable[[Ask], Instruction]
    takes: frozenset[str] = frozenset()
    """Arguments that the verb may have."""


def shortest(value: object) -> object:
    """The value, without the `.0` of a whole number: many devices only read whole numbers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def plain(value: object) -> str:
    """A value as it goes over the wire."""
    return str(shortest(value))


def is_in(*states: str) -> Goal:
    """The goal of being in one of these states."""
    return Goal(states=frozenset(states))


NOTHING_TO_DO = Instruction(())
"""What is said to a device that is as wanted already and must not be told again."""


def pressed(payload_key: str) -> Rule:
    """Sends one of the device's words."""
    return Rule(
        lambda ask: Instruction((ask.message("command_topic", ask.config.text(payload_key), "command_template"),))
    )


def switched(payload_key: str, state: str) -> Rule:
    """Turns what is on or off."""
    other, start = ("payload_off", "off") if state == "on" else ("payload_on", "on")

    def say(ask: Ask) -> Instruction:
        if ask.toggled(payload_key, (other,), (state,), (start,)):
            return NOTHING_TO_DO
        message = ask.message("command_topic", ask.config.text(payload_key), "command_template")
        return Instruction((message,), (is_in(state),) if ask.shows("state_topic") else ())

    return Rule(say)


def choice(arg: str, list_key: str, channel: str, *, attribute: str | None = None, also: tuple[str, ...] = ()) -> Rule:
    """Sets one of the words in a list of the device's; `also` are words that need not be listed.

    attribute: what shows it; None for the attribute of the argument's name.
    """

    def say(ask: Ask) -> Instruction:
        one = ask.chosen(arg, (*ask.config.texts(list_key), *also))
        message = ask.message(f"{channel}_command_topic", one, f"{channel}_command_template")
        goals = (Goal(equal={attribute or arg: one}),) if ask.shows(f"{channel}_state_topic") else ()
        return Instruction((message,), goals)

    return Rule(say, frozenset((arg,)))


def is_quick(pattern: str) -> bool:
    """Whether a device's pattern can be matched against a short text without taking for ever.

    Patterns come from outside: no repeated groups, no references back, few repetitions.
    """
    return len(pattern) <= 100 and not _SLOW.search(pattern) and len(_REPEATS.findall(pattern)) <= 3


_SLOW = re.compile(r"\)[*+{?]|\\\d|\(\?P=")
_REPEATS = re.compile(r"[*+]|\{\d*,\d*\}")


def fits(text: str, pattern: str | None) -> bool:
    """Whether a text is as the device's pattern wants it; true where the pattern is none that can be checked."""
    if pattern is None or not is_quick(pattern):
        return True
    try:
        return re.match(pattern, text) is not None
    except re.error:
        return True  # the device will say


def _spoken(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())
