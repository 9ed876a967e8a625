"""The rewrites of one home, with the files that the profile names: handed to the line and to the commands."""

import hashlib
import logging
import os
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import EdgeError
from edge.core.home import Entity, Voice
from edge.core.text import normalize
from edge.feedback.kept_rules import Changes, KeptRules, PhraseRow, RuleRow
from edge.feedback.store import Store
from edge.home.guard import default_voice
from edge.nlu.choice_reading import chooses
from edge.nlu.policy import answer
from edge.nlu.timely import to_what_rings
from edge.profile import Profile
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import Loaded, Marks
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.rewrites import Rewrites

if TYPE_CHECKING:
    from edge.rewrite.cache import Cache

log = logging.getLogger("edge")

GLOBAL_FILE = "global.rewrites"
MARKS_FILE = "rewrites.key"
_SECRET_BYTES = 32

_COMMON = frozenset(
    normalize(text)
    for text in (
        *("the", "a", "an", "and", "or", "it", "that", "this", "please", "hello", "hi", "hey", "um", "uh", "hm", "so"),
        *("turn on", "turn off", "turn it on", "turn it off", "on", "off", "open", "close", "start", "play", "go"),
        *("what", "who", "when", "where", "why", "how", "i", "you", "is", "are", "more", "less", "up", "down", "now"),
    )
)
"""Said too often to be taught as a phrase."""
_GOING_ON = frozenset(("stop", "cancel", "cancel that", "undo", "undo that", "put it back", "never mind", "pause"))
"""Said to what is going on, so that it must mean that at once."""
_AGAINST = frozenset(
    ("stop", "halt", "abort", "cancel", "undo", "wait", "help", "no", "not", "don't", "never", "do not")
)
"""What begins so is said against something, or for help: whoever says it in need must find it as it was."""
_TURNS = ("turn ", "switch ")
"""What is said to what rings, and to much else."""


