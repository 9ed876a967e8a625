"""Understanding in context: simulated households ask, and the same line answers with the state of the home and without.

`accuracy_context` and `accuracy_plain` are the shares of requests that were met (`tools.bench.household.judge`), of
the same requests in the same homes; `wrong_action_rate` and `question_rate` are those of the line with context. A
question is counted whether it was called for or not, but for the yes that the household's marked devices need.

Households live in open loop here: what follows a request does not depend on who answered it, so both lines are asked
the same. Of a request a line may use what a hub has: what was heard, when, and the home; and of everything that
changes in the home, when and what it is now.
"""

import argparse
import datetime as dt
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from edge.core.pipeline import Stage, run
from edge.core.timers import Timer, TimerAction, TimerDo
from edge.core.turn import Turn
from edge.nlu.context import InContext
from edge.nlu.grammar import Grammar
from edge.nlu.memory import Memory
from edge.nlu.resolve import Resolve
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from edge.timers.book import Book
from edge.timers.keeper import Keeper
from edge.timers.stage import Keep
from tools.bench import common
from tools.bench.household import HomeChange, Household, Request, Verdict, judge
from tools.bench.household.truth import questioned


class Line(Protocol):
    """One household's hub, from what was heard to the plan. It lives as long as the household's days last."""

    def observe(self, change: HomeChange) -> None:
        """Something in the home has changed. It may look at `at_ms`, `devices` and `home`."""
        ...

    def take(self, request: Request) -> Turn:
        """The turn, with its plan. It may look at `utterance`, `at_ms` and `home`, and at nothing else."""
        ...


class KeptTimers:
    """The timers of one household's line, from turn to turn, in memory; those that have ended are gone."""

    def __init__(self) -> None:
        self._now_ms = 0
        self.keeper = Keeper(Book(None), wall_ms=lambda: self._now_ms, steady_ms=lambda: self._now_ms, zone=dt.UTC)

    def at(self, at_ms: int) -> tuple[Timer, ...]:
        """Those that there are at a moment; no moment is before the last one."""
        self._now_ms = at_ms
        over = tuple(t.id for t in self.keeper.timers() if t.due_ms is not None and t.due_ms <= at_ms)
        self.keeper.apply(TimerAction(TimerDo.CANCEL, over))
        return self.keeper.timers()


class StagedLine:
    """The stages of `edge.hub`, as far as the plan. It remembers nothing but its timers."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.timers = KeptTimers()
        self._stages = (*stages, Keep(self.timers.keeper))

    def observe(self, change: HomeChange) -> None:
        """What has happened in the home is in the next snapshot; this line looks no further."""

    def take(self, request: Request) -> Turn:
        """The turn, down the stages."""
        turn = Turn(f"turn-{request.id}", request.at_ms, request.home, request.utterance)
        turn = replace(turn, timers=self.timers.at(request.at_ms))
        return run(turn, self._stages, clock=time.monotonic)


class RememberingLine:
    """The same stages with the context: it sees what changes, and remembers what was said and what is usual."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.timers = KeptTimers()
        self._stages = (*stages, Keep(self.timers.keeper))
        self.memory = Memory()

    def observe(self, change: HomeChange) -> None:
        """One look at each device that has changed, as the mirror gives it to the hub."""
        for device in change.devices:
            self.memory.observe(change.home.entities[device], change.at_ms, _hour(change.at_ms))

    def opened(self, request: Request) -> Turn:
        """The turn before its first stage, with its context."""
        context = self.memory.context(request.home, request.at_ms, _hour(request.at_ms), _weekday(request.at_ms))
        turn = Turn(f"turn-{request.id}", request.at_ms, request.home, request.utterance, context=context)
        return replace(turn, timers=self.timers.at(request.at_ms))

    def take(self, request: Request) -> Turn:
        """The turn, down the stages; then it is remembered."""
        return self.ended(run(self.opened(request), self._stages, clock=time.monotonic))

    def ended(self, turn: Turn) -> Turn:
        """The turn, remembered."""
        self.memory.spoken(turn)
        return turn


def _hour(at_ms: int) -> float:
    return at_ms % DAY_MS / HOUR_MS


