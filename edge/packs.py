"""The global pack of one home, with the files and settings that the profile names: for the hub and for the commands."""

import contextlib
import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import EdgeError
from edge.core.home import Entity, HomeState
from edge.core.pipeline import run
from edge.core.text import normalize
from edge.core.turn import Rewrite, Turn
from edge.feedback.kept_rules import KeptRules
from edge.feedback.store import Store
from edge.learning import Rewriter, defects
from edge.profile import Profile
from edge.rewrite import guard
from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.labels import label_of
from edge.rewrite.layers import GLOBAL, Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.packing import FORMAT
from edge.rewrite.rewrites import Rewrites
from edge.rewrite.stage import Once, Rewriting
from edge.rewrite.teaching import MAX_MEANS
from edge.rewriting import GLOBAL_FILE, Shelved, dangerous, reserved_words
from edge.upstream import fetching
from edge.upstream.kept_pack import PackFiles
from edge.upstream.pack import Packs, Read, Terms
from edge.upstream.signed import MAX_BYTES, PackError, public_key
from edge.upstream.trial import Tried, tried

if TYPE_CHECKING:
    from edge.nlu.grammar import Grammar

log = logging.getLogger("edge")

MQTT = "mqtt"
"""The source that is a retained message of the household's own broker, which a bridge brings there."""
TOPIC = "upstream/pack"
"""Below the base topic."""
LOOK_S = 5.0
"""Seconds until what a command has done is taken in."""
FIRST_S, EVERY_S = 300.0, 86_400.0
"""Seconds from the start to the first look for a pack, and from one to the next; each a half more or less."""
_PATIENCE_S = 60.0
"""Seconds that a turn of the past waits for one of the present before it is tried beside it."""


