"""The command `edge outbox`: what waits to leave the house, and people in charge of whether anything does."""

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from edge.profile import Profile
    from edge.upstream.outbox import Outbox, Status

ABOUT = ("show what waits to leave the house, and decide whether anything does", "edge outbox show")
_ACTIONS = (
    ("show", "print every report that waits, byte for byte as it would go", "edge outbox show"),
    ("status", "tell whether it is on, since when, what waits, went and was dropped", "edge outbox status"),
    ("enable", "agree to docs/privacy.md, and begin", "edge outbox enable"),
    ("pause", "keep what waits, and make and send nothing until enabled again", "edge outbox pause"),
    ("purge", "remove what waits", "edge outbox purge"),
)
_TERMS = """\
For some of your requests a short report leaves this house, to: {target}
It says what was heard, what it was taken for and what was meant, in words of a published list and marks such as
<person> or <area>; the part of the day; whether it worked, which is not always the truth (epsilon {limit:g} a week).
No sound, no names, no times, no identifiers. What has left cannot be called back.
All of it, and what it does not protect from: {page} (version {version}). What waits: edge outbox show.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, told, example in _ACTIONS:
        action = actions.add_parser(name, help=told, description=told, epilog=f"example: {example}")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        if name == "enable":
            action.add_argument("--yes", action="store_true", help="agree without being asked, having read the page")


def run(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    """Raises InputError (`outbox.no_target`, `.no_words`, `.not_agreed`), MissingError, NotWrittenError."""
    from edge.upstreaming import outbox_of

    outbox = outbox_of(profile, tells=args.action in ("show", "enable"))
    try:
        return _RUN[args.action](args, profile, outbox)
    finally:
        outbox.close()


def _show(args: argparse.Namespace, _: "Profile", outbox: "Outbox") -> ExitCode:
    from edge.upstream.batch import decompressed

    waiting = [(one, decompressed(one.data)) for one in outbox.preview()]
    if args.json:
        told = [
            {"id": one.id, "reports": one.count, "bytes": len(text), "compressed": len(one.data)}
            | {"lines": text.decode().splitlines()}
            for one, text in waiting
        ]
        status = outbox.status()
        print(json.dumps({"batches": told, "epsilon": status.epsilon, "limit": status.limit}))
        return ExitCode.OK
    for one, text in waiting:
        # On the other stream, so that nothing stands between the bytes that go.
        sys.stderr.write(f"edge: {_counted(one.count)}, {len(text)} bytes, {len(one.data)} as they are sent\n")
        sys.stdout.write(text.decode())
    budget = "; ".join(_budget(outbox.status()))
    sys.stderr.write(f"edge: {budget}\n" if waiting else f"edge: nothing waits; {budget}\n")
    return ExitCode.OK


def _status(args: argparse.Namespace, profile: "Profile", outbox: "Outbox") -> ExitCode:
    status = outbox.status()
    if args.json:
        on = status.enabled and bool(status.target) and profile.memory.keep == "all"
        print(json.dumps({"on": on, **asdict(status), "target": status.target or None}))
        return ExitCode.OK
    for line in _lines(profile, status):
        print(line)
    return ExitCode.OK


def _lines(profile: "Profile", status: "Status") -> Iterator[str]:
    from edge.upstream.report import PAGE

    yield f"target   {status.target or 'none: set upstream.carrier, and upstream.folder or upstream.url'}"
    if (folder := _missing(profile)) is not None:
        yield f"         {folder} is not there now: make it, or plug in its disk; reports wait until then"
    if profile.memory.keep != "all":
        yield f"off      as memory.keep is {profile.memory.keep}"
    elif not status.agreed:
        yield "off      nobody has agreed: edge outbox enable"
    elif status.agreed < PAGE:
        yield "off      docs/privacy.md has changed since somebody agreed to it: edge outbox enable"
    elif status.target and status.target != status.agreed_target:
        yield f"off      what was agreed to is {status.agreed_target}; to agree to this target: edge outbox enable"
    elif status.paused:
        yield "off      paused; go on with: edge outbox enable"
    elif importlib.util.find_spec("zstandard") is None:
        yield "off      zstandard is not installed: make install EXTRAS=upstream"
    else:
        yield "on       " + ("" if status.target else "but there is no target, ") + f"since {status.since}"
    if status.agreed:
        yield f"waiting  {_counted(status.waiting)}: edge outbox show"
        if status.trouble:
            yield f"         {status.trouble}"
        yield f"sent     {_counted(status.sent)}"
        yield f"dropped  {_counted(status.dropped)}, for want of room or as they were refused"
        for line in _budget(status):
            yield f"week     {line}"


def _budget(status: "Status") -> Iterator[str]:
    spent = f"epsilon {status.epsilon:g} of {status.limit:g} spent"
    yield f"{status.week}: {_counted(status.reports)}, {spent}" if status.week else f"no report yet, {spent}"


def _enable(args: argparse.Namespace, profile: "Profile", outbox: "Outbox") -> ExitCode:
    from edge.resources import data_dir
    from edge.upstream.report import PAGE

    status = outbox.status()
    if not status.target:
        raise InputError(
            "outbox.no_target",
            "no target is configured: set upstream.carrier to folder, https or mqtt in edge.toml, with upstream.folder "
            "or upstream.url",
        )
    if profile.memory.keep != "all":
        raise InputError(
            "outbox.no_words", f"memory.keep is {profile.memory.keep}, with which nothing is told: set it to all"
        )
    if (folder := _missing(profile)) is not None:
        raise InputError("outbox.no_folder", f"{folder} is not there: make it, or plug in its disk, and agree again")
    if not args.yes:
        page = data_dir("docs") / "privacy.md"
        sys.stderr.write(_TERMS.format(target=status.target, page=page, version=PAGE, limit=status.limit))
        if not sys.stdin.isatty():
            raise InputError(
                "outbox.not_agreed",
                "there is no terminal to ask on, so that nothing is changed; edge outbox enable --yes agrees",
            )
        if not _agrees():
            still = "; it is on as before: edge outbox pause stops it" if status.enabled else ""
            raise InputError("outbox.not_agreed", f"you have not agreed, so that nothing is changed{still}")
    outbox.enable()
    waiting = f", with {_counted(status.waiting)} that wait{'s' * (status.waiting == 1)}" if status.waiting else ""
    return _done(args, outbox, f"enabled, from the next request on; reports go to {status.target}{waiting}")


def _missing(profile: "Profile") -> "Path | None":
    """The folder that reports are to be put into, where it is not there."""
    folder = profile.upstream.folder if profile.upstream.carrier == "folder" else None
    return None if folder is None or folder.is_dir() else folder


def _agrees() -> bool:
    sys.stderr.write("Do you agree? Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _pause(args: argparse.Namespace, _: "Profile", outbox: "Outbox") -> ExitCode:
    if not outbox.status().agreed:
        return _done(args, outbox, "nobody has agreed, so that nothing is made or sent anyway")
    outbox.pause()
    return _done(args, outbox, "paused: nothing is made or sent")


def _purge(args: argparse.Namespace, _: "Profile", outbox: "Outbox") -> ExitCode:
    gone = outbox.purge()
    return _done(args, outbox, f"removed {_counted(gone)}", removed=gone)


def _done(args: argparse.Namespace, outbox: "Outbox", told: str, **more: int) -> ExitCode:
    print(json.dumps(asdict(outbox.status()) | more) if args.json else told)
    return ExitCode.OK


_RUN: "dict[str, Callable[[argparse.Namespace, Profile, Outbox], ExitCode]]" = {
    "show": _show,
    "status": _status,
    "enable": _enable,
    "pause": _pause,
    "purge": _purge,
}


def _counted(number: int) -> str:
    return f"{number} report{'' if number == 1 else 's'}"
