"""The sentence encoder that word vectors are learnt from, at 64 bits, in parts that an interrupted run keeps."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.quantize.bert_onnx import sentence_encoder
from tools.quantize.family import Progress, kept
from tools.quantize.wordpiece import SentenceVectors

Floats = NDArray[np.float64]

PART = 512
"""Texts that are kept together."""
_AT_ONCE = 16
"""Texts of one inference: of more, what is computed does not stay in the cache, and takes half as long again."""


class Teacher:
    """Texts to vectors of unit length."""

    def __init__(self, source: Path, work: Path, progress: Progress) -> None:
        """source: folder of the model. Raises InputError (`quantize.source`), MissingError (`quantize.extra`)."""
        self._work, self._progress = work, progress
        graph = sentence_encoder(source, double=True).SerializeToString()
        self._vectors = SentenceVectors(graph, source / "vocab.txt", exact=True)

    def vectors(self, texts: Sequence[str], what: str) -> Floats:
        """Shape (texts, dims). what: these texts, for the progress."""
        found = []
        for at in range(0, len(texts), PART):
            self._progress(what, at, len(texts))
            part = texts[at : at + PART]
            name = sha256("\n".join(part).encode()).hexdigest()[:16]
            path = kept(self._work / f"{name}.npy", lambda aside, part=part: self._save(aside, part))  # type: ignore[misc]
            found.append(np.load(path))
        self._progress(what, len(texts), len(texts))
        return np.concatenate(found)

    def _save(self, path: Path, texts: Sequence[str]) -> None:
        order = sorted(range(len(texts)), key=lambda number: len(texts[number].split()))
        rows: list[tuple[int, Floats]] = []
        for at in range(0, len(order), _AT_ONCE):
            some = order[at : at + _AT_ONCE]
            rows += zip(some, np.asarray(self._vectors([texts[n] for n in some]), np.float64), strict=True)
        with path.open("wb") as file:
            np.save(file, np.stack([row for _, row in sorted(rows, key=lambda entry: entry[0])]))
