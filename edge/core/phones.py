"""The sounds of English in CMUdict's letters (ARPAbet, without stress), and a respelling of them that people can read.

    IY K OW B IY    EE-koh-bee

The respelling is exact both ways: what is printed can be typed back. Its syllables are parted as the maximal onset
principle has it (Kahn 1976, "Syllable-based generalizations in English phonology"). CMUdict's stress is not in the
dictionaries that recognisers use, so the stressed syllable, in capitals, is a guess: the first of a full vowel.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Pronunciation = tuple[str, ...]

VOWELS = {
    "AA": "ah", "AE": "a", "AH": "uh", "AO": "aw", "AW": "ow", "AY": "igh", "EH": "eh", "ER": "er", "EY": "ay",
    "IH": "ih", "IY": "ee", "OW": "oh", "OY": "oy", "UH": "uu", "UW": "oo",
}  # fmt: skip
CONSONANTS = {
    "B": "b", "CH": "ch", "D": "d", "DH": "dh", "F": "f", "G": "g", "HH": "h", "JH": "j", "K": "k", "L": "l",
    "M": "m", "N": "n", "NG": "ng", "P": "p", "R": "r", "S": "s", "SH": "sh", "T": "t", "TH": "th", "V": "v",
    "W": "w", "Y": "y", "Z": "z", "ZH": "zh",
}  # fmt: skip
PHONES = frozenset(VOWELS) | frozenset(CONSONANTS)

_RESPELLED = {letters: phone for phone, letters in (VOWELS | CONSONANTS).items()}
_LONGEST = max(map(len, _RESPELLED))
_REDUCED = frozenset(["AH", "ER"])

_ONSETS = {
    first: frozenset(rest.split())
    for first, rest in {
        "P": "R L Y", "B": "R L Y", "T": "R W", "D": "R W", "K": "R L W Y", "G": "R L W", "F": "R L Y", "TH": "R W",
        "SH": "R T L M N W", "V": "Y", "M": "Y", "HH": "Y W", "S": "P T K M N L W F", "S P": "R L Y", "S T": "R",
        "S K": "R W Y",
    }.items()
}  # fmt: skip
"""What may begin a syllable after its first consonants: pr, spr, shr."""


def syllables(phones: Sequence[str]) -> list[Pronunciation]:
    """The phones, a syllable each; without a vowel they are one.

    >>> syllables(("IY", "K", "OW", "B", "IY"))
    [('IY',), ('K', 'OW'), ('B', 'IY')]
    """
    nuclei = [at for at, phone in enumerate(phones) if phone in VOWELS]
    cuts = [0]
    for before, after in pairwise(nuclei):
        onset = next(at for at in range(before + 1, after + 1) if _begins_a_syllable(phones[at:after]))
        cuts.append(onset)
    return [tuple(phones[a:b]) for a, b in zip(cuts, [*cuts[1:], len(phones)], strict=True)]


def stressed(parts: Sequence[Sequence[str]]) -> int:
    """Which of the syllables bears the stress, most likely."""
    return next((at for at, part in enumerate(parts) if any(p in VOWELS and p not in _REDUCED for p in part)), 0)


def respelled(phones: Sequence[str]) -> str:
    """The phones as people read them.

    >>> respelled(("IY", "K", "OW", "B", "IY"))
    'EE-koh-bee'
    """
    parts = syllables(phones)
    texts = ["".join(VOWELS.get(phone) or CONSONANTS[phone] for phone in part) for part in parts]
    main = stressed(parts)
    return "-".join(text.upper() if at == main else text for at, text in enumerate(texts))


def from_respelling(text: str) -> Pronunciation | None:
    """The phones of a respelling, None when it is none.

    >>> from_respelling("EE-koh-bee")
    ('IY', 'K', 'OW', 'B', 'IY')
    """
    found: list[str] = []
    for part in text.casefold().split("-"):
        phones = list(_read(part))
        if not any(phone in VOWELS for phone in phones) or "" in phones:
            return None
        found += phones
    return tuple(found)


def _read(part: str) -> Iterator[str]:
    """Longest piece first; an empty phone for what is none."""
    at = 0
    while at < len(part):
        for length in range(min(_LONGEST, len(part) - at), 0, -1):
            if phone := _RESPELLED.get(part[at : at + length]):
                yield phone
                at += length
                break
        else:
            yield ""
            return


def _begins_a_syllable(consonants: Sequence[str]) -> bool:
    if len(consonants) <= 1:
        return not consonants or consonants[0] not in ("NG", "ZH")
    *first, last = consonants
    return last in _ONSETS.get(" ".join(first), ())
