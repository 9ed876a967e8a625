"""When an alarm rings: local time and days to moments. Pure; the zone is passed in.

zone: of the house; None: the system's, as the C library knows it, with its daylight saving. A local time that a change
of the clocks leaves out counts by the clock as it was before, and so comes an hour later; one that comes twice counts
the first time.
"""

import datetime as dt
from dataclasses import replace

from edge.core.errors import InputError
from edge.core.timers import Timer

DAYTIME = (5, 11)
"""Hours that are of the morning where a day was said and not which half of it: an alarm at two is for the afternoon."""


def local(ms: int, zone: dt.tzinfo | None) -> dt.datetime:
    """Local date and time of a moment, without a zone."""
    return dt.datetime.fromtimestamp(ms / 1000, zone).replace(tzinfo=None)


def moment(when: dt.datetime, zone: dt.tzinfo | None) -> int:
    """The moment of a local date and time, milliseconds since the Unix epoch."""
    # Without a zone, `timestamp` takes the system's.
    return round(when.replace(tzinfo=zone).timestamp() * 1000)


def due(alarm: Timer, after_ms: int, zone: dt.tzinfo | None) -> int | None:
    """When an alarm rings: one with a date then, also where that is past; one with days next after `after_ms`.

    None where it has neither.
    """
    at = dt.time.fromisoformat(alarm.at)
    if alarm.date:
        return moment(dt.datetime.combine(dt.date.fromisoformat(alarm.date), at), zone)
    today = local(after_ms, zone).date()
    for days in range(9):  # eight, as today's may be past; nine, as a date may be left out
        date = today + dt.timedelta(days=days)
        if date.weekday() in alarm.days and (ms := moment(dt.datetime.combine(date, at), zone)) > after_ms:
            return ms
    return None


def dated(alarm: Timer, day: str, now_ms: int, zone: dt.tzinfo | None, *, either: bool) -> Timer:
    """The alarm with its time of day decided, its date where it rings once, and the moment that it rings next.

    day: as of `TimerAction`. either: whether morning or evening was left open: without a day it is what the clock
    shows next. Raises InputError (`timers.past`) for a time of today that is over.
    """
    at, now = dt.time.fromisoformat(alarm.at), local(now_ms, zone)
    times = [at]
    if either:
        evening = at.replace(hour=at.hour + 12)
        morning = DAYTIME[0] <= at.hour <= DAYTIME[1]
        times = [at, evening] if day in ("", "today") and not alarm.days else [at if morning else evening]
    if alarm.days:
        chosen = replace(alarm, at=f"{times[0]:%H:%M}")
        return replace(chosen, due_ms=due(chosen, now_ms, zone))
    dates = [now.date() + dt.timedelta(days=days) for days in range(9)]
    if day == "today":
        dates = dates[:1]
    elif day == "tomorrow":
        dates = dates[1:2]
    elif day:
        dates = [date for date in dates if date.weekday() == int(day)]
    for when in (dt.datetime.combine(date, time) for date in dates for time in times):
        if (ms := moment(when, zone)) > now_ms:
            return replace(alarm, at=f"{when:%H:%M}", date=f"{when:%Y-%m-%d}", due_ms=ms)
    raise InputError("timers.past", "that time of today is over")
