"""The hub installed in a fresh Debian without a network: by its package, and from its wheels."""

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.wheelhouse import read
from tests.system.debian import SUITE, Debian, another, bootstrap, in_memory
from tools.packaging import deb
from tools.packaging.wheelhouse import MACHINES, make

pytestmark = pytest.mark.system

RELEASES = "/opt/edge/releases"
SYSTEMCTL = """#!/bin/sh
# As far as an installation can tell: the service becomes ready unless its release says that it does not.
echo "$@" >>/tmp/systemctl
case "$1" in
is-active) echo inactive ;;
restart)
    /opt/edge/current/bin/python3 -I -c '
import sqlite3, sys, edge
if hasattr(edge, "NEVER_READY"):
    sqlite3.connect("/var/lib/edge/history.db").execute("PRAGMA user_version = 99")
    sys.exit("it never became ready")'
    ;;
esac
"""


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels") / "wheelhouse"
    try:
        make(Path(os.path.relpath(folder)), machine=platform.machine(), extras="demo")
    except subprocess.CalledProcessError:
        pytest.skip("the wheels of constraints.txt cannot be had without a network: make wheelhouse")
    return folder


@pytest.fixture(scope="module")
def debian() -> Iterator[Debian]:
    if os.geteuid() != 0:
        pytest.skip("only root can make a Debian in a folder: sudo make test")
    if shutil.which("mmdebstrap") is None:
        pytest.skip("mmdebstrap is not installed: apt-get install mmdebstrap")
    if sys.version_info[:2] != (3, 11):
        pytest.skip(f"{SUITE} has Python 3.11: make test PYTHON=python3.11")
    top = Path(tempfile.mkdtemp(prefix="edge-debian-", dir=in_memory()))
    top.chmod(0o755)  # the service's user is to get to its files, too
    try:
        done = bootstrap(top / "root")
        if done.returncode != 0:
            pytest.skip(f"no Debian can be made here (apt-get install mmdebstrap, and a mirror): {done.stderr[-300:]}")
        found = Debian(top / "root")
        if found.run("true", check=False).returncode != 0:
            pytest.skip("nothing can be run in a root of its own here: sudo make test, with unshare and chroot")
        yield found
    finally:
        shutil.rmtree(top)


def status(debian: Debian) -> dict[str, object]:
    told: dict[str, object] = json.loads(debian.run("edge", "service", "status", "--json", check=False).stdout)
    return told


# The tests are steps of one life, in this order: to make a Debian for each would take a minute.


def test_a_package_installs_the_service(debian: Debian, wheelhouse: Path, tmp_path: Path) -> None:
    architecture = next(name for name, machine in MACHINES.items() if machine == platform.machine())
    package = deb.build(wheelhouse, tmp_path, architecture)
    shutil.copy(package, debian.root / "srv/edge.deb")
    debian.run("dpkg", "--install", "/srv/edge.deb")
    assert status(debian)["release"] == read(wheelhouse).release
    assert status(debian)["enabled"] is True
    assert {debian.owner(folder) for folder in ("/etc/edge", "/var/lib/edge")} == {"edge 700"}
    assert debian.owner("/etc/edge/edge.toml") == "edge 600"
    assert debian.run("id", "--name", "--groups", "edge").stdout.split() == ["edge", "audio"]
    unit = debian.text("/etc/systemd/system/edge.service")
    assert "User=edge" in unit
    assert "ExecStart=/opt/edge/current/bin/edge run" in unit
    assert "MemoryMax=" in unit


def test_the_service_understands_and_keeps_its_files(debian: Debian) -> None:
    told = json.loads(debian.run("edge", "doctor", "--json", check=False).stdout)
    failed = {check["name"] for check in told if check["status"] == "fail"}
    assert not {name for name in failed if name.startswith(("library", "python", "model", "wake", "speech", "recog"))}
    said = "when I say movie time, turn on the kitchen light"
    debian.run("edge", "say", "--simulated", said)  # root goes on as the service's user
    debian.run("/usr/local/bin/edge", "say", "--simulated", "movie time", user="edge")
    files = debian.run("find", "/var/lib/edge", "-printf", "%u %m\n").stdout.split("\n")
    assert {line for line in files if line} == {"edge 700", "edge 600"}


def test_installing_again_does_nothing(debian: Debian) -> None:
    done = debian.run("edge", "service", "install")
    assert done.stdout.strip() == "nothing is to be done: all is as it should be"
    assert debian.run("edge", "service", "install", "--dry-run").stdout == done.stdout


def test_an_upgrade_that_does_not_work_is_not_taken(debian: Debian, wheelhouse: Path) -> None:
    before = status(debian)
    another(wheelhouse, debian.root / "srv/broken", {"edge/nlu/grammar.py": "\nraise ImportError('no good')\n"})
    done = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/broken", check=False)
    assert done.returncode == 2
    assert "the new release does not work here, and was not taken" in done.stderr
    assert status(debian) == before
    assert [path.name for path in (debian.root / "opt/edge/releases").iterdir()] == [before["release"]]
    debian.run("edge", "say", "--simulated", "turn on the kitchen light")


def test_a_configuration_that_it_cannot_read_stops_an_upgrade(debian: Debian, wheelhouse: Path) -> None:
    following = another(wheelhouse, debian.root / "srv/next", {"edge/_data/packaging/edge.service": "# of the next\n"})
    config = debian.root / "etc/edge/edge.toml"
    good = config.read_text()
    config.write_text('[mqtt]\nhots = "hub.local"\n')
    done = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/next", check=False)
    config.write_text(good)
    assert done.returncode == 2
    assert "did you mean mqtt.host?" in done.stderr
    assert not debian.there(f"{RELEASES}/{following}")


