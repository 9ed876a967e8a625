"""A second opinion: openWakeWord models, larger and slower than the first stage's, and different in kind.

The openWakeWord project (D. Scripka) hears in three steps: 32 mel bands every 10 ms; an embedding of 96 numbers (the
speech embedding of Lin et al., "Training Keyword Spotters with Limited and Synthesized Speech Data", 2020) of every
76 of those; and a small classifier, the only part that knows a phrase, on 16 embeddings that lie 80 ms apart. So two
seconds of sound make one score.

Two ways of running it are here. `OpenWakeWord.accept` follows a stream, one score every 80 ms. `OpenWakeWord.look`
examines sound that has been kept: between two of the stream's scores a short word may slip through, so it tries ends
that lie `HOP_MS` apart, and it sees the whole two seconds at once, as the models did when they were trained.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edge.audio import tflite
from edge.audio.infer import SUFFIXES, Runner, runner
from edge.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_STEP = 1280
"""Samples, 80 ms: one embedding."""
_HOP = 160
"""Samples, 10 ms: one mel frame."""
_FFT = 512
"""Samples that one mel frame is made of."""
_CONTEXT = 480
"""Samples before a step that its first mel frames reach back to."""
_BANDS = 32
_EMBEDDED = 76
"""Mel frames of one embedding."""
_APART = _STEP // _HOP
"""Mel frames from one embedding of a classifier's input to the next."""
EMBEDDING = 96
HOP_MS = 20
"""From one end that a look tries to the next: measured, of the words that kitchen noise of 5 dB drowns for one in 80
ms, half are found."""
_BATCH = 16
_LEVEL = 3000.0
"""RMS, of int16 samples, that a look makes soft speech as loud as: measured, the models miss less of it then."""
_MOST_GAIN = 8.0
_LEVEL_BYTES = 2 * 8000
FEATURE_FILES = ("melspectrogram", "embedding_model")


