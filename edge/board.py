"""Which board this is, read from the files that Linux keeps about itself."""

import platform
import re
from pathlib import Path

_MODELS = (
    # Compute modules and keyboards share the chip of the board they are named after.
    (r"Raspberry Pi (5|500|Compute Module 5)\b", "raspberry-pi-5"),
    (r"Raspberry Pi (4|400|Compute Module 4S?)\b", "raspberry-pi-4"),
    (r"Raspberry Pi (3|Compute Module 3)\b", "raspberry-pi-3"),
    (r"Raspberry Pi Zero 2\b", "raspberry-pi-zero-2-w"),
)
_SMALL_KIB = 768 * 1024


def detect_board(root: Path = Path("/"), machine: str | None = None) -> str:
    """Name of the device profile for this board; never raises.

    root: where /proc is. machine: as `uname -m` says it; None asks.
    A board that is not known gets the generic profile of its architecture, and the cautious one of all where that is
    not known either. Any ARM board with less than 768 MiB (a Pi 3 A+, a small virtual machine) gets the profile of
    the Zero 2 W, whatever its name: there memory decides, not the processor.
    """
    if (machine or platform.machine()).lower() in ("x86_64", "amd64", "i686"):
        return "x86-64"
    memory = memory_kib(root, "MemTotal")
    if memory is not None and memory < _SMALL_KIB:
        return "raspberry-pi-zero-2-w"
    model = _read(root / "proc/device-tree/model").rstrip("\x00")
    return next((board for pattern, board in _MODELS if re.match(pattern, model)), "generic-aarch64")


def memory_kib(root: Path, row: str) -> int | None:
    """A row of /proc/meminfo (MemTotal, MemAvailable) in KiB; None where it cannot be read."""
    match = re.search(rf"^{row}:\s*([0-9]{{1,18}}) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    return int(match[1]) if match else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
