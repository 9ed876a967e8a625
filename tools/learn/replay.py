"""The turns that a rewrite would have changed, and how they would have gone. Pure.

How many worked is only told through randomised response and of some turns only, so the losses have a posterior. Of the
share r of successes the likelihood of what was told is binomial; its prior is what the words that anything was said in
place of have in common, as few tell enough by themselves (non-parametric empirical Bayes: Laird 1978, "Nonparametric
maximum likelihood estimation of a mixing distribution", by expectation maximisation on a grid, with one made-up text of
every share so that nothing is ruled out). Given r, the share of wins is Beta(1 + wins, 1 + losses). The bound is the
5 % quantile of the mixture, taken numerically over r.

Words that homes are not spoken to with are told as `<other>` where nothing was said in their place. What worked under
such a mask is shared out among the words that it may have been, by how often each failed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.learn.chain import Pooled, summed, told
from tools.learn.counts import FOLDS, MARK, OTHER, Counts, Key, Kind, Tally, kept_truth
from tools.learn.needs import need

_GRID = 100
_ROUNDS = 100
_NOTHING = 1e-9


class Masks:
    """Texts with `<other>` in place of the words that homes are not spoken to with."""

    def __init__(self, pooled: Pooled, counts: Counts, home: Collection[str]) -> None:
        self._home = home
        self._failed: Counter[str] = Counter()
        self._of_mask: Counter[str] = Counter()
        for heard, states in pooled.said.items():
            parts = (counts.of[Key(Kind.SAID, state, heard)] for state in states)
            failed = sum(tally.failed for of in parts for tally in of.values())
            self._failed[heard] = failed
            self._of_mask[self.of(heard) or heard] += failed

    def of(self, heard: str) -> str:
        """The text masked; '' where nothing of it is."""
        words = [word if word in self._home or word.startswith(MARK) else OTHER for word in heard.split()]
        masked = " ".join(word for at, word in enumerate(words) if word != OTHER or not at or words[at - 1] != OTHER)
        return masked if masked != heard else ""

    def share(self, heard: str) -> float:
        """Of what was told under its mask, how much may have been this text, 0 to 1."""
        return self._failed[heard] / max(1, self._of_mask[self.of(heard)])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What rewrites are judged by."""

    counts: Counts
    pooled: Pooled
    """The same, of all folds."""
    masks: Masks
    prior: Any = None
    """How common each share of successes of the grid is; None: all alike."""

    def said(self, text: str, folds: Collection[int]) -> dict[float, Tally]:
        """How the text went as heard in some folds, by epsilon."""
        of: dict[float, Tally] = {}
        for state in self.pooled.said.get(text, {}):
            for epsilon, tally in summed(self.counts.of[Key(Kind.SAID, state, text)], folds).items():
                of[epsilon] = of.get(epsilon, Tally()).plus(tally)
        return of

    def likelihood(self, heard: str, folds: Collection[int]) -> Any:
        """Log-likelihood of what some folds were told of a text as heard, at each share of successes of the grid."""
        np = need("numpy", "learn")
        grid = _grid()
        likely = np.zeros(_GRID)
        for text in (heard, self.masks.of(heard)):
            of = self.said(text, folds)
            for epsilon in sorted(of):
                truth, tally = kept_truth(epsilon), of[epsilon]
                says_yes = (1 - truth) + (2 * truth - 1) * grid
                likely += tally.yes * np.log(says_yes) + (tally.told - tally.yes) * np.log1p(-says_yes)
        return likely


def evidence(counts: Counts, pooled: Pooled, home: Collection[str], heard: Iterable[str]) -> Evidence:
    """With the prior of these texts. home: words that homes are spoken to with."""
    plain = Evidence(counts, pooled, Masks(pooled, counts, home))
    prior = shares([plain.likelihood(one, range(FOLDS)) for one in heard])
    return Evidence(counts, pooled, plain.masks, prior)


