"""What of the learnt rewrites may be published: those that win on turns that had no part in making them. Pure.

Every hub is in one of `counts.FOLDS` parts. A rewrite is learnt from all of them; the turns of a part count for and
against it where it is also learnt without them (cross-fitting), so that each turn is held out once. On a held-out turn
of the words that a rewrite is for, it

- wins where the words failed and what was said in their place, and worked, is what the rewrite says;
- loses where the words worked as they were heard;
- wins or loses where it was served already, by how that went, as far as the words alone would have failed or worked
  (self-aware: what was served says nothing else of the words).

How many worked is only told through randomised response and of some turns only, so the losses have a posterior. Of the
share r of successes the likelihood of what was told is binomial; its prior is what the words that anything was said in
place of have in common, as few tell enough by themselves (non-parametric empirical Bayes: Laird 1978, "Nonparametric
maximum likelihood estimation of a mixing distribution", by expectation maximisation on a grid, with one made-up text of
every share so that nothing is ruled out). Given r, the share of wins is Beta(1 + wins, 1 + losses). The bound is the
5 % quantile of the mixture, taken numerically over r.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from edge.core.text import normalize
from tools.learn import risk
from tools.learn.chain import Best, Pooled, by_run, summed, told
from tools.learn.counts import FOLDS, MARK, Counts, Key, Kind, kept_truth
from tools.learn.needs import need

LEAST_RATIO = 8.5
"""Wins to losses."""
LEAST_BOUND = 5.0
"""Of the lower bound of that, at `CONFIDENCE`."""
CONFIDENCE = 0.95
_GRID = 100
_ROUNDS = 100
_NOTHING = 1e-9
MUST_NOT_CHANGE = Path(__file__).with_name("must_not_change.txt")

REASONS = {
    "wording": "no words that hold in every home say what was meant",
    "risky": "what opens, arms or heats is not rewritten",
    "meaning": "what stops, forbids, calls for help or says the opposite keeps its meaning",
    "unsure": "it is not sure enough that the rewrite is better than what was heard",
    "ratio": "too few wins for a loss on held-out turns",
    "must_not_change": "it is one of the requests that must not change",
    "chained": "what it means is itself rewritten, or rewritten to",
}
"""Why a rewrite is not published, in the order in which it is looked at."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One that was learnt, and what speaks for it."""

    heard: str
    means: str
    label: str
    """Reading of `means`; empty where it has none that holds in every home."""
    score: float
    """N[h, h'] R[h', success], and `own`, the same for what was heard."""
    own: float
    hubs: int
    """That reported the rarest of what it is made of, in one week."""
    wins: float = 0.0
    """On held-out turns, as `losses`."""
    losses: float = 0.0
    bound: float = 0.0
    """Wins to losses are above this with 95 %."""
    refused: str = ""
    """Key of `REASONS`; empty where it is published."""

    @property
    def ratio(self) -> float:
        """Wins to losses."""
        return self.wins / self.losses if self.losses else float("inf")

    def as_json(self) -> dict[str, Any]:
        """For the file of rewrites."""
        return asdict(self)


def judged(
    counts: Counts, pooled: Sequence[Pooled], found: Sequence[Best], *, must_not_change: Iterable[str] | None = None
) -> list[Rewrite]:
    """Every rewrite that was learnt, those that may be published with an empty `refused`; by what is heard.

    must_not_change: texts; without them those of `MUST_NOT_CHANGE`.
    """
    kept = frozenset(map(normalize, must_not_change)) if must_not_change is not None else curated()
    best = by_run(found)
    candidates = [one for _, one in sorted(best[FOLDS].items())]
    prior = shares([likelihood(counts, pooled[FOLDS], one.words, range(FOLDS)) for one in candidates])
    return _unchained([_judged(counts, pooled, best, one, kept, prior) for one in candidates])


def likelihood(counts: Counts, pooled: Pooled, heard: str, folds: Iterable[int]) -> Any:
    """Log-likelihood of what some folds were told of the words as heard, at each share of successes of the grid."""
    np = need("numpy", "learn")
    grid, folds = _grid(), frozenset(folds)
    likely = np.zeros(_GRID)
    for at in pooled.said.get(heard, {}):
        of = summed(counts.of[Key(Kind.SAID, at, heard)], folds)
        for epsilon in sorted(of):
            truth, tally = kept_truth(epsilon), of[epsilon]
            says_yes = (1 - truth) + (2 * truth - 1) * grid
            likely += tally.yes * np.log(says_yes) + (tally.told - tally.yes) * np.log1p(-says_yes)
    return likely


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


