"""What the hub keeps on disk: its last turns, its memory, and what feedback has taught it. SQLite, one file.

The file is for its owner alone (0600) and bounded. A file that is no database any more is set aside under another name
and a new one begun; one that is locked, full or read-only costs what was to be written and no more: no trouble with it
raises. Killed in the midst of a write it opens again as it was before that write. Homes are told apart by a key, so
that what was said to one is not gone on from in another. Several processes may have it open.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from edge.core import codec
from edge.core.errors import InputError
from edge.core.turn import Turn
from edge.feedback import kept_rules, kept_verdicts
from edge.feedback.ageing import DAY_MS, reckoned
from edge.feedback.database import ALIVE, Database, Warn
from edge.feedback.kept import kept
from edge.feedback.presence import Presence
from edge.feedback.schema import MIGRATIONS as MIGRATIONS  # noqa: PLC0414 - part of the file

FILE = "history.db"
MAX_TURNS = 200
MAX_STEPS = 400
MAX_AGE_MS = 30 * DAY_MS
MAX_CHARS = 250_000
"""Of one turn; what is longer is not kept."""
MAX_TOTAL = 4_000_000
"""Characters of all turns together."""

_MARKS = ("mark", "forgotten")
"""Parts of the memory that only count."""
_SHORTEN = """
    DELETE FROM turns WHERE n IN (
        SELECT n FROM (SELECT n, sum(length(turn)) OVER (ORDER BY n DESC) AS total FROM turns) WHERE total > ?
    )
