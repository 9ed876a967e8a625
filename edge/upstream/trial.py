"""A pack on trial: what it would do to the household's own last turns. Pure.

Upstream a rewrite was right for many homes; whether it is for this one, its own turns tell before it is served. What
went well is replayed with all that the household has taught the hub over the pack, as it will be served: what usually
works is left alone then. What failed is replayed with the pack alone, as what the household has learnt from that very
failure would hide what the pack does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from edge.core.text import normalize
from edge.core.turn import Turn

MOST_LOST = 0.01
"""Of the turns that went well, the share that a pack may have spoilt."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    turns: int = 0
    """That were looked at: those with words and a verdict."""
    well: int = 0
    """Of them, those that went well."""
    wins: int = 0
    """Failed as they were heard, and the pack would have understood what was said in their place afterwards."""
    losses: int = 0
    """Went well, and the pack would have made something else of them."""

    @property
    def passes(self) -> bool:
        """Whether the pack may be served."""
        return self.wins >= self.losses and self.losses <= MOST_LOST * self.well


class Replays(Protocol):
    """The household's line with a pack in it; nothing is done."""

    def rewritten(self, turn: Turn, *, alone: bool) -> str:
        """What the pack would have had understood in place of what was heard; empty where it leaves that alone.

        alone: without what the household has taught and the hub has learnt.
        """
        ...

    def reading(self, turn: Turn, text: str) -> str:
        """What is made of a text, had it been said in this turn; empty where nothing is."""
        ...


def tried(turns: Iterable[Turn], replays: Replays) -> Tried:
    """How the pack would do. turns: of this household, closed."""
    looked = well = wins = losses = 0
    for turn in turns:
        verdict = turn.verdict
        if verdict is None or verdict.success is None or not turn.utterance.text.strip():
            continue
        looked += 1
        well += verdict.success
        meant = turn.text if verdict.success else verdict.meant
        if not meant or not (served := replays.rewritten(turn, alone=not verdict.success)):
            continue
        reading = replays.reading(turn, meant)
        same = normalize(served) == normalize(meant) or (reading != "" and replays.reading(turn, served) == reading)
        if verdict.success:
            losses += not same
        else:
            wins += same
    return Tried(looked, well, wins, losses)
