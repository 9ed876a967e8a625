"""The first stage: a microWakeWord model, small enough to run all the time."""

import json
from collections import deque
from pathlib import Path
from typing import Any, Self

from edge.audio import tflite
from edge.core.errors import InputError, MissingError
from edge.core.text import normalize

_STEP_BYTES = 2 * 160
"""10 ms: what the front end takes at a time, and the step of its features."""
_FEATURES = 40


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
        self._features: list[float] = []
        """Of the frames that wait for an inference, one after the other."""
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
        pcm = self._rest + pcm if self._rest else pcm
        whole = len(pcm) - len(pcm) % _STEP_BYTES
        self._rest = pcm[whole:]
        process, waiting = self._front_end.process_samples, self._features
        for at in range(0, whole, _STEP_BYTES):
            waiting += process(pcm[at : at + _STEP_BYTES]).features  # none until its first window of 30 ms is full
            if len(waiting) == self._wanted:
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
        # Without a delegate: these models are too small to gain by one (18 µs an inference, 19 µs with it).
        self._interpreter = tflite.interpreter(self._model, delegate=False)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0]["shape"]) != 3 or inputs[0]["shape"][2] != _FEATURES:
            raise ValueError("no microWakeWord model")
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self._shape = tuple(int(n) for n in inputs[0]["shape"])
        self._wanted = self._shape[1] * _FEATURES
        self._input_type = inputs[0]["dtype"]
        self._input_scale, self._input_zero = inputs[0]["quantization"]
        self._output_scale, self._output_zero = outputs[0]["quantization"]
        if not self._input_scale or not self._output_scale or self._shape[0] != 1:
            raise ValueError("no quantized model")
        limits = np.iinfo(self._input_type)
        self._low, self._high = float(limits.min), float(limits.max)

    def _infer(self) -> None:
        import numpy as np

        # Half the time of this class is spent here, so the arithmetic stays in one array.
        features = np.array(self._features)
        self._features.clear()
        features /= self._input_scale
        features += self._input_zero
        np.rint(features, out=features)
        np.maximum(features, self._low, out=features)
        np.minimum(features, self._high, out=features)
        self._interpreter.set_tensor(self._input, features.astype(self._input_type).reshape(self._shape))
        self._interpreter.invoke()
        output = float(self._interpreter.get_tensor(self._output).item())
        self._outputs.append((output - self._output_zero) * self._output_scale)
        if len(self._outputs) == self._outputs.maxlen:
            self._score = sum(self._outputs) / len(self._outputs)


def _read_manifest(path: Path) -> tuple[str, float, int]:
    """Phrase, threshold and number of outputs to average."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("wake.manifest", f"{path} cannot be read: {error.strerror or error}") from error
    try:
        manifest: Any = json.loads(text)
        micro = manifest["micro"]
        kind = manifest["type"], manifest["version"]
        phrase, window = manifest["wake_word"], micro["sliding_window_size"]
        cutoff = float(micro["probability_cutoff"])
    except (ValueError, KeyError, TypeError) as error:
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
