"""What a household does, counted by situation: what is long ago counts less, and what runs by itself counts nothing.

A count is the sum of 2^(-age / half-life) over the times that something was seen (exponential forgetting, as in Cormode
et al., "Forward Decay", 2009); three times in three days are 2.7. A lamp that a motion sensor toggles all day says
nothing of what people want: no more than `DAILY` times of a day are counted, and what is seen `AUTOMATIC` times a day
is no habit.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from edge.core.errors import InputError
from edge.core.turn import Habit, Scalar, Verb
from edge.nlu.goals import MAX_TITLE, Goal

HALF_LIFE_MS = 6 * 86_400_000
"""Ten days of every-evening make a count of 6; after a holiday of two weeks it is above 1 still."""

MAX_GOALS = 400
DAILY = 3
AUTOMATIC = 8.0
"""Times a day, over the days on which it was seen."""

CORRECTION_MS = 10_000
"""What is set otherwise so soon after was not meant, or was only on its way: a dimmer passes through all levels."""

MAX_HABITS = 32
_FAINT = 0.3
_SPARE = MAX_GOALS // 10


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was seen in one situation."""

    count: float = 0.0
    raw: float = 0.0
    """The same, with all times of a day."""
    days: float = 0.0
    """On how many days."""
    at_ms: int = 0
    """As of when."""
    day: int = -1
    """The last day on which it was seen."""
    today: int = 0
    """Times on that day."""

    def left(self, at_ms: int) -> float:
        """How much of it still counts at a later time, 0 to 1."""
        return float(2.0 ** (-max(0, at_ms - self.at_ms) / HALF_LIFE_MS))

    def decayed(self, at_ms: int) -> "Count":
        """As of a later time."""
        left = self.left(at_ms)
        return Count(self.count * left, self.raw * left, self.days * left, max(at_ms, self.at_ms), self.day, self.today)

    def more(self, at_ms: int, day: int) -> "Count":
        """Seen once more."""
        now, new = self.decayed(at_ms), day != self.day
        today = 1 if new else self.today + 1
        counts = 1 if today <= DAILY else 0
        return Count(now.count + counts, now.raw + 1, now.days + new, now.at_ms, day, today)

    def fewer(self, at_ms: int) -> "Count":
        """The last time taken back."""
        now = self.decayed(at_ms)
        if now.today <= 0:
            return now
        counts, only = (1 if now.today <= DAILY else 0), now.today == 1
        rest = (max(0.0, now.count - counts), max(0.0, now.raw - 1), max(0.0, now.days - only))
        return Count(*rest, now.at_ms, -1 if only else now.day, now.today - 1)

    @property
    def automatic(self) -> bool:
        """Whether it is seen far too often to be somebody's doing."""
        return self.raw > AUTOMATIC * max(1.0, self.days)


@dataclass(frozen=True, slots=True)
class Counted:
    """One goal with its counts, as it is stored."""

    entity_id: str
    verb: Verb
    args: Mapping[str, Scalar]
    situations: Mapping[str, Count] = field(default_factory=dict)


class Habits:
    """Goals and how often they were seen, in which situations. Bounded; the weakest go first."""

    def __init__(self) -> None:
        self._counts: dict[Goal, dict[str, Count]] = {}
        self._latest: dict[tuple[str, str], tuple[int, Goal, tuple[str, ...]]] = {}
        """Entity and aspect -> when it was set last, to what, and in which situations."""

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, goal: Goal, situations: Iterable[str], at_ms: int, day: int) -> None:
        """It was seen once more, in all these situations; what it corrects was not."""
        aspect = (goal.entity_id, goal.aspect)
        before = self._latest.get(aspect)
        if before is not None and 0 <= at_ms - before[0] <= CORRECTION_MS:
            for situation in before[2]:
                counts = self._counts.get(before[1], {})
                if situation in counts:
                    counts[situation] = counts[situation].fewer(at_ms)
        found = tuple(situations)
        self._latest[aspect] = (at_ms, goal, found)
        counts = self._counts.setdefault(goal, {})
        for situation in found:
            counts[situation] = counts.get(situation, Count()).more(at_ms, day)
        if len(self._counts) > MAX_GOALS:
            self._drop(at_ms)

    def _drop(self, at_ms: int) -> None:
        def strength(goal: Goal) -> float:
            return max((count.count * count.left(at_ms) for count in self._counts[goal].values()), default=0.0)

        for goal in sorted(self._counts, key=strength)[:_SPARE]:
            del self._counts[goal]
        kept = {goal.entity_id for goal in self._counts}
        self._latest = {aspect: last for aspect, last in self._latest.items() if aspect[0] in kept}

    def now(self, situations: Iterable[str], at_ms: int, exists: Iterable[str]) -> tuple[Habit, ...]:
        """Habits of these situations, strongest first, at most `MAX_HABITS`; each situation has its share of them.

        exists: ids of the entities that there are.
        """
        wanted, there = tuple(situations), exists if isinstance(exists, Mapping) else frozenset(exists)
        found: dict[str, list[tuple[float, str, str, Goal, str]]] = {situation: [] for situation in wanted}
        for goal, counts in self._counts.items():
            everything = counts.get("any")
            if goal.entity_id not in there or (everything is not None and everything.automatic):
                continue
            for situation in wanted:
                count = counts.get(situation)
                if count is not None and (strength := count.count * count.left(at_ms)) >= _FAINT:
                    found[situation].append((-strength, goal.entity_id, situation, goal, goal.verb.value))
        share = MAX_HABITS // max(1, len(wanted))
        chosen: list[tuple[float, str, str, Goal, str]] = []
        rest: list[tuple[float, str, str, Goal, str]] = []
        for habits in found.values():
            habits.sort(key=_strongest_first)
            chosen += habits[:share]
            rest += habits[share:]
        chosen += sorted(rest, key=_strongest_first)[: MAX_HABITS - len(chosen)]
        return tuple(
            Habit(goal.entity_id, goal.verb, MappingProxyType(dict(goal.args)), situation, round(-strength, 3))
            for strength, _, situation, goal, _ in sorted(chosen, key=_strongest_first)
        )

    def dump(self) -> tuple[Counted, ...]:
        """All of it, for the codec."""
        return tuple(Counted(g.entity_id, g.verb, dict(g.args), dict(counts)) for g, counts in self._counts.items())

    @staticmethod
    def load(stored: Iterable[Counted]) -> "Habits":
        """What was dumped. Raises InputError (`memory.invalid`)."""
        habits = Habits()
        for one in stored:
            goal = Goal(one.entity_id, one.verb, tuple(sorted(one.args.items())))
            if not one.entity_id or goal in habits._counts or len(habits) >= MAX_GOALS:
                raise InputError("memory.invalid", "the stored habits are too many, twice or of no device: forget them")
            for count in one.situations.values():
                values = (count.count, count.raw, count.days, count.today)
                if not all(math.isfinite(value) and 0 <= value < 1e6 for value in values):
                    raise InputError("memory.invalid", "a stored habit has an impossible count: forget the habits")
            if any(isinstance(value, str) and len(value) > MAX_TITLE for value in one.args.values()):
                raise InputError("memory.invalid", "a stored habit is longer than any title: forget the habits")
            habits._counts[goal] = dict(one.situations)
        return habits


def _strongest_first(found: tuple[float, str, str, Goal, str]) -> tuple[float, str, str, str]:
    """Ties fall always alike: by entity, situation and verb, then as they were first seen."""
    return (found[0], found[1], found[2], found[4])
