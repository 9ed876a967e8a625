"""What a turn was taken for, as one stable string, and whether it came to something. Pure."""

from collections.abc import Iterable

from edge.core.questions import CONFIRM
from edge.core.talk import ABOUT_ANOTHER, TEACHING
from edge.core.turn import Part, Slot, Turn

RINGING = frozenset(("EdgeStopRinging", "EdgeSnooze"))
"""Intents of what is said to a timer that rings."""


def label_of(turn: Turn) -> str:
    """Intent and slots of what the turn was taken for, in one order; empty where nothing was understood.

    >>> from edge.core.home import HomeState
    >>> from edge.core.turn import Interpretation, Utterance
    >>> said = Interpretation("HassTurnOn", (Slot("name", "Lamp", "the lamp"), Slot("area", "Hall")), "")
    >>> label_of(Turn("1", 0, HomeState(), Utterance(()), interpretation=said))
    'HassTurnOn area=Hall name=Lamp'
    """
    said = turn.interpretation
    if said is None or turn.error:
        return ""
    return "; ".join(_part(part) for part in (Part(said.intent, said.slots), *said.also))


def _part(part: Part) -> str:
    return " ".join((part.intent, *_worded(part.slots)))


def _worded(slots: Iterable[Slot]) -> list[str]:
    return sorted(f"{slot.name}={slot.value}" for slot in slots)


def content_of(turn: Turn) -> float:
    """How content the understanding is with a turn: 0 nothing or refused, 0.5 a guess or a question which, 1 plain."""
    said, plan = turn.interpretation, turn.plan
    if said is None or plan is None or turn.error or plan.refusal is not None:
        return 0.0
    asks = plan.question is not None and plan.question != CONFIRM
    return 0.5 if asks or said.source == "nearest" else 1.0


def resolves(turn: Turn) -> bool:
    """Whether there is something to do or to tell in this home as it is, and nothing to ask but for a yes."""
    plan = turn.plan
    if turn.error or plan is None or turn.interpretation is None or turn.interpretation.source == "answer":
        return False
    return plan.refusal is None and plan.question in (None, CONFIRM) and is_request(turn)


def stands_alone(turn: Turn) -> bool:
    """Whether the words alone say what is meant, so that they mean the same another time."""
    return not turn.weighed and turn.interpretation is not None and turn.interpretation.source != "nearest"


def is_request(turn: Turn) -> bool:
    """Whether it is neither said about another turn, nor to what rings, nor teaching."""
    said = turn.interpretation
    intents = [said.intent] if said is not None else []
    intents += [reading.intent for reading in turn.readings[:1]]
    return not any(one in RINGING or one in ABOUT_ANOTHER or one.startswith(TEACHING) for one in intents)