def _weekday(at_ms: int) -> int:
    return (at_ms // DAY_MS + 3) % 7  # the first of January 1970 was a Thursday


HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@cache
def grammar() -> Grammar:
    """One for all households; it keeps the names of the last."""
    return Grammar("en")


def line(*, context: bool) -> Line:
    """A hub's line for one household; without context it is the same system with the ranking left out."""
    if context:
        return RememberingLine((Timely(Understand(grammar)), InContext()))
    return StagedLine((Timely(Understand(grammar)), Resolve()))


class Tally:
    """How the requests of all households came out for one line."""

    def __init__(self) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.by_family: defaultdict[tuple[str, str], Counter[Verdict]] = defaultdict(Counter)
        self.questions = 0
        self.seconds = 0.0

    def count(self, request: Request, turn: Turn) -> Verdict:
        """One more request; how it came out."""
        verdict = judge(request.truth, turn)
        self.verdicts[verdict] += 1
        self.by_family[request.truth.kind, request.truth.family][verdict] += 1
        self.questions += questioned(turn)
        return verdict

    @property
    def total(self) -> int:
        """Requests so far."""
        return sum(self.verdicts.values())


def live(
    seeds: Iterable[int], days: int, *, context: bool, on_wrong: Callable[[Request, Turn, Verdict], None] | None = None
) -> Tally:
    """Let these households live, and ask one line all that they ask."""
    tally = Tally()
    for seed in seeds:
        hub = line(context=context)
        for event in Household.of(seed).days(days):
            began = time.perf_counter()
            if isinstance(event, HomeChange):
                hub.observe(event)
                tally.seconds += time.perf_counter() - began
                continue
            turn = hub.take(event)
            tally.seconds += time.perf_counter() - began
            verdict = tally.count(event, turn)
            if on_wrong is not None and verdict is not Verdict.RIGHT:
                on_wrong(event, turn, verdict)
    return tally


def seeds(seed: int, households: int) -> list[int]:
    """Seeds of the households of one run: odd ones, whose wordings nobody has learned from."""
    return [seed * 2000 + 2 * at + 1 for at in range(households)]


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Both lines over the same households."""
    chosen = seeds(args.seed, args.households)
    with_context = live(chosen, args.days, context=True, on_wrong=_show if args.errors else None)
    plain = live(chosen, args.days, context=False)
    if args.by_family:
        sys.stderr.write(by_family(with_context, plain))
    total = with_context.total
    sys.stderr.write(f"{with_context.seconds / max(1, total) * 1000:.1f} ms a request\n")
    return {
        "accuracy_context": with_context.verdicts[Verdict.RIGHT] / max(1, total),
        "accuracy_plain": plain.verdicts[Verdict.RIGHT] / max(1, total),
        "wrong_action_rate": with_context.verdicts[Verdict.WRONG_ACTION] / max(1, total),
        "question_rate": with_context.questions / max(1, total),
        "total": total,
    }


def by_family(with_context: Tally, plain: Tally) -> str:
    """A table: each family's requests, accuracy without and with context, and what went wrong with it."""
    rows = [f"{'kind':8} {'family':28} {'asked':>5} {'plain':>6} {'context':>7}   what went wrong\n"]
    kinds: defaultdict[str, list[Counter[Verdict]]] = defaultdict(list)
    for (kind, family), verdicts in sorted(with_context.by_family.items()):
        rows.append(_row(kind, family, plain.by_family[kind, family], verdicts))
        kinds[kind] += [plain.by_family[kind, family], verdicts]
    for kind, counts in kinds.items():
        rows.append(_row(kind, "(all)", sum(counts[::2], Counter()), sum(counts[1::2], Counter())))
    return "".join(rows)


def _row(kind: str, family: str, plain: Counter[Verdict], verdicts: Counter[Verdict]) -> str:
    count = verdicts.total()
    wrong = ", ".join(f"{n} {v}" for v, n in sorted(verdicts.items()) if v is not Verdict.RIGHT)
    right, base = verdicts[Verdict.RIGHT] / count, plain[Verdict.RIGHT] / count
    return f"{kind:8} {family:28} {count:5} {base:6.0%} {right:7.0%}   {wrong}\n"


def _show(request: Request, turn: Turn, verdict: Verdict) -> None:
    plan = turn.plan
    got: object = turn.error or "nothing"
    if plan is not None:
        done = [(c.entity_id, c.verb.value, dict(c.args)) for c in plan.commands]
        got = plan.refusal or plan.question or done or {"matched": plan.matched, "unmatched": plan.unmatched}
    sys.stderr.write(
        f"{verdict} {request.truth.family}: {request.text}\n  wanted {request.truth.accept}\n  got    {got}\n"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.context",
        description=__doc__,
        epilog="example: python -m tools.bench.context --seed 7 --json",
    )
    parser.add_argument("--seed", type=int, default=1, help="other households for every seed (default 1)")
    parser.add_argument("--households", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--days", type=int, default=5, help="how long each lives (default 5)")
    parser.add_argument("--by-family", action="store_true", help="a table of all kinds of requests, on standard error")
    parser.add_argument(
        "--errors", action="store_true", help="list the requests that came out wrong, on standard error"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    args = parser.parse_args(argv)
    common.emit(measure(args), as_json=args.json, title="understanding in context")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
