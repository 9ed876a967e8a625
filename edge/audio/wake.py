"""Frame -> wake word or not.

`MicroWakeWord` is one model and gives a score; `WakeDetector` decides on the scores of one or several. What listens
for a wake word takes any `WakeStage`, so a second stage that checks what the first one found can be put around it.
"""

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from edge.audio import tflite
from edge.audio.capture import RATE, Frame
from edge.core.errors import InputError, MissingError
from edge.core.text import normalize

_STEP_BYTES = 2 * 160
"""10 ms: what the front end takes at a time, and the step of its features."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A wake word was heard."""

    phrase: str
    score: float
    """0 to 1."""
    at_sample: int
    """Stream offset just after the sound that decided it, shortly after the word's end."""


class WakeStage(Protocol):
    """Decides, frame by frame, whether a wake word was just said."""

    def accept(self, frame: Frame) -> Detection | None:
        """The wake word that this frame completes, once."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


class WakeModel(Protocol):
    """Scores sound for one phrase."""

    @property
    def phrase(self) -> str:
        """The phrase, as it is said."""
        ...

    @property
    def threshold(self) -> float:
        """Score from which on the phrase counts as said, 0 to 1."""
        ...

    def accept(self, pcm: bytes) -> float:
        """Score, 0 to 1, after this sound. pcm: 16 kHz mono int16, little-endian, any length."""
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


class MicroWakeWord:
    """A streaming model of the microWakeWord project (K. Ahrendt), run as ESPHome's micro_wake_word runs it.

    40 spectral features every 10 ms (the front end of TensorFlow Lite Micro), as many of them an inference as the
    model takes, and the mean of its last outputs as the score. Load one with `load`.
    """

    def __init__(self, model: bytes, *, phrase: str, threshold: float, window: int) -> None:
        """model: a whole .tflite file, checked by `tflite.load`; window: outputs to average.

        Raises MissingError (`wake.features_missing`, `wake.tflite_missing`), ValueError for a model of another kind.
        """
        try:
            from pymicro_features import MicroFrontend
        except ImportError as error:
            raise MissingError(
                "wake.features_missing",
                "the wake word needs pymicro-features; install it: pip install pymicro-features",
            ) from error
        self.phrase = phrase
        self.threshold = threshold
        self._model = model
        self._front_end = MicroFrontend()
        self._outputs: deque[float] = deque(maxlen=window)
        self._features: list[Sequence[float]] = []
        self._rest = b""
        self._score = 0.0
        self._start()

    @classmethod
    def load(cls, model_path: Path, manifest_path: Path, threshold: float | None = None) -> Self:
        """A model from its file and its manifest (microWakeWord's JSON, version 2).

        threshold: overrides the manifest's `probability_cutoff`. Raises InputError (`wake.model_missing`,
        `wake.model_broken`, `wake.manifest`, `wake.threshold`) and MissingError.
        """
        phrase, cutoff, window = _read_manifest(manifest_path)
        threshold = cutoff if threshold is None else threshold
        if not 0 < threshold < 1:
            raise InputError("wake.threshold", f"a wake word's threshold lies between 0 and 1; {threshold} does not")
        try:
            return cls(tflite.load(model_path), phrase=phrase, threshold=threshold, window=window)
        except (ValueError, RuntimeError) as error:
            raise tflite.broken(model_path) from error

    def accept(self, pcm: bytes) -> float:
        """Mean of the last outputs, 0 to 1; 0 until there are enough of them.

        pcm: 16 kHz mono int16, little-endian, any length.
        """
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % _STEP_BYTES
        self._rest = pcm[whole:]
        for at in range(0, whole, _STEP_BYTES):
            features = self._front_end.process_samples(pcm[at : at + _STEP_BYTES]).features
            if features:  # its first window takes 30 ms to fill
                self._features.append(features)
            if len(self._features) == self._stride:
                self._infer()
        return self._score

    def reset(self) -> None:
        """Forget the stream."""
        self._front_end.reset()
        self._outputs.clear()
        self._features.clear()
        self._rest = b""
        self._score = 0.0
        self._start()

    def _start(self) -> None:
        import numpy as np

        # A new interpreter, in 0.2 ms: `reset_all_variables` zeroes the model's state, which is not how it begins.
        self._interpreter = tflite.interpreter(self._model)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0]["shape"]) != 3 or inputs[0]["shape"][2] != 40:
            raise ValueError("no microWakeWord model")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._stride = int(inputs[0]["shape"][1])
        self._input_type = inputs[0]["dtype"]
        self._input_scale, self._input_zero = inputs[0]["quantization"]
        self._output_scale, self._output_zero = outputs[0]["quantization"]
        if not self._input_scale or not self._output_scale:
            raise ValueError("no quantized model")
        self._range = np.iinfo(self._input_type)

    def _infer(self) -> None:
        import numpy as np

        features = np.array([self._features], dtype=np.float64) / self._input_scale + self._input_zero
        self._features.clear()
        quantized = np.clip(np.round(features), self._range.min, self._range.max).astype(self._input_type)
        self._interpreter.set_tensor(self._input, quantized)
        self._interpreter.invoke()
        output = float(self._interpreter.get_tensor(self._output).item())
        self._outputs.append((output - self._output_zero) * self._output_scale)
        if len(self._outputs) == self._outputs.maxlen:
            self._score = sum(self._outputs) / len(self._outputs)


def _read_manifest(path: Path) -> tuple[str, float, int]:
    """Phrase, threshold and number of outputs to average."""
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
        micro = manifest["micro"]
        kind = manifest["type"], manifest["version"]
        phrase, window = manifest["wake_word"], micro["sliding_window_size"]
        cutoff = float(micro["probability_cutoff"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _wrong_manifest(path) from error
    if kind != ("micro", 2) or not isinstance(phrase, str) or not normalize(phrase):
        raise _wrong_manifest(path)
    if not isinstance(window, int) or not 1 <= window <= 100:
        raise _wrong_manifest(path)
    return phrase, cutoff, window


def _wrong_manifest(path: Path) -> InputError:
    return InputError(
        "wake.manifest", f"{path} is no microWakeWord manifest of version 2; check it with: edge models verify"
    )


class WakeDetector:
    """Scores of one or several models -> one detection for each time a phrase is said."""

    def __init__(self, models: Sequence[WakeModel], *, release: float = 0.5, refractory_ms: int = 2000) -> None:
        """models: each with its own threshold.

        release: share of its threshold that a model's score must fall under before it can fire again, so that a score
        that wavers about the threshold fires once; refractory_ms: for how long after a detection no model fires.
        Raises ValueError for no models, a release outside (0, 1] and a negative time.
        """
        if not models or not 0 < release <= 1 or refractory_ms < 0:
            raise ValueError("give at least one model, a release in (0, 1] and a time of 0 ms or more")
        self._models = tuple(models)
        self._release = release
        self._refractory = refractory_ms * RATE // 1000
        self._armed = [True] * len(self._models)
        self._deaf_until = 0
        self.reset()

    def accept(self, frame: Frame) -> Detection | None:
        """The phrase that this frame completes; the surer one where two do."""
        found: Detection | None = None
        for place, model in enumerate(self._models):
            score = model.accept(frame.pcm)
            if not self._armed[place]:
                self._armed[place] = score < self._release * model.threshold
            elif score >= model.threshold and frame.end >= self._deaf_until:
                self._armed[place] = False
                if found is None or score > found.score:
                    found = Detection(model.phrase, score, frame.end)
        if found is not None:
            self._deaf_until = frame.end + self._refractory
        return found

    def reset(self) -> None:
        """Forget the stream."""
        for model in self._models:
            model.reset()
        self._armed = [True] * len(self._models)
        self._deaf_until = 0
