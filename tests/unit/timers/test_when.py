import datetime as dt
import subprocess
import sys
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


def test_an_hour_that_a_night_has_not_comes_an_hour_later_and_one_that_it_has_twice_rings_once() -> None:
    def moments(evening: dt.datetime) -> list[str]:
        found, rung = when.moment(evening, BERLIN), []
        for _ in range(3):
            due = when.due(alarm("02:30", *range(7)), found, BERLIN)
            assert due is not None
            rung.append(f"{when.local(due, BERLIN):%d %H:%M}")
            found = due
        return rung

    assert moments(dt.datetime(2026, 3, 28, 1)) == ["28 02:30", "29 03:30", "30 02:30"]  # noqa: DTZ001
    assert moments(dt.datetime(2026, 10, 24, 1)) == ["24 02:30", "25 02:30", "26 02:30"]  # noqa: DTZ001


@pytest.mark.parametrize(("zone", "rings"), [("Europe/Berlin", "29 03:30"), ("UTC", "29 02:30"), (None, None)])
def test_the_systems_zone_has_such_nights_too(zone: str | None, rings: str | None) -> None:
    said = (
        "import datetime as dt; from edge.core.timers import *; from edge.timers import when;"
        "due = when.due(Timer('a', TimerKind.ALARM, at='02:30', date='2026-03-29'), 0, None);"
        "print(f'{when.local(due, None):%d %H:%M}')"
    )
    environment = {"PATH": "/usr/bin:/bin"} | ({"TZ": zone} if zone else {})
    done = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ([rings] if rings else ["29 02:30", "29 03:30"])
