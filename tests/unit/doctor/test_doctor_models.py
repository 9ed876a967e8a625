"""The doctor looks at the models and libraries of what will listen, and at no others."""

from dataclasses import replace

import pytest

from edge import doctor
from edge.doctor import Health, Library
from edge.manifest import WakeThresholds
from edge.models import ModelStore, Task
from edge.settings import AsrSettings, ReplySettings, WakeSettings
from tests.unit.doctor.healthy import House, manifest


def test_models(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (house.folder / "models/hey_jarvis/model").write_text("damaged")
    found = house.checks()["wake word: hey_jarvis"]
    assert (found.status, found.advice) == (Health.FAIL, "run edge models pull hey_jarvis")
    house.profile = replace(
        house.profile, wake=WakeSettings(models=("hey_jarvs",)), reply=ReplySettings(speak=True, voice="voice")
    )
    checks = house.checks()
    assert checks["wake word: hey_jarvs"].found == "there is no such model"
    assert checks["voice: voice"].status is Health.OK


def test_wake_words_in_files_and_their_verifiers(house: House) -> None:
    mine = house.folder / "mine.onnx"
    house.profile = replace(house.profile, wake=WakeSettings(models=(str(mine), "hey_jarvis")))
    assert house.checks()["wake word: mine.onnx"].status is Health.FAIL
    mine.touch()
    assert house.checks()["wake word: mine.onnx"].status is Health.OK
    assert "wake verifier of hey_jarvis" not in house.checks()
    model = replace(house.store.manifests["hey_jarvis"], wake=WakeThresholds("other"))
    others = {"hey_jarvis": model, "other": manifest("other", Task.WAKE)}
    house.store = ModelStore(house.store.directory, {**house.store.manifests, **others})
    check = house.checks()["wake verifier of hey_jarvis"]
    assert (check.status, "non-commercial" in check.found) == (Health.OK, True)
    (house.folder / "models/other").mkdir()
    (house.folder / "models/other/model").touch()
    assert house.checks()["wake verifier of hey_jarvis"].found.endswith("verified; licence MIT")
    for folder, health in ((house.folder / "models/other", Health.OK), (house.folder / "nowhere", Health.FAIL)):
        house.profile = replace(house.profile, wake=WakeSettings(verifier=folder))
        check = house.checks()["wake verifier of hey_jarvis"]
        assert (check.status, str(folder) in check.found) == (health, True)
    house.profile = replace(house.profile, wake=WakeSettings(verify="off"))
    assert house.checks()["wake verifier of hey_jarvis"].found == "off"


@pytest.mark.parametrize(
    ("engine", "library", "model", "checked"),
    [
        ("auto", True, True, "vosk-small-en-us"),
        ("auto", True, False, "pocketsphinx-en-us"),
        ("auto", False, True, "pocketsphinx-en-us"),
        ("pocketsphinx", True, True, "pocketsphinx-en-us"),
        ("vosk", True, False, "vosk-small-en-us"),
    ],
)
def test_the_model_of_the_recogniser_that_will_run_is_checked(
    house: House, monkeypatch: pytest.MonkeyPatch, engine: str, library: bool, model: bool, checked: str
) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", (Library("pytest", "pytest" if library else "absent_module", "vosk"),))
    monkeypatch.setattr(doctor, "VOSK", doctor.LIBRARIES[0])
    house.profile = replace(house.profile, asr=AsrSettings(engine=engine))  # type: ignore[arg-type]
    if not model:
        (house.folder / "models/vosk-small-en-us/model").unlink()
        (house.folder / "models/vosk-small-en-us").rmdir()
    recognition = [check for name, check in house.checks().items() if name.startswith("recognition")]
    assert [check.name for check in recognition] == [f"recognition: {checked}"]
    assert (recognition[0].status is Health.OK) == (model or checked != "vosk-small-en-us")


@pytest.mark.parametrize(
    ("engine", "ram_mib", "library", "checked"),
    [
        ("auto", 1024, True, ["pocketsphinx-en-us", "whisper-tiny-en"]),
        ("auto", 512, True, ["pocketsphinx-en-us"]),
        ("auto", 1024, False, ["pocketsphinx-en-us"]),
        ("together", 256, True, ["pocketsphinx-en-us", "whisper-tiny-en"]),
        ("whisper", 256, True, ["whisper-tiny-en"]),
        ("pocketsphinx", 1024, True, ["pocketsphinx-en-us"]),
    ],
)
def test_whisper_is_checked_where_it_listens(
    house: House, monkeypatch: pytest.MonkeyPatch, engine: str, ram_mib: int, library: bool, checked: list[str]
) -> None:
    absent = Library("vosk", "absent_module", "vosk")
    whisper = Library("pytest", "pytest" if library else "absent_module", "whisper")
    monkeypatch.setattr(doctor, "LIBRARIES", (absent, whisper))
    monkeypatch.setattr(doctor, "VOSK", absent)
    monkeypatch.setattr(doctor, "WHISPER", whisper)
    house.profile = replace(
        house.profile,
        asr=AsrSettings(engine=engine),  # type: ignore[arg-type]
        budget=replace(house.profile.budget, ram_mib=ram_mib),
    )
    found = [name for name in house.checks() if name.startswith("recognition")]
    assert found == [f"recognition: {model}" for model in checked]


def test_whisper_that_is_configured_and_not_installed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Library("ctranslate2", "absent_module", "whisper")
    monkeypatch.setattr(doctor, "LIBRARIES", (absent,))
    house.profile = replace(house.profile, asr=AsrSettings(engine="together"))
    found = house.checks()["library ctranslate2"]
    assert (found.status, found.advice) == (Health.FAIL, "run make install EXTRAS=whisper")
