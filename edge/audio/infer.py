"""One float model of one input and one output, in a .tflite or an .onnx file, behind one call."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edge.audio import tflite
from edge.core.errors import InputError, MissingError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SUFFIXES = (".tflite", ".onnx")


class Runner(Protocol):
    """Runs a model."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """As the file has it; -1 or 1 where a length is open."""
        ...

    def __call__(self, values: "Floats") -> "Floats":
        """The output for this input; its shape may differ from the file's where a length is open.

        Raises ValueError for an input that the model does not take.
        """
        ...


def runner(path: Path) -> Runner:
    """The model in a file.

    Raises InputError (`wake.model_missing`, `wake.model_broken`, `wake.model_kind`) and MissingError
    (`wake.tflite_missing`, `wake.onnx_missing`).
    """
    if path.suffix == ".onnx":
        return _Onnx(path)
    if path.suffix == ".tflite":
        return _Tflite(path)
    raise InputError("wake.model_kind", f"{path} is no model: its name ends neither in .tflite nor in .onnx")


class _Tflite:
    def __init__(self, path: Path) -> None:
        model = tflite.load(path)
        try:
            self._interpreter = tflite.interpreter(model, allocate=False)
            (self._input,) = self._interpreter.get_input_details()
            (self._output,) = self._interpreter.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise tflite.broken(path) from error
        self.input_shape = tuple(int(n) for n in self._input["shape_signature"])
        self._shape: tuple[int, ...] = ()

    def __call__(self, values: "Floats") -> "Floats":
        try:
            if values.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input["index"], values.shape, strict=True)
                with tflite.quiet() if not self._shape else nullcontext():
                    self._interpreter.allocate_tensors()
                self._shape = values.shape
            self._interpreter.set_tensor(self._input["index"], values)
            self._interpreter.invoke()
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        result: Floats = self._interpreter.get_tensor(self._output["index"])
        return result


class _Onnx:
    def __init__(self, path: Path) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingError(
                "wake.onnx_missing", f"{path.name} needs onnxruntime; install it: pip install onnxruntime"
            ) from error
        try:
            model = path.read_bytes()
        except OSError as error:
            raise InputError("wake.model_missing", f"the model {path} cannot be read: {error.strerror}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            (self._input,), (self._output,) = self._session.get_inputs(), self._session.get_outputs()
        except Exception as error:  # its errors have no base class of their own
            raise tflite.broken(path) from error
        self.input_shape = tuple(n if isinstance(n, int) else -1 for n in self._input.shape)

    def __call__(self, values: "Floats") -> "Floats":
        try:
            (result,) = self._session.run([self._output.name], {self._input.name: values})
        except Exception as error:  # as above
            raise ValueError(str(error)) from error
        found: Floats = result
        return found
