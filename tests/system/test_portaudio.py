"""The real PortAudio and ALSA, with a recording as the microphone: ALSA's own `file` plugin plays it."""

import ctypes.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

RECORDING = Path(__file__).parents[1] / "golden" / "audio" / "turn_on_the_kitchen_light.flac"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        ctypes.util.find_library("portaudio") is None,
        reason="PortAudio is not installed: apt-get install libportaudio2",
    ),
]

CONFIGURATION = """
</usr/share/alsa/alsa.conf>
pcm.recording {{
  type file
  slave.pcm "null"
  file "/dev/null"
  infile "{raw}"
  format "raw"
  hint {{ show on description "recording" }}
}}
"""

PROGRAM = """
import itertools, json, sys
from edge.audio.microphone import MicrophoneSource, microphones
from edge.core.errors import EdgeError
names = microphones()
try:
    with MicrophoneSource(sys.argv[1] or None, queue_frames=5000) as source:
        pcm = b"".join(frame.pcm for frame in itertools.islice(source, 100))
    print(json.dumps({"names": names, "opened": source.name, "pcm": pcm.hex()}))
except EdgeError as error:
    print(json.dumps({"names": names, "error": error.code, "message": str(error)}))
"""


def run(device: str, folder: Path) -> dict[str, str]:
    samples, _ = soundfile.read(RECORDING, dtype="int16")
    raw = folder / "microphone.raw"
    raw.write_bytes(samples.tobytes())
    configuration = folder / "asound.conf"
    configuration.write_text(CONFIGURATION.format(raw=raw))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, device],
        env=dict(os.environ) | {"ALSA_CONFIG_PATH": str(configuration)},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    told: dict[str, str] = json.loads(done.stdout)
    return told


def test_a_microphone_is_opened_by_name_and_delivers_its_sound(tmp_path: Path) -> None:
    told = run("recording", tmp_path)
    assert told["opened"] == "recording"
    samples, _ = soundfile.read(RECORDING, dtype="int16")
    assert bytes.fromhex(told["pcm"]) == samples[: 100 * 320].tobytes()


def test_a_name_that_no_microphone_has_is_answered_with_those_there_are(tmp_path: Path) -> None:
    told = run("a very good one", tmp_path)
    assert told["error"] == "audio.microphone_missing"
    assert "recording" in told["message"]
