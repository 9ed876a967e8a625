"""A release of the hub: one folder with its own Python environment, made beside those that are there.

    /opt/edge/releases/0.9.0-3f2a91bc/     bin/python3, bin/edge, lib/…/site-packages
    /opt/edge/current -> releases/…        what runs
    /opt/edge/previous -> releases/…       what ran before

The folder's name has a part of the hash of what it was made from, so that one version built twice can be told apart,
tried beside the other, and gone back from.
"""

import os
import shutil
import sys
from pathlib import Path

from edge import systemctl
from edge.core.errors import InputError, MissingError
from edge.wheelhouse import Wheelhouse

_PART = ".part"
"""What the name of one ends with that is under way."""
_COMMAND = """\
#!{python} -I
import sys

from edge.system_user import take_on

take_on(sys.argv[1:])

from edge.cli import main

sys.exit(main())
"""


def base_python(root: Path) -> Path:
    """The interpreter that a release is on, as it is called in the system at `root`.

    Its own version by name, so that a newer system's Python is no surprise. Raises MissingError (`service.no_python`).
    """
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = Path(getattr(sys, "_base_executable", sys.executable))
    for path in (Path("/usr/bin") / name, Path("/usr/local/bin") / name, *([own] if root == Path("/") else [])):
        if os.path.lexists(root / path.relative_to("/")):
            return path
    raise MissingError("service.no_python", f"{root} has no {name} in /usr/bin: install it there first")


def site_packages(release: Path) -> Path:
    """Where its libraries are."""
    return release / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def build(wheelhouse: Wheelhouse, release: Path, *, root: Path) -> None:
    """Make it, whole or not at all. release: its folder as seen from here; root: the system's that it is for.

    Raises InputError (`service.not_built`) and MissingError (`service.no_python`).
    """
    within = Path("/") / release.relative_to(root)
    python = base_python(root)
    part = release.with_name(release.name + _PART)
    shutil.rmtree(part, ignore_errors=True)
    try:
        packages = site_packages(part)
        packages.mkdir(parents=True)
        _pip(wheelhouse, packages)
        # Commands of libraries are nobody's business here, and their first line names a Python that is not this one.
        shutil.rmtree(packages / "bin", ignore_errors=True)
        _compile(packages, Path("/") / site_packages(within))
        (part / "pyvenv.cfg").write_text(f"home = {python.parent}\ninclude-system-site-packages = false\n")
        commands = part / "bin"
        commands.mkdir()
        (commands / "python3").symlink_to(python)
        (commands / "edge").write_text(_COMMAND.format(python=within / "bin" / "python3"))
        (commands / "edge").chmod(0o755)
        _readable(part)
        systemctl.do("sync", "--file-system", str(part))
        part.rename(release)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _pip(wheelhouse: Wheelhouse, packages: Path) -> None:
    ended = systemctl.run(
        [
            *(sys.executable, "-I", str(wheelhouse.pip / "pip"), "--isolated", "--no-cache-dir", "install", "--quiet"),
            *("--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile", "--target", str(packages)),
            *("--root-user-action", "ignore", *map(str, wheelhouse.wheels)),
        ]
    )
    if ended.status != 0:
        raise InputError("service.not_built", f"pip cannot install the wheels: {ended.said}")


def _compile(packages: Path, within: Path) -> None:
    """For the service may not write there. A library's file for another Python that does not compile is never read."""
    command = (sys.executable, "-I", "-m", "compileall", "-qq", "-j", "0", "-s", packages, "-p", within, packages)
    systemctl.run(command)


def _readable(folder: Path) -> None:
    """For everybody to read and root to write, whatever the umask was."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def link(path: Path, target: Path) -> None:
    """Have the link point there, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(path)
