"""The board itself: clock, disk, temperature, power, processor and memory, from the files that Linux keeps of them."""

import datetime as dt
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from edge.board import memory_kib
from edge.doctor.finding import Check, Health
from edge.profile import Profile

EARLIEST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""Before this there was no such program: a clock that shows less has never been set."""
_AHEAD_S = 120
"""What was written so much later than now was written by another clock."""
_RTC_S = 60
_HOT_C, _TOO_HOT_C = 75, 82
"""Raspberry Pis slow down from 80 °C on, and stop to think at 85 °C."""
_MIB = 1 << 20
_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
"""Raspberry Pi's firmware, as `vcgencmd get_throttled` shows it: bits 0 to 3 are so now, 16 to 19 have been so."""
_POWER = (
    (0, "the power supply gives too little", "use the board's own power supply, and a short cable"),
    (2, "the board is slowed down by heat", "give it a heat sink or a fan, and room around it"),
    (1, "the processor is held back", "use the board's own power supply, and cool the board"),
    (3, "the board is near the heat at which it slows down", "give it a heat sink or a fan, and room around it"),
)


def clock(profile: Profile, root: Path, now: dt.datetime) -> Iterator[Check]:
    """Whether it is set, kept, and has run on. now: with its zone."""
    shown = f"{now:%Y-%m-%d %H:%M}"
    if now < EARLIEST:
        advice = "connect the hub to the network and run sudo timedatectl set-ntp true"
        yield Check("clock", Health.FAIL, f"it shows {shown}, which is past", advice)
        return
    if (ahead := _written_later(profile.paths.data_dir, now)) is not None:
        advice = "run timedatectl: a battery for the board's clock keeps the time while it is off"
        yield Check("clock", Health.WARN, f"it shows {shown}, and {ahead} was written later: it jumped", advice)
        return
    chip = _number(root / "sys/class/rtc/rtc0/since_epoch")
    if chip is not None and abs(chip - now.timestamp()) > _RTC_S:
        apart = abs(int(chip - now.timestamp()))
        advice = "run sudo hwclock --systohc, or the clock jumps at the next start"
        yield Check("clock", Health.WARN, f"it shows {shown}; the chip that keeps it is {apart:,} s off", advice)
    elif _kept_by(root) is None:
        advice = "run sudo timedatectl set-ntp true, or timers and alarms go wrong in time"
        yield Check("clock", Health.WARN, f"it shows {shown}; nothing keeps it right", advice)
    else:
        yield Check("clock", Health.OK, f"{shown}, kept by {_kept_by(root)}")


def _kept_by(root: Path) -> str | None:
    # systemd-timesyncd(8): this file is there once the clock has been set, and not before.
    if (root / "run/systemd/timesync/synchronized").exists():
        return "systemd-timesyncd"
    return next((name for name in ("chronyd", "ntpd", "ntpsec") if running(root, name)), None)


def running(root: Path, name: str) -> tuple[int, ...]:
    """Ids of the users in whose name such a process runs, in order."""
    found = set()
    for path in (root / "proc").glob("[0-9]*/comm"):
        try:
            if path.read_text(encoding="ascii", errors="replace").strip() == name:
                match = re.search(r"^Uid:\s*(\d+)", (path.parent / "status").read_text(errors="replace"), re.MULTILINE)
                found.add(int(match[1]) if match else path.stat().st_uid)
        except OSError:  # it has ended meanwhile
            continue
    return tuple(sorted(found))


def _written_later(folder: Path, now: dt.datetime) -> str | None:
    try:
        times = {path.name: path.stat().st_mtime for path in folder.iterdir() if path.is_file()}
    except OSError:
        return None
    late = [name for name, at in times.items() if at > now.timestamp() + _AHEAD_S]
    return min(late) if late else None


def disk(profile: Profile, root: Path) -> Iterator[Check]:
    """Whether there is room for what the hub keeps, and whether it can be written."""
    folder = profile.paths.data_dir
    here = next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), Path("/"))
    if (mount := _read_only(root, here)) is not None:
        advice = "run dmesg: Linux makes a failing card read-only; else mount it to be written to"
        yield Check("disk", Health.FAIL, f"{here} is on {mount}, which is read-only", advice)
        return
    if not os.access(here, os.W_OK):
        yield Check("disk", Health.FAIL, f"{here} cannot be written to", "set paths.data_dir to a folder of your own")
        return
    free, budget = shutil.disk_usage(here).free // _MIB, profile.budget.disk_mib
    if free < budget:
        found = f"{free:,} MiB free at {here}, budget {budget:,} MiB"
        yield Check("disk", Health.WARN, found, "free some space, or lower budget.disk_mib")
    else:
        yield Check("disk", Health.OK, f"{free:,} MiB free at {here}")


