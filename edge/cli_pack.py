"""The command `edge pack`: what all homes have learnt together, and people in charge of whether it is served here."""

import argparse
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.core.errors import ExitCode, UnreachableError

if TYPE_CHECKING:
    from edge.profile import Profile
    from edge.upstream.pack import Packs, Read, Status
    from edge.upstream.signed import Manifest

ABOUT = ("show, fetch and take back what all homes have learnt together", "edge pack status")
_ACTIONS = (
    ("status", "tell which pack is served, and how it does", "edge pack status"),
    ("pull", "fetch the pack, check it, try it on the last turns, and serve it", "edge pack pull"),
    ("rollback", "go back to the pack before, and never take this one again", "edge pack rollback"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, told, example in _ACTIONS:
        action = actions.add_parser(name, help=told, description=told, epilog=f"example: {example}")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def run(args: argparse.Namespace, profile: "Profile", ready_s: float) -> ExitCode:
    """ready_s: seconds that the broker has for what it retains.

    Raises PackError for a pack that is refused, UnreachableError where it cannot be fetched.
    """
    with _opened(profile) as packs:
        return _RUN[args.action](args, profile, packs, ready_s)


@contextmanager
def _opened(profile: "Profile") -> "Iterator[Packs]":
    """The packs, with the turns of the household's own home; where there are none, of that which was asked last."""
    from edge import past
    from edge.nlu.grammar import Grammar
    from edge.packs import OneHome, packs_of_home

    keeps = profile.memory.keep == "all"
    name = past.home_name(profile, simulated=False, file=None)
    store = past.store_of(profile, name) if keeps and _has_history(profile) else None
    if store is not None and not store.turns(1) and (last := store.home_asked()) is not None:
        store.close()
        store = past.store_of(profile, last)
    try:
        grammar = lambda: Grammar(profile.language, [profile.paths.custom_sentences])  # noqa: E731 - made when needed
        yield packs_of_home(profile, OneHome(profile, store, None, grammar))
    finally:
        if store is not None:
            store.close()


def _has_history(profile: "Profile") -> bool:
    """Whether there is a file, as looking for one would make it."""
    from edge import kept_files

    return kept_files.history(profile).exists()


def _status(args: argparse.Namespace, profile: "Profile", packs: "Packs", ready_s: float) -> ExitCode:  # noqa: ARG001
    status = packs.status()
    if args.json:
        print(json.dumps(_json(status, profile)))
        return ExitCode.OK
    for line in _lines(status, profile):
        print(line)
    return ExitCode.OK


def _lines(status: "Status", profile: "Profile") -> Iterator[str]:
    state, upstream = status.state, profile.upstream
    yield f"source      {upstream.pack_source or 'none: set upstream.pack_source and upstream.pack_key'}"
    if state.present is None:
        yield "served      none"
    else:
        yield f"served      {_named(state.present)}, since {_day(state.since_ms)}"
        found = state.tried
        yield (
            f"tried       on {found.turns} turns of yours: would have mended {found.wins} and spoilt {found.losses}"
            f" of {found.well} that went well"
        )
        doubt = f"; {status.doubt:.0%} likely wrong more than right" if state.wins + state.losses else " as yet"
        yield f"since then  {state.wins} right, {state.losses} wrong{doubt}"
    if state.previous is not None:
        yield f"before      {_named(state.previous)}"
    if state.refused:
        yield f"taken back  pack {state.refused}; none up to it is taken again"
    if state.last_code:
        which = f" pack {state.last_sequence}" if state.last_sequence else ""
        yield f"refused    {which or ' the last one'}: {_WHY.get(state.last_code, state.last_code)}"


def _pull(args: argparse.Namespace, profile: "Profile", packs: "Packs", ready_s: float) -> ExitCode:
    from edge.packs import MQTT, opened

    source = _retained(profile, ready_s) if profile.upstream.pack_source == MQTT else opened(profile)
    with source as read:
        taken = packs.take(read)
    status = packs.status()
    if args.json:
        print(json.dumps({"taken": taken is not None, **_json(status, profile)}))
    elif taken is None:
        print("the pack that is served is the newest")
    else:
        print(f"{_named(taken)} is served from the next request on")
    return ExitCode.OK


@contextmanager
def _retained(profile: "Profile", ready_s: float) -> "Iterator[Read]":
    """What the broker keeps for us."""
    from edge.house import linked
    from edge.packs import TOPIC, reading

    came: list[bytes] = []
    there = threading.Event()

    def heard(payload: bytes) -> None:
        came.append(payload)
        there.set()

    topic = f"{profile.mqtt.base_topic}/{TOPIC}"
    with linked(profile, ready_s=ready_s) as link:
        link.listen(topic, heard)
        if not there.wait(ready_s):
            raise UnreachableError("pack.unreachable", f"the broker retains no pack on {topic}")
    yield reading(came[-1])


def _rollback(args: argparse.Namespace, profile: "Profile", packs: "Packs", ready_s: float) -> ExitCode:  # noqa: ARG001
    after = packs.take_back()
    if args.json:
        print(json.dumps(_json(packs.status(), profile)))
    elif after.present is None:
        print("taken back; no pack is served now")
    else:
        print(f"taken back; {_named(after.present)} is served again")
    return ExitCode.OK


_WHY = {
    "pack.signature": "not signed by the key that upstream.pack_key names",
    "pack.corrupt": "damaged, or no pack at all",
    "pack.manifest": "damaged, or made by something else",
    "pack.too_large": "larger than any pack may be",
    "pack.format": "of another version of edge",
    "pack.encoder": "of another version of edge",
    "pack.language": "for another language",
    "pack.older": "not newer than the one that is served",
    "pack.refused": "it, or one after it, was taken back before",
    "pack.rule": "it holds a rewrite that no pack may",
    "pack.risky": "it holds a rewrite that opens, unlocks or heats",
    "pack.worse": "it would have spoilt requests of yours",
    "pack.rolled_back": "what it did here was wrong more often than right",
}
"""Why a pack was not taken, or taken back, in a few words."""

_RUN: "dict[str, Callable[[argparse.Namespace, Profile, Packs, float], ExitCode]]" = {
    "status": _status,
    "pull": _pull,
    "rollback": _rollback,
}


def _json(status: "Status", profile: "Profile") -> dict[str, Any]:
    return {"source": profile.upstream.pack_source, "doubt": round(status.doubt, 4), **asdict(status.state)}


def _named(pack: "Manifest") -> str:
    return f"pack {pack.sequence} of week {pack.week} ({pack.rules} rewrites)"


def _day(at_ms: int) -> str:
    return str(dt.datetime.fromtimestamp(at_ms / 1000, tz=dt.UTC).date()) if at_ms else "a restart"
