"""The doctor finds nothing where nothing is wrong, and says what to do where something is."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge import doctor
from edge.core.errors import MissingError, UnreachableError
from edge.doctor import LIBRARIES, Check, Health, Library, installed_version
from edge.settings import AudioSettings, MqttSettings, ReplySettings
from tests.unit.doctor.healthy import House

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


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
    assert house.checks()["library absent-voice"].advice == "run make install EXTRAS=speech"


def test_versions_are_told_without_importing() -> None:
    assert installed_version(Library("pytest", "pytest")) == pytest.__version__
    assert installed_version(Library("no-such-distribution", "pytest")) == "version unknown"
    assert installed_version(Library("pytest", "no_such_module")) is None


def test_an_old_python(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PYTHON", ((3, 98), (3, 99)))
    assert house.checks()["python"].advice == "install Python 3.98 to 3.98"


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
