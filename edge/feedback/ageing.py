"""By which day ages are reckoned: a hub's clock may be years ahead, or at 1970, for a while.

What is kept is looked through once a day, and the day of that is kept too. The older of the two readings of the clock
counts, so that one that jumped ahead and back has made nothing old. Days are since the Unix epoch.
"""

import sqlite3
from typing import NamedTuple

DAY_MS = 86_400_000
SET_SINCE = 20_000
"""2024-10-04: a clock before that was never set."""
_STEADY = 7
"""Days between two looks of a clock that just went on."""


class Reckoned(NamedTuple):
    """Of today."""

    day: int
    """By which ages are reckoned: today, or no more than a day after it was looked at before."""
    steady: bool
    """Whether the clock has just gone on since, so that what is later than today was written by one that was ahead."""


def reckoned(db: sqlite3.Connection, what: str, day: int) -> Reckoned | None:
    """Take note that `what` is looked through today; None where that was done today, or was never done before.

    In the transaction of whoever looks.
    """
    part = f"aged:{what}"
    row = db.execute("SELECT data FROM memory WHERE home = '' AND part = ?", (part,)).fetchone()
    before = int(row[0]) if row is not None and str(row[0]).isdecimal() else None
    if before == day:
        return None
    db.execute("INSERT OR REPLACE INTO memory (home, part, data) VALUES ('', ?, ?)", (part, str(max(0, day))))
    if before is None:
        return None
    return Reckoned(min(day, before + 1), before < day <= before + _STEADY and before >= SET_SINCE)
