import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.text import MAX_CHARS, normalize, without_prefix, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Turn ON the light.", "turn on the light"),
        ("Trader Joe's", "trader joes"),
        ("Trader Joe\u2019s", "trader joes"),
        ("Living-Room, lamp!", "living room lamp"),
        ("PM2.5 sensor", "pm2.5 sensor"),
        ("50%", "50 percent"),
        ("21°", "21 degrees"),
        ("snake_case", "snake case"),
        ("🙂🙂", ""),
        ("light\ufe0f", "light"),
        ("मुंबई", "मुंबई"),
        ("한국어", "한국어"),
        ("A\x00B", "a b"),
        ("  ", ""),
    ],
)
def test_normal_form(text: str, expected: str) -> None:
    assert normalize(text) == expected


@given(st.text())
def test_normal_form_is_stable_and_clean(text: str) -> None:
    once = normalize(text)
    assert normalize(once) == once
    assert once == once.strip()
    assert "\x00" not in once


def test_huge_text_is_cut() -> None:
    assert len(normalize("a" * 1_000_000)) == MAX_CHARS


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        ("hey jarvis turn on", "Hey Jarvis", "turn on"),
        ("um hey, Jarvis! turn on", "hey jarvis", "turn on"),
        ("turn on", "hey jarvis", "turn on"),
        ("hey jarvis", "hey jarvis", ""),
        ("turn on", "", "turn on"),
    ],
)
def test_wake_phrase_is_stripped(text: str, prefix: str, expected: str) -> None:
    assert without_prefix(text, prefix) == expected


def test_words() -> None:
    assert words("Turn on, please!") == ["turn", "on", "please"]
