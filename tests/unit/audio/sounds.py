"""What the audio tests share: the project's own recordings, frames from samples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.audio.capture import FRAME_SAMPLES, FileSource, Frame
from edge.audio.wake import MicroWakeWord

GOLDEN = Path(__file__).parents[2] / "golden" / "audio"


@dataclass(frozen=True)
class Recording:
    """One of the project's own recordings."""

    path: Path
    text: str | None
    wake: bool

    def frames(self) -> Iterator[Frame]:
        with FileSource(self.path) as source:
            yield from source

    @property
    def pcm(self) -> bytes:
        return b"".join(frame.pcm for frame in self.frames())


def recordings() -> list[Recording]:
    rows = [json.loads(line) for line in (GOLDEN / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Recording(GOLDEN / row["file"], row["text"], row["wake"]) for row in rows]


def recording(stem: str) -> Recording:
    return next(r for r in recordings() if r.path.stem == stem)


def frames_of(pcm: bytes, start: int = 0) -> list[Frame]:
    size = 2 * FRAME_SAMPLES
    pcm = pcm.ljust(-(-len(pcm) // size) * size, b"\0")
    return [Frame(start + at // 2, pcm[at : at + size]) for at in range(0, len(pcm), size)]


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * 16_000))


def tone(hz: float, seconds: float, rate: int, level: float = 0.5) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def model_files(name: str) -> tuple[Path, Path]:
    spec = find_spec("pymicro_wakeword")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "models"
    return folder / f"{name}.tflite", folder / f"{name}.json"


def hey_jarvis() -> MicroWakeWord:
    return MicroWakeWord.load(*model_files("hey_jarvis"))
