import json
from pathlib import Path

import pytest

from tests.unit.quantize.toys import RECIPE, make_toy
from tools.bench import quantize


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_toy(tmp_path, monkeypatch)


def figures(toy: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    status = quantize.main([str(toy), "--data", str(toy.parent), "--work", str(toy.parent / "work"), "--json"])
    assert status == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_the_keys_are_those_that_are_agreed_on(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(toy, capsys)
    assert {key: value for key, value in found.items() if key != "variants"} == {
        "worst_loss_points": 0.25,
        "int8_ratio": 4.0,
        "int4_ratio": None,
        "encoder_us_p50": None,
    }
    (variant,) = found["variants"]  # type: ignore[misc]
    assert variant["recipe"] == "toy"
    assert {"variant", "shipped", "bytes", "ratio", "points", "loss_points", "us_p50", "us_p50_float", "counts"} <= set(
        variant  # type: ignore[has-type]
    )


def test_what_hubs_do_not_get_does_not_count(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write_text(RECIPE.partition("[ship.int8]")[0])
    found = figures(toy, capsys)
    assert found["worst_loss_points"] is None
    assert found["int8_ratio"] is None


def test_a_recipe_whose_library_is_missing_is_left_out_and_named(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = toy.parent / "toy_family.py"
    broken = "from edge.core.errors import MissingError\n        raise MissingError('toy.missing', 'it is not here')"
    module.write_text(module.read_text().replace('progress("rounding", 0, 2)', broken))
    assert quantize.main([str(toy), "--data", str(toy.parent), "--work", str(toy.parent / "work"), "--json"]) == 0
    told = capsys.readouterr()
    assert "left out: toy: it is not here" in told.err
    assert json.loads(told.out.splitlines()[-1])["variants"] == []
