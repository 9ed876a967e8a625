"""What may leave the house of one closed turn: an allow-list. Pure.

A `TurnReport` is the only shape that leaves. It is made of closed types, of words that are published and of marks;
there is no field for an identifier, a time of day or a name, and nothing that is not put into it by name gets out.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge.core.turn import Turn
from edge.upstream.names import Names
from edge.upstream.randomised import RandomisedFacts
from edge.upstream.vocabulary import Vocabulary


class DayPart(StrEnum):
    """When it was said."""

    NIGHT = "night"
    """From 22 to 6."""
    MORNING = "morning"
    """To 12."""
    AFTERNOON = "afternoon"
    """To 18."""
    EVENING = "evening"


class Confidence(StrEnum):
    """How sure the recogniser was."""

    LOW = "low"
    """Below 0.5."""
    MIDDLE = "middle"
    HIGH = "high"
    """From 0.8."""
    TYPED = "typed"


class Layer(StrEnum):
    """Where a rewrite came from."""

    NONE = ""
    PERSONAL = "personal"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class TurnReport:
    """One turn. Texts are words of the published vocabulary and marks, at most 24."""

    language: str
    """Such as en."""
    day_part: DayPart
    confidence: Confidence
    heard: tuple[str, ...]
    """What was heard."""
    reading: str = ""
    """Intent and slots of what was made of that (`HassTurnOn area=kitchen domain=light`); empty where nothing was, and
    where a rewrite was served, as nobody knows then."""
    served: tuple[str, ...] = ()
    """The rewrite that was served in its place; empty where none was."""
    layer: Layer = Layer.NONE
    """Of the rewrite."""
    meant: tuple[str, ...] = ()
    """What was said in its place afterwards, and worked; empty where nothing was."""
    meant_reading: str = ""
    """Intent and slots of that."""
    worked: bool | None = None
    """Whether it did what was wanted, through randomised response. None where `meant` is there, which tells by itself
    that it did not, so that a randomised answer beside it would hide nothing; where the week's budget is spent; and
    where nothing tells."""


def report(
    turn: Turn,
    names: Names,
    vocabulary: Vocabulary,
    facts: RandomisedFacts,
    *,
    meant: Turn | None = None,
) -> TurnReport | None:
    """What may be told of a closed turn; None where nothing is.

    names: of the home that the turn was said in. meant: the turn of the id `verdict.meant_turn`, as only it tells what
    was made of what it said; without it what was meant is not told. The caller asks nothing for a home that keeps no
    words (`memory.keep`).
    """
    raise NotImplementedError
