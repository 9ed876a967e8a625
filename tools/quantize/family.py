"""What a family of models has to bring so that a recipe can be made of it, and where each family is.

A family is a module of this package with `FAMILY`, an object that is a `Family`. It is imported only when a recipe
names it; heavy libraries load inside what needs them.
"""

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.core.errors import MissingError

if TYPE_CHECKING:
    from tools.quantize.recipe import Recipe

MODULES: Mapping[str, str] = {
    "encoder": "tools.quantize.encoder",
    "minilm": "tools.quantize.minilm",
    "pack": "tools.quantize.pack",
    "vad": "tools.quantize.vad",
    "wake": "tools.quantize.wake",
}
"""Module of each family, by the name that recipes give."""
LAYERS = "layers.json"
"""File that a family may leave in its work folder: each layer as an `onnx_losses.LayerLoss`, the worst first."""


class Progress(Protocol):
    """Told of what takes long: `progress("calibrating", 40, 200)`."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """done: how many of total; 0 in total where that is not known."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a model."""

    name: str
    """float32, int8, int4, binary, int8-dynamic, int8-static, ..."""
    files: tuple[Path, ...]
    """All that a hub needs of it, in the folder that it was built in; a float one may be where its source is."""
    bits: int
    """Of a weight."""
    shipped: bool
    """Whether hubs get it: only then does its loss count."""

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.stat().st_size for file in self.files)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a variant is worth, and what it costs."""

    points: float
    """0 to 100 on the family's own benchmark, more is better."""
    counts: Mapping[str, float]
    """What the points come from, by name: right, of, missed, false_alarms, ..."""
    us_p50: float
    """Median microseconds of one inference, or one sentence."""
    load_ms: float
    """From file to ready, libraries loaded before."""
    memory_mb: float
    """Resident memory that it takes beyond its libraries."""


class Family(Protocol):
    """A kind of model: how its variants are made and measured."""

    @property
    def options(self) -> type:
        """Frozen dataclass of the recipe's table `[options]`; every field has a default or must be given.

        `__post_init__` raises ValueError (`"dimensions: expected 8 to 384"`) for what is out of range.
        """

    def reads(self) -> Sequence[Path]:
        """Files that `build` reads beside the source and the code: its calibration set, when that is recordings."""

    def build(self, recipe: "Recipe", work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        """All variants, the float one first; the same bytes from the same inputs.

        work: folder of this recipe, source and code alone, with whatever an earlier, interrupted run left in it.
        Raises EdgeError.
        """

    def measure(self, recipe: "Recipe", variant: Variant, *, data: Path | None, progress: Progress) -> Measured | None:
        """What one variant is worth; None where what it is measured with is not in the data folder.

        data: folder of benchmark data, laid out as tools.bench expects it. Raises EdgeError.
        """


def family(name: str) -> Family:
    """The family of that name. Raises KeyError, or MissingError (`quantize.extra`) when a library is missing."""
    try:
        found: Family = importlib.import_module(MODULES[name]).FAMILY
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    return found


def missing_extra(error: ModuleNotFoundError) -> MissingError:
    """The sentence for a library of the extra that is not installed."""
    return MissingError(
        "quantize.extra", f"the library {error.name} is not installed: pip install -c constraints.txt -e '.[quantize]'"
    )


def kept(path: Path, make: Callable[[Path], object]) -> Path:
    """The file, made unless an earlier run made it: `make` gets a path beside it to write to."""
    if not path.exists():
        aside = path.with_name(f".new-{path.name}")  # the ending stays: libraries look at it
        make(aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    return path
