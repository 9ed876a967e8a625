"""What many homes said, as whole numbers: tallies that add up, whatever counted them and in which order. Pure.

A turn is counted under at most four keys. Each key holds texts that hubs reported and nothing else:

    said    state, words    the words were understood as this state, and nothing was served in their place
    served  words, served   this rewrite was served in place of the words
    moved   words, state    what was said in their place, and worked, was understood as this state
    worded  state, words    that was said in these words
    meant   words, words    and said in place of these

A *state* is the reading where there is one and no mark such as `<area>` is in it, else the words themselves. Words with
a mark in them stand for different words in different homes: they are not counted, but for `<other>` in what was said.
That is how words which homes are not spoken to with are told where they worked (`edge.upstream.misheard`), so it alone
tells how often they did.

Hubs take a new pseudonym every week, and one for each text that they report as heard, so that how many hubs reported a
key is the largest number of distinct pseudonyms of any one week; what fewer than `k` hubs reported is dropped by
`Counts.kept`, before anything else looks at it. All keys but *worded* tell what was heard. There one hub has as many
pseudonyms as texts, so that a wording stays only where k hubs said it in place of one and the same (`Counts.safe`).

Whether a turn worked went through randomised response: a fact is told as it is with probability e^eps / (1 + e^eps).
Tallies hold what was told; what is likely behind them is estimated at the very end (`Tally.worked`, Warner 1965,
"Randomized response: a survey technique for eliminating evasive answer bias").
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

K = 20
"""Hubs that must have reported something before it is written or shown anywhere."""
FOLDS = 5
"""Parts of the hubs; each in turn is held out, so that every turn is replayed by rewrites that it did not make."""
MARK = "<"
OTHER = "<other>"


class Kind(StrEnum):
    """What a key is about; see the module's text."""

    SAID = "said"
    SERVED = "served"
    MOVED = "moved"
    WORDED = "worded"
    MEANT = "meant"


class Key(NamedTuple):
    """What is counted."""

    kind: Kind
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A turn as it was ingested: words joined by a blank, nothing is ''."""

    hub: str
    """Pseudonym of a week and of what was heard, hexadecimal."""
    week: str
    heard: str
    reading: str = ""
    served: str = ""
    meant: str = ""
    meant_reading: str = ""
    worked: bool | None = None
    """As told: through randomised response."""
    epsilon: float = 1.5


class Tally(NamedTuple):
    """Turns of one key."""

    turns: int = 0
    failed: int = 0
    """Of these, those that something else was said in place of: they failed, and that is no secret of the hub's."""
    told: int = 0
    """Of the others, those of which a (randomised) fact tells whether they worked."""
    yes: int = 0
    """Of these, those that are told to have worked."""

    def plus(self, other: "Tally") -> "Tally":
        """Both."""
        return Tally(self.turns + other.turns, self.failed + other.failed, self.told + other.told, self.yes + other.yes)

    @property
    def open(self) -> int:
        """Turns that nothing was said in place of."""
        return self.turns - self.failed

    def worked(self, epsilon: float) -> float:
        """How many of the told facts say that it worked before they were randomised: between 0 and `told`."""
        truth = kept_truth(epsilon)
        return min(max((self.yes - self.told * (1.0 - truth)) / (2.0 * truth - 1.0), 0.0), float(self.told))


def kept_truth(epsilon: float) -> float:
    """Probability with which randomised response tells a fact as it is."""
    return 1.0 / (1.0 + math.exp(-epsilon))


def state(words: str, reading: str) -> str:
    """What the words were understood as; see the module's text.

    >>> state("turn on the hall light", "HassTurnOn area=hall"), state("turn on my lamp", "HassTurnOn name=<light>")
    ('HassTurnOn area=hall', 'turn on my lamp')
    """
    return reading if reading and MARK not in reading else words


def fold_of(hub: str) -> int:
    """Part that a hub belongs to; pseudonyms are random, so their digits are as good as a hash."""
    return int(hub[:7], 16) % FOLDS


def keys(turn: Seen) -> Iterator[tuple[Key, Tally]]:
    """What one turn adds."""
    if MARK in turn.heard.replace(OTHER, "") or not turn.heard:
        return
    failed = bool(turn.meant)
    told = turn.worked is not None and not failed
    tally = Tally(1, int(failed), int(told), int(told and bool(turn.worked)))
    if not turn.served:
        yield Key(Kind.SAID, state(turn.heard, turn.reading), turn.heard), tally
    if MARK in turn.heard:
        return
    if turn.served and MARK not in turn.served:
        yield Key(Kind.SERVED, turn.heard, turn.served), tally
    if failed and MARK not in turn.meant:
        meant = state(turn.meant, turn.meant_reading)
        yield Key(Kind.MOVED, turn.heard, meant), Tally(1)
        yield Key(Kind.WORDED, meant, turn.meant), Tally(1)
        yield Key(Kind.MEANT, turn.heard, turn.meant), Tally(1)


class Part(NamedTuple):
    """Turns that are told apart within a key."""

    fold: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Tallies of every key that enough hubs reported."""

    of: Mapping[Key, Mapping[Part, Tally]]
    hubs: Mapping[Key, int]
    """The most that reported it in one week."""
    turns: int = 0
    """Turns that were looked at, and `weeks` that they are from."""
    weeks: tuple[str, ...] = ()
    dropped: int = 0
    """Keys that fewer hubs reported: how many, and nothing else of them."""

    def kept(self, k: int) -> "Counts":
        """What at least k hubs reported."""
        return self._only({key: n for key, n in self.hubs.items() if n >= k}).safe()

    def safe(self) -> "Counts":
        """Without wordings that no single text was followed by in enough hubs. What is here has been kept already."""
        said = {key.other for key in self.hubs if key.kind is Kind.MEANT}
        return self._only({key: n for key, n in self.hubs.items() if key.kind is not Kind.WORDED or key.other in said})

    def _only(self, hubs: Mapping[Key, int]) -> "Counts":
        of = {key: self.of[key] for key in hubs}
        return Counts(of, hubs, self.turns, self.weeks, self.dropped + len(self.hubs) - len(hubs))


class Growing:
    """Counts that take one turn after another, as they come in; the same as a count of all of them at once."""

    def __init__(self) -> None:
        self._of: dict[Key, dict[Part, Tally]] = defaultdict(dict)
        self._hubs: dict[Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._weeks: set[str] = set()
        self._turns = 0

    def learn_one(self, turn: Seen) -> None:
        """Count one turn."""
        self._turns += 1
        self._weeks.add(turn.week)
        part = Part(fold_of(turn.hub), turn.epsilon)
        for key, tally in keys(turn):
            of = self._of[key]
            of[part] = of.get(part, Tally()).plus(tally)
            self._hubs[key][turn.week].add(turn.hub)

    def learn(self, turns: Iterable[Seen]) -> "Growing":
        """Count some turns."""
        for turn in turns:
            self.learn_one(turn)
        return self

    def counts(self, k: int = K) -> Counts:
        """As they stand, of what at least k hubs reported."""
        hubs = {key: max(map(len, weeks.values())) for key, weeks in self._hubs.items()}
        parts = {key: dict(of) for key, of in self._of.items()}
        return Counts(parts, hubs, self._turns, tuple(sorted(self._weeks))).kept(k)
