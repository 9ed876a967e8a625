"""What a household has taught its hub, in one file that another board can take up.

A ZIP file of known names alone, with `manifest.json` first, which has the SHA-256 and the length of each. It holds no
password, no code of a lock, no model, nothing that was learnt elsewhere, and no consent: whoever restores it on another
board agrees there anew. It tells that it is whole, and not who has made it: it is as private as what is in it.
"""

import hashlib
import json
import os
import re
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edge import hub_files, restored
from edge.core.errors import InputError
from edge.core.sqlite_file import copy_file
from edge.feedback.store import FILE as HISTORY
from edge.hub_files import CONFIG
from edge.profile import Profile

FORMAT = 1
MANIFEST = "manifest.json"
MAX_FILES = 2_000
MAX_BYTES = 128_000_000
"""Of all that is in one, unpacked."""
_MAX_MANIFEST = 1_000_000
_SECRET = re.compile(r"""^[\s#]*(?:mqtt\s*\.\s*)?["']?password["']?\s*=""", re.IGNORECASE)
_WHEN = (2000, 1, 1, 0, 0, 0)
"""Nothing is told by the time of a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a backup."""

    name: str
    bytes: int
    sha256: str


# --- out -------------------------------------------------------------------------------------------------------------


def save(profile: Profile, file: Path, *, version: str, progress: Callable[[int, int], None]) -> tuple[Entry, ...]:
    """Write a backup, whole or not at all, for its owner alone; a hub that runs goes on.

    version: of edge. progress: told how many files are done, of how many.
    Raises InputError (`backup.secret`, `.unreadable`) and OSError.
    """
    there = list(hub_files.present(profile))
    with _beside(file) as (stream, folder), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        contents: dict[str, bytes] = {}
        for number, (name, path) in enumerate(there):
            progress(number, len(there))
            if (data := _content(name, path, folder)) is not None:
                contents[name] = data
        entries = tuple(Entry(name, len(data), _hash(data)) for name, data in contents.items())
        told = {one.name: {"bytes": one.bytes, "sha256": one.sha256} for one in entries}
        manifest = {"edge_backup": FORMAT, "edge": version, "files": told}
        for name, data in ((MANIFEST, json.dumps(manifest, indent=1).encode()), *contents.items()):
            info = zipfile.ZipInfo(name, _WHEN)
            info.external_attr, info.compress_type = 0o100600 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return entries


def _content(name: str, path: Path, folder: Path) -> bytes | None:
    """None for a file that went meanwhile."""
    try:
        if name == HISTORY:
            copy = folder / HISTORY
            copy_file(path, copy)
            return copy.read_bytes()
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return _without_secrets(path, data) if name == CONFIG else data


def _without_secrets(path: Path, data: bytes) -> bytes:
    """Line by line, as comments and the order are worth keeping. Raises InputError (`backup.secret`, `.unreadable`)."""
    try:
        text = data.decode()
        secret = _password(text)
    except ValueError as error:
        raise InputError("backup.unreadable", f"{path} cannot be read as TOML: correct it first") from error
    left = "".join(line for line in text.splitlines(keepends=True) if not _SECRET.match(line))
    if _still_holds(left, secret):
        raise InputError(
            "backup.secret", f"{path} has a password that cannot be left out: move it to a file, mqtt.password_file"
        )
    return left.encode()


def _still_holds(text: str, secret: str | None) -> bool:
    try:
        return _password(text) is not None or (secret is not None and secret in text)
    except ValueError:  # what was left of a password of several lines
        return True


def _password(text: str) -> str | None:
    mqtt = tomllib.loads(text).get("mqtt")
    found = mqtt.get("password") if isinstance(mqtt, dict) else None
    return found if isinstance(found, str) and found else None


