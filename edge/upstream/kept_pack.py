"""The files of the global layer: the one that is served, the one before, and what is known of both.

    global.rewrites        the cache file that is served
    global.rewrites.last   the one before
    global.rewrites.json   which these are, what was refused, and how the one that is served does

What is to be is written down before it is done, and every step can be done twice: whoever is killed in between finds
it undone or done the next time (`settled`), and never a half of it. One process at a time changes them.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.upstream.signed import Manifest, PackError, manifest_of
from edge.upstream.trial import Tried

FORMAT = 1
MAX_STATE = 20_000
"""Bytes of the file of what is known."""
LOCK_S = 5.0
"""Seconds to wait for another process that changes them."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the global layer."""

    present: Manifest | None = None
    """Of the pack that is served; None: none is."""
    previous: Manifest | None = None
    """Of the one before it, which is gone back to."""
    staged: Manifest | None = None
    """Of one that was found good and is being put in its place."""
    refused: int = 0
    """The greatest sequence that was taken back; none up to it is taken again."""
    gone: str = ""
    """SHA-256 of the cache file that was taken back last."""
    wins: int = 0
    """Of turns since it is served in which a rewrite of its was served."""
    losses: int = 0
    since_ms: int = 0
    """Since when it is served, milliseconds since the Unix epoch."""
    tried: Tried = field(default_factory=Tried)
    """What the household's own turns said of it."""
    last_code: str = ""
    """Why the last pack that was not taken was not."""
    last_sequence: int = 0
    """Its sequence; 0 where it does not say so under a signature."""


class PackFiles:
    """file: the cache file that is served. Not safe to use from several threads, but from several processes."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.last = file.with_name(file.name + ".last")
        self.aside = file.with_name(f".{file.name}.new")
        """Where a pack is that is being looked at."""
        self._known = file.with_name(file.name + ".json")
        self._lock = file.with_name(file.name + ".lock")

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Another one says that something has changed; None where nothing is known."""
        try:
            found = self._known.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def state(self) -> State:
        """What is known; nothing where there is no such file. Raises PackError (`pack.state`)."""
        try:
            with self._known.open("rb") as file:
                data = file.read(MAX_STATE + 1)
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise PackError("pack.state", f"{self._known} cannot be read ({error.strerror})") from error
        try:
            return _state(json.loads(data))
        except (ValueError, TypeError, KeyError, RecursionError, PackError):
            raise PackError(
                "pack.state", f"{self._known} is damaged: delete it, and pull the pack again with edge pack pull"
            ) from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """While nobody else changes anything. Raises PackError (`pack.busy`, `pack.write`)."""
        with self._writing():
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            until = time.monotonic() + LOCK_S
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise PackError(
                            "pack.busy", "another process is changing the pack; try again in a moment"
                        ) from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(handle)

    # To be called with the lock

    def save(self, state: State) -> None:
        """Write down what is known, whole or not at all. Raises PackError (`pack.write`)."""
        data = json.dumps({"edge_pack": FORMAT, **asdict(state)}, sort_keys=True, indent=1).encode()
        self._write(self._known.with_name(f".{self._known.name}.new"), data, self._known)

    def put_aside(self, cache: bytes) -> Path:
        """Write a cache file beside the one that is served, to be looked at. Raises PackError (`pack.write`)."""
        self._write(self.aside, cache, None)
        return self.aside

    def drop_aside(self) -> None:
        """It was no good."""
        with self._writing():
            self.aside.unlink(missing_ok=True)

    def install(self, state: State, manifest: Manifest, found: Tried, now_ms: int) -> State:
        """Put what is aside in the place of what is served. What is known then. Raises PackError (`pack.write`)."""
        self.save(replace(state, staged=manifest))
        self._swap()
        after = _installed(replace(state, staged=manifest), found, now_ms)
        self.save(after)
        return after

    def take_back(self, state: State, *, refuse: bool) -> State:
        """Go back to the pack before, or to none. What is known then. Raises PackError (`pack.write`).

        refuse: whether it is not to be taken again.
        """
        present = state.present
        before = state.previous
        if before is not None and _sha256(self.last) != before.sha256:
            before = None
        after = State(
            present=before,
            refused=max(state.refused, present.sequence if present is not None and refuse else 0),
            gone=present.sha256 if present is not None else _sha256(self.file),
            last_code=state.last_code,
            last_sequence=state.last_sequence,
        )
        self.save(after)
        self._go_back(after)
        return after

    def settled(self, state: State) -> State:
        """What is known, once what was begun is done. Raises PackError (`pack.write`, `pack.damaged`).

        With `pack.damaged` the file that was served is another than it was: it is gone back to the one before.
        """
        now, before = _sha256(self.file), state
        if state.staged is not None:
            staged = state.staged.sha256
            if now != staged and _sha256(self.aside) == staged:
                self._swap()
                now = staged
            state = _installed(state, Tried(), 0) if now == staged else replace(state, staged=None)
        wanted = state.present.sha256 if state.present is not None else ""
        if wanted and now != wanted and _sha256(self.last) == wanted:
            self._go_back(state)
        elif wanted and now != wanted:
            self.take_back(state, refuse=False)
            raise PackError("pack.damaged", f"{self.file} was damaged, and is not served: pull it with edge pack pull")
        elif not wanted and now and now == state.gone:
            self._go_back(state)
        if state != before:
            self.save(state)
        return state

    def _swap(self) -> None:
        with self._writing():
            if self.file.exists():
                beside = self.last.with_name(f".{self.last.name}.new")
                beside.unlink(missing_ok=True)
                try:
                    beside.hardlink_to(self.file)  # so that there is one in its place all the time
                except OSError:  # FAT has no links
                    beside.write_bytes(self.file.read_bytes())
                beside.replace(self.last)
            self.aside.replace(self.file)
            _flush(self.file.parent)

    def _go_back(self, state: State) -> None:
        with self._writing():
            if state.present is not None:
                self.last.replace(self.file)
            else:
                self.file.unlink(missing_ok=True)
                self.last.unlink(missing_ok=True)
            _flush(self.file.parent)

    def _write(self, path: Path, data: bytes, then: Path | None) -> None:
        with self._writing():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if then is not None:
                path.replace(then)
                _flush(then.parent)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PackError(
                "pack.write", f"{self.file.parent} cannot be written ({error.strerror}); the present pack is served on"
            ) from error


def _installed(state: State, found: Tried, now_ms: int) -> State:
    return replace(
        state,
        present=state.staged,
        previous=state.present,
        staged=None,
        wins=0,
        losses=0,
        since_ms=now_ms,
        tried=found,
        last_code="",
        last_sequence=0,
    )


def _state(found: dict[str, Any]) -> State:
    if found.pop("edge_pack") != FORMAT:
        raise ValueError("another format")
    packs = ("present", "previous", "staged")
    manifests = {name: None if found[name] is None else manifest_of(found[name]) for name in packs}
    state = State(**{**found, **manifests, "tried": Tried(**found["tried"])})
    numbers = (
        state.refused,
        state.wins,
        state.losses,
        state.since_ms,
        state.last_sequence,
        *asdict(state.tried).values(),
    )
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise ValueError("no counts")
    if not isinstance(state.gone, str) or not isinstance(state.last_code, str):
        raise TypeError("no text")
    return state


def _sha256(path: Path) -> str:
    """Of a file; empty where there is none that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
