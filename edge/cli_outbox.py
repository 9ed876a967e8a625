"""The command `edge outbox`: what waits to leave the house, and people in charge of whether anything does."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode, InputError

if TYPE_CHECKING:
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

    outbox = outbox_of(profile)
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
    sys.stderr.write(f"edge: {'; '.join(_budget(outbox.status()))}\n" if waiting else "edge: nothing waits\n")
    return ExitCode.OK


def _status(args: argparse.Namespace, profile: "Profile", outbox: "Outbox") -> ExitCode:
    status = outbox.status()
    if args.json:
        on = status.enabled and profile.upstream.carrier is not None and profile.memory.keep == "all"
        print(json.dumps({"on": on, "target": _target(profile), **asdict(status)}))
        return ExitCode.OK
    for line in _lines(profile, status):
        print(line)
    return ExitCode.OK


def _lines(profile: "Profile", status: "Status") -> Iterator[str]:
    from edge.upstream.report import PAGE

    target = _target(profile)
    yield f"target   {target or 'none: set upstream.carrier, and upstream.folder or upstream.url'}"
    if profile.memory.keep != "all":
        yield f"off      as memory.keep is {profile.memory.keep}"
    elif not status.agreed:
        yield "off      nobody has agreed: edge outbox enable"
    elif status.agreed < PAGE:
        yield "off      docs/privacy.md has changed since somebody agreed to it: edge outbox enable"
    elif status.paused:
        yield "off      paused; go on with: edge outbox enable"
    else:
        yield "on       " + ("" if target else "but there is no target, ") + f"since {status.since}"
    if status.agreed:
        yield f"waiting  {_counted(status.waiting)}: edge outbox show"
        yield f"sent     {_counted(status.sent)}"
        yield f"dropped  {_counted(status.dropped)}, for want of room or as they were refused"
        for line in _budget(status):
            yield f"week     {line}"


def _budget(status: "Status") -> Iterator[str]:
    yield f"{status.week or 'none'}: {_counted(status.reports)}, epsilon {status.epsilon:g} of {status.limit:g} spent"


def _enable(args: argparse.Namespace, profile: "Profile", outbox: "Outbox") -> ExitCode:
    from edge.resources import data_dir
    from edge.upstream.report import PAGE

    if (target := _target(profile)) is None:
        raise InputError(
            "outbox.no_target",
            "no target is configured: set upstream.carrier to folder, https or mqtt in edge.toml, with upstream.folder "
            "or upstream.url",
        )
    if profile.memory.keep != "all":
        raise InputError(
            "outbox.no_words", f"memory.keep is {profile.memory.keep}, with which nothing is told: set it to all"
        )
    if not args.yes:
        page = data_dir("docs") / "privacy.md"
        sys.stderr.write(_TERMS.format(target=target, page=page, version=PAGE, limit=outbox.status().limit))
        if not _agrees():
            raise InputError(
                "outbox.not_agreed", "nobody has agreed, so that nothing is changed; edge outbox enable --yes agrees"
            )
    outbox.enable()
    return _done(args, outbox, "enabled, from the next request on")


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write("Do you agree? Type yes: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _pause(args: argparse.Namespace, _: "Profile", outbox: "Outbox") -> ExitCode:
    outbox.pause()
    return _done(args, outbox, "paused: nothing is made or sent")


def _purge(args: argparse.Namespace, _: "Profile", outbox: "Outbox") -> ExitCode:
    gone = outbox.purge()
    return _done(args, outbox, f"removed {_counted(gone)}")


def _done(args: argparse.Namespace, outbox: "Outbox", told: str) -> ExitCode:
    print(json.dumps(asdict(outbox.status())) if args.json else told)
    return ExitCode.OK


_RUN: "dict[str, Callable[[argparse.Namespace, Profile, Outbox], ExitCode]]" = {
    "show": _show,
    "status": _status,
    "enable": _enable,
    "pause": _pause,
    "purge": _purge,
}


def _target(profile: "Profile") -> str | None:
    """Where batches go."""
    upstream = profile.upstream
    if upstream.carrier == "mqtt":
        from edge.upstream.carriers import TOPIC

        return f"{profile.mqtt.base_topic}/{TOPIC} at the broker {profile.mqtt.host}" if profile.mqtt.host else None
    return {"folder": str(upstream.folder), "https": upstream.url}.get(upstream.carrier or "")


def _counted(number: int) -> str:
    return f"{number} report{'' if number == 1 else 's'}"
