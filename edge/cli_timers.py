"""The command `edge timers`: which timers and alarms there are, and taking them back."""

import argparse
import datetime as dt
import json
import sys
import time
from typing import TYPE_CHECKING

from edge.core.codec import to_json
from edge.core.errors import ExitCode, InputError
from edge.core.text import normalize
from edge.core.timers import Timer, TimerAction, TimerDo
from edge.profile import Profile

if TYPE_CHECKING:
    from edge.core.turn import Turn
    from edge.timers.keeper import Keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge timers` takes."""
    parser.add_argument(
        "--cancel", metavar="WHICH", help="cancel one, by its id, its name or an alarm's time (07:00), or all"
    )


ABOUT = ("show timers and alarms, and cancel them", "edge timers --cancel pizza", add_arguments)
"""Help, example and arguments of the command."""


def run(args: argparse.Namespace, profile: Profile) -> ExitCode:
    """Raises InputError (`timers.unknown`) and NotKeptError."""
    from edge.reply.timers import described
    from edge.ringing import book
    from edge.timers.keeper import Keeper

    keeper = Keeper(book(profile, None))
    timers = keeper.timers()
    if args.cancel is not None:
        timers = tuple(timer for timer in timers if args.cancel == "all" or _is(timer, args.cancel))
        if not timers and args.cancel != "all":
            raise InputError("timers.unknown", f"no timer or alarm is called {args.cancel!r}; see: edge timers")
        keeper.apply(TimerAction(TimerDo.CANCEL, tuple(timer.id for timer in timers)))
    if args.json:
        print(json.dumps(to_json(timers), ensure_ascii=False))
        return ExitCode.OK
    now_ms, now = time.time_ns() // 1_000_000, dt.datetime.now().astimezone()
    for timer in timers:
        print(f"{'cancelled ' if args.cancel is not None else ''}{timer.id}  {described(timer, now_ms, now)}")
    if not timers:
        print("no timers or alarms")
    elif args.cancel is None and not keeper.heard:
        sys.stderr.write("edge: no hub is running, so nothing rings; start it with: edge run\n")
    return ExitCode.OK


def tell(turn: "Turn", keeper: "Keeper") -> None:
    """What `edge say` adds to a timer that was set in a home that ends with the command."""
    started = turn.plan is not None and turn.plan.timer is not None and turn.plan.timer.new is not None
    if started and turn.plan is not None and turn.plan.question is None and not keeper.book.lasts:
        sys.stderr.write("edge: this home ends with the command, and the timer with it; it will not ring\n")


def _is(timer: Timer, which: str) -> bool:
    return which in (timer.id, timer.at) or normalize(which) == normalize(timer.name) != ""
