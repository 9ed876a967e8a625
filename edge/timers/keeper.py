"""Who keeps the timers: sets and changes them, and has them ring when their time has come.

Time is told twice. The wall clock says what was promised, and is all that goes on while the hub is off; but a board
without a clock of its own starts in the past and is put right within minutes. So timers that were set by this very
process go by a clock that never jumps, and the wall clock's jumps move their moments with it; timers from before the
start, and alarms, go by the wall.

One thread waits, for the next moment or for a second at most: that is how it sees that a command beside the hub has
changed the file, and that the clock has jumped.
"""

import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from edge.core.errors import InputError
from edge.core.timers import Timer, TimerAction, TimerDo, TimerKind
from edge.timers import when
from edge.timers.book import MAX_TIMERS, Book

log = logging.getLogger("edge")

LATE_MS = 10 * 60_000
"""What ended so long ago while nobody could ring still rings; what is later was missed."""
RING_MS = 10 * 60_000
"""Nobody is there to hear what rings longer."""
ROUND_S = 2.0
"""Seconds from one ringing to the next."""
WAIT_S = 1.0
CLOSE_S = 3.0
"""A command that is being carried out is waited for no longer: a service has to end."""
_JUMP_MS = 2_000
"""The two clocks drift by less between two looks."""


class Bell(Protocol):
    """Whoever makes timers heard and seen. Called from the keeper's thread, or from whoever sets a timer."""

    def ring(self, timers: Sequence[Timer]) -> None:
        """Once; blocks for as long as it sounds. Called again until they are stopped."""
        ...

    def quiet(self) -> None:
        """What is sounding is to end at once."""
        ...

    def missed(self, timer: Timer) -> None:
        """It ended while nobody could ring, too long ago."""
        ...

    def carry_out(self, timer: Timer) -> None:
        """Do what it was set to do."""
        ...

    def show(self, timers: Sequence[Timer]) -> None:
        """They have changed."""
        ...


@dataclass
class _News:
    missed: list[Timer]
    then: list[Timer]


