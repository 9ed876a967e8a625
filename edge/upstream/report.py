"""What may leave the house of one closed turn: an allow-list. Pure.

A `TurnReport` is the only shape that leaves. It is made of closed types, of words that are published and of marks;
there is no field for an identifier, a time of day or a name, and nothing that is not put into it by name gets out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from edge.core.questions import CONFIRM
from edge.core.text import normalize
from edge.core.turn import EndReason, Interpretation, Turn, Utterance
from edge.upstream.names import Names, Words
from edge.upstream.randomised import RandomisedFacts
from edge.upstream.readings import SLOTS, listed, reading_of
from edge.upstream.risk import risky_plan, risky_request, risky_words
from edge.upstream.vocabulary import Vocabulary
from edge.upstream.wording import says_something, told


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


PAGE = 1
"""Version of docs/privacy.md, which whoever has reports sent agrees to: raised with whatever else may leave."""
MAX_CHARS = 800
"""Of all texts of a report: nobody asks for more in one breath, and what carries a report has room for it."""


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

    Never told: what nothing was made of and that nobody said otherwise afterwards (false wakes, the television);
    answers, lessons, timers, messages, lists and searches; what is said about the turn before or goes on from it; what
    is about anything that opens, arms, watches or burns, in what was heard, served or meant; a turn that knows no hour.
    """
    verdict, hour = turn.verdict, turn.context.hour
    if verdict is None or hour is None or not _may_be_told(turn):
        return None
    served = told(turn.rewrite.text, names, vocabulary) if turn.rewrite is not None else ()
    instead: Words = ()
    instead_reading = ""
    if verdict.success is False and verdict.meant and meant is not None and meant.id == verdict.meant_turn:
        if not _may_be_meant(meant) or risky_words(normalize(verdict.meant).split()):
            return None
        instead = told(verdict.meant, names, vocabulary)
        instead_reading = _reading(meant, names, vocabulary)
        if not says_something(instead):
            return None
    if not instead and (verdict.success is None or not _understood(turn)):
        return None
    heard = told(_heard(turn), names, vocabulary, like=(served, instead))
    if heard == instead or not says_something(heard):
        return None  # what was wrong was a name, and nobody else has it
    made = TurnReport(
        language=vocabulary.language,
        day_part=_day_part(hour),
        confidence=_confidence(turn.utterance),
        heard=heard,
        reading=_reading(turn, names, vocabulary, heard) if turn.rewrite is None else "",
        served=served,
        layer=_layer(turn),
        meant=instead,
        meant_reading=instead_reading,
        worked=facts.told(verdict.success) if not instead and verdict.success is not None else None,
    )
    texts = (made.heard, made.served, made.meant)
    chars = sum(len(word) + 1 for text in texts for word in text) + len(made.reading) + len(made.meant_reading)
    return made if chars <= MAX_CHARS else None


_MEANT = "EdgeMeantRequest"
_GOES_ON = frozenset(("more", "less"))


def _may_be_told(turn: Turn) -> bool:
    plan = turn.plan
    if turn.asked is not None and turn.interpretation is not None and turn.interpretation.source == "answer":
        return False
    if plan is not None and (plan.timer is not None or plan.lesson is not None):
        return False
    if turn.rewrite is not None and turn.rewrite.source in ("taught", "agreed"):
        return False  # a household's own phrase is nobody else's
    said = [one for one in (turn.interpretation, *turn.readings[:1]) if one is not None]
    if not all(listed(one) and _stands_alone(one) and not risky_request(one) for one in said):
        return False
    texts = [_heard(turn), turn.rewrite.text if turn.rewrite is not None else ""]
    return not risky_plan(plan, turn.home) and not any(risky_words(normalize(text).split()) for text in texts)


def _may_be_meant(turn: Turn) -> bool:
    if any(one.intent == _MEANT for one in turn.readings[:1]):
        turn = replace(turn, readings=())  # "no, I meant" is said about the other turn, and the rest is the request
    return turn.interpretation is not None and _understood(turn) and _may_be_told(turn)


def _stands_alone(said: Interpretation) -> bool:
    """Whether it means the same another time: it points at nothing that was said before."""
    return said.source != "answer" and said.slot("ref") is None and said.slot("verb") not in _GOES_ON


def _understood(turn: Turn) -> bool:
    """Whether something came of it. A guess is none, as the television is guessed at, too."""
    said, plan = turn.interpretation, turn.plan
    if said is None or plan is None or turn.error or plan.refusal is not None:
        return False
    return said.source != "nearest" and plan.question in (None, CONFIRM)


def _heard(turn: Turn) -> str:
    """The reading that a rewrite stands for, else the likeliest."""
    return (turn.rewrite.heard if turn.rewrite is not None else "") or turn.utterance.text


def _reading(turn: Turn, names: Names, vocabulary: Vocabulary, heard: Words = ()) -> str:
    """Of what the words say: what the context made of them holds in this home only."""
    if turn.error:
        return ""
    for said in (turn.interpretation, *turn.readings[:1]):
        if said is not None and all(slot.name in SLOTS for slot in said.slots):
            return reading_of(said, names, vocabulary, heard=heard)
    return ""


def _layer(turn: Turn) -> Layer:
    if turn.rewrite is None:
        return Layer.NONE
    return Layer.GLOBAL if turn.rewrite.layer == Layer.GLOBAL else Layer.PERSONAL


def _day_part(hour: float) -> DayPart:
    if not 6 <= hour < 22:
        return DayPart.NIGHT
    return DayPart.MORNING if hour < 12 else DayPart.AFTERNOON if hour < 18 else DayPart.EVENING


def _confidence(utterance: Utterance) -> Confidence:
    if utterance.end_reason is EndReason.TYPED:
        return Confidence.TYPED
    sure = utterance.hypotheses[0].confidence if utterance.hypotheses else 0.0
    return Confidence.HIGH if sure >= 0.8 else Confidence.MIDDLE if sure >= 0.5 else Confidence.LOW
