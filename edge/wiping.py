"""Remove what the hub knows of its household, or only what was said; and tell what stays.

What is removed is unlinked, or overwritten within a database. What a memory card keeps of it inside itself until it
needs the room, nobody can tell a card to remove.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from edge import hub_files, kept_files, restored
from edge.core.errors import InputError, UnwrittenError
from edge.feedback.store import Store
from edge.profile import Profile
from edge.timers.book import Book
from edge.upstream.outbox import FILE as OUTBOX

log = logging.getLogger("edge")

_MODELS = "models"
_LEARNT = ("history.db*", "outbox.db*", "timers*.json*", "rewrites-*.cache*", "rewrites.key*")
_FROM_OTHERS = ("global.rewrites*", ".global.rewrites*")
_HALF_MADE = (".*.restored", ".edge-*", ".voice-*", "voices/.voice-*")
"""What whoever was killed in the midst of it has left."""
_COPIES = ("history.db.broken-*", "history.db.before-*", "outbox.db.broken*", "timers*.json.broken", "timers*.json.new")
"""Of what was said, apart from the files themselves; so are the packed ones, which are made anew."""


def wipe(profile: Profile, *, words: bool, tell: Callable[[Path, str], None]) -> None:
    """Remove it. words: only what was said; what was taught, habits, voices and timers stay, timers without names.

    tell: told each file, and what was done with it.
    Raises InputError (`privacy.hub_runs`), UnwrittenError, NotKeptError and OSError.
    """
    check_stopped(profile)
    if words:
        _wipe_words(profile, tell)
    for path in list(_doomed(profile, words=words)):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        tell(path, "removed")


def doomed(profile: Profile, *, words: bool) -> list[Path]:
    """What would be removed, or cleared of words, as it is now."""
    cleared = [p for p in (kept_files.history(profile), profile.paths.data_dir / OUTBOX) if words and p.exists()]
    return [*cleared, *_doomed(profile, words=words)]


def staying(profile: Profile) -> list[Path]:
    """What is in the hub's folders all the same: models, and what people have written."""
    folder, paths = profile.paths.data_dir, profile.paths
    own = (paths.home, paths.custom_sentences, hub_files.place(profile, hub_files.CONFIG))
    return [*(sorted(folder.iterdir()) if folder.is_dir() else ()), *(path for path in own if path.exists())]


def check_stopped(profile: Profile) -> None:
    """Raises InputError (`privacy.hub_runs`): what a hub has in its memory it would write again."""
    if hub_files.in_use(profile):
        raise InputError(
            "privacy.hub_runs",
            "a hub runs, and would write down again what it remembers: stop it (sudo systemctl stop edge), and try "
            "again",
        )


def _doomed(profile: Profile, *, words: bool) -> Iterator[Path]:
    folder, paths = profile.paths.data_dir, profile.paths
    patterns = (*_COPIES, "rewrites-*.cache*") if words else (*_LEARNT, *_FROM_OTHERS)
    seen: set[Path] = set()
    for pattern in (*patterns, *_HALF_MADE):
        seen.update(folder.glob(pattern))
    seen.update(restored.asides((folder, paths.home.parent, paths.pronunciations.parent, paths.custom_sentences)))
    if not words:
        seen.update(path for path in (folder / "voices", paths.pronunciations) if path.exists())
    yield from sorted(path for path in seen if path.parent not in seen)


def _wipe_words(profile: Profile, tell: Callable[[Path, str], None]) -> None:
    from edge.upstreaming import outbox_of

    if (history := kept_files.history(profile)).exists():
        troubles: list[str] = []
        store = Store(history, "", lambda code, _: troubles.append(code), keep_words=False)
        try:
            store.drop_words()
        finally:
            store.close()
        if troubles:
            raise UnwrittenError
        tell(history, "cleared of what was said")
    if (spool := profile.paths.data_dir / OUTBOX).exists():
        outbox = outbox_of(profile)
        try:
            outbox.purge()
        finally:
            outbox.close()
        tell(spool, "emptied")
    for path in sorted(profile.paths.data_dir.glob("timers*.json")):
        Book(path).change(lambda timers: tuple(replace(timer, name="") for timer in timers))
        tell(path, "cleared of names")
