"""Lengths of time and times of day, as people say them in English. Pure: knows no clock.

What is not wholly understood is not understood: "seven at grandma's" is no time.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from edge.core.text import normalize
from edge.nlu.paraphrase import tidy

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS: Mapping[str, int] = {word: n for n, word in enumerate(_SMALL)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_UNITS: Mapping[str, int] = {
    **dict.fromkeys(("second", "seconds", "sec", "secs"), 1),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), 60),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), 3600),
    **dict.fromkeys(("day", "days"), 86_400),
    **dict.fromkeys(("week", "weeks"), 604_800),
}
_HALF, _QUARTER = Fraction(1, 2), Fraction(1, 4)
_MAX_DIGITS = 15
"""Of a number; what is longer is no number that anybody means."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MANY: Mapping[str, tuple[int, ...]] = {
    **{f"{day}s": (n,) for n, day in enumerate(_WEEKDAYS)},
    "weekday": (0, 1, 2, 3, 4), "weekdays": (0, 1, 2, 3, 4), "workday": (0, 1, 2, 3, 4), "workdays": (0, 1, 2, 3, 4),
    "weekend": (5, 6), "weekends": (5, 6), "day": tuple(range(7)), "daily": tuple(range(7)),
}  # fmt: skip
_PARTS: Mapping[str, str] = {"morning": "am", "afternoon": "pm", "evening": "pm", "night": "night"}
_FILLER = frozenset(
    (
        "at",
        "on",
        "for",
        "the",
        "in",
        "of",
        "this",
        "next",
        "and",
        "clock",
        "oclock",
        "sharp",
        "about",
        "around",
        "alarm",
    )
)
_BEFORE_LENGTH = frozenset(("for", "of", "about", "around", "exactly", "timer"))
"""What a template with any words takes in with a length where somebody stammers."""
_GLUED = re.compile(r"(\d)([ap])m?\b")
_PACKED = re.compile(r"([01]?\d|2[0-3])([0-5]\d)")


def seconds_of(text: str) -> float | None:
    """A length of time; None where the text is none.

    >>> [seconds_of(text) for text in ("an hour and a half", "three quarters of an hour", "1.5 minutes", "five")]
    [5400.0, 2700.0, 90.0, None]
    """
    said = list(tidy(normalize(text).split()))
    total, unit, at = Fraction(0), 0, 0
    while said[at:] and said[at] in _BEFORE_LENGTH:
        at += 1
    while at < len(said):
        if said[at] == "and" and unit:
            at += 1
        amount, at = _amount(said, at)
        if amount is None:
            return None
        if at < len(said) and said[at] in _UNITS:
            unit = _UNITS[said[at]]
            total += amount * unit
            at += 1
        elif unit and amount < 1 and at == len(said):
            total += amount * unit  # "an hour and a half"
        elif unit > 1 and amount < 60 and at == len(said):
            total += amount * unit / 60  # "one hour thirty"
        else:
            return None
    return float(total) if unit else None


def _amount(said: Sequence[str], at: int) -> tuple[Fraction | None, int]:
    """How many of what follows, and where that is."""
    for phrase, amount in (
        (("a", "couple", "of"), Fraction(2)),
        (("a", "couple"), Fraction(2)),
        (("three", "quarters"), 3 * _QUARTER),
        (("a", "quarter"), _QUARTER),
        (("one", "quarter"), _QUARTER),
        (("quarter",), _QUARTER),
        (("a", "half"), _HALF),
        (("half",), _HALF),
    ):
        if tuple(said[at : at + len(phrase)]) == phrase:
            at += len(phrase)
            if amount < 1:
                at += said[at : at + 1] == ["of"]
                at += bool(said[at : at + 1]) and said[at] in ("a", "an")
            return amount, at
    if said[at : at + 1] and said[at] in ("a", "an") and said[at + 1 : at + 2] != ["hundred"]:
        whole: Fraction | None = Fraction(1)
        at += 1
    else:
        whole, at = _number(said, at)
    if whole is not None:
        for phrase, more in (
            (("and", "a", "half"), _HALF),
            (("and", "a", "quarter"), _QUARTER),
            (("and", "three", "quarters"), 3 * _QUARTER),
        ):
            end = at + len(phrase)
            # "Ten minutes and a half" is told by its own words; here the unit follows.
            if tuple(said[at:end]) == phrase and said[end : end + 1] and said[end] in _UNITS:
                return whole + more, end
    return whole, at


def _number(said: Sequence[str], at: int) -> tuple[Fraction | None, int]:
    """A number in digits or words up to 999, and where it ends."""
    word = said[at] if at < len(said) else ""
    if re.fullmatch(r"\d+([.,]\d+)?", word, re.ASCII):
        return (Fraction(word.replace(",", ".")), at + 1) if len(word) <= _MAX_DIGITS else (None, at)
    value: int | None = None
    if word in ("a", "one") and said[at + 1 : at + 2] == ["hundred"]:
        value, at = 100, at + 2
    elif word in _NUMBERS and said[at + 1 : at + 2] == ["hundred"]:
        value, at = 100 * _NUMBERS[word], at + 2
    if value is not None:
        at += said[at : at + 1] == ["and"] and at + 1 < len(said) and said[at + 1] in _NUMBERS
        word = said[at] if at < len(said) else ""
    if word in _NUMBERS:
        number, at = _NUMBERS[word], at + 1
        if number >= 20 and at < len(said) and 0 < _NUMBERS.get(said[at], 0) < 10:
            number, at = number + _NUMBERS[said[at]], at + 1
        value = (value or 0) + number
    return (None if value is None else Fraction(value)), at


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day, as far as it was said."""

    hour: int
    """0 to 23; 1 to 12 where `either`."""
    minute: int
    either: bool = False
    """Whether morning or evening was left open."""
    day: str = ""
    """today, tomorrow, or a weekday's number; empty: not said."""
    days: tuple[int, ...] = ()
    """Weekdays on which it is to be, each week."""

    def on_the_clock(self) -> str:
        """HH:MM; where `either`, of the morning."""
        return f"{self.hour % 12 if self.either else self.hour:02}:{self.minute:02}"


