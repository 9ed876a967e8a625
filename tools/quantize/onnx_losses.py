"""Where a quantized ONNX graph loses: each layer beside the float one's, the worst first."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.quantize.family import Progress
from tools.quantize.onnx_int8 import Feed, load, onnx_library, weighted
from tools.quantize.wordpiece import open_session


@dataclass(frozen=True, slots=True)
class LayerLoss:
    """What one layer gives in the quantized graph. Power of the float output over power of the difference."""

    name: str
    kind: str
    own_db: float
    """With the float graph's own values going in: what is lost here."""
    all_db: float
    """With what the quantized layers before it make of them: what has been lost by here."""


@dataclass(slots=True)
class _Powers:
    exact: float = 0.0
    off: float = 0.0

    def add(self, exact: Any, given: Any) -> None:
        right = exact.astype(np.float64)
        self.exact += float(np.sum(right**2))
        self.off += float(np.sum((right - given) ** 2))

    @property
    def decibel(self) -> float:
        """120 where there is no difference that counts."""
        return round(min(120.0, 10 * math.log10(max(self.exact, 1e-30) / max(self.off, 1e-30))), 2)


def layer_losses(
    source: Path, quantized: Path, samples: Sequence[Feed], *, progress: Progress
) -> tuple[LayerLoss, ...]:
    """What each layer loses over the samples, the one that loses most by itself first.

    Raises InputError (`quantize.source`), MissingError (`quantize.extra`).
    """
    made = load(quantized).graph
    there = {output for node in made.node for output in node.output}
    nodes = [node for node in weighted(load(source)) if node.output[0] in there]
    outputs = [node.output[0] for node in nodes]
    given = sorted({node.input[0] for node in nodes} - {value.name for value in made.input})
    before, after = _opened(source, [*outputs, *given]), _opened(quantized, outputs)
    alone = [open_session(_part(quantized, node.input[0], node.output[0])) for node in nodes]
    own, everything = ([_Powers() for _ in nodes] for _ in range(2))
    for number, sample in enumerate(samples):
        progress("comparing layers", number, len(samples))
        exact = dict(sample) | dict(zip([*outputs, *given], before.run([*outputs, *given], dict(sample)), strict=True))
        found = after.run(outputs, dict(sample))
        for at, node in enumerate(nodes):
            right = exact[node.output[0]]
            everything[at].add(right, found[at])
            own[at].add(right, alone[at].run(None, {node.input[0]: exact[node.input[0]]})[0])
    progress("comparing layers", len(samples), len(samples))
    losses = [
        LayerLoss(node.name, node.op_type, own[at].decibel, everything[at].decibel) for at, node in enumerate(nodes)
    ]
    return tuple(sorted(losses, key=lambda loss: (loss.own_db, loss.name)))


def _opened(path: Path, outputs: Collection[str]) -> Any:
    """A session that also gives what layers within the graph give."""
    graph = load(path)
    there = {output.name for output in graph.graph.output}
    graph.graph.output.extend(_value(output) for output in outputs if output not in there)
    return open_session(graph.SerializeToString())


def _part(path: Path, given: str, output: str) -> bytes:
    """The graph from one value to another, by itself."""
    model = load(path)
    makers = {name: node for node in model.graph.node for name in node.output}
    needed: dict[str, Any] = {}
    todo = [output]
    while todo:
        node = makers.get(todo.pop())
        if node is None or node.output[0] in needed:
            continue
        needed[node.output[0]] = node
        todo += [name for name in node.input if name != given]
    nodes = [node for node in model.graph.node if node.output[0] in needed]
    used = {name for node in nodes for name in node.input}
    constants = [constant for constant in model.graph.initializer if constant.name in used]
    helper = onnx_library().helper
    graph = helper.make_graph(nodes, "part", [_value(given)], [_value(output)], constants)
    made = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    part: bytes = made.SerializeToString()
    return part


def _value(name: str) -> Any:
    onnx = onnx_library()
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
