"""Int8 of small graphs that are written here, and everything that a graph or a calibration set can have wrong."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import InputError, MissingError

onnx = pytest.importorskip("onnx", reason="needs the extra quantize: pip install -e '.[quantize]'")
pytest.importorskip("onnxruntime", reason="needs the extra quantize: pip install -e '.[quantize]'")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tools.quantize.onnx_int8 import MIN_SAMPLES, check_samples, dynamic, freeze_shapes, static  # noqa: E402
from tools.quantize.onnx_losses import layer_losses  # noqa: E402
from tools.quantize.onnx_lstm import write_out  # noqa: E402
from tools.quantize.wordpiece import open_session  # noqa: E402

SIZE = 128


def waves(*shape: int) -> NDArray[np.float32]:
    return np.sin(np.arange(np.prod(shape)) ** 1.5 * 0.7).astype(np.float32).reshape(shape)


SAMPLES = [{"x": np.sin(np.arange(SIZE) * (0.1 + 0.02 * n)).astype(np.float32)[np.newaxis]} for n in range(24)]


def save(
    path: Path,
    nodes: Sequence[Any],
    weights: dict[str, NDArray[Any]],
    *,
    given: Sequence[Any] = (1, SIZE),
    made: Sequence[Any] = (1, SIZE),
) -> Path:
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, made)],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def two_layers(path: Path, *, shout: float = 1.0, shape: Sequence[Any] = (1, SIZE)) -> Path:
    """shout: how much louder than the rest one channel of the first layer is, which the second does not listen to."""
    first, second = waves(SIZE, SIZE), waves(SIZE, SIZE) / SIZE
    first[:, 0] = shout
    second[0] = 0
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["h"], name="first layer"),
        helper.make_node("Relu", ["h"], ["r"], name="bend"),
        helper.make_node("MatMul", ["r", "second"], ["y"], name="second layer"),
    ]
    return save(path, nodes, {"first": first, "second": second}, given=shape, made=shape)


def run(path: Path, x: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = open_session(path).run(["y"], {"x": x})[0]
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_static_int8_is_small_near_and_the_same_each_time(tmp_path: Path) -> None:
    source = two_layers(tmp_path / "float.onnx")
    static(source, tmp_path / "a.onnx", SAMPLES)
    static(source, tmp_path / "b.onnx", SAMPLES)
    assert sha256(tmp_path / "a.onnx") == sha256(tmp_path / "b.onnx")
    assert source.stat().st_size > 3.5 * (tmp_path / "a.onnx").stat().st_size
    exact, near = run(source, SAMPLES[3]["x"]), run(tmp_path / "a.onnx", SAMPLES[3]["x"])
    assert 0 < np.abs(exact - near).max() < 0.03 * np.abs(exact).max()


def test_dynamic_int8_is_small_and_near(tmp_path: Path) -> None:
    source = two_layers(tmp_path / "float.onnx")
    dynamic(source, tmp_path / "int8.onnx")
    assert source.stat().st_size > 3.5 * (tmp_path / "int8.onnx").stat().st_size
    exact, near = run(source, SAMPLES[3]["x"]), run(tmp_path / "int8.onnx", SAMPLES[3]["x"])
    assert 0 < np.abs(exact - near).max() < 0.03 * np.abs(exact).max()


def test_the_layer_that_loses_most_is_named_first(tmp_path: Path) -> None:
    source = two_layers(tmp_path / "float.onnx", shout=100)
    static(source, tmp_path / "int8.onnx", SAMPLES)
    losses = layer_losses(source, tmp_path / "int8.onnx", SAMPLES, progress=lambda what, done, total: None)
    # One scale for all that goes into the second layer leaves next to nothing for what it listens to.
    assert [loss.name for loss in losses] == ["second layer", "first layer"]
    assert losses[0].own_db < losses[1].own_db - 3
    assert all(loss.all_db <= loss.own_db + 1 for loss in losses)


def test_a_product_of_two_activations_is_no_layer(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"], name="layer"),
        helper.make_node("Transpose", ["h"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["h", "t"], ["y"], name="square"),
    ]
    source = save(tmp_path / "float.onnx", nodes, {"w": waves(SIZE, SIZE)}, made=(1, 1))
    static(source, tmp_path / "int8.onnx", SAMPLES)
    losses = layer_losses(source, tmp_path / "int8.onnx", SAMPLES[:4], progress=lambda what, done, total: None)
    assert [loss.name for loss in losses] == ["layer"]


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (SAMPLES[: MIN_SAMPLES - 1], f"holds {MIN_SAMPLES - 1} inputs; {MIN_SAMPLES} are needed"),
        ([], "holds 0 inputs"),
        (
            [*SAMPLES, {"x": np.array([[np.nan]])}],
            "input 25 of the calibration set: x holds values that are no numbers",
        ),
        (
            [*SAMPLES, {"x": np.array([[np.inf]])}],
            "input 25 of the calibration set: x holds values that are no numbers",
        ),
    ],
)
def test_a_bad_calibration_set_is_named_before_anything_is_written(
    tmp_path: Path, samples: list[dict[str, NDArray[Any]]], told: str
) -> None:
    source = two_layers(tmp_path / "float.onnx")
    with pytest.raises(InputError, match=told) as raised:
        static(source, tmp_path / "int8.onnx", samples)
    assert raised.value.code == "quantize.calibration"
    assert [path.name for path in tmp_path.iterdir()] == ["float.onnx"]


def test_a_good_calibration_set_passes() -> None:
    check_samples(SAMPLES)


def test_a_node_without_integer_form_is_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("LSTM", ["x", "w", "r"], ["", "h"], name="memory", hidden_size=4),
        helper.make_node("Identity", ["h"], ["y"]),
    ]
    source = save(
        tmp_path / "float.onnx", nodes, {"w": waves(1, 16, 3), "r": waves(1, 16, 4)}, given=(5, 1, 3), made=(1, 1, 4)
    )
    with pytest.raises(InputError, match=r"float\.onnx: LSTM \(node memory\) cannot be quantized") as raised:
        static(source, tmp_path / "int8.onnx", SAMPLES)
    assert raised.value.code == "quantize.ops"
    with pytest.raises(InputError, match=r"LSTM \(node memory\) is not of one step"):
        write_out(onnx.load(str(source)))
    assert [path.name for path in tmp_path.iterdir()] == ["float.onnx"]


def test_dynamic_shapes_are_named_and_can_be_fixed(tmp_path: Path) -> None:
    source = two_layers(tmp_path / "float.onnx", shape=("batch", SIZE))
    fixed = tmp_path / "fixed.onnx"
    with pytest.raises(InputError, match=r"input x is of dynamic shape \['batch', 128\]") as raised:
        freeze_shapes(source, fixed, {})
    assert raised.value.code == "quantize.shape"
    for wrong in ({"x": (1, 63)}, {"x": (1, SIZE, 1)}, {"z": (1,)}):
        with pytest.raises(InputError, match="does not fit the graph's"):
            freeze_shapes(source, fixed, wrong)
    assert not fixed.exists()
    freeze_shapes(source, fixed, {"x": (1, SIZE)})
    assert np.array_equal(run(fixed, SAMPLES[0]["x"]), run(source, SAMPLES[0]["x"]))
    assert [dim.dim_value for dim in onnx.load(str(fixed)).graph.input[0].type.tensor_type.shape.dim] == [1, SIZE]


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"not a model"])
def test_a_corrupt_source_is_named(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "float.onnx"
    source.write_bytes(content)
    with pytest.raises(InputError, match=r"float\.onnx: corrupt") as raised:
        static(source, tmp_path / "int8.onnx", SAMPLES)
    assert raised.value.code == "quantize.source"


def test_a_source_that_is_cut_off_is_named(tmp_path: Path) -> None:
    source = two_layers(tmp_path / "float.onnx")
    source.write_bytes(source.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"float\.onnx: ") as raised:
        static(source, tmp_path / "int8.onnx", SAMPLES)
    assert raised.value.code == "quantize.source"
    with pytest.raises(InputError, match=r"none\.onnx: cannot be read"):
        static(tmp_path / "none.onnx", tmp_path / "int8.onnx", SAMPLES)


def test_without_the_library_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = two_layers(tmp_path / "float.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)  # type: ignore[arg-type]
    with pytest.raises(MissingError, match=r"the library onnx is not installed: pip install .*\[quantize\]"):
        static(source, tmp_path / "int8.onnx", SAMPLES)


def test_an_lstm_of_one_step_gives_the_same_written_out(tmp_path: Path) -> None:
    width, hidden = 3, 4
    weights = {
        "w": waves(1, 4 * hidden, width),
        "r": waves(1, 4 * hidden, hidden) * 0.5,
        "b": waves(1, 8 * hidden) * 0.1,
        "h0": waves(1, 1, hidden),
        "c0": -waves(1, 1, hidden),
    }
    nodes = [
        helper.make_node("LSTM", ["x", "w", "r", "b", "", "h0", "c0"], ["all", "h", "c"], name="m", hidden_size=hidden),
        helper.make_node("Concat", ["h", "c"], ["state"], axis=0),
        helper.make_node("Squeeze", ["all", "axis"], ["flat"]),
        helper.make_node("Concat", ["state", "flat"], ["y"], axis=0),
    ]
    source = save(
        tmp_path / "float.onnx", nodes, weights | {"axis": np.array([1])}, given=(1, 1, width), made=(3, 1, hidden)
    )
    written = tmp_path / "written.onnx"
    onnx.save(write_out(onnx.load(str(source))), str(written))
    assert "LSTM" not in {node.op_type for node in onnx.load(str(written)).graph.node}
    x = waves(1, 1, width)
    assert np.allclose(run(written, x), run(source, x), atol=1e-6)
