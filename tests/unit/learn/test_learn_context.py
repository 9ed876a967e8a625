"""The training of the context's weights: the same data give the same file, which says how it was made."""

import json
import subprocess
import sys
from pathlib import Path

from edge.nlu.context import Weights
from tools.learn.context import OUT


def _trained(out: Path, hash_seed: str) -> str:
    few = ("--households", "2", "--days", "1", "--rounds", "20", "--out", str(out))
    subprocess.run(
        [sys.executable, "-m", "tools.learn.context", *few],
        check=True,
        capture_output=True,
        env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
    )
    return out.read_text(encoding="utf-8")


def test_two_runs_write_the_same_file(tmp_path: Path) -> None:
    first = _trained(tmp_path / "one.json", "1")
    assert first == _trained(tmp_path / "two.json", "2")
    stored = json.loads(first)
    assert stored["data"] | {"seeds": "0 to 2, even", "days": 1, "rounds": 20} == stored["data"]
    assert stored["weights"]


def test_the_file_that_is_shipped_is_read_whole_and_says_where_it_is_from() -> None:
    stored = json.loads(OUT.read_text(encoding="utf-8"))
    assert {"seeds", "days", "examples", "simulator"} <= stored["data"].keys()
    weights = Weights.shipped()
    assert weights.of == stored["weights"]
    assert 0.5 < weights.act < 1
    assert all(isinstance(value, float) and abs(value) < 10 for value in weights.of.values())
