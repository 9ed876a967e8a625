"""Train the weights of the context ranker (`edge.nlu.context`) on simulated households.

    python -m tools.learn.context --households 60 --days 8

Households of even seed make the data: the same seeds, days and simulator give the same data on any machine, and the
file of weights says which they were. In each of their requests that the words alone do not settle, every option gets
the features that it would have on the hub, and the simulated people say which options they would have been content
with. The model is a conditional logit (McFadden 1974) with L2 regularisation, fitted by Adam (Kingma and Ba 2014) to
the likelihood that one of the right options is chosen. A fifth of the households is held back to set the probability
from which an option is carried out: the lowest at which no more than the given share of all requests acts wrongly, and
never below 0.6, as real households are stranger than simulated ones.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.core.pipeline import run
from edge.core.turn import Turn
from edge.nlu import context
from edge.nlu.features import AS_HEARD, Features
from edge.nlu.resolve import Resolve
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from edge.timers.stage import Keep
from tools.bench.context import RememberingLine, grammar
from tools.bench.household import HomeChange, Household, Request, Verdict, judge
from tools.bench.household.truth import Asks, Refuses

OUT = Path(context.__file__).with_name("context_weights.json")
_SIMULATOR = Path(__file__).parents[1] / "bench" / "household"
_REQUESTS_A_DAY = 30
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """One request that the context decides."""

    household: int
    family: str
    features: tuple[Features, ...]
    """Of its options, of asking and of refusing, in this order."""
    verdicts: tuple[Verdict, ...]
    """What the people would make of each."""
    turn: Turn
    choice: context.Choice
    request: Request


def examples(seed: int, days: int) -> Iterator[Example]:
    """The examples of one household, with a teacher: what is said next follows on what was meant."""
    understand, plainly = Timely(Understand(grammar)), Resolve()
    line = RememberingLine(())
    keep = Keep(line.timers.keeper)
    for event in Household.of(seed).days(days):
        if isinstance(event, HomeChange):
            line.observe(event)
            continue
        turn = run(line.opened(event), (understand,), clock=time.monotonic)
        if turn.error:
            continue
        plan = plainly(turn).plan if turn.interpretation is not None else None
        plain = turn.interpretation
        if plain is not None and plan is not None and context.settled(plain, plan, turn.readings):
            line.ended(keep(replace(turn, plan=plan)))
            continue
        choice = context.choices(turn, plan)
        made = [replace(turn, interpretation=o.interpretation, plan=o.plan) for o in choice.options]
        verdicts = [judge(event.truth, one) for one in made]
        right = next((one for one, verdict in zip(made, verdicts, strict=True) if verdict is Verdict.RIGHT), None)
        asks = any(isinstance(one, Asks) for one in event.truth.accept)
        refuses = any(isinstance(one, Refuses) for one in event.truth.accept) or (right is None and not asks)
        verdicts += [Verdict.RIGHT if asks else Verdict.ASKED, Verdict.RIGHT if refuses else Verdict.REFUSED]
        every = (*choice.features, choice.asking, choice.refusing)
        yield Example(seed, event.truth.family, every, tuple(verdicts), turn, choice, event)
        if right is not None:
            line.ended(right)


class Table:
    """The examples as sparse arrays: one row an option."""

    def __init__(self, found: Sequence[Example], names: dict[str, int], *, grow: bool) -> None:
        at, column, value, group, right = [], [], [], [], []
        row = 0
        for number, example in enumerate(found):
            for features, verdict in zip(example.features, example.verdicts, strict=True):
                for name, amount in features.items():
                    if grow:
                        names.setdefault(name, len(names))
                    if amount and name in names and name != AS_HEARD:
                        at.append(row)
                        column.append(names[name])
                        value.append(amount)
                group.append(number)
                right.append(verdict is Verdict.RIGHT)
                row += 1
        self.at: Ints = np.array(at, dtype=np.int64)
        self.column: Ints = np.array(column, dtype=np.int64)
        self.value: Floats = np.array(value, dtype=np.float64)
        self.group: Ints = np.array(group, dtype=np.int64)
        self.right = np.array(right, dtype=bool)
        self.groups, self.rows = len(found), row

    def probabilities(self, weights: Floats) -> Floats:
        """Of each row within its example."""
        scores = np.bincount(self.at, self.value * weights[self.column], minlength=self.rows)
        top = np.full(self.groups, -np.inf)
        np.maximum.at(top, self.group, scores)
        shares = np.exp(scores - top[self.group])
        total = np.bincount(self.group, shares, minlength=self.groups)
        result: Floats = shares / total[self.group]
        return result

    def step(self, weights: Floats) -> tuple[float, Floats]:
        """Mean loss, and its gradient."""
        share = self.probabilities(weights)
        good = np.bincount(self.group, share * self.right, minlength=self.groups)
        wanted = share * self.right / np.maximum(good, 1e-12)[self.group]
        slope = (share - wanted) / self.groups
        gradient: Floats = np.bincount(self.column, slope[self.at] * self.value, minlength=len(weights)).astype(
            np.float64
        )
        return float(-np.log(np.maximum(good, 1e-12)).mean()), gradient


def fit(table: Table, size: int, *, penalty: float, rounds: int) -> Floats:
    """The weights; `penalty` times half their squared length is added to the loss."""
    weights, first, second = np.zeros(size), np.zeros(size), np.zeros(size)
    for number in range(1, rounds + 1):
        loss, gradient = table.step(weights)
        gradient = gradient + penalty * weights
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        pace = 0.1 * (1 - number / (rounds + 1))
        weights -= pace * (first / (1 - 0.9**number)) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
        if number % 50 == 0:
            sys.stderr.write(f"round {number}: loss {loss:.4f}\n")
    return weights


def threshold(held: Sequence[Example], weights: context.Weights, requests: int, wrong: float) -> tuple[float, str]:
    """The lowest probability to act from at which so small a share of all requests acts wrongly; with a report."""
    lines, chosen = [], 0.95
    for act in (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6):
        counts = dict.fromkeys(Verdict, 0)
        trial = replace(weights, act=act)
        for example in held:
            # What the words alone say, and its plan, are left out: here the options are to be told apart.
            turn = context.decided(example.turn, None, example.choice, trial)
            counts[judge(example.request.truth, turn)] += 1
        lines.append(f"act from {act:.2f}: " + ", ".join(f"{n} {v}" for v, n in counts.items() if n))
        if counts[Verdict.WRONG_ACTION] <= wrong * requests:
            chosen = act
    return chosen, "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Make the data, train, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn.context",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m tools.learn.context --households 60 --days 8",
    )
    parser.add_argument("--households", type=int, default=60, help="of even seeds, from 0 (default 60)")
    parser.add_argument("--days", type=int, default=8, help="how long each lives (default 8)")
    parser.add_argument("--penalty", type=float, default=0.0005, help="of the squared weights (default 0.0005)")
    parser.add_argument("--rounds", type=int, default=300, help="of the optimiser (default 300)")
    parser.add_argument("--wrong", type=float, default=0.002, help="share of requests that may act wrongly (default)")
    parser.add_argument("--out", type=Path, default=OUT, help="file of weights to write")
    args = parser.parse_args(argv)
    found: list[Example] = []
    for number in range(args.households):
        found += examples(2 * number, args.days)
        sys.stderr.write(f"\r{number + 1} of {args.households} households, {len(found)} examples")
    sys.stderr.write("\n")
    training = [e for e in found if e.household // 2 % 5]
    held = [e for e in found if not e.household // 2 % 5]
    names: dict[str, int] = {}
    weights = fit(Table(training, names, grow=True), len(names), penalty=args.penalty, rounds=args.rounds)
    weights[names[AS_HEARD]] = 1.0
    able = sum(any(v is Verdict.RIGHT for v in e.verdicts[:-2]) for e in found)
    sys.stderr.write(f"{able} of {len(found)} have an option that is right\n")
    kept = {name: round(float(weights[at]), 3) for name, at in sorted(names.items()) if abs(weights[at]) >= 0.01}
    requests = _REQUESTS_A_DAY * args.days * sum(1 for n in range(args.households) if not n % 5)
    act, report = threshold(held, context.Weights(kept, 0.5), requests, args.wrong)
    sys.stderr.write(report)
    simulator = hashlib.sha256(b"".join(f.read_bytes() for f in sorted(_SIMULATOR.glob("*.py")))).hexdigest()[:16]
    data = {
        "seeds": f"0 to {2 * (args.households - 1)}, even",
        "days": args.days,
        "examples": len(found),
        "penalty": args.penalty,
        "rounds": args.rounds,
        "wrong": args.wrong,
        "simulator": simulator,
    }
    stored = {"trained_by": "tools.learn.context", "data": data, "act": act, "weights": kept}
    args.out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(kept)} weights, acting from {act}, written to {args.out.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
