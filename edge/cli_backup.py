"""The commands `edge backup` and `edge restore`: what the household has taught, in one file."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__
from edge.core.errors import ExitCode, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.profile import Profile

_NOT_IN_IT = (
    "not in it: passwords and codes, models (edge models pull), what other homes have learnt (edge pack pull), and "
    "what waits to leave the house with the consent to it (edge outbox enable)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file."""
    parser.add_argument("file", type=Path, metavar="FILE", help="for its owner alone; what was there is replaced")


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """The file."""
    parser.add_argument("file", type=Path, metavar="FILE", help="as edge backup has written it")


ABOUT = ("write what the household has taught to one file", "edge backup hub.edge-backup", add_arguments)
ABOUT_RESTORE = ("put back what a backup holds", "edge restore hub.edge-backup", add_restore_arguments)


def run(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    """Raises InputError (`backup.*`) and OSError."""
    from edge.backup import kinds, save
    from edge.show import Progress

    _check_target(args.file)
    progress = Progress("files")
    try:
        entries = save(profile, args.file, version=__version__, progress=progress)
    finally:
        progress.clear()
    if args.json:
        print(json.dumps({"file": str(args.file), "files": [entry.name for entry in entries]}))
        return ExitCode.OK
    for told, number in kinds(entry.name for entry in entries).items():
        print(f"  {told}" + (f" ({number})" if number > 1 else ""))
    print(f"{args.file}: {args.file.stat().st_size / 1024:,.0f} KiB, for its owner alone; keep it as you keep a diary")
    print(_NOT_IN_IT)
    return ExitCode.OK


def _check_target(file: Path) -> None:
    """Raises InputError (`backup.target`): what is no plain file, such as a device, must not be replaced by one."""
    if not (folder := file.absolute().parent).is_dir():
        raise InputError("backup.target", f"there is no folder {folder}: make it first")
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise InputError("backup.target", f"{file} is no plain file: name another")


def run_restore(args: argparse.Namespace, profile_of: "Callable[[Path | None], Profile]") -> ExitCode:
    """profile_of: the profile, with a further configuration file. Raises InputError (`backup.*`) and OSError."""
    from edge.backup import restore
    from edge.hub_files import ASIDE
    from edge.show import Progress

    if not args.file.is_file():
        raise InputError("backup.unreadable", f"{args.file} is not there, or is no file")
    progress = Progress("files")
    try:
        done = restore(args.file, profile_of, progress=progress)
    finally:
        progress.clear()
    if args.json:
        print(json.dumps({"restored": {name: str(place) for name, place in done}}))
        return ExitCode.OK
    for _, place in done:
        print(f"  {place}")
    print(f"what was there is beside it, with {ASIDE} at its end; next: set the password and codes, and edge doctor")
    return ExitCode.OK
