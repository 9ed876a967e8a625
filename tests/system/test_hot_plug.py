"""Sound that goes away and comes back, through the real PortAudio: it is listened to again."""

import ctypes.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system import sound_server
from tests.system.sound_server import SoundServer

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        ctypes.util.find_library("portaudio") is None,
        reason="PortAudio is not installed: apt-get install libportaudio2",
    ),
]
PATIENCE_S = 30.0

LISTEN = """
import sys, time
from edge.audio.live import LiveListening
from edge.audio.microphone import Microphones
heard = [0]
class Listener:
    def accept(self, frame):
        heard[0] += 1
        if heard[0] == 1:
            print("listening", flush=True)
    def finish(self):
        pass
    def reset(self):
        heard[0] = 1  # the first of them has been told of
def outage(error):
    print(error.code if error else "back", flush=True)
made = LiveListening(Microphones("pipewire", rate=None, queue_frames=500), Listener(), on_outage=outage)
sys.stdin.read()
made.close()
print("closed", flush=True)
"""

SPEAK = """
import sys
from edge.core.errors import EdgeError
from edge.core.turn import Reply, Turn, Utterance
from edge.core.home import HomeState
from edge.core.pipeline import run
from edge.reply.speak import SoundCard, Speak
class Voice:
    rate = 16000
    def synthesize(self, text):
        yield bytes(3200)
        print("speaking", flush=True)
        yield bytes(2 * 16000 * len(text))
speak = Speak(Voice(), SoundCard("pipewire"))
speak.on_outage = lambda error: print(error.code if error else "back", flush=True)
def said(text):
    turn = Turn("t", 0, HomeState(), Utterance(()), reply=Reply(text))
    return run(turn, [speak], clock=lambda: 0.0, on_unexpected=lambda *e: print("unexpected", *e, flush=True))
for text in iter(sys.stdin.readline, ""):
    turn = said(text.strip())
    print("spoken" if turn.reply.spoken else "unspoken", flush=True)
"""

CONFIGURATION = """
</usr/share/alsa/alsa.conf>
{pcms}
"""
PCM = """
pcm.{name} {{
  type file
  slave.pcm "null"
  file "/dev/null"
  infile "/dev/zero"
  hint {{ show on description "{name}" }}
}}
"""

RENUMBER = """
import itertools, json, sys
from pathlib import Path
from edge.audio.microphone import Microphones, microphones
from edge.core.errors import EdgeError
configuration, *stages = json.loads(sys.argv[1])
open_one, told = None, []
for stage in stages:
    Path(configuration).write_text(stage)
    if open_one is None:
        number = next(one.partition(":")[0] for one in microphones() if one.endswith(": desk"))
        open_one = Microphones(number, rate=None, queue_frames=50)
    try:
        with open_one() as source:
            frames = len(list(itertools.islice(source, 5)))
            told.append([source.name, frames, [one for one in microphones() if one.endswith(": desk")]])
    except EdgeError as error:
        told.append(error.code)
print(json.dumps(told))
"""


class Told:
    """A program that tells, line by line, how its sound fares."""

    def __init__(self, program: str, environ: dict[str, str], folder: Path) -> None:
        self._log = (folder / "program.log").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> "Told":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._log.close()

    def ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def next(self) -> str:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return line.strip()
        self._log.seek(0)
        raise AssertionError(self._log.read().decode(errors="replace"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SoundServer]:
    if sound_server.MISSING:
        pytest.skip(sound_server.INSTALL)
    made = SoundServer(tmp_path)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def test_a_sound_server_that_is_restarted_and_one_that_hangs(server: SoundServer, tmp_path: Path) -> None:
    with Told(LISTEN, server.environ, tmp_path) as told:
        assert told.next() == "listening"

        server.kill()
        assert told.next() == "audio.microphone_lost"
        server.start()
        assert told.next() == "back"

        # As on resume: nothing is broken, and nothing comes.
        server.signal(signal.SIGSTOP)
        assert told.next() == "audio.microphone_lost"
        server.signal(signal.SIGCONT)
        assert told.next() == "back"


def test_a_loudspeaker_that_goes_away_while_it_speaks(server: SoundServer, tmp_path: Path) -> None:
    with Told(SPEAK, server.environ, tmp_path) as told:
        told.ask("a short one")
        assert told.next() == "speaking"
        assert told.next() == "spoken"

        told.ask("a reply that goes on and on")
        assert told.next() == "speaking"
        server.kill()
        assert told.next() in ("speak.output_lost", "speak.no_output")
        assert told.next() == "unspoken"
        told.ask("and another")  # of which it is not told again
        assert told.next() == "unspoken"

        server.start()
        told.ask("hi")
        assert told.next() == "speaking"
        assert told.next() == "back"
        assert told.next() == "spoken"


def test_a_microphone_that_comes_back_under_another_number(tmp_path: Path) -> None:
    configuration = tmp_path / "asound.conf"

    def of(*names: str) -> str:
        return CONFIGURATION.format(pcms="".join(PCM.format(name=name) for name in names))

    argument = json.dumps([str(configuration), of("desk"), of("other"), of("other", "another", "desk")])
    done = subprocess.run(
        [sys.executable, "-c", RENUMBER, argument],
        env=dict(os.environ) | {"ALSA_CONFIG_PATH": str(configuration)},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    first, without, again = json.loads(done.stdout)
    listed: list[Any] = [first[2], again[2]]
    assert listed[0] != listed[1], "it has the same number: nothing was tried"
    assert (first[:2], again[:2]) == (["desk", 5], ["desk", 5])
    assert without == "audio.microphone_missing"


def test_the_doctor_hears_that_a_microphone_is_muted(server: SoundServer) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "doctor", "--json", "--listen", "1.5", "--set", "audio.device=pipewire"],
        env=server.environ,
        capture_output=True,
        timeout=60,
        check=False,
    )
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["sound system"]["found"] == "PipeWire, in this user's session; audio.device is pipewire"
    assert checks["microphone level"]["found"].startswith("nothing but silence: it is muted, or the wrong one")
    assert done.returncode == 1
