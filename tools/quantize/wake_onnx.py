"""openWakeWord classifiers as ONNX, for hubs that have onnxruntime: every operator written by hand.

A classifier is a few dense layers, some with a layer norm written out between them. The shared models stay
TensorFlow Lite: `edge.wakes` takes either kind for each file.
"""

from pathlib import Path
from typing import Any

import numpy as np

from edge.core.errors import InputError
from tools.quantize.family import missing_extra
from tools.quantize.tflite_file import Graph, fixed_but_batch, of_kinds

OPSET, IR = 17, 8
"""What onnxruntime 1.15 and later reads."""
_ALIKE = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "LOGISTIC": "Sigmoid", "RELU": "Relu"}
KINDS = frozenset((*_ALIKE, "RESHAPE", "FULLY_CONNECTED", "MEAN", "RSQRT"))
_NONE, _RELU = 0, 1


def export(path: Path, target: Path) -> None:
    """Write a classifier's ONNX file.

    Raises InputError (`quantize.source`, `quantize.shape`, `quantize.operator`), MissingError (`quantize.extra`).
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    graph = Graph(path)
    fixed_but_batch(graph)
    of_kinds(graph, KINDS, "the export to ONNX")
    nodes, constants, known = [], {}, set(graph.inputs)
    for operator in graph.operators:
        for tensor in operator.inputs:
            if tensor not in known and tensor != -1:
                values = graph.values(tensor)
                if values is None:
                    raise InputError("quantize.operator", f"{path}: a {graph.kind(operator)} reads what nothing makes")
                constants[tensor] = values.astype(np.int64) if values.dtype == np.int32 else values
        known.update(int(each) for each in operator.outputs)
        nodes += _nodes(helper, graph, operator)
    begins, ends = (
        [helper.make_tensor_value_info(_name(n), TensorProto.FLOAT, list(graph.shape(n))) for n in tensors]
        for tensors in (graph.inputs, graph.outputs)
    )
    weights = [numpy_helper.from_array(np.ascontiguousarray(value), _name(n)) for n, value in constants.items()]
    made = helper.make_model(
        helper.make_graph(nodes, path.stem, begins, ends, weights), opset_imports=[helper.make_opsetid("", OPSET)]
    )
    made.ir_version = IR
    onnx.checker.check_model(made, full_check=True)
    target.write_bytes(made.SerializeToString(deterministic=True))


def _nodes(helper: Any, graph: Graph, operator: Any) -> list[Any]:
    kind, options = graph.kind(operator), operator.builtinOptions
    inputs = [_name(n) if n != -1 else "" for n in operator.inputs]
    output = _name(operator.outputs[0])
    fused = getattr(options, "fusedActivationFunction", _NONE)
    if fused not in (_NONE, _RELU):
        raise InputError(
            "quantize.operator", f"{graph.path}: the export to ONNX knows no {kind} with activation {fused}"
        )
    made = f"{output}_linear" if fused == _RELU else output
    if kind == "FULLY_CONNECTED":
        nodes = [helper.make_node("Gemm", [each for each in inputs if each], [made], transB=1)]
    elif kind == "RSQRT":
        nodes = [helper.make_node("Sqrt", inputs, [f"{output}_root"])]
        nodes.append(helper.make_node("Reciprocal", [f"{output}_root"], [made]))
    elif kind == "MEAN":
        axes = graph.values(operator.inputs[1])
        where = [] if axes is None else np.atleast_1d(axes).tolist()
        nodes = [helper.make_node("ReduceMean", inputs[:1], [made], axes=where, keepdims=int(options.keepDims))]
    elif kind == "RESHAPE":
        nodes = [helper.make_node("Reshape", inputs[:2], [made])]
    else:
        nodes = [helper.make_node(_ALIKE[kind], inputs, [made])]
    return nodes + ([helper.make_node("Relu", [made], [output])] if fused == _RELU else [])


def _name(tensor: int) -> str:
    return f"t{tensor}"
