"""Text to the word pieces of an uncased BERT (Devlin et al. 2019), and to sentence vectors by an ONNX graph."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError
from tools.quantize.family import missing_extra

MAX_PIECES = 128
"""With [CLS] and [SEP]; what is longer is cut, as the model's makers did."""
_MAX_LETTERS = 100
"""A longer word is unknown as a whole."""
_BATCH = 256


class WordPieces:
    """Greedy longest match against a vocabulary."""

    def __init__(self, vocabulary: Path) -> None:
        """vocabulary: one piece a line. Raises InputError (`quantize.source`)."""
        try:
            pieces = vocabulary.read_text(encoding="utf-8").splitlines()
            self._ids: Mapping[str, int] = {piece: number for number, piece in enumerate(pieces)}
            self._begin, self._end = self._ids["[CLS]"], self._ids["[SEP]"]
            self._unknown = self._ids["[UNK]"]
        except (OSError, ValueError) as error:
            raise InputError("quantize.source", f"{vocabulary}: cannot be read: {error}") from error
        except KeyError as error:
            raise InputError("quantize.source", f"{vocabulary}: corrupt: it holds no {error.args[0]}") from error

    def ids(self, text: str) -> list[int]:
        """Numbers of the pieces, between [CLS] and [SEP]."""
        pieces = [number for word in _words(text) for number in self._pieces(word)]
        return [self._begin, *pieces[: MAX_PIECES - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _MAX_LETTERS:
            return [self._unknown]
        found: list[int] = []
        at = 0
        while at < len(word):
            for end in range(len(word), at, -1):
                number = self._ids.get(("##" if at else "") + word[at:end])
                if number is not None:
                    break
            else:
                return [self._unknown]
            found.append(number)
            at = end
        return found


class SentenceVectors:
    """Vectors of sentences by a graph with the inputs and the output of `bert_onnx.sentence_encoder`."""

    def __init__(self, model: Path | bytes, vocabulary: Path, *, exact: bool = False) -> None:
        """model: the file, or its bytes. exact: for a graph of 64 bits, whose nodes must not be fused.

        Raises InputError (`quantize.source`), MissingError (`quantize.extra`).
        """
        self._pieces = WordPieces(vocabulary)
        self._session = open_session(model, exact=exact)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.floating[Any]]:
        """Shape (texts, dimensions), rows of length 1; sentences of one length are computed together."""
        ids = [self._pieces.ids(text) for text in texts]
        by_length: defaultdict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(ids):
            by_length[len(row)].append(number)
        found: dict[int, NDArray[np.floating[Any]]] = {}
        for _, numbers in sorted(by_length.items()):
            for at in range(0, len(numbers), _BATCH):
                some = numbers[at : at + _BATCH]
                rows = self._session.run(None, feed([ids[number] for number in some]))[0]
                found |= dict(zip(some, rows, strict=True))
        return np.stack([found[number] for number in range(len(ids))])


def feed(ids: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
    """The graph's inputs for sentences of one length."""
    rows = np.array(ids, dtype=np.int64)
    return {"input_ids": rows, "attention_mask": np.ones_like(rows)}


def open_session(model: Path | bytes, *, exact: bool = False) -> Any:
    """An onnxruntime session on one thread, so that its sums come out the same however busy the machine is.

    exact: no nodes are fused. Raises InputError (`quantize.source`), MissingError (`quantize.extra`).
    """
    try:
        import onnxruntime as ort
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if exact:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        given = model if isinstance(model, bytes) else str(model)
        return ort.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class in common
        named = "the graph" if isinstance(model, bytes) else str(model)
        raise InputError("quantize.source", f"{named}: onnxruntime cannot run it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def _words(text: str) -> list[str]:
    """Lower case, no accents, every sign of punctuation by itself."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if _is_punctuation(c) else c for c in plain).split()


def _is_punctuation(sign: str) -> bool:
    return unicodedata.category(sign).startswith("P") or (sign.isascii() and not sign.isalnum() and not sign.isspace())
