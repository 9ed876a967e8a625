"""Check microWakeWord models: they come quantized, so what a hub relies on is looked up, not made.

    python -m tools.quantize.wake_micro                   # those of models/*.toml that are installed
    python -m tools.quantize.wake_micro my-word.json      # your own, its .tflite beside it

The JSON (version 2): probability_cutoff, sliding_window_size, feature_step_size. The model: 40 features in int8 and one
score in 8 bits, each with a scale that holds what it stands for; no tensor of floats; a shape without open lengths.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError
from edge.models import ModelStore, Presence, default_store, load_manifests
from edge.resources import data_dir
from tools.quantize.tflite_file import Graph

FEATURES = 40
STEP_MS = 10
LARGEST_FEATURE = 25.9
"""Of the loudest sound; the models are trained on 0 to 26."""
_EIGHT_BITS = {"INT8": (-128, 127), "UINT8": (0, 255)}
_COMPUTED = {"INT8", "UINT8", "INT16", "INT32", "INT64", "RESOURCE", "BOOL"}


def main(argv: Sequence[str] | None = None) -> int:
    """Status 0 when all are right, 1 when one is not, 3 when a library is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.quantize.wake_micro",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m tools.quantize.wake_micro my-word.json",
    )
    parser.add_argument("manifests", nargs="*", type=Path, metavar="JSON", help="default: all that are installed")
    options = parser.parse_args(argv)
    wrong = False
    try:
        for path in options.manifests or installed():
            found = problems(path)
            wrong |= bool(found)
            print(f"{path.name}: {'; '.join(found) or 'ok'}")
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    return int(wrong)


def installed() -> list[Path]:
    """The JSON files of all microWakeWord models that are here."""
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    return [
        store.locate(manifest.id) / file.path
        for manifest in store.manifests.values()
        for file in manifest.files
        if manifest.phrase and file.path.endswith(".json")
        if store.status(manifest.id).presence in (Presence.STORE, Presence.PACKAGE)
    ]


def problems(path: Path) -> list[str]:
    """What is wrong with a model, named; nothing where all is right. path: of its JSON.

    Raises InputError (`quantize.source`) for a model that is not there or is corrupt, MissingError (`quantize.extra`).
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        micro = told["micro"]
        found = [*_of_json(told, micro)]
    except OSError as error:
        return [f"cannot be read: {error.strerror}"]
    except (ValueError, KeyError, TypeError):
        return ["is no microWakeWord manifest"]
    graph = Graph(path.with_suffix(".tflite"))
    return found + _of_model(graph)


def _of_json(told: dict[str, Any], micro: dict[str, Any]) -> list[str]:
    def number(key: str) -> float:
        value = micro.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")

    found = []
    if told.get("type") != "micro" or told.get("version") != 2:
        found.append('expected type "micro" of version 2')
    if not isinstance(told.get("wake_word"), str) or not told["wake_word"].strip():
        found.append("wake_word: expected the words that wake")
    if not 0 < number("probability_cutoff") < 1:
        found.append("probability_cutoff: expected a score between 0 and 1")
    if not 1 <= number("sliding_window_size") <= 100 or number("sliding_window_size") % 1:
        found.append("sliding_window_size: expected 1 to 100 scores")
    if number("feature_step_size") != STEP_MS:
        found.append(f"feature_step_size: expected {STEP_MS} ms, which is what the hub's front end makes")
    return found


def _of_model(graph: Graph) -> list[str]:
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        return ["expected one input and one output"]
    (given,), (made,) = graph.inputs, graph.outputs
    found = []
    shape = graph.shape(given)
    if len(shape) != 3 or shape[0] != 1 or shape[1] < 1 or shape[2] != FEATURES:
        found.append(f"input: expected 1 x frames x {FEATURES}, found {' x '.join(map(str, shape))}")
    for what, tensor, least, most in (("input", given, 0.0, LARGEST_FEATURE), ("output", made, 0.0, 0.99)):
        limits = _EIGHT_BITS.get(graph.type(tensor))
        scale, zero = graph.scale(tensor)
        if limits is None:
            found.append(f"{what}: expected 8 bits, found {graph.type(tensor)}")
        elif scale <= 0:
            found.append(f"{what}: it has no scale")
        elif (limits[0] - zero) * scale > least or (limits[1] - zero) * scale < most:
            found.append(f"{what}: scale {scale:g} and zero point {zero} do not reach from {least:g} to {most:g}")
    floats = {graph.type(n) for each in graph.operators for n in (*each.inputs, *each.outputs) if n != -1} - _COMPUTED
    if floats:
        found.append(f"it computes in {', '.join(sorted(floats))}")
    return found


if __name__ == "__main__":
    sys.exit(main())
