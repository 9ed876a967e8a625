"""The files that a hub keeps, and what is the matter with them."""

import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.core.errors import InputError
from edge.feedback.database import remove
from edge.feedback.store import FILE
from edge.home.own_device import node
from edge.profile import Profile

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
    """Why it cannot be used as it should; nothing where it is not there yet."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        yield Trouble(f"{path}: {error.strerror}", "set paths.data_dir to a folder of your own")
        return
    if not stat.S_ISREG(mode):
        yield Trouble(f"{path} is no file", f"move it away: mv {path} {path}.old")
    elif not os.access(path, os.R_OK | os.W_OK):
        yield Trouble(f"{path} cannot be read and written", f'run sudo chown "$USER" {path} and chmod 600 {path}')
    elif mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Trouble(f"{path} is not for its owner alone", f"run chmod 600 {path}")
