"""Homes of a fleet live for some weeks with hubs that learn, and report what the hub would.

Real turns with real verdicts become real reports, and those real batches, as bytes. What the outbox keeps on a hub is
kept here in memory: each content once a week, no more reports and facts a week than its budget allows.
"""

import os
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from random import Random

from edge.core.home import HomeState
from edge.core.text import normalize
from edge.core.turn import Turn
from edge.upstream import batch as batches
from edge.upstream.names import Names
from edge.upstream.randomised import Budget, RandomisedFacts
from edge.upstream.report import TurnReport, report
from edge.upstream.vocabulary import Vocabulary
from edge.upstream.wording import told as told_as
from tools.bench.fleet.homes import FleetHome
from tools.bench.fleet.hub import FleetLine, Remembering
from tools.bench.fleet.planted import Planted
from tools.bench.household import Request, Verdict
from tools.bench.household.life import START_MS
from tools.bench.household_bench import WEEK_MS, Life, Together
from tools.bench.household_line import read_words

FIRST_WEEK = 2
"""ISO week of 2026 that the simulation begins with."""
MAX_A_WEEK = 100
"""Reports."""
LEARNS = 5
"""Of so many homes one has a hub that learns by itself already; the others tell how it goes without."""
_TURNS = 32
"""Turns that are remembered until what was meant by one before is told of."""


@dataclass
class Lived:
    """What is known of one home that has lived: what left it, and, as only the simulation knows, what was meant."""

    family: int
    seed: int
    mistakes: tuple[Planted, ...]
    sent: list[bytes] = field(default_factory=list)
    """Batches."""
    misheard: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    """(week, as it was heard, as it was said) -> how often that was not met; in normal form."""
    meant: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(as it was heard, as it was said)."""
    same: set[frozenset[str]] = field(default_factory=set)
    """What somebody said, and their other wordings for it."""
    whole: set[str] = field(default_factory=set)
    """Of what was heard, that which may be told as it is: every word is published, and nothing in it is a name."""
    asked: int = 0
    defects: int = 0

    def reports(self) -> Iterator[tuple[int, TurnReport]]:
        """What it told, with the week, counted as in `misheard`; read from the batches."""
        for data in self.sent:
            one = batches.decode(data, vocabulary=words())
            for told in one.reports:
                yield int(one.week[-2:]) - FIRST_WEEK, told

    def under_one_pseudonym(self, rng: Random) -> dict[int, tuple[str, ...]]:
        """As `bags`, of what one pseudonym told in each week: all that a collector can tell to be one home's."""
        found: dict[int, list[tuple[str, ...]]] = {}
        for data in self.sent:
            one = batches.decode(data, vocabulary=words())
            found.setdefault(int(one.week[-2:]) - FIRST_WEEK, []).append(tuple(dict.fromkeys(map(_text, one.reports))))
        return {week: rng.choice(bags) for week, bags in found.items()}

    def ways_out(self) -> set[tuple[int, str, str]]:
        """(week, as it was heard, what was said in its place): that as its reading, where it has one for all homes."""
        return {
            (week, " ".join(one.heard), one.meant_reading if _holds(one.meant_reading) else " ".join(one.meant))
            for week, one in self.reports()
            if one.meant
        }

    def bags(self) -> dict[int, tuple[str, ...]]:
        """What was told, without the answers to yes-or-no questions, by week."""
        found: dict[int, list[str]] = {}
        for week, one in self.reports():
            found.setdefault(week, []).append(_text(one))
        return {week: tuple(dict.fromkeys(texts)) for week, texts in found.items()}


def _text(one: TurnReport) -> str:
    return " ".join((*one.heard, *one.served, *one.meant))


def _holds(reading: str) -> bool:
    return bool(reading) and "<" not in reading


