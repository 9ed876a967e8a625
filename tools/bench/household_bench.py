"""Households that live with a hub for weeks: how far it learns them, and what that costs.

Each household (`tools.bench.household.living`) lives twice, in closed loop: with a hub that learns and with the same
hub that does not. A defect is a request whose first saying was not met (`tools.bench.household.judge`). Where a rewrite
fired, the same words are also understood as they were heard, in the same home at the same moment: a win is right with
it alone, a loss right without it alone. After three weeks some of a household's own words mean something else.

`wrong_rewrites_per_1000`: of 1,000 times that something was said, how often a rewrite fired and led elsewhere than was
meant. `weeks_to_withdraw`: how long after the change the old meaning was served last, the mean of the words for which
it was served before; `contradictions_to_unlearn`: how often it was served after the change and somebody let the hub see
that it was wrong, of the worst of them.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Protocol

from edge.core.errors import EdgeError
from edge.core.turn import Turn
from tools.bench import common
from tools.bench.context import DAY_MS, seeds
from tools.bench.household import HomeChange, Reaction, Request, Verdict, judge
from tools.bench.household.ears import Readings
from tools.bench.household.life import START_MS
from tools.bench.household.living import Living
from tools.bench.household_line import LearningLine, plain_line

WEEK_MS = 7 * DAY_MS
TALKED_OVER_MS = 1_500
"""So long after a request somebody talks over the reply to it."""
Told = Callable[[Request, Turn, Verdict], None]
Ears = Callable[[Living], Callable[[str, str, Random], Readings]]


class HubLine(Protocol):
    """One household's hub, from what was heard to the plan, and what it makes of what comes later."""

    def observe(self, change: HomeChange) -> None:
        """Something in the home has changed. It may look at `at_ms`, `devices`, `home`, and whether it was the hub."""
        ...

    def take(self, request: Request) -> Turn:
        """The turn, with its plan. It may look at `utterance`, `at_ms` and `home`, and at nothing else."""
        ...

    def talked_over(self, turn: Turn, at_ms: int) -> None:
        """Somebody has talked over the reply."""
        ...

    def as_heard(self, turn: Turn) -> Turn | None:
        """The turn as it would have come out without the rewrite that fired in it; None where none did."""
        ...


@dataclass
class Unlearning:
    """One of the household's own words, as far as it was learnt, and then meant something else."""

    served_before: bool = False
    contradictions: int = 0
    last_ms: int = 0
    """After the change, when the old meaning was served last."""


@dataclass
class Life:
    """How households fared with one kind of hub."""

    asked: Counter[int] = field(default_factory=Counter)
    """Requests by week."""
    defects: Counter[int] = field(default_factory=Counter)
    families: defaultdict[tuple[str, int], Counter[Verdict]] = field(default_factory=lambda: defaultdict(Counter))
    said: int = 0
    """Whatever was said, first or again."""
    fired: int = 0
    wins: int = 0
    losses: int = 0
    wrong: int = 0
    unlearning: dict[tuple[int, str], Unlearning] = field(default_factory=dict)

    def rate(self, week: int) -> float:
        """Defects of the requests of that week."""
        return self.defects[week] / max(1, self.asked[week])

    def count(self, request: Request, turn: Turn, verdict: Verdict, plain: Turn | None) -> None:
        """One more thing that was said."""
        self.said += 1
        week = (request.at_ms - START_MS) // WEEK_MS
        if request.attempt == 0:
            self.asked[week] += 1
            self.defects[week] += verdict is not Verdict.RIGHT
            self.families[request.truth.family, week][verdict] += 1
        if plain is None:
            return
        self.fired += 1
        before = judge(request.truth, plain) is Verdict.RIGHT
        self.wins += verdict is Verdict.RIGHT and not before
        self.losses += before and verdict is not Verdict.RIGHT
        self.wrong += verdict is not Verdict.RIGHT and not _would_be_right(request, turn)

    def unlearn(self, seed: int, request: Request, reaction: Reaction, since_ms: int | None) -> None:
        """A rewrite fired on one of the household's own words. since_ms: when it came to mean something else."""
        known = self.unlearning.setdefault((seed, request.own), Unlearning())
        right = reaction.verdict is Verdict.RIGHT
        if since_ms is None:
            known.served_before |= right
        elif known.served_before and not right:
            known.contradictions += contradicts(reaction)
            known.last_ms = request.at_ms - since_ms


