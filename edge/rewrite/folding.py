"""The files behind the rewrites of one home: the tables, which are the truth, and the packed cache made from them.

The tables tell which cache files may be used and up to which change each holds everything. So a process that was killed
between a file and its entry, a file that was damaged or put back from a copy, and one of another encoder are all the
same: what the file cannot serve is read from the tables. Where the tables know nothing, because their file was lost,
the last good cache file gives back what it holds.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from edge.core.errors import EdgeError
from edge.rewrite.cache import Cache, write
from edge.rewrite.entry import Phrase, Rule

DELTAS = 20
"""Changes from which a new file is made."""


class Marks(NamedTuple):
    """How far the tables are: see `edge.feedback.kept_rules.Changes`."""

    rev: int = 0
    gone: int = 0
    files: tuple[tuple[str, int], ...] = ()


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

    def save(self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str]) -> Marks | None:
        """Write what has changed; how far they are then."""
        ...

    def forget_phrases(self) -> None:
        """Take all phrases away."""
        ...

    def folded(self, file: str, rev: int) -> None:
        """The file of this name holds all up to that change."""
        ...

    def trim(self, day: int) -> int:
        """Take away what is beyond the bounds."""
        ...

    def notes(self, kind: str) -> tuple[str, ...]:
        """Keys that were noted."""
        ...

    def note(self, kind: str, key: str, *, on: bool = True) -> None:
        """Note a key, or take the note back."""
        ...


class Pulled(NamedTuple):
    """What is to be taken in: others' changes, or all there is."""

    anew: bool
    """Whether it is all there is, so that what was known before goes."""
    phrases: tuple[Phrase, ...]
    rules: tuple[Rule, ...]


class Folding:
    """One home's. Not safe to use from several threads, but for `fold`, which touches nothing else.

    path: of the cache file, one for each home; None: none is made. warn: told a code and a sentence of files that
    cannot be used.
    """

    def __init__(
        self, store: RuleStore | None, path: Path | None, warn: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        self._store, self._warn = store, warn
        self._path = path if store is not None and store.keeps_words else None
        self._rev = 0
        """The last change that this process knows."""
        self._told: set[str] = set()

    @property
    def keeps(self) -> bool:
        """Whether anything is written at all."""
        return self._store is not None

    def begin(self) -> tuple[Cache | None, Pulled]:
        """The cache file that may be used, and what is to be known beside it."""
        if self._store is None:
            return None, Pulled(False, (), ())
        marks = self._store.changes() or Marks()
        for path in self._files():
            since = dict(marks.files).get(_stamp(path))
            if since is not None and (cache := self._opened(path)) is not None:
                return cache, self._load(since)
        if not marks.rev:
            for path in self._files():
                if (cache := self._opened(path)) is not None:
                    phrases, rules = tuple(cache.phrases()), tuple(cache.rules())
                    cache.close()
                    saved = self._store.save(phrases, rules, ())
                    self._rev = saved.rev if saved is not None else 0
                    return None, Pulled(True, phrases, rules)
        return None, self._load(0)

    def _load(self, since: int) -> Pulled:
        found = self._store.load(since) if self._store is not None else None
        if found is None:
            return Pulled(False, (), ())
        self._rev = found.marks.rev
        return Pulled(since == 0, found.phrases, found.rules)

    def save(self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str]) -> bool:
        """Write what has changed. Whether that was done; what others have written since is still to be pulled."""
        if self._store is None:
            return True
        marks = self._store.save(phrases, rules, gone)
        if marks is not None and marks.rev == self._rev + 1:
            self._rev = marks.rev  # nobody else has written in between
        return marks is not None

    def pull(self) -> Pulled | None:
        """What another process has written since, if anything."""
        marks = self._store.changes() if self._store is not None else None
        if marks is None or marks.rev == self._rev:
            return None
        return self._load(0 if marks.gone > self._rev or marks.rev < self._rev else self._rev)

    def forget_phrases(self) -> None:
        """Let nothing stay of how requests went."""
        if self._store is not None:
            self._store.forget_phrases()
        self.remove()

    def remove(self) -> None:
        """Remove the cache files: what is in them was to be forgotten."""
        for path in self._files():
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self._tell("cache.read_only", f"{path} cannot be removed ({error.strerror})")

    def fold(self, day: int) -> Cache | None:
        """Write the cache file anew from the tables, beside the one before.

        None where it could not be written: the one before serves on.
        """
        from edge.rewrite.encoder import Encoder

        if self._store is None or self._path is None:
            return None
        self._store.trim(day)
        found = self._store.load(0)
        if found is None:
            return None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._path.exists():
                _link(self._path, _last(self._path))
            write(self._path, found.phrases, found.rules, Encoder())
            cache = Cache.open(self._path)
        except (OSError, EdgeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self._tell(
                "cache.not_written",
                f"{self._path} cannot be written ({reason}); what was learnt is served all the same",
            )
            return None
        self._store.folded(_stamp(self._path), found.marks.rev)
        return cache

    def notes(self, kind: str) -> tuple[str, ...]:
        """Keys that were noted."""
        return self._store.notes(kind) if self._store is not None else ()

    def note(self, kind: str, key: str, *, on: bool = True) -> None:
        """Note a key, or take the note back."""
        if self._store is not None:
            self._store.note(kind, key, on=on)

    def _files(self) -> tuple[Path, ...]:
        return (self._path, _last(self._path)) if self._path is not None else ()

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
        beside.write_bytes(path.read_bytes())
    beside.replace(last)
