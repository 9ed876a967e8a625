"""The absorbing Markov chain over what many homes said (Kemeny and Snell 1960, "Finite Markov Chains", chapter III).

Applied to reformulated requests by Ponnusamy et al. 2020, "Feedback-based self-learning in large-scale conversational
AI agents". Numbered as in `blocks` and `solve`:

1. Interpretations are the transient states: the reading where there is one, else the words (`counts.state`). Success
   and failure absorb.
2. From a state h a turn goes to h' where something else was said in its place, understood as h', and worked; to success
   where it worked; to failure else. Shares of all its turns are the probabilities: Q between states, R to success.
3. Said and served are told apart. A turn that a rewrite was served in belongs to what was *heard*: where it worked it
   is a step to the rewrite's state, where not it failed. Nothing that was served counts as said.
4. States that no step connects have nothing to do with each other: connected components of the graph of steps
   (`scipy.sparse.csgraph`), several to a block of a block-diagonal matrix.
5. N = (I - Q)^-1 holds how often h' is visited from h; instead of the inverse, a sparse solution for each walk that is
   wanted: by one LU factorisation a block (SuperLU), and in a component too large for its fill-in by the series
   I + Q + Q^2 + ... Every state's turns are at least its steps out and its arrivals, of which the latter worked, so the
   spectral radius of Q is 1/2 at most: twenty to forty terms are exact to the digits that count.
6. score(h -> h') = N[h, h'] R[h', success]. A wording takes its first step by its own counts and walks on from there:
   of two wordings of one interpretation, one may be the mis-heard one.
7. The best h' other than h is what was meant; equal ones (to 9 digits) by their names' order. Of those, that is, that
   enough hubs said in place of the words: over several steps the chain finds what no hub ever said for them.
8. It is worded as it most often was where it worked.

Blocks are made here for all engines, so that every engine solves the same systems, to the last bit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tools.learn.counts import FOLDS, MARK, Counts, Key, Kind, Part, Tally
from tools.learn.needs import need

BLOCK = 500
"""States of a block at most, unless one component alone has more, which is then solved by the series."""
COLUMNS = 256
"""Walks that are solved at a time: what bounds the memory."""
DIGITS = 9
_TINY = 1e-13
PRIOR = 1.0
"""Turns that are added to each side before a share is taken (Laplace)."""


class Step(NamedTuple):
    """A probability of the chain."""

    at: str
    """A state, or of `Block.starts` the words."""
    to: str
    share: float


class Best(NamedTuple):
    """Where a walk ends best."""

    run: int
    words: str
    state: str
    score: float
    own: float
    """Of the state that the words were understood as themselves."""


@dataclass(frozen=True, slots=True)
class Block:
    """Components that are solved together; all that `solve` needs."""

    run: int
    """Fold that was held out; `FOLDS`: none."""
    steps: tuple[Step, ...]
    """Q."""
    ends: tuple[tuple[str, float], ...]
    """R: state and its share of successes; every state of the block."""
    starts: tuple[Step, ...]
    """First steps of the words to be rewritten."""
    of: tuple[tuple[str, str, float], ...]
    """Words, the state that they were understood as, and how often they worked there as heard."""


class Told(NamedTuple):
    """Turns of one key as far as is known: estimated from what was told."""

    won: float
    lost: float

    @property
    def turns(self) -> float:
        """Both."""
        return self.won + self.lost


def summed(parts: Mapping[Part, Tally], folds: Collection[int]) -> dict[float, Tally]:
    """Tallies of some folds by epsilon."""
    of: dict[float, Tally] = {}
    for part, tally in parts.items():
        if part.fold in folds:
            before = of.get(part.epsilon)
            of[part.epsilon] = tally if before is None else before.plus(tally)
    return of


def told(parts: Mapping[Part, Tally], folds: Collection[int]) -> Told:
    """Successes and failures behind the tallies of some folds; turns that nothing is told of go as the others do."""
    of = summed(parts, folds)
    # In one order, as sums of fractions depend on it.
    worked = sum(of[epsilon].worked(epsilon) for epsilon in sorted(of))
    facts = sum(tally.told for tally in of.values())
    open_turns = sum(tally.open for tally in of.values())
    won = open_turns * (worked + PRIOR) / (facts + 2 * PRIOR)
    return Told(won, sum(tally.failed for tally in of.values()) + open_turns - won)


class Pooled:
    """Counts of some folds, by words and state: what the chain is made of."""

    def __init__(self, counts: Counts, folds: Collection[int]) -> None:
        self.said: dict[str, dict[str, Told]] = defaultdict(dict)
        """Words -> state -> how it went as heard."""
        self.served: dict[str, dict[str, Told]] = defaultdict(dict)
        """Words -> words that were served -> how that went."""
        self.moved: dict[str, dict[str, int]] = defaultdict(dict)
        """Words -> state that was meant -> turns."""
        self.meant: dict[str, dict[str, int]] = defaultdict(dict)
        """Words -> words that were meant -> turns."""
        self.wordings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        """State -> words -> turns that worked."""
        for key in sorted(counts.of):
            self._add(key, counts.of[key], folds)
        self.state = {
            words: _most({state: went.turns for state, went in of.items()}) for words, of in self.said.items()
        }
        """Words -> state that they were mostly understood as."""

    def _add(self, key: Key, parts: Mapping[Part, Tally], folds: Collection[int]) -> None:
        turns = sum(tally.turns for part, tally in parts.items() if part.fold in folds)
        if not turns:
            return
        if key.kind is Kind.SAID:
            of = told(parts, folds)
            self.said[key.other][key.one] = of
            self.wordings[key.one][key.other] += of.won
        elif key.kind is Kind.SERVED:
            self.served[key.one][key.other] = told(parts, folds)
        elif key.kind is Kind.WORDED:
            self.wordings[key.one][key.other] += turns
        else:
            (self.moved if key.kind is Kind.MOVED else self.meant)[key.one][key.other] = turns

    def wording(self, state: str, *, other_than: str) -> str:
        """How the state is most often worded where it works; '' where it is not (step 8)."""
        of = self.wordings.get(state, {})
        return _most({words: of[words] for words in of if words != other_than and MARK not in words})

    def first_steps(self, words: str) -> dict[str, float]:
        """Turns that went from the words to another state (steps 2 and 3)."""
        of: dict[str, float] = defaultdict(float)
        for state, turns in self.moved.get(words, {}).items():
            of[state] += turns
        for served, went in self.served.get(words, {}).items():
            if served in self.state:
                of[self.state[served]] += went.won
        return of

    def turns(self, words: str) -> float:
        """All turns of the words, however they went."""
        heard = sum(went.turns for went in self.said.get(words, {}).values())
        served = sum(went.turns for went in self.served.get(words, {}).values())
        return heard + served


def _most(turns: Mapping[str, float]) -> str:
    """The one with the most turns, of equal ones the first by name; '' of none."""
    return min(turns, key=lambda one: (-round(turns[one], DIGITS), one), default="")


def blocks(pooled: Pooled, run: int) -> list[Block]:
    """The chain, cut up (steps 1 to 4)."""
    sparse, csgraph = need("scipy.sparse", "learn"), need("scipy.sparse.csgraph", "learn")
    starts = {words: steps for words in sorted({*pooled.moved, *pooled.served}) if (steps := pooled.first_steps(words))}
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    arrived: dict[str, float] = defaultdict(float)
    for words, steps in starts.items():
        at = pooled.state.get(words, words)
        for to, turns in steps.items():
            sums[at][to] += turns
            arrived[to] += turns
    linked = sorted({*sums, *arrived})
    number = {state: place for place, state in enumerate(linked)}
    pairs = [(number[at], number[to]) for at, steps in sums.items() for to in steps]
    if not pairs:
        return []
    rows, columns = zip(*pairs, strict=True)
    graph = sparse.coo_array(([1] * len(pairs), (rows, columns)), shape=(len(linked), len(linked)))
    _, component = csgraph.connected_components(graph, directed=False)
    visits, wins = _visits(pooled, arrived)
    together: dict[int, list[str]] = defaultdict(list)
    for state, of in zip(linked, component.tolist(), strict=True):
        together[of].append(state)
    words_at: dict[str, list[str]] = defaultdict(list)
    for words in starts:
        words_at[pooled.state.get(words, words)].append(words)
    made = []
    for states in _batched(together.values()):
        steps_of, ends, first, of_words = [], [], [], []
        for state in states:
            total = max(visits[state], wins[state] + sum(sums[state].values()))
            ends.append((state, wins[state] / total))
            steps_of += [Step(state, to, turns / total) for to, turns in sorted(sums[state].items())]
            for words in words_at[state]:
                turns_of = max(pooled.turns(words), sum(starts[words].values()))
                first += [Step(words, to, turns / turns_of) for to, turns in sorted(starts[words].items())]
                won = sum(went.won for went in pooled.said.get(words, {}).values())
                of_words.append((words, state, won / turns_of))
        made.append(Block(run, tuple(steps_of), tuple(ends), tuple(first), tuple(of_words)))
    return made


def _visits(pooled: Pooled, arrived: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Turns of each state, and those that worked; what was said in place of something worked where it was said."""
    visits: dict[str, float] = defaultdict(float, arrived)
    wins: dict[str, float] = defaultdict(float, arrived)
    for words, states in pooled.said.items():
        for went in states.values():
            visits[pooled.state[words]] += went.turns
            wins[pooled.state[words]] += went.won
    for words, served in pooled.served.items():
        at = pooled.state.get(words, words)
        visits[at] += sum(went.turns for went in served.values())
    return visits, wins


