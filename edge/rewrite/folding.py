"""The files behind the rewrites of one home: the tables, which are the truth, and the packed cache made from them.

The tables tell which cache files may be used and up to which change each holds everything. So a process that was killed
between a file and its entry, a file that was damaged or put back from a copy, and one of another encoder are all the
same: what the file cannot serve is read from the tables. Where the tables know nothing, because their file was lost,
the last good cache file gives back what it holds; so a file that holds what was forgotten since is removed at once.

Others may write the tables, too. Nothing is written over what is not known: whoever is behind takes in first what the
others have written.
"""

import shutil
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from edge.core.errors import EdgeError
from edge.rewrite.cache import Cache, write
from edge.rewrite.entry import Phrase, Rule


class Marks(NamedTuple):
    """How far the tables are: see `edge.feedback.kept_rules.Changes`."""

    rev: int = 0
    gone: int = 0
    files: tuple[tuple[str, int], ...] = ()


BEHIND = -1
"""In place of `rev`: somebody else has written since, and nothing was."""


class Loaded(NamedTuple):
    """What was read from the tables at one moment."""

    phrases: tuple[Phrase, ...]
    rules: tuple[Rule, ...]
    marks: Marks


class RuleStore(Protocol):
    """The tables of one home. Nothing of it raises; what could not be done is None or False."""

    @property
    def keeps_words(self) -> bool:
        """Whether what was not taught is kept."""
        ...

    def changes(self) -> Marks | None:
        """How far they are."""
        ...

    def load(self, since: int = 0) -> Loaded | None:
        """What has changed after that."""
        ...

    def save(
        self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str], since: int | None = None
    ) -> Marks | None:
        """Take away what is gone, and write what has changed; how far they are then.

        since: the last change that is known here; `BEHIND` comes of it where there is a later one.
        """
        ...

    def forget_all(self) -> Marks | None:
        """Take all phrases and rules away."""
        ...

    def folded(self, file: str, rev: int) -> None:
        """The file of this name holds all up to that change."""
        ...

    def trim(self, day: int) -> int:
        """Take away what is beyond the bounds."""
        ...

    def notes(self, kind: str) -> tuple[str, ...] | None:
        """Keys that were noted."""
        ...

    def note(self, kind: str, key: str, *, on: bool = True) -> bool:
        """Note a key, or take the note back."""
        ...


class Pulled(NamedTuple):
    """What is to be taken in: others' changes, or all there is."""

    anew: bool = False
    """Whether it is all there is, so that what was known before goes."""
    phrases: tuple[Phrase, ...] = ()
    rules: tuple[Rule, ...] = ()
    lost: bool = False
    """Whether the tables have lost what they held, so that what was known before is to be written again."""


class Saved(Enum):
    """What came of writing."""

    DONE = 1
    BEHIND = 2
    """Others have written since: their changes are to be pulled first."""
    FAILED = 3


