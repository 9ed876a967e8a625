"""`edge devices --say`: what is shown, what is heard, and what is saved, with the real dictionary and voice."""

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.asr.pocketsphinx import PocketsphinxRecognizer
from edge.audio.resample import Resampler
from edge.cli import main
from edge.cli_say import PAUSE_S
from edge.core.codec import dumps
from edge.core.home import Area, Entity, HomeState
from edge.hearing import expected
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir

PHONES = "R AA B IH K"


def store() -> ModelStore:
    return ModelStore(default_store(), load_manifests([data_dir("models")]))


@pytest.fixture(autouse=True)
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    monkeypatch.delenv("EDGE_MQTT__HOST", raising=False)
    return tmp_path / "user" / "edge" / "pronunciations.dict"


@pytest.fixture
def house() -> HomeState:
    return HomeState.of(
        [Entity("light.q", "light", "Qwyxel", ("Desk Lamp",), "den"), Entity("light.d", "light", "Dowsing Rod")],
        [Area("den", "Den")],
        mic_area="den",
    )


@pytest.fixture
def at_home(tmp_path: Path, house: HomeState) -> list[str]:
    path = tmp_path / "home.json"
    path.write_text(dumps(house))
    return ["--home", str(path)]


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    capsys.readouterr()
    assert main(["devices", "--json", *arguments]) == status
    return json.loads(capsys.readouterr().out)


def test_a_device_is_shown_word_by_word(at_home: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--say", "desk", "lamp", *at_home]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "desk lamp: light.q"
    assert [line.split() for line in lines[4:6]] == [
        ["desk", "DEHSK", "D", "EH", "S", "K", "dictionary", "yes"],
        ["lamp", "LAMP", "L", "AE", "M", "P", "dictionary", "yes"],
    ]


def test_rooms_and_other_text(at_home: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--say", "Den", *at_home)["is"] == ["room Den"]
    other = said(capsys, "--say", "xylophonist", *at_home)
    assert (other["is"], other["words"][0]["heard"]) == ([], False)
    assert said(capsys, "--say", "거실", *at_home, status=1)["words"] == [
        {"word": "거실", "heard": False, "readings": []}
    ]


def test_without_a_home_it_is_told_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = said(capsys, "--say", "EcoBee")
    assert found["words"][0]["heard"] is None
    assert found["words"][0]["readings"][0]["respelled"] == "EE-koh-bee"
    assert "mqtt.host" in found["notes"][0]


@pytest.mark.parametrize(
    ("how", "phones"),
    [
        (["eco", "bee"], "IY K OW B IY"),
        (["eco bee"], "IY K OW B IY"),
        (["EE-koh-bay"], "IY K OW B EY"),
        (["/EH1 K OW0 B IY0/"], "EH K OW B IY"),
        (["sonos"], "S OW N OW S"),
        (["HOWS"], "HH AW S"),
    ],
)
def test_it_can_be_corrected_and_taken_back(
    how: list[str], phones: str, own_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = said(capsys, "--say", "Qwyxel", "--as", *how)["words"][0]["readings"][0]
    assert (first["phones"], first["from"]) == (phones, "household")
    assert own_file.read_text().splitlines()[-1] == f"qwyxel {phones}"
    assert said(capsys, "--say", "Qwyxel", "--forget")["words"][0]["readings"][0]["from"] == "by rule"
    assert said(capsys, "--say", "Qwyxel", "--forget", status=2)["error"] == "say.nothing_saved"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--say", "Qwyxel", "--as", "gnarf bee"], "say.how", "'gnarf' is no word of the dictionary"),
        (["--say", "Qwyxel", "--as", "/IY QQ/"], "say.how", "'QQ' is no phone"),
        (["--say", "Qwyxel", "--as", "//"], "say.how", "needs a vowel"),
        (["--say", "desk", "lamp", "--as", "desk"], "say.one_word", "one word, not 2"),
        (["--say", "!"], "say.no_words", "no word"),
        (["--as", "x"], "say.no_name", "--say NAME"),
        (["--say", "x", "--set", "language=de"], "say.language", "English only"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments: list[str], code: str, message: str, own_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = said(capsys, *arguments, status=2)
    assert found["error"] == code
    assert message in found["message"]
    assert not own_file.exists()


def test_the_sound_is_what_the_recogniser_then_hears(
    house: HomeState, at_home: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
    sound = tmp_path / "said.wav"
    command = ["--say", "turn", "on", "the", "qwyxel", "--to", str(sound), *at_home]
    said(capsys, "--say", "Qwyxel", "--as", f"/{PHONES}/", *at_home)
    assert said(capsys, *command)["sound"] == {"played": False, "file": str(sound), "missing": None}
    with wave.open(str(sound)) as file:
        pcm, rate = file.readframes(file.getnframes()), file.getframerate()
    # The other ways to say `on` and `the` follow after a pause.
    whole = pcm.partition(bytes(2 * round(PAUSE_S * rate)))[0]
    heard = Resampler(rate, 16_000).accept(
        np.frombuffer(whole[: len(whole) // 2 * 2], "<i2").astype(np.float32) / 32768
    )
    samples = np.concatenate([np.zeros(4000), heard, np.zeros(8000)])
    recognizer = PocketsphinxRecognizer(expected(load_profile(), store(), house))
    recognizer.accept((samples * 32767).astype("<i2").tobytes())
    (hypothesis,) = recognizer.finish()
    assert hypothesis.text == "turn on the qwyxel"


def test_a_sound_that_cannot_be_made_is_told(
    at_home: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
    found = said(capsys, "--say", "desk", "--to", str(tmp_path / "no" / "where.wav"), *at_home, status=2)
    assert "where.wav" in found["sound"]["missing"]
    assert found["words"][0]["readings"]


def test_a_wrong_file_names_its_line(own_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_file.parent.mkdir(parents=True)
    own_file.write_text("ecobee IY K OW B IY\nqwyxel KW\n")
    assert main(["devices", "--say", "Qwyxel"]) == 2
    assert f"{own_file}:2: 'KW' is no phone" in capsys.readouterr().err


def test_a_running_hub_takes_up_a_change(house: HomeState) -> None:
    profile = load_profile(overrides=["asr.engine=pocketsphinx"])
    with Hub(profile, StillHome(house), store=store) as hub:
        standby = hub.standby()
        first = standby()
        standby.refresh()
        assert standby() is first
        assert main(["devices", "--json", "--say", "Qwyxel", "--as", "eco bee"]) == 0
        standby.refresh()
        assert standby() is not first
