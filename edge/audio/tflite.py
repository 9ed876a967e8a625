"""TensorFlow Lite interpreters from files that may be broken.

The interpreter trusts its file: a truncated one makes it read beyond the end and ends the whole process with a
segmentation fault. So everything that it will follow is checked to lie within the file first.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from struct import error as struct_error
from struct import unpack_from
from typing import Any

from edge.core.errors import InputError, MissingError

Schema = dict[int, Any]
"""Field number -> what it points to: an int (a vector, with items of so many bytes), a Schema (a table), or a list of
one Schema (a vector of tables)."""

# From tensorflow/lite/schema/schema.fbs, as far as the interpreter follows it.
_QUANTIZATION: Schema = {0: 4, 1: 4, 2: 4, 3: 8}
_TENSOR: Schema = {0: 4, 3: 1, 4: _QUANTIZATION}
_OPERATOR: Schema = {1: 4, 2: 4, 4: {}, 5: 1, 7: 1, 8: 4}
_SUBGRAPH: Schema = {0: [_TENSOR], 1: 4, 2: 4, 3: [_OPERATOR], 4: 1}
_MODEL: Schema = {1: [{1: 1}], 2: [_SUBGRAPH], 3: 1, 4: [{0: 1}]}


def load(path: Path) -> bytes:
    """A model's bytes, checked. Raises InputError (`wake.model_missing`, `wake.model_broken`)."""
    try:
        model = path.read_bytes()
    except OSError as error:
        raise InputError(
            "wake.model_missing", f"the model {path} cannot be read; fetch it again: edge models pull"
        ) from error
    try:
        _check_model(model)
    except (struct_error, ValueError) as error:
        raise broken(path) from error
    return model


def broken(path: Path) -> InputError:
    """The error for a model that cannot be used."""
    return InputError(
        "wake.model_broken", f"the model {path} is damaged; check it with: edge models verify, then: edge models pull"
    )


def interpreter(model: bytes, *, delegate: bool = True, allocate: bool = True) -> Any:
    """A new interpreter on one thread.

    delegate: whether XNNPACK may take over; it makes large float models several times as fast. allocate: whether its
    tensors are allocated at once, which fails where the length of its input is still open.
    Raises MissingError (`wake.tflite_missing`), ValueError or RuntimeError for a model that it refuses.
    """
    try:
        from tflite_runtime.interpreter import Interpreter, OpResolverType
    except ImportError:
        try:
            from ai_edge_litert.interpreter import Interpreter, OpResolverType
        except ImportError as error:
            raise MissingError(
                "wake.tflite_missing",
                "the wake word needs TensorFlow Lite; install it: pip install tflite-runtime (from Python 3.12 on: "
                "pip install ai-edge-litert)",
            ) from error
    kernels = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    with quiet() if delegate else nullcontext():
        made = Interpreter(model_content=model, num_threads=1, experimental_op_resolver_type=kernels)
        if allocate:
            made.allocate_tensors()
    return made


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the library's remark about its delegate, written past Python, off the standard error of a command."""
    with Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_model(data: bytes) -> None:
    if data[4:8] != b"TFL3":
        raise ValueError("no TensorFlow Lite model")
    _check_table(data, unpack_from("<I", data, 0)[0], _MODEL)


def _check_table(data: bytes, at: int, schema: Schema) -> None:
    """Raise ValueError or struct.error when the table at this offset, or what it points to, is not whole."""
    vtable = at - unpack_from("<i", data, at)[0]
    if vtable < 0:
        raise ValueError("a table lies before the file")
    vtable_bytes, table_bytes = unpack_from("<HH", data, vtable)
    _check_within(data, vtable + vtable_bytes)
    _check_within(data, at + table_bytes)
    for number, kind in schema.items():
        slot = 4 + 2 * number
        offset = unpack_from("<H", data, vtable + slot)[0] if slot + 2 <= vtable_bytes else 0
        if offset == 0:
            continue
        target = at + offset + unpack_from("<I", data, at + offset)[0]
        if isinstance(kind, dict):
            _check_table(data, target, kind)
            continue
        count = unpack_from("<I", data, target)[0]
        _check_within(data, target + 4 + count * (kind if isinstance(kind, int) else 4))
        if isinstance(kind, list):
            for item in range(target + 4, target + 4 + 4 * count, 4):
                _check_table(data, item + unpack_from("<I", data, item)[0], kind[0])


def _check_within(data: bytes, end: int) -> None:
    if end > len(data):
        raise ValueError("the file ends too early")
