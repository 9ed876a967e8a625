"""Pronunciations of the words of one home, those that no dictionary has among them.

Phones are the 39 of CMUdict without stress (ARPAbet), as US English acoustic models use them. A word that the
dictionary lacks is taken apart, most reliable way first: as it is written (EcoBee: eco bee; TV: letter by letter), into
stem and ending (awnings: awning s), into two known words (doorbell); what is left is read letter by letter by rules in
the manner of Elovitz et al. 1976, "Letter-to-sound rules for automatic translation of English text to phonetics". What
the household itself has said about a word comes before all that.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from edge.asr.brands import BRANDS
from edge.core.errors import MissingError
from edge.core.phones import Pronunciation

MAX_INITIALISM = 4
"""A word in capitals of this length may be spelled (LED) even if the dictionary reads it as a word."""
MIN_COMPOUND_PART = 3
"""Shorter parts split words in the wrong places."""
MAX_VARIANTS = 4
"""Pronunciations kept of one word: each costs the search as much as a word."""


class Source(StrEnum):
    """Where a pronunciation comes from, most reliable first."""

    HOUSEHOLD = "household"
    DICTIONARY = "dictionary"
    BRAND = "brand"
    APART = "taken apart"
    SPELLED = "spelled"
    RULE = "by rule"


class Reading(NamedTuple):
    """One way to say a word."""

    phones: Pronunciation
    source: Source


_LETTERS = {
    "a": "EY",
    "b": "B IY",
    "c": "S IY",
    "d": "D IY",
    "e": "IY",
    "f": "EH F",
    "g": "JH IY",
    "h": "EY CH",
    "i": "AY",
    "j": "JH EY",
    "k": "K EY",
    "l": "EH L",
    "m": "EH M",
    "n": "EH N",
    "o": "OW",
    "p": "P IY",
    "q": "K Y UW",
    "r": "AA R",
    "s": "EH S",
    "t": "T IY",
    "u": "Y UW",
    "v": "V IY",
    "w": "D AH B AH L Y UW",
    "x": "EH K S",
    "y": "W AY",
    "z": "Z IY",
}

_PREFIXES = {"un": "AH N", "re": "R IY", "non": "N AA N", "pre": "P R IY", "mini": "M IH N IY"}

_VOICELESS = frozenset(["P", "T", "K", "F", "TH"])
_SIBILANT = frozenset(["S", "Z", "SH", "ZH", "CH", "JH"])

# Longest match wins. `^` and `$` stand for the word's ends; a trailing `-` asks for e, i or y next.
_RULES = {
    rule: tuple(phones.split())
    for rule, phones in {
        "a": "AE", "ai": "EY", "air": "EH R", "al": "AO L", "all": "AO L", "ar": "AA R", "au": "AO", "aw": "AO",
        "ay": "EY", "a$": "AH", "are$": "EH R", "b": "B", "bb": "B", "c": "K", "c-": "S", "cc": "K", "ch": "CH",
        "ck": "K", "d": "D", "dd": "D", "dge": "JH", "e": "EH", "ea": "IY", "ear": "IH R", "ee": "IY", "eer": "IH R",
        "ei": "EY", "er": "ER", "eu": "Y UW", "ew": "UW", "ey$": "IY", "e$": "", "es$": "Z", "ed$": "D", "f": "F",
        "ff": "F", "g": "G", "g-": "JH", "gg": "G", "gh": "G", "^gn": "N", "h": "HH", "i": "IH", "ia": "IY AH",
        "ie": "IY", "igh": "AY", "io": "IY OW", "ir": "ER", "i$": "IY", "j": "JH", "k": "K", "kk": "K", "^kn": "N",
        "l": "L", "le$": "AH L", "ll": "L", "m": "M", "mm": "M", "n": "N", "ng": "NG", "ng-": "N JH", "nk": "NG K",
        "nn": "N", "o": "AA", "oa": "OW", "oe": "OW", "oi": "OY", "oo": "UW", "ook": "UH K", "or": "AO R", "ou": "AW",
        "ow": "OW", "oy": "OY", "o$": "OW", "p": "P", "ph": "F", "pp": "P", "qu": "K W", "q": "K", "r": "R", "rr": "R",
        "s": "S", "sch": "SH", "sh": "SH", "sion$": "ZH AH N", "ss": "S", "s$": "S", "t": "T", "tch": "CH", "th": "TH",
        "tion$": "SH AH N", "tt": "T", "u": "AH", "ur": "ER", "u$": "UW", "v": "V", "w": "W", "wh": "W", "^wr": "R",
        "x": "K S", "^x": "Z", "y": "IH", "^y": "Y", "y$": "IY", "z": "Z", "zz": "Z",
    }.items()
}  # fmt: skip
_LONGEST_RULE = max(len(rule) for rule in _RULES)

# A vowel before one consonant and a final e says its name: lamp, but lane.
_MAGIC_E = re.compile(r"([aiouy])([bcdfgklmnpstvz])e(?=s?$)")
_OPEN_FIRST = re.compile(r"[^aeiouy]*([ou])[bdfgklmnpstvz](?=[aeiouy])")
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def english_dictionary() -> Path:
    """The dictionary of Pocketsphinx's English model. Raises MissingError (`asr.library`)."""
    try:
        from pocketsphinx import get_model_path
    except ImportError as error:
        raise MissingError(
            "asr.library", "pocketsphinx is not installed; install it with: pip install edge-hub"
        ) from error
    return Path(get_model_path("en-us/cmudict-en-us.dict"))


