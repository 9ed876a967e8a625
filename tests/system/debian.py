"""A fresh Debian in a folder, and wheelhouses of several releases to install in it."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from edge.wheelhouse import SUMS, read

SUITE = "bookworm"
_ISOLATED = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child")
"""No network, and nothing that stays mounted or goes on running."""
_LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""For the broker of the built-in home."""


class Debian:
    """One that was made of nothing but its packages; `run` works in it as root, without a network."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(
        self, *command: str, user: str = "root", check: bool = True, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in it; check: whether it must succeed."""
        done = subprocess.run(
            [*_ISOLATED, sys.executable, "-c", _LOOPBACK, "chroot", f"--userspec={user}", str(self.root), *command],
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def text(self, path: str) -> str:
        """Of a file in it."""
        return (self.root / path.lstrip("/")).read_text(encoding="utf-8")

    def there(self, path: str) -> bool:
        """Whether it is in it; a link counts, wherever it leads."""
        return os.path.lexists(self.root / path.lstrip("/"))

    def owner(self, path: str) -> str:
        """Who has it and who may use it, such as `edge 700`."""
        return self.run("stat", "--format=%U %a", path).stdout.strip()


def in_memory() -> str | None:
    """A folder on no disk, which takes minutes for all that dpkg and an installation sync; None where there is none."""
    shared = "/dev/shm"
    usable = os.access(shared, os.W_OK) and not os.statvfs(shared).f_flag & (os.ST_NOEXEC | os.ST_NOSUID)
    return shared if usable else None


def bootstrap(root: Path) -> "subprocess.CompletedProcess[str]":
    """Make it: what every Debian has, Python, and PortAudio."""
    return subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--variant=essential", "--include=python3,libportaudio2,passwd"),
            *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"),
            *("--dpkgopt=force-unsafe-io", '--aptopt=Acquire::Languages "none"', SUITE, str(root)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )


def another(wheelhouse: Path, to: Path, changes: Mapping[str, str]) -> str:
    """A wheelhouse as that one, with files of edge ended by other lines: another release, by its name."""
    shutil.copytree(wheelhouse, to)
    (wheel,) = to.glob("edge_hub-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    for name, lines in changes.items():
        contents[name] += lines.encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(to.glob("*.whl")))
    (to / SUMS).write_text("".join(sums), encoding="ascii")
    return read(to).release
