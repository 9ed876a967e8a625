"""Timers and alarms in words: what was set, what there is, what rings.

Home Assistant's own templates word what its intents of timers do where they can, in the household's language; alarms,
several timers, and what is said when one ends are worded here, in English until a language has its own.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from edge.core.home import HomeState
from edge.core.questions import again
from edge.core.timers import Timer, TimerAction, TimerDo, TimerKind
from edge.core.turn import Command, Turn, Verb
from edge.reply import actions

SENTENCES: Mapping[str, str] = {
    "no_timer": "There is no timer",
    "no_alarm": "There is no alarm",
    "no_such_timer": "Sorry, I couldn't find that timer",
    "no_such_alarm": "Sorry, I couldn't find that alarm",
    "none_runs": "No timer is running",
    "none_paused": "No timer is paused",
    "nothing_rings": "Nothing is ringing",
    "no_length": "Sorry, I don't know for how long. Say, for example, ten minutes",
    "no_time": "Sorry, a timer needs a second at least",
    "too_long": "Sorry, a timer can be a week long at most",
    "too_many_timers": "Sorry, there are {names} timers and alarms already. Cancel some first",
    "unknown_command": "Sorry, I don't understand what I should do then",
    "no_alarm_time": "Sorry, I don't know for when. Say, for example, at half past six tomorrow",
    "timers.past": "Sorry, that time of today is over",
    "timers.too_many": "Sorry, there are too many timers and alarms already. Cancel some first",
    "timers.not_kept": "Sorry, I cannot write that down, so I don't promise it",
    "timers.no_hub": "No hub is running here, so nobody would ring. Start it with: edge run",
}
"""Reason of a refusal -> what is said."""

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GROUPS: Mapping[tuple[int, ...], str] = {
    tuple(range(7)): "every day",
    (0, 1, 2, 3, 4): "every weekday",
    (5, 6): "at weekends",
}


def question(turn: Turn, action: TimerAction) -> str:
    """Which of several is meant."""
    found = [timer for timer in turn.timers if timer.id in action.ids]
    anew = turn.plan is not None and again(turn.plan.question or "") is None
    begin = "Sorry, which one" if anew else "Which one do you mean"
    return f"{begin}: {_listed([_called(timer) for timer in found], 'or')}?"


def later(asked: str, action: TimerAction | None) -> str:
    """A question whether something is to be done, with when: "Unlock the Front Door in 10 minutes?"."""
    if action is None or action.new is None:
        return asked
    return f"{asked.removesuffix('?')} in {length(action.new.seconds)}?"


def done(turn: Turn, action: TimerAction, now: dt.datetime) -> str | None:
    """What was done, or is the case; None for what Home Assistant has words for. now: local time."""
    found = [timer for timer in turn.timers if timer.id in action.ids]
    alarms = turn.interpretation is not None and "Alarm" in turn.interpretation.intent
    if action.do is TimerDo.START and action.new is not None:
        if action.new.then:
            return f"I'll {_then(action.new, turn.home)} in {length(action.new.seconds)}"
        return _set(action.new, now)
    if action.do is TimerDo.STATUS and not alarms and len(found) == 1 and found[0].ringing:
        return f"The {_called(found[0])} is done"
    if action.do is TimerDo.STATUS and (alarms or len(found) > 1):
        return _there_are(found, turn.opened_ms, now) if found else "No alarm is set"
    if action.do is TimerDo.CANCEL and len(found) == 1 and found[0].then:
        return f"OK, I won't {_then(found[0], turn.home)}"
    one_by_one = turn.interpretation is not None and turn.interpretation.intent == "HassCancelTimer"
    if action.do is TimerDo.CANCEL and one_by_one and len(found) > 1:
        return f"{len(found)} timers cancelled"
    if action.do is TimerDo.CANCEL and alarms:
        return "Alarm cancelled" if len(found) == 1 else f"{len(found)} alarms cancelled"
    if action.do is TimerDo.STOP:
        return "OK"
    if action.do is TimerDo.SNOOZE:
        return f"Snoozing for {length(action.seconds)}"
    return None


def slots(turn: Turn, action: TimerAction) -> dict[str, Any]:
    """What Home Assistant's templates look at beside what was said."""
    found = [timer for timer in turn.timers if timer.id in action.ids]
    hours, minutes, seconds = _parts(abs(action.seconds))
    said = {"hours": hours, "minutes": minutes, "seconds": seconds}
    filled = {unit: str(number) for unit, number in said.items() if number}
    about = [_Told(timer, turn.opened_ms) for timer in found]
    return {**filled, "canceled": len(found), "timers": about}


