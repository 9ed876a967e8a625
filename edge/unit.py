"""The unit that systemd runs the hub by: the template of packaging/, with what this installation puts in."""

import re

from edge.core.errors import InputError
from edge.resources import data_dir

NAME = "edge.service"

_PLAIN_PATH = re.compile(r"/[\w./+@:,=~-]+")
"""What systemd takes as it is: it has marks of its own for spaces, quotes, % and $."""


def unit(exec: str, memory_max_mib: int, cpu_weight: int) -> str:  # noqa: A002 - as systemd calls it
    """The text of edge.service.

    exec: absolute path of the command `edge`. memory_max_mib: MiB above which the kernel ends the hub; the pages of
    its files count too, and while a recogniser is made anew there are two, so it is to be well above the board's
    budget. cpu_weight: 1 to 10,000, of which every other service has 100.
    Raises InputError (`service.unit`) for a value that systemd would not take, MissingError for a broken installation.
    """
    if not _PLAIN_PATH.fullmatch(exec):
        raise InputError("service.unit", f"{exec!a} cannot stand in a unit: install edge in another folder")
    if memory_max_mib < 1 or not 1 <= cpu_weight <= 10_000:
        raise InputError("service.unit", "a unit takes at least 1 MiB of memory, and a CPU weight from 1 to 10,000")
    text = (data_dir("packaging") / NAME).read_text(encoding="utf-8")
    for mark, value in (("EXEC", exec), ("MEMORY_MAX", f"{memory_max_mib}M"), ("CPU_WEIGHT", f"{cpu_weight}")):
        text = text.replace(f"@{mark}@", value)
    return text
