"""What the grammar missed by a word: the nearest thing that it can say, by spelling and sound.

A recogniser that spells freely writes "torn off the light" and "the temprature in the hall". A word that no sentence of
the language holds is replaced by the nearest that one does, and the result is read like any other sentence. Nothing
else is guessed: not a name, a room, a floor or a number, and no word that says in which direction a thing goes, so the
most that a wrong guess can do is what the rest of the sentence says anyway. Two words that are about as near are none.

Likeness is the Dice coefficient of letter pairs (Dice 1945, "Measures of the amount of ecologic association between
species"), of words that sound alike: one code of consonants, after Soundex (Russell 1918) and Metaphone (Philips 1990).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from edge.core.text import words

if TYPE_CHECKING:
    from hassil.intents import Intents

MIN_LIKENESS = 0.5
"""What is less alike is another word."""
MARGIN = 0.1
"""How much nearer than any other word the nearest has to be."""
MIN_WORD = 3
"""Letters; shorter words are like too many others."""

_DIRECTIONS = frozenset(
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
"""Never put in place of another word: each decides what is done, or to how much."""

_NUMBERS = frozenset(
    words(
        """
        zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand point
        """
    )
)
_REFERENCES = re.compile(r"\{[^}]*\}|<[^>]*>")
_OPTIONAL_ENDS = re.compile(r"([^\W\d_]+)\[([^\W\d_]+)\]")
_LETTERS = re.compile(r"[a-z]+")
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


@dataclass(frozen=True, slots=True)
class Near:
    """A sentence with one word in place of one that was heard."""

    words: tuple[str, ...]
    at: int
    """Place of the word that was replaced."""
    likeness: float
    """0 to 1, of the word that was heard to the one in its place."""
    second: float | None
    """Likeness of the next best word."""


def is_number(word: str) -> bool:
    """Whether the word is a number, or a part of one, in figures or in English."""
    return word in _NUMBERS - {"point"} or word.replace(".", "", 1).isdecimal()


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


def words_of(intents: "Intents") -> Iterator[str]:
    """The literal words of all sentences, rules and lists, in the spelling of `edge.core.text`."""
    blocks = [block for intent in intents.intents.values() for block in intent.data]
    yield from (word for block in blocks for sentence in block.sentences for word in _literal(sentence.text or ""))
    yield from (word for rule in intents.expansion_rules.values() for word in _literal(rule.text or ""))
    for slot_list in intents.slot_lists.values():
        for value in getattr(slot_list, "values", ()):
            yield from _literal(getattr(value.text_in, "text", ""))
    yield from (word for phrase in intents.skip_words for word in words(phrase))


def _literal(template: str) -> list[str]:
    # "light[s]" stands for two words.
    return words(_REFERENCES.sub(" ", _OPTIONAL_ENDS.sub(r"\1 \1\2", template)))


def _pairs(word: str) -> list[str]:
    return [a + b for a, b in pairwise(f"^{word}$")]


class Vocabulary:
    """The words that the sentences of a language are made of."""

    def __init__(self, literal: Iterable[str]) -> None:
        self.words = frozenset(literal) | _NUMBERS
        self._by_sound: dict[str, list[str]] = {}
        for word in sorted(self.words - _DIRECTIONS - _NUMBERS):
            if len(word) >= MIN_WORD and _LETTERS.fullmatch(word):
                self._by_sound.setdefault(sound(word), []).append(word)

    def nearest(self, said: tuple[str, ...], known: frozenset[int]) -> Near | None:
        """The sentence with the one word that no sentence holds replaced, or None.

        known: places of words that are names, rooms or floors. A sentence with two strange words is a strange
        sentence, in another language more often than not.
        """
        strange = [at for at, word in enumerate(said) if at not in known and not self._is_known(word)]
        if len(strange) != 1:
            return None
        at = strange[0]
        best, *others = [*self._alike(said[at]), (0.0, "")]
        second = others[0][0] if others else 0.0
        if best[0] < MIN_LIKENESS or best[0] - second < MARGIN:
            return None
        return Near((*said[:at], best[1], *said[at + 1 :]), at, best[0], second or None)

    def holds(self, word: str) -> bool:
        """Whether a sentence may hold the word: one that is written in it, a number, or one of another script."""
        return self._is_known(word)

    def _is_known(self, word: str) -> bool:
        return word in self.words or not _LETTERS.fullmatch(word)

    def _alike(self, word: str) -> Iterator[tuple[float, str]]:
        if len(word) < MIN_WORD:
            return iter(())
        found = ((likeness(word, other), other) for other in self._by_sound.get(sound(word), ()))
        return iter(sorted(found, key=lambda pair: (-pair[0], pair[1])))
