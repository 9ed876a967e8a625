"""A healthy hub for the doctor, with models that are empty files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from edge.doctor import Check, Health, diagnose
from edge.manifest import HttpsSource, Manifest, ModelFile
from edge.models import ModelStore, Task
from edge.profile import Profile
from edge.settings import BudgetSettings, MqttSettings, PathSettings

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
        """What the system tells of its memory."""
        (self.folder / "proc/meminfo").write_text(text)

    def checks(
        self,
        microphones: Callable[[], Sequence[str]] | None = lambda: ["USB microphone"],
        connect: Callable[[], None] | None = lambda: None,
    ) -> dict[str, Check]:
        """What is found, by the names of the checks."""
        found = diagnose(self.profile, store=self.store, microphones=microphones, connect=connect, root=self.folder)
        assert all(check.advice or check.status is not Health.FAIL for check in found)
        assert len({check.name for check in found}) == len(found)
        return {check.name: check for check in found}
