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
from typing import TYPE_CHECKING

from edge.core.sound import DIRECTIONS, NUMBERS, likeness, sound
from edge.core.text import words

if TYPE_CHECKING:
    from hassil.intents import Intents

MIN_LIKENESS = 0.5
"""What is less alike is another word."""
MARGIN = 0.1
"""How much nearer than any other word the nearest has to be."""
MIN_WORD = 3
"""Letters; shorter words are like too many others."""

_REFERENCES = re.compile(r"\{[^}]*\}|<[^>]*>")
_OPTIONAL_ENDS = re.compile(r"([^\W\d_]+)\[([^\W\d_]+)\]")
_LETTERS = re.compile(r"[a-z]+")


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


class Vocabulary:
    """The words that the sentences of a language are made of."""

    def __init__(self, literal: Iterable[str]) -> None:
        self.words = frozenset(literal) | NUMBERS
        self._by_sound: dict[str, list[str]] = {}
        for word in sorted(self.words - DIRECTIONS - NUMBERS):
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
