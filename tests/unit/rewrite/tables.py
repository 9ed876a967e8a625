"""A hub and a command that write the same tables, and a disk that hinders them."""

from collections.abc import Callable, Iterable
from pathlib import Path

from edge.feedback.kept_rules import KeptRules
from edge.rewrite.entry import Phrase, Rule
from edge.rewrite.folding import Marks
from edge.rewriting import Shelved
from tests.unit.rewrite.home import House, rewritten

HEARD, MEANS = "turn on the reeling lamb", "turn on the reading lamp"


def a_hub_and_a_command(folder: Path) -> tuple[House, House]:
    """A hub with a rewrite and a phrase, and a command beside it."""
    hub = House(folder)
    hub.corrected(HEARD, MEANS)
    hub.rewrites.teach("movie time", "turn off the reading lamp")
    hub.rewrites.keep()
    return hub, House(folder, packs=False)


def the_rule(house: House, heard: str = HEARD) -> Rule:
    """What is known of it there."""
    return next(rule for rule in house.rewrites.rules() if rule.heard == heard)


def judged(house: House, heard: str = HEARD, *, won: bool = True) -> None:
    """It is served, and that went so."""
    turn = house.hear(heard)
    assert rewritten(turn)
    house.close(turn, won=won, sure=0.5)


def on_disk(folder: Path) -> dict[str, tuple[float, str]]:
    """Wins and state of every rewrite in the tables."""
    house = House(folder, packs=False)
    found = {rule.heard: (round(rule.wins, 3), rule.state.value) for rule in house.rewrites.rules()}
    house.end()
    return found


def files_with(folder: Path, words: str) -> list[str]:
    """The names of the files that hold these words."""
    return sorted(path.name for path in folder.iterdir() if words.encode() in path.read_bytes())


class Hindered(Shelved):
    """Tables that a test may slow down or break whenever they are written."""

    def __init__(self, kept: KeptRules) -> None:
        super().__init__(kept)
        self.before: Callable[[], object] = lambda: None

    def save(
        self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str], since: int | None = None
    ) -> Marks | None:
        """As it does, after that."""
        self.before()
        return super().save(phrases, rules, gone, since)


def hindered(folder: Path) -> tuple[House, Hindered]:
    """A house, and its tables."""
    made: list[Hindered] = []

    def shelved(kept: KeptRules) -> Hindered:
        made.append(Hindered(kept))
        return made[0]

    return House(folder, shelved=shelved), made[0]