class Folding:
    """One home's. Not safe to use from several threads, but for `fold`, which touches nothing else.

    path: of the cache file, one for each home; None: none is made. packs: whether it is made and read here; a command
    that ends at once only removes it when it holds what was forgotten. warn: told a code and a sentence of files that
    cannot be used.
    """

    def __init__(
        self,
        store: RuleStore | None,
        path: Path | None,
        warn: Callable[[str, str], None] = lambda *_: None,
        *,
        packs: bool = True,
    ) -> None:
        self._store, self._warn = store, warn
        self._path = path if store is not None else None
        self._packs = packs and self._path is not None and store is not None and store.keeps_words
        self._rev = 0
        """The last change that this process knows."""
        self.begun = store is None
        """Whether it is known at all how far the tables are."""
        self._told: set[str] = set()

    @property
    def missing(self) -> bool:
        """Whether there is no file where there might be one."""
        return self._packs and self._path is not None and not self._path.exists()

    def begin(self) -> tuple[Cache | None, Pulled]:
        """The cache file that may be used, and what is to be known beside it; nothing where that cannot be told now."""
        marks = self._store.changes() if self._store is not None else None
        if marks is None:
            return None, Pulled()
        if self._packs and marks.rev:
            self._clear(marks)
            for path in self._files():
                since = dict(marks.files).get(_stamp(path))
                if since is not None and (cache := self._opened(path)) is not None:
                    pulled = self._load(since)
                    if pulled is None or pulled.anew:
                        cache.close()
                        break
                    self.begun = True
                    return cache, pulled
        elif self._packs:
            for path in self._files():
                if (cache := self._opened(path)) is not None:
                    phrases, rules = tuple(cache.phrases()), tuple(cache.rules())
                    cache.close()
                    self.begun = True
                    return None, Pulled(False, phrases, rules, lost=True)
        pulled = self._load(0)
        self.begun = pulled is not None
        return None, pulled or Pulled()

    def _load(self, since: int) -> Pulled | None:
        """What has changed since, or all where something was taken away since."""
        found = self._store.load(since) if self._store is not None else None
        if found is not None and self._store is not None and since and found.marks.gone > since:
            found, since = self._store.load(0), 0
        if found is None:
            return None
        self._rev = found.marks.rev
        return Pulled(since == 0, found.phrases, found.rules)

    def save(self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str]) -> Saved:
        """Write what has changed, unless others have written since."""
        if self._store is None:
            return Saved.DONE
        ids = tuple(gone)
        marks = self._store.save(phrases, rules, ids, self._rev)
        if marks is None or marks.rev == BEHIND:
            return Saved.FAILED if marks is None else Saved.BEHIND
        self._rev = marks.rev
        if ids:
            self._clear(marks)
        return Saved.DONE

    def pull(self) -> Pulled | None:
        """What another process has written since, if anything."""
        marks = self._store.changes() if self._store is not None else None
        if marks is None or marks.rev == self._rev:
            return None
        lost = marks.rev < self._rev
        pulled = self._load(0 if lost or marks.gone > self._rev else self._rev)
        if pulled is not None and lost:
            return pulled._replace(anew=False, lost=True)
        return pulled

    def forget_all(self) -> bool:
        """Let nothing stay, nor of how requests went; whether that was done."""
        if self._store is None:
            return True
        marks = self._store.forget_all()
        if marks is not None:
            if marks.rev == self._rev + 1:
                self._rev = marks.rev  # nobody else has written in between
            self._clear(marks)
        return marks is not None

    def _clear(self, marks: Marks) -> None:
        """Remove the cache files that may not be used any more: what is in them may have been forgotten since."""
        usable = dict(marks.files)
        for path in (self._path, _last(self._path)) if self._path is not None else ():
            try:
                if path.exists() and _stamp(path) not in usable:
                    path.unlink(missing_ok=True)
            except OSError as error:
                self._tell("cache.read_only", f"{path} cannot be removed ({error.strerror})")

    def trim(self, day: int) -> None:
        """Take away what is beyond the bounds; what was is to be pulled."""
        if self._store is not None and self._packs:
            self._store.trim(day)

    def fold(self) -> Cache | None:
        """Write the cache file anew from the tables, beside the one before.

        None where it could not be written: the one before serves on.
        """
        from edge.rewrite.encoder import Encoder

        found = self._store.load(0) if self._store is not None and self._packs else None
        if self._store is None or self._path is None or found is None or not found.marks.rev:
            return None
        self._clear(found.marks)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # One that was damaged since, or put there by somebody, takes no place of a good one.
            if _stamp(self._path) in dict(found.marks.files) and (before := self._opened(self._path)) is not None:
                before.close()
                _link(self._path, _last(self._path))
            write(self._path, found.phrases, found.rules, Encoder())
            cache = Cache.open(self._path)
            cache.rule("")  # made here what it finds ids by, and not when somebody waits
        except (OSError, EdgeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self._tell(
                "cache.not_written",
                f"{self._path} cannot be written ({reason}); what was learnt is served all the same",
            )
            return None
        self._store.folded(_stamp(self._path), found.marks.rev)
        marks = self._store.changes()
        if marks is None or marks.gone > found.marks.rev or marks.rev < found.marks.rev:
            cache.close()  # it may hold what was forgotten meanwhile
            if marks is not None:
                self._clear(marks)
            return None
        return cache

    def notes(self, kind: str) -> tuple[str, ...] | None:
        """Keys that were noted; None where they cannot be read."""
        return self._store.notes(kind) if self._store is not None else ()

    def note(self, kind: str, key: str, *, on: bool = True) -> bool:
        """Note a key, or take the note back; whether that was done."""
        return self._store is None or self._store.note(kind, key, on=on)

    def _files(self) -> tuple[Path, ...]:
        return (self._path, _last(self._path)) if self._path is not None and self._packs else ()

    def _opened(self, path: Path) -> Cache | None:
        try:
            return Cache.open(path)
        except EdgeError as error:
            if error.code != "cache.missing":
                self._tell(error.code, f"{error}; what it held is read from the history")
            return None

    def _tell(self, code: str, sentence: str) -> None:
        if code not in self._told:
            self._told.add(code)
            self._warn(code, sentence)


def _last(path: Path) -> Path:
    return path.with_name(path.name + ".last")


def _stamp(path: Path) -> str:
    """What the file is known by: a rename keeps it, and any other file of this name has another."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


def _link(path: Path, last: Path) -> None:
    """Keep the file under another name too, so that the one in its place can be damaged and it cannot."""
    beside = last.with_name(last.name + ".new")
    beside.unlink(missing_ok=True)
    try:
        beside.hardlink_to(path)
    except OSError:  # FAT has no links
        shutil.copy2(path, beside)  # with its time, by which it is known
    beside.replace(last)
