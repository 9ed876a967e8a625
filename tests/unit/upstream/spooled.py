"""An outbox with a clock that tests move."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.upstream import batch
from edge.upstream.outbox import FILE, Limits, Outbox, Packed
from edge.upstream.report import TurnReport
from tests.unit.upstream.told import VOCABULARY

MONDAY = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


class Box:
    """An outbox, and whatever else has it open."""

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        *,
        enabled: bool = True,
        early: Callable[[int], int] = lambda _: 0,
    ) -> None:
        self.path, self.now, self.warned = folder / FILE, MONDAY, list[str]()
        self._limits, self._early, self.target = limits, early, "https://collector.example/batch"
        self.box = self.opened()
        if enabled:
            self.box.enable()

    def opened(self) -> Outbox:
        """As another process opens it."""
        return Outbox(
            self.path,
            target=self.target,
            language="en",
            vocabulary=VOCABULARY.sha256,
            warn=lambda code, _: self.warned.append(code),
            now=lambda: self.now,
            early=self._early,
            limits=self._limits,
        )

    def again(self) -> None:
        """The hub is started again."""
        self.box.close()
        self.box = self.opened()

    def later(self, **passed: float) -> None:
        """As of timedelta."""
        self.now += dt.timedelta(**passed)

    def add(self, *some: TurnReport) -> list[bool]:
        """Whether each was kept."""
        return [self.box.add(one) for one in some]


def head(packed: Packed) -> dict[str, object]:
    """The first line."""
    found: dict[str, object] = json.loads(batch.decompressed(packed.data).split(b"\n")[0])
    return found


def told(packed: Packed) -> list[TurnReport]:
    """The reports in it."""
    return list(batch.decode(packed.data, vocabulary=VOCABULARY).reports)


def bare(some: list[TurnReport]) -> list[TurnReport]:
    """Without their facts."""
    return [replace(one, worked=None) for one in some]


def sent(outbox: Outbox) -> list[Packed]:
    """All that is due, acknowledged one after the other."""
    found = []
    for one in outbox.batches():
        outbox.acknowledged(one.id)
        found.append(one)
    return found
