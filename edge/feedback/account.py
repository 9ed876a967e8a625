"""What a turn tells of itself: whether it came to something, what it was taken for, whether it stands alone. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from edge.core.lessons import LessonAction, LessonDo
from edge.core.talk import ABOUT_ANOTHER, MEANT, MEANT_REQUEST, OTHER, TEACHING
from edge.core.turn import Command, Plan, Result, Slot, Turn

DONE = 0.6
"""That a request was right which every device has confirmed, and nobody has objected to: weak, as people put up with
much."""
ANSWERED = 0.4
"""The same of an answer, and of what no device can confirm."""
NOT_UNDERSTOOD, REFUSED = 0.9, 0.8
"""That something else was wanted than to be told so."""

_ENDS = frozenset(("stop", "silence", "cancel"))
_REFERENCE, _VERB = "ref", "verb"
_GOES_ON = frozenset(("more", "less"))
"""Verbs whose object is what was spoken of."""

_MEANT_SO = frozenset(("resolve.not_allowed", "resolve.gone"))
"""Refusals of what was well understood."""
_ASIDE = ("timers.", "learn.", "lesson.", "teach.")


class Account(NamedTuple):
    """How it went, as far as the turn itself tells."""

    success: bool | None
    confidence: float
    waits: bool = False
    """Whether it asked something, so that the answer tells."""
    agreed: bool = False
    """Whether somebody was asked for a yes to just that, and gave it."""


NOTHING = Account(None, 0.0)


def account(turn: Turn) -> Account:
    """How a turn went by itself. A device that does not answer says nothing about what was understood."""
    plan = turn.plan
    if turn.error:
        missed = turn.error.startswith("understand.") and turn.error != "understand.nothing_heard"
        return Account(False, NOT_UNDERSTOOD) if missed else NOTHING
    if plan is None or is_lesson(turn):
        return NOTHING
    if plan.refusal is not None:
        code = plan.refusal.code
        aside = code in _MEANT_SO or code.startswith(_ASIDE)
        return NOTHING if aside else Account(False, REFUSED)
    if plan.question is not None:
        return Account(None, 0.0, waits=True)
    if plan.commands:
        results = [one.result for one in turn.outcome.commands] if turn.outcome is not None else []
        sure = bool(results) and all(result is Result.CONFIRMED for result in results)
        return Account(True, DONE) if sure else NOTHING
    if turn.interpretation is None or is_answer(turn):
        return NOTHING
    return Account(True, ANSWERED)


def is_answer(turn: Turn) -> bool:
    """Whether it answers what the hub had asked."""
    return turn.interpretation is not None and turn.interpretation.source == "answer"


def is_lesson(turn: Turn) -> bool:
    """Whether it teaches, or asks what was learned, and does nothing besides; also where that was refused."""
    teaches = _lesson(turn) is not None or any(one.startswith(TEACHING) for one in intents(turn))
    return teaches and not any(commands(turn.plan))


def asks_whether_it_worked(turn: Turn) -> bool:
    """Whether the hub asked if what it did was right, so that a yes or no is about this very turn."""
    lesson = _lesson(turn)
    return lesson is not None and lesson.do is LessonDo.WORKED


def _lesson(turn: Turn) -> LessonAction | None:
    return None if turn.plan is None else turn.plan.lesson


def intents(turn: Turn) -> frozenset[str]:
    """What it was taken for, and what its words may say first."""
    said = [turn.interpretation] if turn.interpretation is not None else []
    return frozenset(one.intent for one in (*said, *turn.readings[:1]))


def corrects(turn: Turn) -> bool:
    """Whether it says what was meant by the turn before."""
    return not intents(turn).isdisjoint((MEANT_REQUEST, MEANT, OTHER))


def ends(turn: Turn) -> bool:
    """Whether it says no more than that something is to stop."""
    verbs = {str(one.slot("verb")) for one in turn.readings if one.slot("verb") is not None}
    return (bool(verbs) and verbs <= _ENDS) or "HassNevermind" in intents(turn)


def says(turn: Turn) -> tuple[object, ...]:
    """What it was taken for, to be compared: intents and slots, in any order of the slots; empty for nothing."""
    said = turn.interpretation
    if said is None or turn.error:
        return ()
    parts = [(said.intent, said.slots), *((part.intent, part.slots) for part in said.also)]
    return tuple((intent, _worded(slots)) for intent, slots in parts)


def _worded(slots: tuple[Slot, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((slot.name, str(slot.value)) for slot in slots))


def stands_alone(turn: Turn) -> bool:
    """Whether its words mean the same another time: they point at nothing that was said or done before."""
    said = turn.interpretation
    if said is None or is_answer(turn) or is_lesson(turn):
        return False
    # Of a correction the request follows on what marks it as one.
    first = [one for one in turn.readings[:2] if one.intent != MEANT_REQUEST][:1]
    if any(one.intent in ABOUT_ANOTHER for one in (said, *first)):
        return False
    return all(one.slot(_REFERENCE) is None and one.slot(_VERB) not in _GOES_ON for one in (said, *first))


def deeds(plan: Plan | None) -> frozenset[tuple[object, ...]]:
    """What a plan does, or would do after a yes."""
    return frozenset((c.entity_id, c.verb.value, *sorted(c.args.items())) for c in commands(plan))


def commands(plan: Plan | None) -> Iterator[Command]:
    """What it does, and what it would do after a yes."""
    if plan is not None:
        yield from (*plan.commands, *plan.pending)
