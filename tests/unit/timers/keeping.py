"""A keeper with a clock in the hand, and a bell that remembers, for the tests of timers."""

import datetime as dt
import queue
from collections.abc import Sequence
from pathlib import Path

from edge.core.timers import Later, Timer, TimerAction, TimerDo
from edge.timers.book import Book
from edge.timers.keeper import Keeper

START = 1_790_000_000_000
MINUTE = 60_000


class Hand:
    """Both clocks: `pass_ms` moves both, `jump_ms` the wall's alone."""

    def __init__(self, wall: int = START) -> None:
        self.wall, self.steady = wall, 5_000_000

    def pass_ms(self, ms: int) -> None:
        self.wall += ms
        self.steady += ms


class Heard:
    """A bell that remembers."""

    def __init__(self) -> None:
        self.news: queue.Queue[tuple[str, str]] = queue.Queue()

    def ring(self, timers: Sequence[Timer]) -> None:
        self.news.put(("ring", timers[0].name))

    def quiet(self) -> None:
        self.news.put(("quiet", ""))

    def missed(self, timer: Timer) -> None:
        self.news.put(("missed", timer.name))

    def carry_out(self, timer: Timer) -> None:
        self.news.put(("carry_out", timer.then[0].entity_id))

    def show(self, timers: Sequence[Timer]) -> None:
        """Not of interest here."""

    def next(self) -> tuple[str, str]:
        return self.news.get(timeout=10)


def keeper(hand: Hand, path: Path | None = None) -> Keeper:
    ids = iter(range(1000))
    return Keeper(
        Book(path),
        wall_ms=lambda: hand.wall,
        steady_ms=lambda: hand.steady,
        zone=dt.UTC,
        new_id=lambda: f"t{next(ids)}-{hand.wall}",
    )


def start(kept: Keeper, seconds: int, name: str = "", then: tuple[Later, ...] = ()) -> Timer:
    new = kept.apply(TimerAction(TimerDo.START, new=Timer("", seconds=seconds, name=name, then=then))).new
    assert new is not None
    return new


def due(kept: Keeper) -> tuple[list[Timer], list[Timer]]:
    """One look at the clock: what was missed, and what is to be done."""
    with kept._lock:
        news = kept._due()
    return news.missed, news.then
