"""How what is written is said: digits and signs in words."""

import re
import unicodedata
from functools import lru_cache

from hassil.numbers import get_rbnf_engine
from unicode_rbnf.engine import RbnfError


@lru_cache(maxsize=8192)
def number_words(number: float, language: str) -> tuple[str, ...]:
    """How a number is said, most usual wording first; nothing when the language has no words for it."""
    try:
        engine = get_rbnf_engine(language)
    except ValueError:
        return ()
    try:
        texts = engine.format_number(number).text_by_ruleset
    except RbnfError:  # larger than the language has a word for
        return ()
    return tuple(dict.fromkeys(" ".join(text.replace("-", " ").split()) for _, text in sorted(texts.items())))


def roundness(number: float) -> float:
    """Weight of a number among others: tens and small numbers are said most, fractions least."""
    if number != int(number):
        return 0.1
    if number % 10 == 0 or number <= 5:
        return 4.0
    if number % 5 == 0 or number <= 10:
        return 2.0
    return 1.0


_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SIGNS = {"%": " percent ", "°": " degrees ", "&": " and ", "+": " plus "}
_APOSTROPHES = "'\u2018\u2019\u02bc"


def spoken(text: str, language: str) -> str | None:
    """The text in words, lower case, apostrophes within words kept; None when it holds a sign that has no word.

    >>> spoken("Joe's Lamp 2", "en")
    "joe's lamp two"
    """
    said: list[str] = []
    digits = ""
    for letter in unicodedata.normalize("NFKC", text).casefold() + "\0":
        if letter.isdecimal():
            digits += letter
            continue
        if digits:
            words = number_words(int(digits), language)
            if not words or letter == "/":
                return None
            said.append(f" {words[0]} " if said and said[-1] != " " else f"{words[0]} ")
            digits = ""
        category = unicodedata.category(letter)
        if letter in _APOSTROPHES:
            said.append("'")
        elif category[0] in "LM":
            said.append(letter)
        elif letter in _SIGNS and language.startswith("en"):
            said.append(_SIGNS[letter])
        elif category[0] in "PZ" and letter not in "%&":
            said.append(" ")
        elif category != "Cc":
            return None
    return _single_spaces("".join(said))


def spellings(text: str) -> dict[str, str]:
    """The words of the text that are not written in lower case, as they are written; the first of each counts.

    >>> spellings("the EcoBee")
    {'ecobee': 'EcoBee'}
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        if word != word.casefold():
            found.setdefault(word.casefold(), word)
    return found


def _single_spaces(text: str) -> str:
    inner = " ".join(text.split())
    if not inner:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{inner}{' ' * text[-1].isspace()}"
