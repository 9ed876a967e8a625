"""`edge profile fit --write` changes its own lines and nothing else; what fits is told before anything is started."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from edge import fitting, measuring
from edge.cli import main
from edge.cli_profile import write
from edge.core.errors import InputError, UnreachableError
from edge.fitting import CANDIDATES, Row
from edge.measuring import Answer, Cost
from edge.models import ModelStore, load_manifests
from edge.profile import Profile, boards, load_profile
from edge.resources import data_dir
from edge.settings import BudgetSettings, PathSettings

SETTINGS = {"asr": {"engine": "together"}, "wake": {"verify": "auto"}}
WRITTEN = '[asr]\nengine = "together"\n\n[wake]\nverify = "auto"\n'


def store(folder: Path) -> ModelStore:
    return ModelStore(folder, load_manifests([data_dir("models")]))


class TestWrite:
    def test_a_file_that_is_not_there_yet(self, tmp_path: Path) -> None:
        path = tmp_path / "edge" / "edge.toml"
        write(path, SETTINGS)
        assert path.read_text() == WRITTEN
        assert path.stat().st_mode & 0o777 == 0o600
        assert [one.name for one in path.parent.iterdir()] == ["edge.toml"]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("# mine\n[mqtt]\nhost = 'h'\n", f"# mine\n[mqtt]\nhost = 'h'\n\n{WRITTEN}"),
            (
                '[asr]  # ears\nmodel = "x"\n[wake]\nverify = "off" # why\n',
                '[asr]  # ears\nengine = "together"\nmodel = "x"\n[wake]\nverify = "auto"\n',
            ),
            ('asr.engine = "vosk"\nwake.verify = "off"', 'asr.engine = "together"\nwake.verify = "auto"\n'),
        ],
    )
    def test_everything_else_stays(self, tmp_path: Path, before: str, after: str) -> None:
        path = tmp_path / "edge.toml"
        path.write_text(before)
        path.chmod(0o640)
        write(path, SETTINGS)
        assert path.read_text() == after
        assert path.stat().st_mode & 0o777 == 0o640

    @pytest.mark.parametrize("text", ["[asr\n", 'asr = {engine = "vosk"}\n'])
    def test_what_cannot_be_changed_stays_as_it_is(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "edge.toml"
        path.write_text(text)
        with pytest.raises(InputError):
            write(path, SETTINGS)
        assert path.read_text() == text


def test_a_proposal_names_the_models() -> None:
    whole = [candidate.settings(Profile("x86-64"))["asr"] for candidate in CANDIDATES[:3]]
    assert whole == [
        {"engine": "together", "whisper_model": "whisper-tiny-en"},
        {"engine": "vosk", "model": "vosk-small-en-us"},
        {"engine": "pocketsphinx"},
    ]


def test_the_recordings_travel_with_the_wheel() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    included = {source for source in wheel["only-include"] if source.endswith(".flac")}
    assert included == {f"tests/golden/audio/{one}.flac" for one in fitting.RECORDINGS}
    assert wheel["sources"]["tests/golden/audio"] == "edge/_data/recordings"


def test_write_belongs_to_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--write"]) == 2
    assert "--write belongs to edge profile fit" in capsys.readouterr().err


@pytest.mark.parametrize("board", boards())
def test_every_board_lists_what_it_affords(board: str) -> None:
    profile = load_profile(board=board, environ={}, system_paths=())
    manifests = load_manifests([data_dir("models")])
    budget = profile.budget
    assert profile.asr.engine in ("auto", *budget.engines)
    assert "pocketsphinx" in budget.engines
    assert set(budget.models) <= manifests.keys()
    needed = {"vosk": "vosk-small-en-us", "whisper": "whisper-tiny-en", "together": "whisper-tiny-en"}
    assert {needed[one] for one in budget.engines if one in needed} <= set(budget.models)
    assert "whisper-tiny-en" in budget.models or not {"whisper", "together"} & set(budget.engines)
    assert sum(manifests[one].bytes for one in budget.models) < budget.disk_mib * 2**20


def test_what_a_board_does_not_afford_is_not_even_started(tmp_path: Path) -> None:
    profile = load_profile(board="raspberry-pi-3", environ={"HOME": str(tmp_path)}, system_paths=())
    # Nothing at all fits, so that nothing is started.
    profile = replace(profile, budget=replace(profile.budget, disk_mib=1))
    tried = list(fitting.fit(profile, store(tmp_path), [], progress=lambda *_: pytest.fail("it was started")))
    assert [one.candidate for one in tried] == list(CANDIDATES)
    assert tried[0].against == "too much for raspberry-pi-3, whose profile lists pocketsphinx"
    assert tried[2].against.endswith("MiB on disk, budget 1")


def test_a_model_that_is_not_here(tmp_path: Path) -> None:
    profile = load_profile(board="raspberry-pi-4", environ={"HOME": str(tmp_path)}, system_paths=())
    profile = replace(profile, budget=replace(profile.budget, engines=("vosk",)))
    tried = list(fitting.fit(profile, store(tmp_path), [], progress=lambda *_: pytest.fail("it was started")))
    pytest.importorskip("vosk", reason="vosk is not installed: pip install -e '.[vosk]'")
    assert tried[1].against == "its model vosk-small-en-us is not here: run edge models pull vosk-small-en-us"


def test_what_is_measured_stands_beside_the_budget(tmp_path: Path) -> None:
    profile = Profile(
        "x86-64", budget=BudgetSettings(ram_mib=100, answer_ms=700), paths=PathSettings(data_dir=tmp_path)
    )
    (tmp_path / "kept").write_bytes(bytes(2**20))
    answers = (Answer(600.0, True, 20.0), Answer(None, False, 40.0), Answer(900.0, True, 30.0))
    rows = fitting.rows(profile, store(tmp_path), Cost(3.0, 1.5, answers, 120.0))
    assert [row.fits for row in rows] == [False, True, True, False, True]
    assert [row.measured for row in rows[:4]] == [120.0, 1.5, 30.0, 750.0]
    assert rows[4].measured is not None
    assert rows[4].measured > 1
    assert not Row("answer", "ms", 700, None).fits


def test_a_machine_that_is_busy(tmp_path: Path) -> None:
    assert not fitting.busy(tmp_path)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/loadavg").write_text("0.01 0.30 0.25 1/180 4321\n")
    assert not fitting.busy(tmp_path)
    (tmp_path / "proc/loadavg").write_text("900.00 4.20 4.00 5/312 4321\n")
    assert fitting.busy(tmp_path)


class TestMeasuring:
    def test_a_hub_that_does_not_start_says_why(self, tmp_path: Path) -> None:
        command = measuring.edge_command("run", "--stdin", "--set", "asr.engine=ears")
        with pytest.raises(UnreachableError, match=r"asr\.engine") as caught:
            measuring.measure(command, {"HOME": str(tmp_path)}, [], room=bytes(640), idle_s=0.1)
        assert caught.value.code == "measure.failed"

    def test_the_end_of_speech(self) -> None:
        request = fitting._pcm("turn_on_the_kitchen_light")
        end = measuring.end_of_speech(request)
        assert measuring.end_of_speech(request + bytes(32_000)) == end
        assert 0.5 < end / (len(request) / 2) < 1
        assert measuring.end_of_speech(bytes(6400)) == 3200

    def test_what_it_costs_with_a_real_hub(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One recording through the process, in real time: everything is measured, and nothing is left behind."""
        monkeypatch.setenv("HOME", str(tmp_path))
        profile = Profile("x86-64")
        seen: list[int] = []
        found = fitting.cost(
            profile,
            ["--board", "raspberry-pi-zero-2-w"],
            overrides=["wake.verify=off"],
            recordings=fitting.RECORDINGS[:1],
            idle_s=0.5,
            progress=lambda done, most: seen.append(done),
        )
        (answer,) = found.answers
        assert answer.ms is not None
        assert answer.ms > 0
        assert not answer.sent, "nothing is there to be moved"
        assert 50 < found.peak_rss_mib < 1000
        assert found.active_cpu_percent > found.idle_cpu_percent > 0
        assert seen
        assert not list(tmp_path.iterdir())


def test_json_names_the_machine(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the process that is measured left out: its figures are given."""
    monkeypatch.setattr(fitting, "cost", lambda *_, **__: Cost(2.0, 1.0, (Answer(500.0, False, 20.0),), 99.0))
    assert main(["profile", "check", "--json", "--board", "raspberry-pi-5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["board"] == "raspberry-pi-5"
    assert told["measured_on"] != "raspberry-pi-5"
    assert main(["profile", "check", "--board", "raspberry-pi-zero-2-w"]) == 0
    assert "and not on raspberry-pi-zero-2-w" in capsys.readouterr().out
