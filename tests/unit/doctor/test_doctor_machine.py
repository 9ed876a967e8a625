"""The doctor reads what Linux tells of the board, as real boards tell it."""

import datetime as dt
import os
from dataclasses import replace

import pytest

from edge.doctor import Health
from edge.settings import BudgetSettings
from tests.unit.doctor.healthy import NOW, House

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
ZONE = "sys/class/thermal/thermal_zone0/temp"
GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"


class TestClock:
    def test_one_that_was_never_set(self, house: House) -> None:
        house.now = dt.datetime(1970, 1, 1, 0, 3, tzinfo=dt.UTC)
        check = house.checks()["clock"]
        assert (check.status, check.found) == (Health.FAIL, "it shows 1970-01-01 00:03, which is past")

    def test_one_that_nothing_keeps(self, house: House) -> None:
        (house.folder / "run/systemd/timesync/synchronized").unlink()
        assert "timedatectl set-ntp true" in house.checks()["clock"].advice
        house.write("proc/512/comm", "chronyd\n")
        house.write("proc/512/status", "Name:\tchronyd\nUid:\t107\t107\t107\t107\n")
        assert house.checks()["clock"].found == "2026-11-25 18:00, kept by chronyd"

    def test_one_that_has_jumped_back(self, house: House) -> None:
        written = house.write("data/timers.json", "{}")
        os.utime(written, (NOW.timestamp() + 86_400,) * 2)
        check = house.checks()["clock"]
        assert check.status is Health.WARN
        assert check.found == "it shows 2026-11-25 18:00, and timers.json was written later: it jumped"

    def test_one_whose_chip_is_off(self, house: House) -> None:
        house.write("sys/class/rtc/rtc0/since_epoch", f"{int(NOW.timestamp()) + 3}\n")
        assert house.checks()["clock"].status is Health.OK
        house.write("sys/class/rtc/rtc0/since_epoch", f"{int(NOW.timestamp()) - 7200}\n")
        assert "7,200 s off" in house.checks()["clock"].found


def test_a_card_that_linux_made_read_only(house: House) -> None:
    where = str(house.folder).replace(" ", "\\040")
    house.write("proc/self/mounts", f"/dev/root / ext4 rw,noatime 0 0\n/dev/sda1 {where} ext4 ro,noatime 0 0\n")
    check = house.checks()["disk"]
    assert (check.status, check.found) == (
        Health.FAIL,
        f"{house.folder} is on {house.folder}, which is read-only",
    )
    # What is mounted over it later counts.
    with (house.folder / "proc/self/mounts").open("a") as mounts:
        mounts.write(f"tmpfs {where} tmpfs rw 0 0\n")
    assert house.checks()["disk"].status is Health.OK


@pytest.mark.parametrize(
    ("told", "status"),
    [("48312", Health.OK), ("76000", Health.WARN), ("84500", Health.FAIL)],
)
def test_temperature(house: House, told: str, status: Health) -> None:
    house.write(ZONE, f"{told}\n")
    house.write("sys/class/thermal/thermal_zone1/temp", "-274000\n")  # a sensor that is not there
    assert house.checks()["temperature"].status is status


def test_a_board_that_tells_no_temperature_and_no_power(house: House) -> None:
    (house.folder / ZONE).unlink()
    (house.folder / THROTTLED).unlink()
    assert not {"temperature", "power"} & house.checks().keys()


@pytest.mark.parametrize(
    ("told", "status", "found"),
    [
        ("0x50005", Health.FAIL, "the power supply gives too little, now"),
        ("50000", Health.WARN, "the power supply gives too little, since it was started"),
        ("4", Health.FAIL, "the board is slowed down by heat, now"),
        ("0x8", Health.WARN, "the board is near the heat at which it slows down, now"),
        ("e0000", Health.WARN, "the board is slowed down by heat, since it was started"),
        ("what?", Health.WARN, "the board tells 'what?', which nobody understands"),
    ],
)
def test_power(house: House, told: str, status: Health, found: str) -> None:
    house.write(THROTTLED, f"{told}\n")
    check = house.checks()["power"]
    assert (check.status, check.found) == (status, found)


def test_a_processor_that_has_other_things_to_do(house: House) -> None:
    house.write("proc/loadavg", "3.90 4.20 4.00 5/312 4321\n")
    check = house.checks()["processor"]
    assert check.status is Health.WARN
    assert check.found.startswith("4 cores, 4.2 of them busy")


def test_a_processor_that_is_held_at_its_lowest_speed(house: House) -> None:
    house.write(GOVERNOR, "powersave\n")
    house.write(GOVERNOR.replace("governor", "driver"), "cpufreq-dt\n")
    assert "scaling_governor" in house.checks()["processor"].advice
    house.write(GOVERNOR.replace("governor", "driver"), "intel_pstate\n")
    assert house.checks()["processor"].status is Health.OK


def test_more_threads_than_cores(house: House) -> None:
    house.profile = replace(house.profile, budget=BudgetSettings(disk_mib=1, threads=8))
    assert house.checks()["processor"].advice == "set budget.threads to 4"


def test_a_system_that_tells_nothing(house: House) -> None:
    (house.folder / "proc/loadavg").unlink()
    assert house.checks()["processor"].found == "this system does not tell how busy it is"
