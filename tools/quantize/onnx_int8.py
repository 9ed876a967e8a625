"""An ONNX graph of floats to one of 8-bit integers, by onnxruntime's own quantizer.

Static: weights with a scale a channel, activations with one a tensor, chosen on a calibration set and written as pairs
of QuantizeLinear and DequantizeLinear. Dynamic: weights alone; activations get their scale while it runs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError
from tools.quantize.family import missing_extra
from tools.quantize.wordpiece import open_session

if TYPE_CHECKING:
    import onnx

Feed = Mapping[str, NDArray[Any]]
"""One input of the calibration set: an array for each input of the graph."""

MIN_SAMPLES = 16
"""A calibration set of fewer inputs knows the range of nothing."""
LAYERS = ("Conv", "Gemm", "MatMul")
"""Whose weights are quantized, and what goes into them."""
_UNKNOWN_OPS = ("If", "Loop", "Scan", "LSTM", "GRU", "RNN", "ConvTranspose")
"""Nodes that hold weights and that onnxruntime has no static integer form of."""


def check_samples(samples: Sequence[Feed]) -> None:
    """Raises InputError (`quantize.calibration`) for a set that is too small or holds what is no number."""
    if len(samples) < MIN_SAMPLES:
        told = f"the calibration set holds {len(samples)} inputs; {MIN_SAMPLES} are needed at least"
        raise InputError("quantize.calibration", told)
    for number, sample in enumerate(samples):
        for name, values in sample.items():
            if not np.isfinite(values).all():
                told = f"input {number + 1} of the calibration set: {name} holds values that are no numbers"
                raise InputError("quantize.calibration", told)


def freeze_shapes(source: Path, target: Path, shapes: Mapping[str, Sequence[int]]) -> None:
    """Write the graph with inputs of fixed sizes and everything computed that they decide.

    shapes: of inputs whose size the graph leaves open. Raises InputError (`quantize.shape` for a size that is left
    open or that contradicts the graph, `quantize.source`), MissingError (`quantize.extra`).
    """
    onnx, ort = onnx_library(), _onnxruntime()
    graph = load(source)
    inputs = {given.name: given.type.tensor_type.shape.dim for given in graph.graph.input}
    for name, shape in shapes.items():
        dims = inputs.get(name, ())
        fits = len(dims) == len(shape) and all(
            not dim.HasField("dim_value") or dim.dim_value == size for dim, size in zip(dims, shape, strict=False)
        )
        if name not in inputs or not fits:
            told = f"{source}: input {name}: the shape {list(shape)} does not fit the graph's {_shown(dims)}"
            raise InputError("quantize.shape", told)
        for dim, size in zip(dims, shape, strict=True):
            dim.dim_value = size
    for name, dims in inputs.items():
        if not all(dim.HasField("dim_value") for dim in dims):
            told = f"{source}: input {name} is of dynamic shape {_shown(dims)}: give it a fixed one in options.shapes"
            raise InputError("quantize.shape", told)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 4
    try:
        ort.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError("quantize.source", f"{source}: onnxruntime cannot run it: {_line(error)}") from error
    folded = onnx.load(str(target))
    kept = [opset for opset in folded.opset_import if opset.domain == ""]
    del folded.opset_import[:]
    folded.opset_import.extend(kept)
    onnx.save(onnx.shape_inference.infer_shapes(folded), str(target))


def check_ops(path: Path) -> None:
    """Raises InputError (`quantize.ops`) that names the first node which has no integer form."""
    for node in load(path).graph.node:
        if node.op_type in _UNKNOWN_OPS or node.domain not in ("", "ai.onnx"):
            named = f"{node.domain + '.' if node.domain else ''}{node.op_type}"
            raise InputError("quantize.ops", f"{path}: {named} (node {node.name}) cannot be quantized statically")


def static(source: Path, target: Path, samples: Sequence[Feed], *, embeddings: bool = False) -> None:
    """Write the graph with 8-bit weights and activations.

    samples: the calibration set. embeddings: quantize tables that are looked up in, too.
    Raises InputError (`quantize.calibration`, `quantize.ops`, `quantize.source`), MissingError (`quantize.extra`).
    """
    check_samples(samples)
    check_ops(source)
    kinds = [*LAYERS, "Gather"] if embeddings else [*LAYERS]
    quantization = _quantization()
    quantization.quantize_static(
        _preprocessed(source),
        str(target),
        _Samples(samples),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=kinds,
        nodes_to_quantize=sorted(node.name for node in weighted(load(source), kinds)),
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    open_session(target)


def dynamic(source: Path, target: Path) -> None:
    """Write the graph with 8-bit weights and float activations. Raises MissingError (`quantize.extra`)."""
    quantization = _quantization()
    quantization.quantize_dynamic(
        _preprocessed(source),
        str(target),
        per_channel=True,
        weight_type=quantization.QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    open_session(target)


def weighted(graph: "onnx.ModelProto", kinds: Collection[str] = LAYERS) -> list["onnx.NodeProto"]:
    """The nodes of these kinds that have weights: a product of two activations has none, and is no layer."""
    constants = {constant.name for constant in graph.graph.initializer}
    return [node for node in graph.graph.node if node.op_type in kinds and constants.intersection(node.input)]


class _Samples:
    """The calibration set as onnxruntime reads it: one input after another, then None."""

    def __init__(self, samples: Sequence[Feed]) -> None:
        self._rest: Iterator[Feed] = iter(samples)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        sample = next(self._rest, None)
        return None if sample is None else dict(sample)


def _preprocessed(path: Path) -> "onnx.ModelProto":
    """The graph with the mark that keeps onnxruntime from advising, in the log, to prepare it."""
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    graph = load(path)
    add_pre_process_metadata(graph)
    return graph


def load(path: Path) -> "onnx.ModelProto":
    """The graph in a file, checked. Raises InputError (`quantize.source`), MissingError (`quantize.extra`)."""
    library = onnx_library()
    try:
        graph: onnx.ModelProto = library.load(str(path))
        library.checker.check_model(graph)
    except OSError as error:
        raise InputError("quantize.source", f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # protobuf and the checker have their own
        raise InputError("quantize.source", f"{path}: corrupt: {_line(error)}") from error
    return graph


def onnx_library() -> Any:
    """The library. Raises MissingError (`quantize.extra`)."""
    try:
        import onnx
        import onnx.shape_inference
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return onnx


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return onnxruntime


def _quantization() -> Any:
    try:
        from onnxruntime import quantization
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return quantization


def _shown(dims: Any) -> list[Any]:
    return [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or "?" for dim in dims]


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
