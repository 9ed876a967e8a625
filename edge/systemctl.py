"""Other programs of the system that an installation needs: systemd's, and those for users."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.core.errors import InputError, MissingError

UNIT = "edge.service"
_TAIL = 600
"""Characters of what a program says in the end."""


class Ended(NamedTuple):
    """How a program ended."""

    status: int
    out: str
    """What it said to be used."""
    said: str
    """The end of what it said, on both streams, for people."""


def run(command: Sequence[str | Path], *, environ: Mapping[str, str] | None = None, user: int | None = None) -> Ended:
    """Run it to its end; user: number of its user and group. Raises MissingError (`service.no_command`)."""
    try:
        done = subprocess.run(  # noqa: S603 - no part of any command comes from outside
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            env=environ,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    except FileNotFoundError as error:
        raise MissingError("service.no_command", f"{command[0]} is not there, and is needed for it") from error
    said = (done.stdout + done.stderr).strip()[-_TAIL:] or f"it ended with {done.returncode}"
    return Ended(done.returncode, done.stdout, said)


def do(*command: str) -> None:
    """Run what must succeed. Raises InputError (`service.failed`), MissingError (`service.no_command`)."""
    ended = run(command)
    if ended.status != 0:
        raise InputError("service.failed", f"{' '.join(command)}: {ended.said}")


def runs() -> bool:
    """Whether systemd is there to start services (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def state() -> str:
    """Of the service: active, activating, failed, inactive …."""
    return run(("systemctl", "is-active", UNIT)).out.strip()


def restart() -> None:
    """Start it, anew where it runs, and return when it is ready. Raises InputError (`service.failed`)."""
    do("systemctl", "daemon-reload")
    do("systemctl", "restart", UNIT)


def stop() -> None:
    """End it, and return when it has. Raises InputError (`service.failed`)."""
    do("systemctl", "stop", UNIT)