class Spool:
    """What the hub of one home reports: as `edge.upstream.outbox`, without its file."""

    def __init__(self, seed: int, names: Names, words: Vocabulary) -> None:
        self._rng = Random(f"report {seed}")
        self._names, self._words = names, words
        self._facts = RandomisedFacts(self._rng)
        self._budget = Budget()
        self._week: int | None = None
        self._reports: list[TurnReport] = []
        self._known: set[bytes] = set()
        self.sent: list[bytes] = []

    def add(self, turn: Turn, meant: Turn | None) -> None:
        """A turn is closed. meant: the turn that said what was meant by it."""
        week = (turn.opened_ms - START_MS) // WEEK_MS
        if week != self._week:
            self.close()
            self._week = week
        made = report(turn, self._names, self._words, self._facts, meant=meant)
        if made is None or len(self._reports) >= MAX_A_WEEK or (content := batches.content(made)) in self._known:
            return
        if made.worked is not None:
            budget = self._budget.spend(_iso(week))
            made = replace(made, worked=None) if budget is None else made
            self._budget = budget or self._budget
        self._known.add(content)
        self._reports.append(made)

    def close(self) -> None:
        """The week is over: its reports go, what was heard in the same words together, as from a home of its own."""
        secret, week = f"{self._rng.getrandbits(128):032x}", _iso(self._week or 0)
        of_words: dict[tuple[str, ...], list[TurnReport]] = {}
        for one in self._reports:
            of_words.setdefault(one.heard, []).append(one)
        for heard, some in of_words.items():
            name = (f"{self._rng.getrandbits(128):032x}", batches.pseudonym(secret, heard))
            self.sent.append(batches.encode(batches.Batch(*name, week, "en", self._words.sha256, tuple(some))))
        self._reports, self._known = [], set()


def _iso(week: int) -> str:
    return f"2026-W{FIRST_WEEK + week:02}"


@cache
def words() -> Vocabulary:
    """The published vocabulary."""
    return Vocabulary.load()


def _whole(heard: str, said: str, names: Names) -> bool:
    """Whether what was heard may be told as it is, where that was said in its place."""
    return told_as(heard, names, words(), like=[tuple(said.split())]) == tuple(heard.split())


def tells(word: str, heard: str) -> bool:
    """Whether this word, heard as that, is told as what was heard."""
    return _whole(f"switch {heard} now", f"switch {word} now", Names.of(HomeState()))


def lived(family: int, seed: int, planted: tuple[Planted, ...], weeks: int, stage: Remembering) -> Lived:
    """The home of this family and with ears of this seed, after so many weeks."""
    home = FleetHome.at(family, seed, planted)
    found = Lived(family, seed, tuple(one for one, _ in home.fleet_ears.mistakes.values()))
    names = Names.of(home.home())
    spool = Spool(seed, names, words())
    hub = FleetLine(seed, understanding=stage, learns=seed % LEARNS == 0)
    turns = OrderedDict[str, Turn]()

    def closed(turn: Turn) -> None:
        said = turn.verdict.meant_turn if turn.verdict is not None else None
        spool.add(turn, turns.get(said or ""))

    def told(request: Request, turn: Turn, verdict: Verdict) -> None:
        turns[turn.id] = turn
        while len(turns) > _TURNS:
            turns.popitem(last=False)
        heard, said, right = normalize(request.text), normalize(request.said), verdict is Verdict.RIGHT
        found.meant[heard, said] += 1
        found.same.add(frozenset(map(normalize, (request.said, *request.others))))
        if heard != said and not right:
            found.misheard[(request.at_ms - START_MS) // WEEK_MS, heard, said] += 1
            if _whole(heard, said, names):
                found.whole.add(heard)

    hub.closed = closed
    life = Life()
    Together(home, hub, life, told).live(7 * weeks)
    spool.close()
    found.sent, found.asked, found.defects = spool.sent, life.asked.total(), life.defects.total()
    return found


def of_family(family: int, seeds: Iterable[int], planted: tuple[Planted, ...], weeks: int) -> list[Lived]:
    """All homes of one family."""
    stage = Remembering(read_words())
    return [lived(family, seed, planted, weeks, stage) for seed in seeds]


def live(
    homes: int,
    *,
    families: int,
    seed: int,
    planted: tuple[Planted, ...],
    weeks: int,
    jobs: int | None = None,
    progress: Callable[[str], object] = sys.stderr.write,
) -> Iterator[list[Lived]]:
    """So many homes, family by family."""
    first = seed * 100_000 + 1
    work = [(first + 2 * at, [first + one for one in range(at, homes, families)]) for at in range(families)]
    done = 0
    with ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for some in pool.map(of_family, *zip(*work, strict=True), *map(repeat, (planted, weeks))):
            done += len(some)
            progress(f"{done} of {homes} homes have lived {weeks} weeks\n")
            yield some