def time_of(text: str) -> ClockTime | None:  # noqa: PLR0912 - a branch for each kind of word
    """A time of day with its day or days; None where the text is none.

    >>> time_of("half past six tomorrow")
    ClockTime(hour=6, minute=30, either=True, day='tomorrow', days=())
    """
    said = _GLUED.sub(r"\1 \2m", normalize(text)).replace("o clock", "oclock").split()
    said = list(tidy(said))
    half, day, days, rest = "", "", set[int](), list[str]()
    repeats = "every" in said or "each" in said
    at = 0
    while at < len(said):
        word, after = said[at], said[at + 1] if at + 1 < len(said) else ""
        at += 1
        if word in ("am", "pm"):
            half = word
        elif word in ("a", "p") and after == "m":
            half, at = f"{word}m", at + 1
        elif word in ("every", "each"):
            continue
        elif word in _WEEKDAYS and repeats:
            days.add(_WEEKDAYS.index(word))
        elif word in _WEEKDAYS:
            if day:
                return None  # two days, and nobody has said that it is to be every week
            day = str(_WEEKDAYS.index(word))
        elif word in _MANY:
            days.update(_MANY[word])
        elif word in ("today", "tomorrow"):
            day = word
        elif word == "tonight":
            day, half = "today", "night"
        elif word in _PARTS:
            half = _PARTS[word]
            if repeats and not days and at > 1 and said[at - 2] in ("every", "each"):
                days.update(range(7))
        elif word not in _FILLER:
            rest.append(word)
    clock = _clock(rest, half)
    if clock is None or (day and days):
        return None
    hour, minute, either = clock
    return ClockTime(hour, minute, either, day, tuple(sorted(days)))


def _clock(said: Sequence[str], half: str) -> tuple[int, int, bool] | None:
    """Hour, minute and whether the half of the day is open."""
    if list(said) in (["noon"], ["midday"]):
        return 12, 0, False
    if list(said) == ["midnight"]:
        return 0, 0, False
    found = _hands(said)
    if found is None:
        return None
    hour, minute = found
    if not 0 <= hour <= 24 or not 0 <= minute <= 59 or (hour == 24 and minute):
        return None
    if hour == 0 or hour > 12:
        return None if half == ("pm" if hour == 0 else "am") else (hour % 24, minute, False)
    if half == "night":
        half = "pm" if 5 <= hour < 12 else "am"
    if half:
        return hour % 12 + (12 if half == "pm" else 0), minute, False
    return hour, minute, True


def _hands(said: Sequence[str]) -> tuple[int, int] | None:
    """Hour and minute of "half past six", "six thirty", "ten to seven", "7 30", "0630"."""
    joint = next((word for word in said[1:-1] if word in ("past", "after", "to", "before")), None)
    if joint is not None:
        return _from_the_hour(said[: said.index(joint)], joint, said[said.index(joint) + 1 :])
    if len(said) == 2 and said[0] == "half":  # as the British say it
        hour = _whole(said[1:])
        return None if hour is None else (hour, 30)
    if len(said) == 1 and re.fullmatch(r"\d{1,2}\.\d\d", said[0], re.ASCII):
        return int(said[0].split(".")[0]), int(said[0].split(".")[1])
    if len(said) == 1 and len(said[0]) >= 3 and (packed := _PACKED.fullmatch(said[0])):
        return int(packed[1]), int(packed[2])
    for split in range(1, len(said) + 1):
        hour, tail = _whole(said[:split]), said[split:]
        if hour is None or hour > 24:
            continue
        if not tail or list(tail) == ["hundred"]:
            return hour, 0
        if tail[0] in ("o", "oh", "zero"):
            tail = tail[1:]
        elif len(tail) == 1 and ((tail[0].isdecimal() and len(tail[0]) < 2) or _NUMBERS.get(tail[0], 10) < 10):
            continue  # "twenty one" is a number, and "six five" is none
        if (minute := _whole(tail)) is not None:
            return hour, minute
    return None


def _from_the_hour(minute: Sequence[str], joint: str, hour: Sequence[str]) -> tuple[int, int] | None:
    minutes, whole = _minutes(minute), _whole(hour)
    if minutes is None or whole is None or not 0 < minutes < 60 or not 0 <= whole <= 24:
        return None
    if joint in ("past", "after"):
        return whole, minutes
    return (12 if whole == 1 else (whole - 1) % 24), 60 - minutes


def _minutes(said: Sequence[str]) -> int | None:
    bare = [word for word in said if word not in ("minute", "minutes", "a")]
    return {"half": 30, "quarter": 15}.get(bare[0]) if bare in (["half"], ["quarter"]) else _whole(bare)


def _whole(said: Sequence[str]) -> int | None:
    number, end = _number(said, 0)
    return int(number) if number is not None and end == len(said) and number.denominator == 1 else None
