"""A BERT sentence encoder as an ONNX graph, written from its safetensors file alone: no training library.

The architecture is that of Devlin et al. 2019, "BERT", section 3.1, with post-layer normalisation; sentences are the
mean of the last layer over the tokens that the mask names, at unit length (Reimers and Gurevych 2019, "Sentence-BERT").

With 32 bits it is what a hub runs, and what is quantized. With 64 it is a teacher: its error is so much smaller than
what is kept of its vectors that they come out the same on every machine. It must run with `ORT_ENABLE_BASIC`: the fused
kernels of higher levels compute with 32 bits whatever they are given.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError
from tools.quantize.family import missing_extra

if TYPE_CHECKING:
    import onnx

Weights = Mapping[str, NDArray[np.float32]]

_OPSET = 17
_IR = 8
_ERF_END = 6.0
"""From here on erf is 1 with 64 bits."""
_ERF_DEGREE = 49


@dataclass(frozen=True, slots=True)
class Config:
    """What the graph needs of a BERT's config.json."""

    hidden_size: int
    num_attention_heads: int
    num_hidden_layers: int
    max_position_embeddings: int
    layer_norm_eps: float


def sentence_encoder(model_dir: Path, *, double: bool) -> "onnx.ModelProto":
    """The encoder in a folder with config.json and model.safetensors, at 32 or 64 bits.

    Inputs: input_ids and attention_mask, int64 (batch, length), length up to the model's positions; every row of the
    mask names one token at least. Output: sentence_embedding, float (batch, hidden), rows of length 1.
    Raises InputError (`quantize.source`) for what is no such model, MissingError (`quantize.extra`) without onnx.
    """
    config = read_config(model_dir / "config.json")
    weights = read_safetensors(model_dir / "model.safetensors")
    try:
        return _Graph(config, weights, np.float64 if double else np.float32).model()
    except KeyError as error:
        raise InputError("quantize.source", f"{model_dir}: the weights hold no {error.args[0]}") from error
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error


def read_config(path: Path) -> Config:
    """The architecture. Raises InputError (`quantize.source`)."""
    try:
        data = json.loads(path.read_bytes())
        config = Config(**{field.name: data[field.name] for field in fields(Config)})
        known = data["hidden_act"] == "gelu" and data.get("position_embedding_type", "absolute") == "absolute"
        known &= config.hidden_size % config.num_attention_heads == 0
    except KeyError as error:
        raise InputError("quantize.source", f"{path}: {error.args[0]}: missing") from error
    except (OSError, ValueError, TypeError) as error:
        raise InputError("quantize.source", f"{path}: {error}") from error
    if not known:
        raise InputError("quantize.source", f"{path}: expected a BERT with gelu, absolute positions and whole heads")
    return config


