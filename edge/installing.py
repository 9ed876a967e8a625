"""The hub as a service of the machine: installed, brought up to date, and taken away again.

Whatever goes wrong on the way to another release, the one that ran goes on, or runs again: the new one is made beside
it and tried, then one link is changed, and where the service does not become ready the link, the unit and the history
are put back.
"""

import fcntl
import json
import os
import pwd
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from edge import releasing, systemctl
from edge.core.errors import EdgeError, InputError
from edge.core.sqlite_file import copy_file, remove_file
from edge.feedback.store import FILE as HISTORY
from edge.profile import Profile, load_profile
from edge.releasing import link
from edge.resources import data_dir
from edge.system_user import NAME
from edge.unit import unit
from edge.wheelhouse import Wheelhouse

MEMORY_ROOM = 1.5
"""Of the board's memory budget, beyond which the service is stopped: the budget is what it should need, and a moment
beyond it is no reason to fall silent, while without a bound a defect takes the whole board along."""
_HOME = Path("/var/lib/edge")
_SYSUSERS = 'g edge -\nu edge - "edge, the voice of this home" /var/lib/edge /usr/sbin/nologin\nm edge audio\n'
_TMPFILES = """\
d /etc/edge 0700 edge edge
z /etc/edge/*.toml 0600 edge edge
d /var/lib/edge 0700 edge edge
"""


