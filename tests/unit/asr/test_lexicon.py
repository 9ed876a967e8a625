"""Pronunciations: the dictionary's where it has one, made up sensibly where it has not."""

from pathlib import Path

import pytest

from edge.asr.brands import BRANDS
from edge.asr.lexicon import Lexicon, Reading, Source, english_dictionary, spelled_as
from edge.core.phones import PHONES

DICTIONARY = """\
a AH
a(2) EY
bee B IY
bell B EH L
door D AO R
echo EH K OW
eco IY K OW
kitchen K IH CH AH N
light L AY T
on AA N
on(2) AO N
"""


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "small.dict"
    path.write_text(DICTIONARY)
    return Lexicon(path)


def test_all_variants_of_the_dictionary(lexicon: Lexicon) -> None:
    assert lexicon.pronounce(["on"], {}) == {"on": (("AA", "N"), ("AO", "N"))}


@pytest.mark.parametrize(
    ("word", "spelling", "expected"),
    [
        ("ecobee", "EcoBee", "IY K OW B IY"),
        ("tv", "TV", "T IY V IY"),
        ("lights", "lights", "L AY T S"),
        ("doorbell", "doorbell", "D AO R B EH L"),
    ],
)
def test_words_that_it_lacks_are_taken_apart(lexicon: Lexicon, word: str, spelling: str, expected: str) -> None:
    made = lexicon.pronounce([word], {word: spelling})
    assert tuple(expected.split()) in made[word]


@pytest.mark.parametrize("word", ["zigbee", "xylophonist", "qwrtz", "o'malley", "a" * 60])
def test_anything_written_in_letters_gets_a_reading(lexicon: Lexicon, word: str) -> None:
    for variant in lexicon.pronounce([word], {}).get(word, (("AA",),)):
        assert variant
        assert set(variant) <= PHONES


def test_what_is_no_english_is_left_out(lexicon: Lexicon) -> None:
    assert "거실" not in lexicon.pronounce(["거실", "light"], {})


def test_the_household_comes_before_the_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "small.dict"
    path.write_text(DICTIONARY)
    lexicon = Lexicon(path, {"kitchen": (("K", "IY", "CH", "IH", "N"),), "거실": (("K", "AH"),)})
    made = lexicon.readings(["kitchen", "kitchens", "거실"])
    assert made["kitchen"] == (
        Reading(("K", "IY", "CH", "IH", "N"), Source.HOUSEHOLD),
        Reading(("K", "IH", "CH", "AH", "N"), Source.DICTIONARY),
    )
    assert made["kitchens"][0].phones == ("K", "IY", "CH", "IH", "N", "Z")
    assert made["거실"] == (Reading(("K", "AH"), Source.HOUSEHOLD),)


def test_where_a_reading_comes_from(lexicon: Lexicon) -> None:
    words = {"light": "light", "doorbell": "doorbell", "tv": "TV", "sonos": "Sonos", "zigbee": "Zigbee"}
    made = lexicon.readings(words, words)
    assert [made[word][0].source for word in words] == [
        Source.DICTIONARY,
        Source.APART,
        Source.SPELLED,
        Source.BRAND,
        Source.RULE,
    ]


@pytest.mark.parametrize(
    ("word", "said"),
    [("Sonos", "S OW N OW S"), ("Kodi's", "K OW D IY Z"), ("Nokri", "N AA K R IY"), ("Poluk", "P OW L AH K")],
)
def test_names_of_things_are_said_as_people_say_them(word: str, said: str) -> None:
    made = Lexicon(english_dictionary()).pronounce([word.lower()], {word.lower(): word})
    assert tuple(said.split()) in made[word.lower()]


def test_brands_are_what_the_dictionary_lacks() -> None:
    made = Lexicon(english_dictionary()).readings(BRANDS)
    assert {word for word in BRANDS if made[word][0].source is not Source.BRAND} == set()
    assert {phone for phones in BRANDS.values() for phone in phones} <= PHONES


def test_a_pronunciation_is_spelled_as_the_dictionary_does() -> None:
    said = {"kaplong": ("F", "R", "AH", "N", "T"), "qwyx": ("K", "W", "IH", "K", "S", "Z")}
    assert spelled_as(said, english_dictionary()) == {"kaplong": "front"}
    assert spelled_as({}, english_dictionary()) == {}
