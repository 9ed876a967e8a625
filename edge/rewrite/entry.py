"""What the rewrite cache holds: phrases with how they went, and rules that say what is meant by one."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How a rule came to be, the surest first."""

    TAUGHT = "taught"
    """Somebody said so: "when I say movie time, dim the living room"."""

    AGREED = "agreed"
    """The hub offered to remember it, and somebody said yes."""

    CORRECTED = "corrected"
    """ "No, I meant ..." after what was done or refused."""

    REPHRASED = "rephrased"
    """It failed, and the same was said otherwise, which worked."""

    POOLED = "pooled"
    """Of all homes together: the global layer."""

    IMPORTED = "imported"
    """From a file that this home has not written. The last, as packed files hold the places of these."""


class State(StrEnum):
    """Whether a rule is served."""

    ACTIVE = "active"
    PAUSED = "paused"
    """By a person."""
    WITHDRAWN = "withdrawn"
    """By the guard: it hurt more than it helped."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that was said, or heard as that, and how it went as it is."""

    text: str
    """In the normal form of `edge.core.text`."""
    label: str
    """What was made of it, such as intent and slots in one string; empty where nothing was. Never looked into."""
    wins: float = 0.0
    losses: float = 0.0
    """Evidence, in turns; what was less than sure counts less than one, what is long ago fades."""
    last_day: int = 0
    """Days since the Unix epoch when it was last said."""


@dataclass(frozen=True, slots=True)
class Rule:
    """By `heard` this household means `means`."""

    id: str
    heard: str
    """The key, in normal form."""
    means: str
    """What is understood in its place, as it was said when it worked; normal form."""
    source: Source
    label: str = ""
    """What was made of `means` when it last worked, as in `Phrase`."""
    wins: float = 0.0
    losses: float = 0.0
    """Evidence for and against the rewrite: what brought it about, and how it went when it was served."""
    served: int = 0
    """How often it was."""
    confidence: float = 1.0
    """The recogniser's, in `heard` when it was learnt; 1 for typed text."""
    situation: str = ""
    """Where it holds alone, such as `hour:evening`; empty: always."""
    made_day: int = 0
    last_day: int = 0
    state: State = State.ACTIVE
