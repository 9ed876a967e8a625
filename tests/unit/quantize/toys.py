"""A family that is made in no time: numbers rounded to a few bits, worth what they keep."""

import sys
from pathlib import Path

import pytest

from tools.quantize.family import MODULES
from tools.quantize.work import code_of

FAMILY = """
import json
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import InputError
from tools.quantize.family import Measured, Variant, kept


@dataclass(frozen=True, slots=True)
class Options:
    numbers: int
    loss: float = 0.25

    def __post_init__(self):
        if not 1 <= self.numbers <= 100000:
            raise ValueError("numbers: expected 1 to 100000")


class Toy:
    options = Options

    def reads(self):
        return ()

    def build(self, recipe, work, *, progress):
        progress("rounding", 0, 2)
        log = work / "built.log"
        log.write_text(log.read_text() + "x" if log.exists() else "x")
        count = recipe.options.numbers
        float32 = kept(work / "float32.bin", lambda path: path.write_bytes(bytes(range(4)) * count))
        if (work.parent.parent / "stop").exists():
            raise InputError("toy.stopped", "stopped half way")
        int8 = kept(work / "int8.bin", lambda path: path.write_bytes(bytes(1) * count))
        progress("rounding", 2, 2)
        names = (("float32", float32, 32), ("int8", int8, 8))
        return tuple(Variant(name, (path,), bits, name in recipe.ship) for name, path, bits in names)

    def measure(self, recipe, variant, *, data, progress):
        if data is None:
            return None
        lost = recipe.options.loss if variant.name == "int8" else 0.0
        return Measured(90.0 - lost, {"right": 90, "of": 100}, variant.bytes / 4, 1.0, variant.bytes / 1e6)


FAMILY = Toy()
"""

RECIPE = """
id = "toy"
family = "toy"
licence = "MIT"
note = "Zeros."
budget_bytes = 2000

[options]
numbers = 1000

[ship.int8]
id = "zeros"
task = "encoder"
languages = ["en"]
"""


def make_toy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Register the family and write its recipe, whose path is returned."""
    (folder / "toy_family.py").write_text(FAMILY)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "toy_family", raising=False)
    code_of.cache_clear()
    monkeypatch.setitem(MODULES, "toy", "toy_family")  # type: ignore[arg-type]
    path = folder / "toy.toml"
    path.write_text(RECIPE)
    return path
