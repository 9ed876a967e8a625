"""Pronunciations: the dictionary's where it has one, made up sensibly where it has not."""

from pathlib import Path

import pytest

from edge.asr.lexicon import Lexicon

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
PHONES = set(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()  # noqa: SIM905
)


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
