import subprocess
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from edge import doctor
from edge.core.errors import InputError, MissingError, UnreachableError
from edge.doctor import LIBRARIES, Check, Health, Library, diagnose, installed_version
from edge.feedback.store import Store
from edge.manifest import HttpsSource, Manifest, ModelFile, WakeThresholds
from edge.models import ModelStore, Task
from edge.profile import Profile
from edge.settings import (
    AsrSettings,
    AudioSettings,
    BudgetSettings,
    MemorySettings,
    MqttSettings,
    PathSettings,
    ReplySettings,
    UpstreamSettings,
    WakeSettings,
)

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SOURCE = HttpsSource("https://example.org/x.zip", EMPTY, 1)


def manifest(model_id: str, task: Task) -> Manifest:
    phrase = model_id if task is Task.WAKE else ""
    return Manifest(model_id, task, "MIT", phrase=phrase, files=(ModelFile("model", EMPTY, 0),), sources=(SOURCE,))


MODELS = (
    manifest("hey_jarvis", Task.WAKE),
    manifest("silero-vad", Task.VAD),
    manifest("pocketsphinx-en-us", Task.ASR),
    manifest("vosk-small-en-us", Task.ASR),
    manifest("whisper-tiny-en", Task.ASR),
    manifest("voice", Task.TTS),
)


