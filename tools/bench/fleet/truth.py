"""What a fleet's words really meant, as only its simulation knows: how right and how complete a pack is. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.rewrite.entry import Rule
from tools.bench.fleet.lives import Lived
from tools.bench.fleet.planted import Planted


@dataclass(frozen=True)
class Found:
    """A pack beside the truth."""

    right: tuple[Rule, ...]
    """They say what was meant most of the times that their words were heard."""
    wrong: tuple[Rule, ...]
    undoing: int
    """Of the right ones, those that undo a mistake that was planted; the others undo what many homes have in common
    besides: their own mistakes, and wordings that no hub understands."""
    met: frozenset[str]
    """Planted mistakes, each as the whole sentence that was heard, that at least k homes made in one week in words that
    may leave a house as they are."""
    told: frozenset[str]
    """Of these, those that so many homes also told the way out of, as its people found one: others nobody can know."""
    found: frozenset[str]
    """Of these, those that the pack holds a right rule for."""
    misses: frozenset[str]

    @property
    def precision(self) -> float:
        """Share of the pack's rules that are right."""
        return len(self.right) / max(1, len(self.right) + len(self.wrong))

    @property
    def recall(self) -> float:
        """Share of what was planted and could be known that is in the pack."""
        return len(self.found) / max(1, len(self.told))


class Truth:
    """Of all homes that have lived."""

    def __init__(self, lived: Iterable[Lived]) -> None:
        self._lived = tuple(lived)
        self.meant: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """As it was heard -> as it was said -> how often."""
        self._same: defaultdict[str, set[str]] = defaultdict(set)
        for one in self._lived:
            for (heard, said), count in one.meant.items():
                self.meant[heard][said] += count
            for some in one.same:
                for text in some:
                    self._same[text] |= some

    def means(self, said: str, text: str) -> bool:
        """Whether somebody who says this might as well say that."""
        return said == text or text in self._same[said]

    def right(self, heard: str, text: str) -> float:
        """Of the times that this was heard, the share in which that was meant."""
        said = self.meant.get(heard, Counter())
        return sum(n for one, n in said.items() if self.means(one, text)) / max(1, said.total())

    def planted(self, k: int) -> tuple[frozenset[str], frozenset[str]]:
        """As of `Found.met` and `Found.told`."""
        met: defaultdict[tuple[str, int], int] = defaultdict(int)
        told: defaultdict[tuple[str, int], int] = defaultdict(int)
        for one in self._lived:
            for week, heard, said in one.misheard:
                if heard in one.whole and mistaken(said, one.mistakes) == heard:
                    met[heard, week] += 1
                    told[heard, week] += (week, heard) in one.told
        enough = frozenset(heard for (heard, _), homes in met.items() if homes >= k)
        return enough, frozenset(heard for (heard, _), homes in told.items() if homes >= k)

    def beside(self, rules: Iterable[Rule], k: int) -> Found:
        """The rules of a pack beside all that."""
        right, wrong = list[Rule](), list[Rule]()
        for rule in rules:
            (right if self.right(rule.heard, rule.means) > 0.5 else wrong).append(rule)
        met, told = self.planted(k)
        held = {rule.heard for rule in right}
        undone = self._undone()
        return Found(
            tuple(right),
            tuple(wrong),
            sum(rule.heard in undone for rule in right),
            met,
            told,
            told & held,
            told - held,
        )

    def _undone(self) -> Mapping[str, str]:
        """Every sentence that a planted mistake made of another -> that one."""
        return {
            heard: said
            for one in self._lived
            for _, heard, said in one.misheard
            if mistaken(said, one.mistakes) == heard
        }


def mistaken(said: str, mistakes: Iterable[Planted]) -> str:
    """What is heard of it where all of these mistakes are made, but for traps; nothing where none is."""
    taken = {one.word: one.heard for one in mistakes if not one.trap}
    words = said.split()
    return " ".join(taken.get(word, word) for word in words) if not taken.keys().isdisjoint(words) else ""
