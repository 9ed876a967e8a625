"""The people of a household: each has ways of wording that stay, makes mistakes of their own, and has a temper."""

import zlib
from dataclasses import dataclass
from functools import cache
from random import Random

from tools.bench.household.wordings import FILLERS, POLITE_AFTER, POLITE_ALWAYS, POLITE_BEFORE, SLIPS, wordings

_VERBS = frozenset((
    "turn", "switch", "put", "power", "get", "set", "start", "fire", "flip", "activate", "shut", "kill", "cut",
    "make", "light", "dim", "bring", "change", "colour", "give", "brighten", "increase", "raise", "lower",
    "open", "close", "pull", "draw", "move", "lock", "secure", "bolt", "unlock", "release", "undo", "heat",
    "warm", "adjust", "run", "let", "pause", "hold", "resume", "continue", "unpause", "skip", "mute", "silence",
    "send", "dock", "return", "add", "write", "remind", "tell", "check", "list", "play", "watch", "show",
    "read", "deactivate", "reduce",
))  # fmt: skip
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety"


@dataclass(frozen=True)
class Person:
    """Somebody who lives here."""

    name: str
    seed: int
    """Of the household."""
    politeness: float
    """How often a request is dressed up."""
    slips: float
    """How often a word comes out, or is heard, as another."""
    patience: int
    """How often they say it again before they give up."""
    by_hand: float
    """How readily they get up and press the switch."""
    shows_number_words: bool
    """Whether the recogniser of this house writes fifty for 50."""
    loyalty: float = 0.8
    """How often they use the wording that they use most."""

    @staticmethod
    def of(name: str, seed: int) -> "Person":
        """The person of this name in the household of this seed."""
        rng = Random(f"person {seed} {name}")
        return Person(
            name,
            seed,
            politeness=rng.choice((0.0, 0.05, 0.15, 0.4)),
            slips=rng.choice((0.0, 0.02, 0.05)),
            patience=rng.choice((0, 1, 2, 3)),
            by_hand=rng.choice((0.2, 0.5, 0.9)),
            shows_number_words=Random(f"numbers {seed}").random() < 0.3,
        )

    def word(self, key: str, rng: Random, **slots: object) -> str:
        """What they say for it: mostly their own usual wording, otherwise another; in lower case, without signs."""
        mine = self.words(key, **slots)
        return mine[0 if rng.random() < self.loyalty else rng.randrange(len(mine))]

    def words(self, key: str, **slots: object) -> tuple[str, ...]:
        """All that they might say for it, the usual one first."""
        said = {name: self._spoken(value) for name, value in slots.items()}
        return tuple(" ".join(one.format(**said).split()) for one in _ranked(self.seed, self.name, key))

    def dress(self, text: str, rng: Random) -> str:
        """The request with their politeness; only what begins with a verb can be asked as "can you"."""
        if rng.random() >= self.politeness:
            return text
        command = text.partition(" ")[0] in _VERBS
        if command and rng.random() < 0.6:
            return f"{self._own(POLITE_BEFORE, rng)} {text}"
        return f"{text} {self._own(POLITE_AFTER if command else POLITE_ALWAYS, rng)}"

    def slip(self, text: str, rng: Random) -> str:
        """The request with one mistake, as it is heard; the same text where there is nothing to mistake."""
        said = text.split()
        weak = [at for at, word in enumerate(said) if word in SLIPS]
        way = rng.random()
        if weak and way < 0.6:
            at = weak[rng.randrange(len(weak))]
            said[at] = rng.choice(SLIPS[said[at]])
        elif way < 0.8:
            said.insert(rng.randrange(len(said)), rng.choice(FILLERS))
        elif len(said) > 3:
            at = rng.randrange(len(said) - 1)
            said.insert(at, said[at])  # a stammer
        return " ".join(said)

    def prefers(self, what: str, chance: float) -> bool:
        """A habit of speech that stays: whether they do this, of which this share of all people does."""
        return zlib.crc32(f"{self.seed} {self.name} {what}".encode()) % 1000 < chance * 1000

    def _own(self, ways: tuple[str, ...], rng: Random) -> str:
        mine = ways[zlib.crc32(f"{self.seed} {self.name} {ways[0]}".encode()) % len(ways)]
        return mine if rng.random() < 0.7 else rng.choice(ways)

    def _spoken(self, value: object) -> str:
        if isinstance(value, int | float) and self.shows_number_words and float(value).is_integer():
            return number_words(int(value))
        return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def _ranked(seed: int, name: str, key: str) -> tuple[str, ...]:
    """A wording that comes early in its list is more people's own: the n-th has weight 2 / (n * (n + 1))."""
    rng, left = Random(f"wording {seed} {name} {key}"), list(enumerate(wordings(key, seed), 1))
    ranked = []
    while left:
        one = rng.choices(left, [2 / (n * (n + 1)) for n, _ in left])[0]
        left.remove(one)
        ranked.append(one[1])
    return tuple(ranked)


def number_words(value: int) -> str:
    """A whole number from 0 to 999 in words.

    >>> number_words(21)
    'twenty one'
    """
    if value < 20:
        return _ONES.split()[value]
    if value < 100:
        return f"{_TENS.split()[value // 10]} {number_words(value % 10) if value % 10 else ''}".strip()
    rest = f" and {number_words(value % 100)}" if value % 100 else ""
    return f"{_ONES.split()[value // 100]} hundred{rest}"
