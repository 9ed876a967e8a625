"""What needs no weighing, since only one thing can be meant: above all that nothing is done to anything else. Pure.

"Put it back" is about the last thing that was done, "and the bedroom" about the last thing that was asked; where that
cannot be, nothing that was said earlier takes its place. A device that is not there any more is no other one.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.core.text import words
from edge.core.timers import Timer, TimerAction, TimerDo, TimerKind
from edge.core.turn import Interpretation, Part, Plan, Refusal, Spoken, Turn, Verb
from edge.nlu import open as opened
from edge.nlu import talk
from edge.nlu.open import VERBS
from edge.nlu.option import Now, commanded, targets
from edge.nlu.policy import guarded
from edge.nlu.resolve import resolve

JUST_NOW_MS = 60_000
_ONLY_ONCE = frozenset((Verb.ACTIVATE, Verb.PRESS, Verb.NEXT, Verb.PREVIOUS, Verb.LOCATE))
"""What was done so cannot be taken back: nobody knows what it was like before."""
_GOES_ON = (opened.ALSO, opened.MEANT, opened.OTHER)

Found = tuple[Interpretation, Plan]


def certain(turn: Turn) -> Found | None:
    """What the sentence means after what was said before, and its plan; None where that has to be weighed."""
    readings = [reading for reading in turn.readings if reading.intent in opened.OPEN_INTENTS]
    if not readings or (turn.interpretation is not None and turn.interpretation not in readings):
        return None
    reading, spoken = readings[0], next(iter(turn.context.spoken), None)
    now = Now(turn.home, turn.context, turn.opened_ms)
    just_now = spoken is not None and turn.opened_ms - spoken.at_ms <= JUST_NOW_MS
    if spoken is not None and just_now and (lost := _lost(reading, spoken, now)) is not None:
        return reading, lost
    if reading.intent == opened.UNDO:
        return _undone(reading, turn, now)
    if reading.intent in _GOES_ON and spoken is not None and _later(spoken) is not None:
        return _also_later([r for r in readings if r.intent in _GOES_ON], spoken, now, turn)
    return None


def _lost(reading: Interpretation, spoken: Spoken, now: Now) -> Plan | None:
    """The refusal where "it" was spoken of just now, and cannot be reached."""
    ids = targets(spoken.plan)
    if reading.intent == opened.DO and reading.slot("ref") is not None:
        ways = VERBS.get(str(reading.slot("verb")), ())
        ids = tuple(one for one in ids if any(one.partition(".")[0] in way.domains for way in ways))
    elif reading.intent != opened.UNDO:
        return None
    there = [now.home.entities[one] for one in ids if one in now.home.entities]
    if not ids or any(entity.available for entity in there):
        return None
    said = spoken.interpretation.slot("name")
    return _refused("gone", there[0].name if there else str(said) if said else "it")


def _later(spoken: Spoken) -> Timer | None:
    """The timer that the turn had something done with."""
    timer = spoken.plan.timer.new if spoken.plan.timer is not None else None
    return timer if timer is not None and timer.then else None


def _undone(reading: Interpretation, turn: Turn, now: Now) -> Found | None:
    """The timer that was set last is cancelled, where nothing was done since; else that has to be put back."""
    spoken = _to_undo(turn.context.spoken)
    since = max((one.at_ms for one in turn.context.spoken), default=0)
    kept = _later(spoken) if spoken is not None else None
    if (spoken is None or spoken.at_ms == since) and (timer := _set_last(turn, kept, since)) is not None:
        intent = "EdgeCancelAlarm" if timer.kind is TimerKind.ALARM else "HassCancelTimer"
        cancelled = replace(reading, intent=intent, slots=())
        return cancelled, Plan(timer=TimerAction(TimerDo.CANCEL, (timer.id,)))
    if spoken is None:
        return reading, _refused("as_it_was")
    if "cancel" in words(reading.text):
        # What has been done is undone by other words: "cancel" is also said to a request that has just failed.
        return reading, _refused("no_referent")
    if back := tuple(talk.back(spoken, now)):
        return commanded(reading, back, now)
    commands = (*spoken.plan.commands, *spoken.plan.pending)
    once = next((command.entity_id for command in commands if command.verb in _ONLY_ONCE), None)
    if once is not None:
        entity = now.home.entities.get(once)
        return reading, _refused("no_undo", entity.name if entity else once)
    return reading, _refused("as_it_was")


def _to_undo(spoken: Sequence[Spoken]) -> Spoken | None:
    """The last turn that did something and was not put back since; where all were, the putting back itself."""
    undone, acting = 0, [one for one in spoken if one.plan.commands or one.plan.pending or _later(one)]
    for one in acting:
        if one.interpretation.intent == opened.UNDO:
            undone += 1
        elif undone:
            undone -= 1
        else:
            return one
    return next(iter(acting), None)


def _set_last(turn: Turn, kept: Timer | None, since: int) -> Timer | None:
    """The timer that was set after what was spoken of last, or by it."""
    if kept is not None:
        return next((timer for timer in turn.timers if timer.id == kept.id), None)
    new = [t for t in turn.timers if t.since_ms >= max(since, turn.opened_ms - JUST_NOW_MS) and not t.days]
    return max(new, key=lambda timer: timer.since_ms, default=None)


def _also_later(readings: list[Interpretation], spoken: Spoken, now: Now, turn: Turn) -> Found:
    """The same somewhere else, as much later: what was asked for later is never done at once."""
    base = spoken.interpretation
    for reading in readings if len(base.also) == 1 else ():
        first = replace(base, intent=base.also[0].intent, slots=base.also[0].slots, also=())
        meant = talk.moved(first, reading, spoken, now) if reading.intent == opened.ALSO else None
        if meant is None:
            continue
        later = replace(base, also=(Part(meant.intent, meant.slots),), text=reading.text)
        plan = guarded(resolve(later, now.home, turn.timers), now.home)
        if plan.timer is not None and plan.refusal is None:
            return later, plan
    return readings[0], _refused("no_referent")


def _refused(reason: str, subject: str = "") -> Plan:
    return Plan(refusal=Refusal(f"resolve.{reason}", subject))