class Layout:
    """Where everything is. root: of the system, `/` but for who builds an image."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root.resolve()
        self.opt = self.root / "opt/edge"
        self.releases = self.opt / "releases"
        self.current = self.opt / "current"
        self.previous = self.opt / "previous"
        self.command = self.root / "usr/local/bin/edge"
        self.unit = self.root / "etc/systemd/system/edge.service"
        self.enabled = self.root / "etc/systemd/system/multi-user.target.wants/edge.service"
        self.config = self.root / "etc/edge"
        self.data = self.root / "var/lib/edge"
        self.sysusers = self.root / "etc/sysusers.d/edge.conf"
        self.tmpfiles = self.root / "etc/tmpfiles.d/edge.conf"

    @property
    def is_this_system(self) -> bool:
        """Whether it is the one that runs."""
        return self.root == Path("/")

    def release(self, which: Path) -> str | None:
        """Name of the release that `current` or `previous` points to."""
        return which.readlink().name if which.is_symlink() and which.exists() else None

    def user(self) -> tuple[int, int] | None:
        """Numbers of the service's user and group in that system; None where there is none yet."""
        try:
            rows = (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        found = next((row.split(":") for row in rows if row.startswith(f"{NAME}:")), None)
        return None if found is None else (int(found[2]), int(found[3]))


class Steps:
    """Says each step, and takes it unless it is only to be said.

    tell: told what is done, in words.
    """

    def __init__(self, tell: Callable[[str], None], *, dry: bool = False) -> None:
        self._tell, self.dry = tell, dry
        self.taken = 0

    def __call__(self, what: str, do: Callable[[], object]) -> None:
        """Take one."""
        self._tell(f"would {what}" if self.dry else what)
        self.taken += 1
        if not self.dry:
            do()


class _Before(NamedTuple):
    """What is put back."""

    current: Path | None
    previous: Path | None
    unit: str


def check_allowed(layout: Layout, steps: Steps, what: str) -> None:
    """Raises InputError (`service.not_root`)."""
    if layout.is_this_system and os.geteuid() != 0 and not steps.dry:
        raise InputError("service.not_root", f"only root may do that: sudo edge service {what}")


def systemd_runs(layout: Layout) -> bool:
    """Whether it is there to start the service (sd_booted(3))."""
    return layout.is_this_system and systemctl.runs()


def may_start(layout: Layout) -> bool:
    """Whether it has what to start with: without a broker it would end at once, and the installation seem to fail."""
    return system_profile(layout, None).mqtt.host is not None or systemctl.state() == "active"


def unit_text(profile: Profile) -> str:
    """The unit with the bounds of this board: what its profile's budget allows, and the weight of its busiest."""
    return unit(
        exec=str(Layout().current / "bin/edge"),
        memory_max_mib=int(profile.budget.ram_mib * MEMORY_ROOM),
        cpu_weight=max(1, min(10_000, round(profile.budget.active_cpu_percent))),
    )


def system_profile(layout: Layout, board: str | None) -> Profile:
    """The service's own, not that of whoever installs it. Raises InputError (`config.invalid`)."""
    environ = {"XDG_CONFIG_HOME": str(layout.config.parent), "XDG_DATA_HOME": str(layout.data.parent)}
    return load_profile(board=board, environ=environ, system_paths=())


def install(layout: Layout, wheelhouse: Wheelhouse, steps: Steps, *, board: str | None = None) -> None:
    """Bring the system to this release. What is there already is left as it is.

    Raises InputError (`config.invalid`, `service.not_built`, `.not_well`, `.not_started`, `.busy`) and MissingError.
    """
    releasing.base_python(layout.root)  # missed before anything is made
    text = unit_text(system_profile(layout, board))
    if steps.dry:
        _install(layout, wheelhouse, steps, text, board)
        return
    with alone(layout):
        _install(layout, wheelhouse, steps, text, board)


def _install(layout: Layout, wheelhouse: Wheelhouse, steps: Steps, text: str, board: str | None) -> None:
    """text: of the unit, as far as this release can tell; what is installed is as the new one says."""
    _user(layout, steps)
    _folders(layout, steps)
    release = layout.releases / wheelhouse.release
    is_new = not release.exists()
    if is_new:
        steps(
            f"make {release} from {len(wheelhouse.wheels)} wheels (a few minutes on a small board)",
            lambda: releasing.build(wheelhouse, release, root=layout.root),
        )
    if is_new or layout.release(layout.current) != wheelhouse.release:
        told = [text]
        try:
            steps(
                "try it: its libraries, models and your configuration",
                lambda: told.append(_tried(layout, release, board)),
            )
        except EdgeError:
            if is_new:
                shutil.rmtree(release)
            raise
        text = told[-1]
    _switch(layout, wheelhouse.release, steps, text)
    _prune(layout, wheelhouse.release, steps)


def _switch(layout: Layout, release: str, steps: Steps, text: str) -> None:
    """Have that release run. Raises InputError (`service.not_started`), with all as it was before."""
    before = _Before(
        layout.current.readlink() if layout.current.is_symlink() else None,
        layout.previous.readlink() if layout.previous.is_symlink() else None,
        layout.unit.read_text(encoding="utf-8") if layout.unit.exists() else "",
    )
    history, aside = layout.data / HISTORY, layout.data / f"{HISTORY}.before-upgrade"
    taken, starts = steps.taken, systemd_runs(layout) and may_start(layout)
    try:
        if before.unit and layout.release(layout.current) not in (None, release):
            if starts:
                steps("stop the service", systemctl.stop)
            if history.exists() and not steps.dry:
                _keep(history, aside)
        if before.unit != text:
            steps(f"write {layout.unit}", lambda: _write(layout.unit, text, 0o644))
        _links(layout, release, steps)
        if systemd_runs(layout) and not starts and steps.taken > taken:
            steps("tell systemd", partial(systemctl.do, "systemctl", "daemon-reload"))
        if starts and (steps.taken > taken or systemctl.state() != "active"):
            steps("start the service, and wait until it is ready", systemctl.restart)
    except (EdgeError, OSError) as error:
        if before.current is None or not starts or steps.dry:
            raise
        _put_back(layout, before, release, aside)
        told = f"{release} did not become ready, and {before.current.name} runs again: {error}"
        raise InputError("service.not_started", told) from error
    finally:
        remove_file(aside)


def _keep(history: Path, aside: Path) -> None:
    """As a newer release may change its tables, which an older one could not read again. A damaged one is not kept."""
    with suppress(sqlite3.Error):
        copy_file(history, aside)


def _put_back(layout: Layout, before: _Before, release: str, aside: Path) -> None:
    systemctl.stop()
    assert before.current is not None
    link(layout.current, before.current)
    _write(layout.unit, before.unit, 0o644)
    layout.previous.unlink(missing_ok=True)
    if before.previous is not None:
        link(layout.previous, before.previous)
    if before.current.name != release:
        shutil.rmtree(layout.releases / release)
    if aside.exists():
        history = layout.data / HISTORY
        remove_file(history)
        aside.rename(history)
        _own(layout, history)
    systemctl.restart()


def _user(layout: Layout, steps: Steps) -> None:
    if layout.user() is not None:
        return
    if layout.is_this_system:
        command = ["useradd", "--system", "--user-group", "--home-dir", str(_HOME), "--no-create-home"]
        command += ["--shell", "/usr/sbin/nologin", "--groups", "audio", "--comment", "edge, the voice of this home"]
        steps("make the system user edge, of the group audio", lambda: systemctl.do(*command, NAME))
    elif not layout.sysusers.exists():
        # What is in an image cannot be run here, and need not be: systemd makes the user when it starts.
        steps(
            f"write {layout.sysusers} and {layout.tmpfiles}, which make the user edge at the first start",
            partial(_write_user, layout),
        )


def _write_user(layout: Layout) -> None:
    _write(layout.sysusers, _SYSUSERS, 0o644)
    _write(layout.tmpfiles, _TMPFILES, 0o644)


def _folders(layout: Layout, steps: Steps) -> None:
    for folder in (layout.config, layout.data):
        if not folder.exists():
            steps(f"make {folder}, for its user alone", partial(_make_folder, layout, folder))
    config = layout.config / "edge.toml"
    if not config.exists():
        steps(
            f"write an example of a configuration to {config}",
            partial(_write_example, layout, config),
        )


def _make_folder(layout: Layout, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o700)
    _own(layout, folder)


def _write_example(layout: Layout, config: Path) -> None:
    _write(config, (data_dir("packaging") / "edge.toml").read_text(encoding="utf-8"), 0o600)
    _own(layout, config)


def _own(layout: Layout, path: Path) -> None:
    if (user := layout.user()) is not None and os.geteuid() == 0:
        os.chown(path, *user)


def _tried(layout: Layout, release: Path, board: str | None) -> str:
    """The unit that it asks for, once it was found to work: as the user that it is for, where that can be.

    Raises InputError (`service.not_well`).
    """
    user = layout.user() if layout.is_this_system else None
    environ = {
        "PATH": os.environ.get("PATH", os.defpath),
        "XDG_CONFIG_HOME": str(layout.config.parent),
        "XDG_DATA_HOME": str(layout.data.parent),
        "HOME": str(layout.data),
    }
    command = [str(release / "bin/python3"), "-I", "-m", "edge"]
    if not layout.is_this_system:  # its links lead out of the image
        begin = f"import sys, runpy; sys.path.insert(0, {str(releasing.site_packages(release))!r})"
        command = [sys.executable, "-I", "-c", f"{begin}; runpy.run_module('edge', run_name='__main__')"]
    command += ["service", *(("--board", board) if board else ()), "check", "--json"]
    ended = systemctl.run(command, environ=environ, user=user[0] if user else None)
    try:
        told = json.loads(ended.out)
        problems, text = "\n".join(told["problems"]), str(told["unit"])
    except (ValueError, KeyError, TypeError):
        problems, text = ended.said, ""
    if problems or ended.status != 0:
        raise InputError("service.not_well", f"the new release does not work here, and was not taken:\n{problems}")
    return text


def _links(layout: Layout, release: str, steps: Steps) -> None:
    here = layout.release(layout.current)
    if here != release:
        if here is not None:
            steps(f"keep {here} as the previous release", lambda: link(layout.previous, Path("releases") / here))
        steps(f"switch {layout.current} to {release}", lambda: link(layout.current, Path("releases") / release))
    for path, target in (
        (layout.command, Layout().current / "bin/edge"),
        (layout.enabled, Path("../edge.service")),
    ):
        if not path.is_symlink() or path.readlink() != target:
            steps(f"link {path} to {target}", partial(link, path, target))


def _prune(layout: Layout, release: str, steps: Steps) -> None:
    kept = {release, layout.release(layout.current), layout.release(layout.previous)}
    for old in sorted(layout.releases.iterdir()) if layout.releases.exists() else ():
        if old.name not in kept:
            steps(f"remove {old}", partial(shutil.rmtree, old))


def uninstall(layout: Layout, steps: Steps, *, purge: bool = False) -> None:
    """Take the service away. purge: with its configuration, all that it has learnt, and its user."""
    if systemd_runs(layout) and layout.unit.exists():
        steps("stop it", systemctl.stop)
    for path in (layout.enabled, layout.unit, layout.command, layout.sysusers, layout.tmpfiles):
        if os.path.lexists(path):
            steps(f"remove {path}", path.unlink)
    for folder in (layout.opt, *((layout.config, layout.data) if purge else ())):
        if folder.exists():
            steps(f"remove {folder}", partial(shutil.rmtree, folder))
    if systemd_runs(layout) and steps.taken:
        steps("tell systemd", partial(systemctl.do, "systemctl", "daemon-reload"))
    if purge and layout.is_this_system and _is_own_user():
        steps("remove the user edge", partial(systemctl.do, "userdel", NAME))


def _is_own_user() -> bool:
    """Whether the user of that name was made here, and is no person who is called so."""
    try:
        return Path(pwd.getpwnam(NAME).pw_dir) == _HOME
    except KeyError:
        return False


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """While no other one is under way. Raises InputError (`service.busy`)."""
    layout.releases.mkdir(parents=True, exist_ok=True)
    with (layout.opt / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("service.busy", "another edge service is under way: wait until it has ended") from error
        yield


def _write(path: Path, text: str, mode: int) -> None:
    """In one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
