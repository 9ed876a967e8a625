from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import InputError
from tests.unit.quantize.test_bert_onnx import write_bert
from tools.quantize.bert_onnx import sentence_encoder
from tools.quantize.wordpiece import MAX_PIECES, SentenceVectors, WordPieces, open_session

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "turn", "on", "light", "##s", ".", "naive", "21"]


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(PIECES) + "\n")
    return path


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Turn ON", ["turn", "on"]),
        ("lights.", ["light", "##s", "."]),
        ("na\u00efve", ["naive"]),
        ("21\u00b0", ["[UNK]"]),  # a sign of degree is no punctuation
        ("lightx on", ["[UNK]", "on"]),
        ("s", ["[UNK]"]),
        ("", []),
        ("light" * 30, ["[UNK]"]),  # a word of more than 100 letters
    ],
)
def test_the_longest_piece_is_taken(vocabulary: Path, text: str, pieces: list[str]) -> None:
    found = [PIECES[number] for number in WordPieces(vocabulary).ids(text)]
    assert found == ["[CLS]", *pieces, "[SEP]"]


def test_a_long_text_is_cut(vocabulary: Path) -> None:
    ids = WordPieces(vocabulary).ids("on " * 500)
    assert len(ids) == MAX_PIECES
    assert PIECES[ids[-1]] == "[SEP]"


def test_a_corrupt_vocabulary_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("turn\non\n")
    with pytest.raises(InputError, match=r"vocab\.txt: corrupt: it holds no \[CLS\]"):
        WordPieces(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"vocab\.txt: cannot be read"):
        WordPieces(path)


def test_vectors_do_not_depend_on_what_else_is_asked_for(tmp_path: Path, vocabulary: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra quantize: pip install -e '.[quantize]'")
    pytest.importorskip("onnxruntime", reason="needs the extra quantize: pip install -e '.[quantize]'")
    model = sentence_encoder(write_bert(tmp_path), double=True).SerializeToString()
    vectors = SentenceVectors(model, vocabulary, exact=True)
    texts = ["turn on", "light", "on turn", "lights."]
    together = vectors(texts)
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-12
    for text, vector in zip(texts, together, strict=True):
        assert np.abs(vectors([text])[0] - vector).max() < 1e-12


def test_what_is_no_graph_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra quantize: pip install -e '.[quantize]'")
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a graph")
    with pytest.raises(InputError, match=r"model\.onnx: onnxruntime cannot run it"):
        open_session(path)