class Replay:
    """The household's line with a pack in it: as of `edge.upstream.trial.Replays`.

    store: of what has been taught and learnt; None: nothing has. home: that the turns are replayed in. wait: called
    before each turn.
    """

    def __init__(
        self,
        pack: Cache,
        profile: Profile,
        store: Store | None,
        grammar: "Grammar",
        home: HomeState,
        *,
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        from edge.nlu.context import InContext
        from edge.nlu.teachable import Teachable
        from edge.nlu.timely import Timely
        from edge.nlu.understand import Understand

        self._home, self._wait = home, wait
        self._line = (Once(Teachable(Timely(Understand(lambda: grammar)), grammar.language)), Once(InContext()))
        reserved = reserved_words(profile.language, profile.wake.models)

        def rewriting(kept: Store | None) -> Rewriting:
            known = Rewrites(
                Layers(Ledger(), None, pack),
                rng=random.Random(0),  # noqa: S311 - the same turns say the same of the same pack
                day=lambda: int(time.time() // 86_400),
                store=Shelved(KeptRules(kept)) if kept is not None else None,
                reserved=reserved,
                dangerous=dangerous,
            )
            return Rewriting(known, self._trial)  # nothing changes in it, so there is nothing to close

        self._alone, self._over = rewriting(None), rewriting(store)

    def rewritten(self, turn: Turn, *, alone: bool) -> str:
        """What the pack would have had understood."""
        self._wait()
        found = (self._alone if alone else self._over)(self._bare(turn)).rewrite
        return found.text if found is not None and found.layer == GLOBAL else ""

    def reading(self, turn: Turn, text: str) -> str:
        """What is made of a text."""
        return label_of(self._trial(replace(self._bare(turn), rewrite=Rewrite(text, "", "", 0.0))))

    def _bare(self, turn: Turn) -> Turn:
        """As it opened, in the home as it is now."""
        home = replace(self._home, mic_area=turn.home.mic_area)
        return Turn(turn.id, turn.opened_ms, home, turn.utterance, asked=turn.asked, context=turn.context)

    def _trial(self, turn: Turn) -> Turn:
        return run(turn, self._line, clock=time.monotonic)


class OneHome:
    """What a pack has to do with in this home: as of `edge.upstream.pack.Household`.

    rewrites: that serve it; None: of another process. grammar: made where there is something to try. home: as it is;
    None: as its turns have it.
    """

    def __init__(
        self,
        profile: Profile,
        store: Store | None,
        rewrites: Rewrites | None,
        grammar: "Callable[[], Grammar]",
        *,
        home: Callable[[], HomeState] | None = None,
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._profile, self._store, self._rewrites = profile, store, rewrites
        self._grammar, self._home, self._wait = grammar, home, wait
        self._reserved = reserved_words(profile.language, ())

    def open(self, path: Path) -> Cache:
        """A cache file, checked. Raises CacheError."""
        return Cache.open(path)

    def objection(self, rule: Any) -> str:
        """Why it must not be served."""
        good = (
            isinstance(rule, Rule)
            and (rule.source, rule.state, rule.situation) == (Source.POOLED, State.ACTIVE, "")
            and guard.plausible(rule)
            and all(0 < len(text) <= MAX_MEANS and normalize(text) == text for text in (rule.heard, rule.means))
            and self._reserved(rule.heard) not in ("answer", "ringing")
            and self._reserved(rule.means) != "answer"
        )
        return "" if good else "pack.rule"

    def tried(self, pack: Any) -> Tried:
        """What the last turns say."""
        turns = self._store.turns() if self._store is not None else ()
        turns = tuple(turn for turn in turns if turn.verdict is not None and turn.utterance.text.strip())
        if not turns:
            return Tried()
        home = self._home() if self._home is not None else home_of(turns)
        return tried(turns, Replay(pack, self._profile, self._store, self._grammar(), home, wait=self._wait))

    def serve(self, pack: Any) -> None:
        """From the next request on."""
        if self._rewrites is not None:
            self._rewrites.global_layer(pack)
        elif pack is not None:
            pack.close()  # the hub serves it


def home_of(turns: tuple[Turn, ...]) -> HomeState:
    """The home as its last turns have it, the latest first."""
    entities: dict[str, Entity] = {}
    for turn in reversed(turns):
        entities |= turn.home.entities
    return replace(turns[0].home, entities=entities)


def packs_of_home(profile: Profile, household: OneHome, *, warns: bool = False) -> Packs:
    """The packs of one home. warns: whether what goes wrong goes to the log.

    Raises PackError (`pack.key`) for a key that is none.
    """
    key = profile.upstream.pack_key
    return Packs(
        PackFiles(profile.paths.data_dir / GLOBAL_FILE),
        Terms(
            keys=(public_key(key),) if key is not None else (),
            language=profile.language.partition("-")[0],
            encoder=Encoder().hash,
            cache_format=FORMAT,
        ),
        household,
        now_ms=lambda: time.time_ns() // 1_000_000,
        tell=(lambda code, sentence: log.warning("%s: %s", code, sentence)) if warns else lambda *_: None,
    )


def opened(profile: Profile) -> AbstractContextManager[Read]:
    """The pack of the source that is configured, where it is none of MQTT's; as of `fetching.opened`.

    Raises PackError (`pack.no_source`) too.
    """
    source, key = profile.upstream.pack_source, profile.upstream.pack_key
    if source is None or key is None:
        missing = [name for name, value in (("pack_source", source), ("pack_key", key)) if value is None]
        raise PackError(
            "pack.no_source",
            f"no source of packs is configured: set {' and '.join(f'upstream.{name}' for name in missing)}"
            + (", the publisher's key" if key is None else ""),
        )
    return fetching.opened(source, (public_key(key),))


def reading(data: bytes) -> Read:
    """What is in memory, to be read."""
    left = memoryview(data)

    def read(size: int) -> bytes:
        nonlocal left
        part, left = left[:size], left[size:]
        return bytes(part)

    return read


class Told:
    """Rewrites, and more that is told of closed turns: as of `edge.learning.Rewriter`."""

    def __init__(self, rewrites: Rewriter, also: Callable[[Turn], None]) -> None:
        self._rewrites, self._also = rewrites, also

    def note(self, turn: Turn) -> None:
        """What it was taken for."""
        self._rewrites.note(turn)

    def closed(self, turn: Turn) -> None:
        """A turn is over for good."""
        self._rewrites.closed(turn)
        self._also(turn)

    def keep(self) -> None:
        """Write what has changed."""
        self._rewrites.keep()

    def idle(self) -> None:
        """Nobody speaks."""
        self._rewrites.idle()

    def close(self) -> None:
        """Keep what is not kept yet."""
        self._rewrites.close()


class Watching:
    """Fetches, serves and judges packs on a thread of its own, so that no turn waits for it.

    source: opens what is configured; None: packs come by `offer`, or not at all. every_s: as of `EVERY_S`.
    """

    def __init__(
        self,
        packs: Packs,
        source: Callable[[], AbstractContextManager[Read]] | None,
        *,
        rng: random.Random,
        first_s: float = FIRST_S,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._packs, self._source, self._rng, self._every_s, self._clock = packs, source, rng, every_s, clock
        self._due = clock() + self._spread(first_s)
        self._came: deque[bytes] = deque(maxlen=1)
        self._awake, self._ending = threading.Event(), False
        self._told: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="packs", daemon=True)

    def start(self) -> None:
        """Serve what is there, and begin to look for more."""
        self._thread.start()

    def closed(self, turn: Turn) -> None:
        """A turn is over: microseconds."""
        self._packs.closed(turn)

    def offer(self, payload: bytes) -> None:
        """A pack has come; of several the last one counts."""
        # What is too large is refused by its first bytes, and is not to be kept until then.
        self._came.append(payload if len(payload) <= MAX_BYTES else payload[:MAX_BYTES])
        self._awake.set()

    def close(self) -> None:
        """Stop, once what is under way is done: at most until the source's next bytes."""
        self._ending = True
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(fetching.TIMEOUT_S)

    def _work(self) -> None:
        self._tried(self._packs.begin)
        while not self._ending:
            self._tried(self._packs.judge)
            self._tried(self._packs.heed)
            if self._came:
                # Taken out in one step: another may come at the same moment.
                self._tried(partial(self._packs.offered, reading(self._came.popleft())))
            if self._source is not None and self._clock() >= self._due:
                self._due = self._clock() + self._spread(self._every_s)
                self._tried(self._pull)
            self._awake.wait(LOOK_S)
            self._awake.clear()
        self._tried(self._packs.judge)

    def _pull(self) -> None:
        assert self._source is not None
        with self._source() as read:
            self._packs.offered(read)

    def _tried(self, do: Callable[[], object]) -> None:
        """What goes wrong is told once, and the present pack is served on."""
        with defects():
            try:
                do()
            except EdgeError as error:
                if error.code not in self._told:
                    self._told.add(error.code)
                    log.warning("%s: %s", error.code, error)

    def _spread(self, seconds: float) -> float:
        # Thousands of hubs come back at once after a power cut, and are not to ask at once.
        return seconds * (0.5 + self._rng.random())


@contextlib.contextmanager
def watched(
    profile: Profile,
    rewrites: Rewrites,
    store: Store | None,
    *,
    grammar: "Callable[[], Grammar]",
    home: Callable[[], HomeState],
    rests: Callable[[], bool],
    listen: Callable[[str, Callable[[bytes], None]], None] | None = None,
) -> Iterator[Watching | None]:
    """The packs of a hub that listens, while it does; None where no source is configured and no pack was ever taken.

    rests: whether no request is under way. listen: has a handler told of what is said on a topic.
    Raises PackError (`pack.key`).
    """
    upstream = profile.upstream
    configured = upstream.pack_source is not None and upstream.pack_key is not None
    if not configured and PackFiles(profile.paths.data_dir / GLOBAL_FILE).stamp is None:
        yield None
        return

    def wait() -> None:
        until = time.monotonic() + _PATIENCE_S
        while not rests() and time.monotonic() < until:
            time.sleep(0.2)

    by_mqtt = upstream.pack_source == MQTT
    watching = Watching(
        packs_of_home(profile, OneHome(profile, store, rewrites, grammar, home=home, wait=wait), warns=True),
        (lambda: opened(profile)) if configured and not by_mqtt else None,
        rng=random.Random(os.urandom(8)),  # noqa: S311 - it guards no secret
    )
    if configured and by_mqtt and listen is not None:
        listen(f"{profile.mqtt.base_topic}/{TOPIC}", watching.offer)
    watching.start()
    try:
        yield watching
    finally:
        watching.close()
