"""The family `wake`: openWakeWord's models, the second look at the wake word, with weights of 8 bits.

Three files make a score: mel bands, embeddings of them, and the classifier, which alone knows the word. `int8` has a
scale for every channel of every weight and computes in float: that is what tflite-runtime runs as fast as the float
models. `int8-static` has activations of 8 bits, too, with ranges from recordings; its mel bands, which a logarithm
ends, stay as in `int8`. What is made is under the models' own licence, CC-BY-NC-SA-4.0: it is made where it is used.
"""

import contextlib
import io
import json
import math
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import InputError
from tools.quantize import wake_onnx
from tools.quantize.family import Measured, Progress, Variant, kept, missing_extra
from tools.quantize.recipe import Recipe
from tools.quantize.source import source
from tools.quantize.tflite_file import Graph, fixed_but_batch, of_kinds
from tools.quantize.timing import timing

PROJECT = Path(__file__).resolve().parents[2]
RECORDINGS = PROJECT / "tests" / "golden" / "audio"
"""Calibrated with; measured is on others."""
SHARED = ("embedding_model.tflite", "melspectrogram.tflite")
MIN_WINDOWS = 50
WEIGHED = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL"))
STATIC = WEIGHED | {"RESHAPE", "LOGISTIC", "PAD", "LEAKY_RELU", "MAXIMUM", "MAX_POOL_2D", "RELU"}
LEVELS = ("clean", "10db", "5db")
SENSITIVITIES = (0.5, 0.45, 0.4, 0.35, 0.3)
"""Tried until there is no false alarm: misses are compared where the models are equally quiet."""
_STEP_SAMPLES = 1760

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Options:
    """What a recipe of this family says."""

    classifier: str
    """File of the base model that knows the word."""
    word: str
    """Id of the first stage's model, whose second look it is."""
    windows: int = 300
    """Of 76 mel frames, and of 16 embeddings, that activations are calibrated with."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not MIN_WINDOWS <= self.windows <= 100_000:
            raise ValueError(f"windows: expected {MIN_WINDOWS} to 100000")


class _Wake:
    @property
    def options(self) -> type:
        return Options

    def reads(self) -> Sequence[Path]:
        return sorted(RECORDINGS.rglob("*.flac"))

    def build(self, recipe: Recipe, work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        options: Options = recipe.options
        folder = source(recipe, progress)
        names = (options.classifier, *SHARED)
        for name in names:
            if not (folder / name).is_file():
                raise recipe.wrong("options.classifier", f"expected a file of {recipe.base}, not {name}")
        int8, static = work / "int8", work / "int8-static"
        for number, name in enumerate(names):
            progress("quantizing weights", number, len(names))
            int8.mkdir(exist_ok=True)
            kept(int8 / name, partial(weights_only, folder / name))
        features = kept(work / "features.npz", partial(features_of, self.reads()))
        given = calibration(features, options.windows)
        for number, name in enumerate(names):
            progress("calibrating", number, len(names))
            static.mkdir(exist_ok=True)
            if name == SHARED[1]:
                kept(static / name, lambda to: to.write_bytes((int8 / SHARED[1]).read_bytes()))
            else:
                samples = given["embeddings" if name == options.classifier else "mels"]
                kept(static / name, partial(weights_and_activations, folder / name, samples))
        kept(work / "classifier.onnx", partial(wake_onnx.export, folder / options.classifier))
        made = (("float32", folder, 32, False), ("int8", int8, 8, True), ("int8-static", static, 8, False))
        return tuple(
            Variant(name, tuple(where / each for each in names), bits, shipped) for name, where, bits, shipped in made
        )

    def measure(self, recipe: Recipe, variant: Variant, *, data: Path | None, progress: Progress) -> Measured | None:
        if data is None or not (data / "wake" / "positive").is_dir():
            return None
        found: dict[str, Any] = {}
        for number, sensitivity in enumerate(SENSITIVITIES):
            progress(f"hearing wake words with {variant.name}", number, 0)
            found = _heard(recipe.options.word, variant.files[0].parent, data, sensitivity)
            if found["false_alarms"] == 0:
                break
        of = found["positives"] * len(LEVELS)
        missed = sum(found[f"missed_{level}"] for level in LEVELS)
        counts = {key: float(found[key]) for key in ("false_alarms", *(f"missed_{level}" for level in LEVELS))}
        cost = timing(open_verifier, variant.files, _sounds(), libraries=("numpy", _interpreter().__module__))
        return Measured(100 * (1 - missed / of), {**counts, "of": of}, cost.us_p50, cost.load_ms, cost.memory_mb)


FAMILY = _Wake()


def weights_only(path: Path, target: Path) -> None:
    """Every weight to 8 bits, one scale a channel; the rest stays float.

    Raises InputError (`quantize.source`, `quantize.operator`), MissingError (`quantize.extra`).
    """
    graph = Graph(path)
    if not any(graph.kind(each) in WEIGHED for each in graph.operators):
        raise InputError("quantize.operator", f"{path}: it has no operator with weights to quantize")
    _of_floats(graph)
    with _library() as library:
        manager = library.recipe_manager.RecipeManager()
        manager.add_weight_only_config(
            regex=".*", operation_name=library.qtyping.TFLOperationName.ALL_SUPPORTED, num_bits=8
        )
        _quantized(library, path, manager, None, target)


def weights_and_activations(path: Path, samples: Floats, target: Path) -> None:
    """Activations to 8 bits, too, in the ranges that these inputs bring; input and output stay float.

    samples: shape (n, ...), as the model takes them one at a time, a last axis of 1 apart.
    Raises InputError (`quantize.source`, `.shape`, `.operator`, `.calibration`), MissingError (`quantize.extra`).
    """
    graph = Graph(path)
    fixed_but_batch(graph)
    of_kinds(graph, STATIC, "static quantization")
    _of_floats(graph)
    checked(samples, str(path))
    shape = tuple(max(1, n) for n in graph.shape(graph.inputs[0]))
    if math.prod(shape) != math.prod(samples.shape[1:]):
        told = f"{path}: expected inputs of shape {shape}, found {samples.shape[1:]} in the calibration set"
        raise InputError("quantize.shape", told)
    with _library() as library:
        kinds = library.qtyping.TFLOperationName
        manager = library.recipe_manager.RecipeManager()
        manager.add_static_config(
            regex=".*", operation_name=kinds.ALL_SUPPORTED, activation_num_bits=8, weight_num_bits=8
        )
        for end in (kinds.INPUT, kinds.OUTPUT):
            manager.add_quantization_config(regex=".*", operation_name=end, op_config=None, algorithm_key="no_quantize")
        _quantized(library, path, manager, [each.reshape(shape) for each in samples], target)


def calibration(features: Path, windows: int) -> Mapping[str, Floats]:
    """So many of each, evenly from all recordings. Raises InputError (`quantize.calibration`)."""
    with np.load(features) as found:
        every = {name: found[name].astype(np.float32) for name in ("mels", "embeddings")}
    chosen = {}
    for name, values in every.items():
        if len(values) < windows:
            told = f"the calibration set is too small: {len(values)} {name} of {windows}; give it more recordings"
            raise InputError("quantize.calibration", told)
        chosen[name] = values[np.linspace(0, len(values) - 1, windows).astype(int)]
    return chosen


def checked(samples: Floats, what: str) -> None:
    """Raises InputError (`quantize.calibration`) for too few, or for values that are no numbers."""
    if len(samples) < MIN_WINDOWS:
        told = f"the calibration set for {what} is too small: {len(samples)} inputs, {MIN_WINDOWS} are needed"
        raise InputError("quantize.calibration", told)
    bad = np.flatnonzero(~np.isfinite(samples.reshape(len(samples), -1)).all(axis=1))
    if len(bad):
        told = f"the calibration set for {what} holds NaN or infinity, first in input {bad[0]}"
        raise InputError("quantize.calibration", told)


def features_of(recordings: Sequence[Path], target: Path) -> None:
    """What the hub's own code makes of them, in a process of its own: this package must not know the running parts.

    Raises InputError (`quantize.calibration`).
    """
    command = [sys.executable, "-m", "tools.bench.wake_features", str(target), *map(str, recordings)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise InputError("quantize.calibration", f"no features for calibration: {told[0].removeprefix('error: ')}")


def open_verifier(files: tuple[Path, ...]) -> Callable[[Floats], object]:
    """All that one more score of a stream takes. files: classifier, embedding, mel bands."""
    classify, embed, mel = (_opened(file) for file in files)
    mels = np.ones((76, 32), np.float32)
    embeddings = np.zeros((16, 96), np.float32)

    def run(samples: Floats) -> object:
        nonlocal mels, embeddings
        mels = np.concatenate((mels, mel(samples[None]).reshape(-1, 32) / 10 + 2))[-76:]
        embeddings = np.concatenate((embeddings, embed(mels[None, ..., None]).reshape(-1, 96)))[-16:]
        return classify(embeddings[None])

    return run


def _opened(file: Path) -> Callable[[Floats], Floats]:
    interpreter = _interpreter()(model_content=file.read_bytes(), num_threads=1)
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    shape: tuple[int, ...] = ()

    def run(values: Floats) -> Floats:
        nonlocal shape
        if values.shape != shape:
            interpreter.resize_tensor_input(given["index"], values.shape)
            interpreter.allocate_tensors()
            shape = values.shape
        interpreter.set_tensor(given["index"], values)
        interpreter.invoke()
        return interpreter.get_tensor(made["index"])  # type: ignore[no-any-return]

    return run


def _interpreter() -> Any:
    """The hub's own."""
    try:
        from tflite_runtime.interpreter import Interpreter
    except ImportError:
        from ai_edge_litert.interpreter import Interpreter
    return Interpreter