def rewrites_of_home(
    profile: Profile,
    name: str,
    store: Store | None,
    *,
    lasting: bool = False,
    rng: random.Random | None = None,
    day: Callable[[], int] = lambda: int(time.time() // 86_400),
    steady: Callable[[], float] = time.monotonic,
) -> Rewrites:
    """The rewrites of one home.

    name: of the home, as `edge.past.home_name` makes it. store: the history's file; None keeps nothing. lasting:
    whether this is the hub itself, which makes and reads the packed file; a command that ends at once reads the tables
    alone, and removes the file when it takes something away. steady: seconds of a clock that only goes forward.
    """
    shelf = Shelved(KeptRules(store)) if store is not None else None
    if lasting and (store is None or not store.keeps_words):
        for old in (cache_file(profile, name), last_good(cache_file(profile, name))):
            _remove(old)
    return Rewrites(
        Layers(Ledger(), None, _pooled(profile, lasting=lasting)),
        rng=rng or random.Random(os.urandom(8)),  # noqa: S311 - it guards no secret
        day=day,
        store=shelf,
        file=cache_file(profile, name),
        packs=lasting,
        steady=steady,
        reserved=reserved_words(profile.language, profile.wake.models),
        dangerous=dangerous,
        warn=lambda code, sentence: log.warning("%s: %s", code, sentence),
    )


def cache_file(profile: Profile, name: str) -> Path:
    """The packed file of the home of this name: one for each."""
    return profile.paths.data_dir / f"rewrites-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:12]}.cache"


def secret(profile: Profile, *, make: bool = False) -> bytes | None:
    """What only this hub knows, by which it tells its own exported files; None where there is none, or none to be made.

    make: whether one is made where there is none.
    """
    path = profile.paths.data_dir / MARKS_FILE
    try:
        if make and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(os.urandom(_SECRET_BYTES))
        found = path.read_bytes() if path.exists() else b""
    except OSError as error:
        log.warning(
            "rewrites.no_secret: %s cannot be used (%s): exported files are not known again", path, error.strerror
        )
        return None
    return found if len(found) == _SECRET_BYTES else None


def last_good(path: Path) -> Path:
    """The packed file before that."""
    return path.with_name(path.name + ".last")


def dangerous(entity: Entity) -> bool:
    """Whether it opens, arms or heats, as far as its kind and its names tell."""
    return default_voice(entity)[0] is not Voice.ALLOWED


def reserved_words(language: str, wake_words: Iterable[str]) -> Callable[[str], str]:
    """Why a text can mean nothing else: `answer`, `wake`, `ringing`; `common`, `against` where it is no phrase."""
    wakes = {normalize(Path(word).stem.replace("_", " ")) for word in wake_words} - {""}

    def why(text: str) -> str:
        said = normalize(text)
        if answer(said, language) is not None or chooses(said, language):
            return "answer"
        if said in wakes:
            return "wake"
        if said in _GOING_ON or (to_what_rings(said) is not None and not said.startswith(_TURNS)):
            return "ringing"
        if said in _COMMON:
            return "common"
        first = said.split()
        return "against" if not _AGAINST.isdisjoint((" ".join(first[:1]), " ".join(first[:2]))) else ""

    return why


class Shelved:
    """The tables, with their rows as phrases and rules: the packages of the two do not know each other."""

    def __init__(self, kept: KeptRules) -> None:
        self._kept = kept

    @property
    def keeps_words(self) -> bool:
        """Whether what was not taught is kept."""
        return self._kept.keeps_words

    def changes(self) -> Marks | None:
        """How far they are."""
        return _marks(self._kept.changes())

    def load(self, since: int = 0) -> Loaded | None:
        """What has changed after that."""
        rows = self._kept.load(since)
        if rows is None:
            return None
        rules = tuple(rule for row in rows.rules if (rule := _rule(row)) is not None)
        return Loaded(tuple(Phrase(*row) for row in rows.phrases), rules, Marks(*rows.changes))

    def save(
        self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str], since: int | None = None
    ) -> Marks | None:
        """Write what has changed; how far they are then."""
        rows = [PhraseRow(one.text, one.label, one.wins, one.losses, one.last_day) for one in phrases]
        return _marks(self._kept.save(rows, [_row(rule) for rule in rules], gone, since))

    def forget_all(self) -> Marks | None:
        """Take all phrases and rules away."""
        return _marks(self._kept.forget_all())

    def folded(self, file: str, rev: int) -> None:
        """The file of this name holds all up to that change."""
        self._kept.folded(file, rev)

    def trim(self, day: int) -> int:
        """Take away what is beyond the bounds."""
        return self._kept.trim(day)

    def notes(self, kind: str) -> tuple[str, ...] | None:
        """Keys that were noted."""
        lessons = self._kept.lessons(kind)
        return None if lessons is None else tuple(lesson.key for lesson in lessons)

    def note(self, kind: str, key: str, *, on: bool = True) -> bool:
        """Note a key, or take the note back; whether that was done."""
        if on:
            return self._kept.teach(kind, key, True, int(time.time() * 1000))
        return self._kept.unteach(kind, key) is not None


def _marks(changes: Changes | None) -> Marks | None:
    return None if changes is None else Marks(*changes)


def _row(rule: Rule) -> RuleRow:
    return RuleRow(
        *(rule.id, rule.heard, rule.means, rule.source.value, rule.label, rule.wins, rule.losses, rule.served),
        *(rule.confidence, rule.situation, rule.made_day, rule.last_day, rule.state.value),
    )


def _rule(row: RuleRow) -> Rule | None:
    """None where another version of edge has written it."""
    try:
        return Rule(**{**row._asdict(), "source": Source(row.source), "state": State(row.state)})
    except ValueError:
        return None


def _pooled(profile: Profile, *, lasting: bool) -> "Cache | None":
    """The global layer's file, where there is one."""
    path = profile.paths.data_dir / GLOBAL_FILE
    if not lasting or not path.exists():
        return None
    from edge.rewrite.cache import Cache

    try:
        return Cache.open(path)
    except EdgeError as error:
        log.warning("%s: %s", error.code, error)
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning(
            "cache.read_only: %s cannot be removed (%s), though its words are not to be kept", path, error.strerror
        )