class Lexicon:
    """CMUdict, read only as far as the words asked for need it, and the household's own pronunciations before it.

    dictionary: file of lines `word PH PH` and `word(2) PH PH`, UTF-8. own: word, in lower case -> pronunciations.
    Raises OSError when it cannot be read.
    """

    def __init__(self, dictionary: Path, own: Mapping[str, tuple[Pronunciation, ...]] = MappingProxyType({})) -> None:
        self._dictionary = dictionary
        self._own = own
        self._known: dict[str, list[Pronunciation]] = {}

    def pronounce(
        self, words: Iterable[str], spellings: Mapping[str, str] | None = None
    ) -> dict[str, tuple[Pronunciation, ...]]:
        """Every word with its pronunciations, likeliest first; words of letters that English lacks are left out.

        spellings: words as they are written, where capitals tell something (ecobee: EcoBee).
        """
        found = self.readings(words, spellings)
        return {word: tuple(reading.phones for reading in readings) for word, readings in found.items()}

    def readings(
        self, words: Iterable[str], spellings: Mapping[str, str] | None = None
    ) -> dict[str, tuple[Reading, ...]]:
        """As `pronounce`, each pronunciation with where it comes from."""
        wanted = list(dict.fromkeys(words))
        spellings = spellings or {}
        self._look_up({part for word in wanted for part in self._parts(word, spellings.get(word, word))})
        found = {}
        for word in wanted:
            variants: dict[Pronunciation, Reading] = {}
            for reading in self._variants(_plain(word), spellings.get(word, word), word):
                variants.setdefault(reading.phones, reading)
            if variants:
                found[word] = tuple(variants.values())[:MAX_VARIANTS]
        return found

    def _look_up(self, words: set[str]) -> None:
        missing = {word.encode() for word in words if word not in self._known}
        for word in missing:
            self._known[word.decode()] = []
        with self._dictionary.open("rb") as lines:
            for line in lines:
                entry, _, phones = line.partition(b" ")
                base = entry.partition(b"(")[0]
                if base in missing:
                    self._known[base.decode()].append(tuple(phones.decode().split()))

    def _parts(self, word: str, written: str) -> Iterator[str]:
        """All that may have to be looked up for a word."""
        plain = _plain(word)
        yield plain
        yield plain.replace("'", "")
        for ending in ("'s", "s'", "s", "es", "ed", "ing"):
            yield plain.removesuffix(ending)
            yield plain.removesuffix(ending) + "e"
        if plain.endswith("s"):  # whats, heard as what's
            yield f"{plain[:-1]}'s"
        for prefix in _PREFIXES:
            yield plain.removeprefix(prefix)
        for cut in range(MIN_COMPOUND_PART, len(plain) - MIN_COMPOUND_PART + 1):
            yield plain[:cut]
            yield plain[cut:]
        yield from (part.casefold() for part in _camel_parts(written))

    def _stem(self, word: str) -> tuple[Pronunciation, ...]:
        """What is known of a word as it stands, the surest first."""
        brand = (BRANDS[word],) if word in BRANDS else ()
        return (*self._own.get(word, ()), *(self._known.get(word) or brand))

    def _variants(self, word: str, written: str, asked: str) -> Iterator[Reading]:
        own = self._own.get(asked) or self._own.get(word) or ()
        yield from (Reading(phones, Source.HOUSEHOLD) for phones in own)
        bare = word.replace("'", "")
        if not bare or any(letter not in _LETTERS for letter in bare):
            return
        known = self._known.get(word) or self._known.get(bare) or []
        yield from (Reading(phones, Source.DICTIONARY) for phones in known)
        if written.isupper() and 1 < len(written) <= MAX_INITIALISM:
            yield Reading(spelled(bare), Source.SPELLED)
        if not known and bare in BRANDS:
            yield Reading(BRANDS[bare], Source.BRAND)
        elif not known and not own:
            yield from self._guessed(word, bare, written)

    def _guessed(self, word: str, bare: str, written: str) -> Iterator[Reading]:
        parts = _camel_parts(written)
        if len(parts) > 1:
            read = [[r.phones for r in self._variants(p.casefold(), p, p.casefold())] for p in parts]
            yield from (Reading(phones, Source.APART) for phones in _joined(read))
            return
        if not any(letter in "aeiouy" for letter in bare):
            yield Reading(spelled(bare), Source.SPELLED)
            return
        if word.endswith("s") and (owned := self._known.get(f"{word[:-1]}'s")):
            yield from (Reading(phones, Source.DICTIONARY) for phones in owned)
            return
        for way in (self._inflected(word), self._prefixed(bare), self._compound(bare)):
            if way:
                yield from (Reading(phones, Source.APART) for phones in way)
                return
        yield Reading(by_rule(bare), Source.RULE)
        if (opened := by_rule(bare, open_first=True)) != by_rule(bare):
            yield Reading(opened, Source.RULE)

    def _inflected(self, word: str) -> list[Pronunciation]:
        for ending in ("'s", "s'", "es", "s", "ed", "ing"):
            stem = word.removesuffix(ending)
            if stem == word:
                continue
            if stems := self._stem(stem) or self._known.get(f"{stem}e"):
                return [(*phones, *_ending(phones[-1], ending)) for phones in stems]
        return []

    def _prefixed(self, word: str) -> list[Pronunciation]:
        for prefix, phones in _PREFIXES.items():
            rest = word.removeprefix(prefix)
            if rest != word and (known := self._known.get(rest)):
                return [(*phones.split(), *stem) for stem in known]
        return []

    def _compound(self, word: str) -> list[Pronunciation]:
        cuts = range(MIN_COMPOUND_PART, len(word) - MIN_COMPOUND_PART + 1)
        # The cut nearest to the middle: of several, it has the longest shorter part.
        for cut in sorted(cuts, key=lambda cut: abs(2 * cut - len(word))):
            first, second = self._known.get(word[:cut]), self._known.get(word[cut:])
            if first and second:
                return list(_joined([first, second]))
        return []


