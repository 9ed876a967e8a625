import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from edge.core.errors import InputError
from edge.core.timers import Timer, TimerKind
from edge.timers import when

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY_EVENING = when.moment(dt.datetime(2026, 3, 25, 18, 0), BERLIN)  # noqa: DTZ001 - local, as all here


def alarm(at: str, *days: int, date: str = "") -> Timer:
    return Timer("a", TimerKind.ALARM, at=at, days=days, date=date)


@pytest.mark.parametrize(
    ("at", "day", "either", "rings"),
    [
        ("07:00", "", True, "2026-03-25 19:00"),
        ("05:30", "", True, "2026-03-26 05:30"),
        ("07:00", "", False, "2026-03-26 07:00"),
        ("07:00", "tomorrow", True, "2026-03-26 07:00"),
        ("02:00", "tomorrow", True, "2026-03-26 14:00"),
        ("00:00", "tomorrow", True, "2026-03-26 12:00"),
        ("20:00", "today", False, "2026-03-25 20:00"),
        ("09:00", "2", True, "2026-04-01 09:00"),
        ("19:00", "2", False, "2026-03-25 19:00"),
        # The night on which two o'clock is left out.
        ("02:30", "6", False, "2026-03-29 03:30"),
    ],
)
def test_what_was_left_open_is_decided(at: str, day: str, either: bool, rings: str) -> None:
    found = when.dated(alarm(at), day, WEDNESDAY_EVENING, BERLIN, either=either)
    assert found.due_ms is not None
    assert f"{when.local(found.due_ms, BERLIN):%Y-%m-%d %H:%M}" == rings


def test_a_time_of_today_that_is_over_is_refused() -> None:
    with pytest.raises(InputError, match="over"):
        when.dated(alarm("07:00"), "today", WEDNESDAY_EVENING, BERLIN, either=False)


def test_an_alarm_of_weekdays_keeps_its_local_time_over_the_change_of_clocks() -> None:
    found, moments = WEDNESDAY_EVENING, []
    for _ in range(4):
        due = when.due(alarm("06:00", 0, 1, 2, 3, 4), found, BERLIN)
        assert due is not None
        moments.append(f"{when.local(due, BERLIN):%a %H:%M}")
        found = due
    assert moments == ["Thu 06:00", "Fri 06:00", "Mon 06:00", "Tue 06:00"]


def test_the_zone_of_the_system_counts_where_none_is_given() -> None:
    noon = dt.datetime(2026, 3, 25, 12)  # noqa: DTZ001
    assert when.local(when.moment(noon, None), None) == noon
