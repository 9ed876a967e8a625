"""The whole line on real audio: recordings in, devices changed; and the real process, with all that goes wrong."""

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from paho.mqtt import subscribe

from edge.home.simulated import SimulatedHome
from tools.bench import demo

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

RECORDINGS = demo.RECORDINGS
KITCHEN = RECORDINGS / "turn_on_the_kitchen_light.flac"


def edge(*arguments: str, home: Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """One run of the command, with nothing of this user's configuration."""
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        env=environment(home),
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


@pytest.fixture(scope="module")
def shown() -> list[demo.Shown]:
    return demo.play()


@pytest.mark.parametrize("number", range(len(demo.SCENES)), ids=[scene.file for scene in demo.SCENES])
def test_the_demo_does_as_asked(shown: list[demo.Shown], number: int) -> None:
    one = shown[number]
    assert one.right, (one.turn, one.before, one.after, one.moved)


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


def at(house: SimulatedHome) -> list[str]:
    return ["--set", "mqtt.host=127.0.0.1", "--set", f"mqtt.port={house.port}", "--set", "home.area=Living Room"]


def test_replay_over_mosquitto(house: SimulatedHome, tmp_path: Path) -> None:
    done = edge("replay", "--json", str(KITCHEN), *at(house), home=tmp_path)
    assert done.returncode == 0, done.stderr
    (turn,) = json.loads(done.stdout)["turns"]
    assert turn["outcome"]["commands"][0]["result"] == "confirmed"
    assert turn["utterance"]["wake"] == "Hey Jarvis"
    assert house.state("light.kitchen_light")["state"] == "on"


def test_say_over_mosquitto(house: SimulatedHome, tmp_path: Path) -> None:
    done = edge("say", "set the bedside lamp to blue", *at(house), home=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"Color set\n")
    assert house.state("light.bedside_lamp")["color"] == "blue"


def test_a_device_that_lies_is_told_of(house: SimulatedHome, tmp_path: Path) -> None:
    from edge.home.simulated import Behaviour

    house.behave("light.kitchen_light", Behaviour.SILENT)
    quick = ("--set", "act.confirm_ms=300", "--set", "learning.ask=false")
    done = edge("say", "turn on the kitchen light", *at(house), *quick, home=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"Kitchen Light did not answer\n")


def pcm(path: Path) -> bytes:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000
    return bytes(samples.astype("<i2").tobytes())


def test_run_listens_to_a_stream(house: SimulatedHome, tmp_path: Path) -> None:
    done = edge("run", "--stdin", *at(house), home=tmp_path, stdin=pcm(KITCHEN))
    assert done.returncode == 0, done.stderr
    assert house.state("light.kitchen_light")["state"] == "on"
    assert b"kitchen" not in done.stdout + done.stderr, "nobody was looking on: what was said is not printed"


def test_run_outlives_its_broker(house: SimulatedHome, mosquitto: "Mosquitto", tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--stdin", "--json", *at(house)],
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.write(pcm(KITCHEN))
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        assert first["outcome"]["commands"][0]["result"] == "confirmed"
        mosquitto.kill()
        process.stdin.write(pcm(RECORDINGS / "close_the_garage_door.flac"))
        process.stdin.flush()
        second = json.loads(process.stdout.readline())
        assert second["outcome"]["commands"][0]["result"] == "unreachable"
        assert second["reply"]["text"] == "Sorry, Garage Door cannot be reached"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
        errors = process.stderr.read().decode()
        assert "Traceback" not in errors
        assert errors.count("\n") <= 3
    finally:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        process.wait()


def test_a_command_beside_the_running_hub_does_not_disturb_it(
    house: SimulatedHome, mosquitto: "Mosquitto", tmp_path: Path
) -> None:
    hub = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--stdin", *at(house)],
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert hub.stdin is not None
    assert hub.stderr is not None
    try:
        assert b"listening" in hub.stderr.readline()
        assert edge("say", "turn on the kitchen light", *at(house), home=tmp_path).returncode == 0
        assert edge("devices", *at(house), home=tmp_path).returncode == 0
        assert retained(mosquitto.port, "edge/+/status") == "online"
        hub.stdin.close()
        hub.wait(20)
        assert hub.stderr.read() == b"error: no sound came on standard input; check the command before the pipe\n"
        assert retained(mosquitto.port, "edge/+/status") == "offline"
    finally:
        hub.kill()
        hub.stderr.close()
        hub.wait()


def retained(port: int, topic: str) -> str:
    """What the broker keeps on a topic."""
    return str(subscribe.simple(topic, port=port).payload.decode())


def bad_recordings(folder: Path) -> dict[str, bytes]:
    whole = KITCHEN.read_bytes()
    silent = folder / "silent.wav"
    with wave.open(str(silent), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
    return {
        "missing.wav": b"",
        "empty.wav": b"",
        "no_samples.wav": silent.read_bytes(),
        "text.wav": b"this is not audio at all, " * 50,
        "cut.flac": whole[: len(whole) // 2],
        "header_only.flac": whole[:60],
    }


@pytest.mark.parametrize(
    "name", ["missing.wav", "empty.wav", "no_samples.wav", "text.wav", "cut.flac", "header_only.flac"]
)
def test_a_recording_that_is_none(name: str, house: SimulatedHome, tmp_path: Path) -> None:
    path = tmp_path / name
    if name != "missing.wav":
        path.write_bytes(bad_recordings(tmp_path)[name])
    done = edge("replay", str(path), *at(house), home=tmp_path)
    assert done.returncode == 2
    errors = done.stderr.decode()
    assert errors.count("\n") == 1
    assert errors.startswith("error: ")
    assert name in errors


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(48_000, 2, "PCM_16"), (44_100, 1, "PCM_24"), (16_000, 2, "FLOAT"), (8_000, 1, "PCM_16"), (16_000, 1, "PCM_U8")],
)
def test_other_kinds_of_recordings_are_heard(
    rate: int, channels: int, subtype: str, house: SimulatedHome, tmp_path: Path
) -> None:
    samples, _ = soundfile.read(KITCHEN, dtype="float32")
    times = np.arange(int(len(samples) * rate / 16_000)) * 16_000 / rate
    mono = np.interp(times, np.arange(len(samples)), samples)
    path = tmp_path / "other.wav"
    soundfile.write(path, np.stack([mono] * channels, axis=1), rate, subtype=subtype)
    done = edge("replay", "--json", str(path), *at(house), home=tmp_path)
    turns = json.loads(done.stdout)["turns"]
    assert [turn["utterance"]["wake"] for turn in turns] == ["Hey Jarvis"]


def test_no_broker_is_said_in_one_line(tmp_path: Path) -> None:
    done = edge("say", "hi", "--set", "mqtt.host=127.0.0.1", "--set", "mqtt.port=1", home=tmp_path)
    assert done.returncode == 4
    assert done.stderr.decode().count("\n") == 1


def test_a_model_that_is_cut_short(house: SimulatedHome, tmp_path: Path) -> None:
    store = tmp_path / "models" / "hey_jarvis"
    store.mkdir(parents=True)
    import importlib.util

    spec = importlib.util.find_spec("pymicro_wakeword")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent / "models"
    (store / "hey_jarvis.json").write_bytes((package / "hey_jarvis.json").read_bytes())
    whole = (package / "hey_jarvis.tflite").read_bytes()
    # Of the right size, so that only its contents are wrong.
    (store / "hey_jarvis.tflite").write_bytes(whole[:1000] + bytes(len(whole) - 1000))
    done = subprocess.run(
        [sys.executable, "-m", "edge", "replay", str(KITCHEN), *at(house)],
        env=environment(tmp_path) | {"EDGE_MODELS_DIR": str(tmp_path / "models")},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert b"edge models" in done.stderr
    assert b"Traceback" not in done.stderr
