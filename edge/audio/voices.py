"""Enrolled voices on disk: one small file a person. It holds spectra of the wake word, not the sound itself."""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edge.audio.speaker import BANDS, FRAMES, Voice
from edge.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_BYTES = 2_000_000
_MOST_RECORDINGS = 10
_MOST_NEPERS = 100.0


def names(folder: Path) -> list[str]:
    """Whoever is enrolled, in order."""
    return sorted(path.stem for path in folder.glob("*.json") if _NAME.fullmatch(path.stem))


def read(folder: Path, name: str) -> Voice:
    """One voice. Raises InputError (`voice.name`, `voice.unknown`, `voice.unreadable`, `voice.broken`)."""
    path = _path(folder, name)
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        there = ", ".join(names(folder)) or "nobody"
        raise InputError(
            "voice.unknown",
            f"no voice is enrolled as {name} ({there} is): edge wake enroll --name {name}",
        ) from error
    except OSError as error:
        raise InputError("voice.unreadable", f"{path}: {error.strerror}") from error
    return _voice(path, name, raw)


def read_file(path: Path, name: str) -> Voice:
    """One that is not among them yet. Raises InputError (`voice.name`, `voice.broken`) and OSError."""
    check_name(name)
    with path.open("rb") as file:
        return _voice(path, name, file.read(_MOST_BYTES + 1))


def _voice(path: Path, name: str, raw: bytes) -> Voice:
    try:
        return Voice(name, _words(raw))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "voice.broken",
            f"{path} is damaged or of another version of edge: enrol again with edge wake enroll --name {name}",
        ) from error


def write(folder: Path, voice: Voice) -> None:
    """Keep a voice, in one step, readable by its owner alone. Raises InputError (`voice.name`, `voice.unwritable`)."""
    path = _path(folder, voice.name)
    words = {
        phrase: [[[round(float(value), 2) for value in row] for row in each] for each in recordings]
        for phrase, recordings in voice.words.items()
    }
    text = json.dumps({"version": VERSION, "words": words}, ensure_ascii=False, separators=(",", ":"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # what it makes on the way has no such mode
        folder.mkdir(exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".voice-", delete=False) as file:
            new = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                new.replace(path)
            except OSError:
                new.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError("voice.unwritable", f"{path} cannot be written: {error.strerror}") from error


def forget(folder: Path, name: str) -> None:
    """Delete a voice, a damaged one too. Raises InputError (`voice.name`, `voice.unknown`, `voice.unwritable`)."""
    path = _path(folder, name)
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise InputError("voice.unknown", f"no voice is enrolled as {name}: see edge wake enroll --list") from error
    except OSError as error:
        raise InputError("voice.unwritable", f"{path} cannot be deleted: {error.strerror}") from error


def check_name(name: str) -> None:
    """Raises InputError (`voice.name`) for what cannot be a voice's name."""
    if not _NAME.fullmatch(name):
        raise InputError("voice.name", f"{name!r} cannot be a voice's name: use small letters, digits, - and _")


def _path(folder: Path, name: str) -> Path:
    check_name(name)
    return folder / f"{name}.json"


def _words(raw: bytes) -> "dict[str, tuple[NDArray[np.float32], ...]]":
    """Raises ValueError, and what else unexpected JSON makes Python raise."""
    import numpy as np

    if len(raw) > _MOST_BYTES:
        raise ValueError("too large")
    found = json.loads(raw)
    if found["version"] != VERSION:
        raise ValueError("another version")
    words: dict[str, tuple[NDArray[np.float32], ...]] = {}
    for phrase, recordings in found["words"].items():
        spectra = tuple(np.array(each, dtype=np.float32) for each in recordings)
        if not 1 <= len(spectra) <= _MOST_RECORDINGS:
            raise ValueError("no recordings, or too many")
        for each in spectra:
            # Not-a-number fails the last comparison too.
            if (
                each.ndim != 2
                or each.shape[1] != BANDS
                or len(each) not in FRAMES
                or not np.abs(each).max() < _MOST_NEPERS
            ):
                raise ValueError("no spectrum")
        words[phrase] = spectra
    if not words:
        raise ValueError("no words")
    return words