def _batched(components: Iterable[list[str]]) -> Iterator[list[str]]:
    batch: list[str] = []
    for states in sorted(components):
        if batch and len(batch) + len(states) > BLOCK:
            yield batch
            batch = []
        batch += states
    if batch:
        yield batch


def solve(block: Block) -> list[Best]:
    """Where each walk of the block ends best (steps 5 to 7)."""
    np, sparse, linalg = need("numpy", "learn"), need("scipy.sparse", "learn"), need("scipy.sparse.linalg", "learn")
    states = [state for state, _ in block.ends]
    number = {state: place for place, state in enumerate(states)}
    size = len(states)
    shares = [step.share for step in block.steps]
    at, to = [number[step.at] for step in block.steps], [number[step.to] for step in block.steps]
    walk = sparse.coo_array((shares, (to, at)), shape=(size, size))
    factors = linalg.splu((sparse.eye_array(size) - walk).tocsc()) if size <= BLOCK else None
    walk = walk.tocsr()
    success = np.array([share for _, share in block.ends])
    steps: dict[str, list[Step]] = defaultdict(list)
    for step in block.starts:
        steps[step.at].append(step)
    # Names in order, so that the first of equal scores is the one whose name is first.
    order = np.array(sorted(range(size), key=states.__getitem__))
    found = []
    for begin in range(0, len(block.of), COLUMNS):
        some = block.of[begin : begin + COLUMNS]
        first = np.zeros((size, len(some)))
        for column, (words, _, _) in enumerate(some):
            for step in steps[words]:
                first[number[step.to], column] = step.share
        visits = factors.solve(first) if factors is not None else _series(walk, first)
        scores = np.round(visits * success[:, None], DIGITS)
        for column, (words, at_home, worked) in enumerate(some):
            here = number[at_home]
            own = round(worked + float(scores[here, column]), DIGITS)
            scores[(first[:, column] == 0.0), column] = -1.0
            scores[here, column] = -1.0
            best = order[int(np.argmax(scores[order, column]))]
            if size > 1 and scores[best, column] > 0:
                found.append(Best(block.run, words, states[best], float(scores[best, column]), own))
    return found


def _series(walk: Any, first: Any) -> Any:
    """Visits of every state after these first steps, of shape (states, walks)."""
    visits, step = first.copy(), first
    while step.max(initial=0.0) > _TINY:
        step = walk @ step
        visits += step
    return visits


def runs(counts: Counts) -> tuple[list[Pooled], list[Block]]:
    """For each fold the counts without it, and last all of them (`FOLDS`); and the blocks of all these runs."""
    everything = range(FOLDS)
    pooled = [Pooled(counts, [fold for fold in everything if fold != held]) for held in (*everything, None)]
    return pooled, [block for run, one in enumerate(pooled) for block in blocks(one, run)]


def by_run(found: Sequence[Best]) -> list[dict[str, Best]]:
    """What was found, of each run by words."""
    of: list[dict[str, Best]] = [{} for _ in range(FOLDS + 1)]
    for best in found:
        of[best.run][best.words] = best
    return of
