"""How English words sound and steer: what tells a word that was misheard from one that was meant.

Likeness is the Dice coefficient of letter pairs (Dice 1945, "Measures of the amount of ecologic association between
species"); words that sound alike share one code of consonants, after Soundex (Russell 1918) and Metaphone (Philips
1990).
"""

import re
from functools import lru_cache
from itertools import pairwise

from edge.core.text import words

DIRECTIONS = frozenset(
    words(
        """
        on off out in up down open opens opened opening close closes closed closing shut lock locks locked unlock
        unlocked raise raised lower lowered increase decrease reduce more less brighter darker dimmer lighter warmer
        hotter cooler colder louder quieter softer mute unmute start stop pause resume continue activate deactivate arm
        disarm all every each everything everywhere not no but except without any some max maximum min minimum highest
        lowest next previous last half left right add remove delete complete cancel dock cool heat warm cold hot
        """
    )
)
"""Each decides what is done, or to how much: never put in place of another word."""

NUMBERS = frozenset(
    words(
        """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand point
        """
    )
)
_CODES = (
    (re.compile(r"^(kn|gn|pn)"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"tch|sh|ch|ti(?=on)"), "X"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "0"),
    (re.compile(r"ght"), "t"),
    (re.compile(r"ck|q|c(?![eiy])"), "k"),
    (re.compile(r"c|z"), "s"),
    (re.compile(r"dge|g(?=[eiy])"), "j"),
    (re.compile(r"mb$"), "m"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"w(?![aeiou])|h|y"), ""),
)
_VOWELS = re.compile(r"(?<=.)[aeiou]+")
_TWICE = re.compile(r"(.)\1+")


def is_number(word: str) -> bool:
    """Whether the word is a number, or a part of one, in figures or in English."""
    return word in NUMBERS - {"point"} or word.replace(".", "", 1).isdecimal()


@lru_cache(maxsize=4096)
def sound(word: str) -> str:
    """Code of how a word sounds: its consonants, as English spells them, and whether it begins with a vowel.

    >>> sound("torn"), sound("turn"), sound("light"), sound("knight")
    ('trn', 'trn', 'lt', 'nt')
    """
    code = word.casefold()
    for pattern, letter in _CODES:
        code = pattern.sub(letter, code)
    code = _VOWELS.sub("", code)
    return _TWICE.sub(r"\1", "a" + code[1:] if code[:1] in tuple("aeiou") else code)


def likeness(one: str, other: str) -> float:
    """Dice coefficient of the two words' letter pairs, ends included; 0 to 1."""
    left, right = _pairs(one), _pairs(other)
    shared = sum(min(left.count(pair), right.count(pair)) for pair in set(left))
    return 2 * shared / (len(left) + len(right))


def _pairs(word: str) -> list[str]:
    return [a + b for a, b in pairwise(f"^{word}$")]