def spelled(word: str) -> Pronunciation:
    """The names of the word's letters.

    >>> spelled("tv")
    ('T', 'IY', 'V', 'IY')
    """
    return tuple(phone for letter in word for phone in _LETTERS[letter].split())


def by_rule(word: str, *, open_first: bool = False) -> Pronunciation:
    """A word of the letters a to z, read by rules.

    open_first: an o or u before one consonant and a vowel in the first syllable is long, as names mostly have it
    (Kodi, Nuki) and words often do not (Robin).

    >>> by_rule("zigbee")
    ('Z', 'IH', 'G', 'B', 'IY')
    """
    long = {match.start(1): _LONG[match[1]] for match in _MAGIC_E.finditer(word)}
    if open_first and (match := _OPEN_FIRST.match(word)):
        long.setdefault(match.start(1), _LONG[match[1]])
    phones: list[str] = []
    at = 0
    while at < len(word):
        if at in long:
            phones.append(long[at])
            at += 1
            continue
        length, said = _longest_rule(word, at)
        phones.extend(said)
        at += length
    return tuple(phones) or spelled(word)


def _longest_rule(word: str, at: int) -> tuple[int, Pronunciation]:
    for length in range(min(_LONGEST_RULE, len(word) - at), 0, -1):
        piece = word[at : at + length]
        after = word[at + length : at + length + 1]
        if at == 0 and f"^{piece}" in _RULES:
            return length, _RULES[f"^{piece}"]
        if not after and at and f"{piece}$" in _RULES:
            return length, _RULES[f"{piece}$"]
        if after and after in "eiy" and f"{piece}-" in _RULES:
            return length, _RULES[f"{piece}-"]
        if piece in _RULES:
            return length, _RULES[piece]
    return 1, ()


def _plain(word: str) -> str:
    """Without accents, which CMUdict does not know: café is read as cafe."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _camel_parts(written: str) -> list[str]:
    parts = _CAMEL.findall(written)
    return parts if sum(map(len, parts)) == len(written) else [written]


def _joined(parts: list[list[Pronunciation]]) -> Iterator[Pronunciation]:
    if not all(parts):
        return
    whole: list[Pronunciation] = [()]
    for variants in parts:
        whole = [(*phones, *more) for phones in whole for more in variants][:MAX_VARIANTS]
    yield from whole


def _ending(last: str, ending: str) -> Pronunciation:
    if ending == "ing":
        return ("IH", "NG")
    if ending == "ed":
        return ("IH", "D") if last in ("T", "D") else ("T",) if last in _VOICELESS | _SIBILANT else ("D",)
    return ("IH", "Z") if last in _SIBILANT else ("S",) if last in _VOICELESS else ("Z",)


def spelled_as(words: Mapping[str, Pronunciation], dictionary: Path) -> dict[str, str]:
    """For each word the dictionary's word that is said so, the shortest of several; those without one are left out."""
    wanted = {" ".join(phones): word for word, phones in words.items()}
    found: dict[str, str] = {}
    if not wanted:
        return found
    with dictionary.open(encoding="utf-8") as lines:
        for line in lines:
            spelling, _, phones = line.rstrip().partition(" ")
            spelling = spelling.partition("(")[0]
            word = wanted.get(phones)
            if word is not None and (word not in found or len(spelling) < len(found[word])):
                found[word] = spelling
    return found
