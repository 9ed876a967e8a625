"""Timers of the real process: set from beside it, killed, and rung after the restart; carried out on a real broker."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.home.simulated import SimulatedHome
from tests.system.panel import HUB, Watcher, named, running

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


@pytest.fixture
def watcher(house: SimulatedHome) -> Iterator[Watcher]:
    found = Watcher(house.port)
    yield found
    found.close()


def edge(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments, "--set", "mqtt.client_id=hub:1"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_timer_survives_a_kill_and_rings_after_the_restart(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path) as hub:
        said = edge(tmp_path, "say", "set a pizza timer for three seconds", *named(house.port))
        assert said.stdout == "Pizza timer set for 3 seconds\n"
        hub.process.kill()
        hub.process.wait()
    (kept,) = json.loads(edge(tmp_path, "timers", "--json").stdout)
    assert kept["name"] == "pizza"
    assert "The pizza timer is done" not in watcher.said("edge/reply")
    time.sleep(max(0.0, kept["due_ms"] / 1000 - time.time()))
    with running(house.port, tmp_path):
        watcher.until(lambda: "The pizza timer is done" in watcher.said("edge/reply"))
        stopped = edge(tmp_path, "say", "stop", *named(house.port))
        assert stopped.stdout == "OK\n"
        assert json.loads(edge(tmp_path, "timers", "--json").stdout) == []


def test_a_command_waits_for_its_time_and_is_then_obeyed(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path) as hub:
        said = edge(tmp_path, "say", "turn on the kitchen light in two seconds", *named(house.port))
        assert said.stdout == "I'll turn on the Kitchen Light in 2 seconds\n"
        watcher.until(lambda: "Turned on the Kitchen Light" in watcher.said("edge/reply"))
        watcher.until(lambda: watcher.last(HUB.state_topic("next_timer")) == "None")
        assert any(state.startswith("20") for state in watcher.said(HUB.state_topic("next_timer")))
        assert hub.end() == []
    assert edge(tmp_path, "timers").stdout == "no timers or alarms\n"


def test_nothing_is_promised_where_nobody_would_ring(house: SimulatedHome, tmp_path: Path) -> None:
    said = edge(tmp_path, "say", "set a timer for ten minutes", *named(house.port))
    assert said.returncode == 1
    assert said.stdout.startswith("No hub is running here")
    assert edge(tmp_path, "timers").stdout == "no timers or alarms\n"
    wrong = edge(tmp_path, "timers", "--cancel", "pizza")
    assert wrong.returncode == 2
    assert "edge timers" in wrong.stderr


def test_it_stops_at_once_while_it_rings_a_command_is_due_and_its_file_is_locked(
    house: SimulatedHome, watcher: Watcher, tmp_path: Path
) -> None:
    with running(house.port, tmp_path) as hub:
        edge(tmp_path, "say", "set an egg timer for one second", *named(house.port))
        watcher.until(lambda: "The egg timer is done" in watcher.said("edge/reply"))
        said = edge(tmp_path, "say", "turn on the kitchen light in ten minutes", *named(house.port))
        assert said.returncode == 0
        edge(tmp_path, "say", "turn on the bedroom light", *named(house.port))  # which is a habit to be written
        db = sqlite3.connect(tmp_path / ".local/share/edge/history.db", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        told = hub.end()
        db.execute("ROLLBACK")
        db.close()
    assert "store.locked" in [line.split(":")[1].strip() for line in told]
    assert len(json.loads(edge(tmp_path, "timers", "--json").stdout)) == 2
