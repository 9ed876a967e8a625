"""Feedback on simulated households: what is taken for a rephrase, and is none; and the rephrases that are found.

The households ask in open loop, each request understood as the hub does. Then every request is set so many seconds
after the one before it, with which it has nothing to do: whatever is taken for a rephrase there is wrong
(`false_rephrases`), and worst where it would be learned (`false_meanings`) or where it turns what was done into a
failure (`false_failures`). `found` counts, of requests that were first misheard as nothing that is understood and then
said rightly, those whose meaning is learned.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from edge.core.home import HomeState
from edge.core.turn import CommandOutcome, Context, Hypothesis, Outcome, Result, SignalKind, Span, Turn, Utterance
from edge.feedback.account import account, stands_alone
from edge.feedback.signals import signals, verdict
from tools.bench import common
from tools.bench.context import line, seeds
from tools.bench.household import HomeChange, Household
from tools.bench.household.people import Person

GAPS_S = (6, 9, 15, 25)
"""Seconds between the two."""


def asked(seed: int, days: int) -> Iterator[tuple[Turn, bool]]:
    """What one household asks, with every device obeying, and whether it goes on from what was asked before."""
    hub = line(context=True)
    for event in Household.of(seed).days(days):
        if isinstance(event, HomeChange):
            hub.observe(event)
            continue
        turn = replace(hub.take(event), home=HomeState(), context=Context(), spans=())
        commands = turn.plan.commands if turn.plan is not None else ()
        done = tuple(CommandOutcome(c.entity_id, Result.CONFIRMED, turn.opened_ms, turn.opened_ms) for c in commands)
        yield replace(turn, outcome=Outcome(done) if done else None), event.follows


def judged(turn: Turn, then: Turn, gap_s: float) -> tuple[bool, bool, bool]:
    """Whether the second is taken for a rephrase, is learned from, and makes a failure of what was done."""
    then = replace(then, opened_ms=turn.opened_ms + round(gap_s * 1000))
    found = signals(turn, [then])
    given = verdict(turn, found, [then], then.opened_ms)
    again = any(signal.kind is SignalKind.REPHRASE for signal in found)
    return again, bool(given.meant), account(turn).success is True and given.success is False


def misheard(turn: Turn, person: Person, rng: random.Random) -> Turn:
    """The request with one mistake, and not understood."""
    text = person.slip(turn.text, rng)
    spans = (Span("understand", 0.0, "failed", "understand.no_intent"),)
    heard = Utterance((Hypothesis(text, 0.6),))
    return replace(turn, id="misheard", utterance=heard, interpretation=None, readings=(), plan=None, spans=spans)


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All households."""
    total = dict.fromkeys(("pairs", "false_rephrases", "false_meanings", "false_failures", "misheard", "found"), 0)
    rng = random.Random(args.seed)  # noqa: S311 - a simulation, and it must be repeatable
    for seed in seeds(args.seed, args.households):
        person = Person.of("anna", seed)
        every = list(asked(seed, args.days))
        for (turn, _), (then, follows) in pairwise(every):
            for gap_s in () if follows else GAPS_S:
                again, learned, failed = judged(turn, then, gap_s)
                total["pairs"] += 1
                total["false_rephrases"] += again
                total["false_meanings"] += learned
                total["false_failures"] += failed
        for turn, _ in every:
            wrong = misheard(turn, person, rng)
            if wrong.text != turn.text and account(turn).success and stands_alone(turn):
                total["misheard"] += 1
                total["found"] += judged(wrong, turn, GAPS_S[0])[1]
    pairs = max(1, total["pairs"])
    return total | {
        "false_rephrase_rate": total["false_rephrases"] / pairs,
        "false_meaning_rate": total["false_meanings"] / pairs,
        "found_rate": total["found"] / max(1, total["misheard"]),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.rephrase",
        description=__doc__,
        epilog="example: python -m tools.bench.rephrase --seed 7 --json",
    )
    parser.add_argument("--seed", type=int, default=1, help="other households for every seed (default 1)")
    parser.add_argument("--households", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--days", type=int, default=4, help="how long each lives (default 4)")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    args = parser.parse_args(argv)
    common.emit(measure(args), as_json=args.json, title="rephrases")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
