"""Weighted word automata: what can be said, and how probable each continuation is.

A `WordGraph` is built by hand-over of pieces of text, the way templates are written: pieces join without a space
(`light` + `s`), so words come to be only when the graph is read. `Automaton.of` turns it into the least deterministic
acyclic automaton of the same sentences. Both are exact: no sentence is sampled, none is left out.

Determinisation: subset construction (Rabin & Scott 1959). Minimisation: merging of states with equal futures, from the
end backwards (Revuz 1992, "Minimisation of acyclic deterministic automata in linear time"). Probabilities: the expected
number of passages through every arc, normalised by state, which is the distribution of that shape that is nearest to
the graph's (least Kullback-Leibler divergence).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

SPACE = " "
_Closure = tuple[tuple[tuple[str, int], float], ...]


class WordGraph:
    """Nondeterministic, acyclic graph of pieces of text. State 0 is the start."""

    def __init__(self) -> None:
        self._arcs: list[list[tuple[str, int, float]]] = [[]]
        self._finals: set[int] = set()

    def state(self) -> int:
        """A new state."""
        self._arcs.append([])
        return len(self._arcs) - 1

    def join(self, source: int, target: int, weight: float = 1.0) -> None:
        """An arc that says nothing. Weight: probability of taking it from `source`."""
        self._arcs[source].append(("", target, weight))

    def say(self, source: int, text: str) -> int:
        """The state after `text`; white space in it parts words."""
        for index, piece in enumerate(text.split(SPACE)):
            if index:
                source = self._piece(source, SPACE)
            if piece:
                source = self._piece(source, piece)
        return source

    def accept(self, state: int) -> None:
        """Let sentences end here."""
        self._finals.add(state)

    def embed(self, automaton: "Automaton", source: int) -> int:
        """The state after any one of the automaton's sentences."""
        target = self.state()
        before = [source, *(self.state() for _ in automaton.arcs[1:])]
        # The last word of a sentence must be able to grow (light + s), so it ends without a space.
        within = [self.state() for _ in automaton.arcs]
        for inside, state, final in zip(within, before, automaton.finals, strict=True):
            self._arcs[inside].append((SPACE, state, 1.0))
            if final:
                self._arcs[inside].append(("", target, final))
        if automaton.finals[0]:
            self.join(source, target, automaton.finals[0])
        for state, arcs in zip(before, automaton.arcs, strict=True):
            self._arcs[state].extend((arc.word, within[arc.target], arc.probability) for arc in arcs)
        return target

    def _piece(self, source: int, piece: str) -> int:
        target = self.state()
        self._arcs[source].append((piece, target, 1.0))
        return target

    def words_from(self, state: int) -> tuple[dict[tuple[str, int], float], float]:
        """Every (word, state after it) with its probability, and the probability that the sentence ends here.

        `state` must be the start or a state after a space.
        """
        found: dict[tuple[str, int], float] = defaultdict(float)
        end = 0.0
        stack = [(state, "", 1.0)]
        while stack:
            here, word, weight = stack.pop()
            if here in self._finals:
                if word:
                    found[word, -1] += weight
                else:
                    end += weight
            for piece, target, probability in self._arcs[here]:
                if piece != SPACE:
                    stack.append((target, word + piece, weight * probability))
                elif word:
                    found[word, target] += weight * probability
                else:
                    stack.append((target, "", weight * probability))
        return found, end


@dataclass(frozen=True, slots=True)
class Arc:
    """One word that may come next."""

    word: str
    target: int
    probability: float
    """Of this word, given the state; those of a state and its `finals` add up to 1."""


