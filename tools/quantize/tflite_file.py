"""TensorFlow Lite files as tables, read in Python: what is wrong with one is said before any interpreter follows it."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError
from tools.quantize.family import missing_extra


class Graph:
    """The one subgraph of a model, with what its numbers stand for."""

    def __init__(self, path: Path) -> None:
        """Raises InputError (`quantize.source`) for a damaged file, MissingError (`quantize.extra`)."""
        try:
            from ai_edge_litert import schema_py_generated as schema
        except ModuleNotFoundError as error:
            raise missing_extra(error) from error
        self.path = path
        self._names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
        self._types = {code: name for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
        try:
            self._model: Any = schema.ModelT.InitFromPackedBuf(_whole(path.read_bytes()), 0)
            self._graph: Any = self._model.subgraphs[0]
            self._checked()
        except OSError as error:
            raise InputError("quantize.source", f"{path} cannot be read: {error.strerror}") from error
        except (struct.error, ValueError, TypeError, IndexError, AttributeError, OverflowError, MemoryError) as error:
            raise InputError("quantize.source", f"{path} is corrupt: fetch it again with edge models pull") from error

    @property
    def operators(self) -> Sequence[Any]:
        """In the order in which they run."""
        return self._graph.operators  # type: ignore[no-any-return]

    @property
    def inputs(self) -> list[int]:
        """Numbers of the model's input tensors."""
        return [int(n) for n in self._graph.inputs]

    @property
    def outputs(self) -> list[int]:
        """Numbers of its output tensors."""
        return [int(n) for n in self._graph.outputs]

    def kind(self, operator: Any) -> str:
        """Its name, such as CONV_2D."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        return str(self._names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "unknown"))

    def type(self, tensor: int) -> str:
        """FLOAT32, INT8, ..."""
        return str(self._types[self._graph.tensors[tensor].type])

    def shape(self, tensor: int) -> tuple[int, ...]:
        """With -1 for what is open."""
        found = self._graph.tensors[tensor]
        shape = found.shape if found.shapeSignature is None else found.shapeSignature
        return tuple(int(n) for n in shape) if shape is not None else ()

    def scale(self, tensor: int) -> tuple[float, int]:
        """Of a quantized tensor of one scale, and its zero point; (0, 0) for one that is not quantized."""
        found = self._graph.tensors[tensor].quantization
        if found is None or found.scale is None or len(found.scale) != 1:
            return 0.0, 0
        return float(found.scale[0]), int(found.zeroPoint[0]) if found.zeroPoint is not None else 0

    def values(self, tensor: int) -> NDArray[Any] | None:
        """Of a constant; None for what is computed. Floats and ints of 32 bits only."""
        found = self._graph.tensors[tensor]
        data = self._model.buffers[found.buffer].data
        if data is None or not len(data):
            return None
        kind = {"FLOAT32": "<f4", "INT32": "<i4"}[self._types[found.type]]
        shape = found.shape if found.shape is not None else ()
        return np.frombuffer(bytes(data), kind).reshape([int(n) for n in shape])

    def _checked(self) -> None:
        """Raises IndexError or ValueError for numbers that stand for nothing."""
        tensors, buffers = len(self._graph.tensors), len(self._model.buffers)
        used = [*self._graph.inputs, *self._graph.outputs]
        for operator in self._graph.operators:
            used += [*operator.outputs, *(n for n in operator.inputs if n != -1)]
            self.kind(operator)
        if not all(0 <= n < tensors for n in used) or not len(self._graph.inputs) or not len(self._graph.outputs):
            raise ValueError("a tensor that is not there")
        if not all(0 <= tensor.buffer < buffers for tensor in self._graph.tensors):
            raise ValueError("a buffer that is not there")


def _whole(data: bytes) -> bytes:
    if data[4:8] != b"TFL3":
        raise ValueError("no TensorFlow Lite model")
    return data


def fixed_but_batch(graph: Graph) -> None:
    """Raises InputError (`quantize.shape`) where a length of the input, other than how many at once, is open."""
    for tensor in graph.inputs:
        shape = graph.shape(tensor)
        if not shape or any(n < 1 for n in shape[1:]):
            told = " x ".join("?" if n < 1 else str(n) for n in shape) or "none"
            raise InputError("quantize.shape", f"{graph.path}: the shape of its input is open: {told}")


def of_kinds(graph: Graph, kinds: frozenset[str], purpose: str) -> None:
    """Raises InputError (`quantize.operator`) where the model has an operator of another kind."""
    others = sorted({graph.kind(each) for each in graph.operators} - kinds)
    if others:
        raise InputError("quantize.operator", f"{graph.path}: {purpose} knows no {', '.join(others)}")
