"""What the hub's line knows of the past: its memory, what feedback has taught, and the file that both are kept in.

One thread of its own takes in what changed in the home and writes to the disk, so that neither the network nor a turn
waits for it. What a turn must know is read at once, from memory.
"""

import datetime as dt
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, runtime_checkable

from edge import kept_files
from edge.core import codec
from edge.core.errors import InputError
from edge.core.home import Entity, HomeState
from edge.core.turn import Context, Turn
from edge.feedback.kept_verdicts import unsaid
from edge.feedback.store import MAX_STEPS, Step, Store
from edge.kept_files import home_name as home_name  # noqa: PLC0414 - with the rest of opening a home's past
from edge.learning import Learning, Rewriter, Sessions, defects, learn
from edge.nlu import adapt
from edge.nlu.goals import watched
from edge.nlu.memory import VERSION, Memory
from edge.profile import Profile

log = logging.getLogger("edge")

SAVE_S = 900.0
"""Seconds between two savings of what has changed in the memory: it is 200 kB at most, and an SD card wears out."""
LOOK_S = 2.0
"""Seconds that a change in the home may wait until it is taken in; a turn takes in all of them at once."""
MAX_NEWS = 1_000
"""Changes that may wait, which a turn takes in within 0.1 s; of a flood, which is nobody's habit, the oldest go."""
RECENT = 5
"""Turns that feedback may be about."""
WRITTEN = 50
"""Turns of which it is known that they were written; what may be spoken of again is among them."""

News = Callable[[Sequence[Entity]], None]


@runtime_checkable
class Live(Protocol):
    """A home that changes, and tells."""

    on_entities: News | None
    """Told, on the network thread, of entities as they are now; of none when all is known again after an outage."""

    def snapshot(self) -> HomeState:
        """As it is now."""
        ...


