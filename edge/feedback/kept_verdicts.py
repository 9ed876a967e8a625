"""How turns went, on disk: a small row beside each turn's own, which is written once and never again."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.core import codec
from edge.core.turn import Signal, Turn, Verdict

TABLES = """
    CREATE TABLE verdicts (home TEXT NOT NULL, turn TEXT NOT NULL, at_ms INTEGER NOT NULL, success INTEGER,
                           confidence REAL NOT NULL, meant TEXT NOT NULL, meant_turn TEXT, signals TEXT NOT NULL,
                           PRIMARY KEY (home, turn)) WITHOUT ROWID;
"""
"""The migration that adds them."""

JOINED = """
    SELECT turns.turn, id, verdicts.at_ms, success, confidence, meant, meant_turn, signals
    FROM turns LEFT JOIN verdicts ON verdicts.home = turns.home AND verdicts.turn = id
"""
"""A turn, its id, and what of its verdict `with_verdict` takes."""

_VERDICT = """
    INSERT OR IGNORE INTO verdicts SELECT ?, ?, ?, ?, ?, ?, ?, ?
    WHERE EXISTS (SELECT 1 FROM turns WHERE home = ? AND id = ?)
"""


@dataclass(frozen=True, slots=True)
class _Signals:
    signals: tuple[Signal, ...]


def add(db: sqlite3.Connection, home: str, turn: Turn, *, words: bool) -> bool:
    """Keep how a turn went that is kept itself; whether that was done: of each turn it is once, by one process.

    words: whether what was meant is in it.
    """
    given = turn.verdict
    if given is None:
        return False
    told = json.dumps(codec.to_json(turn.signals), allow_nan=False, separators=(",", ":"))
    meant = given.meant.encode(errors="replace").decode() if words else ""
    row = (home, turn.id, given.at_ms, given.success, given.confidence, meant, given.meant_turn, told)
    return db.execute(_VERDICT, (*row, home, turn.id)).rowcount > 0


def with_verdict(turn: Turn, row: Sequence[Any]) -> Turn:
    """The turn with how it went, from what follows its id in `JOINED`. Raises InputError, TypeError or ValueError."""
    at_ms, success, confidence, meant, meant_turn, told = row
    if at_ms is None:
        return turn
    found = codec.loads(_Signals, f'{{"signals": {told}}}').signals
    went = None if success is None else bool(success)
    return replace(turn, signals=found, verdict=Verdict(went, float(confidence), at_ms, meant, meant_turn))


def follow(db: sqlite3.Connection) -> None:
    """Let nothing stay of turns that are not kept any more."""
    gone = "NOT EXISTS (SELECT 1 FROM turns WHERE home = verdicts.home AND id = verdicts.turn)"
    db.execute(f"DELETE FROM verdicts WHERE {gone}")  # noqa: S608 - no value is in it


def forget(db: sqlite3.Connection, home: str, turn_id: str | None) -> int:
    """Let nothing stay of a turn, or with None of all turns of the home: neither what was said nor how it went.

    How many turns that were.
    """
    which = "home = ? AND (? IS NULL OR id = ?)"
    gone = db.execute(f"DELETE FROM turns WHERE {which}", (home, turn_id, turn_id)).rowcount  # noqa: S608 - as above
    follow(db)
    db.execute("UPDATE verdicts SET meant = '', meant_turn = NULL WHERE home = ? AND meant_turn = ?", (home, turn_id))
    spoken = db.execute("SELECT data FROM memory WHERE home = ? AND part = 'spoken'", (home,)).fetchone()
    if spoken is not None:  # what may be gone on from is said in it once more
        left = [] if turn_id is None else [one for one in _spoken(spoken[0]) if one["turn"] != turn_id]
        db.execute("UPDATE memory SET data = ? WHERE home = ? AND part = 'spoken'", (json.dumps(left), home))
    return gone


def _spoken(text: object) -> list[dict[str, Any]]:
    """The turns that may be gone on from; what cannot be read as one goes, as nobody can tell what is in it."""
    try:
        rows = json.loads(str(text))
    except (ValueError, RecursionError):
        return []
    return [one for one in rows if isinstance(one, dict) and "turn" in one] if isinstance(rows, list) else []


def drop_words(db: sqlite3.Connection) -> None:
    """Leave nothing of what was said. For `Store.drop_words`, in its transaction."""
    db.execute("UPDATE verdicts SET meant = ''")
