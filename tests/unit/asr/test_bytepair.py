"""Words to tokens and back."""

import json
from pathlib import Path

import pytest

from edge.asr.bytepair import BytePairs

SPECIAL = {"<|endoftext|>": 300}


@pytest.fixture
def pairs(tmp_path: Path) -> BytePairs:
    letters = [chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x144))]
    merges = ["Ġ l", "i g", "h t", "Ġl ig", "Ġlig ht", "t h", "' s"]
    vocabulary = [*letters, *(merge.replace(" ", "") for merge in merges)]
    path = tmp_path / "tokenizer.json"
    path.write_text(
        json.dumps(
            {
                "model": {
                    "vocab": {token: number for number, token in enumerate(vocabulary)} | SPECIAL,
                    "merges": merges,
                },
                "added_tokens": [{"content": token, "id": number} for token, number in SPECIAL.items()],
            }
        )
    )
    return BytePairs(path)


def texts(pairs: BytePairs, text: str) -> list[str]:
    return [pairs.decode([number]) for number in pairs.encode(text)]


def test_pairs_are_joined_in_the_order_in_which_they_were_learned(pairs: BytePairs) -> None:
    assert texts(pairs, " light") == [" light"]
    # h and t were joined before t and h could be.
    assert texts(pairs, " thth") == [" ", "t", "ht", "h"]
    assert texts(pairs, "light") == ["l", "ig", "ht"]


def test_endings_stand_for_themselves(pairs: BytePairs) -> None:
    assert texts(pairs, " light's") == [" light", "'s"]


@pytest.mark.parametrize("text", [" light", "a'b", " café 거실", "", " a  b", "light.", " ''"])
def test_what_is_encoded_comes_back(pairs: BytePairs, text: str) -> None:
    assert pairs.decode(pairs.encode(text)) == text.replace("  ", " ")


def test_tokens_that_stand_for_no_text_are_left_out(pairs: BytePairs) -> None:
    assert pairs.special == SPECIAL
    assert pairs.decode([300, *pairs.encode(" light"), 999]) == " light"


def test_tokens_that_hold_a_sign(pairs: BytePairs) -> None:
    assert {pairs.decode([number]) for number in pairs.holding("g|")} == {"g", "|", "ig", " lig", " light"}
