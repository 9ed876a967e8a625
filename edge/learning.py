"""What the hub learns from: the session with the household, the turns that it watches, and what they come to.

Of each turn that is closed the store keeps one small row, and the rewrites take what it teaches. All of it is called
with the lock of `edge.past` held, but for what the rewrites do.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from edge.core.home import Entity
from edge.core.pipeline import Stage
from edge.core.turn import Turn
from edge.feedback.closing import Closing
from edge.feedback.session import Session, State
from edge.feedback.signals import WINDOW_MS

log = logging.getLogger("edge")


class Rewriter(Protocol):
    """What learns from closed turns: the rewrites of this home."""

    def closed(self, turn: Turn) -> None:
        """A turn is over for good, with its signals and its verdict."""
        ...

    def keep(self) -> None:
        """Write what has changed, on a thread that may wait for the disk."""
        ...

    def idle(self) -> None:
        """The same, and what takes longer, as nobody speaks."""
        ...

    def close(self) -> None:
        """Keep what is not kept yet."""
        ...


class Learning:
    """One home's. steady: seconds of a clock that only goes forward; wall_ms: the time of day."""

    def __init__(self, steady: Callable[[], float], wall_ms: Callable[[], int]) -> None:
        self._steady, self._wall_ms = steady, wall_ms
        self.session = Session()
        self._closing = Closing()
        self._barged: int | None = None
        self._adopted: set[str] = set()

    def was_adopted(self, turn_id: str) -> bool:
        """Whether another process had left it open, so that a third may have closed it."""
        return turn_id in self._adopted

    @property
    def watches(self) -> bool:
        """Whether any turn is open."""
        return bool(self._closing.open)

    @property
    def rests(self) -> bool:
        """Whether no request is heard or under way."""
        return self.session.state in (State.IDLE, State.WATCHING)

    def listen(self) -> None:
        """The wake word or speech was heard."""
        if self.session.listen():
            self._barged = self._now()

    def take(self, turn_id: str) -> None:
        """A request is taken."""
        if (lost := self.session.turn) is not None:  # whoever took it never said how it ended
            self.session.end()
            self.session.close(lost)
        self.session.take(turn_id)

    def silence(self) -> None:
        """Nothing came of it."""
        if self.session.state is State.LISTENING:  # else a request was taken meanwhile, which ended the listening
            self.session.silence()

    def adopt(self, turns: Iterable[Turn]) -> None:
        """Go on watching what another process has left open. turns: latest first, closed ones too."""
        for turn in reversed(list(turns)):
            age = self._wall_ms() - turn.opened_ms
            # A clock that was put back says nothing of its age: then its time is up.
            self._closing.adopt(turn, age if age >= 0 else WINDOW_MS + 1, self._now())
            if turn.verdict is not None:
                continue  # it only tells what the ones before it were followed by
            self.session.adopt(turn.id)
            self._adopted.add(turn.id)

    def began(self) -> tuple[Turn, ...]:
        """A turn begins. Those that are closed by that."""
        return self._done(self._closing.began(self._now(), self._wall_ms()))

    def ended(self, turn: Turn) -> tuple[Turn, ...]:
        """It is over. Those that are closed by it."""
        if self.session.turn == turn.id:
            self.session.end()
        elif turn.id not in self.session.open:
            self.session.adopt(turn.id)
        barged, self._barged = self._barged, None
        closed = self._closing.ended(turn, self._now(), self._wall_ms(), barged=barged)
        if turn.id not in self._closing.open:
            self.session.close(turn.id)  # nothing was said
        return self._done(closed)

    def changed(self, entity: Entity, recent: Iterable[Turn], *, ago_s: float, moved: bool) -> Turn | None:
        """A device has changed. The turn that it puts back, if it was somebody's hand.

        recent: turns, latest first. ago_s: how long ago that was. moved: whether its state was another before.
        """
        now = self._now() - round(ago_s * 1000)
        self._closing.changed(entity, now, moved=moved)
        for turn in recent:
            done = turn.outcome.commands if turn.outcome is not None else ()
            if any(one.entity_id == entity.entity_id for one in done):
                age = self._wall_ms() - round(ago_s * 1000) - turn.opened_ms
                # Only the last turn that moved it can have been put back.
                return turn if self._closing.put_back(turn, entity, age, now, moved=moved) else None
        return None

    def due(self) -> tuple[Turn, ...]:
        """Those whose time is up, unless a request is under way that may be about one of them."""
        if self.session.state in (State.ACTING, State.REPLYING):
            return ()
        return self._done(self._closing.due(self._now(), self._wall_ms()))

    def finish(self, *, all_of_them: bool) -> tuple[Turn, ...]:
        """Nobody looks on any more. all_of_them: or those alone whose time is up; the next process has the others."""
        closed = (self._closing.finish if all_of_them else self._closing.due)(self._now(), self._wall_ms())
        return self._done(closed)

    def _done(self, closed: tuple[Turn, ...]) -> tuple[Turn, ...]:
        for turn in closed:
            if turn.id in self.session.open:
                self.session.close(turn.id)
        return closed

    def _now(self) -> int:
        return round(self._steady() * 1000)


class Sessions:
    """The session as the hub moves it, from any of its threads. Whoever inherits it has the lock and the learning."""

    _lock: threading.Lock
    _learning: Learning

    def listens(self) -> None:
        """The wake word or speech was heard."""
        with self._lock, defects():
            self._learning.listen()

    def silent(self) -> None:
        """Nothing came of it."""
        with self._lock, defects():
            self._learning.silence()

    def takes(self, turn_id: str) -> None:
        """A request is taken."""
        with self._lock, defects():
            self._learning.take(turn_id)

    def replies(self) -> None:
        """Its reply begins."""
        with self._lock, defects():
            self._learning.session.reply()

    @property
    def state(self) -> State:
        """What the session does now."""
        return self._learning.session.state

    @property
    def rests(self) -> bool:
        """Whether no request is heard or under way."""
        return self._learning.rests


@contextmanager
def defects() -> Iterator[None]:
    """What fails in here is logged: nobody goes without light because a memory fails."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a defect; its message may quote what was said
        log.error("past.unexpected: %s; please report it", type(error).__name__)  # noqa: TRY400 - no words


class Replying:
    """The stage that speaks, with the session told when it begins: who talks then talks over the reply."""

    def __init__(self, speak: Stage, begins: Callable[[], None]) -> None:
        self._speak, self._begins = speak, begins
        self.name, self.reads, self.writes, self.always = speak.name, speak.reads, speak.writes, speak.always

    def __call__(self, turn: Turn) -> Turn:
        """The turn as the stage leaves it."""
        self._begins()
        return self._speak(turn)
