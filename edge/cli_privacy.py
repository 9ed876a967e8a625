"""The command `edge privacy`: have the hub forget."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli_service import agree
from edge.core.errors import ExitCode

if TYPE_CHECKING:
    from edge.profile import Profile

_WORDS = (
    "What was said goes: the words of all requests, what was learnt from them, names of timers, what waits to leave\n"
    "the house. What was taught, habits, voices and timers stay."
)
_ALL = "All that the hub has learnt of this household goes, what it was taught and the enrolled voices, too."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The action."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    told = "remove what the hub knows, after a yes"
    wipe = actions.add_parser("wipe", help=told, description=told, epilog="example: edge privacy wipe --words")
    wipe.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    which = wipe.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="all that it has learnt and was taught, and the voices")
    which.add_argument("--words", action="store_true", help="only what was said")
    wipe.add_argument("--yes", action="store_true", help="remove it without being asked")


ABOUT = ("have the hub forget what it knows, or what was said", "edge privacy wipe --words", add_arguments)


def run(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    """Raises InputError (`privacy.hub_runs`, `.not_agreed`), UnwrittenError and OSError."""
    from edge.wiping import check_stopped, doomed, staying, wipe

    check_stopped(profile)
    if not args.yes:
        sys.stderr.write(f"{_WORDS if args.words else _ALL}\n")
        for path in doomed(profile, words=args.words):
            sys.stderr.write(f"  {path}\n")
        agree("privacy.not_agreed", f"edge privacy wipe {'--words' if args.words else '--all'} --yes")
    done: list[tuple[str, str]] = []

    def tell(path: Path, what: str) -> None:
        done.append((str(path), what))
        if not args.json:
            print(f"  {what}: {path}")

    wipe(profile, words=args.words, tell=tell)
    left = [str(path) for path in staying(profile)]
    if args.json:
        print(json.dumps({"done": [{"file": path, "what": what} for path, what in done], "left": left}))
        return ExitCode.OK
    print("nothing was there" if not done else f"left: {', '.join(left) or 'nothing'}")
    if profile.mqtt.publish_requests or profile.mqtt.hermes:
        print("what was said was also told to the broker, as you have configured: Home Assistant may have kept it")
    print("backups that you have made, and what a memory card keeps inside itself, are out of the hub's reach")
    return ExitCode.OK
