"""The command line, on a home from a file: nothing is configured, and nothing is contacted."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import main
from edge.core.codec import dumps
from edge.core.home import HomeState


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    monkeypatch.delenv("EDGE_MQTT__HOST", raising=False)


@pytest.fixture
def home_file(tmp_path: Path, home: HomeState) -> str:
    path = tmp_path / "home.json"
    path.write_text(dumps(home))
    return str(path)


def test_say_tells_what_it_would_do(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--home", home_file, "lock the front door"]) == 0
    assert capsys.readouterr().out == "would lock lock.front_door\n"


def test_say_answers(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--home", home_file, "is the front door locked"]) == 0
    assert capsys.readouterr().out == "Yes\n"


def test_say_as_json(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--json", "--home", home_file, "turn on the heater"]) == 1
    turn = json.loads(capsys.readouterr().out)
    assert turn["done"] is False
    assert turn["plan"]["candidates"] == ["switch.heater_a", "switch.heater_b"]
    assert "home" not in turn


@pytest.mark.parametrize("text", ["", "gibberish about nothing", "turn on " * 5000, "\x00", "{{ 7 * 7 }}"])
def test_what_says_nothing_is_answered_in_words(text: str, home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--home", home_file, text]) == 1
    out = capsys.readouterr()
    assert out.out == "Sorry, I couldn't understand that\n"
    assert out.err == ""


def test_verbose_shows_the_way(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["say", "-v", "--home", home_file, "turn on the kitchen light"])
    out = capsys.readouterr().out
    assert "HassTurnOn(domain=light, name=Kitchen Light)" in out
    assert "turn_on light.kitchen" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "this is not JSON"),
        ("[]", "expected an object"),
        ('{"entities": {"a": 5}}', "entities.a: expected an object"),
        ('{"entities": {}, "colour": 1}', "no such key"),
    ],
)
def test_a_home_that_is_none(tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    assert main(["say", "--home", str(path), "hi"]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "edge devices --json" in error


def test_without_a_broker_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "turn on the light"]) == 2
    error = capsys.readouterr().err
    assert "mqtt.host" in error
    assert "--simulated" in error


def test_errors_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--json", "hi"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "link.not_configured"


def test_wrong_configuration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "edge.toml"
    config.write_text("[mqtt]\nprot = 1883\n")
    assert main(["profile", "--config", str(config)]) == 2
    error = capsys.readouterr().err
    assert "edge.toml:2" in error
    assert "port" in error


def test_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "--board", "raspberry-pi-4", "--set", "mqtt.password=hush", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["board"]["value"] == "raspberry-pi-4"
    assert "hush" not in out


def test_devices(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--home", home_file, "front"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["room", "name", "state", "heard", "voice", "id"]
    assert [line.split()[-1] for line in lines[2:]] == ["binary_sensor.front_door", "lock.front_door"]


def test_devices_as_json_is_a_home_again(tmp_path: Path, home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--json", "--home", home_file]) == 0
    again = tmp_path / "again.json"
    again.write_text(capsys.readouterr().out)
    assert main(["say", "--home", str(again), "is the front door locked"]) == 0


@pytest.mark.parametrize("command", ["run", "replay", "say", "devices", "home", "models", "profile", "doctor"])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main([command, "--help"])
    assert exit_info.value.code == 0
    assert f"example: edge {command}" in capsys.readouterr().out


def test_typed_requests_load_no_audio_and_no_recogniser(home_file: str) -> None:
    program = (
        "import sys; from edge.cli import main; main(sys.argv[1:]); "
        "print(sorted({m.partition('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "say", "--home", home_file, "turn on the kitchen light"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {
        "numpy",
        "sounddevice",
        "soundfile",
        "tflite_runtime",
        "pocketsphinx",
        "vosk",
        "amqtt",
        "onnxruntime",
        "ctranslate2",
    }
    assert not heavy & set(json.loads(done.stdout.splitlines()[-1].replace("'", '"')))


def in_terminal(home_file: str, *answers: str) -> tuple[int, str]:
    """Exit status of a request in a terminal that is answered so, and what the terminal shows."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "edge", "say", "--home", home_file, "turn on the heater"]
    shown = b""
    with subprocess.Popen(command, stdin=there, stdout=there, stderr=there) as process:
        os.close(there)
        with contextlib.suppress(OSError):  # Linux's way to say that the other end has closed
            for answer in (*answers, ""):
                while not shown.endswith(b"> "):
                    shown += os.read(here, 1024)
                os.write(here, answer.encode() + b"\n")
                shown += os.read(here, 1)
        with contextlib.suppress(OSError):
            while more := os.read(here, 1024):
                shown += more
        os.close(here)
    return process.returncode, shown.decode()


def test_say_takes_the_answer_in_a_terminal(home_file: str) -> None:
    status, shown = in_terminal(home_file, "the hall", "the garage one")
    assert status == 0
    assert "would turn on switch.heater_b" in shown


def test_say_takes_no_answer_for_none(home_file: str) -> None:
    status, shown = in_terminal(home_file)
    assert status == 1
    assert "would" not in shown


def test_say_without_a_terminal_does_not_wait(home_file: str) -> None:
    command = [sys.executable, "-m", "edge", "say", "--home", home_file, "turn on the heater"]
    done = subprocess.run(command, input=b"the garage one\n", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, b"The Heater in the Bedroom or in the Garage?\n")
