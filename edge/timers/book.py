"""The file that timers are kept in: written whole before anything is promised, read again when another has written it.

A running hub and the commands beside it share it. A lock on a file beside it is held while one of them changes it, and
another for as long as a hub runs, which is how a command knows whether anybody would ring. Both are the kernel's, and
end with the process however it ends.
"""

import datetime as dt
import errno
import fcntl
import json
import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.core.codec import loads, to_json
from edge.core.errors import EdgeError, InputError
from edge.core.home import Voice
from edge.core.timers import Timer, TimerKind
from edge.core.verb import Verb

log = logging.getLogger("edge")

MAX_BYTES = 1_000_000
"""A file above this size is none of ours."""
MAX_TIMERS = 50
LOCK_S = 2.0
"""Seconds to wait for another process that changes the file; one that has been stopped holds up no hub."""
_MAX_MS = 4_102_444_800_000
"""The year 2100: what is later has been written by a hand."""


@dataclass(frozen=True, slots=True)
class _Kept:
    version: int
    timers: tuple[Timer, ...]


class NotKeptError(EdgeError):
    """Timers cannot be written down, and so are not promised."""


class Book:
    """The timers of one hub. path: their file; None keeps them in memory, for a home that ends with the command.

    Safe to use from several threads only under the caller's lock.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._timers: tuple[Timer, ...] = ()
        self._seen: tuple[int, int, int] | None = None
        self._complained = ""
        self._usable = True

    @property
    def lasts(self) -> bool:
        """Whether the timers outlive the process."""
        return self._path is not None

    def read(self) -> tuple[Timer, ...]:
        """The timers as they are now; none where the file cannot be used, which is logged once."""
        if self._path is None:
            return self._timers
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._timers, self._usable = None, (), True
            return ()
        except OSError as error:
            return self._unusable(f"cannot be read: {error.strerror}")
        if not stat.S_ISREG(found.st_mode):
            return self._unusable("is no file")
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self._seen:
            self._usable = True
            self._timers = self._load(found.st_size)
            self._seen = stamp
        return self._timers

    def change(
        self, edit: Callable[[tuple[Timer, ...]], tuple[Timer, ...]], *, promised: bool = True
    ) -> tuple[Timer, ...]:
        """Change what is kept; what `edit` returns is on the disk when this returns.

        promised: whether the household is told that it will be so, which needs the disk; what happens by itself, as
        ringing does, happens on a disk that has become read-only too. Raises NotKeptError where it was promised.
        """
        if self._path is None:
            self._timers = edit(self._timers)
            return self._timers
        try:
            with self._locked():
                before = self.read()
                if not self._usable:  # what is in it may be of use to somebody
                    raise PermissionError(errno.EACCES, "what is there cannot be read")
                after = edit(before)
                if after != before:
                    self._write(after)
                return after
        except OSError as error:
            if not promised:
                self._complain(f"cannot be written: {error.strerror}")
                self._timers = edit(self._timers)
                return self._timers
            raise NotKeptError(
                "timers.not_kept", f"{self._path} cannot be written ({error.strerror}); see paths.data_dir"
            ) from error

    @contextmanager
    def serving(self) -> Iterator[bool]:
        """Be the hub that rings, for as long as this lasts; whether no other is already."""
        if self._path is None:
            yield True
            return
        try:
            handle = self._open("hub")
        except OSError as error:
            log.warning("timers.not_kept: %s cannot be written (%s); no timer can be set", self._path, error.strerror)
            yield True
            return
        try:
            yield _taken(handle)
        finally:
            os.close(handle)

    def served(self) -> bool:
        """Whether a hub runs that would ring."""
        if self._path is None or not self._beside("hub").exists():
            return False
        try:
            handle = os.open(self._beside("hub"), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _load(self, size: int) -> tuple[Timer, ...]:
        assert self._path is not None
        try:
            kept = _read(self._path, size)
        except OSError as error:
            return self._unusable(f"cannot be read: {error.strerror}")
        except (InputError, UnicodeDecodeError) as error:
            aside = self._path.with_name(f"{self._path.name}.broken")
            try:
                self._path.replace(aside)
            except OSError:
                return self._unusable("is damaged, and cannot be moved aside")
            log.warning("timers.broken: %s is damaged (%s): put aside as %s; its timers and alarms are lost",
                        self._path, error, aside.name)  # fmt: skip
            return ()
        return kept.timers[:MAX_TIMERS]

    def _unusable(self, why: str) -> tuple[Timer, ...]:
        self._complain(why)
        self._timers, self._usable, self._seen = (), False, None
        return ()

    def _complain(self, why: str) -> None:
        if self._complained != why:
            self._complained = why
            log.warning("timers.unusable: %s %s; no timer can be set until it can be used", self._path, why)

    def _write(self, timers: tuple[Timer, ...]) -> None:
        assert self._path is not None
        new = self._path.with_name(f"{self._path.name}.new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # In ASCII, as a device's name may hold half a character, which no file takes.
            file.write(json.dumps(to_json(_Kept(1, timers)), indent=1, allow_nan=False))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        found = self._path.stat()
        self._timers, self._seen = timers, (found.st_mtime_ns, found.st_ino, found.st_size)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = self._open("lock")
        try:
            until = time.monotonic() + LOCK_S
            while not _taken(handle):
                if time.monotonic() >= until:
                    raise BlockingIOError(errno.EAGAIN, "another program keeps it locked")
                time.sleep(0.02)
            yield
        finally:
            os.close(handle)

    def _open(self, ending: str) -> int:
        assert self._path is not None
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(self._beside(ending), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _beside(self, ending: str) -> Path:
        assert self._path is not None
        return self._path.with_name(f"{self._path.name}.{ending}")


def check(path: Path) -> None:
    """Raises InputError (`json.invalid`) for a file that is none of ours, UnicodeDecodeError and OSError."""
    _read(path, path.stat().st_size)


def _read(path: Path, size: int) -> _Kept:
    """Raises InputError for what this version has not written."""
    if size > MAX_BYTES:
        raise InputError("json.invalid", f"larger than {MAX_BYTES} bytes")
    kept = loads(_Kept, path.read_bytes())
    if kept.version != 1 or not all(map(_is_whole, kept.timers)):
        raise InputError("json.invalid", "not as this version of edge writes it")
    return kept


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_whole(timer: Timer) -> bool:
    """Whether it can end: the file may have been written by a hand."""
    times = [ms for ms in (timer.due_ms, timer.left_ms) if ms is not None]
    if not times or not all(0 <= ms < _MAX_MS for ms in (*times, timer.since_ms, timer.seconds * 1000)):
        return False
    try:
        for later in timer.then:
            Verb(later.verb), Voice(later.voice)
        if timer.date:
            dt.date.fromisoformat(timer.date)
        if timer.kind is TimerKind.ALARM:
            dt.time.fromisoformat(timer.at)
    except ValueError:
        return False
    # `fromisoformat` takes 0700 and 07, too, and every alphabet's digits.
    clock = timer.kind is not TimerKind.ALARM or (len(timer.at) == 5 and timer.at.isascii() and timer.at[2] == ":")
    return clock and all(0 <= day < 7 for day in timer.days)
