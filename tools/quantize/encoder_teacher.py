"""The sentence encoder that word vectors are learnt from, at 64 bits, in pieces that an interrupted run keeps."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.quantize.bert_onnx import sentence_encoder
from tools.quantize.family import Progress, kept, missing_extra
from tools.quantize.wordpiece import WordPiece

Floats = NDArray[np.float64]

PART = 4096
"""Texts that are kept together."""
_TOKENS = 1024
"""Of one inference: more need more memory and no less time."""


class Teacher:
    """Texts to vectors of unit length."""

    def __init__(self, source: Path, work: Path, progress: Progress) -> None:
        """source: folder of the model. Raises InputError (`quantize.source`), MissingError (`quantize.extra`)."""
        self.tokens = WordPiece.read(source / "vocab.txt")
        self._work, self._progress = work, progress
        try:
            import onnxruntime as rt
        except ModuleNotFoundError as error:
            raise missing_extra(error) from error
        options = rt.SessionOptions()
        options.graph_optimization_level = rt.GraphOptimizationLevel.ORT_ENABLE_BASIC  # see `bert_onnx`
        graph = sentence_encoder(source, double=True).SerializeToString()
        self._session = rt.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def vectors(self, texts: Sequence[str], what: str) -> Floats:
        """Shape (texts, dims). what: these texts, for the progress."""
        found = []
        for at in range(0, len(texts), PART):
            part = texts[at : at + PART]
            name = f"{sha256(chr(10).join(part).encode()).hexdigest()[:16]}.npy"
            path = kept(self._work / name, lambda aside, part=part, at=at: self._save(aside, part, (what, at, len(texts))))  # type: ignore[misc]
            found.append(np.load(path))
        self._progress(what, len(texts), len(texts))
        return np.concatenate(found)

    def _save(self, path: Path, texts: Sequence[str], told: tuple[str, int, int]) -> None:
        what, before, total = told
        ids = [self.tokens.ids(text) for text in texts]
        out = np.zeros((len(texts), self._session.get_outputs()[0].shape[1]))
        order = sorted(range(len(texts)), key=lambda number: len(ids[number]))
        at = 0
        while at < len(order):
            # Texts of one length only, so that nothing is masked and a text's vector does not depend on its batch.
            length = len(ids[order[at]])
            end = at
            while end < len(order) and len(ids[order[end]]) == length and (end - at) * length < _TOKENS:
                end += 1
            batch = order[at:end]
            given = np.array([ids[number] for number in batch], np.int64)
            out[batch] = self._session.run(None, {"input_ids": given, "attention_mask": np.ones_like(given)})[0]
            at = end
            self._progress(what, before + at, total)
        with path.open("wb") as file:
            np.save(file, out)
