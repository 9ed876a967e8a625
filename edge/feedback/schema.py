"""The tables of the store, from each version of its file to the next."""

import sqlite3
from collections.abc import Iterator

from edge.feedback import kept_lessons, kept_rules, kept_verdicts

MIGRATIONS = (
    """
    CREATE TABLE turns (n INTEGER PRIMARY KEY, home TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL,
                        turn TEXT NOT NULL);
    CREATE INDEX turns_of_home ON turns (home, n);
    CREATE TABLE memory (home TEXT NOT NULL, part TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (home, part));
    CREATE TABLE steps (n INTEGER PRIMARY KEY, home TEXT NOT NULL, turn TEXT NOT NULL, at_ms INTEGER NOT NULL,
                        reason TEXT NOT NULL, moves TEXT NOT NULL);
    """,
    kept_rules.TABLES,
    kept_verdicts.TABLES,
    kept_verdicts.INDEX + kept_lessons.FOLLOWS,
)
"""From each version to the next; `user_version` tells which have been done. What was released is never changed."""


class NewerError(Exception):
    """The file has a version that is not known here."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to this version; two processes that begin at once do it one after the other. Raises NewerError."""
    if (found := version(db)) > len(MIGRATIONS):
        raise NewerError
    if found == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for script in MIGRATIONS[version(db) :]:
            for statement in statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def version(db: sqlite3.Connection) -> int:
    """Of the file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def statements(script: str) -> Iterator[str]:
    """One after the other; those of a trigger are part of it."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