def contradicts(reaction: Reaction) -> bool:
    """Whether somebody let the hub see that it was wrong: said something against it, or put back what it had moved."""
    if reaction.request is not None:
        return True
    moved = {key for change in reaction.changes if change.by == "hub" for key in change.devices}
    return any(change.by == "hand" and moved & set(change.devices) for change in reaction.changes)


def _would_be_right(request: Request, turn: Turn) -> bool:
    """Whether it asks for a yes to what was meant."""
    if turn.plan is None or turn.plan.question != "confirm":
        return False
    would = replace(turn.plan, commands=turn.plan.pending, pending=(), question=None)
    return judge(request.truth, replace(turn, plan=would)) is Verdict.RIGHT


@dataclass
class Together:
    """A household, and the hub that it lives with."""

    household: Living
    hub: HubLine
    life: Life
    told: Told | None = None

    def live(self, days: int) -> None:
        """Let so many days pass."""
        for event in self.household.days(days):
            request: Request | None = None
            if isinstance(event, HomeChange):
                self.hub.observe(event)
            else:
                request = event
            while request is not None:
                request = self._asked(request)

    def _asked(self, request: Request) -> Request | None:
        """Something is said; what they say next to it."""
        turn = self.hub.take(request)
        reaction = self.household.react(request, turn)
        self.life.count(request, turn, reaction.verdict, self.hub.as_heard(turn))
        if request.own and request.attempt == 0 and turn.rewrite is not None:
            since = self.household.changed.get(request.own)
            self.life.unlearn(self.household.seed, request, reaction, since)
        if self.told is not None:
            self.told(request, turn, reaction.verdict)
        if reaction.interrupts:
            self.hub.talked_over(turn, request.at_ms + TALKED_OVER_MS)
        for change in reaction.changes:
            self.hub.observe(change)
        return reaction.request


def chosen(args: argparse.Namespace) -> list[int]:
    """Seeds of the households: odd ones, or even ones to learn from."""
    households = args.households or (1 if args.audio else 8)
    return [one - args.tune for one in seeds(args.seed, households)]


