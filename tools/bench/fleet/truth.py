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
    """Of these, those of which so many homes also told one and the same way out, as their people found it: of others
    nothing may be known."""
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
        return any(_gist(one) == _gist(text) for one in (said, *self._same.get(said, ())))

    def right(self, heard: str, text: str) -> float:
        """Of the times that this was heard, the share in which that was meant."""
        said = self.meant.get(heard, Counter())
        return sum(n for one, n in said.items() if self.means(one, text)) / max(1, said.total())

    def planted(self, k: int) -> tuple[frozenset[str], frozenset[str]]:
        """As of `Found.met` and `Found.told`."""
        met, told = Counter[tuple[str, int]](), Counter[tuple[int, str, str]]()
        for one in self._lived:
            mine = {
                (week, heard)
                for week, heard, said in one.misheard
                if heard in one.whole and mistaken(said, one.mistakes) == heard
            }
            met.update((heard, week) for week, heard in mine)
            told.update(way for way in one.ways_out() if way[:2] in mine)
        enough = frozenset(heard for (heard, _), homes in met.items() if homes >= k)
        return enough, frozenset(heard for (_, heard, _), homes in told.items() if homes >= k)

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


def _gist(text: str) -> frozenset[str]:
    """The words that say something: "the lamp in the hall" is "the hall lamp"."""
    return frozenset(text.split()) - {"the", "a", "in", "of", "please"}


def mistaken(said: str, mistakes: Iterable[Planted]) -> str:
    """What is heard of it where all of these mistakes are made, but for traps; nothing where none is."""
    taken = {one.word: one.heard for one in mistakes if not one.trap}
    words = said.split()
    return " ".join(taken.get(word, word) for word in words) if not taken.keys().isdisjoint(words) else ""
