"""Learning from what people do next, with real processes, power cuts and a disk that is full."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edge.core.codec import dumps
from edge.core.home import Entity, HomeState
from edge.feedback.store import FILE
from tools.bench.kill import Killed

pytestmark = pytest.mark.system

KILLS = 12


def test_killed_at_any_moment_it_opens_whole_and_has_lost_nothing_that_was_written(tmp_path: Path) -> None:
    found = Killed(tmp_path, seed=7)
    for _ in range(KILLS):
        found.once()
    assert found.turns > KILLS
    assert found.caches_seen > 0
    assert (found.broken_stores, found.broken_caches, found.turns_lost, found.rules_lost) == (0, 0, 0, 0)


def edge(home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments], env=environment, capture_output=True, timeout=60, check=False
    )


def turns(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(edge(home, "turns", "list", "--json").stdout)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lamp = Entity("light.lamp", "light", "Reading Lamp", state="off")
    (tmp_path / "home.json").write_text(dumps(HomeState.of([lamp])))
    return tmp_path


def say(home: Path, text: str) -> None:
    ended = edge(home, "say", "--home", str(home / "home.json"), text)
    assert ended.stderr == b""


def test_what_one_command_did_not_understand_the_next_one_puts_right(home: Path) -> None:
    say(home, "gloomy corner please")
    assert [one["verdict"] for one in turns(home)] == [None]
    say(home, "turn on the reading lamp")
    say(home, "turn on the reading lamp")
    first = turns(home)[-1]
    assert first["verdict"]["success"] is False
    assert first["verdict"]["meant"] == "turn on the reading lamp"
    assert [signal["kind"] for signal in first["signals"]] == ["rephrase"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_costs_what_was_to_be_kept_and_no_request(home: Path, small_disk: Path) -> None:
    setting = ["--set", f"paths.data_dir={small_disk}"]
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    ended = edge(home, "say", *setting, "--home", str(home / "home.json"), "turn on the reading lamp")
    assert (ended.returncode, ended.stdout) == (0, b"would turn on light.lamp\n")
    (told,) = ended.stderr.decode().splitlines()
    assert "store.full" in told or "store.disk" in told
    (small_disk / "ballast").unlink()
    again = edge(home, "say", *setting, "--home", str(home / "home.json"), "turn on the reading lamp")
    assert (again.returncode, again.stderr) == (0, b"")
    assert (small_disk / FILE).exists()
    assert not [path for path in small_disk.iterdir() if "broken" in path.name]


def test_on_a_full_disk_what_was_taught_holds_and_nothing_is_promised(home: Path, small_disk: Path) -> None:
    where = ["--set", f"paths.data_dir={small_disk}", "--home", str(home / "home.json")]
    assert edge(home, "teach", *where, "hocus pocus", "--means", "turn on the reading lamp").returncode == 0
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    known = edge(home, "say", *where, "hocus pocus")
    assert (known.returncode, known.stdout) == (0, b"would turn on light.lamp\n")
    (told,) = known.stderr.decode().splitlines()
    assert "store.full" in told
    assert "may only be read" in told
    more = edge(home, "say", *where, "when I say abracadabra, turn on the reading lamp")
    assert (more.returncode, b"my disk does not take it" in more.stdout) == (1, True)


def test_to_forget_everything_is_asked_as_what_opens_a_door_is(home: Path) -> None:
    where = ["--home", str(home / "home.json")]
    assert edge(home, "teach", *where, "hocus pocus", "--means", "turn on the reading lamp").returncode == 0
    asked = edge(home, "say", *where, "forget everything")
    hint = f"edge: to say yes: edge say --home {home / 'home.json'} --yes 'forget everything'"
    assert (asked.returncode, asked.stderr.decode().strip()) == (1, hint)
    done = edge(home, "say", *where, "--yes", "forget everything")
    assert (done.returncode, done.stdout) == (0, b"OK, I have forgotten everything\n")
