"""The hub on aarch64, under an emulator, compared with this machine: words, plans, scores and packed files.

`edge say`, and `edge replay` of some of the project's own recordings through wake word, recognition and understanding,
run on both with the same versions of everything and the same settings; then what lies below them (see `probe`). An
emulator computes as the wheels' instructions say, so this proves results and nothing about speed or memory.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError, InputError
from tools.bench.arm64 import machine
from tools.bench.arm64.compare import TOLERANCES, Comparison, counted, json_lines, told
from tools.bench.arm64.machine import PROJECT, Machine

RECORDINGS: tuple[str, ...] = (
    "turn_on_the_kitchen_light",
    "set_bedroom_light_brightness_to_fifty_percent",
    "close_the_garage_door",
    "what_is_the_temperature_in_the_living_room",
    "turn_off_all_the_lights_in_the_kitchen",
    "one_breath_turn_on_the_office_light",
    "oov_purple_elephants_juggle_seventeen_violins",
    "no_wake_turn_off_the_hallway_light",
)
"""A command, a number, another voice, a question, several devices, one breath, nonsense, and no wake word."""
SAID = ("turn on the kitchen light", "set the bedroom to fifty percent", "what is open")
PROBED = RECORDINGS[:3]
SETTINGS = ("--simulated", "--json", "--board", "generic-aarch64", "--set", "act.confirm_ms=20000")
"""The same line on both, and time enough for the simulated devices on an emulated machine."""
ENGINES = {"pocketsphinx": RECORDINGS, "together": RECORDINGS[:3]}
"""Recordings by the recogniser that listens; together is Whisper beside Pocketsphinx."""
RESULT = PROJECT / "docs" / "arm64.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Status 0 when both do the same, 1 when they do not; else an error's."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.arm64",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m tools.bench.arm64 --json",
    )
    parser.add_argument("--work", type=Path, default=PROJECT / "build/arm64", help="where it is made (build/arm64)")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/arm64.json when both are alike")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args(argv)
    try:
        result = measure(options.work)
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    if options.write and not result["differences"]:
        write(RESULT, result)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        show(result)
    return int(bool(result["differences"]))


def measure(work: Path) -> dict[str, Any]:
    """Run everything on both. Raises EdgeError (`arm64.*`)."""
    if platform.machine() != "x86_64":
        raise InputError(
            "arm64.machine", f"this compares x86-64 with aarch64; this machine is {platform.machine()}: run make test"
        )
    here, there = machine.here(), machine.emulated(work)
    with tempfile.TemporaryDirectory() as folder:
        one = results(here, Path(folder) / "here", "here")
        other = results(there, Path(folder) / "there", "aarch64, emulated")
    machines = {each.pop("machine"): each.pop("versions") for each in (one, other)}
    comparison = Comparison()
    comparison.compare(one, other)
    comparison.compare(libraries(machines["x86_64"]), libraries(machines["aarch64"]), "versions")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "emulator": f"{there.emulator}, {machine.CPU}",
        "versions": dict(machines),
        "settings": " ".join(SETTINGS),
        "recordings": {engine: list(names) for engine, names in ENGINES.items()},
        "compared": {**counted(one), "values": comparison.values},
        "tolerances": dict(TOLERANCES),
        "largest_differences": {kind: comparison.largest[kind] for kind in sorted(comparison.largest)},
        "differences": comparison.differences,
    }


def libraries(versions: dict[str, str]) -> dict[str, str]:
    """Without CPython's, whose patch release is Debian's on the one and anybody's on the other."""
    return {name: version for name, version in versions.items() if name != "CPython"}


def results(on: Machine, folder: Path, name: str) -> dict[str, Any]:
    """What one machine makes of everything. folder: for the files of its user."""
    total = len(SAID) + len(ENGINES) + 1
    found: dict[str, Any] = {"say": {}, "replay": {}}
    for number, text in enumerate(SAID):
        _progress(name, f"edge say, {number + 1} of {len(SAID)}", number, total)
        printed = on.run(["-m", "edge", "say", *SETTINGS, text], folder / f"say-{number}")
        found["say"][text] = [told(turn) for turn in json_lines(printed)]
    for number, (engine, names) in enumerate(ENGINES.items()):
        _progress(name, f"edge replay of {len(names)} recordings with {engine}", len(SAID) + number, total)
        command = ["-m", "edge", "replay", *SETTINGS, "--set", f"asr.engine={engine}", *map(_path, names)]
        for each in json_lines(on.run(command, folder / engine)):
            found["replay"][f"{engine}: {Path(each['file']).stem}"] = [told(turn) for turn in each["turns"]]
    _progress(name, "scores and rewrites", total - 1, total)
    (below,) = json_lines(on.run(["-m", "tools.bench.arm64.probe", *map(_path, PROBED)], folder / "probe"))
    return {**found, **below}


def _path(recording: str) -> str:
    return f"tests/golden/audio/{recording}.flac"


def write(path: Path, result: dict[str, Any]) -> None:
    """Whole or not at all."""
    aside = path.with_name(f".new-{path.name}")
    with aside.open("w", encoding="utf-8") as file:
        json.dump(result, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def show(result: dict[str, Any]) -> None:
    """For people."""
    for kind, apart in result["largest_differences"].items():
        print(f"  {kind:<12} differ by {apart:.2g} at most; {TOLERANCES.get(kind, 0)} is allowed")
    for what, count in result["compared"].items():
        print(f"  {count} {what}")
    for each in result["differences"]:
        print(f"  differs: {each}")
    print(f"{'the same' if not result['differences'] else 'NOT the same'} on x86-64 and aarch64")


def _progress(name: str, what: str, done: int, total: int) -> None:
    sys.stderr.write(f"[{done + 1}/{total}] {name}: {what}\n")


if __name__ == "__main__":
    sys.exit(main())
