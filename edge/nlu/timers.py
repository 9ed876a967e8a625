"""What a sentence does with timers and alarms: which are meant, how long, when. Pure: sees the turn's timers alone.

As with devices, what was named and is not there never becomes another: "cancel the pizza timer" without one of that
name cancels none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.core.home import HomeState
from edge.core.text import normalize
from edge.core.timers import Later, Timer, TimerAction, TimerDo, TimerKind, ringing
from edge.core.turn import Command, Interpretation, Plan, Refusal, Slot
from edge.nlu.paraphrase import tidy
from edge.nlu.spoken_time import ClockTime, seconds_of, time_of

MAX_SECONDS = 7 * 86_400
"""A longer timer is misheard, or a case for the calendar."""
MAX_TIMERS = 50
"""Timers and alarms together; who has so many has a voice in the room that sets them by itself."""
SNOOZE_S = 9 * 60
"""As alarm clocks have it."""
COMMAND_SLOT = "conversation_command"
"""Home Assistant's name for what is to be done when the time has come."""

_DO: Mapping[str, TimerDo] = {
    "HassStartTimer": TimerDo.START,
    "HassCancelTimer": TimerDo.CANCEL,
    "HassCancelAllTimers": TimerDo.CANCEL,
    "HassIncreaseTimer": TimerDo.CHANGE,
    "HassDecreaseTimer": TimerDo.CHANGE,
    "HassPauseTimer": TimerDo.PAUSE,
    "HassUnpauseTimer": TimerDo.RESUME,
    "HassTimerStatus": TimerDo.STATUS,
    "EdgeSetAlarm": TimerDo.START,
    "EdgeCancelAlarm": TimerDo.CANCEL,
    "EdgeAlarmStatus": TimerDo.STATUS,
    "EdgeStopRinging": TimerDo.STOP,
    "EdgeSnooze": TimerDo.SNOOZE,
}
INTENTS = frozenset(_DO)

_UNITS: Mapping[str, int] = {"hours": 3600, "minutes": 60, "seconds": 1}
_JUST_A_TIMER = frozenset(
    (
        *("let me know", "tell me", "remind me", "notify me", "alert me", "warn me", "call me", "ring", "beep"),
        *("wake me", "wake me up", "wake us", "wake us up", "set an alarm", "set a timer", "set an alarm for me"),
        *("ring the bell", "ping me", "set alarm", "set timer", "start a timer", "get me up", "give me a shout"),
    )
)
"""Commands of Home Assistant's grammar that only say that it is to ring."""
_REMIND = ("remind me to ", "remind us to ", "remind me about ", "remind me of ", "remind me that ", "remind me ")
_WITHOUT = ("the ", "my ", "our ", "a ", "an ")


class _Refused(Exception):  # noqa: N818 - not an error: a plan that ends the reading early
    def __init__(self, code: str, subject: str = "") -> None:
        super().__init__()
        self.plan = Plan(refusal=Refusal(f"resolve.{code}", subject))


def timer_plan(
    interpretation: Interpretation,
    home: HomeState,
    timers: tuple[Timer, ...],
    command_plan: Callable[[Interpretation], Plan],
) -> Plan:
    """The plan for an interpretation whose intent is one of `INTENTS`.

    command_plan: the plan, with its questions, of what is to be done when the time has come, which the interpretation
    holds as its one or more `also`.
    """
    do = _DO[interpretation.intent]
    try:
        if do is TimerDo.START:
            if interpretation.intent == "EdgeSetAlarm":
                return _alarm(interpretation, home, timers)
            return _start(interpretation, home, timers, command_plan)
        if do in (TimerDo.STOP, TimerDo.SNOOZE):
            return _rung(interpretation, do, timers)
        return _of_those(interpretation, do, timers)
    except _Refused as refused:
        return refused.plan


def said_command(interpretation: Interpretation) -> str | None:
    """What is to be done when the time has come, in words; None where it is only to ring."""
    said = interpretation.slot(COMMAND_SLOT) if interpretation.intent == "HassStartTimer" else None
    text = normalize(str(said)) if said is not None else ""
    return None if not text or text in _JUST_A_TIMER or text.startswith(_REMIND) else text


def after_yes(plan: Plan, asked: Plan) -> Plan:
    """The plan after a yes to a question about what a timer is to do: it is done when the time has come, not now."""
    if asked.timer is None or not plan.commands:
        return plan
    return replace(plan, commands=(), timer=asked.timer)