def test_wheels_that_were_changed_are_not_run(debian: Debian) -> None:
    place = debian.root / "srv/next"
    (wheel,) = place.glob("pip-*.whl")
    good = wheel.read_bytes()
    wheel.write_bytes(good[:-1] + b"!")
    done = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/next", check=False)
    wheel.write_bytes(good)
    assert done.returncode == 2
    assert "is not as SHA256SUMS says" in done.stderr


def test_an_upgrade_keeps_the_release_before(debian: Debian) -> None:
    first = status(debian)["release"]
    planned = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/next", "--dry-run").stdout
    assert status(debian)["release"] == first
    done = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/next").stdout
    assert {line.removeprefix("would ") for line in planned.splitlines()} == {
        line
        for line in done.splitlines()[:-1]
        if "write /etc/systemd" not in line  # which only the new one knows
    }
    second = status(debian)
    assert second["release"] != first
    assert second["previous"] == first
    assert "# of the next" in debian.text("/etc/systemd/system/edge.service")
    debian.run("edge", "say", "--simulated", "turn on the kitchen light")


def test_without_a_broker_it_is_not_started(debian: Debian) -> None:
    (debian.root / "run/systemd/system").mkdir(parents=True)
    program = debian.root / "usr/bin/systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    unit = debian.root / "etc/systemd/system/edge.service"
    unit.write_text("# of somebody\n" + unit.read_text())
    said = debian.run("edge", "service", "install").stdout
    asked = [line for line in debian.text("/tmp/systemctl").splitlines() if "is-active" not in line]
    assert asked == ["daemon-reload"]
    assert said.endswith("set your broker in /etc/edge/edge.toml, then: sudo systemctl start edge\n")
    assert "# of somebody" not in unit.read_text()
    (debian.root / "tmp/systemctl").unlink()


def test_a_release_that_never_becomes_ready_is_taken_back(debian: Debian, wheelhouse: Path) -> None:
    before = status(debian)
    history = debian.root / "var/lib/edge/history.db"
    config = debian.root / "etc/edge/edge.toml"
    config.write_text('[mqtt]\nhost = "hub.local"\n')
    another(wheelhouse, debian.root / "srv/mute", {"edge/__init__.py": "\nNEVER_READY = True\n"})
    done = debian.run("edge", "service", "upgrade", "--wheelhouse", "/srv/mute", check=False)
    asked = [line for line in debian.text("/tmp/systemctl").splitlines() if "is-active" not in line]
    assert done.returncode == 2
    assert "did not become ready" in done.stderr
    assert "runs again" in done.stderr
    assert {key: status(debian)[key] for key in ("release", "previous")} == {
        key: before[key] for key in ("release", "previous")
    }
    start = ["daemon-reload", "restart edge.service"]
    assert asked == ["stop edge.service", *start, "stop edge.service", *start]
    with closing(sqlite3.connect(history)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] < 99
    assert debian.owner("/var/lib/edge/history.db") == "edge 600"
    assert not list(history.parent.glob("*before-upgrade*"))
    (debian.root / "usr/bin/systemctl").unlink()
    (debian.root / "run/systemd/system").rmdir()
    debian.run("edge", "say", "--simulated", "turn on the kitchen light")


def test_root_backs_up_and_restores_what_is_the_services(debian: Debian) -> None:
    debian.run("edge", "backup", "/root/hub.edge-backup")
    assert debian.owner("/root/hub.edge-backup") == "root 600"
    debian.run("edge", "privacy", "wipe", "--all", "--yes")
    assert "movie time" not in debian.run("edge", "rewrites", "--simulated", "list").stdout
    debian.run("edge", "restore", "/root/hub.edge-backup")
    assert "movie time" in debian.run("edge", "rewrites", "--simulated", "list").stdout
    files = debian.run("find", "/var/lib/edge", "/etc/edge", "-printf", "%u %m\n").stdout.split("\n")
    assert {line for line in files if line} == {"edge 700", "edge 600"}


def test_removed_it_keeps_what_it_knows_and_purged_nothing(debian: Debian) -> None:
    debian.run("dpkg", "--remove", "edge-hub")
    assert not any(map(debian.there, ("/opt/edge", "/usr/local/bin/edge", "/etc/systemd/system/edge.service")))
    assert debian.there("/var/lib/edge/history.db")
    assert debian.there("/etc/edge/edge.toml")
    debian.run("dpkg", "--purge", "edge-hub")
    assert not any(map(debian.there, ("/var/lib/edge", "/etc/edge")))
    assert debian.run("id", "edge", check=False).returncode != 0


def test_without_the_package_it_is_the_same(debian: Debian) -> None:
    debian.run("sh", "/srv/next/install.sh")
    debian.run("edge", "say", "--simulated", "turn on the kitchen light")
    refused = debian.run("edge", "service", "uninstall", "--purge", check=False)
    assert refused.returncode == 2
    assert "nobody" in refused.stderr
    assert debian.there("/opt/edge/current")
    debian.run("edge", "service", "uninstall", "--purge", "--yes")
    assert not any(map(debian.there, ("/var/lib/edge", "/etc/edge", "/opt/edge", "/usr/local/bin/edge")))
    assert debian.run("id", "edge", check=False).returncode != 0
