"""Distilling, from a sentence encoder of a few hundred weights: kept in parts, the same again, whole in the end."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import InputError
from edge.nlu.static_encoder import StaticEncoder
from tools.quantize.encoder import Options, _distilled
from tools.quantize.encoder_file import write_table
from tools.quantize.encoder_teacher import Teacher

pytest.importorskip("onnxruntime", reason="needs the extra quantize: pip install -c constraints.txt -e '.[quantize]'")
pytest.importorskip("onnx", reason="needs the extra quantize: pip install -c constraints.txt -e '.[quantize]'")

HIDDEN, PLACES = 8, 128
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "turn", "on", "the", "light", "##s", *"abcdefghijklmnopqrstuvwxyz"]
PIECES += [f"##{letter}" for letter in "abcdefghijklmnopqrtuvwxyz0123456789"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    square, flat = (HIDDEN, HIDDEN), (HIDDEN,)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), HIDDEN),
        "embeddings.position_embeddings.weight": (PLACES, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
    }
    at = "encoder.layer.0"
    linear = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
    linear += [f"{at}.attention.output.dense", f"{at}.intermediate.dense", f"{at}.output.dense"]
    for part in linear:
        shapes |= {f"{part}.weight": square, f"{part}.bias": flat}
    for part in ("embeddings.LayerNorm", f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"):
        shapes |= {f"{part}.weight": flat, f"{part}.bias": flat}
    header, data = {}, b""
    for number, (name, shape) in enumerate(shapes.items()):
        values = np.sin(np.arange(math.prod(shape)) * (1.7 + number) + number).astype("<f4")
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    told = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(told).to_bytes(8, "little") + told + data)
    config = {"hidden_size": HIDDEN, "num_attention_heads": 2, "num_hidden_layers": 1, "hidden_act": "gelu"}
    (folder / "config.json").write_text(
        json.dumps({**config, "max_position_embeddings": PLACES, "layer_norm_eps": 1e-12})
    )
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def test_what_was_computed_is_kept_and_taken_up_again(model: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    teacher = Teacher(model, tmp_path, lambda what, done, total: told.append((what, done, total)))
    texts = [f"turn on the light {'s ' * (number % 7)}{number}" for number in range(600)]
    found = teacher.vectors(texts, "sentences")
    assert found.shape == (600, HIDDEN)
    assert found.dtype == np.float64
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert told == [("sentences", 0, 600), ("sentences", 512, 600), ("sentences", 600, 600)]
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 2
    before = [file.stat().st_mtime_ns for file in kept]
    kept[0].unlink()
    assert np.array_equal(teacher.vectors(texts, "sentences"), found)
    assert [file.stat().st_mtime_ns for file in kept][1] == before[1]
    assert np.allclose(teacher.vectors(texts[:1], "one"), found[:1], atol=1e-12)


def test_a_model_becomes_a_table(model: Path, tmp_path: Path) -> None:
    teacher = Teacher(model, tmp_path, lambda _what, _done, _total: None)
    options = Options(dims=8, words=1, pieces=5, per_template=1)
    words, vectors = _distilled(options, teacher, PIECES, lambda _what, _done, _total: None)
    assert words == sorted(set(words), key=str.encode)
    assert {"turn", "light", "0", "a", "##s"} <= set(words)
    assert vectors.shape == (len(words), 8)
    assert np.isfinite(vectors).all()
    write_table(tmp_path / "table", words, vectors, 4)
    encoder = StaticEncoder.open(tmp_path / "table")
    for word in ("turn", "light"):
        there = vectors[words.index(word)]
        assert encoder.vector(word) @ there / np.linalg.norm(there) > 0.97
    again = _distilled(
        options, Teacher(model, tmp_path, lambda _what, _done, _total: None), PIECES, lambda *_told: None
    )
    assert again[0] == words
    assert np.array_equal(again[1], vectors)


def test_a_corrupt_model_is_named(model: Path, tmp_path: Path) -> None:
    for name in ("config.json", "vocab.txt"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes((model / "model.safetensors").read_bytes()[:-4])
    with pytest.raises(InputError, match="corrupt") as refused:
        Teacher(tmp_path, tmp_path, lambda _what, _done, _total: None)
    assert refused.value.code == "quantize.source"
