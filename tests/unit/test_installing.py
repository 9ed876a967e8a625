"""What an installation would do, and what is taken away again; that it works is shown in a Debian, tests/system."""

import json
import os
from pathlib import Path

import pytest

from edge import installing
from edge.cli import main
from edge.core.errors import EdgeError
from edge.installing import Layout, Steps, unit_text
from edge.profile import load_profile
from edge.releasing import base_python, link
from tests.unit.test_wheelhouse import HUB, PIP, wheelhouse


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Another system, with a Python."""
    python = base_python(Path("/"))
    there = tmp_path / "root" / "usr/bin" / python.name
    there.parent.mkdir(parents=True)
    there.touch()
    return tmp_path / "root"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return wheelhouse(tmp_path / "wheels", HUB, PIP)


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_dry_run_says_all_and_does_nothing(root: Path, wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(root)
    assert main(["service", "install", "--dry-run", "--root", str(root), "--wheelhouse", str(wheels)]) == 0
    said = capsys.readouterr().out
    assert all(line.startswith("would ") for line in said.splitlines())
    for part in ("/etc/edge/edge.toml", "/opt/edge/releases/0.9.0-", "edge.service", "/usr/local/bin/edge"):
        assert part in said
    assert everything(root) == before


def test_wheels_that_pip_cannot_read_leave_no_release(
    root: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install", "--root", str(root), "--wheelhouse", str(wheels)]) == 2
    assert "pip cannot install the wheels" in capsys.readouterr().err
    assert list((root / "opt/edge/releases").iterdir()) == []
    assert not (root / "opt/edge/current").exists()
    assert not (root / "etc/systemd/system/edge.service").exists()


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_folder_that_is_no_system(
    dry: list[str], tmp_path: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    there = ["--root", str(tmp_path / "empty"), "--wheelhouse", str(wheels)]
    assert main(["service", "install", *there, *dry]) == 3
    assert "in /usr/bin: install it there first" in capsys.readouterr().err
    assert not everything(tmp_path / "empty")


def test_an_upgrade_needs_something_to_upgrade(root: Path, wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "upgrade", "--root", str(root), "--wheelhouse", str(wheels)]) == 2
    assert "there is no service yet" in capsys.readouterr().err


def test_who_is_not_root_is_told_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EdgeError, match="sudo edge service upgrade"):
        installing.check_allowed(Layout(), Steps(print), "upgrade")
    installing.check_allowed(Layout(), Steps(print, dry=True), "upgrade")


def test_two_installations_at_once_are_refused(root: Path, wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(root)
    with installing.alone(layout):
        assert main(["service", "install", "--root", str(root), "--wheelhouse", str(wheels)]) == 2
    assert "is under way" in capsys.readouterr().err


def test_what_is_taken_away_is_not_what_was_learnt(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = Layout(root)
    for folder in (layout.releases / "0.9.0-1", layout.config, layout.data):
        folder.mkdir(parents=True)
    (layout.data / "history.db").write_text("it knows")
    for path in (layout.current, layout.command, layout.enabled):
        link(path, layout.releases / "0.9.0-1")
    layout.unit.write_text("[Unit]")
    uninstall = ["service", "uninstall", "--root", str(root)]
    assert main([*uninstall, "--dry-run"]) == 0
    assert layout.unit.exists()
    assert main(uninstall) == 0
    assert "kept:" in capsys.readouterr().out
    assert not any(map(os.path.lexists, (layout.opt, layout.command, layout.enabled, layout.unit)))
    assert (layout.data / "history.db").exists()
    assert main(uninstall) == 0
    assert "nothing is to be done" in capsys.readouterr().out
    assert main([*uninstall, "--purge"]) == 2  # nobody has said yes
    assert layout.data.exists()
    assert main([*uninstall, "--purge", "--yes"]) == 0
    assert not layout.data.exists()
    assert not layout.config.exists()


def test_status_tells_what_is_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = ["service", "status", "--root", str(root)]
    assert main(status) == 1
    assert "not installed" in capsys.readouterr().out
    layout = Layout(root)
    for name in ("0.9.0-1", "0.9.0-2"):
        (layout.releases / name).mkdir(parents=True)
    link(layout.current, Path("releases/0.9.0-2"))
    link(layout.previous, Path("releases/0.9.0-1"))
    assert main([*status, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"release": "0.9.0-2", "previous": "0.9.0-1", "enabled": False, "state": None}


@pytest.mark.parametrize(("board", "most"), [("raspberry-pi-zero-2-w", 288), ("raspberry-pi-5", 960)])
def test_the_bounds_of_the_unit_are_those_of_the_board(board: str, most: int) -> None:
    text = unit_text(load_profile(board=board, environ={}, system_paths=()))
    assert f"MemoryMax={most}M" in text
    assert "CPUWeight=200" in text
    assert "ExecStart=/opt/edge/current/bin/edge run" in text


def test_the_link_changes_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "current"
    (tmp_path / ".current.new").symlink_to("left by a power cut")
    for target in ("one", "two"):
        link(path, Path(target))
        assert path.readlink() == Path(target)
    assert everything(tmp_path) == {"current"}


def test_this_installation_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == []
    assert "ExecStart=" in told["unit"]


def test_logs_without_a_journal_are_told_to_be_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["service", "logs"]) == 3
    assert "no journalctl" in capsys.readouterr().err
