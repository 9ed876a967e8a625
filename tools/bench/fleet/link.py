"""Whether two weeks of one home can be told to be of one home by what it reports, as its pseudonym changes.

A classifier is shown the contents of a pseudonym of one week and of one of the next, and says whether both are one
home's: a logistic regression over what two bags of contents have in common, fitted to half of the homes and asked about
the others. Chance is one half, as half of the pairs are of one home. No two of the homes are of one family, as those
share their habits, and would hide each other.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

Bag = tuple[str, ...]
"""Contents that one pseudonym reported, each once."""
FEATURES = 4
_ROUNDS = 30
_NEGATIVES = 8
"""Pairs of two homes for each pair of one; they are weighed as one."""


@dataclass(frozen=True)
class Linked:
    """How well pairs are told."""

    accuracy: float
    """Of as many pairs of one home as of two."""
    error: float
    """Standard error of that."""
    pairs: int


def linked(homes: Sequence[Mapping[int, Bag]], *, most: int | None = None, seed: int = 1) -> Linked:
    """How well the weeks of these homes can be linked, each with its bags by week.

    most: contents a week, drawn at random from what the home would report; None for all.
    """
    rng = Random(f"link {seed}")
    bags = [{week: _some(bag, most, rng) for week, bag in home.items()} for home in homes]
    rare = _rarity(bag for home in bags for bag in home.values())
    told: list[tuple[int, NDArray[np.float64], bool]] = []
    for at, home in enumerate(bags):
        for week in sorted(home):
            if week + 1 not in home:
                continue
            told.append((at, features(home[week], home[week + 1], rare), True))
            alike = [one for number, one in enumerate(bags) if number != at and number % 2 == at % 2]
            others = [one[week + 1] for one in alike if week + 1 in one]
            some = rng.sample(others, min(_NEGATIVES, len(others)))
            told += [(at, features(home[week], other, rare), False) for other in some]
    right, ones = 0.0, 0
    for half in (0, 1):
        fitted = [one for one in told if one[0] % 2 != half]
        asked = [one for one in told if one[0] % 2 == half]
        weights = _fit(fitted)
        for same in (True, False):
            said = [float(_with_one(one[1]) @ weights) > 0 for one in asked if one[2] is same]
            right += sum(one is same for one in said) / max(1, len(said)) / 4
        ones += sum(one[2] for one in asked)
    return Linked(right, math.sqrt(max(0.0, right * (1 - right)) / max(1, ones)), ones)


def features(one: Bag, other: Bag, rare: Mapping[str, float]) -> NDArray[np.float64]:
    """What two bags have in common: contents, the same by rarity, their words by rarity, and how many there are."""
    both = set(one) & set(other)
    size = math.sqrt(len(one) * len(other)) or 1.0
    return np.array(
        (
            len(both) / size,
            sum(rare[text] for text in both) / size,
            _cosine(_words(one), _words(other), rare),
            math.log1p(size),
        )
    )


def _some(bag: Bag, most: int | None, rng: Random) -> Bag:
    return bag if most is None or len(bag) <= most else tuple(rng.sample(bag, most))


def _words(bag: Bag) -> Counter[str]:
    return Counter(word for text in bag for word in set(text.split()))


def _rarity(bags: Iterable[Bag]) -> dict[str, float]:
    seen: Counter[str] = Counter()
    count = 0
    for bag in bags:
        count += 1
        seen.update({*bag, *_words(bag)})
    return {one: math.log((count + 1) / times) for one, times in seen.items()}


def _cosine(one: Counter[str], other: Counter[str], rare: Mapping[str, float]) -> float:
    def weigh(words: Counter[str]) -> dict[str, float]:
        return {word: (1 + math.log(n)) * rare[word] for word, n in words.items()}

    left, right = weigh(one), weigh(other)
    norm = math.hypot(*left.values()) * math.hypot(*right.values())
    return sum(value * right.get(word, 0.0) for word, value in left.items()) / norm if norm else 0.0


def _with_one(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(values, 1.0)


def _fit(told: Sequence[tuple[int, NDArray[np.float64], bool]]) -> NDArray[np.float64]:
    """Weights of a logistic regression, both kinds of pairs weighed alike; Newton's method with a small ridge."""
    x = np.array([_with_one(one) for _, one, _ in told])
    y = np.array([same for *_, same in told], np.float64)
    of_kind = np.where(y > 0, 0.5 / max(1.0, y.sum()), 0.5 / max(1.0, (1 - y).sum()))
    weights = np.zeros(FEATURES + 1)
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (of_kind * (y - p)) - 1e-4 * weights
        bend = (x * (of_kind * p * (1 - p))[:, None]).T @ x + 1e-4 * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights += step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights
