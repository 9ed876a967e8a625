from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.manifest import Task
from tests.unit.quantize.toys import RECIPE
from tools.quantize.family import MODULES, family
from tools.quantize.recipe import read_recipe

ROOT = Path(__file__).parents[3]
COMMITTED = sorted((ROOT / "models" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_recipes_are_read(path: Path) -> None:
    assert read_recipe(path).id == path.stem


def test_a_recipe_is_read(toy: Path) -> None:
    recipe = read_recipe(toy)
    assert (recipe.id, recipe.family, recipe.licence, recipe.budget_bytes) == ("toy", "toy", "MIT", 2000)
    assert (recipe.options.numbers, recipe.options.loss) == (1000, 0.25)
    assert (recipe.ship["int8"].id, recipe.ship["int8"].task) == ("zeros", Task.ENCODER)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('id = "toy"', 'id = "other"'), "id: expected the file's own name, toy"),
        (('family = "toy"', 'family = "cook"'), "family: expected one of encoder, minilm, pack, toy, vad, wake"),
        (('licence = "MIT"', ""), "licence: missing"),
        (('licence = "MIT"', 'licence = ""'), "licence: expected an SPDX identifier"),
        (('licence = "MIT"', 'licence = "MIT"\ncolour = 1'), "colour: a recipe has no such key"),
        (("budget_bytes = 2000", "budget_bytes = -1"), "budget_bytes: expected a number of bytes"),
        (("numbers = 1000", "numbers = 0"), "options.numbers: expected 1 to 100000"),
        (("numbers = 1000", 'numbers = "many"'), "options.numbers: expected a whole number"),
        (("numbers = 1000", ""), "options.numbers: missing"),
        (("numbers = 1000", "numbers = 1\nbits = 3"), "options.bits: Options has no such key"),
        (('id = "zeros"', 'id = "../zeros"'), "ship.int8.id: expected the id of a model"),
        (('task = "encoder"', 'task = "cook"'), "ship.int8.task: expected one of wake"),
        (('task = "encoder"', 'task = "wake"'), "ship.int8.phrase: expected a wake model's phrase"),
        (("[options]", "[options"), "Expected"),
        (('note = "Zeros."', "note = " + "[" * 5000), "recursion"),
    ],
)
def test_a_mistake_names_file_and_key(toy: Path, change: tuple[str, str], told: str) -> None:
    assert RECIPE.count(change[0]) == 1
    toy.write_text(RECIPE.replace(*change))
    with pytest.raises(InputError) as raised:
        read_recipe(toy)
    assert raised.value.code == "quantize.recipe"
    assert str(raised.value).startswith(f"{toy}: ")
    assert told in str(raised.value)


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        read_recipe(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "name", [name for name in sorted(MODULES) if (ROOT / "tools/quantize" / f"{name}.py").exists()]
)
def test_every_family_has_what_a_family_has(name: str) -> None:
    found = family(name)
    assert found.options.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(path.is_file() for path in found.reads())