class Past(Sessions):
    """One home's. Safe to use from several threads.

    store: None keeps nothing on disk. now: the time, where the house is. steady: seconds of a clock that only goes
    forward; None: that of `now`. learns: whether what happens in the home makes habits, as with a hub that listens; a
    command that ends after a second has seen nothing.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
        steady: Callable[[], float] | None = None,
        learns: bool = False,
        keep_words: bool = True,
    ) -> None:
        self._store, self._now, self._learns, self._keep_words = store, now, learns, keep_words
        self._steady = steady or (lambda: now().timestamp())
        self.rewrites: Rewriter | None = None
        """Told of every turn that is closed; set before the first turn."""
        self._home: Live | None = None
        self._lock = threading.Lock()
        # Guarded by _lock:
        self._memory = Memory()
        self._steps: tuple[Step, ...] = ()
        self._recent: tuple[Turn, ...] = ()
        self._undone: set[str] = set()
        self._learning = Learning(self._steady, lambda: _ms(now()))
        # Deques take and give in one step, so these need no lock:
        self._news: deque[tuple[dt.datetime, float, tuple[Entity, ...]]] = deque(maxlen=MAX_NEWS)
        self._jobs: deque[Callable[[Store], object]] = deque()
        self._awake = threading.Event()
        self._ending = False
        self._thread: threading.Thread | None = None
        self._mark = self._forgotten = 0
        self._written: deque[str] = deque(maxlen=WRITTEN)
        """Ids of the last turns that are on disk, or were."""
        self._gone: set[str] = set()
        """Ids of turns that were forgotten since, of which one that was under way may know."""
        self._aged: dt.date | None = None
        self._saved: object = None
        """Habits as they are on the disk."""
        if store is not None:
            self._presence = store.presence()
            self._memory, self._steps = _remembered(store), store.steps()
            self._mark, self._forgotten = store.mark() or 0, store.forgotten() or 0
            self._recent = store.turns(RECENT)
            self._written += {one.id for one in self._recent} | {one.turn for one in self._memory.said}
            if self._presence.alone:  # else whoever is there has these, or leaves them to whoever comes after all
                self._learning.adopt(self._recent)
            self._presence.settle()

    @property
    def store(self) -> Store | None:
        """The file that it is kept in."""
        return self._store

    def watch(self, home: object) -> None:
        """Look on as it changes, where it tells and habits are wanted."""
        if self._learns and isinstance(home, Live):
            self._home = home
            home.on_entities = self._told
            with self._lock:
                self._memory.meet(home.snapshot())
            self._begin()

    def drop_words(self) -> None:
        """Let nothing stay on disk of what was said, whatever was kept before."""
        self._jobs.append(Store.drop_words)
        self._begin()

    def context(self, home: HomeState) -> Context:
        """What a turn that opens now may know."""
        now = self._now()
        at_ms = _ms(now)
        found = Context((), (), _hour(now), now.weekday())
        with self._lock:
            self._take_in()
            closed: tuple[Turn, ...] = ()
            with defects():
                closed = self._learning.began()
            with defects():
                found = self._memory.context(home, at_ms, _hour(now), now.weekday())
                weights = adapt.settled(((s.at_ms, s.moves) for s in self._steps), at_ms)
                found = replace(found, weights=weights)
        self._closed(closed)  # before the turn goes on, which may be the first to profit from it
        return found

    def _closed(self, turns: Iterable[Turn]) -> None:
        """Keep each verdict, and have it learned from. Not with the lock held: rewrites have one of their own."""
        for turn in turns:
            with defects():
                if self._store is not None and self._learning.was_adopted(turn.id):
                    if not self._store.add_verdict(turn):
                        continue  # another process has done so
                else:
                    self._jobs.append(partial(Store.add_verdict, turn=turn))
                if self.rewrites is not None:
                    learn(self.rewrites, turn, self._recent)

    def ended(self, turn: Turn) -> None:
        """A turn is over: it is remembered, and what it teaches is learned."""
        closed: tuple[Turn, ...] = ()
        with self._lock, defects():
            self._take_in()
            closed = self._learning.ended(turn)
            self._memory.spoken(turn)
            if (back := adapt.undoes(turn, self._recent)) is not None:
                self._undone.add(back)
            if (lesson := adapt.lesson(turn, self._recent, self._undone)) is not None:
                self._learn(lesson, turn.opened_ms)
            self._recent = (turn, *self._recent)[:RECENT]
            self._undone &= {one.id for one in self._recent}
            self._jobs += (partial(self._keep_turn, turn=turn), self._keep_spoken)
        self._closed(closed)
        self._begin()

    def happened(self, event: str) -> None:
        """Something that no device tells, such as `after:alarm`; see `edge.nlu.memory`."""
        with self._lock:
            self._memory.happened(event, _ms(self._now()))

    def close(self) -> None:
        """Keep what is not kept yet, and stop. Nothing happens when it is closed already.

        A hub that listens closes its turns; a command leaves the last ones to the command after it, for so long as one
        may still say what was meant.
        """
        closed: tuple[Turn, ...] = ()
        with self._lock, defects():
            closed = self._learning.finish(all_of_them=self._learns or self._store is None)
        self._closed(closed)
        if closed:
            self._begin()
        self._ending = True
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._home is not None:
            self._home.on_entities = None
        if self.rewrites is not None:
            with defects():
                self.rewrites.close()
        if self._store is not None:
            self._store.close()
            self._presence.close()

    # What happens in the home

    def _told(self, entities: Sequence[Entity]) -> None:
        """On the network thread: it looks at the kind of thing, and leaves the rest to others."""
        some = tuple(entity for entity in entities if watched(entity))
        if some or not entities:
            self._news.append((self._now(), self._steady(), some))

    def _take_in(self) -> None:
        while self._news:
            now, steady, entities = self._news.popleft()
            if not entities and self._home is not None:
                self._memory.meet(self._home.snapshot(), anew=True)
            for entity in entities:
                with defects():
                    self._judge(entity, self._steady() - steady)
                    self._memory.observe(entity, _ms(now), _hour(now))

    def _judge(self, entity: Entity, ago_s: float) -> None:
        """Whether somebody has put back by hand what a turn did."""
        moved = self._memory.state(entity.entity_id) not in (None, entity.state)
        turn = self._learning.changed(entity, self._recent, ago_s=ago_s, moved=moved)
        if turn is not None and turn.id not in self._undone:
            self._undone.add(turn.id)
            if (lesson := adapt.by_hand(turn)) is not None:
                self._learn(lesson, _ms(self._now()))

    def _learn(self, lesson: adapt.Lesson, at_ms: int) -> None:
        if moves := adapt.learned(lesson):
            step = Step(lesson.turn, at_ms, lesson.reason, moves)
            self._steps = (*self._steps, step)[-MAX_STEPS:]
            self._jobs.append(lambda store: store.add_step(step))
            log.info("adapt.learned: %s", lesson.reason)

    # On a thread of its own

    def _begin(self) -> None:
        if self._store is None:
            self._jobs.clear()
            if self._home is None:
                return
        if self._thread is None and not self._ending:
            self._thread = threading.Thread(target=self._work, name="past", daemon=True)
            self._thread.start()
        self._awake.set()

    def _work(self) -> None:
        saved, first = self._now(), True  # at first, as no habits there mean that all are to be forgotten
        while True:
            looks = self._home is not None or self._learning.watches
            self._awake.wait(LOOK_S if looks else None)
            self._awake.clear()
            ending = self._ending  # looked at first: what comes after is done before the end
            closed: tuple[Turn, ...] = ()
            with self._lock:
                self._take_in()
                with defects():
                    closed = self._learning.due()
            self._closed(closed)
            if self.rewrites is not None:
                with defects():
                    self.rewrites.keep()
            if self._store is not None:
                with defects():
                    self._unsay(self._store)  # before it would be written again
                if self._learns and self._aged != (today := self._now().date()):
                    self._aged = today
                    self._store.age(_ms(self._now()))
                # What comes meanwhile waits, as what was learned from the turns before is to be kept first.
                for _ in range(len(self._jobs)):
                    with defects():
                        self._jobs.popleft()(self._store)
                with defects():
                    self._heed(self._store)
                    if self._learns and (first or ending or abs((self._now() - saved).total_seconds()) >= SAVE_S):
                        saved, first = self._now(), False
                        self._save(self._store)
            if self.rewrites is not None and self._learning.rests and not ending:
                with defects():
                    self.rewrites.idle()  # the file may take seconds, in which no turn is to be lost
            if ending:
                return

    def _heed(self, store: Store) -> None:
        """Take back what another process has had taken back (`edge why --forget`)."""
        mark = store.mark()
        if mark is None or mark <= self._mark:  # below: the file was damaged, and a new one begun
            return
        steps, habits = store.steps(), store.memory().get("habits")
        if store.mark() != mark:
            return  # it could not be read to the end, and not to know is no reason to forget
        with self._lock:
            self._mark, self._steps = mark, steps
            if habits is None:
                self._saved = None
                self._memory.forget_habits()

    def _unsay(self, store: Store) -> None:
        """Let nothing stay here either of turns that another process has had forgotten (`edge turns forget`)."""
        mark = store.forgotten()
        if mark is None or mark <= self._forgotten or (left := store.ids()) is None:
            return
        with self._lock:
            self._forgotten = mark
            self._gone = gone = set(self._written) - left
            self._recent = tuple(one for one in self._recent if one.id not in gone)
            self._memory.unsay(gone)
            self._learning.forget(gone)
        self._jobs += (self._keep_spoken, Store.scrub)  # what was written between is written over

    def _keep_turn(self, store: Store, turn: Turn) -> None:
        if store.add_turn(unsaid(turn, self._gone)):
            self._written.append(turn.id)

    def _keep_spoken(self, store: Store) -> None:
        with self._lock:
            spoken = codec.to_json(self._memory.said) if self._keep_words else []
        store.save_memory(spoken=spoken)

    def _save(self, store: Store) -> None:
        with self._lock:
            dumped = self._memory.dump()
        del dumped["spoken"]
        if dumped != self._saved and store.save_memory(habits=dumped):
            self._saved = dumped


def of_home(
    profile: Profile,
    name: str,
    *,
    learns: bool,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
    steady: Callable[[], float] | None = time.monotonic,
) -> Past:
    """The past of one home, with its file as the profile has it.

    What an earlier setting kept and this one does not goes when the hub starts, and not with a single command that was
    given another setting.

    name: of the home, as `home_name` makes it: what was said in another is not gone on from here.
    """
    keep = profile.memory.keep
    if keep == "nothing":
        if learns:
            kept_files.remove_history(profile)
        return Past(now=now, steady=steady, learns=learns, keep_words=False)
    past = Past(store_of(profile, name), now=now, steady=steady, learns=learns, keep_words=keep == "all")
    if keep == "no_words" and learns:
        past.drop_words()
    return past


def store_of(profile: Profile, name: str) -> Store:
    """The file that the profile names, for this home."""
    return Store(kept_files.history(profile), name, _warn, keep_words=profile.memory.keep == "all")


def _remembered(store: Store) -> Memory:
    """What the file holds, as far as it can be read."""
    parts = store.memory()
    habits, spoken = parts.get("habits"), parts.get("spoken")
    tries: Iterable[dict[str, object]] = (
        {**(habits if isinstance(habits, dict) else {"version": VERSION}), "spoken": spoken or []},
        {"version": VERSION, "spoken": spoken or []},
    )
    for data in tries:
        try:
            return Memory.load(data)
        except InputError:
            store.tell("store.unreadable", "what was remembered cannot be read, and begins anew")
    return Memory()


def _hour(now: dt.datetime) -> float:
    return now.hour + now.minute / 60 + now.second / 3600


def _ms(now: dt.datetime) -> int:
    return int(now.timestamp() * 1000)


_warn = partial(log.warning, "%s: %s")
