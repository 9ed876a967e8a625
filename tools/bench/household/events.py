"""What happens in a simulated household, and how its people take what the hub does."""

from dataclasses import dataclass
from enum import StrEnum

from edge.core.home import HomeState
from edge.core.turn import EndReason, Hypothesis, Utterance
from tools.bench.household.truth import Truth, Verdict


@dataclass(frozen=True, slots=True)
class HomeChange:
    """Something in the home is different."""

    at_ms: int
    devices: tuple[str, ...]
    home: HomeState
    """Afterwards."""
    by: str
    """hand, self, or hub: the household did it, the thing itself, or the request before it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody says something to the hub."""

    id: int
    at_ms: int
    person: str
    text: str
    """As it is heard: with its slip, if there was one."""
    home: HomeState
    truth: Truth
    follows: bool = False
    """Whether it goes on from the request before it."""
    heard: tuple[tuple[str, float], ...] = ()
    """Readings of a recogniser with their confidence, best first; the first is `text`."""
    others: tuple[str, ...] = ()
    """Other wordings that this person has for it."""
    attempt: int = 0
    """How often it has been said before."""
    said: str = ""
    """As it was said."""
    own: str = ""
    """Which of the household's own meanings it is about; see `own_words`."""

    @property
    def utterance(self) -> Utterance:
        """What the hub hears."""
        return Utterance(
            tuple(Hypothesis(text, confidence) for text, confidence in self.heard), end_reason=EndReason.TYPED
        )


Event = HomeChange | Request


class Manner(StrEnum):
    """How a person takes what the hub made of a request."""

    CONTENT = "content"
    ANSWERS = "answers"
    REPHRASES = "rephrases"
    UNDOES = "undoes"
    """By voice; by hand it is `BY_HAND`."""
    BY_HAND = "by_hand"
    CORRECTS = "corrects"
    """ "No, I meant" and what they wanted."""
    GIVES_UP = "gives_up"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What comes of a turn."""

    manner: Manner
    verdict: Verdict
    interrupts: bool = False
    """Whether they talk over the reply."""
    request: Request | None = None
    """What they say next; it wants a reaction too."""
    changes: tuple[HomeChange, ...] = ()
    """What the hub did, and then their hands."""
