"""The command `edge say`: a typed request, and in a terminal the answers to what the hub asks back."""

import argparse
import shlex
import sys
from collections.abc import Callable
from typing import Protocol

from edge.core.errors import ExitCode
from edge.core.lessons import asks_first
from edge.core.questions import CONFIRM
from edge.core.turn import Turn
from edge.hints import options
from edge.nlu.choice import waits

PROMPT = "> "


class Line(Protocol):
    """The hub, as far as it is typed to."""

    def say(self, text: str) -> Turn:
        """A typed request, down the line."""
        ...

    def confirm(self) -> Turn:
        """Yes to the question before."""
        ...


def say(args: argparse.Namespace, hub: Line, show: Callable[[Turn], ExitCode]) -> ExitCode:
    """Say the request. Where people sit before it, they answer the hub's questions; a script is told and not kept.

    show: prints a turn, and gives the exit status that belongs to it.
    """
    turn = hub.say(" ".join(args.text))
    if args.yes and _asks(turn):
        turn = hub.confirm()
    ended = show(turn)
    while waits(turn.plan) and not args.json and sys.stdin.isatty() and sys.stdout.isatty():
        said = _answer()
        if said is None:
            break
        turn = hub.say(said)
        if args.yes and _asks(turn):
            turn = hub.confirm()
        ended = show(turn)
    if _asks(turn) and not args.json:
        request = shlex.quote(" ".join(args.text))
        sys.stderr.write(f"edge: to say yes: edge say{options(args)} --yes {request}\n")
    return ended


def _answer() -> str | None:
    """What is typed; None for nothing, or the end of the input."""
    try:
        return input(PROMPT).strip() or None
    except EOFError:
        print()  # the shell's prompt begins a line
        return None


def _asks(turn: Turn) -> bool:
    return turn.plan is not None and (turn.plan.question == CONFIRM or asks_first(turn.plan.lesson))
