"""Gather all wheels of a release into a folder, with their hashes: `python -m tools.packaging.wheelhouse --out DIR`.

The versions are those of constraints.txt. For another machine's architecture wheels are taken as they are published;
what has none for it cannot be carried, and is told. The Python is the one that runs this.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.wheelhouse import SUMS

ROOT = Path(__file__).resolve().parents[2]
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names of architectures -> Python's."""
_GLIBC = 36
"""Minor version of glibc 2 that wheels may need: Debian 12's."""
_OLDEST = 5
_SOURCES = {"vosk": "srt"}
"""What an extra needs and is published as source alone; it is pure Python, so that its wheel is for every machine."""


def main() -> int:
    """Exit status: 0 when it is whole; 1 when a wheel cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="it is emptied first")
    parser.add_argument("--machine", choices=sorted(MACHINES.values()), default=platform.machine())
    parser.add_argument("--extras", default="demo", help="of edge-hub, with commas (demo)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        wheels = make(args.out, machine=args.machine, extras=args.extras)
    except subprocess.CalledProcessError:
        return 1  # pip has said which wheel, and why
    size = sum(wheel.stat().st_size for wheel in wheels)
    if args.json:
        print(json.dumps({"folder": str(args.out), "wheels": len(wheels), "bytes": size}))
    else:
        print(f"{args.out}: {len(wheels)} wheels for {args.machine}, {size / 1e6:.0f} MB")
    return 0


def make(out: Path, *, machine: str, extras: str = "demo") -> tuple[Path, ...]:
    """Its wheels, in order of their names. Raises CalledProcessError where pip cannot have them."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".wheelhouse-") as made:
        folder = Path(made) / "wheels"
        folder.mkdir(mode=0o755)
        _wheel(folder, str(ROOT))
        hub = next(folder.glob("edge_hub-*.whl"))
        wanted = f"edge-hub[{extras}] @ {hub.as_uri()}" if extras else str(hub)
        pip = f"pip=={_pin('pip')}"
        for extra in set(extras.split(",")) & set(_SOURCES):
            name = _SOURCES[extra]
            _wheel(folder, f"{name}=={_pin(name)}")
        _pip(
            *("download", "--only-binary", ":all:", "--dest", str(folder), "--find-links", str(folder)),
            *("--constraint", str(ROOT / "constraints.txt"), "--implementation", "cp"),
            *("--python-version", platform.python_version()),
            *(part for tag in _tags(machine) for part in ("--platform", tag)),
            *(pip, wanted),
        )
        wheels = sorted(folder.glob("*.whl"))
        lines = (f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n" for wheel in wheels)
        (folder / SUMS).write_text("".join(lines), encoding="ascii")
        shutil.copy2(ROOT / "packaging" / "install.sh", folder / "install.sh")
        shutil.rmtree(out, ignore_errors=True)
        folder.rename(out)
    return tuple(out / wheel.name for wheel in wheels)


def source_date() -> str:
    """Seconds since 1970 that stand for now: SOURCE_DATE_EPOCH, else the time of the last commit.

    https://reproducible-builds.org/specs/source-date-epoch.
    """
    if found := os.environ.get("SOURCE_DATE_EPOCH"):
        return found
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], check=False, cwd=ROOT, capture_output=True, text=True)
    return told.stdout.strip() or "315532800"  # 1980, where ZIP files begin


def _wheel(folder: Path, what: str) -> None:
    """Build it, byte for byte as the last time."""
    _pip("wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(folder), what, SOURCE_DATE_EPOCH=source_date())


def _pip(*arguments: str, **environ: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, env=os.environ | environ)


def _tags(machine: str) -> list[str]:
    """Platforms of wheels that run there, the newest first (PEP 600)."""
    old = ["2014", "2010", "1"] if machine == "x86_64" else ["2014"]
    return [
        *(f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC, _OLDEST - 1, -1)),
        *(f"manylinux{name}_{machine}" for name in old),
        f"linux_{machine}",
    ]


def _pin(name: str) -> str:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}==(\S+)$", text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"error: constraints.txt does not pin {name}")
    return found[1]


if __name__ == "__main__":
    raise SystemExit(main())
