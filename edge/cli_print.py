"""What every command prints of a turn, and of what went wrong."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from edge import logs
from edge.core.errors import EdgeError, ExitCode

if TYPE_CHECKING:
    from edge.core.turn import Turn


def print_error(error: EdgeError, args: argparse.Namespace) -> None:
    """Say what went wrong and what to do about it; as JSON, too, where that was asked for."""
    if logs.in_journal(sys.stderr):
        logs.log.error("%s: %s", error.code, error)
        return
    if args.json:
        print(json.dumps({"error": error.code, "message": str(error)}, ensure_ascii=False))
    sys.stderr.write(f"error: {error}\n")


def print_turn(turn: "Turn", args: argparse.Namespace, prefix: str = "") -> ExitCode:
    """Say how it went; the exit status that it comes to."""
    from edge.show import turn_json, turn_lines

    if args.json:
        print(json.dumps(turn_json(turn), ensure_ascii=False), flush=True)
    else:
        for line in turn_lines(turn, verbose=args.verbose):
            print(f"{prefix}{line}", flush=True)
    return exit_code(turn)


def exit_code(turn: "Turn") -> ExitCode:
    """Whether what was asked was done."""
    from edge.show import done

    return ExitCode.OK if done(turn) else ExitCode.NOT_DONE
