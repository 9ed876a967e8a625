"""The published words."""

import pytest

from edge.core.errors import MissingError
from edge.upstream.kinds import WORDS
from edge.upstream.readings import is_reading
from edge.upstream.vocabulary import MARKS, Vocabulary, bucket, parsed, written
from edge.upstream.wording import NUMBERS, TIMES
from tests.unit.upstream.told import VOCABULARY


def test_it_is_sorted_and_written_as_it_is_read() -> None:
    data = written(VOCABULARY.home, VOCABULARY.plain)
    lines = data.decode().splitlines()
    assert lines == sorted(set(lines))
    assert parsed("en", data) == VOCABULARY


def test_it_holds_kinds_and_neither_names_numbers_nor_times() -> None:
    assert VOCABULARY.home >= WORDS - NUMBERS
    assert VOCABULARY.home.isdisjoint(VOCABULARY.plain)
    words = VOCABULARY.home | VOCABULARY.plain
    assert words.isdisjoint(NUMBERS | TIMES)
    names = "anna john mary rose grace smith london paris china january google alexa toyota berlin texas jesus"
    assert words.isdisjoint(names.split())
    assert {"kitten", "kitchen", "chicken", "the", "brighter"} <= words
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_a_mark_is_a_word_and_what_only_looks_like_one_is_not() -> None:
    assert all(mark in VOCABULARY for mark in MARKS)
    for no in ("<anna>", "<number:21>", "<number:20-30>", "<OTHER>", "", " ", "Kitchen", "kitchen light", None, 3):
        assert no not in VOCABULARY


@pytest.mark.parametrize(
    ("number", "mark"),
    [
        *((-0.1, "<number:below-0>"), (0, "<number:0-9>"), (9.99, "<number:0-9>"), (10, "<number:10-19>")),
        *((99.9, "<number:90-99>"), (100, "<number:100-up>"), (1e300, "<number:100-up>")),
        *((float("inf"), "<number:100-up>"), (float("nan"), "<number:below-0>")),
    ],
)
def test_a_number_is_told_by_its_decade(number: float, mark: str) -> None:
    assert bucket(number) == mark


@pytest.mark.parametrize("language", ["xx", "../en", "EN", ""])
def test_a_language_without_one_is_said_so(language: str) -> None:
    with pytest.raises(MissingError, match="no published vocabulary") as error:
        Vocabulary.load(language)
    assert error.value.code == "vocabulary.none"


def test_what_is_no_word_is_not_written() -> None:
    with pytest.raises(ValueError, match="no words"):
        written(["kitchen"], ["Rose"])


@pytest.mark.parametrize(
    "reading",
    [
        "",
        "HassTurnOn",
        "HassTurnOn area=living_room domain=light",
        "HassTurnOn domain=media_player name=<media_player>",
        "HassLightSet brightness=<number:50-59> name=<other>_lamp",
        "EdgeOscillate state=true",
        "HassTurnOn area=kitchen; HassTurnOff area=<area>",
    ],
)
def test_a_reading_is_intents_and_slots(reading: str) -> None:
    assert is_reading(reading, VOCABULARY)


@pytest.mark.parametrize(
    "reading",
    [
        "HassTurnOn area=zyzzyx",
        "HassTurnOn name=rose_lamp",
        "HassTurnOn secret=kitchen",
        "HassBroadcast message=dinner",
        "OurOwnIntent",
        "HassTurnOn  area=kitchen",
        "HassTurnOn area=kitchen ",
        "HassTurnOn domain=light area=kitchen",
        "HassTurnOn area=kitchen area=kitchen",
        "HassTurnOn area=",
        "HassTurnOn area=_kitchen",
        "HassTurnOn area=kitchen_",
        "HassTurnOn area=kitchen__light",
        "HassTurnOn area=<area",
        "HassTurnOn area=<anna>",
        "HassTurnOn area=kitchen\n",
        ";",
        " ",
        "; ".join(["HassTurnOn"] * 5),
        "HassTurnOn name=" + "_".join(["kitchen"] * 40),
    ],
)
def test_what_is_no_reading_is_none(reading: str) -> None:
    assert not is_reading(reading, VOCABULARY)
