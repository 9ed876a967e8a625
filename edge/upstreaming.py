"""What leaves the house of one home, with the files and settings that the profile names: reports of closed turns.

Nothing is made, kept or sent, and no file opened, unless `upstream.carrier` is set and `edge outbox enable` was run.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from edge.core.errors import EdgeError
from edge.core.turn import Turn
from edge.feedback.store import Store
from edge.learning import Rewriter, defects
from edge.past import Past
from edge.profile import Profile
from edge.rewrite.entry import Source
from edge.rewrite.teach import Lessons

if TYPE_CHECKING:  # most hubs never need them
    from edge.upstream.carriers import Carrier
    from edge.upstream.names import Names
    from edge.upstream.outbox import Outbox
    from edge.upstream.randomised import RandomisedFacts
    from edge.upstream.vocabulary import Vocabulary

log = logging.getLogger("edge")

Deliver = Callable[[str, bytes, float], bool]
"""As `edge.home.link.Link.deliver`."""

PATIENCE_S = 60.0
"""Seconds that a closed turn waits for what was meant to be on disk, where alone it is looked for."""
MAX_WAITING = 100
"""Closed turns that do; of more the oldest are not told."""
_HOUSEHOLDS_OWN = frozenset((Source.TAUGHT, Source.AGREED, Source.IMPORTED))


class _Closed(NamedTuple):
    turn: Turn
    until: float


class Reporting:
    """The rewrites of a home, and beside them what tells of closed turns: as of `edge.learning.Rewriter`.

    It only tells of turns that the history has, so that of what is forgotten, or is not to be kept, nothing is told.
    clock: seconds that only go forward.
    """

    def __init__(
        self,
        rewrites: Rewriter,
        outbox: "Outbox",
        store: Store,
        vocabulary: "Vocabulary",
        names: "Callable[[Turn], Names]",
        *,
        facts: "RandomisedFacts",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rewrites, self._outbox, self._store = rewrites, outbox, store
        self._vocabulary, self._names, self._facts, self._clock = vocabulary, names, facts, clock
        self._waiting: deque[_Closed] = deque(maxlen=MAX_WAITING)

    def note(self, turn: Turn) -> None:
        """What it was taken for."""
        self._rewrites.note(turn)

    def closed(self, turn: Turn) -> None:
        """A turn is over for good: it is told of later, as this one waits for nothing."""
        self._rewrites.closed(turn)
        self._waiting.append(_Closed(turn, self._clock() + PATIENCE_S))

    def keep(self) -> None:
        """On a thread that may wait for the disk."""
        self._rewrites.keep()
        self._tell(last=False)

    def idle(self) -> None:
        """Nobody speaks."""
        self._rewrites.idle()

    def close(self) -> None:
        """All that is to be known is on disk by now."""
        self._tell(last=True)
        self._rewrites.close()

    def _tell(self, *, last: bool) -> None:
        if not self._waiting or not self._outbox.enabled:
            self._waiting.clear()
            return
        for _ in range(len(self._waiting)):
            one = self._waiting.popleft()
            with defects():
                if not self._told(one.turn, late=last or self._clock() >= one.until):
                    self._waiting.append(one)

    def _told(self, turn: Turn, *, late: bool) -> bool:
        """Whether it needs no more waiting."""
        from edge.upstream.report import report

        other = turn.verdict.meant_turn if turn.verdict is not None else None
        meant = self._store.turn(other) if other is not None else None
        kept = self._store.turn(turn.id) is not None
        if not late and (not kept or (other is not None and meant is None)):
            return False
        if kept:
            made = report(turn, self._names(turn), self._vocabulary, self._facts, meant=meant)
            if made is not None:
                self._outbox.add(made)
        return True


def outbox_of(profile: Profile, *, tells: bool = True) -> "Outbox":
    """The outbox of this hub.

    tells: whether reports are made or packed, else only what is there is looked after. Raises MissingError
    (`vocabulary.none`) for a language in which nothing is told.
    """
    from edge.upstream.outbox import FILE, Outbox
    from edge.upstream.vocabulary import Vocabulary

    language = profile.language.partition("-")[0]
    return Outbox(
        profile.paths.data_dir / FILE,
        target=target_of(profile),
        language=language,
        vocabulary=Vocabulary.load(language).sha256 if tells else "",
        warn=_warn,
    )


def target_of(profile: Profile) -> str:
    """Where reports would go, in words; nothing where that is not set."""
    upstream = profile.upstream
    if upstream.carrier == "mqtt":
        from edge.upstream.carriers import TOPIC

        return f"{profile.mqtt.base_topic}/{TOPIC} at the broker {profile.mqtt.host}" if profile.mqtt.host else ""
    if upstream.carrier == "folder":
        return str(upstream.folder or "")
    return upstream.url or "" if upstream.carrier == "https" else ""


def carrier_of(profile: Profile, deliver: Deliver | None) -> "Carrier | None":
    """What takes batches to where they go; None where that is not set. Raises InputError (`upstream.url`)."""
    from edge.upstream.carriers import ToBroker, ToCollector, ToFolder

    upstream = profile.upstream
    if upstream.carrier == "folder" and upstream.folder is not None:
        return ToFolder(upstream.folder)
    if upstream.carrier == "https" and upstream.url is not None:
        return ToCollector(upstream.url)
    if upstream.carrier == "mqtt" and deliver is not None:
        return ToBroker(deliver)
    return None


@contextmanager
def reporting(
    profile: Profile, known: Past, lessons: Lessons, *, own: bool, sends: bool, deliver: Deliver | None
) -> Iterator[None]:
    """While a hub is there, have its closed turns told of, and sent where it listens.

    known: of the home; its rewrites are told first. It is to be closed within. own: whether it is the household's own
    home, as of a simulated one nothing is told. sends: whether it is the hub itself. deliver: where the home has a
    broker.
    """
    upstream, store = profile.upstream, known.store
    if not own:
        yield
        return
    if profile.memory.keep != "all" and sends:
        _purge(profile)
    if upstream.carrier is None or store is None or not store.keeps_words or known.rewrites is None:
        yield
        return
    try:
        outbox = outbox_of(profile)
        carrier = carrier_of(profile, deliver) if sends else None
    except EdgeError as error:
        _warn(error.code, str(error))
        yield
        return
    from edge.upstream.randomised import RandomisedFacts
    from edge.upstream.vocabulary import Vocabulary

    rng = secrets.SystemRandom()
    vocabulary = Vocabulary.load(profile.language.partition("-")[0])
    sending = None
    if carrier is not None:
        from edge.upstream.sending import Sending

        sending = Sending(outbox, carrier, rng=rng, clock=time.monotonic, warn=_warn)
        sending.start()
    known.rewrites = Reporting(
        *(known.rewrites, outbox, store, vocabulary, lambda turn: _names(profile, lessons, turn)),
        facts=RandomisedFacts(rng),
    )
    try:
        yield
    finally:
        if sending is not None:
            sending.close()
        outbox.close()


def _names(profile: Profile, lessons: Lessons, turn: Turn) -> "Names":
    """What this household calls things and people, as far as the hub knows."""
    from edge.upstream.names import Names

    voices = (profile.paths.data_dir / "voices").glob("*.json")  # the audio stack is not loaded for it
    people = {*(path.stem for path in voices), *profile.wake.speakers}
    phrases = [rule.heard for rule in lessons.rules.rules() if rule.source in _HOUSEHOLDS_OWN]
    names = [lesson.heard for lesson in lessons.names()]
    return Names.of(
        turn.home,
        people=sorted(one.replace("-", " ").replace("_", " ") for one in people),
        taught=(*phrases, *names),
    )


def _purge(profile: Profile) -> None:
    """As nothing that was said is to be on disk."""
    outbox = outbox_of(profile, tells=False)
    try:
        outbox.purge()  # of one that was set aside, too
    except EdgeError as error:
        _warn(error.code, str(error))
    finally:
        outbox.close()


def _warn(code: str, sentence: str) -> None:
    log.warning("%s: %s", code, sentence)