def shares(likely: Sequence[Any]) -> Any:
    """How common each share of successes of the grid is among so many texts: weights that sum to 1."""
    np = need("numpy", "learn")
    weights = np.full(_GRID, 1.0 / _GRID)
    if not likely:
        return weights
    of = np.array(likely)
    of = np.exp(of - of.max(axis=1, keepdims=True))
    for _ in range(_ROUNDS):
        parts = of * weights
        weights = (parts / parts.sum(axis=1, keepdims=True)).sum(axis=0) + 1.0 / _GRID
        weights /= weights.sum()
    return weights


def _grid() -> Any:
    return need("numpy", "learn").linspace(0.5 / _GRID, 1 - 0.5 / _GRID, _GRID)


class Replay:
    """The turns of some folds in which the words were heard, as the rewrite would have changed them."""

    def __init__(self, known: Evidence, heard: str, state: str, means: str, folds: Collection[int]) -> None:
        np = need("numpy", "learn")

        def turns(kind: Kind, one: str, other: str) -> int:
            parts = known.counts.of.get(Key(kind, one, other), {})
            return sum(tally.turns for tally in summed(parts, folds).values())

        # Where homes read one wording differently, either tells; at least as many said one or the other as the greater.
        self.right = float(max(turns(Kind.MOVED, heard, state), turns(Kind.MEANT, heard, means)))
        as_heard = known.said(heard, folds).values()
        masked = known.said(known.masks.of(heard), folds).values()
        self.failed = sum(tally.failed for tally in as_heard)
        self.open = sum(tally.open for tally in as_heard) + known.masks.share(heard) * sum(t.open for t in masked)
        likely = known.likelihood(heard, folds)
        weights = np.exp(likely - likely.max())
        if known.prior is not None:
            weights = weights * known.prior
        weights /= weights.sum()
        some = weights > _NOTHING
        self._shares, self._weights = _grid()[some], weights[some] / weights[some].sum()
        self.worked = float(self.open * (self._weights @ self._shares))
        """Turns that worked as they were heard, expected."""
        # What would have worked anyway is no win of the rewrite's, and what would have failed anyway no loss.
        self._works = (self.worked + 1) / (self.failed + self.open + 2)
        self.other = float(self.failed)
        """Turns after which something else was said than the rewrite says."""
        self.served_right, self.served_wrong, self.served_wrong_alone = 0.0, 0.0, 0.0
        for served in known.pooled.served.get(heard, {}):
            if served == means or known.pooled.state.get(served) == state:
                parts = known.counts.of[Key(Kind.SERVED, heard, served)]
                went = told(parts, folds)
                self.served_right += went.won
                self.served_wrong += went.lost
                # Those of them after which something was said are among those that moved.
                again = sum(tally.failed for tally in summed(parts, folds).values())
                self.other += again
                self.served_wrong_alone += went.lost - again
        self.other = max(0.0, self.other - self.right)
        self.wins = self.right + self.served_right * (1 - self._works)
        self.losses = self.worked + self.served_wrong * self._works

    def bound(self, tail: float) -> float:
        """What wins to losses are above of, but for this probability."""
        special = need("scipy.special", "learn")
        losses = 1 + self.open * self._shares + self.served_wrong * self._works
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            below = float(self._weights @ special.betainc(1 + self.wins, losses, middle))
            low, high = (middle, high) if below < tail else (low, middle)
        return float(low / (1 - low))

    def surely_better(self, sure: float) -> bool:
        """Whether the rewrite is what most meant, and works more often than what was heard, each with this probability.

        Both have a Beta posterior with a uniform prior (the self-aware variant of the chain).
        """
        np, special = need("numpy", "learn"), need("scipy.special", "learn")
        right = 1 + self.right + self.served_right
        # Who was content with what was heard did not mean what the rewrite says.
        wrong = 1 + self.other + self.worked + self.served_wrong_alone
        if float(special.betainc(right, wrong, 0.5)) > 1 - sure:
            return False
        rewrites = special.betaincinv(right, wrong, np.linspace(0.5 / _GRID, 1 - 0.5 / _GRID, _GRID))
        below = special.betainc(1 + self.worked, 1 + self.failed + self.open - self.worked, rewrites)
        return bool(below.mean() >= sure)
