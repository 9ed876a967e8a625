"""How alike the phones of English sound: costs of taking one for another, of missing one and of imagining one.

After the classes of place, manner and voice (Ladefoged & Johnson, "A Course in Phonetics", chapters 1 and 2), in round
figures: 0.25 for two that differ in voice or are neighbours on the vowel chart, 0.5 within one manner or place, 1 for
any other pair of vowels or of consonants; a vowel and a consonant are never taken for each other at less than losing
one and imagining the other.
"""

from functools import lru_cache

from edge.core.phones import PHONES as CMUDICT_PHONES
from edge.core.phones import VOWELS


def _each(phones: str) -> tuple[str, ...]:
    return tuple(phones.split())


PHONES = tuple(sorted(CMUDICT_PHONES))
INDEX = {phone: number for number, phone in enumerate(PHONES)}

_NEAR = tuple(
    frozenset(_each(group))
    for group in (
        "P B", "T D", "K G", "F V", "S Z", "SH ZH", "CH JH", "TH DH", "M N", "N NG", "IH IY", "IH EH", "IH AH", "EH AE",
        "AE AH", "AA AO", "AA AH", "AH UH", "UH UW", "AO OW", "EH EY", "AH ER", "AO OY", "AA AY", "AA AW",
    )
)  # fmt: skip
_AKIN = tuple(
    frozenset(_each(group))
    for group in (
        "P B T D K G", "F V TH DH S Z SH ZH HH", "CH JH SH ZH T D", "M N NG", "L R W Y", "B V W M", "P F", "T TH S",
        "D DH Z N", "K HH", "IY IH EH EY AE", "AH UH ER", "UW UH OW AO", "AA AE AH AO AY AW", "EY AY OY IY", "OW AW UW",
    )
)  # fmt: skip
_WEAK = frozenset(_each("AH IH HH T D R Y"))

OTHER = 1.0
LOST = 0.75
LOST_WEAK = 0.5
"""Of the phones that run together or fall away in fluent speech."""


def gap(phone: str) -> float:
    """Cost of missing or imagining it."""
    return LOST_WEAK if phone in _WEAK else LOST


@lru_cache(maxsize=4096)
def swap(one: str, other: str) -> float:
    """Cost of taking one for the other; symmetric, 0 for the same."""
    if one == other:
        return 0.0
    pair = {one, other}
    if any(pair <= group for group in _NEAR):
        return 0.25
    if any(pair <= group for group in _AKIN):
        return 0.5
    both = gap(one) + gap(other)
    return min(OTHER, both) if (one in VOWELS) == (other in VOWELS) else both
