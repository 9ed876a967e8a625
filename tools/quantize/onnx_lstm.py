"""An LSTM that is given one step at a time, written out as the matrix products that it is made of.

Onnxruntime's static quantizer knows products and no LSTM (ONNX operators, "LSTM": gates in the order input, output,
forget, cell; default activations).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError

if TYPE_CHECKING:
    import onnx

_INPUTS = 7
"""X, W, R, B, sequence lengths, the first hidden state, the first cell state."""


def write_out(model: "onnx.ModelProto") -> "onnx.ModelProto":
    """The same graph without its LSTMs, which are of one step, one direction and known states.

    Raises InputError (`quantize.ops`) for an LSTM of another kind.
    """
    from onnx import ModelProto, checker, shape_inference

    made = ModelProto()
    made.CopyFrom(model)
    shapes = {
        info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        for info in (*model.graph.input, *shape_inference.infer_shapes(model).graph.value_info)
    }
    nodes = []
    for node in model.graph.node:
        nodes += _written(node, made, shapes) if node.op_type == "LSTM" else [node]
    used = {name for node in nodes for name in node.input}
    constants = [constant for constant in made.graph.initializer if constant.name in used]
    del made.graph.node[:], made.graph.initializer[:], made.graph.value_info[:]
    made.graph.node.extend(nodes)
    made.graph.initializer.extend(constants)
    made = shape_inference.infer_shapes(made)
    checker.check_model(made)
    return made


def _written(node: Any, model: "onnx.ModelProto", shapes: dict[str, list[int]]) -> list[Any]:
    from onnx import helper, numpy_helper

    weights = {constant.name: constant for constant in model.graph.initializer}
    given = [*node.input, *[""] * (_INPUTS - len(node.input))]
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    hidden = attributes.pop("hidden_size", 0)
    plain = (
        attributes.pop("direction", b"forward") == b"forward"
        and not any(attributes.values())
        and not any(node.input[7:])
    )
    one_step = shapes.get(given[0], [0])[0] == 1
    known = all(name in weights for name in given[1:4]) and not given[4] and all(given[5:7])
    if not (plain and one_step and known):
        told = f"LSTM (node {node.name}) is not of one step, one direction and given states: it cannot be written out"
        raise InputError("quantize.ops", told)
    of_input, of_hidden, biases = (numpy_helper.to_array(weights[name])[0] for name in given[1:4])
    nodes: list[Any] = []
    part = node.name or "lstm"

    def constant(name: str, values: NDArray[Any]) -> str:
        model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), f"{part}.{name}"))
        return f"{part}.{name}"

    def add(kind: str, inputs: list[str], *outputs: str, **options: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, list(outputs), name=outputs[0], **options))
        return outputs[0]

    first = constant("first", np.array([0]))
    now, last, cell = (
        add("Squeeze", [given[at], first], f"{part}.{name}") for at, name in ((0, "x"), (5, "h"), (6, "c"))
    )
    ours = add("MatMul", [now, constant("input", of_input.T)], f"{part}.of_input")
    theirs = add("MatMul", [last, constant("hidden", of_hidden.T)], f"{part}.of_hidden")
    both = add("Add", [ours, theirs], f"{part}.both")
    gates = add("Add", [both, constant("bias", biases[: 4 * hidden] + biases[4 * hidden :])], f"{part}.gates")
    quarters = [f"{part}.{name}" for name in ("in", "out", "forget", "new")]
    add("Split", [gates, constant("widths", np.array([hidden] * 4))], *quarters, axis=1)
    inlet, outlet, forget = (add("Sigmoid", [name], f"{name}.gate") for name in quarters[:3])
    fresh = add("Tanh", [quarters[3]], f"{part}.fresh")
    kept = add("Mul", [forget, cell], f"{part}.kept")
    taken = add("Mul", [inlet, fresh], f"{part}.taken")
    state = add("Add", [kept, taken], f"{part}.state")
    out = add("Mul", [outlet, add("Tanh", [state], f"{part}.bent")], f"{part}.said")
    both_axes = constant("both_axes", np.array([0, 1]))
    for at, (value, axes) in enumerate(((out, both_axes), (out, first), (state, first))):
        if len(node.output) > at and node.output[at]:
            add("Unsqueeze", [value, axes], node.output[at])
    return nodes
