"""The graph against the published model's own numbers, and against the same arithmetic in NumPy."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import InputError
from edge.models import ModelStore, Presence, default_store, load_manifests
from edge.resources import data_dir
from tools.quantize.bert_onnx import erf_coefficients, read_safetensors, sentence_encoder

ort = pytest.importorskip("onnxruntime", reason="needs the extra quantize: pip install -e '.[quantize]'")
pytest.importorskip("onnx", reason="needs the extra quantize: pip install -e '.[quantize]'")

HIDDEN, HEADS, LAYERS, INNER, WORDS, PLACES = 8, 2, 2, 12, 11, 6
IDS = np.array([[2, 5, 7, 3], [2, 9, 3, 0]])
MASK = (IDS > 0).astype(np.int64)

# "[CLS] turn on the kitchen light [SEP]" and "[CLS] hello dog [SEP]" with padding, as transformers has them in float64.
GOLDEN_IDS = np.array([[101, 2735, 2006, 1996, 3829, 2422, 102], [101, 7592, 2088, 102, 0, 0, 0]])
GOLDEN = np.array(
    [
        [
            0.05027389290370954,
            -0.008720939203338319,
            0.00027078901619856637,
            0.09164662212256325,
            0.0005695573732456083,
        ],
        [-0.03447727295829364, 0.03102319078733206, 0.006734966626554162, 0.026109004464219817, -0.03936203245027054],
    ]
)


def shapes() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, HIDDEN),
        "embeddings.position_embeddings.weight": (PLACES, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        linear = [f"{at}.attention.self.{n}" for n in ("query", "key", "value")] + [f"{at}.attention.output.dense"]
        for part in linear:
            found |= {f"{part}.weight": (HIDDEN, HIDDEN), f"{part}.bias": (HIDDEN,)}
        found |= {f"{at}.intermediate.dense.weight": (INNER, HIDDEN), f"{at}.intermediate.dense.bias": (INNER,)}
        found |= {f"{at}.output.dense.weight": (HIDDEN, INNER), f"{at}.output.dense.bias": (HIDDEN,)}
        for part in (f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"):
            found |= {f"{part}.weight": (HIDDEN,), f"{part}.bias": (HIDDEN,)}
    return found


def write_bert(folder: Path) -> Path:
    """A BERT of a few hundred weights, which are samples of a sine."""
    config = {
        "hidden_size": HIDDEN,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": PLACES,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config))
    header, data = {}, b""
    for number, (name, shape) in enumerate(shapes().items()):
        values = np.sin(np.arange(math.prod(shape)) * (1.7 + number) + number).astype("<f4")
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    told = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(told).to_bytes(8, "little") + told + data)
    return folder


def run(folder: Path, ids: NDArray[np.int64], mask: NDArray[np.int64], *, double: bool) -> NDArray[np.float64]:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.intra_op_num_threads = 1
    model = sentence_encoder(folder, double=double).SerializeToString()
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found: NDArray[np.float64] = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    return found


def by_numpy(folder: Path, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """One sentence without padding."""
    weights = {
        name: values.astype(np.float64) for name, values in read_safetensors(folder / "model.safetensors").items()
    }

    def norm(part: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
        off = x - x.mean(-1, keepdims=True)
        even = off / np.sqrt((off**2).mean(-1, keepdims=True) + 1e-12)
        return even * weights[f"{part}.weight"] + weights[f"{part}.bias"]

    def linear(part: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return x @ weights[f"{part}.weight"].T + weights[f"{part}.bias"]

    hidden = weights["embeddings.word_embeddings.weight"][ids]
    hidden = hidden + weights["embeddings.position_embeddings.weight"][: len(ids)]
    hidden = norm("embeddings.LayerNorm", hidden + weights["embeddings.token_type_embeddings.weight"][0])
    width = HIDDEN // HEADS
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        q, k, v = (linear(f"{at}.attention.self.{n}", hidden) for n in ("query", "key", "value"))
        mixed = []
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            alike = np.exp(q[:, part] @ k[:, part].T / math.sqrt(width))
            mixed.append(alike / alike.sum(-1, keepdims=True) @ v[:, part])
        out = linear(f"{at}.attention.output.dense", np.concatenate(mixed, axis=1))
        hidden = norm(f"{at}.attention.output.LayerNorm", out + hidden)
        inner = linear(f"{at}.intermediate.dense", hidden)
        inner = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        hidden = norm(f"{at}.output.LayerNorm", linear(f"{at}.output.dense", inner) + hidden)
    total = hidden.mean(0)
    return total / np.linalg.norm(total)


def test_the_graph_computes_what_the_architecture_says(tmp_path: Path) -> None:
    folder = write_bert(tmp_path)
    expected = np.stack([by_numpy(folder, row[row > 0]) for row in IDS])
    assert np.abs(run(folder, IDS, MASK, double=True) - expected).max() < 1e-12
    assert np.abs(run(folder, IDS, MASK, double=False) - expected).max() < 1e-5


def test_erf_at_64_bits() -> None:
    xs = np.linspace(-6, 6, 1001)
    found = xs * np.polynomial.chebyshev.chebval(xs**2 / 18 - 1, erf_coefficients())
    assert np.abs(found - [math.erf(x) for x in xs]).max() < 1e-13


def test_the_published_model_gives_the_published_numbers() -> None:
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    if store.status("all-minilm-l6-v2").presence is Presence.MISSING:
        pytest.skip("needs the model: edge models pull all-minilm-l6-v2")
    found = run(store.locate("all-minilm-l6-v2"), GOLDEN_IDS, (GOLDEN_IDS > 0).astype(np.int64), double=True)
    assert np.abs(found[:, :5] - GOLDEN).max() < 1e-12


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda raw: raw[:-4], "corrupt"),
        (lambda raw: raw + b"more", "its length is not what its header says"),
        (lambda raw: b"\xff" * 20, "corrupt"),
        (lambda raw: raw[:-4] + np.float32(np.nan).tobytes(), "holds values that are no numbers"),
        (lambda raw: b"", "corrupt"),
    ],
)
def test_a_corrupt_source_is_named(tmp_path: Path, spoil: object, told: str) -> None:
    file = write_bert(tmp_path) / "model.safetensors"
    file.write_bytes(spoil(file.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InputError, match=told) as raised:
        sentence_encoder(tmp_path, double=False)
    assert raised.value.code == "quantize.source"
    assert str(file) in str(raised.value)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    config = write_bert(tmp_path) / "config.json"
    config.write_text(config.read_text().replace('"gelu"', '"relu"'))
    with pytest.raises(InputError, match="expected a BERT with gelu"):
        sentence_encoder(tmp_path, double=False)


def test_a_missing_weight_is_named(tmp_path: Path) -> None:
    config = write_bert(tmp_path) / "config.json"
    config.write_text(config.read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'))
    with pytest.raises(InputError, match=r"the weights hold no encoder\.layer\.2"):
        sentence_encoder(tmp_path, double=False)
