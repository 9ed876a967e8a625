"""The family `pack`: one pack for each number of bits, the same from the same content."""

from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from tools.quantize.family import Variant
from tools.quantize.pack import FAMILY
from tools.quantize.recipe import Recipe, read_recipe

RECIPES = Path(__file__).parents[3] / "models" / "recipes"


def quiet(_what: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    path = tmp_path_factory.mktemp("recipes") / "rewrite-pack.toml"
    text = (RECIPES / "rewrite-pack.toml").read_text()
    path.write_text(text.replace("phrases = 2_500", "phrases = 300"))
    return read_recipe(path)


def built(recipe: Recipe, folder: Path) -> tuple[Variant, ...]:
    folder.mkdir()
    return FAMILY.build(recipe, folder, progress=quiet)


def test_each_pack_is_smaller_opens_and_is_the_same_again(recipe: Recipe, tmp_path: Path) -> None:
    first, again = built(recipe, tmp_path / "one"), built(recipe, tmp_path / "two")
    assert [(variant.name, variant.bits) for variant in first] == [
        ("float32", 32),
        ("int8", 8),
        ("int4", 4),
        ("binary", 1),
    ]
    assert not any(variant.shipped for variant in first)
    assert first[0].bytes > first[1].bytes > first[2].bytes >= first[3].bytes
    for one, other in zip(first, again, strict=True):
        assert one.files[0].read_bytes() == other.files[0].read_bytes()
        cache = Cache.open(one.files[0], Encoder())
        assert cache.bits == one.bits
        assert len(cache) >= 300
        cache.close()


def test_without_the_data_nothing_is_measured(recipe: Recipe, tmp_path: Path) -> None:
    variant = built(recipe, tmp_path / "one")[0]
    assert FAMILY.measure(recipe, variant, data=None, progress=quiet) is None
    assert FAMILY.measure(recipe, variant, data=tmp_path, progress=quiet) is None


def test_it_is_measured_by_the_benchmark_of_rewrites(recipe: Recipe, tmp_path: Path) -> None:
    """Somebody's failure that later worked mends what somebody else says alike, with any number of bits."""
    (tmp_path / "rewrite").mkdir()
    row = '{"prompt_id": %d, "text": "%s", "predicted_intent": "%s", "intent": "light_off"}\n'
    lived = (row % (1, "kill that lamp thing", "music")) + (row % (1, "turn off the lamp", "light_off")) * 5
    (tmp_path / "rewrite" / "history.jsonl").write_text(lived * 3)
    (tmp_path / "rewrite" / "queries.jsonl").write_text(row % (2, "kill that lamp thing", "music"))
    for variant in built(recipe, tmp_path / "one")[1:3]:
        found = FAMILY.measure(recipe, variant, data=tmp_path, progress=quiet)
        assert found is not None
        assert found.points == 100 * found.counts["defect_reduction"] == 100
        assert found.counts["recall"] == found.counts["wins"] == found.counts["queries"] == 1


def test_a_benchmark_that_fails_is_told(recipe: Recipe, tmp_path: Path) -> None:
    variant = built(recipe, tmp_path / "one")[1]
    (tmp_path / "rewrite").mkdir()
    (tmp_path / "rewrite" / "queries.jsonl").write_text("")
    with pytest.raises(InputError, match=r"history\.jsonl") as failed:
        FAMILY.measure(recipe, variant, data=tmp_path, progress=quiet)
    assert failed.value.code == "quantize.measure"
