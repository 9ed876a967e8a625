"""The family `encoder` without its big model: words, least squares, dimensions, and the rounding of rows."""

from pathlib import Path

import numpy as np
import pytest

from edge.core.errors import InputError
from tools.quantize import encoder_fit
from tools.quantize.encoder import FAMILY, Options
from tools.quantize.encoder_file import packed, write_table
from tools.quantize.encoder_words import vocabulary, words_of_homes
from tools.quantize.home_sentences import home_sentences, intent_of
from tools.quantize.recipe import read_recipe

RECIPES = Path(__file__).parents[3] / "models" / "recipes"


def waves(*shape: int) -> encoder_fit.Floats:
    """Numbers without chance and without pattern."""
    found: encoder_fit.Floats = np.sin(np.arange(1, np.prod(shape) + 1) ** 1.5).reshape(shape)
    return found


def test_the_committed_recipe_is_read_and_names_what_is_committed() -> None:
    recipe = read_recipe(RECIPES / "home-encoder-en.toml")
    assert recipe.base == "all-minilm-l6-v2"
    for name, shipped in recipe.ship.items():
        file = RECIPES.parent / shipped.id / f"{recipe.id}.{name}"
        assert 0 < file.stat().st_size <= recipe.budget_bytes
    assert all(path.is_file() for path in FAMILY.reads())


@pytest.mark.parametrize("line", ["dims = 4", "dims = 900", "words = 0", "pieces = -1", "bogus = 1", 'dims = "x"'])
def test_a_recipe_that_makes_no_sense_is_named(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    options = {"dims": "dims = 64", "words": "words = 100"}
    options[key] = line
    path = tmp_path / "some-encoder.toml"
    head = 'id = "some-encoder"\nfamily = "encoder"\nlicence = "Apache-2.0"\nbase = "all-minilm-l6-v2"\n'
    path.write_text(head + "[options]\n" + "\n".join(options.values()))
    with pytest.raises(InputError, match=f"some-encoder.toml: .*{key}") as refused:
        read_recipe(path)
    assert refused.value.code == "quantize.recipe"


def test_words_of_homes_come_first_then_the_frequent_ones_then_pieces() -> None:
    homes = words_of_homes(["turn on 50 zigbees", "turn off the light"])
    assert homes == ["0", "light", "off", "on", "the", "turn", "zigbees"]
    ranked = ["the", "house", "##ing", "water", "##ly", "##é"]
    found = vocabulary(homes, ranked, words=9, pieces=1)
    assert {*homes, "house", "water", "##ing", "a", "##z"} <= set(found)
    assert "##ly" not in found
    assert found == sorted(set(found), key=str.encode)
    assert set(homes) <= set(vocabulary(homes, ranked, words=1, pieces=0))


def test_vectors_of_words_are_found_again_from_sentences() -> None:
    """Sentences are made of known vectors; what is fitted begins elsewhere and comes back to them."""
    words = ["a", "b", "c", "d"]
    sentences = [" ".join(words[n // 4**k % 4] for k in range(3)) for n in range(200)]
    bag = encoder_fit.bags(sentences, words)
    assert bag[1].sum() == pytest.approx(3**0.5)
    true = waves(4, 6)
    found = encoder_fit.fitted_homes(bag, bag @ true, np.zeros((4, 6)))
    assert np.abs(found - true).max() < 0.05

    texts = encoder_fit.stand_ins(["x", "y"], sentences, 50)
    assert len(texts) == 100
    assert all("x" in text.split() for text in texts[:50])
    assert texts == encoder_fit.stand_ins(["x", "y"], sentences, 50)
    other = waves(2, 6) + 1
    rest = encoder_fit.bags(texts, ["x", "y"]) @ other
    assert np.abs(encoder_fit.fitted_others(texts, rest, np.zeros((2, 6))) - other).max() < 0.05


def test_fewer_dimensions_keep_what_is_alike() -> None:
    flat = waves(40, 3) @ waves(3, 12)
    found = encoder_fit.fewer(flat, flat, 3)
    assert np.allclose(found @ found.T, flat @ flat.T)
    assert np.array_equal(found, encoder_fit.fewer(flat.copy(), flat.copy(), 3))


@pytest.mark.parametrize(("bits", "worst"), [(8, 0.005), (4, 0.15), (1, 1.2)])
def test_a_row_is_rounded_to_its_own_scale(bits: int, worst: float) -> None:
    rows = waves(30, 16) * np.linspace(0.01, 10, 30)[:, None]
    scales = np.frombuffer(packed(rows, bits)[0], "<f2").astype(float)
    assert scales.shape == (30,)
    assert scales[-1] > 100 * scales[0]
    raw = np.frombuffer(packed(rows, bits)[1], "u1").reshape(30, -1)
    if bits == 8:
        opened = raw.view(np.int8).astype(float)
    elif bits == 4:
        opened = np.stack([raw & 15, raw >> 4], axis=2).reshape(30, 16) - 7.5
    else:
        opened = np.unpackbits(raw, axis=1, bitorder="little") * 2.0 - 1
    error = np.abs(opened * scales[:, None] - rows).max(axis=1) / np.abs(rows).max(axis=1)
    assert error.max() <= worst


def test_the_same_vectors_make_the_same_file(tmp_path: Path) -> None:
    noise = 1e-13 * waves(3, 8)  # what another machine's libraries may add
    for bits in (8, 4, 1):
        write_table(tmp_path / "one", ["a", "b", "c"], waves(3, 8), bits)
        write_table(tmp_path / "other", ["a", "b", "c"], waves(3, 8) + noise, bits)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_zeros_are_rows_too() -> None:
    for bits in (8, 4, 1):
        scales, rows = packed(np.zeros((2, 4)), bits)
        assert np.isfinite(np.frombuffer(scales, "<f2")).all()
        assert len(rows) == 2 * -(-4 * bits // 8)


def test_sentences_of_homes_are_drawn_alike_and_in_normal_form() -> None:
    drawn = list(home_sentences(1))
    assert drawn == list(home_sentences(1))
    assert len({said.template for said in drawn}) == len(drawn) > 1000
    assert all(said.text == " ".join(said.text.casefold().split()) for said in drawn)
    assert not any("{" in said.text or "<" in said.text for said in drawn)
    assert intent_of("turn off the bedroom light") == "HassTurnOff"
    assert intent_of("pop the telly on the moon") is None


def test_options_are_bounded() -> None:
    assert Options(192, 9000).per_template == 4
    with pytest.raises(ValueError, match="per_template: expected 1 to 32"):
        Options(192, 9000, per_template=33)