"""


class Step(NamedTuple):
    """One lesson: by how much it moved which weights."""

    turn: str
    """Id of the turn that it was about."""
    at_ms: int
    reason: str
    moves: Mapping[str, float]


class Store(Database):
    """The file, for one home. Safe to use from several threads.

    home: name of the home that all of it is about. warn: told once for each kind of trouble.
    """

    def __init__(self, path: Path, home: str, warn: Warn, *, keep_words: bool = True) -> None:
        self._home, self._keep_words = home, keep_words
        self.home = home
        super().__init__(path, warn)

    def presence(self) -> Presence:
        """Take note that this process works with this home's past, and of whether another one does."""
        name = hashlib.sha256(self._home.encode(errors="replace")).hexdigest()[:12]
        return Presence(self._path.with_name(f"{self._path.name}.{name}{ALIVE}"))

    def add_turn(self, turn: Turn) -> bool:
        """Keep a turn, without its words where none are to be kept; the oldest beyond the bounds go.

        Whether that was done.
        """
        text = _text(codec.to_json(kept(turn, words=self._keep_words)))
        if len(text) > MAX_CHARS:
            return False

        def add(db: sqlite3.Connection) -> bool:
            row = (self._home, turn.id, turn.opened_ms, text)
            db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES (?, ?, ?, ?)", row)
            db.execute(
                "DELETE FROM turns WHERE n <= (SELECT n FROM turns ORDER BY n DESC LIMIT 1 OFFSET ?)", (MAX_TURNS,)
            )
            db.execute(_SHORTEN, (MAX_TOTAL,))
            _age(db, turn.opened_ms)
            kept_verdicts.follow(db)
            return True

        return self.write(add, False)

    def age(self, now_ms: int) -> None:
        """Let go, once a day, of what is older than `MAX_AGE_MS`, of all homes; see `edge.feedback.ageing`."""
        self.write(lambda db: _age(db, now_ms), None)

    def add_verdict(self, turn: Turn) -> bool:
        """Keep how a turn went; whether that was done: see `kept_verdicts.add`."""
        return self.write(lambda db: kept_verdicts.add(db, self._home, turn, words=self._keep_words), False)

    def turns(self, limit: int = MAX_TURNS) -> tuple[Turn, ...]:
        """The last turns of this home, latest first, with how they went; what cannot be read any more is left out."""
        rows = self.rows(f"{kept_verdicts.JOINED} WHERE turns.home = ? ORDER BY n DESC LIMIT ?", self._home, limit)
        return tuple(turn for row in rows if (turn := self._whole(*row)) is not None)

    def ids(self) -> frozenset[str] | None:
        """Of the turns of this home; None where they cannot be read now."""
        query = "SELECT id FROM turns WHERE home = ? ORDER BY n DESC LIMIT ?"
        rows = self.read(lambda db: db.execute(query, (self._home, MAX_TURNS)).fetchall(), None)
        return None if rows is None else frozenset(str(row[0]) for row in rows)

    def turn(self, turn_id: str) -> Turn | None:
        """The turn of this id, or the only one of this home whose id begins so; None where there is none."""
        rows = self.rows(
            f"{kept_verdicts.JOINED} WHERE turns.home = ? AND substr(id, 1, ?) = ? ORDER BY id, n DESC LIMIT 2",
            *(self._home, len(turn_id), _plain(turn_id)),
        )
        alone = turn_id and rows and (len(rows) == 1 or rows[0][1] == _plain(turn_id))
        return self._whole(*rows[0]) if alone else None

    def home_asked(self, turn_id: str | None = None) -> str | None:
        """The home in which something was asked last, or in which the turn of this id was; None where there is none.

        This home, where the turn is one of it.
        """
        if turn_id is None:
            rows = self.rows("SELECT home FROM turns ORDER BY n DESC LIMIT 1")
        else:
            sought = (len(turn_id), _plain(turn_id), self.home)
            rows = self.rows(
                "SELECT home FROM turns WHERE substr(id, 1, ?) = ? ORDER BY home = ? DESC, n DESC LIMIT 1", *sought
            )
        return str(rows[0][0]) if rows else None

    def memory(self) -> dict[str, Any]:
        """Parts of the memory's dump, by name."""
        found: dict[str, Any] = {}
        query = f"SELECT part, data FROM memory WHERE home = ? AND part NOT IN {_MARKS}"  # noqa: S608 - as below
        for part, text in self.rows(query, self._home):
            try:
                found[part] = json.loads(text)
            except (ValueError, TypeError, RecursionError):
                self.tell("store.unreadable", f"{self._path}: its {part} cannot be read and begin anew")
        return found

    def save_memory(self, **parts: object) -> bool:
        """Keep these parts of the memory's dump, and leave the others as they are; whether that was done."""
        rows = [(self._home, part, _text(data)) for part, data in parts.items()]

        def save(db: sqlite3.Connection) -> bool:
            db.executemany("INSERT OR REPLACE INTO memory (home, part, data) VALUES (?, ?, ?)", rows)
            return True

        return self.write(save, False)

    def add_step(self, step: Step) -> None:
        """Keep what was learned from a turn."""
        row = (self._home, step.turn, step.at_ms, step.reason, json.dumps(dict(step.moves), allow_nan=False))

        def add(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO steps (home, turn, at_ms, reason, moves) VALUES (?, ?, ?, ?, ?)", row)
            kept_from = "SELECT n FROM steps ORDER BY n DESC LIMIT 1 OFFSET ?"
            db.execute(f"DELETE FROM steps WHERE n <= ({kept_from})", (MAX_STEPS,))  # noqa: S608 - no value is in it

        self.write(add, None)

    def steps(self) -> tuple[Step, ...]:
        """All that was learned of this home, oldest first."""
        found: list[Step] = []
        query = "SELECT turn, at_ms, reason, moves FROM steps WHERE home = ? ORDER BY n DESC LIMIT ?"
        for turn, at_ms, reason, text in reversed(self.rows(query, self._home, MAX_STEPS)):
            try:
                moves = codec.loads(_Moves, f'{{"moves": {text}}}').moves
            except InputError:
                self.tell("store.unreadable", f"{self._path}: a lesson cannot be read and is left out")
            else:
                found.append(Step(turn, at_ms, reason, moves))
        return tuple(found)

    def forget(self, turn_id: str | None = None) -> int:
        """Take back what was learned: from one turn, or all of it, habits too. How many lessons that were."""

        def forget(db: sqlite3.Connection) -> int:
            if turn_id is None:
                gone = db.execute("DELETE FROM steps WHERE home = ?", (self._home,)).rowcount
                db.execute(f"DELETE FROM memory WHERE home = ? AND part NOT IN {_MARKS}", (self._home,))  # noqa: S608 - as above
            else:
                gone = db.execute("DELETE FROM steps WHERE home = ? AND turn = ?", (self._home, turn_id)).rowcount
            _count(db, self._home, "mark")
            return gone

        gone = self.write(forget, 0)
        self.scrub()
        return gone

    def forget_turns(self, turn_id: str | None = None) -> int:
        """Let nothing stay of a turn of this home, or of all its turns; how many that were."""

        def forget(db: sqlite3.Connection) -> int:
            _count(db, self._home, "forgotten")
            return kept_verdicts.forget(db, self._home, turn_id)

        gone = self.write(forget, 0)
        self.scrub()
        return gone

    def mark(self) -> int | None:
        """A number that grows with every `forget`, by whatever process; None where it cannot be read now."""
        return self._counted("mark")

    def forgotten(self) -> int | None:
        """The same of every `forget_turns`."""
        return self._counted("forgotten")

    def _counted(self, part: str) -> int | None:
        query = "SELECT data FROM memory WHERE home = ? AND part = ?"
        rows = self.read(lambda db: db.execute(query, (self._home, part)).fetchall(), None)
        if rows is None:
            return None
        return int(rows[0][0]) if rows and str(rows[0][0]).isdecimal() else 0

    def drop_words(self) -> None:
        """Keep what was kept of all homes before without its words, as what is added from now on."""

        def drop(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM memory WHERE part = 'spoken'")
            kept_verdicts.drop_words(db)
            kept_rules.drop_words(db)
            for n, text in db.execute("SELECT n, turn FROM turns").fetchall():
                if (turn := self._read(text)) is None:
                    db.execute("DELETE FROM turns WHERE n = ?", (n,))  # nobody can tell what is in it
                elif (short := _text(codec.to_json(kept(turn, words=False)))) != text:
                    db.execute("UPDATE turns SET turn = ? WHERE n = ?", (short, n))

        self.write(drop, None)
        self.scrub()

    @property
    def keeps_words(self) -> bool:
        """Whether what was said may be on disk."""
        return self._keep_words

    # Rows

    def _whole(self, text: str, _: str, *row: Any) -> Turn | None:
        """The turn with its verdict, where it has one that can be read."""
        turn = self._read(text)
        try:
            return None if turn is None else kept_verdicts.with_verdict(turn, row)
        except (InputError, TypeError, ValueError):
            self.tell("store.unreadable", f"{self._path}: how a turn went cannot be read and is left out")
            return turn

    def _read(self, text: str) -> Turn | None:
        try:
            return codec.loads(Turn, text)
        except (InputError, TypeError):
            self.tell("store.unreadable", f"{self._path}: a turn of another version of edge is left out")
            return None


def _count(db: sqlite3.Connection, home: str, part: str) -> None:
    db.execute(
        "INSERT INTO memory (home, part, data) VALUES (?, ?, '1') "
        "ON CONFLICT (home, part) DO UPDATE SET data = data + 1",
        (home, part),
    )


def _age(db: sqlite3.Connection, now_ms: int) -> None:
    if (today := reckoned(db, "turns", now_ms // DAY_MS)) is not None:
        since = today.day * DAY_MS - MAX_AGE_MS
        db.execute("DELETE FROM turns WHERE at_ms < ?", (since,))
        kept_verdicts.follow(db)
        kept_verdicts.unsay_before(db, since)


def _plain(text: str) -> str:
    """Without half characters, which a command line may hold and no database takes."""
    return text.encode(errors="replace").decode()


def _text(data: object) -> str:
    """JSON in ASCII, as a name from the network may hold half a character, which no database takes."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Moves:
    moves: Mapping[str, float]
