"""The command `edge profile`: every setting; what a hub with them costs on this machine; and what would fit it."""

import argparse
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from edge.core.errors import EdgeError, ExitCode, InputError

if TYPE_CHECKING:
    from edge.fitting import Row, Tried
    from edge.models import ModelStore
    from edge.profile import Profile

ABOUT = (
    "show every setting; check: measure the hub against its board's budget; fit: propose what fits this machine",
    "edge profile check --board raspberry-pi-4",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge profile` takes."""
    parser.add_argument("action", nargs="?", choices=("check", "fit"), help="without it, the settings are shown")
    parser.add_argument("--write", action="store_true", help="with fit: put what is proposed into edge.toml")


def run(args: argparse.Namespace, profile: "Profile", store: "ModelStore") -> ExitCode:
    """Show, check or fit."""
    if args.write and args.action != "fit":
        raise InputError("profile.write", "--write belongs to edge profile fit")
    if args.action is None:
        return _show(args, profile)
    return _check(args, profile, store) if args.action == "check" else _fit(args, profile, store)


def _show(args: argparse.Namespace, profile: "Profile") -> ExitCode:
    from edge.show import table

    entries = profile.entries()
    if args.json:
        print(json.dumps({e.key: {"value": e.value, "origin": e.origin} for e in entries}, ensure_ascii=False))
    else:
        print(table(("setting", "value", "from"), entries))
    return ExitCode.OK


def _check(args: argparse.Namespace, profile: "Profile", store: "ModelStore") -> ExitCode:
    from edge import fitting
    from edge.show import Progress, table

    busy, progress = fitting.busy(), Progress("measuring")
    found = fitting.cost(profile, _options(args), progress=progress)
    progress.clear()
    rows = fitting.rows(profile, store, found)
    if args.json:
        told = {"board": profile.board, "measured_on": _here(), "busy": busy, "rows": _as_json(rows)}
        print(json.dumps(told | {"start_seconds": round(found.start_seconds, 2)}))
    else:
        print(table(("what", "", "budget", "measured", "verdict"), [_row(row) for row in rows]))
        if profile.wake.speakers and any(row.measured is None for row in rows):
            print("\nnobody who is enrolled has spoken the recordings: measure without wake.speakers")
        print(f"\nstarted in {found.start_seconds:.1f} s; {_whose(profile.board, busy=busy)}")
    return ExitCode.OK if all(row.fits for row in rows) else ExitCode.NOT_DONE


def _fit(args: argparse.Namespace, profile: "Profile", store: "ModelStore") -> ExitCode:
    from edge import fitting
    from edge.show import Progress

    busy, progress = fitting.busy(), Progress("measuring")
    tried = list(fitting.fit(profile, store, _options(args), progress=progress))
    progress.clear()
    taken = next((one for one in tried if not one.against), None)
    if args.json:
        print(json.dumps(_fit_json(profile, tried, taken) | {"busy": busy}))
    else:
        for one in tried:
            name = f"engine {one.candidate.engine}, verify {one.candidate.verify}"
            print(f"{name}: {one.against or 'fits'}")
        print(f"\n{_whose(profile.board, busy=busy)}\n")
        print(
            _toml(taken.candidate.settings(profile))
            if taken
            else "Nothing fits: lower the demands in [budget], see above"
        )
    if taken is not None and args.write:
        path = args.config or _user_file()  # the one that wins
        write(path, taken.candidate.settings(profile))
        if not args.json:
            print(f"\nwritten to {path}")
    return ExitCode.OK if taken is not None else ExitCode.NOT_DONE


def _options(args: argparse.Namespace) -> list[str]:
    """What made this profile, for another process."""
    options = [] if args.config is None else ["--config", str(args.config.absolute())]
    options += [] if args.board is None else ["--board", args.board]
    for setting in args.set:
        options += ["--set", setting]
    return options


def _here() -> str:
    from edge.board import detect_board

    return detect_board()


def _whose(board: str, *, busy: bool) -> str:
    here = _here()
    told = f"measured on this board, {here}"
    if here != board:
        told = (
            f"measured on this machine, {here}, and not on {board}: memory and disk are much the same there, "
            "processor time and the time to answer are not"
        )
    return f"{told}\nother programs kept it busy: it answers faster when they do not" if busy else told


def _row(row: "Row") -> Sequence[str]:
    measured = "—" if row.measured is None else f"{row.measured:,.1f}"
    verdict = "within" if row.fits else "not measured" if row.measured is None else "OVER"
    return (row.what, row.unit, f"{row.budget:,.0f}", measured, verdict)


def _as_json(rows: "Sequence[Row]") -> list[dict[str, Any]]:
    return [{"what": r.what, "unit": r.unit, "budget": r.budget, "measured": r.measured, "fits": r.fits} for r in rows]


def _fit_json(profile: "Profile", tried: "Sequence[Tried]", taken: "Tried | None") -> dict[str, Any]:
    return {
        "board": profile.board,
        "measured_on": _here(),
        "proposed": taken.candidate.settings(profile) if taken else None,
        "tried": [
            {
                "engine": one.candidate.engine,
                "verify": one.candidate.verify,
                "against": one.against,
                "rows": _as_json(one.measured),
            }
            for one in tried
        ],
    }


def _toml(settings: Mapping[str, Mapping[str, str]]) -> str:
    return "\n\n".join(
        "\n".join((f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())))
        for section, keys in settings.items()
    )


def _user_file() -> Path:
    from edge.resources import user_config_home

    return user_config_home(os.environ) / "edge" / "edge.toml"


def write(path: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    """Put settings into a file of configuration, and leave everything else in it as it is.

    settings: section -> key -> value. Raises InputError (`profile.unreadable`, `profile.write`).
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise InputError("profile.unreadable", f"{path} cannot be read, so nothing was written: {error}") from error
    for section, keys in settings.items():
        for key, value in keys.items():
            text = _with(text, section, key, json.dumps(value))
    try:
        known = tomllib.loads(text)
    except ValueError:
        known = {}
    if any(
        known.get(section, {}).get(key) != value for section, keys in settings.items() for key, value in keys.items()
    ):
        raise InputError("profile.write", f"{path} is written in a way that cannot be changed here; put the lines in")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".edge-", delete=False) as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise EdgeError("profile.write", f"{path} could not be written: {error.strerror}") from error


def _with(text: str, section: str, key: str, value: str) -> str:
    """The text with a key set in its own line."""
    from edge.layers import lines

    rows, places = text.splitlines(), lines(text)
    if (at := places.get((section, key))) is not None:
        # As it stands there: `asr.engine = …` and an indented line keep their form.
        rows[at - 1] = f"{rows[at - 1].partition('=')[0].rstrip()} = {value}"
    elif f"[{section}]" in (bare := [row.partition("#")[0].strip() for row in rows]):
        rows.insert(bare.index(f"[{section}]") + 1, f"{key} = {value}")
    else:
        rows += [*([""] if rows else []), f"[{section}]", f"{key} = {value}"]
    return "\n".join(rows) + "\n"
