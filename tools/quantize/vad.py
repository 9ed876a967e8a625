"""The family `vad`: Silero's voice activity detector as its makers publish it, to static int8."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.codec import dumps
from tools.quantize import onnx_int8, speech_frames
from tools.quantize.family import LAYERS, Measured, Progress, Variant, kept
from tools.quantize.onnx_losses import layer_losses
from tools.quantize.onnx_lstm import write_out
from tools.quantize.recipe import Recipe
from tools.quantize.source import source
from tools.quantize.speech_frames import RATE, WINDOW, Samples
from tools.quantize.timing import timing
from tools.quantize.wordpiece import open_session

RECORDINGS = Path(__file__).resolve().parents[2] / "tests" / "golden" / "audio"
"""Of the calibration set; measured is on others."""
_CONTEXT = 64
"""Samples of the window before that the model sees, too."""
_LEVELS = (1.0, 0.25)
"""People speak up, and from afar."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a recipe of this family says."""

    file: str
    """Of the base model."""
    windows: int = 800
    """In the calibration set."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not onnx_int8.MIN_SAMPLES <= self.windows <= 100_000:
            raise ValueError(f"windows: expected {onnx_int8.MIN_SAMPLES} to 100000")


class _Vad:
    @property
    def options(self) -> type:
        return Options

    def reads(self) -> Sequence[Path]:
        return sorted(RECORDINGS.rglob("*.flac"))

    def build(self, recipe: Recipe, work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        options: Options = recipe.options
        published = source(recipe, progress) / options.file
        float32 = kept(work / "float32.onnx", partial(shutil.copyfile, published))
        written = kept(work / "written_out.onnx", partial(_write_out, float32))
        samples = self._samples(written, options.windows, progress)

        progress("quantizing", 0, 0)
        int8 = kept(work / "int8.onnx", lambda path: onnx_int8.static(written, path, samples))
        losses = layer_losses(written, int8, samples, progress=progress)
        kept(work / LAYERS, lambda path: path.write_text(dumps(losses, indent=2), encoding="utf-8"))
        variants = (("float32", float32, 32), ("int8", int8, 8))
        return tuple(Variant(name, (path,), bits, name in recipe.ship) for name, path, bits in variants)

    def measure(
        self,
        recipe: Recipe,  # noqa: ARG002 - families have it
        variant: Variant,
        *,
        data: Path | None,
        progress: Progress,
    ) -> Measured | None:
        found = data and speech_frames.accuracy(_Detector(variant.files[0]), data)
        if not found:
            return None
        points, counts = found
        progress("timing", 0, 0)
        inputs = [samples for path in self.reads()[:3] for samples in _cut(speech_frames.read(path))]
        cost = timing(_opened, variant.files, inputs, libraries=("onnxruntime",))
        return Measured(points, counts, cost.us_p50, cost.load_ms, cost.memory_mb)

    def _samples(self, model: Path, windows: int, progress: Progress) -> list[Mapping[str, NDArray[Any]]]:
        """Windows from all through the recordings, each with the state that the model has got into by then."""
        detector = _Detector(model)
        every: list[Mapping[str, NDArray[Any]]] = []
        paths = self.reads()
        for number, path in enumerate(paths):
            progress("listening to the calibration set", number, len(paths))
            for level in _LEVELS:
                every += detector.feeds(speech_frames.read(path) * np.float32(level))
        return every[:: max(1, len(every) // windows)][:windows]


FAMILY = _Vad()


class _Detector:
    """Probabilities and inputs of a recording, window by window."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model)

    def __call__(self, samples: Samples) -> NDArray[np.float64]:
        return np.array([said for said, _ in self._run(samples)])

    def feeds(self, samples: Samples) -> list[Mapping[str, NDArray[Any]]]:
        return [feed for _, feed in self._run(samples)]

    def _run(self, samples: Samples) -> list[tuple[float, Mapping[str, NDArray[Any]]]]:
        state = np.zeros((2, 1, 128), np.float32)
        context = np.zeros(_CONTEXT, np.float32)
        found: list[tuple[float, Mapping[str, NDArray[Any]]]] = []
        for window in _cut(samples):
            feed = _feed(np.concatenate([context, window]), state)
            said, state = self._session.run(None, feed)
            context = window[-_CONTEXT:]
            found.append((float(said[0, 0]), feed))
        return found


def _cut(samples: Samples) -> list[Samples]:
    return [samples[at : at + WINDOW] for at in range(0, len(samples) - WINDOW + 1, WINDOW)]


def _feed(window: Samples, state: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    return {"input": window[np.newaxis], "state": state, "sr": np.array(RATE)}


def _opened(files: tuple[Path, ...]) -> Callable[[Samples], object]:
    session = open_session(files[0])
    state = np.zeros((2, 1, 128), np.float32)
    context = np.zeros(_CONTEXT, np.float32)
    return lambda window: session.run(None, _feed(np.concatenate([context, window]), state))


def _write_out(published: Path, target: Path) -> None:
    frozen = target.with_name("frozen.onnx")
    onnx_int8.freeze_shapes(published, frozen, {"input": (1, _CONTEXT + WINDOW), "state": (2, 1, 128)})
    onnx_int8.onnx_library().save(write_out(onnx_int8.load(frozen)), str(target))
    frozen.unlink()
