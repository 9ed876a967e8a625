"""How turns went, on disk: a small row beside each turn's own, which is written once and never again."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.core import codec
from edge.core.errors import InputError
from edge.core.turn import Signal, Turn, Verdict

TABLES = """
    CREATE TABLE verdicts (home TEXT NOT NULL, turn TEXT NOT NULL, at_ms INTEGER NOT NULL, success INTEGER,
                           confidence REAL NOT NULL, meant TEXT NOT NULL, meant_turn TEXT, signals TEXT NOT NULL,
                           PRIMARY KEY (home, turn)) WITHOUT ROWID;
"""
"""The migration that adds them."""
INDEX = """
    CREATE INDEX turns_by_id ON turns (home, id);
"""
"""By which turns and verdicts are found from each other, however many there are."""

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
    if turn_id is not None:
        _forget_in_others(db, home, turn_id)
    follow(db)
    db.execute("UPDATE verdicts SET meant = '', meant_turn = NULL WHERE home = ? AND meant_turn = ?", (home, turn_id))
    spoken = db.execute("SELECT data FROM memory WHERE home = ? AND part = 'spoken'", (home,)).fetchone()
    if spoken is not None:  # what may be gone on from is said in it once more
        left = [] if turn_id is None else [one for one in _spoken(spoken[0]) if one["turn"] != turn_id]
        db.execute("UPDATE memory SET data = ? WHERE home = ? AND part = 'spoken'", (json.dumps(left), home))
    return gone


def _forget_in_others(db: sqlite3.Connection, home: str, turn_id: str) -> None:
    """What a turn could be gone on from is said in it once more."""
    for n, text in db.execute(
        "SELECT n, turn FROM turns WHERE home = ? AND instr(turn, ?)", (home, turn_id)
    ).fetchall():
        if (left := _without(text, turn_id)) is not None:
            db.execute("UPDATE turns SET turn = ? WHERE n = ?", (left, n))
        else:
            db.execute("DELETE FROM turns WHERE n = ?", (n,))  # nobody can tell what is in it


def _without(text: str, turn_id: str) -> str | None:
    """A turn as it is kept, without what it could be gone on from of another; None where it cannot be read."""
    try:
        turn = codec.loads(Turn, text)
    except (InputError, TypeError):
        return None
    return json.dumps(codec.to_json(unsaid(turn, (turn_id,))), allow_nan=False, separators=(",", ":"))


def unsaid(turn: Turn, turn_ids: Collection[str]) -> Turn:
    """The turn without what it could be gone on from of others."""
    spoken = tuple(one for one in turn.context.spoken if one.turn not in turn_ids)
    return turn if spoken == turn.context.spoken else replace(turn, context=replace(turn.context, spoken=spoken))


def unsay_before(db: sqlite3.Connection, since_ms: int) -> None:
    """Let nothing stay, in any home, of what may be gone on from and is older."""
    for home, text in db.execute("SELECT home, data FROM memory WHERE part = 'spoken'").fetchall():
        left = [one for one in _spoken(text) if isinstance(at := one.get("at_ms"), int) and at >= since_ms]
        db.execute("UPDATE memory SET data = ? WHERE home = ? AND part = 'spoken'", (json.dumps(left), home))


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
