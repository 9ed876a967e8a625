"""The files that a hub keeps, and what is the matter with them."""

import errno
import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.core.errors import InputError
from edge.feedback.database import broken, is_damaged, remove
from edge.feedback.store import FILE
from edge.home.own_device import node
from edge.profile import Profile

_ELSEWHERE = "set paths.data_dir to a folder of your own"
_PROBE = 64 * 1024
"""Bytes that are written to see whether there is room: more than a turn takes."""

log = logging.getLogger("edge")


class Trouble(NamedTuple):
    """Something about a file, and what to do about it."""

    found: str
    advice: str


def history(profile: Profile) -> Path:
    """What was said and done, and what has been learned from it."""
    return profile.paths.data_dir / FILE


def home_name(profile: Profile, *, simulated: bool, file: Path | None) -> str:
    """What the home goes by in the file: the household's own by its broker. Raises InputError (`home.both`)."""
    if simulated and file is not None:  # one before an action and one after it
        raise InputError("home.both", "name one home: --simulated, or --home FILE")
    if file is not None:
        return "file " + hashlib.sha256(str(file.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    return "simulated" if simulated else f"{profile.mqtt.host}:{profile.mqtt.port}/{profile.mqtt.prefix}"


def remove_history(profile: Profile) -> None:
    """As nothing is to be kept."""
    path = history(profile)
    try:
        if remove(path):
            log.warning("store.removed: %s is removed, as memory.keep is nothing", path)
    except OSError as error:
        log.warning("store.read_only: %s cannot be removed (%s), though memory.keep is nothing", path, error.strerror)


def timers(profile: Profile) -> Path:
    """This hub's timers: two hubs of one user have names of their own, and each rings in its own room."""
    client = profile.mqtt.client_id
    return profile.paths.data_dir / (f"timers-{node(client)}.json" if client else "timers.json")


def troubles(path: Path) -> Iterator[Trouble]:
    """Why it cannot be used as it should, found by writing beside it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        yield Trouble(f"{path}: {error.strerror}", _ELSEWHERE)
        return
    if mode is not None and not stat.S_ISREG(mode):
        yield Trouble(f"{path} is no file", f"move it away: mv {path} {path}.old")
    elif (trouble := _unwritable(path)) is not None:
        yield trouble
    elif mode is None:
        return
    elif not os.access(path, os.R_OK | os.W_OK):
        yield Trouble(f"{path} cannot be read and written", f'run sudo chown "$USER" {path} and chmod 600 {path}')
    elif path.suffix == ".db" and is_damaged(path):
        advice = "it is set aside when it is next used, with what can be read in a new one; look for a failing disk"
        yield Trouble(f"{path} is damaged", advice)
    elif mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Trouble(f"{path} is not for its owner alone", f"run chmod 600 {path}")


def set_aside(path: Path) -> list[Path]:
    """Damaged files that were, the latest last."""
    return broken(path)


def _unwritable(path: Path) -> Trouble | None:
    """Why nothing can be kept there: what is written to see that is taken away again."""
    folder = next((one for one in path.absolute().parents if one.is_dir()), Path("/"))
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".edge-doctor-") as file:
            file.write(bytes(_PROBE))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Trouble(f"{folder} is full: nothing more is kept", "free some space there")
        if error.errno == errno.EROFS:
            advice = "mount it to be written and look for a failing card; or set paths.data_dir to another folder"
            return Trouble(f"{folder} is on a disk that is mounted read-only: nothing is kept", advice)
        if error.errno in (errno.EACCES, errno.EPERM):
            return Trouble(f"{folder} may not be written to", f'run sudo chown "$USER" {folder}, or {_ELSEWHERE}')
        return Trouble(f"{path} cannot be made in {folder} ({error.strerror})", _ELSEWHERE)
    return None
