import pytest

from edge.nlu.spoken_time import ClockTime, seconds_of, time_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("ten minutes", 600),
        ("timer for ten minutes", 600),
        ("half an hour", 1800),
        ("an hour and a half", 5400),
        ("one and a half hours", 5400),
        ("two hours and a half", 9000),
        ("ninety seconds", 90),
        ("a quarter of an hour", 900),
        ("three quarters of an hour", 2700),
        ("a couple of minutes", 120),
        ("1 hour, 5 minutes and 10 seconds", 3910),
        ("a hundred and twenty minutes", 7200),
        ("one hour thirty", 5400),
        ("2.5 minutes please", 150),
        ("0 minutes", 0),
        ("1000000000 hours", 3_600_000_000_000),
        ("five", None),
        ("the pizza", None),
        ("ten minutes of fame", None),
        ("9" * 400 + " hours", None),
        ("", None),
    ],
)
def test_lengths(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("seven", ClockTime(7, 0, either=True)),
        ("7 o'clock", ClockTime(7, 0, either=True)),
        ("half past six tomorrow", ClockTime(6, 30, either=True, day="tomorrow")),
        ("7:30 p.m.", ClockTime(19, 30)),
        ("7am", ClockTime(7, 0)),
        ("ten to one", ClockTime(12, 50, either=True)),
        ("quarter to eight in the morning", ClockTime(7, 45)),
        ("six oh five", ClockTime(6, 5, either=True)),
        ("twenty one thirty", ClockTime(21, 30)),
        ("0630", ClockTime(6, 30, either=True)),
        ("nine at night", ClockTime(21, 0)),
        ("two at night", ClockTime(2, 0)),
        ("noon", ClockTime(12, 0)),
        ("12 am", ClockTime(0, 0)),
        ("eight tonight", ClockTime(20, 0, day="today")),
        ("every weekday at six", ClockTime(6, 0, either=True, days=(0, 1, 2, 3, 4))),
        ("6 every morning", ClockTime(6, 0, days=(0, 1, 2, 3, 4, 5, 6))),
        ("every monday and friday at 7", ClockTime(7, 0, either=True, days=(0, 4))),
        ("alarm for nine on saturday", ClockTime(9, 0, either=True, day="5")),
        ("monday and friday at 7", None),
        ("seven at grandma's", None),
        ("six five", None),
        ("25", None),
        ("7 75", None),
        ("13 am", None),
        ("", None),
    ],
)
def test_times(text: str, time: ClockTime | None) -> None:
    assert time_of(text) == time
