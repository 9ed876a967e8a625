"""What the recognisers of a whole fleet mistake alike: words that are taken for others in many homes, by their sound.

Beside that every family's voices are mistaken in their own way (`tools.bench.household.ears`), which few others share.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tools.bench.household.ears import ALIKE, Ears, Readings

HEARD_WELL = 0.95
"""Confidence of what is heard as it was said."""
HEARD_BADLY, BESIDE = 0.7, 0.5
"""Of what is not, and of a second reading. The few are enough, and what was read once need not be read again."""
OWN = 0.5
"""Share of families whose voices are mistaken in a way of their own besides."""
NONE = 0.15
"""Share of homes whose recogniser makes none of the fleet's mistakes."""
HOW_OFTEN = (0.3, 0.7)
"""Of the times that the word is said; of one home always the same share."""

OFTEN = ("bedroom", "kitchen", "lamp", "light", "lights", "turn")
"""In more than a twentieth of all requests."""
AT_TIMES = (
    "bathroom",
    "blinds",
    "ceiling",
    "close",
    "coffee",
    "curtains",
    "fan",
    "hallway",
    "heating",
    "kettle",
    "living",
    "main",
    "office",
    "open",
    "shower",
    "shutters",
    "speaker",
    "study",
    "switch",
)
_IS_ANOTHER = frozenset(("bathroom", "bedroom", "curtain", "blind", "of this", "torn", "fun"))
"""What is itself said in homes, or what the hub understands in spite of it: no mistake to be found."""
POPULARITY = ((OFTEN, (0.8, 0.6, 0.4, 0.2)), (AT_TIMES, (0.2, 0.1, 0.1, 0.1, 0.05, 0.05)))
"""Shares of homes that make a mistake, of those that make any of the fleet's; of each sort of words so many."""
TRAPS = (("bedroom", "bathroom"), ("hall", "all"))
TRAPPED = 0.2
"""What is heard instead is what others say and mean: whoever published a rewrite for it would do harm."""


@dataclass(frozen=True)
class Planted:
    """One word that many homes mistake for the same other."""

    word: str
    heard: str
    popularity: float
    """Share of homes that do so, of those that make any of the fleet's mistakes."""
    trap: bool = False
    """Whether no rewrite is to be made of it."""


def plant(seed: int, told: Callable[[str, str], bool]) -> tuple[Planted, ...]:
    """The fleet's mistakes: other words, and taken for others, with every seed.

    told: whether a word that is taken for another may be reported as that; what leaves no house nobody can find.
    """

    def alike(word: str) -> list[str]:
        return [one for one in ALIKE[word] if one not in _IS_ANOTHER and told(word, one)]

    rng, found = Random(f"planted {seed}"), list[Planted]()
    for every, popularities in POPULARITY:
        words = [word for word in every if alike(word)]
        for word, share in zip(rng.sample(words, len(popularities)), popularities, strict=True):
            found.append(Planted(word, rng.choice(alike(word)), share))
    taken = {one.word for one in found}
    return (*found, *(Planted(word, heard, TRAPPED, trap=True) for word, heard in TRAPS if word not in taken))


class FleetEars:
    """The ears of one home: what is mistaken in its people's voices, and what its recogniser mistakes as others do."""

    def __init__(self, seed: int, planted: tuple[Planted, ...], own: Ears) -> None:
        rng = Random(f"fleet ears {seed}")
        shares = rng.random() >= NONE
        drawn = [(one, rng.random() < one.popularity, rng.uniform(*HOW_OFTEN)) for one in planted]
        self.mistakes: Mapping[str, tuple[Planted, float]] = {
            one.word: (one, share) for one, has, share in drawn if has and shares
        }
        """Word -> what it is taken for, and how often."""
        self._seed, self._own = seed, own

    def hear(self, text: str, person: str, rng: Random) -> Readings:
        """What is heard of it, best first."""
        rng = Random(f"{self._seed} {rng.random()}")
        said = text.split()
        taken = {w for w in dict.fromkeys(said) if w in self.mistakes and rng.random() < self.mistakes[w][1]}
        wrong = " ".join(self.mistakes[word][0].heard if word in taken else word for word in said)
        own = self._own.hear(wrong, person, rng)
        sure = HEARD_WELL if own[0][0] == text else HEARD_BADLY
        return tuple((one, BESIDE if at else sure) for at, (one, _) in enumerate(own))
