"""One normal form for text, used by every layer and by tools/.

Two texts that a person would read out alike have one normal form, as far as spelling alone tells: Unicode forms,
case, apostrophes and punctuation go; words, digits and decimal points stay. Numbers are not turned into words: that
depends on the language and is the grammar's business.
"""

import re
import unicodedata

MAX_CHARS = 1000
"""Longer texts are cut: nobody says more in one breath, and a hostile payload must cost nothing."""

_SPOKEN = {"%": " percent ", "&": " and ", "+": " plus ", "°": " degrees "}
_SPOKEN_SIGNS = re.compile("[" + re.escape("".join(_SPOKEN)) + "]")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2018\u2019\u02bc\uff07`](?=\w)")
_DECIMAL = re.compile(r"(?<=\d)[.,](?=\d)")
_NOT_WORD = re.compile(r"[^\w\x00]|_")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


def normalize(text: str) -> str:
    """Normal form of a text: lower case words, one space apart.

    >>> normalize("Turn on  the Café's “Big-Light”, 50% — 🙂 2.5")
    'turn on the cafés big light 50 percent 2.5'
    """
    text = unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold().replace("\x00", " ")
    text = _APOSTROPHES.sub("", text)
    text = _SPOKEN_SIGNS.sub(lambda sign: _SPOKEN[sign[0]], text)
    # A decimal point must outlive the removal of punctuation, so it hides behind a character that text cannot hold.
    text = _DECIMAL.sub("\x00", text)
    text = _NOT_WORD.sub(_other_sign, text).replace("\x00", ".")
    return " ".join(text.split())


def _other_sign(match: re.Match[str]) -> str:
    sign = match[0]
    category = unicodedata.category(sign)
    if category in ("Mn", "Mc") and ord(sign) not in _VARIATION_SELECTORS:
        return sign  # a vowel sign of a script that writes them apart (Devanagari, Thai) belongs to its word
    # Joiners and soft hyphens are not seen; all else parts words.
    return "" if category == "Cf" else " "


def words(text: str) -> list[str]:
    """Words of the normal form."""
    return normalize(text).split()


def without_prefix(text: str, prefix: str) -> str:
    """The text without everything up to and including a spoken prefix, such as the wake word.

    Compares in normal form; a text that does not hold the prefix comes back in normal form, whole.

    >>> without_prefix("um Hey Jarvis, turn on the light", "hey jarvis")
    'turn on the light'
    """
    heard, wanted = words(text), words(prefix)
    for start in range(len(heard) - len(wanted) + 1):
        if wanted and heard[start : start + len(wanted)] == wanted:
            return " ".join(heard[start + len(wanted) :])
    return " ".join(heard)
