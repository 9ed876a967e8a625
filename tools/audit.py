"""Say what is known against the libraries that are installed here, and whether they are the ones that are pinned.

    python -m tools.audit               # status 1: something is known against one, or one is not pinned as it is

Two looks, since the first needs somebody else's server. pip-audit asks the Python Packaging Advisory Database about
every library; where that cannot be reached, or knows none of them, this says so and goes on. Then everything that is
installed must stand in `constraints.txt` with its very version: what nobody chose is as bad as what is known to be bad.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

PINS = Path(__file__).parents[1] / "constraints.txt"
PATIENCE_S = 15
"""For the whole of the first look: whoever runs `make check` without a network is not to wait for it."""
_ANSWER_S = 3
"""For one answer of the database."""
_PARTS_OF_PYTHON = frozenset(("pip", "setuptools", "wheel"))
"""Come with an environment, in whatever version that has."""
_OURS = "edge-hub"


def main(argv: Sequence[str] | None = None) -> int:
    """Status 0 when nothing is known against what is installed and all of it is pinned, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description=__doc__.partition("\n")[0])
    parser.add_argument("--pins", type=Path, default=PINS, metavar="FILE", help="instead of constraints.txt")
    args = parser.parse_args(argv)
    installed: dict[str, str] = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    found = list(strangers(installed, pins(args.pins.read_text(encoding="utf-8").splitlines())))
    known, told = advisories(_ask())
    print(f"audit: {told}")
    for line in (*known, *found):
        print(f"audit: {line}", file=sys.stderr)
    if not found:
        print(f"audit: {len(installed)} libraries are installed, each as it is pinned")
    return int(bool(known or found))


def pins(lines: Iterable[str]) -> Mapping[str, str]:
    """Library -> its one version, of the lines that hold for this Python and machine. Raises ValueError."""
    found: dict[str, str] = {}
    for line in lines:
        if not (text := line.partition("#")[0].strip()):
            continue
        try:
            pin = Requirement(text)
        except InvalidRequirement as error:
            raise ValueError(f"{text}: expected name==version") from error
        if pin.marker is None or pin.marker.evaluate():
            (exactly,) = pin.specifier
            found[canonicalize_name(pin.name)] = exactly.version
    return found


def strangers(installed: Mapping[str, str], pinned: Mapping[str, str]) -> Iterator[str]:
    """What is installed and is not pinned so, one line each. Both: library -> version."""
    for name, version in sorted(installed.items()):
        if name in _PARTS_OF_PYTHON or name == _OURS:
            continue
        if name not in pinned:
            yield f"{name} {version} is installed and not in constraints.txt: add it, or remove it from the environment"
        elif pinned[name] != version:
            yield f"{name} {version} is installed, constraints.txt has {pinned[name]}: install that, or change the pin"


def advisories(answer: str | None) -> tuple[list[str], str]:
    """What is known against libraries, one line each, and how far that was to be had.

    answer: what pip-audit prints as JSON; None where it came to none in time.
    """
    try:
        asked = json.loads(answer or "")["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], "the advisory database was not reached; only the pins were checked"
    known = [
        f"{one['name']} {one['version']}: {bad['id']}, mended in {', '.join(bad['fix_versions']) or 'no version yet'}"
        for one in asked
        for bad in one.get("vulns", ())
    ]
    there = sum("vulns" in one for one in asked)
    if not there:
        return (
            [],
            "what answers in the advisory database's place knows none of the libraries; only the pins were checked",
        )
    return known, f"{there} of {len(asked)} libraries looked up in the advisory database, {len(known)} warnings"


def _ask() -> str | None:
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--skip-editable", "--format", "json"]
    try:
        # Status 1 means warnings as well as an error of its own; what it printed tells which.
        done = subprocess.run(
            [*command, "--timeout", str(_ANSWER_S)], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
