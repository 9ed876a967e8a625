"""What of the learnt rewrites may be published: those that win on turns that had no part in making them. Pure.

Every hub is in one of `counts.FOLDS` parts. A rewrite is learnt from all of them; the turns of a part count for and
against it where it is also learnt without them (cross-fitting), so that each turn is held out once. On a held-out turn
of the words that a rewrite is for, it

- wins where the words failed and what was said in their place, and worked, is what the rewrite says;
- loses where the words worked as they were heard;
- wins or loses where it was served already, by how that went, as far as the words alone would have failed or worked
  (self-aware: what was served says nothing else of the words).

How many worked is estimated from randomised answers: see `replay`, where the bound comes from, too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from edge.core.errors import InputError
from edge.core.text import normalize
from edge.upstream.vocabulary import Vocabulary
from tools.learn import risk
from tools.learn.chain import Best, Pooled, by_run
from tools.learn.counts import FOLDS, MARK, Counts, Key, Kind
from tools.learn.replay import Evidence, Replay, evidence

LEAST_RATIO = 8.5
"""Wins to losses."""
LEAST_BOUND = 5.0
"""Of the lower bound of that, at `CONFIDENCE`."""
CONFIDENCE = 0.95
MUST_NOT_CHANGE = Path(__file__).with_name("must_not_change.txt")

REASONS = {
    "wording": "no words that hold in every home say what was meant",
    "risky": "what opens, arms or heats is not rewritten",
    "meaning": "what stops, forbids, calls for help or says the opposite keeps its meaning",
    "must_not_change": "it is one of the requests that must not change",
    "unsure": "it is not sure enough that the rewrite is better than what was heard",
    "ratio": f"fewer than {LEAST_RATIO} wins to a loss on held-out turns",
    "seldom": f"held-out turns are too few to say that it wins at least {LEAST_BOUND:.0f} times as often as it loses",
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
    counts: Counts,
    pooled: Sequence[Pooled],
    found: Sequence[Best],
    *,
    must_not_change: Iterable[str] | None = None,
    home: Collection[str] | None = None,
) -> list[Rewrite]:
    """Every rewrite that was learnt, those that may be published with an empty `refused`; by what is heard.

    must_not_change: texts; without them those of `MUST_NOT_CHANGE`. home: words that homes are spoken to with; without
    them those of the published vocabulary.
    """
    kept = frozenset(map(normalize, must_not_change)) if must_not_change is not None else curated()
    best = by_run(found)
    candidates = best[FOLDS]
    known = evidence(counts, pooled[FOLDS], home if home is not None else Vocabulary.load().home, sorted(candidates))
    return _unchained([_judged(known, best, one, kept) for _, one in sorted(candidates.items())])


@cache
def curated(path: Path = MUST_NOT_CHANGE) -> frozenset[str]:
    """The requests that must not change, in normal form. Raises InputError `learn.must_not_change`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("learn.must_not_change", f"{path} is no text that can be read") from error
    return frozenset(normalize(line) for line in lines if line and not line.startswith("#"))


def again(made: Rewrite, kept: Collection[str]) -> Rewrite:
    """The rewrite, refused where it does not pass what can be told without the counts. kept: in normal form."""
    if made.refused:
        return made
    if not made.means or MARK in made.means or MARK in made.heard:
        return replace(made, refused="wording")
    if risk.risky(made.heard) or risk.risky(made.means, made.label):
        return replace(made, refused="risky")
    if risk.keeps_its_meaning(made.heard) or risk.opposite(made.heard, made.means):
        return replace(made, refused="meaning")
    if normalize(made.heard) in kept:
        return replace(made, refused="must_not_change")
    return made


def _judged(known: Evidence, best: Sequence[dict[str, Best]], found: Best, kept: frozenset[str]) -> Rewrite:
    heard, state = found.words, found.state
    means = known.pooled.wording(state, other_than=heard)
    hubs = _hubs(known.counts, heard, state, means)
    made = again(Rewrite(heard, means, state if state != means else "", found.score, found.own, hubs), kept)
    if made.refused:
        return made
    agreeing = [fold for fold in range(FOLDS) if (one := best[fold].get(heard)) is not None and one.state == state]
    held = Replay(known, heard, state, means, agreeing)
    bound = held.bound(1 - CONFIDENCE)
    made = replace(made, wins=round(held.wins, 6), losses=round(held.losses, 6), bound=round(bound, 6))
    if not Replay(known, heard, state, means, range(FOLDS)).surely_better(CONFIDENCE):
        return replace(made, refused="unsure")
    if made.ratio < LEAST_RATIO:
        return replace(made, refused="ratio")
    return replace(made, refused="seldom") if made.bound <= LEAST_BOUND else made


def _hubs(counts: Counts, heard: str, state: str, means: str) -> int:
    """That reported the rarer of what leads there and of how it is worded."""
    leads = (Key(Kind.MOVED, heard, state), Key(Kind.MEANT, heard, means), Key(Kind.SERVED, heard, means))
    worded = (Key(Kind.WORDED, state, means), Key(Kind.SAID, state, means))
    return min(max(counts.hubs.get(key, 0) for key in keys) for keys in (leads, worded))


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