@dataclass(frozen=True)
class Automaton:
    """Deterministic, acyclic, minimal. State 0 is the start; every arc leads to a state of a higher number."""

    arcs: tuple[tuple[Arc, ...], ...]
    """By state, ordered by word."""
    finals: tuple[float, ...]
    """By state: probability that the sentence ends there."""

    @staticmethod
    def of(graph: WordGraph) -> "Automaton":
        """The least automaton of the graph's sentences. A graph without sentences gives one state and no arcs."""
        return _minimal(*_deterministic(graph))

    @property
    def words(self) -> tuple[str, ...]:
        """The vocabulary, in alphabetical order."""
        return tuple(sorted({arc.word for arcs in self.arcs for arc in arcs}))

    @property
    def size(self) -> int:
        """Number of arcs."""
        return sum(len(arcs) for arcs in self.arcs)

    def accepts(self, words: tuple[str, ...]) -> bool:
        """Whether these words are a whole sentence."""
        return (self.ending(words) or 0.0) > 0

    def ending(self, words: tuple[str, ...]) -> float | None:
        """Probability that a sentence that begins with these words ends there; None where none begins so."""
        state = 0
        for word in words:
            following = next((arc.target for arc in self.arcs[state] if arc.word == word), None)
            if following is None:
                return None
            state = following
        return self.finals[state]

    def passages(self) -> tuple[float, ...]:
        """By state: how probable it is that a sentence passes through it."""
        mass = [0.0] * len(self.arcs)
        mass[0] = 1.0
        for state, arcs in enumerate(self.arcs):
            for arc in arcs:
                mass[arc.target] += mass[state] * arc.probability
        return tuple(mass)

    def sentences(self) -> Iterator[tuple[str, ...]]:
        """Every sentence, in alphabetical order; there may be very many."""
        stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        while stack:
            state, said = stack.pop()
            if self.finals[state] > 0:
                yield said
            stack.extend((arc.target, (*said, arc.word)) for arc in reversed(self.arcs[state]))

    def covering(self, known: Set[str]) -> Iterator[tuple[str, ...]]:
        """Sentences of known words that together hold every pair of neighbouring words that can be said.

        Greedy and deterministic: each one is the most probable sentence through a pair that none before it held.
        """
        before, after = self._best_prefixes(known), self._best_suffixes(known)
        entering: list[dict[str, tuple[str, ...]]] = [{} for _ in self.arcs]
        covered: set[tuple[str, str]] = set()
        for state, arcs in enumerate(self.arcs):
            prefix = before[state]
            if prefix is None:
                continue
            for arc in arcs:
                suffix = after[arc.target]
                if arc.word not in known or suffix is None:
                    continue
                entering[arc.target].setdefault(arc.word, (*prefix, arc.word))
                for said in [prefix] if not prefix else entering[state].values():
                    if ((said or ("",))[-1], arc.word) not in covered:
                        sentence = (*said, arc.word, *suffix)
                        covered.update(zip(("", *sentence), sentence, strict=False))
                        yield sentence

    def _best_prefixes(self, known: Set[str]) -> list[tuple[str, ...] | None]:
        """By state: the most probable words that lead there, None where no known words do."""
        best: list[tuple[float, tuple[str, ...]] | None] = [None] * len(self.arcs)
        best[0] = (1.0, ())
        for state, arcs in enumerate(self.arcs):
            reached = best[state]
            for arc in arcs if reached is not None else ():
                weight = reached[0] * arc.probability if reached is not None else 0.0
                other = best[arc.target]
                if arc.word in known and reached is not None and (other is None or weight > other[0]):
                    best[arc.target] = (weight, (*reached[1], arc.word))
        return [reached[1] if reached else None for reached in best]

    def _best_suffixes(self, known: Set[str]) -> list[tuple[str, ...] | None]:
        """By state: the most probable words that end a sentence from there."""
        best: list[tuple[float, tuple[str, ...]] | None] = [None] * len(self.arcs)
        for state in reversed(range(len(self.arcs))):
            if self.finals[state] > 0:
                best[state] = (self.finals[state], ())
            for arc in self.arcs[state]:
                ended, other = best[arc.target], best[state]
                if arc.word in known and ended is not None:
                    weight = arc.probability * ended[0]
                    if other is None or weight > other[0]:
                        best[state] = (weight, (arc.word, *ended[1]))
        return [ended[1] if ended else None for ended in best]