def length_of(interpretation: Interpretation) -> int | None:
    """Whole seconds; None where no length was said. Raises _Refused."""
    text = interpretation.slot("length")
    if text is not None:
        seconds = seconds_of(str(text))
        if seconds is None:
            raise _Refused("no_length", str(text))
        return round(seconds)
    said = [(interpretation.slot(unit), size) for unit, size in _UNITS.items()]
    numbers = [value * size for value, size in said if isinstance(value, int | float) and not isinstance(value, bool)]
    return round(sum(numbers)) if numbers else None


def in_units(interpretation: Interpretation) -> Interpretation:
    """With its length in hours, minutes and seconds, as Home Assistant has it, where it was taken as it was said."""
    text = interpretation.slot("length")
    seconds = seconds_of(str(text)) if text is not None else None
    if seconds is None or not 0 < seconds <= MAX_SECONDS:
        return interpretation
    left, said = round(seconds), []
    for unit, size in _UNITS.items():
        if number := left // size:
            said.append(Slot(unit, number))
        left %= size
    kept = (slot for slot in interpretation.slots if slot.name != "length")
    return replace(interpretation, slots=(*said, *kept))


def _start(
    interpretation: Interpretation,
    home: HomeState,
    timers: tuple[Timer, ...],
    command_plan: Callable[[Interpretation], Plan],
) -> Plan:
    seconds = length_of(interpretation)
    if seconds is None:
        raise _Refused("no_length")
    if seconds < 1:
        raise _Refused("no_time")
    if seconds > MAX_SECONDS:
        raise _Refused("too_long")
    if len(timers) >= MAX_TIMERS:
        raise _Refused("too_many_timers", str(MAX_TIMERS))
    new = Timer("", seconds=seconds, name=_name(interpretation), area=_room(home))
    if said_command(interpretation) is None:
        return Plan(timer=TimerAction(TimerDo.START, new=new))
    if not interpretation.also:
        raise _Refused("unknown_command")
    first, *others = interpretation.also
    wanted = replace(interpretation, intent=first.intent, slots=first.slots, also=tuple(others))
    plan = command_plan(wanted)
    if plan.refusal is not None or (plan.question and plan.question != "confirm"):
        return plan
    commands = plan.commands or plan.pending
    if not commands:
        raise _Refused("not_supported")  # a question, or a timer within a timer
    new = replace(new, then=tuple(_later(command, home) for command in commands))
    action = TimerAction(TimerDo.START, new=new)
    return replace(plan, commands=(), timer=action)


def _later(command: Command, home: HomeState) -> Later:
    entity = home.entities[command.entity_id]
    about = (entity.names, entity.area, entity.device_class, entity.voice.value)
    return Later(command.entity_id, command.verb.value, command.args, *about)


def _alarm(interpretation: Interpretation, home: HomeState, timers: tuple[Timer, ...]) -> Plan:
    said = interpretation.slot("time")
    if said is None:
        raise _Refused("no_alarm_time")
    clock = time_of(str(said))
    if clock is None:
        # "Wake me in ten minutes" is a timer to whoever counts, and an alarm to whoever sleeps.
        bare = normalize(str(said)).removeprefix("in ").removeprefix("for ")
        if (seconds := seconds_of(bare)) is not None and 1 <= seconds <= MAX_SECONDS:
            slots = tuple(slot for slot in interpretation.slots if slot.name != "time")
            timer = replace(interpretation, intent="HassStartTimer", slots=slots)
            new = Timer("", seconds=round(seconds), area=_room(home), name=_name(timer))
            return Plan(timer=TimerAction(TimerDo.START, new=new))
        raise _Refused("no_alarm_time", str(said))
    if len(timers) >= MAX_TIMERS:
        raise _Refused("too_many_timers", str(MAX_TIMERS))
    new = Timer("", TimerKind.ALARM, at=clock.on_the_clock(), days=clock.days, area=_room(home))
    return Plan(timer=TimerAction(TimerDo.START, new=new, day=clock.day, either=clock.either))


def _rung(interpretation: Interpretation, do: TimerDo, timers: tuple[Timer, ...]) -> Plan:
    ring = ringing(timers)
    if not ring:
        raise _Refused("nothing_rings")
    seconds = (length_of(interpretation) or SNOOZE_S) if do is TimerDo.SNOOZE else 0
    if seconds > MAX_SECONDS:
        raise _Refused("too_long")
    return Plan(timer=TimerAction(do, tuple(timer.id for timer in ring), seconds=seconds))


