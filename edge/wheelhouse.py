"""A folder of wheels, with their hashes: all that a release of the hub is made from, without a network.

It holds the wheel of edge-hub, those of all that it needs, pip's own, and SHA256SUMS, as `make wheelhouse` writes it.
Nothing in it is run or unpacked before its hash was found to be right.
"""

import hashlib
import re
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import InputError, MissingError
from edge.fetch import file_sha256

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._+-]{0,199}\.whl)")
_HUB = re.compile(r"edge_hub-([0-9][A-Za-z0-9.+]{0,60})-py3-none-any\.whl")
_MOST_BYTES = 1_000_000
"""Bytes of a list of hashes."""


@dataclass(frozen=True, slots=True)
class Wheelhouse:
    """One whose hashes are right."""

    folder: Path
    release: str
    """The hub's version, and what tells this set of wheels from another of the same version."""
    wheels: tuple[Path, ...]
    """What is installed."""
    pip: Path
    """What installs it."""


def read(folder: Path) -> Wheelhouse:
    """Check every hash.

    Raises InputError (`wheelhouse.damaged`, `.wrong_python`) and MissingError (`wheelhouse.missing`).
    """
    path = folder / SUMS
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES)
    except OSError as error:
        raise MissingError(
            "wheelhouse.missing",
            f"{path} cannot be read ({error.strerror}): name the folder that make wheelhouse has made",
        ) from error
    sums = _sums(path, raw)
    if unlisted := sorted(one.name for one in folder.glob("*.whl") if one.name not in sums):
        raise _damaged(f"{folder / unlisted[0]} is not in {SUMS}")
    for name, right in sums.items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise _damaged(f"{folder / name} cannot be read ({error.strerror})") from error
        if found != right:
            raise _damaged(f"{folder / name} is not as {SUMS} says")
    hubs = [match for name in sums if (match := _HUB.fullmatch(name))]
    pips = [name for name in sums if name.startswith("pip-")]
    if len(hubs) != 1 or len(pips) != 1:
        raise _damaged(f"{folder} does not hold edge-hub and pip, once each")
    _check_python(sums)
    return Wheelhouse(
        folder,
        f"{hubs[0][1]}-{hashlib.sha256(raw).hexdigest()[:8]}",
        tuple(folder.resolve() / name for name in sums if name not in pips),
        folder.resolve() / pips[0],
    )


def _sums(path: Path, raw: bytes) -> dict[str, str]:
    found = {}
    for number, line in enumerate(raw.decode("ascii", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise _damaged(f"{path}:{number} is no line of a wheel's hash and name")
        found[match[2]] = match[1]
    return found


def _check_python(names: dict[str, str]) -> None:
    """Told here, as pip would only say that a wheel is not supported."""
    own, machine = f"cp{sys.version_info.major}{sys.version_info.minor}", sysconfig.get_platform().partition("-")[2]
    for name in names:
        _, python, abi, platform = name.removesuffix(".whl").rsplit("-", 3)
        if abi.startswith("cp3") and own not in python.split("."):
            raise _wrong(f"{name} is for another Python than this one, {own}")
        if platform != "any" and not any(one.endswith(machine) for one in platform.split(".")):
            raise _wrong(f"{name} is for another machine than this one, {machine}")


def _damaged(found: str) -> InputError:
    return InputError("wheelhouse.damaged", f"{found}: copy the wheelhouse anew")


def _wrong(found: str) -> InputError:
    return InputError("wheelhouse.wrong_python", f"{found}: make wheelhouse on a machine like this one")
