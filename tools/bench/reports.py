"""What would leave of simulated households (`tools.bench.household.living`): how many turns, how many bytes, how fast.

Each household lives with a hub that learns, in closed loop. Every turn that is closed is asked for its report; a report
whose content was told in the same week is not told again. `bytes_a_report` is that of batches as they leave,
compressed: what was heard in the same words in one week is one batch, which is one report nearly always.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from edge.core.errors import EdgeError
from edge.core.turn import Turn
from edge.upstream import batch
from edge.upstream.batch import Batch
from edge.upstream.names import Names
from edge.upstream.randomised import RandomisedFacts
from edge.upstream.report import TurnReport, report
from edge.upstream.vocabulary import OTHER, Vocabulary
from tools.bench import common
from tools.bench.context import DAY_MS, seeds
from tools.bench.household.life import START_MS
from tools.bench.household.living import Living
from tools.bench.household_bench import Life, Together
from tools.bench.household_line import LearningLine


@dataclass
class Telling:
    """What the hub of one household would tell."""

    vocabulary: Vocabulary
    facts: RandomisedFacts
    closed: int = 0
    reports: list[tuple[int, TurnReport]] = field(default_factory=list)
    """With the day of each."""
    seconds: float = 0.0
    _turns: dict[str, Turn] = field(default_factory=dict)
    _told: set[tuple[int, bytes]] = field(default_factory=set)

    def take(self, turn: Turn) -> None:
        """A turn was closed. What is said in its place is known before."""
        self.closed += 1
        began = time.perf_counter()
        meant = self._turns.get(turn.verdict.meant_turn or "") if turn.verdict is not None else None
        made = report(turn, Names.of(turn.home), self.vocabulary, self.facts, meant=meant)
        self.seconds += time.perf_counter() - began
        day = (turn.opened_ms - START_MS) // DAY_MS
        week = day // 7
        if made is not None and (week, batch.content(made)) not in self._told:
            self._told.add((week, batch.content(made)))
            self.reports.append((day, made))

    def said(self, turn: Turn) -> None:
        """A turn is over, and may be what another meant."""
        self._turns[turn.id] = turn


def live(seed: int, weeks: int, vocabulary: Vocabulary) -> Telling:
    """What would be told of this household."""
    telling = Telling(vocabulary, RandomisedFacts(Random(seed)))  # noqa: S311 - the same on every run
    hub = LearningLine(seed)
    hub.closed = telling.take
    together = Together(Living.of(seed), hub, Life(), lambda _, turn, __: telling.said(turn))
    together.live(7 * weeks)
    return telling


def batches(reports: Sequence[tuple[int, TurnReport]], vocabulary: Vocabulary, rng: Random) -> list[bytes]:
    """What would leave: the reports, each with its day, of one week and one text together."""
    of_words: dict[tuple[int, tuple[str, ...]], list[TurnReport]] = {}
    for day, one in reports:
        of_words.setdefault((day // 7, one.heard), []).append(one)
    return [_encoded(some, vocabulary, rng) for some in of_words.values()]


def _encoded(reports: Sequence[TurnReport], vocabulary: Vocabulary, rng: Random) -> bytes:
    head = (_id(rng), _id(rng), "2026-W48", vocabulary.language, vocabulary.sha256)
    return batch.encode(Batch(*head, tuple(reports)))


def _id(rng: Random) -> str:
    return f"{rng.getrandbits(128):032x}"


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The figures."""
    vocabulary, rng = Vocabulary.load(), Random(args.seed)  # noqa: S311 - the same on every run
    told, sizes, lines = [], [], []
    for seed in seeds(args.seed, args.households):
        one = live(seed, args.weeks, vocabulary)
        told.append(one)
        made = [each for _, each in one.reports]
        sizes += batches(one.reports, vocabulary, rng)
        lines += [len(batch.line(each)) for each in made]
        sys.stderr.write(f"household {seed}: {one.closed} turns closed, {len(made)} told\n")
        if args.show:
            for each in made:
                sys.stderr.write(f"  {batch.line(each).decode()}\n")
    reports = [each for one in told for _, each in one.reports]
    began = time.perf_counter()
    for data in sizes:
        batch.decode(data, vocabulary=vocabulary)
    seconds = time.perf_counter() - began
    words = Counter(word == OTHER for each in reports for word in each.heard)
    turns = sum(one.closed for one in told)
    return {
        "households": len(told),
        "weeks": args.weeks,
        "turns_closed": turns,
        "reports": len(reports),
        "reports_a_week": round(len(reports) / max(1, len(told) * args.weeks), 1),
        "with_meant": sum(bool(each.meant) for each in reports),
        "other_share": round(words[True] / max(1, words.total()), 4),
        "line_bytes_mean": round(sum(lines) / max(1, len(lines)), 1),
        "line_bytes_max": max(lines, default=0),
        "batches": len(sizes),
        "bytes_a_report": round(sum(map(len, sizes)) / max(1, len(reports)), 1),
        "batch_bytes_max": max(map(len, sizes), default=0),
        "report_ms": round(1000 * sum(one.seconds for one in told) / max(1, turns), 3),
        "decoded_reports_per_s": round(len(reports) / seconds) if seconds else 0,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; exit status as documented in the README."""
    parser = common.parser("reports", __doc__ or "")
    parser.add_argument("--seed", type=int, default=7, help="households of other seeds are others (7)")
    parser.add_argument("--households", type=int, default=4, metavar="N")
    parser.add_argument("--weeks", type=int, default=1, metavar="N")
    parser.add_argument("--show", action="store_true", help="print every report")
    args = parser.parse_args(argv)
    try:
        result = measure(args)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title="reports")
    return 0


if __name__ == "__main__":
    sys.exit(main())