class Keeper:
    """Safe to use from several threads.

    wall_ms: milliseconds since the Unix epoch. steady_ms: of a clock that never jumps. zone: as of `edge.timers.when`.
    """

    def __init__(
        self,
        book: Book,
        *,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        steady_ms: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
        zone: dt.tzinfo | None = None,
        new_id: Callable[[], str] = lambda: os.urandom(4).hex(),
    ) -> None:
        self.book = book
        self.zone = zone
        self._wall_ms = wall_ms
        self._steady_ms = steady_ms
        self._new_id = new_id
        self._offset = wall_ms() - steady_ms()
        self._ours: set[str] = set()
        """Set by this process."""
        self._any_day: set[str] = set()
        """Of these, alarms that are for the next time that the clock shows it."""
        self._lock = threading.Condition()
        self._bell: Bell | None = None
        self._thread: threading.Thread | None = None
        self._closed = self._alone = False
        self._failed: set[str] = set()
        """What has failed, so that what fails every second is logged once."""
        self._shown: tuple[Timer, ...] | None = None
        self._stack = ExitStack()

    # --- for a turn ---

    def timers(self) -> tuple[Timer, ...]:
        """As they are now, what ends first first; paused ones last."""
        with self._lock:
            return tuple(sorted(self.book.read(), key=lambda timer: (timer.due_ms is None, timer.due_ms or 0)))

    @property
    def heard(self) -> bool:
        """Whether somebody rings: this process, or a hub beside it."""
        with self._lock:
            return self._alone or not self.book.lasts or self.book.served()

    def apply(self, action: TimerAction) -> TimerAction:
        """Do it, and say what was done: `new` with its id and moment. It is on the disk when this returns.

        Raises InputError (`timers.past`, `timers.too_many`) and NotKeptError.
        """
        if action.do is TimerDo.STATUS:
            return action
        with self._lock:
            self._look()
            now = self._wall_ms()
            if action.do is TimerDo.START and action.new is not None:
                action = replace(action, new=self._started(action, action.new, now))
            self.book.change(
                lambda timers: self._changed(timers, action, now),
                promised=action.do not in (TimerDo.STOP, TimerDo.SNOOZE),
            )
            self._lock.notify_all()
            bell = self._bell
        if bell is not None and action.do in (TimerDo.STOP, TimerDo.SNOOZE, TimerDo.CANCEL):
            bell.quiet()
        return action

    def _started(self, action: TimerAction, new: Timer, now: int) -> Timer:
        new = replace(new, id=self._new_id(), since_ms=now)
        if new.kind is TimerKind.ALARM:
            new = when.dated(new, action.day, now, self.zone, either=action.either)
            if not action.day and not new.days:
                self._any_day.add(new.id)
        else:
            new = replace(new, due_ms=now + new.seconds * 1000)
        self._ours.add(new.id)
        return new

    def _changed(self, timers: tuple[Timer, ...], action: TimerAction, now: int) -> tuple[Timer, ...]:
        if action.do is TimerDo.START and action.new is not None:
            if len(timers) >= MAX_TIMERS:
                raise InputError("timers.too_many", f"there are {MAX_TIMERS} timers and alarms already")
            return (*timers, action.new)
        after = []
        for timer in timers:
            if timer.id not in action.ids:
                after.append(timer)
            elif (changed := self._one(timer, action, now)) is not None:
                after.append(changed)
        return tuple(after)

    def _one(self, timer: Timer, action: TimerAction, now: int) -> Timer | None:
        if action.do is TimerDo.CANCEL:
            return None
        if action.do is TimerDo.STOP:
            return self._over(timer, now) if timer.ringing else timer
        if action.do is TimerDo.SNOOZE:
            again = now + action.seconds * 1000
            self._ours.add(timer.id)
            return replace(timer, ringing=False, snoozed=True, due_ms=again) if timer.ringing else timer
        if action.do is TimerDo.PAUSE and timer.due_ms is not None:
            return replace(timer, due_ms=None, left_ms=max(0, timer.due_ms - now))
        if action.do is TimerDo.RESUME and timer.left_ms is not None:
            self._ours.add(timer.id)
            return replace(timer, due_ms=now + timer.left_ms, left_ms=None)
        if action.do is TimerDo.CHANGE and timer.due_ms is not None:
            return replace(timer, due_ms=max(now, timer.due_ms + action.seconds * 1000))
        if action.do is TimerDo.CHANGE:
            return replace(timer, left_ms=max(0, (timer.left_ms or 0) + action.seconds * 1000))
        return timer

    def _over(self, timer: Timer, now: int) -> Timer | None:
        """What is left of one that has rung: an alarm of other days."""
        if not timer.days:
            return None
        return replace(timer, ringing=False, snoozed=False, since_ms=now, due_ms=when.due(timer, now, self.zone))

    # --- for the hub ---

    def start(self, bell: Bell) -> None:
        """Ring from now on; what ended while nobody could is rung or told of at once.

        Where another hub rings, this one does as soon as that one has ended.
        """
        if not self._serve():
            log.warning("timers.other_hub: another hub of this user rings already; this one does when that has ended")
        self._bell = bell
        self._thread = threading.Thread(target=self._wait, name="edge-timers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop waiting; what rings falls silent, and rings again at the next start if that is soon."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        until = time.monotonic() + CLOSE_S
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < until:
            if self._bell is not None:
                self._bell.quiet()  # again and again, as it may be about to speak
            self._thread.join(0.05)
        self._stack.close()

    def _serve(self) -> bool:
        """Be the hub that rings, unless another is."""
        if self._alone:
            return True
        with ExitStack() as stack:
            if stack.enter_context(self.book.serving()):
                self._stack, self._alone = stack.pop_all(), True
        return self._alone

    def _wait(self) -> None:
        while not self._closed and not self._serve():
            with self._lock:
                if not self._closed:
                    self._lock.wait(WAIT_S)
        while not self._closed:
            timers: tuple[Timer, ...] = ()
            with self._defects():
                timers = self._round()
            with self._lock:
                if not self._closed and self.book.read() == timers:
                    sounding = any(timer.ringing for timer in timers)
                    self._lock.wait(ROUND_S if sounding else self._until(timers))
                elif not self._closed and not timers:
                    self._lock.wait(WAIT_S)

    @contextmanager
    def _defects(self) -> Iterator[None]:
        """Whatever fails in here, the others are told, and tomorrow's alarm is to ring."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a defect
            if (failed := type(error).__name__) not in self._failed:
                self._failed.add(failed)
                log.error("timers.unexpected: %s; please report it", failed)  # noqa: TRY400 - no words

    def _round(self) -> tuple[Timer, ...]:
        """One look at what is due, and one ringing; the timers as they were then."""
        assert self._bell is not None
        with self._lock:
            news = self._due()
            timers = self.book.read()
        # Without the lock: whoever stops what rings must not wait for it.
        self._tell(news, timers)
        if sounding := [timer for timer in timers if timer.ringing]:
            self._bell.ring(sounding)
        return timers

    def _tell(self, news: _News, timers: tuple[Timer, ...]) -> None:
        assert self._bell is not None
        if timers != self._shown:
            self._shown = timers
            with self._defects():
                self._bell.show(timers)
        for timer in news.missed if not self._closed else ():
            with self._defects():
                self._bell.missed(timer)
        for timer in news.then:
            if self._closed:
                log.warning("timers.not_done: the hub ends before a timer has done what it was to do")
                continue
            with self._defects():
                self._bell.carry_out(timer)

    def _until(self, timers: tuple[Timer, ...]) -> float:
        now = self._wall_ms()
        next_ms = min((timer.due_ms - now for timer in timers if timer.due_ms is not None), default=1_000)
        return min(WAIT_S, max(0, next_ms) / 1000)

    def _due(self) -> _News:
        """Let begin to ring what is due, and end what has rung too long."""
        self._look()
        now = self._wall_ms()
        news = _News([], [])
        if not any(timer.due_ms is not None and timer.due_ms <= now for timer in self.book.read()):
            return news

        def edit(timers: tuple[Timer, ...]) -> tuple[Timer, ...]:
            news.missed, news.then, after = [], [], []
            for timer in timers:
                late = now - timer.due_ms if timer.due_ms is not None else -1
                kept: Timer | None = timer
                if late > (RING_MS if timer.ringing else LATE_MS):
                    news.missed.append(timer)
                    kept = self._over(timer, now)
                elif late >= 0 and timer.then:
                    # Forgotten before it is done: done twice is worse than not done, and a crash may lie between.
                    news.then.append(timer)
                    kept = None
                elif late >= 0 and not timer.ringing:
                    kept = replace(timer, ringing=True)
                if kept is not None:
                    after.append(kept)
            return tuple(after)

        self.book.change(edit, promised=False)
        return news

    def _look(self) -> None:
        """See whether the wall clock has jumped, and move what does not go by it."""
        offset = self._wall_ms() - self._steady_ms()
        jump = offset - self._offset
        if abs(jump) < _JUMP_MS:
            return
        self._offset = offset
        log.info("timers.clock: the clock has jumped by %d s", jump // 1000)
        now = self._wall_ms()

        def moved(timer: Timer) -> Timer:
            if timer.due_ms is None:
                return timer
            if timer.kind is TimerKind.TIMER or timer.snoozed or timer.ringing:
                return replace(timer, due_ms=timer.due_ms + jump) if timer.id in self._ours else timer
            if timer.days:
                since = min(timer.since_ms, now)
                return replace(timer, since_ms=since, due_ms=when.due(timer, since, self.zone))
            if timer.id in self._any_day and now - timer.due_ms > LATE_MS:
                # "Wake me at seven", said to a clock that was years behind.
                dated = when.dated(replace(timer, date=""), "", now, self.zone, either=False)
                return replace(dated, since_ms=now)
            return replace(timer, due_ms=when.due(timer, now, self.zone))

        self.book.change(lambda timers: tuple(moved(timer) for timer in timers), promised=False)
