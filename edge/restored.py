"""What comes out of a backup: looked at as if a stranger had made it, and put in its place."""

import os
import re
import sqlite3
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from edge import hub_files
from edge.core.errors import EdgeError, InputError
from edge.core.sqlite_file import BESIDE, copy_file, make_private
from edge.feedback.schema import MIGRATIONS, statements, version
from edge.feedback.store import FILE as HISTORY
from edge.hub_files import ASIDE, CONFIG, HOME, PRONUNCIATIONS, TIMERS, VOICES
from edge.layers import Problems, from_file
from edge.profile import Profile
from edge.timers import book

_SPACE = re.compile(r"\s+")


def check(staged: Mapping[str, Path]) -> None:
    """Raises InputError (`backup.refused`) for a file that this edge cannot use."""
    for name, path in staged.items():
        try:
            why = _trouble(name, path)
        except (EdgeError, ValueError, RecursionError, OSError, sqlite3.Error) as error:
            why = f"it cannot be read ({type(error).__name__})"
        if why:
            raise InputError("backup.refused", f"{name} of the backup cannot be used, and nothing is changed: {why}")


def _trouble(name: str, path: Path) -> str:
    if name == HISTORY:
        return _history_trouble(path)
    if name == TIMERS:
        book.check(path)
    elif name == HOME:
        tomllib.loads(path.read_text(encoding="utf-8"))
    elif name == CONFIG:
        problems = Problems()
        from_file(path, problems, may_be_absent=False)
        return problems[0].partition(": ")[2] if problems else ""
    elif name == PRONUNCIATIONS:
        from edge.asr import pronunciations

        pronunciations.read(path)
    elif name.startswith(VOICES):
        from edge.audio import voices

        voices.read_file(path, Path(name).stem)
    return ""


def _history_trouble(path: Path) -> str:
    """A database is a program, too: its triggers and views run for whoever opens it, so that it may have ours alone."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        if (found := version(db)) > len(MIGRATIONS):
            return "it was made by a newer edge: upgrade this one first"
        if not found or _objects(db) != _expected(found):
            return "its tables are not those of edge"
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            return "it is damaged"
    return ""


def _expected(number: int) -> frozenset[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for script in MIGRATIONS[:number]:
            for statement in statements(script):
                db.execute(statement)
        return _objects(db)


def _objects(db: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    rows = db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return frozenset((*row[:3], _SPACE.sub(" ", row[3])) for row in rows if not row[1].startswith("sqlite_stat"))


def put(profile: Profile, staged: Mapping[str, Path]) -> tuple[tuple[str, Path], ...]:
    """Each in its place, one after the other and each at once; the history last, as a hub may be found to run with it.

    Raises InputError (`backup.hub_runs`) and OSError.
    """
    done = []
    for name in sorted(staged, key=lambda name: name == HISTORY):
        place = hub_files.place(profile, name)
        _put(staged[name], place, is_history=name == HISTORY)
        done.append((name, place))
    # Packed from the history that was, and made anew from the one that is.
    for old in profile.paths.data_dir.glob("rewrites-*.cache*"):
        old.unlink()
    return tuple(done)


def _put(staged: Path, place: Path, *, is_history: bool) -> None:
    _make_folder(place.parent)
    make_private(new := place.with_name(f".{place.name}.restored"))
    new.write_bytes(staged.read_bytes())
    with new.open("rb") as file:
        os.fsync(file.fileno())
    _give(new)
    aside = place.with_name(place.name + ASIDE)
    if is_history and place.exists():
        _keep_aside(place, aside)
        _give(aside)
    elif place.exists():
        aside.unlink(missing_ok=True)
        aside.hardlink_to(place)
    new.replace(place)
    _sync(place.parent)


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        _give(folder)


def _give(path: Path) -> None:
    """To whoever has the folder that it is in, as it may be root who restores what is the service's."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _keep_aside(history: Path, aside: Path) -> None:
    """With what is in its log, which must be gone when another file has its name, as it would be read as that one's.

    A damaged one is kept as it is.
    """
    try:
        copy_file(history, aside)
        with closing(sqlite3.connect(history, timeout=0)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise InputError("backup.hub_runs", f"another program works with {history}: stop it, and try again") from error
    except sqlite3.DatabaseError:
        aside.unlink(missing_ok=True)
        aside.hardlink_to(history)
    for ending in BESIDE:
        history.with_name(history.name + ending).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def asides(folders: Iterable[Path]) -> list[Path]:
    """What restored files have taken the place of."""
    found: list[Path] = []
    for folder in folders:
        with suppress(OSError):
            found += folder.rglob(f"*{ASIDE}")
    return sorted(set(found))