def live(
    seeds_of: Iterable[int],
    weeks: int,
    make: Callable[[], HubLine],
    *,
    ears: Ears | None = None,
    told: Told | None = None,
    what: str = "",
) -> Life:
    """Let these households live with hubs of one kind."""
    life = Life()
    for seed in seeds_of:
        household = Living.of(seed)
        if ears is not None:
            household.hear_with(ears(household))
        Together(household, make(), life, told).live(7 * weeks)
        rates = " ".join(f"{life.rate(week):.0%}" for week in range(weeks))
        sys.stderr.write(f"{what} household {seed}: {life.said} said so far; defects by week {rates}\n")
    return life


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Both kinds of hub, over the same households."""
    seeded = chosen(args)
    ears: Ears | None = None
    if args.audio:
        from tools.bench.household_ears import Heard

        ears = Heard(common.read_audio(common.need(args.data / "noise" / "kitchen.flac")), args.snr).of
    told = _show if args.errors else None
    with_learning = live(seeded, args.weeks, LearningLine, ears=ears, told=told, what="learning")
    plain = live(seeded, args.weeks, plain_line, ears=ears, what="plain")
    if args.plot is not None:
        from tools.bench.household_plot import draw

        draw(with_learning, plain, args.weeks, args.plot)
    if not args.json:
        print(bars(with_learning, plain, args.weeks), end="")
    if args.by_family:
        sys.stderr.write(by_family(with_learning, plain, args.weeks))
    return figures(with_learning, plain, args.weeks, len(seeded))


def figures(learning: Life, plain: Life, weeks: int, households: int) -> dict[str, Any]:
    """What the benchmark prints."""
    last = weeks - 1
    met = [one for one in learning.unlearning.values() if one.served_before and one.contradictions]
    return {
        "defect_rate_week0": learning.rate(0),
        "defect_rate_week4": learning.rate(last),
        "defect_reduction": 1 - learning.rate(last) / max(1e-9, learning.rate(0)),
        "win_loss": learning.wins / max(1, learning.losses),
        "wins": learning.wins,
        "losses": learning.losses,
        "fired": learning.fired,
        "wrong_rewrites_per_1000": 1000 * learning.wrong / max(1, learning.said),
        "weeks_to_withdraw": sum(one.last_ms for one in met) / WEEK_MS / max(1, len(met)),
        "contradictions_to_unlearn": max((one.contradictions for one in met), default=0),
        "plain_defect_rate_week0": plain.rate(0),
        "plain_defect_rate_week4": plain.rate(last),
        "defect_rate_by_week": [round(learning.rate(week), 4) for week in range(weeks)],
        "plain_defect_rate_by_week": [round(plain.rate(week), 4) for week in range(weeks)],
        "total": sum(learning.asked.values()),
        "households": households,
    }


def bars(learning: Life, plain: Life, weeks: int) -> str:
    """Defect rates as bars, a week a line."""
    top = max([*(learning.rate(w) for w in range(weeks)), *(plain.rate(w) for w in range(weeks)), 0.01])
    rows = []
    for week in range(weeks):
        for name, life, sign in (("learning", learning, "#"), ("plain", plain, "-")):
            bar = sign * round(40 * life.rate(week) / top)
            rows.append(
                f"week {week}  {name:9}{life.rate(week):6.1%}  {life.defects[week]:4} of {life.asked[week]:4}  {bar}\n"
            )
    return "".join(rows)


def by_family(learning: Life, plain: Life, weeks: int) -> str:
    """A table: defects of each kind of request in the first week and the last, of both."""
    rows = [f"{'family':28} {'plain first':>12} {'plain last':>12} {'learning first':>15} {'learning last':>14}\n"]
    for name in sorted({family for family, _ in learning.families}):
        cells = [_cell(life, name, week) for life in (plain, learning) for week in (0, weeks - 1)]
        rows.append(f"{name:28} {cells[0]:>12} {cells[1]:>12} {cells[2]:>15} {cells[3]:>14}\n")
    return "".join(rows)


def _cell(life: Life, family: str, week: int) -> str:
    verdicts = life.families[family, week]
    total = verdicts.total()
    return f"{total - verdicts[Verdict.RIGHT]}/{total}" if total else "-"


def _show(request: Request, turn: Turn, verdict: Verdict) -> None:
    """What went wrong, and what was rewritten."""
    if verdict is Verdict.RIGHT and turn.rewrite is None and not request.attempt:
        return
    plan = turn.plan
    got: object = turn.error or "nothing"
    if plan is not None:
        done = [(c.entity_id, c.verb.value, *c.args.values()) for c in (*plan.commands, *plan.pending)]
        got = plan.refusal.code if plan.refusal else (plan.question or "", done)
    served = f" -> {turn.rewrite.text!r} ({turn.rewrite.source})" if turn.rewrite is not None else ""
    day, heard = (request.at_ms - START_MS) / DAY_MS, " / ".join(f"{t} {c}" for t, c in request.heard)
    sys.stderr.write(
        f"{day:5.2f} {request.person} {request.attempt} {verdict}: {request.said!r}, heard {heard}{served}: {got}\n"
    )


def parser() -> argparse.ArgumentParser:
    """The options of `python -m tools.bench.household`."""
    made = common.parser("household", __doc__ or "")
    made.add_argument("--seed", type=int, default=1, help="other households for every seed (default 1)")
    made.add_argument("--households", type=int, help="how many (default 8; with --audio, which is slow, 1)")
    made.add_argument("--tune", action="store_true", help="households to learn from, which are never judged")
    made.add_argument("--weeks", type=int, default=5, help="how long each lives (default 5)")
    made.add_argument("--plot", type=Path, metavar="FILE", help="draw the defect rates by week (PNG or SVG)")
    made.add_argument("--by-family", action="store_true", help="a table of all kinds of requests, on standard error")
    made.add_argument("--errors", action="store_true", help="list what went wrong, on standard error")
    made.add_argument("--audio", action="store_true", help="speak it in kitchen noise, and hear it with Pocketsphinx")
    made.add_argument("--snr", type=float, default=12.0, metavar="DB", help="of the noise (default 12)")
    made.add_argument("--tell", action="store_true", help="tell some days of a household instead; see --tell --help")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    args = parser().parse_args(argv)
    try:
        result = measure(args)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title="households that live with a hub")
    return 0
