"""The benchmark of faults in its short form, a part at a time: a hub that is killed, starved, and fed with nonsense."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tools.bench import faults
from tools.bench.faulting import faults as taken_away
from tools.bench.faulting import faults_inside

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def broker() -> None:
    if shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin") is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")


def measured(capsys: pytest.CaptureFixture[str], only: str, *more: str) -> dict[str, Any]:
    assert faults.main(["--json", "--short", "--only", only, *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(faults.KEYS) <= found.keys()
    return found


def test_a_hub_that_is_killed_does_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(capsys, "kills", "--kills", "2", "--seed", "6")
    assert (found["kills"], found["acted_twice"], found["lost"], found["died"]) == (2, 0, 0, 0)
    assert found["commands"] + found["lessons"] > 0, "it was killed under load"
    assert found["inputs"] is None, "what was not measured is null"


def test_minutes_of_listening_leave_nothing_over(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = measured(capsys, "soak", "--data", str(tmp_path))
    assert found["audio_hours"] == 0.03
    assert found["acted"] > 0
    # What is opened once, such as the packed rewrites, may come within so short a time.
    assert max(found["fds_growth"], found["threads_growth"]) <= 2


def test_no_input_crashes_or_hangs_a_reader(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("nacl", reason="PyNaCl is not installed: pip install -e '.[upstream]'")
    found = measured(capsys, "fuzz", "--minutes", "0.15", "--keep", str(tmp_path))
    assert (found["crashes"], found["hangs"], found["found"]) == (0, 0, [])
    assert all(found["fuzzed"].values()), "every reader was fed"


def test_the_broker_is_away(tmp_path: Path) -> None:
    found = partial(taken_away.broker_away, seconds=1.0)(tmp_path / "away")
    assert found == ("Sorry, Garage Door cannot be reached", ("link.lost", "link.back"), True)


def test_the_disk_is_full(tmp_path: Path) -> None:
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
    found = taken_away.disk_full(tmp_path / "full")
    if found is None:
        pytest.skip("a small disk can be mounted by root alone: run the tests as root")
    assert "my disk does not take it" in found.heard
    assert "I don't promise it" in found.heard
    assert {"store.full", "timers.not_kept"} <= set(found.log)
    assert found.recovered


def test_the_clock_jumps(tmp_path: Path) -> None:
    found = faults_inside.clock_jump(tmp_path / "clock")
    assert found.log == ()
    assert found.recovered


def test_the_microphone_goes(tmp_path: Path) -> None:
    found = faults_inside.microphone_gone(tmp_path / "microphone")
    assert found == ("", ("audio.microphone_lost", "audio.back"), True)
