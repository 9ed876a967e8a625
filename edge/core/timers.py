"""Timers and alarms as a turn knows them: those there are, and what is to be done with them.

A timer counts down and is kept by the moment that it ends; an alarm is kept as the household says it, as local time and
days, so that a clock that was wrong and daylight saving move the moment and not the alarm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TimerKind(StrEnum):
    """What it is called."""

    TIMER = "timer"
    ALARM = "alarm"


class TimerDo(StrEnum):
    """What can be asked of timers."""

    START = "start"
    CANCEL = "cancel"
    CHANGE = "change"
    PAUSE = "pause"
    RESUME = "resume"
    STATUS = "status"
    STOP = "stop"
    """Of those that ring."""
    SNOOZE = "snooze"
    """Of those that ring: to ring again."""


@dataclass(frozen=True, slots=True)
class Later:
    """One command that waits for its time, with the device as it was when it was asked for."""

    entity_id: str
    verb: str
    """A `Verb`."""
    args: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """As of a `Command`."""
    names: tuple[str, ...] = ()
    area: str | None = None
    device_class: str | None = None
    voice: str = "allowed"
    """A `Voice`: what a voice might do to it then."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer or an alarm."""

    id: str
    kind: TimerKind = TimerKind.TIMER
    seconds: int = 0
    """How long a timer was set for: what people tell it by."""
    due_ms: int | None = None
    """When it ends or rings next, milliseconds since the Unix epoch; None while it is paused."""
    left_ms: int | None = None
    """What is left of a paused one."""
    name: str = ""
    """As it was said."""
    area: str | None = None
    """Name of the room that it was set in."""
    at: str = ""
    """Local time of an alarm, HH:MM."""
    date: str = ""
    """Local date of an alarm that rings once, YYYY-MM-DD."""
    days: tuple[int, ...] = ()
    """Weekdays of an alarm that rings on each of them; 0 is Monday."""
    then: tuple[Later, ...] = ()
    """What is done when it ends, in place of ringing."""
    since_ms: int = 0
    """When it was set, or has rung last."""
    ringing: bool = False
    """Since `due_ms`."""
    snoozed: bool = False
    """Whether `due_ms` is the end of a snooze, and not what `at` says."""


@dataclass(frozen=True, slots=True)
class TimerAction:
    """What a plan does with timers."""

    do: TimerDo
    ids: tuple[str, ...] = ()
    """Of the timers meant; those that a question asks between."""
    new: Timer | None = None
    """What is started; without an id, and without a moment, until it is kept."""
    seconds: int = 0
    """How much longer (below 0: shorter), and how long a snooze is; 0: as usual."""
    day: str = ""
    """The day that was said for an alarm: today, tonight, tomorrow, or a weekday's number; none: the next there is."""
    either: bool = False
    """Whether the hour was said without telling morning from evening."""


def ringing(timers: Iterable[Timer]) -> tuple[Timer, ...]:
    """Those that ring now, in order: what "stop", "that's enough" and "snooze" are said to."""
    return tuple(timer for timer in timers if timer.ringing)
