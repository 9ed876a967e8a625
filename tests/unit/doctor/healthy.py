"""A healthy hub for the doctor, with models that are empty files."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.doctor import Check, Health, diagnose
from edge.manifest import HttpsSource, Manifest, ModelFile
from edge.models import ModelStore, Task
from edge.profile import Profile
from edge.settings import BudgetSettings, MqttSettings, PathSettings

NOW = dt.datetime(2026, 11, 25, 18, 0, tzinfo=dt.UTC)
CARDS = """ 0 [vc4hdmi        ]: vc4-hdmi - vc4-hdmi
                      vc4-hdmi
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.2, full speed
"""
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SOURCE = HttpsSource("https://example.org/x.zip", EMPTY, 1)


def manifest(model_id: str, task: Task) -> Manifest:
    """Of a model that is an empty file."""
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
        self.environ: dict[str, str] = {}
        self.now = NOW
        self.write("proc/cpuinfo", "processor\t: 0\nprocessor\t: 1\nprocessor\t: 2\nprocessor\t: 3\n")
        self.write("proc/loadavg", "0.20 0.30 0.25 1/180 4321\n")
        self.write("proc/asound/cards", CARDS)
        self.write("proc/asound/card1/pcm0c/info", "card: 1\n")
        self.write("dev/snd/pcmC1D0c", "")
        self.write("run/systemd/timesync/synchronized", "")
        self.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
        self.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
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

    def write(self, name: str, text: str) -> Path:
        """A file of the system that this hub runs on."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def memory(self, text: str) -> None:
        """What the system tells of its memory."""
        (self.folder / "proc/meminfo").write_text(text)

    def checks(
        self,
        microphones: Callable[[], Sequence[str]] | None = lambda: ["USB microphone"],
        connect: Callable[[], None] | None = lambda: None,
    ) -> dict[str, Check]:
        """What is found, by the names of the checks."""
        found = diagnose(
            self.profile,
            store=self.store,
            microphones=microphones,
            connect=connect,
            root=self.folder,
            environ=self.environ,
            now=self.now,
        )
        assert all(check.advice or check.status is not Health.FAIL for check in found)
        assert len({check.name for check in found}) == len(found)
        return {check.name: check for check in found}
