"""Which files hold what a household has taught, their names in a backup, and whether anybody works with them."""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from edge import kept_files
from edge.feedback.database import ALIVE
from edge.feedback.store import FILE as HISTORY
from edge.profile import Profile
from edge.resources import user_config_home
from edge.rewriting import MARKS_FILE

ASIDE = ".before-restore"
"""What the name of a file ends with that a restored one has taken the place of."""
TIMERS, HOME, CONFIG, PRONUNCIATIONS = "timers.json", "home.toml", "edge.toml", "pronunciations.dict"
VOICES, SENTENCES = "voices/", "custom_sentences/"
_MB = 1_000_000
_VOICE = re.compile(rf"{VOICES}[a-z0-9][a-z0-9_-]{{0,39}}\.json")
_SENTENCE = re.compile(rf"{SENTENCES}(?:[\w-][\w. -]{{0,99}}/){{0,3}}[\w-][\w. -]{{0,99}}\.ya?ml")


class Bound(NamedTuple):
    """Of a kind of file in a backup."""

    told: str
    """What it is, for people."""
    most_bytes: int


_BOUNDS: Mapping[str, Bound] = {
    HISTORY: Bound("what was said and done, rewrites, lessons, habits", 64 * _MB),
    MARKS_FILE: Bound("the mark of this home's exported files", 1_000),
    TIMERS: Bound("timers and alarms", _MB),
    HOME: Bound("rooms, names and what a voice may do", _MB),
    CONFIG: Bound("the configuration, without its password", _MB),
    PRONUNCIATIONS: Bound("how the household says its words", _MB),
}
_VOICE_BOUND = Bound("enrolled voices", 2 * _MB)
_SENTENCE_BOUND = Bound("sentences of your own", _MB)


def bound(name: str) -> Bound | None:
    """Of the file of this name in a backup; None where no such file can be in one.

    >>> bound("voices/anna.json").told, bound("../voices/anna.json"), bound("custom_sentences/en/../x.yaml")
    ('enrolled voices', None, None)
    """
    if _VOICE.fullmatch(name):
        return _VOICE_BOUND
    if _SENTENCE.fullmatch(name):
        return _SENTENCE_BOUND
    return _BOUNDS.get(name)


def place(profile: Profile, name: str) -> Path:
    """Where the file of this name in a backup is on this hub."""
    data, paths = profile.paths.data_dir, profile.paths
    if name.startswith(VOICES):
        return data / name
    if name.startswith(SENTENCES):
        return paths.custom_sentences / name.removeprefix(SENTENCES)
    return {
        HISTORY: kept_files.history(profile),
        MARKS_FILE: data / MARKS_FILE,
        TIMERS: kept_files.timers(profile),
        HOME: paths.home,
        CONFIG: user_config_home(os.environ) / "edge" / CONFIG,
        PRONUNCIATIONS: paths.pronunciations,
    }[name]


def present(profile: Profile) -> Iterator[tuple[str, Path]]:
    """What there is of it here, by its name in a backup."""
    for name in _BOUNDS:
        if (path := place(profile, name)).is_file():
            yield name, path
    for prefix, pattern in ((VOICES, "*.json"), (SENTENCES, "**/*.y*ml")):
        folder = place(profile, prefix)
        for path in sorted(folder.glob(pattern)):
            name = prefix + path.relative_to(folder).as_posix()
            if path.is_file() and bound(name) is not None:
                yield name, path


def in_use(profile: Profile) -> bool:
    """Whether a hub, or a command that lasts, works with them: it holds a lock that ends with its process."""
    folder = profile.paths.data_dir
    return any(map(_is_locked, (*folder.glob(f"{HISTORY}.*{ALIVE}"), *folder.glob("timers*.json.hub"))))


def _is_locked(path: Path) -> bool:
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return False