class _Told:
    """A timer as Home Assistant's template of the status looks at it."""

    def __init__(self, timer: Timer, now_ms: int) -> None:
        left = left_s(timer, now_ms)
        self.is_active = timer.due_ms is not None
        self.name = timer.name
        self.area = ""
        self.total_seconds_left = left
        # A minute more or less is nothing to one who waits an hour.
        if left >= 3600:
            left = round(left / 60) * 60
        self.rounded_hours_left, self.rounded_minutes_left, self.rounded_seconds_left = _parts(left)
        self.start_hours, self.start_minutes, self.start_seconds = _parts(timer.seconds)


def rung(timer: Timer) -> str:
    """What is said when it rings."""
    if timer.kind is TimerKind.ALARM:
        return f"It is {_clock(timer.at)}" if not timer.snoozed else "Time to get up"
    return f"The {_called(timer)} is done"


def missed(timer: Timer) -> str:
    """What is said of one that ended while nobody could ring."""
    what = f"alarm at {_clock(timer.at)}" if timer.kind is TimerKind.ALARM else _called(timer)
    undone = "; what it was to do was not done" if timer.then else ""
    return f"The {what} was missed, as the hub was off{undone}"


def described(timer: Timer, now_ms: int, now: dt.datetime) -> str:
    """A timer in a line: "pizza timer: 3 minutes 20 seconds left"."""
    if timer.kind is TimerKind.ALARM:
        return f"alarm {alarm_time(timer, now)}{', snoozed' if timer.snoozed else ''}"
    left = length(left_s(timer, now_ms))
    state = "ringing" if timer.ringing else f"{left} left" if timer.due_ms is not None else f"paused, {left} left"
    return f"{_called(timer)}: {state}"


def left_s(timer: Timer, now_ms: int) -> int:
    """Whole seconds that are left, 0 or more."""
    ms = timer.left_ms if timer.due_ms is None else timer.due_ms - now_ms
    return max(0, -(-(ms or 0) // 1000))


def length(seconds: int) -> str:
    """A length of time in words.

    >>> length(5400), length(61)
    ('1 hour 30 minutes', '1 minute 1 second')
    """
    units = [("day", seconds // 86_400), ("hour", seconds // 3600 % 24), ("minute", seconds // 60 % 60)]
    said = [_counted(number, unit) for unit, number in [*units, ("second", seconds % 60)] if number]
    return " ".join(said) or "0 seconds"


def alarm_time(timer: Timer, now: dt.datetime) -> str:
    """When an alarm rings, with the day as it is told today."""
    if timer.days:
        days = _GROUPS.get(timer.days) or "every " + _listed([_DAYS[day] for day in timer.days], "and")
        return f"at {_clock(timer.at)} {days}"
    date = dt.date.fromisoformat(timer.date)
    ahead = (date - now.date()).days
    if ahead in (0, 1):
        return f"at {_clock(timer.at)} {('today', 'tomorrow')[ahead]}"
    return f"at {_clock(timer.at)} on {_DAYS[date.weekday()]}" + ("" if 0 < ahead < 7 else f", {date.isoformat()}")


def _then(timer: Timer, home: HomeState) -> str:
    """What it is to do: "turn off the Hall Light"."""
    commands = [Command(later.entity_id, Verb(later.verb), later.args) for later in timer.then]
    names = {later.entity_id: later.names[0] for later in timer.then if later.names}
    names |= {i: home.entities[i].name for i in names if i in home.entities}
    said = actions.question(commands, names).removesuffix("?")
    return said[:1].lower() + said[1:]


def _set(new: Timer, now: dt.datetime) -> str:
    if new.kind is TimerKind.ALARM:
        return f"I'll wake you {alarm_time(new, now)}"
    return f"{new.name.capitalize() + ' timer' if new.name else 'Timer'} set for {length(new.seconds)}"


def _there_are(timers: Sequence[Timer], now_ms: int, now: dt.datetime) -> str:
    said = [described(timer, now_ms, now).replace(": ", ", ", 1) for timer in timers]
    if len(timers) == 1:
        return f"One {said[0]}"
    return f"{len(timers)} {timers[0].kind.value}s: " + "; ".join(said)


def _called(timer: Timer) -> str:
    """Name of a timer among others: by its name, else by its length; of an alarm: by its time."""
    if timer.kind is TimerKind.ALARM:
        return f"one at {_clock(timer.at)}" + (f" {_GROUPS.get(timer.days, '')}".rstrip() if timer.days else "")
    if timer.name:
        return f"{timer.name} timer"
    if timer.then and timer.then[0].names:
        return f"one for {actions.the(timer.then[0].names[0])}"
    # "Ten minute timer": the unit of a measure that stands before a noun has no plural.
    return " ".join(word.removesuffix("s") for word in f"{length(timer.seconds)} timer".split())


def _clock(at: str) -> str:
    hour, minute = (int(part) for part in at.split(":"))
    return f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def _parts(seconds: int) -> tuple[int, int, int]:
    return seconds // 3600, seconds // 60 % 60, seconds % 60


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str], join: str) -> str:
    return f"{', '.join(names[:-1])} {join} {names[-1]}" if len(names) > 1 else "".join(names)