def _sounds() -> list[Floats]:
    import soundfile

    samples, _ = soundfile.read(str(min(RECORDINGS.glob("*.flac"))), dtype="int16")
    starts = range(0, len(samples) - _STEP_SAMPLES, 1280)
    return [samples[at : at + _STEP_SAMPLES].astype(np.float32) for at in starts] * 8


def _heard(word: str, folder: Path, data: Path, sensitivity: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tools.bench.wake", "--data", str(data.resolve()), "--json", "--model", word]
    command += ["--verifier", str(folder.resolve()), "--sensitivity", str(sensitivity)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise InputError("quantize.measure", f"tools.bench.wake: {told[0].removeprefix('error: ')}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _of_floats(graph: Graph) -> None:
    for tensor in graph.inputs:
        if graph.type(tensor) != "FLOAT32":
            raise InputError("quantize.source", f"{graph.path}: its input is {graph.type(tensor)}: no float model")


@contextlib.contextmanager
def _library() -> Iterator[Any]:
    """ai-edge-quantizer, which tells of its progress in bars and sizes; ours are told by those who call it."""
    try:
        import ai_edge_quantizer.qtyping
        import ai_edge_quantizer.quantizer
        import ai_edge_quantizer.recipe_manager
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield ai_edge_quantizer


def _quantized(library: Any, path: Path, manager: Any, samples: list[Floats] | None, target: Path) -> None:
    try:
        quantizer = library.quantizer.Quantizer(str(path))
        quantizer.load_quantization_recipe(manager.get_quantization_recipe())
        made = bytes(quantizer.quantize(_ranges(quantizer, path, samples)).quantized_model)
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition(". ")[0]
        raise InputError("quantize.operator", f"{path}: ai-edge-quantizer refuses it: {reason}") from error
    target.write_bytes(made)


def _ranges(quantizer: Any, path: Path, samples: list[Floats] | None) -> Mapping[str, Any] | None:
    """Of each activation; None where they are not asked for."""
    if samples is None:
        return None
    from ai_edge_litert.interpreter import Interpreter

    ((name, signature),) = Interpreter(str(path)).get_signature_list().items()
    (given,) = signature["inputs"]
    found = quantizer.calibrate({name: [{given: each} for each in samples]})
    return {tensor: {end: _outward(end, value) for end, value in each.items()} for tensor, each in found.items()}


def _outward(end: str, value: Any) -> Any:
    """An end of a range, moved out to 11 bits, so that machines whose last bits differ make the same file."""
    if end not in ("min", "max"):
        return value
    mantissa, exponent = np.frexp(np.asarray(value, np.float64))
    rounded = np.floor(mantissa * 2048) if end == "min" else np.ceil(mantissa * 2048)
    return np.ldexp(rounded / 2048, exponent).astype(np.float32)