class House:
    """A hub on which all is well, in a folder; tests then break one thing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "proc").mkdir()
        self.memory("MemTotal: 4000000 kB\nMemAvailable:  2000000 kB\n")
        self.store = ModelStore(folder / "models", {model.id: model for model in MODELS})
        for model in MODELS:
            (folder / "models" / model.id).mkdir(parents=True)
            (folder / "models" / model.id / "model").touch()
        self.profile = Profile(
            board="x86-64",
            mqtt=MqttSettings(host="broker.local", tls=True),
            paths=PathSettings(folder / "data", folder / "sentences", folder / "own.dict"),
            budget=BudgetSettings(disk_mib=1),
        )

    def memory(self, text: str) -> None:
        (self.folder / "proc/meminfo").write_text(text)

    def checks(
        self,
        microphones: Callable[[], Sequence[str]] | None = lambda: ["USB microphone"],
        connect: Callable[[], None] | None = lambda: None,
    ) -> dict[str, Check]:
        found = diagnose(self.profile, store=self.store, microphones=microphones, connect=connect, root=self.folder)
        assert all(check.advice or check.status is not Health.FAIL for check in found)
        assert len({check.name for check in found}) == len(found)
        return {check.name: check for check in found}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def fails(error: Exception) -> Callable[[], None]:
    def connect() -> None:
        raise error

    return connect


def no_sound() -> Sequence[str]:
    raise MissingError("audio.no_portaudio", "PortAudio is missing: apt install libportaudio2")


def test_nothing_is_wrong_where_nothing_is_wrong(house: House) -> None:
    checks = house.checks()
    assert {check.status for check in checks.values()} == {Health.OK}
    assert not any(check.advice for check in checks.values())


def test_the_list_of_libraries_is_that_of_the_package() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]

    def named(requirements: list[str]) -> set[str]:
        return {requirement.partition(">")[0].strip() for requirement in requirements}

    either = {"tflite-runtime", "ai-edge-litert"}
    base = {library.distribution for library in LIBRARIES if not library.extra}
    assert len(base & either) == 1
    assert base - either == named(project["dependencies"]) - either
    for extra in ("demo", "vosk", "speech", "verifier", "plot", "whisper"):
        listed = {library.distribution for library in LIBRARIES if library.extra == extra}
        assert listed == named(project["optional-dependencies"][extra])


def test_libraries_that_are_missing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = (Library("absent", "absent_module"), Library("absent-voice", "absent_voice", "speech"))
    monkeypatch.setattr(doctor, "LIBRARIES", absent)
    checks = house.checks()
    assert checks["library absent"] == Check("library absent", Health.FAIL, "not installed", "run pip install absent")
    assert checks["library absent-voice"].status is Health.OK
    house.profile = replace(house.profile, reply=ReplySettings(speak=True))
    assert house.checks()["library absent-voice"].advice == 'run pip install "edge-hub[speech]"'


def test_versions_are_told_without_importing() -> None:
    assert installed_version(Library("pytest", "pytest")) == pytest.__version__
    assert installed_version(Library("no-such-distribution", "pytest")) == "version unknown"
    assert installed_version(Library("pytest", "no_such_module")) is None


def test_an_old_python(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PYTHON", ((3, 98), (3, 99)))
    assert house.checks()["python"].advice == "install Python 3.98 to 3.98"


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
    assert (found.status, found.advice) == (Health.FAIL, 'run pip install "edge-hub[whisper]"')


@pytest.mark.parametrize(
    ("device", "microphones", "status", "found"),
    [
        (None, None, Health.WARN, "not looked for"),
        (None, list, Health.FAIL, "none found"),
        (None, no_sound, Health.FAIL, "PortAudio is missing: apt install libportaudio2"),
        ("usb", lambda: ["USB microphone"], Health.OK, "USB microphone"),
        ("1", lambda: ["USB microphone"], Health.OK, "USB microphone"),
        ("hat", lambda: ["USB microphone"], Health.FAIL, "hat is not among USB microphone"),
    ],
)
def test_microphone(
    house: House, device: str | None, microphones: Callable[[], Sequence[str]] | None, status: Health, found: str
) -> None:
    house.profile = replace(house.profile, audio=AudioSettings(device=device))
    check = house.checks(microphones)["microphone"]
    assert (check.status, check.found) == (status, found)


def test_broker(house: House) -> None:
    assert house.checks(connect=None)["broker"].found == "broker.local:1883, not tried"
    for error in (
        UnreachableError("mqtt.refused", "refused"),
        ConnectionRefusedError("refused"),
        TimeoutError("refused"),
    ):
        check = house.checks(connect=fails(error))["broker"]
        assert (check.status, check.found) == (Health.FAIL, "broker.local:1883: refused")
    house.profile = replace(house.profile, mqtt=MqttSettings(host="broker.local"))
    assert house.checks()["broker"].found == "broker.local:1883, without TLS"
    house.profile = replace(house.profile, mqtt=MqttSettings())
    assert house.checks()["broker"].status is Health.WARN


def test_a_check_that_crashes_does_not_take_the_others_with_it(house: House) -> None:
    checks = house.checks(connect=fails(ZeroDivisionError()))
    assert checks["broker"].found == "the check itself failed: ZeroDivisionError"
    assert checks["sentences"].status is Health.OK


def test_a_password_that_everybody_can_read(house: House) -> None:
    secret = house.folder / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    house.profile = replace(house.profile, mqtt=MqttSettings(password_file=secret))
    assert house.checks()["secrets"].advice == f"run chmod o-r {secret}"
    secret.chmod(0o640)
    assert house.checks()["secrets"].status is Health.OK
    secret.unlink()
    assert house.checks()["secrets"].status is Health.FAIL
    config = house.folder / "edge.toml"
    config.write_text("")
    config.chmod(0o644)
    house.profile = replace(house.profile, mqtt=MqttSettings(password="x"), origins={"mqtt.password": f"{config}:3"})
    assert house.checks()["secrets"].advice == f"run chmod o-r {config}"


def test_disk_and_memory(house: House) -> None:
    house.profile = replace(house.profile, budget=BudgetSettings(ram_mib=1_000_000, disk_mib=1_000_000_000))
    checks = house.checks()
    assert (checks["disk"].status, checks["memory"].status) == (Health.WARN, Health.WARN)
    assert checks["memory"].found == "1,953 MiB free, budget 1,000,000 MiB"
    house.memory("nothing")
    assert house.checks()["memory"].found == "this system does not tell how much is free"
    (house.folder / "proc/meminfo").unlink()
    assert house.checks()["memory"].status is Health.WARN


def test_a_data_folder_that_cannot_be_written_to(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert house.checks()["disk"].found == f"{house.folder} cannot be written to"


def test_what_the_hub_keeps(house: House) -> None:
    folder = house.folder / "data"
    history, timers = folder / "history.db", folder / "timers.json"

    def found() -> list[tuple[Health, str]]:
        return [(house.checks()[name].status, house.checks()[name].found) for name in ("history", "timers")]

    assert found() == [
        (Health.OK, f"{history}, not there yet; memory.keep is all"),
        (Health.OK, f"{timers}, not there yet"),
    ]
    folder.mkdir()
    Store(history, "house", lambda code, _: pytest.fail(code)).close()
    timers.write_bytes(bytes(2048))
    for path in (history, timers):
        path.chmod(0o644)
    assert found() == [(Health.WARN, f"{path} is not for its owner alone") for path in (history, timers)]
    assert house.checks()["history"].advice == f"run chmod 600 {history}"
    history.chmod(0o600)
    timers.unlink()
    timers.mkdir()
    assert found() == [
        (Health.OK, f"{history}, {history.stat().st_size / 1024:.0f} KiB; memory.keep is all"),
        (Health.WARN, f"{timers} is no file"),
    ]
    house.profile = replace(house.profile, memory=MemorySettings("nothing"), mqtt=MqttSettings(client_id="hub2"))
    assert found() == [
        (Health.WARN, f"{history} is there, and memory.keep is nothing"),
        (Health.OK, f"{folder}/timers-hub2.json, not there yet"),
    ]
    history.unlink()
    assert found()[0] == (Health.OK, "nothing is kept, as memory.keep is nothing")


def test_the_outbox_where_somebody_wants_one(house: House) -> None:
    assert "outbox" not in house.checks()
    house.profile = replace(house.profile, upstream=UpstreamSettings(carrier="mqtt"))
    path = house.folder / "data" / "outbox.db"
    assert house.checks()["outbox"].found == f"{path}, not there yet; see: edge outbox status"
    path.parent.mkdir()
    path.write_bytes(b"")
    path.chmod(0o644)
    house.profile = replace(house.profile, upstream=UpstreamSettings())
    assert house.checks()["outbox"].advice == f"run chmod 600 {path}"


def test_a_damaged_history_and_those_set_aside(house: House) -> None:
    history = house.folder / "data" / "history.db"
    history.parent.mkdir()
    history.write_bytes(b"no database " * 500)
    assert house.checks()["history"].found == f"{history} is damaged"
    Store(history, "house", lambda *_: None).close()
    checks = house.checks()
    assert checks["history"].status is Health.OK
    assert checks["history set aside"].found.startswith("history.db.broken-1 beside ")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "data"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_or_read_only(house: House, disk: Path) -> None:
    Store(disk / "history.db", "house", lambda code, _: pytest.fail(code)).close()
    assert house.checks()["history"].status is Health.OK
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    assert (house.checks()["history"].found, house.checks()["history"].advice) == (
        f"{disk} is full: nothing more is kept",
        "free some space there",
    )
    (disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    told = house.checks()["history"]
    assert told.found == f"{disk} is on a disk that is mounted read-only: nothing is kept"
    assert "chown" not in told.advice


def test_a_folder_that_cannot_be_made(house: House) -> None:
    house.profile = replace(house.profile, paths=PathSettings(Path("/proc/edge"), house.folder, house.folder / "own"))
    assert house.checks()["history"].found.startswith("/proc/edge/history.db cannot be made in /proc (")


def test_custom_sentences(house: House) -> None:
    folder = house.profile.paths.custom_sentences
    folder.mkdir()
    assert house.checks()["sentences"].found == f"0 files in {folder}"
    (folder / "mine.txt").touch()
    assert house.checks()["sentences"].status is Health.WARN
    (folder / "en").mkdir()
    (folder / "en/mine.yaml").touch()
    assert house.checks()["sentences"].found == f"1 file in {folder}"
    (folder / "broken.yml").symlink_to(folder / "absent")
    assert house.checks()["sentences"].advice == f"run chmod +r {folder / 'broken.yml'}"


def test_pronunciations(house: House) -> None:
    path = house.profile.paths.pronunciations
    assert "pronunciations" not in house.checks()
    path.write_text("ecobee IY K OW B IY\n")
    assert house.checks()["pronunciations"].found == f"1 word in {path}"
    path.write_text("ecobee IY K OW B IY\nsonos XX\n")
    assert house.checks()["pronunciations"].status is Health.FAIL
    assert house.checks()["pronunciations"].found.startswith(f"{path}:2: 'XX' is no phone")


def test_custom_sentences_that_cannot_be_used(house: House) -> None:
    folder = house.profile.paths.custom_sentences
    folder.mkdir()
    (folder / "mine.yaml").write_text("intents: [")

    def read() -> None:
        raise InputError("grammar.custom", "mine.yaml:1: not YAML")

    checks = {c.name: c for c in diagnose(house.profile, store=house.store, sentences=read)}
    assert checks["sentences"].status is Health.FAIL
    assert checks["sentences"].found == "mine.yaml:1: not YAML"


def test_custom_sentences_that_are_no_folder(house: House) -> None:
    house.profile.paths.custom_sentences.touch()
    assert house.checks()["sentences"].status is Health.FAIL
