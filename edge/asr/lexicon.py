"""Pronunciations of the words of one home, those that no dictionary has among them.

Phones are the 39 of CMUdict without stress (ARPAbet), as US English acoustic models use them. A word that the
dictionary lacks is taken apart, most reliable way first: as it is written (EcoBee: eco bee; TV: letter by letter), into
stem and ending (awnings: awning s), into two known words (doorbell); what is left is read letter by letter by rules in
the manner of Elovitz et al. 1976, "Letter-to-sound rules for automatic translation of English text to phonetics".
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Pronunciation = tuple[str, ...]

MAX_INITIALISM = 4
"""A word in capitals of this length may be spelled (LED) even if the dictionary reads it as a word."""
MIN_COMPOUND_PART = 3
"""Shorter parts split words in the wrong places."""
MAX_VARIANTS = 4
"""Pronunciations kept of one word: each costs the search as much as a word."""

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
_MAGIC_E = re.compile(r"([aiou])([bcdfgklmnpstvz])e(?=s?$)")
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW"}
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Lexicon:
    """CMUdict, read only as far as the words asked for need it.

    dictionary: file of lines `word PH PH` and `word(2) PH PH`, UTF-8.
    Raises OSError when it cannot be read.
    """

    def __init__(self, dictionary: Path) -> None:
        self._dictionary = dictionary
        self._known: dict[str, list[Pronunciation]] = {}

    def pronounce(
        self, words: Iterable[str], spellings: Mapping[str, str] | None = None
    ) -> dict[str, tuple[Pronunciation, ...]]:
        """Every word with its pronunciations, likeliest first; words of letters that English lacks are left out.

        spellings: words as they are written, where capitals tell something (ecobee: EcoBee).
        """
        wanted = list(dict.fromkeys(words))
        spellings = spellings or {}
        self._look_up({part for word in wanted for part in self._parts(word, spellings.get(word, word))})
        found = {}
        for word in wanted:
            variants = list(dict.fromkeys(self._variants(_plain(word), spellings.get(word, word))))
            if variants:
                found[word] = tuple(variants[:MAX_VARIANTS])
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

    def _variants(self, word: str, written: str) -> Iterator[Pronunciation]:
        bare = word.replace("'", "")
        if not bare or any(letter not in _LETTERS for letter in bare):
            return
        known = self._known.get(word) or self._known.get(bare) or []
        yield from known
        if written.isupper() and 1 < len(written) <= MAX_INITIALISM:
            yield spelled(bare)
        if not known:
            yield from self._guessed(word, bare, written)

    def _guessed(self, word: str, bare: str, written: str) -> Iterator[Pronunciation]:
        parts = _camel_parts(written)
        if len(parts) > 1:
            yield from _joined([list(self._variants(part.casefold(), part)) for part in parts])
            return
        if not any(letter in "aeiouy" for letter in bare):
            yield spelled(bare)
            return
        if word.endswith("s") and (owned := self._known.get(f"{word[:-1]}'s")):
            yield from owned
            return
        for way in (self._inflected(word), self._prefixed(bare), self._compound(bare)):
            if way:
                yield from way
                return
        yield by_rule(bare)

    def _inflected(self, word: str) -> list[Pronunciation]:
        for ending in ("'s", "s'", "es", "s", "ed", "ing"):
            stem = word.removesuffix(ending)
            if stem == word:
                continue
            if stems := self._known.get(stem) or self._known.get(f"{stem}e"):
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


def by_rule(word: str) -> Pronunciation:
    """A word of the letters a to z, read by rules.

    >>> by_rule("zigbee")
    ('Z', 'IH', 'G', 'B', 'IY')
    """
    magic = {match.start(1): _LONG[match[1]] for match in _MAGIC_E.finditer(word)}
    phones: list[str] = []
    at = 0
    while at < len(word):
        if at in magic:
            phones.append(magic[at])
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