@contextmanager
def _beside(file: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file that takes this name when all went well, and a folder for what is made on the way."""
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".edge-backup-") as made:
        new = Path(made) / "new"
        with os.fdopen(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as stream:
            yield stream, Path(made)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)


# --- in --------------------------------------------------------------------------------------------------------------


def restore(
    file: Path, profile_of: Callable[[Path | None], Profile], *, progress: Callable[[int, int], None]
) -> tuple[tuple[str, Path], ...]:
    """Put back what a backup holds, once all of it was found good; the name of each file, and where it is now.

    What was there is kept beside it, with `.before-restore` at its end. What is not in the backup stays.
    profile_of: the profile, with a further configuration file, as the backup's may say where files are.
    Raises InputError (`backup.damaged`, `.newer`, `.hub_runs`, `.refused`, `.unreadable`) and OSError.
    """
    present = profile_of(None)
    if hub_files.in_use(present):
        raise InputError(
            "backup.hub_runs", "a hub runs with these files: stop it (sudo systemctl stop edge), restore, and start it"
        )
    data_dir = present.paths.data_dir
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".edge-restore-") as made:
        staged = _unpack(file, Path(made), progress)
        restored.check(staged)
        profile = profile_of(staged.get(CONFIG))
        if hub_files.in_use(profile):
            raise InputError("backup.hub_runs", f"a hub runs with the files of {profile.paths.data_dir}: stop it")
        return restored.put(profile, staged)


def _unpack(file: Path, folder: Path, progress: Callable[[int, int], None]) -> dict[str, Path]:
    """Name -> the file, each as long and with the hash that the manifest says. Nothing is written outside `folder`."""
    with _reading(file), zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if not 1 <= len(infos) <= MAX_FILES or infos[0].filename != MANIFEST:
            raise _damaged(file, "it is no backup of edge")
        entries = _manifest(file, _bytes_of(file, archive, infos[0], _MAX_MANIFEST))
        if [info.filename for info in infos[1:]] != [entry.name for entry in entries]:
            raise _damaged(file, "it does not hold what it says")
        staged = {}
        for number, (info, entry) in enumerate(zip(infos[1:], entries, strict=True)):
            progress(number, len(entries))
            data = _bytes_of(file, archive, info, entry.bytes)
            if len(data) != entry.bytes or _hash(data) != entry.sha256:
                raise _damaged(file, f"{entry.name} is not as it was written")
            # By number, so that no name of it is ever a path.
            staged[entry.name] = folder / str(number)
            with os.fdopen(os.open(staged[entry.name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
        return staged


def _bytes_of(file: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """What it holds, and one byte too many of what is longer than it may be."""
    kind = info.external_attr >> 16 & 0o170000
    if kind not in (0, 0o100000) or info.flag_bits & 1:
        raise _damaged(file, "it holds a link, a folder or something encrypted")
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise _damaged(file, "it holds more than it says")
    return data


def _manifest(file: Path, data: bytes) -> list[Entry]:
    try:
        told: Any = json.loads(data)
        version = told["edge_backup"]
        entries = [Entry(name, one["bytes"], one["sha256"]) for name, one in told["files"].items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(file, "its manifest cannot be read") from error
    if version != FORMAT:
        raise InputError("backup.newer", f"{file} was made by another edge than this one can read: upgrade first")
    for entry in entries:
        limit = hub_files.bound(entry.name)
        if limit is None or not isinstance(entry.bytes, int) or not 0 <= entry.bytes <= limit.most_bytes:
            raise _damaged(file, "it holds a file that no backup has")
    if sum(entry.bytes for entry in entries) > MAX_BYTES:
        raise _damaged(file, "it is larger than a backup can be")
    return entries


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """All that a file can do to whoever reads it as a ZIP file, in one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _damaged(file, "it is no backup of edge, or was cut off") from error


def kinds(names: Iterable[str]) -> Mapping[str, int]:
    """What these files are, in words, and how many of each."""
    found: dict[str, int] = {}
    for name in names:
        if (limit := hub_files.bound(name)) is not None:
            found[limit.told] = found.get(limit.told, 0) + 1
    return found


def _damaged(file: Path, why: str) -> InputError:
    return InputError("backup.damaged", f"{file} is not restored, and nothing is changed: {why}")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
