"""Colours: names, and the values that lamps take."""

import pytest

from edge.home import color


@pytest.mark.parametrize("name", color.NAMES)
def test_every_name_survives_every_way_of_saying_it(name: str) -> None:
    rgb = color.NAMES[name]
    assert color.describe(rgb) == name
    assert color.describe(color.from_hs(*color.to_hs(rgb))) == name
    assert color.describe(color.from_xy(*color.to_xy(rgb))) == name


def test_names_as_people_write_them() -> None:
    assert color.named(" Warm  White ") == (255, 255, 255)
    assert color.named("Teal") == color.NAMES["turquoise"]
    assert color.named("ultraviolet") is None


def test_a_colour_without_a_name_is_told_in_numbers() -> None:
    assert color.describe((255, 200, 170)) == [255, 200, 170]


def test_hue_goes_round() -> None:
    assert color.same(color.from_hs(359, 100), color.from_hs(1, 100))
    assert not color.same(color.from_hs(0, 100), color.from_hs(30, 100))


def test_chromaticity_at_its_edges() -> None:
    assert color.to_xy((0, 0, 0)) == (0.0, 0.0)
    assert all(0 <= channel <= 255 for channel in color.from_xy(0.3, 0.0))
