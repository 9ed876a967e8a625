"""What others install from: the same bytes each time, and for the machine that was asked for."""

import subprocess
from pathlib import Path

import pytest

from edge import __version__
from tests.unit.test_wheelhouse import HUB, PIP, wheelhouse
from tools.packaging import deb
from tools.packaging.wheelhouse import source_date

SCRIPTS = ("postinst", "prerm", "postrm")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    try:
        subprocess.run(["dpkg-deb", "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("dpkg-deb is not installed: apt-get install dpkg")
    wheels = wheelhouse(tmp_path / "wheels", HUB, PIP)
    (wheels / "install.sh").write_text("#!/bin/sh\n")
    return deb.build(wheels, tmp_path / "out", "arm64")


def field(package: Path, name: str) -> str:
    return subprocess.run(
        ["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_package_is_the_same_each_time(package: Path, tmp_path: Path) -> None:
    again = deb.build(tmp_path / "wheels", tmp_path / "again", "arm64")
    assert again.read_bytes() == package.read_bytes()
    assert package.name == f"edge-hub_{__version__}_arm64.deb"


def test_a_package_says_what_it_needs_and_belongs_to_root(package: Path) -> None:
    assert field(package, "Architecture") == "arm64"
    assert field(package, "Depends").startswith("python3 (>= 3.1")
    assert "libportaudio2" in field(package, "Depends")
    listed = subprocess.run(["dpkg-deb", "--contents", package], check=True, capture_output=True, text=True).stdout
    assert f"./usr/lib/edge/wheelhouse/{HUB}" in listed
    assert {line.split()[1] for line in listed.splitlines()} == {"root/root"}
    assert "@" not in "".join(field(package, name) for name in ("Version", "Depends", "Installed-Size"))


@pytest.mark.parametrize("script", [*SCRIPTS, "../install.sh", "../user-install.sh"])
def test_scripts_are_read_by_every_shell(script: str) -> None:
    path = Path(deb.__file__).resolve().parents[2] / "packaging" / "debian" / script
    subprocess.run(["sh", "-n", path], check=True)


def test_the_date_is_the_one_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert source_date() == "1700000000"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert source_date().isdecimal()
