"""The published words: nothing else of what was said can leave, and whoever receives a report checks that it did not.

A text is words, each of them one of the vocabulary's or a mark. A mark stands for what is not told: a name by the type
of what it names, a number by its decade, and any other word by `<other>`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from edge.core.errors import MissingError


def some(text: str) -> tuple[str, ...]:
    """The words of a list."""
    return tuple(text.split())


OTHER, AREA, FLOOR, PERSON, TIME, DEVICE = "<other>", "<area>", "<floor>", "<person>", "<time>", "<device>"
DOMAINS = frozenset(
    some(
        "light switch cover fan climate media_player lock scene script vacuum valve humidifier water_heater siren "
        "button number select text sensor binary_sensor alarm_control_panel lawn_mower event update camera remote "
        "input_boolean input_button input_number input_select input_text automation device_tracker weather todo "
        "timer"
    )
)
"""Of devices; what is of none of these is a `<device>`."""
BELOW, ABOVE = "<number:below-0>", "<number:100-up>"
_DECADES = tuple(f"<number:{low}-{low + 9}>" for low in range(0, 100, 10))
MARKS = frozenset((OTHER, AREA, FLOOR, PERSON, TIME, DEVICE, BELOW, ABOVE, *_DECADES, *(f"<{one}>" for one in DOMAINS)))
"""All there are."""
MAX_WORDS = 24
"""Of one text; what is said beyond is not told."""

_WORD = re.compile(r"[a-z]{1,24}")


def bucket(number: float) -> str:
    """The mark of a number.

    >>> [bucket(n) for n in (-3, 21.5, 99.9, 100)]
    ['<number:below-0>', '<number:20-29>', '<number:90-99>', '<number:100-up>']
    """
    if not number >= 0:  # what is not a number too
        return BELOW
    return ABOVE if number >= 100 else _DECADES[int(number // 10)]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language that may be told."""

    language: str
    home: frozenset[str]
    """What homes are spoken to with: words of the sentences that the hub understands, kinds of rooms and of devices."""
    plain: frozenset[str]
    """The most frequent words beside them."""
    sha256: str
    """Of the file, so that two sides know that they mean the same words."""

    def __contains__(self, word: object) -> bool:
        """Whether it may stand in a report: one of the words, or a mark."""
        return word in self.home or word in self.plain or word in MARKS

    @staticmethod
    @cache
    def load(language: str = "en") -> "Vocabulary":
        """The one that comes with edge. Raises MissingError (`vocabulary.none`) for a language that has none."""
        file = files("edge.upstream").joinpath(f"vocabulary_{language}.txt")
        if not re.fullmatch("[a-z]{2,3}", language) or not file.is_file():
            raise MissingError(
                "vocabulary.none", f"there is no published vocabulary for the language {language}, so nothing is told"
            )
        return parsed(language, file.read_bytes())


def parsed(language: str, data: bytes) -> Vocabulary:
    """The vocabulary of a file: a word a line, sorted; those of the home with ` home` after them."""
    home: set[str] = set()
    plain: set[str] = set()
    for line in data.decode("ascii").splitlines():
        word, _, of_home = line.partition(" ")
        (home if of_home else plain).add(word)
    return Vocabulary(language, frozenset(home), frozenset(plain), hashlib.sha256(data).hexdigest())


def written(home: Iterable[str], plain: Iterable[str]) -> bytes:
    """The file of these words. Raises ValueError for what is no word: small letters alone."""
    at_home = set(home)
    lines = sorted({*(f"{word} home" for word in at_home), *(word for word in plain if word not in at_home)})
    if wrong := [line for line in lines if not _WORD.fullmatch(line.removesuffix(" home"))]:
        raise ValueError(f"no words: {', '.join(wrong[:5])}")
    return "".join(f"{line}\n" for line in lines).encode("ascii")
