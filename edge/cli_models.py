"""The command `edge models`: which models are here, getting those that are not, and checking them."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode
from edge.show import Progress, table

if TYPE_CHECKING:
    from edge.models import ModelStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions (without one: list)")
    for name, told, number in (
        ("list", "show models, and which of them are here", "*"),
        ("pull", "fetch models", "+"),
        ("verify", "read models from end to end and compare their hashes", "*"),
    ):
        action = actions.add_parser(name, help=told, epilog=f"example: edge models {name} hey_jarvis")
        action.add_argument("ids", nargs=number, metavar="ID", help="a model's id, as `edge models` lists it")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser.set_defaults(action="list", ids=[])


def run(action: str, store: "ModelStore", ids: Sequence[str], *, as_json: bool) -> ExitCode:
    """action: list, pull or verify. ids: the models; none means all of them, for list and verify."""
    if action == "pull":
        return _pull(store, ids, as_json=as_json)
    if action == "verify":
        return _verify(store, ids, as_json=as_json)
    return _list(store, ids or sorted(store.manifests), as_json=as_json)


def _list(store: "ModelStore", ids: Sequence[str], *, as_json: bool) -> ExitCode:
    presences = {model_id: store.status(model_id).presence for model_id in ids}
    if as_json:
        rows = [
            {"id": m.id, "task": m.task, "licence": m.licence, "bytes": m.bytes, "presence": presences[m.id]}
            for m in (store.manifests[model_id] for model_id in ids)
        ]
        print(json.dumps(rows))
        return ExitCode.OK
    manifests = [store.manifests[model_id] for model_id in ids]
    shown = [(m.id, m.task, f"{m.bytes / 1e6:.1f} MB", presences[m.id], m.licence) for m in manifests]
    print(table(("id", "task", "size", "here", "licence"), shown))
    return ExitCode.OK


def _pull(store: "ModelStore", ids: Sequence[str], *, as_json: bool) -> ExitCode:
    for model_id in ids:
        bar = Progress(f"pulling {model_id}")
        try:
            folder = store.pull(model_id, bar)
        finally:
            bar.close()
        print(json.dumps({"id": model_id, "folder": str(folder)}) if as_json else f"{model_id}: {folder}")
    return ExitCode.OK


def _verify(store: "ModelStore", ids: Sequence[str], *, as_json: bool) -> ExitCode:
    from edge.models import Presence

    here = ids or [i for i in sorted(store.manifests) if store.status(i).presence is not Presence.MISSING]
    problems = {model_id: store.verify(model_id) for model_id in here}
    if as_json:
        print(json.dumps(problems))
    else:
        for model_id, found in problems.items():
            print(f"{model_id}: {'; '.join(found) or 'whole'}")
    return ExitCode.MISSING if any(problems.values()) else ExitCode.OK
