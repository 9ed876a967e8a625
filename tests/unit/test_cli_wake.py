"""`edge wake tune` on the project's own recordings."""

import json
import sys
from pathlib import Path

import pytest

from edge import cli_wake
from edge.cli import main

GOLDEN = Path(__file__).parents[1] / "golden" / "audio"
WITH = [str(GOLDEN / name) for name in ("turn_on_the_kitchen_light.flac", "one_breath_turn_on_the_office_light.flac")]
WITHOUT = str(GOLDEN / "no_wake_turn_off_the_hallway_light.flac")


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))


@pytest.mark.parametrize(("verify", "setting"), [("auto", "wake.both"), ("off", "wake.threshold")])
def test_as_json(verify: str, setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "tune", *WITH, "--without", WITHOUT, "--json", "--set", f"wake.verify={verify}"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["model"], found["setting"], found["guessed"]) == ("hey_jarvis", setting, False)
    assert (found["missed"], found["false_alarms"]) == (0, 0)
    assert [row["wakes"] for row in (*found["with_word"], *found["without"])] == [1, 1, 0]
    assert 0.05 <= found["proposed"] <= 0.95


def test_for_people(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["wake", "tune", *WITH, "--without", WITHOUT]) == 0
    out = capsys.readouterr().out
    assert "[wake]" in out
    assert "█" in out
    assert max(map(len, out.splitlines())) <= 80


def test_recordings_that_do_not_hold_the_word_propose_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "tune", WITHOUT]) == 0
    assert main(["wake", "tune", WITHOUT, "--without", *WITH]) == 0
    out = capsys.readouterr().out
    assert out.count("no threshold parts these recordings") == 2
    assert "[wake]" not in out


def test_settings_before_and_after_the_action_count(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["wake", "--set", "wake.models=alexa", "tune", WITH[0], "--json", "--set", "wake.verify=off"]
    assert main(given) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["model"], found["setting"]) == ("alexa", "wake.threshold")


def test_a_model_file_that_is_not_there_is_said_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "tune", WITH[0], "--model", str(tmp_path / "none.json")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def test_a_folder_and_no_counterexamples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.flac").write_bytes(Path(WITH[0]).read_bytes())
    (tmp_path / "notes.txt").write_text("not sound")
    assert main(["wake", "tune", str(tmp_path)]) == 0
    assert "a guess" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "wake.nothing_to_hear"),
        (["empty"], "wake.no_recordings"),
        (["none.wav"], "audio.file_missing"),
        ([WITH[0], "--model", "nobody"], "models.unknown"),
    ],
)
def test_what_cannot_be_heard(
    given: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["wake", "tune", "--json", *given]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == code


def test_drawing_needs_its_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["wake", "tune", WITH[0], "--plot", str(tmp_path / "x.png"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"] == "wake.plot_missing"


def test_a_drawing(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "x.png"
    assert main(["wake", "tune", *WITH, "--plot", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_terminal_without_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert cli_wake._can_print("abc")
    monkeypatch.setattr(sys, "stdout", open("/dev/null", "w", encoding="ascii"))  # noqa: SIM115, PTH123
    assert not cli_wake._can_print("▁")
    sys.stdout.close()