def read_safetensors(path: Path) -> Weights:
    """Every float32 tensor of a safetensors file, by name; views of one buffer.

    Format: 8 bytes of length, little-endian, a JSON header, the data (safetensors, "Format").
    Raises InputError (`quantize.source`) for a file that does not hold what its header says.
    """
    try:
        raw = path.read_bytes()
        size = int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8 : 8 + size])
        data = memoryview(raw)[8 + size :]
        header.pop("__metadata__", None)
        found = {name: _tensor(data, told) for name, told in header.items() if told["dtype"] == "F32"}
        ends = [told["data_offsets"][1] for told in header.values()]
    except OSError as error:
        raise InputError("quantize.source", f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("quantize.source", f"{path}: corrupt: {error}") from error
    if max(ends, default=0) != len(data):
        raise InputError("quantize.source", f"{path}: corrupt: its length is not what its header says")
    if bad := next((name for name, values in found.items() if not np.isfinite(values).all()), None):
        raise InputError("quantize.source", f"{path}: {bad} holds values that are no numbers")
    return found


def erf_coefficients(degree: int = _ERF_DEGREE) -> NDArray[np.float64]:
    """Chebyshev coefficients c with erf(x) = x sum c[k] T_k(x^2/18 - 1) for |x| up to 6, to 1e-13.

    Onnxruntime knows erf at 32 bits only, so that at 64 it is computed from what it has.
    """
    nodes = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    xs = np.sqrt((nodes + 1) / 2) * _ERF_END
    values = np.array([math.erf(x) / x for x in xs])
    orders = np.arange(degree + 1)[:, None]
    found: NDArray[np.float64] = np.cos(orders * np.arccos(nodes)) @ values * 2 / (degree + 1)
    found[0] /= 2
    return found


def _tensor(data: memoryview, told: Mapping[str, Any]) -> NDArray[np.float32]:
    begin, end = told["data_offsets"]
    return np.frombuffer(data[begin:end], dtype="<f4").reshape(told["shape"])


class _Graph:
    """Writes nodes one after another; every method returns the name of what it computes."""

    def __init__(self, config: Config, weights: Weights, kind: type[np.floating[Any]]) -> None:
        self._config, self._weights, self._kind = config, weights, kind
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def model(self) -> "onnx.ModelProto":
        from onnx import TensorProto, checker, helper

        kind = TensorProto.DOUBLE if self._kind is np.float64 else TensorProto.FLOAT
        hidden = self._embeddings()
        absent = self._absent(kind)
        for number in range(self._config.num_hidden_layers):
            hidden = self._layer(f"encoder.layer.{number}", hidden, absent)
        self._pooled(hidden, kind)
        size = self._config.hidden_size
        graph = helper.make_graph(
            self._nodes,
            "sentence_encoder",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("sentence_embedding", kind, ["batch", size])],
            list(self._constants.values()),
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        checker.check_model(made)
        return made

    def _embeddings(self) -> str:
        words = self._node("Gather", ["@embeddings.word_embeddings.weight", "input_ids"], "words")
        # One kind of sentence is ever given, so its embedding is part of the positions'.
        positions = self._weights["embeddings.position_embeddings.weight"].astype(self._kind)
        places = self._constant("positions", positions + self._weights["embeddings.token_type_embeddings.weight"][0])
        length = self._node(
            "Slice", [self._node("Shape", ["input_ids"], "shape"), *self._whole([1], [2], [0])], "length"
        )
        start, axes = self._constant("zero", np.array([0])), self._constant("axis0", np.array([0]))
        used = self._node("Slice", [places, start, length, axes], "places")
        return self._norm("embeddings.LayerNorm", self._node("Add", [words, used], "embedded"))

    def _absent(self, kind: int) -> str:
        """0 where the mask names a token and -10,000 elsewhere, (batch, 1, 1, length)."""
        mask = self._node("Cast", ["attention_mask"], "mask", to=kind)
        missing = self._node("Sub", [self._number("one", 1), mask], "missing")
        scaled = self._node("Mul", [missing, self._number("far", -10_000)], "unseen")
        return self._node("Unsqueeze", [scaled, self._constant("axes12", np.array([1, 2]))], "absent")

    def _layer(self, layer: str, hidden: str, absent: str) -> str:
        attended = self._attention(f"{layer}.attention", hidden, absent)
        inner = self._gelu(layer, self._linear(f"{layer}.intermediate.dense", attended))
        outer = self._linear(f"{layer}.output.dense", inner)
        return self._norm(f"{layer}.output.LayerNorm", self._node("Add", [outer, attended], f"{layer}.output.sum"))

    def _attention(self, part: str, hidden: str, absent: str) -> str:
        heads = self._config.num_attention_heads
        width = self._config.hidden_size // heads
        split = self._constant("split", np.array([0, 0, heads, width]))
        joined = self._constant("joined", np.array([0, 0, heads * width]))

        def by_head(name: str, order: Sequence[int]) -> str:
            apart = self._node("Reshape", [self._linear(f"{part}.self.{name}", hidden), split], f"{part}.{name}.heads")
            return self._node("Transpose", [apart], f"{part}.{name}", perm=list(order))

        query, key, value = by_head("query", (0, 2, 1, 3)), by_head("key", (0, 2, 3, 1)), by_head("value", (0, 2, 1, 3))
        alike = self._node("MatMul", [query, key], f"{part}.alike")
        scaled = self._node("Mul", [alike, self._number("scale", 1 / math.sqrt(width))], f"{part}.scaled")
        weighed = self._node(
            "Softmax", [self._node("Add", [scaled, absent], f"{part}.seen")], f"{part}.weights", axis=-1
        )
        mixed = self._node(
            "Transpose", [self._node("MatMul", [weighed, value], f"{part}.mixed")], f"{part}.turned", perm=[0, 2, 1, 3]
        )
        out = self._linear(f"{part}.output.dense", self._node("Reshape", [mixed, joined], f"{part}.joined"))
        return self._norm(f"{part}.output.LayerNorm", self._node("Add", [out, hidden], f"{part}.output.sum"))

    def _gelu(self, layer: str, given: str) -> str:
        """Half of x times 1 + erf(x / sqrt 2) (Hendrycks and Gimpel 2016)."""
        scaled = self._node("Mul", [given, self._number("half_root", math.sqrt(0.5))], f"{layer}.gelu.scaled")
        erf = self._erf(f"{layer}.gelu", scaled)
        raised = self._node("Add", [erf, self._number("one", 1)], f"{layer}.gelu.raised")
        halved = self._node("Mul", [given, self._number("half", 0.5)], f"{layer}.gelu.halved")
        return self._node("Mul", [halved, raised], f"{layer}.gelu.out")

    def _erf(self, part: str, given: str) -> str:
        if self._kind is np.float32:
            return self._node("Erf", [given], f"{part}.erf")
        end = self._number("erf_end", _ERF_END)
        inside = self._node("Clip", [given, self._number("erf_begin", -_ERF_END), end], f"{part}.inside")
        square = self._node("Mul", [inside, inside], f"{part}.square")
        grown = self._node("Mul", [square, self._number("erf_grown", 4 / _ERF_END**2)], f"{part}.grown")
        twice = self._node("Sub", [grown, self._number("two", 2)], f"{part}.twice")
        *coefficients, last = erf_coefficients()
        # Clenshaw's recurrence; the first step is a plain number.
        later, now = self._number("none", 0), self._number(f"erf{len(coefficients)}", last)
        for order in range(len(coefficients) - 1, 0, -1):
            times = self._node("Mul", [twice, now], f"{part}.times{order}")
            less = self._node("Sub", [times, later], f"{part}.less{order}")
            later, now = (
                now,
                self._node("Add", [less, self._number(f"erf{order}", coefficients[order])], f"{part}.sum{order}"),
            )
        times = self._node(
            "Mul", [self._node("Mul", [twice, self._number("half", 0.5)], f"{part}.once"), now], f"{part}.times0"
        )
        less = self._node("Sub", [times, later], f"{part}.less0")
        total = self._node("Add", [less, self._number("erf0", coefficients[0])], f"{part}.sum0")
        return self._node("Mul", [inside, total], f"{part}.erf")

    def _pooled(self, hidden: str, kind: int) -> None:
        mask = self._node("Cast", ["attention_mask"], "pool.mask", to=kind)
        wide = self._node("Unsqueeze", [mask, self._constant("axis2", np.array([2]))], "pool.wide")
        seen = self._node("Mul", [hidden, wide], "pool.seen")
        # The mean's divisor would be divided out again: only the direction is kept.
        total = self._node("ReduceSum", [seen, self._constant("axis1", np.array([1]))], "pool.sum", keepdims=0)
        length = self._node("ReduceL2", [total], "pool.length", axes=[1], keepdims=1)
        self._node("Div", [total, length], "sentence_embedding")

    def _linear(self, part: str, given: str) -> str:
        turned = self._constant(f"{part}.weight", self._weights[f"{part}.weight"].T)
        product = self._node("MatMul", [given, turned], f"{part}.product")
        return self._node("Add", [product, f"@{part}.bias"], f"{part}.out")

    def _norm(self, part: str, given: str) -> str:
        inputs = [given, f"@{part}.weight", f"@{part}.bias"]
        return self._node("LayerNormalization", inputs, f"{part}.out", axis=-1, epsilon=self._config.layer_norm_eps)

    def _whole(self, *values: Sequence[int]) -> list[str]:
        return [self._constant("whole" + "_".join(map(str, value)), np.array(value)) for value in values]

    def _number(self, name: str, value: float) -> str:
        return self._constant(name, np.array(value, dtype=self._kind))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        if name not in self._constants:
            from onnx import numpy_helper

            kept = values.astype(self._kind) if values.dtype.kind == "f" else values.astype(np.int64)
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(kept), name)
        return name

    def _node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """A node; an input that begins with @ is one of the weights."""
        from onnx import helper

        given = [self._constant(name[1:], self._weights[name[1:]]) if name.startswith("@") else name for name in inputs]
        self._nodes.append(helper.make_node(kind, given, [output], name=output, **attributes))
        return output