def _read_only(root: Path, folder: Path) -> str | None:
    """Where the file system of a folder is mounted, if it is read-only."""
    # proc(5): octal escapes stand for blanks in a path.
    rows = [line.split() for line in _text(root / "proc/self/mounts").splitlines()]
    mounts = [(re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), r[1]), r[3]) for r in rows if len(r) >= 4]
    inside = [(where, options) for where, options in mounts if folder.absolute().is_relative_to(where)]
    if not inside:
        return None
    where, options = max(reversed(inside), key=lambda mount: len(mount[0]))
    return where if "ro" in options.split(",") else None


def temperature(root: Path) -> Iterator[Check]:
    """How hot the board is; nothing where it does not tell."""
    found = [_number(path) for path in sorted((root / "sys/class/thermal").glob("thermal_zone*/temp"))]
    degrees = [value / 1000 for value in found if value is not None and 0 < value < 150_000]
    if not degrees:
        return
    hottest, advice = max(degrees), "give it a heat sink or a fan, and room around it"
    shown = f"{hottest:.0f} °C"
    if hottest >= _TOO_HOT_C:
        yield Check("temperature", Health.FAIL, f"{shown}: the board slows down", advice)
    elif hottest >= _HOT_C:
        yield Check("temperature", Health.WARN, f"{shown}, near the 80 °C at which it slows down", advice)
    else:
        yield Check("temperature", Health.OK, shown)


def power(root: Path) -> Iterator[Check]:
    """Whether a Raspberry Pi is held back by heat or its power supply; nothing on other boards."""
    text = _text(root / _THROTTLED).strip()
    if not text:
        return
    try:
        bits = int(text, 16)
    except ValueError:
        yield Check("power", Health.WARN, f"the board tells {text[:20]!r}, which nobody understands")
        return
    for shift, when in ((0, "now"), (16, "since it was started")):
        for bit, what, advice in _POWER:
            if bits >> (shift + bit) & 1:
                yield Check("power", Health.FAIL if shift == 0 and bit != 3 else Health.WARN, f"{what}, {when}", advice)
                return
    yield Check("power", Health.OK, "never too little, and never slowed down since it was started")


def processor(profile: Profile, root: Path) -> Iterator[Check]:
    """Whether there is a processor left for the hub."""
    cores = len(re.findall(r"^processor\s*:", _text(root / "proc/cpuinfo"), re.MULTILINE))
    load = _text(root / "proc/loadavg").split()
    if not cores or not load:
        yield Check("processor", Health.WARN, "this system does not tell how busy it is")
        return
    busy, budget = float(load[1]) if len(load) > 1 else 0.0, profile.budget
    speed = root / "sys/devices/system/cpu/cpu0/cpufreq"
    governor, driver = (_text(speed / name).strip() for name in ("scaling_governor", "scaling_driver"))
    found = f"{cores} cores, {busy:.1f} of them busy in the last 5 minutes"
    if governor == "powersave" and "pstate" not in driver:  # of which it is the usual one, and not the slowest
        advice = "run echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        yield Check("processor", Health.WARN, f"{found}; held at its lowest speed (powersave)", advice)
    elif budget.threads > cores:
        advice = f"set budget.threads to {cores}"
        yield Check("processor", Health.WARN, f"{found}; budget.threads is {budget.threads}", advice)
    elif busy + budget.active_cpu_percent / 100 > cores + 1:
        found += f"; recognising takes up to {budget.active_cpu_percent:.0f} % of one"
        yield Check("processor", Health.WARN, found, "run top, and stop what the hub need not share the board with")
    else:
        yield Check("processor", Health.OK, found)


def memory(profile: Profile, root: Path) -> Iterator[Check]:
    """Whether there is memory for what the profile allows."""
    available, budget = memory_kib(root, "MemAvailable"), profile.budget.ram_mib
    if available is None:
        yield Check("memory", Health.WARN, "this system does not tell how much is free")
    elif available // 1024 < budget:
        found = f"{available // 1024:,} MiB free, budget {budget:,} MiB"
        yield Check("memory", Health.WARN, found, "run edge profile fit, which proposes what fits; stop other programs")
    else:
        yield Check("memory", Health.OK, f"{available // 1024:,} MiB free, budget {budget:,} MiB")


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
