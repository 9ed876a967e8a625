"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARN = "warn"
    """The hub runs, with less than was meant."""
    FAIL = "fail"
    """The hub cannot do its work."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding."""

    name: str
    """What was looked at."""
    status: Health
    found: str
    advice: str = ""
    """The one thing to do; nothing when all is well."""
