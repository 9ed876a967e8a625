"""Phones and their respelling, both ways, over the whole dictionary."""

import pytest

from edge.asr.lexicon import english_dictionary
from edge.core.phones import PHONES, VOWELS, from_respelling, respelled, syllables


@pytest.mark.parametrize(
    ("phones", "text"),
    [
        ("IY K OW B IY", "EE-koh-bee"),
        ("L AY T", "LIGHT"),
        ("S AH N AA T AH", "suh-NAH-tuh"),
        ("EH K S T R AH", "EHK-struh"),
        ("F IH NG G ER", "FIHNG-ger"),
        ("S T", "ST"),
    ],
)
def test_a_respelling(phones: str, text: str) -> None:
    assert respelled(phones.split()) == text


def test_a_respelling_is_exact() -> None:
    for line in english_dictionary().read_text(encoding="utf-8").splitlines()[::50]:
        phones = tuple(line.split()[1:])
        assert set(phones) <= PHONES
        assert tuple(phone for part in syllables(phones) for phone in part) == phones
        if set(phones) & set(VOWELS):
            assert from_respelling(respelled(phones)) == phones, line


@pytest.mark.parametrize("text", ["", "-", "check-in", "bee-", "x", "b-ee"])
def test_what_is_no_respelling(text: str) -> None:
    assert from_respelling(text) is None
