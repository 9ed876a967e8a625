"""Build a Debian package of the hub, without root: `python -m tools.packaging.deb --out dist --architecture arm64`.

It carries a wheelhouse for that architecture, and its scripts do with it what `edge service install` does. Built twice
from one commit it is the same, byte for byte (https://reproducible-builds.org/docs/archives).
"""

import argparse
import gzip
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from email.utils import formatdate
from pathlib import Path

from edge import __version__
from tools.packaging.wheelhouse import MACHINES, ROOT, make, source_date

_SOURCES = ROOT / "packaging" / "debian"
_SCRIPTS = ("postinst", "prerm", "postrm")


def main() -> int:
    """Exit status: 0 when it is there; 1 when a wheel cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    own = next((name for name, machine in MACHINES.items() if machine == platform.machine()), None)
    parser.add_argument("--architecture", choices=sorted(MACHINES), default=own, required=own is None)
    parser.add_argument("--extras", default="demo", help="of edge-hub, with commas (demo)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as made:
            wheelhouse = Path(made) / "wheelhouse"
            make(wheelhouse, machine=MACHINES[args.architecture], extras=args.extras)
            package = build(wheelhouse, args.out, args.architecture)
    except subprocess.CalledProcessError:
        return 1  # what failed has said so
    size = package.stat().st_size
    if args.json:
        print(json.dumps({"package": str(package), "bytes": size, "sha256": _sha256(package)}))
    else:
        print(f"{package}: {size / 1e6:.0f} MB")
    return 0


def build(wheelhouse: Path, out: Path, architecture: str, *, version: str = __version__) -> Path:
    """The package with these wheels. Raises CalledProcessError where dpkg-deb fails."""
    out.mkdir(parents=True, exist_ok=True)
    package = out / f"edge-hub_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as made:
        top = Path(made) / "top"
        shutil.copytree(wheelhouse, top / "usr/lib/edge/wheelhouse")
        documents = top / "usr/share/doc/edge-hub"
        documents.mkdir(parents=True)
        shutil.copy(_SOURCES / "copyright", documents)
        (documents / "changelog.gz").write_bytes(gzip.compress(_changelog(version).encode(), mtime=0))
        _control(top, architecture, version)
        when = int(source_date())
        for path in (top, *sorted(top.rglob("*"))):
            path.chmod(0o755 if path.is_dir() or path.name in (*_SCRIPTS, "install.sh") else 0o644)
            os.utime(path, (when, when))
        # Wheels are compressed: to do it again takes a minute of a small board for nothing.
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(top), str(package)],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"SOURCE_DATE_EPOCH": str(when)},
        )
    return package


def _changelog(version: str) -> str:
    """In Debian's form; what has changed is told by the project's own."""
    maintainer = next(
        line.partition(": ")[2]
        for line in (_SOURCES / "control").read_text(encoding="utf-8").splitlines()
        if line.startswith("Maintainer: ")
    )
    when = formatdate(int(source_date()))
    return f"edge-hub ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {maintainer}  {when}\n"


def _control(top: Path, architecture: str, version: str) -> None:
    control = top / "DEBIAN"
    files = sorted(path for path in top.rglob("*") if path.is_file())
    control.mkdir()
    major, minor = sys.version_info[:2]
    marks = {
        "VERSION": version,
        "ARCHITECTURE": architecture,
        "SIZE_KIB": sum(-(-path.stat().st_size // 1024) for path in files),
        "PYTHON": f"{major}.{minor}",
        "NEXT_PYTHON": f"{major}.{minor + 1}",
    }
    text = (_SOURCES / "control").read_text(encoding="utf-8")
    for mark, value in marks.items():
        text = text.replace(f"@{mark}@", str(value))
    (control / "control").write_text(text, encoding="utf-8")
    for script in _SCRIPTS:
        shutil.copy(_SOURCES / script, control)
    sums = (
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(top)}\n"
        for path in files
    )
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