def _of_those(interpretation: Interpretation, do: TimerDo, timers: tuple[Timer, ...]) -> Plan:
    """Something done to timers that there are; one that rings is stopped by whatever cancels it."""
    alarms = "Alarm" in interpretation.intent
    kind = TimerKind.ALARM if alarms else TimerKind.TIMER
    there = tuple(timer for timer in timers if timer.kind is kind)
    found = tuple(timer for timer in there if _fits(timer, interpretation))
    if do is TimerDo.STATUS:
        # That none is set is the answer; that none of that name is set is a refusal.
        if there and not found:
            raise _Refused("no_such_timer" if kind is TimerKind.TIMER else "no_such_alarm")
        return Plan(timer=TimerAction(do, tuple(timer.id for timer in found)))
    everyone = interpretation.intent == "HassCancelAllTimers" or "alarms" in normalize(interpretation.text).split()
    if not there and interpretation.intent == "HassCancelAllTimers":
        return Plan(timer=TimerAction(do))
    if not found:
        of_that_name = "such_" if there else ""
        raise _Refused(f"no_{of_that_name}{kind.value}")
    found = _able(found, do, everyone=everyone)
    action = TimerAction(do, tuple(timer.id for timer in found), seconds=_change(interpretation, do))
    if len(found) > 1 and not everyone:
        return Plan(question=f"which_{kind.value}", timer=action, asking=interpretation)
    return Plan(timer=action)


def _able(found: tuple[Timer, ...], do: TimerDo, *, everyone: bool) -> tuple[Timer, ...]:
    """Those of the timers that it can be done to; raises _Refused where it is none."""
    if do is TimerDo.PAUSE:
        able = tuple(timer for timer in found if timer.due_ms is not None and not timer.ringing)
        code = "none_runs"
    elif do is TimerDo.RESUME:
        able, code = tuple(timer for timer in found if timer.due_ms is None), "none_paused"
    elif do is TimerDo.CHANGE:
        able, code = tuple(timer for timer in found if not timer.ringing), "no_timer"
    else:
        return found if everyone else ringing(found) or found
    if not able:
        raise _Refused(code)
    return able


def _change(interpretation: Interpretation, do: TimerDo) -> int:
    """How much longer a timer is to be; 0 where that is not what is asked. Raises _Refused."""
    if do is not TimerDo.CHANGE:
        return 0
    seconds = length_of(interpretation)
    if not seconds:
        raise _Refused("no_length")
    if seconds > MAX_SECONDS:
        raise _Refused("too_long")
    return seconds if interpretation.intent == "HassIncreaseTimer" else -seconds


def _fits(timer: Timer, interpretation: Interpretation) -> bool:
    """Whether it is what the sentence says: of that name, length, room or time."""
    name = _name(interpretation)
    if name and _bare(name) != _bare(timer.name):
        return False
    starts = [interpretation.slot(f"start_{unit}") for unit in _UNITS]
    if any(start is not None for start in starts):
        wanted = sum(n * size for n, size in zip(starts, _UNITS.values(), strict=True) if isinstance(n, int | float))
        if timer.seconds != wanted:
            return False
    area = interpretation.slot("area")
    if area and normalize(str(area)) not in (normalize(timer.area or ""), _bare(timer.name)):
        return False
    said = interpretation.slot("time")
    if said is not None and timer.kind is TimerKind.ALARM:
        clock = time_of(str(said))
        return clock is not None and shows(timer, clock)
    return True


def shows(timer: Timer, clock: ClockTime) -> bool:
    """Whether an alarm is for that time."""
    hour, minute = (int(part) for part in timer.at.split(":"))
    same = hour % 12 == clock.hour % 12 if clock.either else hour == clock.hour
    return same and minute == clock.minute and (not clock.days or clock.days == timer.days)


def _name(interpretation: Interpretation) -> str:
    said = interpretation.slot("name")
    if said is not None:
        return " ".join(tidy(_bare(str(said)).split())[:12])
    command = interpretation.slot(COMMAND_SLOT)
    text = normalize(str(command)) if command is not None else ""
    return next((text.removeprefix(start) for start in _REMIND if text.startswith(start)), "")


def _bare(name: str) -> str:
    plain = normalize(name)
    return next((plain.removeprefix(word) for word in _WITHOUT if plain.startswith(word)), plain)


def _room(home: HomeState) -> str | None:
    room = home.area(home.mic_area)
    return room.name if room else None
