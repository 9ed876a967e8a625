"""Which turns are watched, what has come after each, and when each is closed, once. No clock, no thread.

A turn is watched for 30 s, and no longer than until the request after the next begins: whoever has gone on to other
things objects to it no more. It stays open for longer where the next one failed too, or took it back, as people then
try again; and it is closed at once where somebody has said what was meant, so that the very next request knows it.

Times are milliseconds of a clock that only goes forward. What is said of a turn is put into the turn's own time, so
that a wall clock that jumps in between neither ends the watching nor hides what followed.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from edge.core import talk
from edge.core.home import Entity
from edge.core.turn import Signal, SignalKind, Turn
from edge.feedback import account as told
from edge.feedback.account import account
from edge.feedback.signals import WINDOW_MS, Change, by_hand, content, signals, verdict

MAX_LATER = 5
"""Turns that a turn is watched through at most."""
MAX_CHANGES = 50
"""Changes of its own devices that are looked at for one turn; a flood is nobody's hand."""
SETTLE_MS = 2_000
"""A device that moves so soon after a turn is still doing what it was told."""
QUIET_MS = 10_000
"""Nobody has been silent who had less time to object."""


@dataclass(eq=False)
class _Open:
    turn: Turn
    began: int
    ended: int
    barged: int | None = None
    later: list[tuple[Turn, int]] = field(default_factory=list)
    """With when each began."""
    changes: list[tuple[Change, int]] = field(default_factory=list)

    def at(self, steady_ms: int) -> int:
        """That moment in the turn's own time."""
        return self.turn.opened_ms + steady_ms - self.began

    @property
    def followed(self) -> list[Turn]:
        """The turns after it, in its own time."""
        return [replace(turn, opened_ms=self.at(began)) for turn, began in self.later]

    def found(self) -> tuple[Signal, ...]:
        barged = None if self.barged is None else self.at(self.barged)
        return signals(self.turn, self.followed, [change for change, _ in self.changes], barged_ms=barged)

    @property
    def requests(self) -> list[Turn]:
        """The requests after it, without answers."""
        return [turn for turn, _ in self.later if not told.is_answer(turn)]

    @property
    def goes_on(self) -> bool:
        """Whether what came next leaves open what was meant."""
        last = next(iter(self.requests[-1:]), None)
        if last is None or len(self.later) >= MAX_LATER:
            return last is None
        back = not told.intents(last).isdisjoint((talk.UNDO, talk.DENY))
        return back or account(last).success is False

    @property
    def watched_since(self) -> int:
        """When what is watched ended: the turn, or the last try to say it again."""
        return max(self.ended, self.later[-1][1]) if self.later and self.goes_on else self.ended


class Closing:
    """The turns of one hub that are open. Not safe to use from several threads."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._busy: deque[list[int | None]] = deque(maxlen=MAX_LATER)
        """When the last turns began and ended, latest first: what moves meanwhile was moved by them."""

    @property
    def open(self) -> tuple[str, ...]:
        """Ids of the turns that are watched, oldest first."""
        return tuple(one.turn.id for one in self._open)

    def adopt(self, turn: Turn, age_ms: int, now: int) -> None:
        """Watch a turn that another process has left open; of one that is closed, take note as what came next.

        Older ones first. age_ms: since it was opened.
        """
        began = now - age_ms
        ended = began + round(sum(span.ms for span in turn.spans))
        for one in self._open:
            one.later.append((turn, began))
        if turn.verdict is None:
            self._open.append(_Open(turn, began, ended))

    def began(self, now: int, wall_ms: int) -> tuple[Turn, ...]:
        """A turn begins; those that it has nothing to do with any more are closed before."""
        self._busy.appendleft([now, None])
        return self._close((one for one in self._open if not one.goes_on or _over(one, now)), now, wall_ms)

    def ended(self, turn: Turn, now: int, wall_ms: int, *, barged: int | None = None) -> tuple[Turn, ...]:
        """It is over, and watched from now on; those that it settles are closed. barged: when it was talked over."""
        began = now
        if self._busy and self._busy[0][1] is None:
            began = self._busy[0][0] or now
            self._busy[0][1] = now
        for one in self._open:
            one.later.append((turn, began))
        settled = self._close((one for one in self._open if _settled(one, turn)), now, wall_ms)
        if turn.spans or turn.plan is not None or turn.interpretation is not None:
            self._open.append(_Open(turn, began, now, barged))
        return settled

    def changed(self, entity: Entity, now: int, *, moved: bool) -> None:
        """A device has changed. moved: whether its state was another before."""
        for one in self._open:
            mine = {command.entity_id for command in one.turn.outcome.commands} if one.turn.outcome else set()
            for turn, _ in one.later[:1]:
                mine |= {command.entity_id for command in turn.outcome.commands} if turn.outcome else set()
            if entity.entity_id in mine and len(one.changes) < MAX_CHANGES:
                one.changes.append((self._change(entity, one.at(now), one.began, now, moved=moved), now))

    def put_back(self, turn: Turn, entity: Entity, age_ms: int, now: int, *, moved: bool) -> bool:
        """Whether this change puts back by hand what a turn did, watched or not. age_ms: since the turn was opened."""
        return by_hand(turn, self._change(entity, turn.opened_ms + age_ms, now - age_ms, now, moved=moved))

    def _change(self, entity: Entity, at_ms: int, began: int, now: int, *, moved: bool) -> Change:
        by_hub = any(
            start is not None and began <= start <= now <= (now if end is None else end + SETTLE_MS)
            for start, end in self._busy
        )
        return Change(entity.entity_id, entity.state, entity.attributes, at_ms, by_hub, moved)

    def forget(self, turn_ids: Collection[str]) -> None:
        """Watch these no more, and know nothing of what they said of others."""
        self._open = [one for one in self._open if one.turn.id not in turn_ids]
        for one in self._open:
            one.later = [(turn, began) for turn, began in one.later if turn.id not in turn_ids]

    def due(self, now: int, wall_ms: int) -> tuple[Turn, ...]:
        """Those whose time is up. Not to be asked while a turn is taken, which may be about one of them."""
        return self._close((one for one in self._open if _over(one, now)), now, wall_ms)

    def finish(self, now: int, wall_ms: int) -> tuple[Turn, ...]:
        """All are closed, as nobody looks on any more."""
        return self._close(self._open, now, wall_ms)

    def _close(self, which: Iterable[_Open], now: int, wall_ms: int) -> tuple[Turn, ...]:
        closing = list(which)
        self._open = [one for one in self._open if one not in closing]
        return tuple(_closed(one, now, wall_ms) for one in closing)


def _over(one: _Open, now: int) -> bool:
    return now - one.watched_since > WINDOW_MS


def _settled(one: _Open, said: Turn) -> bool:
    """Whether somebody has said what was meant, or that it was right."""
    kinds = {signal.kind for signal in one.found() if signal.other_turn == said.id}
    explicit = told.corrects(said) and SignalKind.REPHRASE in kinds
    return explicit or SignalKind.CONFIRM in kinds


def _closed(one: _Open, now: int, wall_ms: int) -> Turn:
    found, followed = one.found(), one.followed
    if followed or now - one.ended >= QUIET_MS:
        found = (*found, *content(one.turn, found, wall_ms, followed))
    return replace(one.turn, signals=found, verdict=verdict(one.turn, found, followed, wall_ms))
