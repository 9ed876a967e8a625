"""The command `edge service`: the hub as a service of the machine, installed once and forgotten."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode, InputError, MissingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.installing import Layout, Steps
    from edge.models import ModelStore
    from edge.profile import Profile

PACKAGED = Path("/usr/lib/edge/wheelhouse")
"""Where the Debian package has its wheels."""
_LINES = 100

_ACTIONS = (
    ("install", "install the service, or mend what is not as it should be", "sudo edge service install --wheelhouse w"),
    ("upgrade", "bring it to another release, and back if that fails", "sudo edge service upgrade --wheelhouse w"),
    ("status", "tell which release is installed, and whether it runs", "edge service status"),
    ("uninstall", "take the service away, and keep what it has learnt", "sudo edge service uninstall --dry-run"),
    ("logs", "show what the service has logged", "edge service logs --follow"),
    ("check", "try this installation without microphone and broker", "edge service check"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, told, example in _ACTIONS:
        action = actions.add_parser(name, help=told, description=told, epilog=f"example: {example}")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        if name in ("install", "upgrade"):
            action.add_argument(
                *("--wheelhouse", "-w"),
                type=Path,
                metavar="DIR",
                default=PACKAGED,
                help="the wheels, as make wheelhouse has put them there; nothing is fetched",
            )
        if name in ("install", "upgrade", "uninstall"):
            action.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        if name in ("install", "upgrade", "uninstall", "status"):
            action.add_argument(
                "--root", type=Path, metavar="DIR", default=Path("/"), help="another system's folder, such as an image"
            )
        if name == "uninstall":
            action.add_argument(
                "--purge", action="store_true", help="remove configuration, data and user too, after a yes"
            )
            action.add_argument("--yes", action="store_true", help="remove them without being asked")
        if name == "logs":
            action.add_argument("-n", "--lines", type=int, default=_LINES, help=f"how many ({_LINES})")
            action.add_argument("-f", "--follow", action="store_true", help="go on with what comes")


ABOUT = (
    "install the hub as a service of this machine",
    "sudo edge service install --wheelhouse wheelhouse --dry-run",
    add_arguments,
)


def run(
    args: argparse.Namespace,
    profile_of: "Callable[[argparse.Namespace], Profile]",
    store_of: "Callable[[], ModelStore]",
) -> ExitCode:
    """Raises InputError (`service.*`, `wheelhouse.*`, `config.invalid`) and MissingError."""
    if args.action == "check":
        return _check(args, profile_of(args), store_of())
    if args.action == "logs":
        return _logs(args)
    from edge.installing import Layout, Steps

    layout = Layout(args.root)
    if args.action == "status":
        return _status(args, layout)

    done: list[str] = []

    def tell(what: str) -> None:
        done.append(what)
        if not args.json:
            print(what, flush=True)

    steps = Steps(tell, dry=args.dry_run)
    if not layout.root.is_dir():
        raise InputError("service.no_root", f"there is no folder {layout.root}")
    if args.action == "uninstall":
        _uninstall(args, layout, steps)
    else:
        _install(args, layout, steps)
    if args.json:
        print(json.dumps({"steps": done, "dry_run": args.dry_run, "release": layout.release(layout.current)}))
    elif not done:
        print("nothing is to be done: all is as it should be")
    elif not args.dry_run:
        _tell_next(args, layout)
    return ExitCode.OK


def _install(args: argparse.Namespace, layout: "Layout", steps: "Steps") -> None:
    from edge import installing, wheelhouse

    installing.check_allowed(layout, steps, args.action)
    if args.action == "upgrade" and layout.release(layout.current) is None:
        raise InputError("service.not_installed", "there is no service yet: sudo edge service install")
    installing.install(layout, wheelhouse.read(args.wheelhouse), steps, board=args.board)


def _tell_next(args: argparse.Namespace, layout: "Layout") -> None:
    from edge.installing import may_start, systemd_runs

    if args.action == "uninstall":
        if layout.data.exists():
            print(f"kept: {layout.config} and {layout.data}; to be rid of them, too: sudo rm -r the two folders")
    elif not layout.is_this_system:
        print("the service begins when that system is started")
    elif not systemd_runs(layout):
        print("systemd does not run here, so that nothing is started: where it does, the service begins by itself")
    elif may_start(layout):
        print("it runs; next: sudo edge doctor")
    else:
        print(f"set your broker in {layout.config / 'edge.toml'}, then: sudo systemctl start edge")


def _uninstall(args: argparse.Namespace, layout: "Layout", steps: "Steps") -> None:
    from edge import installing

    installing.check_allowed(layout, steps, "uninstall")
    if args.purge and not (args.yes or args.dry_run):
        sys.stderr.write(
            f"All that the hub knows goes with {layout.config} and {layout.data}; a copy is made by: edge backup FILE\n"
        )
        agree("service.not_agreed", "edge service uninstall --purge --yes")
    installing.uninstall(layout, steps, purge=args.purge)


def agree(code: str, otherwise: str) -> None:
    """Ask for a yes. otherwise: the command that needs none. Raises InputError with that code."""
    if not sys.stdin.isatty():
        raise InputError(code, f"there is no terminal to ask on, so that nothing is removed; {otherwise} asks nobody")
    sys.stderr.write("Remove it for good? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise InputError(code, "nobody has said yes, so that nothing is removed")


def _status(args: argparse.Namespace, layout: "Layout") -> ExitCode:
    from edge import systemctl
    from edge.installing import systemd_runs

    release, previous = layout.release(layout.current), layout.release(layout.previous)
    state = systemctl.state() if systemd_runs(layout) else None
    enabled = layout.enabled.is_symlink()
    if args.json:
        told = {"release": release, "previous": previous, "enabled": enabled, "state": state}
        print(json.dumps(told))
    elif release is None:
        print("not installed: sudo edge service install --wheelhouse DIR")
    else:
        print(f"release   {release}" + (f", before it {previous}" if previous else ""))
        print(f"at boot   {'it starts' if enabled else 'it does not start: sudo edge service install'}")
        print(f"now       {state or 'systemd does not run here'}")
    return ExitCode.OK if release is not None and state in (None, "active") else ExitCode.NOT_DONE


def _logs(args: argparse.Namespace) -> ExitCode:
    program = shutil.which("journalctl")
    if program is None:
        raise MissingError("service.no_journal", "there is no journalctl here: look where your supervisor keeps logs")
    form = ["--output=json"] if args.json else []
    follow = ["--follow"] if args.follow else []
    os.execv(program, [program, "--unit=edge.service", f"--lines={args.lines}", "--no-pager", *form, *follow])  # noqa: S606


def _check(args: argparse.Namespace, profile: "Profile", store: "ModelStore") -> ExitCode:
    from edge.installing import unit_text
    from edge.trying import problems

    found = list(problems(profile, store))
    if args.json:  # with the unit that it asks for: who installs it may be an older release
        print(json.dumps({"problems": found, "unit": unit_text(profile)}))
    else:
        print("\n".join(found) or "all is well: libraries, models, sentences, configuration")
    return ExitCode.NOT_DONE if found else ExitCode.OK