_Counts = list[dict[str, tuple[int, float]]]


def _deterministic(graph: WordGraph) -> tuple[_Counts, list[float]]:
    """By state: word -> (target, expected passages), and expected endings. States in topological order."""
    closures: dict[int, tuple[Mapping[tuple[str, int], float], float]] = {}

    def closure(state: int) -> tuple[Mapping[tuple[str, int], float], float]:
        if state == -1:
            return {}, 1.0
        if state not in closures:
            closures[state] = graph.words_from(state)
        return closures[state]

    subsets: dict[frozenset[int], int] = {}
    members: list[frozenset[int]] = []
    moves: list[dict[str, int]] = []
    order: list[int] = []

    # Depth first, because a state's number in the order must be lower than those of all that follow it.
    def enter(subset: frozenset[int]) -> int:
        subsets[subset] = index = len(members)
        members.append(subset)
        targets: dict[str, set[int]] = defaultdict(set)
        for state in subset:
            for word, target in closure(state)[0]:
                targets[word].add(target)
        moves.append({})
        pending.append((index, iter(sorted((word, frozenset(states)) for word, states in targets.items()))))
        return index

    pending: list[tuple[int, Iterator[tuple[str, frozenset[int]]]]] = []
    enter(frozenset({0}))
    while pending:
        index, following = pending[-1]
        for word, subset in following:
            known = subset in subsets
            moves[index][word] = subsets[subset] if known else enter(subset)
            if not known:
                break
        else:
            order.append(index)
            pending.pop()

    order.reverse()
    rank = {index: place for place, index in enumerate(order)}
    mass: list[dict[int, float]] = [defaultdict(float) for _ in order]
    mass[0][0] = 1.0
    counts: _Counts = []
    endings: list[float] = []
    for place, index in enumerate(order):
        passed: dict[str, float] = defaultdict(float)
        ended = 0.0
        # Sums of floats depend on their order, so states are taken in theirs and not in the set's.
        for state in sorted(mass[place]):
            weight = mass[place][state]
            arcs, end = closure(state)
            ended += weight * end
            for (word, target), probability in arcs.items():
                passed[word] += weight * probability
                mass[rank[moves[index][word]]][target] += weight * probability
        counts.append({word: (rank[moves[index][word]], passed[word]) for word in sorted(passed)})
        endings.append(ended)
        mass[place].clear()
    return counts, endings


def _minimal(counts: _Counts, endings: list[float]) -> Automaton:
    """Merge states of equal futures, adding up their counts, and normalise by state."""
    merged: dict[tuple[bool, tuple[tuple[str, int], ...]], int] = {}
    new_of: list[int] = [0] * len(counts)
    sums: _Counts = []
    ends: list[float] = []
    for state in reversed(range(len(counts))):
        arcs = {word: (new_of[target], count) for word, (target, count) in counts[state].items()}
        key = (endings[state] > 0, tuple((word, target) for word, (target, _) in arcs.items()))
        if key not in merged:
            merged[key] = len(sums)
            sums.append(arcs)
            ends.append(endings[state])
        else:
            same = merged[key]
            sums[same] = {word: (target, count + arcs[word][1]) for word, (target, count) in sums[same].items()}
            ends[same] += endings[state]
        new_of[state] = merged[key]

    # New states were numbered from the end; turned round, arcs lead to higher numbers again.
    last = len(sums) - 1
    arcs_of: list[tuple[Arc, ...]] = []
    finals: list[float] = []
    for following, ended in zip(reversed(sums), reversed(ends), strict=True):
        total = ended + sum(count for _, count in following.values())
        arcs_of.append(tuple(Arc(word, last - target, count / total) for word, (target, count) in following.items()))
        finals.append(ended / total if total else 0.0)
    return Automaton(tuple(arcs_of), tuple(finals))