class OpenFeatures:
    """The two models that all openWakeWord classifiers share."""

    def __init__(self, mel: Runner, embedding: Runner) -> None:
        self._mel = mel
        self._embedding = embedding

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From a folder with melspectrogram and embedding_model, each .tflite or .onnx.

        Raises InputError (`wake.model_missing`, `wake.model_broken`) and MissingError.
        """
        import numpy as np

        mel, embedding = (_feature_file(folder, name) for name in FEATURE_FILES)
        made = cls(runner(mel), runner(embedding))
        silence = np.zeros(_STEP + _CONTEXT, dtype=np.float32)
        bands = np.zeros((1, _EMBEDDED, _BANDS), dtype=np.float32)
        # Somebody else's models: one that does not fit says so here, not at the first wake word.
        for path, right in (
            (mel, lambda: made.mel(silence).shape == (_APART, _BANDS)),
            (embedding, lambda: made.embed(bands).shape == (1, EMBEDDING)),
        ):
            _check(path, right)
        return made

    def mel(self, samples: "Floats") -> "Floats":
        """Mel frames, shape (n, 32). samples: in the range of int16, shape (160 n + 352,) or a little more."""
        return self._mel(samples[None]).reshape(-1, _BANDS) / 10 + 2

    def embed(self, windows: "Floats") -> "Floats":
        """Embeddings, shape (n, 96). windows: mel frames, shape (n, 76, 32)."""
        import numpy as np

        # Batches of two sizes only, because a new size makes the interpreter plan its memory again.
        found = []
        for at in range(0, len(windows), _BATCH):
            batch = windows[at : at + _BATCH]
            if len(batch) == _BATCH:
                found.append(self._embedding(batch[..., None]).reshape(-1, EMBEDDING))
            else:
                found += [self._embedding(one[None, ..., None]).reshape(-1, EMBEDDING) for one in batch]
        return np.concatenate(found)


class OpenWakeWord:
    """One openWakeWord classifier with the features that it needs. Load one with `load`."""

    def __init__(
        self, features: OpenFeatures, classifier: Runner, *, inputs: int, phrase: str, threshold: float
    ) -> None:
        """inputs: embeddings that the classifier takes."""
        self.phrase = phrase
        self.threshold = threshold
        self.features = features
        self._classifier = classifier
        self.inputs = inputs
        import numpy as np

        # What was before the stream is taken for a quiet room: mel frames of 1, as openWakeWord itself begins.
        self._quiet_mels = np.ones((_EMBEDDED, _BANDS), dtype=np.float32)
        self._quiet_embeddings = np.repeat(features.embed(self._quiet_mels[None]), inputs, axis=0)
        self.reset()

    @classmethod
    def load(cls, path: Path, features: Path, *, phrase: str, threshold: float = 0.5) -> Self:
        """A classifier's .tflite or .onnx file. features: folder of the models that all classifiers share.

        threshold: 0.5 is what openWakeWord itself uses. Raises InputError (`wake.model_missing`, `wake.model_broken`,
        `wake.threshold`) and MissingError (`wake.onnx_missing`, `wake.tflite_missing`).
        """
        if not 0 < threshold < 1:
            raise InputError("wake.threshold", f"a wake word's threshold lies between 0 and 1; {threshold} does not")
        classifier = runner(path)
        shape = classifier.input_shape
        inputs = shape[1] if len(shape) == 3 and shape[2] == EMBEDDING else 0
        if not 1 <= inputs <= 100:
            raise tflite.broken(path)
        import numpy as np

        empty = np.zeros((1, inputs, EMBEDDING), dtype=np.float32)
        _check(path, lambda: classifier(empty).size == 1)
        return cls(OpenFeatures.load(features), classifier, inputs=inputs, phrase=phrase, threshold=threshold)

    def reset(self) -> None:
        """Forget the stream."""
        import numpy as np

        self._rest = b""
        self._samples = np.zeros(_CONTEXT, dtype=np.float32)
        self._mels = self._quiet_mels
        self._embeddings = self._quiet_embeddings
        self._score = 0.0

    def accept(self, pcm: bytes) -> float:
        """Score after the newest whole 80 ms of the stream, 0 to 1; 0 before the first.

        pcm: 16 kHz mono int16, little-endian, any length.
        """
        import numpy as np

        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % (2 * _STEP)
        self._rest = pcm[whole:]
        for at in range(0, whole, 2 * _STEP):
            step = np.frombuffer(pcm[at : at + 2 * _STEP], "<i2").astype(np.float32)
            heard = np.concatenate((self._samples, step))
            self._samples = step[-_CONTEXT:]
            self._mels = np.concatenate((self._mels, self.features.mel(heard)))[-_EMBEDDED:]
            embedding = self.features.embed(self._mels[None])
            self._embeddings = np.concatenate((self._embeddings, embedding))[-self.inputs :]
            self._score = self.classify(self._embeddings)
        return self._score

    def look(self, pcm: bytes, back_ms: int) -> "Look":
        """A closer look at the sound up to now, which may go on as more arrives.

        pcm: the last seconds, 16 kHz mono int16, little-endian; silence is put before it where it is too short.
        back_ms: how far before its end the word may have ended.
        """
        return Look(self, pcm, back_ms)

    @property
    def needs_ms(self) -> int:
        """Milliseconds of sound that one score is made of."""
        return (_HOP * (_EMBEDDED - 1 + _APART * (self.inputs - 1)) + _FFT) // 16 + 1

    def classify(self, embeddings: "Floats") -> float:
        """Score, 0 to 1, of embeddings that lie 80 ms apart, shape (inputs, 96)."""
        return float(self._classifier(embeddings[None]).item())


class Look:
    """Scores of one stretch of sound, at every `HOP_MS`; made by `OpenWakeWord.look`."""

    def __init__(self, model: OpenWakeWord, pcm: bytes, back_ms: int) -> None:
        needs = 2 * 16 * (model.needs_ms + back_ms)
        self._model = model
        self._pcm = pcm[-needs:].rjust(needs, b"\0")
        self._gain = _gain(self._pcm)
        self._embeddings: dict[int, Floats] = {}
        """By the mel frame that they end with."""
        self._next = _frames(self._pcm) - 1 - back_ms // 10
        """The mel frame that the next score ends with."""

    def accept(self, pcm: bytes = b"") -> "Iterator[float]":
        """The scores, 0 to 1, that this further sound makes possible.

        They are worked out one after the other, those first that share most of their embeddings, so whoever has seen
        enough stops and saves the rest; what is not asked for by the next call is never worked out.
        """
        self._pcm += pcm
        ends = range(self._next, _frames(self._pcm), HOP_MS // 10)
        if not ends:
            return
        import numpy as np

        self._next = ends[-1] + HOP_MS // 10
        model = self._model
        samples = np.frombuffer(self._pcm, "<i2").astype(np.float32) * np.float32(self._gain)
        mels = model.features.mel(np.clip(samples, -32768, 32767))
        phases: dict[int, list[int]] = {}
        for end in reversed(ends):
            phases.setdefault(end % _APART, []).append(end)
        for grid in phases.values():
            inputs = {end: range(end - _APART * (model.inputs - 1), end + 1, _APART) for end in grid}
            new = sorted({at for each in inputs.values() for at in each} - self._embeddings.keys())
            windows = np.stack([mels[at - _EMBEDDED + 1 : at + 1] for at in new])
            self._embeddings |= zip(new, model.features.embed(windows), strict=True)
            for each in inputs.values():
                yield model.classify(np.stack([self._embeddings[at] for at in each]))


def _frames(pcm: bytes) -> int:
    """Mel frames that this sound makes."""
    return max(0, (len(pcm) // 2 - _FFT) // _HOP + 1)


def _gain(pcm: bytes) -> float:
    """What makes the newest half second as loud as near speech; nothing is made softer."""
    import numpy as np

    newest = np.frombuffer(pcm[-_LEVEL_BYTES:], "<i2").astype(np.float64)
    rms = float(np.sqrt(np.mean(newest**2)))
    return min(_MOST_GAIN, max(1.0, _LEVEL / rms)) if rms > 0 else 1.0


def _feature_file(folder: Path, name: str) -> Path:
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            return path
    raise InputError("wake.model_missing", f"{folder} holds no {name}.tflite, which every openWakeWord model needs")


def _check(path: Path, right: Callable[[], bool]) -> None:
    try:
        fits = right()
    except ValueError as error:
        raise tflite.broken(path) from error
    if not fits:
        raise tflite.broken(path)