@cache
def curated(path: Path = MUST_NOT_CHANGE) -> frozenset[str]:
    """The requests that must not change, in normal form."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(normalize(line) for line in lines if line and not line.startswith("#"))


def _judged(
    counts: Counts,
    pooled: Sequence[Pooled],
    best: Sequence[dict[str, Best]],
    found: Best,
    kept: frozenset[str],
    prior: Any,
) -> Rewrite:
    everything = pooled[FOLDS]
    heard, state = found.words, found.state
    means = everything.wording(state, other_than=heard)
    label = state if state != means else ""
    made = Rewrite(heard, means, label, found.score, found.own, _hubs(counts, heard, state, means))
    if not means or MARK in means or MARK in heard:
        return replace(made, refused="wording")
    if risk.risky(heard) or risk.risky(means, label):
        return replace(made, refused="risky")
    if risk.keeps_its_meaning(heard) or risk.opposite(heard, means):
        return replace(made, refused="meaning")
    agreeing = [fold for fold in range(FOLDS) if (one := best[fold].get(heard)) is not None and one.state == state]
    held = Replay(counts, everything, heard, state, means, agreeing, prior)
    made = replace(
        made, wins=round(held.wins, 6), losses=round(held.losses, 6), bound=round(held.bound(1 - CONFIDENCE), 6)
    )
    if not Replay(counts, everything, heard, state, means, range(FOLDS), prior).surely_better:
        return replace(made, refused="unsure")
    if made.ratio < LEAST_RATIO or made.bound <= LEAST_BOUND:
        return replace(made, refused="ratio")
    if normalize(heard) in kept:
        return replace(made, refused="must_not_change")
    return made


def _hubs(counts: Counts, heard: str, state: str, means: str) -> int:
    moved, worded = Key(Kind.MOVED, heard, state), Key(Kind.WORDED, state, means)
    of = (counts.hubs.get(moved, 0), counts.hubs.get(worded, counts.hubs.get(Key(Kind.SAID, state, means), 0)))
    return min(of)


class Replay:
    """The turns of some folds in which the words were heard, as the rewrite would have changed them."""

    def __init__(
        self, counts: Counts, pooled: Pooled, heard: str, state: str, means: str, folds: Iterable[int], prior: Any
    ) -> None:
        np = need("numpy", "learn")
        folds = frozenset(folds)

        def turns(kind: Kind, one: str, other: str) -> int:
            return sum(tally.turns for tally in summed(counts.of.get(Key(kind, one, other), {}), folds).values())

        # Where homes read one wording differently, either tells; at least as many said one or the other as the greater.
        self.right = float(max(turns(Kind.MOVED, heard, state), turns(Kind.MEANT, heard, means)))
        self.failed, self.open = 0, 0
        for at in pooled.said.get(heard, {}):
            for tally in summed(counts.of[Key(Kind.SAID, at, heard)], folds).values():
                self.failed += tally.failed
                self.open += tally.open
        likely = likelihood(counts, pooled, heard, folds)
        weights = np.exp(likely - likely.max()) * prior
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
        for served in pooled.served.get(heard, {}):
            if served == means or pooled.state.get(served) == state:
                parts = counts.of[Key(Kind.SERVED, heard, served)]
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

    @property
    def surely_better(self) -> bool:
        """Whether the rewrite is what most meant, and works more often than what was heard, each with 95 %.

        Both have a Beta posterior with a uniform prior (the self-aware variant of the chain).
        """
        np, special = need("numpy", "learn"), need("scipy.special", "learn")
        right = 1 + self.right + self.served_right
        wrong = 1 + self.other + self.served_wrong_alone
        if float(special.betainc(right, wrong, 0.5)) > 1 - CONFIDENCE:
            return False
        rewrites = special.betaincinv(right, wrong, np.linspace(0.5 / _GRID, 1 - 0.5 / _GRID, _GRID))
        below = special.betainc(1 + self.worked, 1 + self.failed + self.open - self.worked, rewrites)
        return bool(below.mean() >= CONFIDENCE)


def _unchained(made: Sequence[Rewrite]) -> list[Rewrite]:
    """Those whose meaning another one rewrites are left out, the surer first kept: a hub rewrites once."""
    heard: set[str] = set()
    meant: set[str] = set()
    refused = set()
    for one in sorted((r for r in made if not r.refused), key=lambda r: (-r.bound, r.heard)):
        if one.means in heard or one.heard in meant:
            refused.add(one.heard)
        else:
            heard.add(one.heard)
            meant.add(one.means)
    return [replace(one, refused="chained") if one.heard in refused else one for one in made]
