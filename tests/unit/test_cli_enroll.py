"""`edge wake enroll` on the project's own recordings, and the hub that then wakes for one voice alone."""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge import cli_enroll
from edge.audio import voices
from edge.audio.capture import RATE, FileSource, Frame, Source
from edge.audio.resample import Resampler
from edge.cli import main
from edge.core.errors import InputError
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir

GOLDEN = Path(__file__).parents[1] / "golden" / "audio"
NAMES = ("turn_on_the_kitchen_light", "one_breath_open_the_garage_door", "one_breath_turn_on_the_office_light")
THREE = [str(GOLDEN / f"{name}.flac") for name in NAMES]
SILENT = "no_wake_turn_off_the_hallway_light.flac"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    return tmp_path / "user" / "edge" / "voices"


def by_another(name: str, tmp_path: Path) -> str:
    samples, _ = soundfile.read(GOLDEN / f"{name}.flac", dtype="float32")
    resampler = Resampler(round(RATE * 1.18), RATE)
    path = tmp_path / f"other_{name}.wav"
    soundfile.write(path, np.concatenate((resampler.accept(samples), resampler.finish())), RATE)
    return str(path)


def test_enrolled_listed_and_forgotten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "enroll", "--name", "anna", *THREE]) == 0
    out = capsys.readouterr().out
    assert "not a lock" in out
    assert 'speakers = ["anna"]' in out
    assert (folder / "anna.json").stat().st_size < 100_000
    assert main(["wake", "enroll", "--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "anna", "words": ["hey jarvis"]}]
    assert main(["wake", "enroll", "--list"]) == 0
    assert "anna" in capsys.readouterr().out
    assert main(["wake", "enroll", "--forget", "anna", "--set", "wake.speakers=anna"]) == 0
    assert "wake.speakers" in capsys.readouterr().err
    assert main(["wake", "enroll", "--list"]) == 0
    assert "nobody" in capsys.readouterr().out


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "enroll", "--name", "anna", *THREE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["word"]) == ("anna", "Hey Jarvis")
    assert len(found["recordings"]) == 3
    assert all(row["likeness"] >= found["needed"] for row in found["recordings"])


def test_a_second_wake_word_is_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "enroll", "--name", "anna", *THREE]) == 0
    path = folder / "anna.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    described["words"] = {"alexa": described["words"]["hey jarvis"]}
    path.write_text(json.dumps(described), encoding="utf-8")
    assert main(["wake", "enroll", "--name", "anna", *THREE]) == 0
    assert list(json.loads(path.read_text(encoding="utf-8"))["words"]) == ["alexa", "hey jarvis"]
    path.write_text("{", encoding="utf-8")
    assert main(["wake", "enroll", "--list", "--json"]) == 2
    capsys.readouterr()
    assert main(["wake", "enroll", "--name", "anna", *THREE, "--json"]) == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "voice.nothing_to_do"),
        (["--name", "anna", "--list"], "voice.nothing_to_do"),
        (["--name", "Anna", *THREE], "voice.name"),
        (["--name", "anna", *THREE[:2]], "voice.recordings"),
        (["--name", "anna", *THREE[:2], str(GOLDEN / SILENT)], "voice.no_wake_word"),
        (["--name", "anna", *THREE[:2], "none.wav"], "audio.file_missing"),
        (["--forget", "anna"], "voice.unknown"),
    ],
)
def test_what_cannot_be_done(given: list[str], code: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "enroll", "--json", *given]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == code
    assert not folder.exists()


class Spoken(Source):
    """Recordings one after the other, as a microphone hears them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names

    def __iter__(self) -> Iterator[Frame]:
        end = 0
        for name in self._names:
            with FileSource(GOLDEN / f"{name}.flac") as source:
                for frame in source:
                    end += len(frame.pcm) // 2
                    yield Frame(end - len(frame.pcm) // 2, frame.pcm)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("said", "enrolled"), [(NAMES, True), (NAMES[:2], False)])
def test_from_the_microphone(
    said: tuple[str, ...], enrolled: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=())
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    parser = argparse.ArgumentParser()
    cli_enroll.arguments(parser)
    parser.set_defaults(json=True)
    args = parser.parse_args(["--name", "anna"])
    if enrolled:
        assert cli_enroll.run(args, profile, store, lambda: Spoken(said)) == 0
    else:
        with pytest.raises(InputError) as caught:
            cli_enroll.run(args, profile, store, lambda: Spoken(said))
        assert caught.value.code == "voice.no_wake_word"
    assert "(3 of 3)" in capsys.readouterr().err
    assert voices.names(profile.paths.data_dir / "voices") == (["anna"] if enrolled else [])


def test_three_recordings_of_two_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mixed = [*THREE[:2], by_another(NAMES[0], tmp_path)]
    assert main(["wake", "enroll", "--name", "anna", *mixed, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "voice.unlike"


def replayed(recording: str, capsys: pytest.CaptureFixture[str]) -> int:
    main(["replay", "--simulated", "--json", recording, "--set", "wake.speakers=anna"])
    return len(json.loads(capsys.readouterr().out)["turns"])


@pytest.mark.system
def test_the_hub_wakes_for_her_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "enroll", "--name", "anna", *THREE]) == 0
    capsys.readouterr()
    assert replayed(str(GOLDEN / "lock_the_front_door.flac"), capsys) == 1
    assert replayed(by_another("open_the_bedroom_curtains", tmp_path), capsys) == 0


@pytest.mark.system
@pytest.mark.parametrize(
    ("speakers", "models", "code"),
    [("bert", "hey_jarvis", "voice.unknown"), ("anna", "hey_jarvis,alexa", "voice.no_word")],
)
def test_settings_that_nobody_could_wake_with(
    speakers: str, models: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wake", "enroll", "--name", "anna", *THREE]) == 0
    capsys.readouterr()
    settings = ["--set", f"wake.speakers={speakers}", "--set", f"wake.models={models}"]
    assert main(["replay", "--simulated", "--json", THREE[0], *settings]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == code


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["wake", "enroll", "--help"])
    out = capsys.readouterr().out
    assert "example: edge wake enroll --name anna" in out
    assert "not a lock" in " ".join(out.split())
