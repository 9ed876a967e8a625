"""A home whose turns are told: the real understanding and context, in homes of any names."""

import random
from collections.abc import Iterable
from dataclasses import replace

from edge.core.home import Area, Entity, HomeState
from edge.core.pipeline import run
from edge.core.turn import Context, Hypothesis, Rewrite, Turn, Utterance, Verdict
from edge.nlu.context import InContext
from edge.nlu.understand import Understand
from edge.upstream.batch import Batch
from edge.upstream.names import Names
from edge.upstream.randomised import RandomisedFacts
from edge.upstream.report import TurnReport, report
from edge.upstream.vocabulary import Vocabulary
from tests.unit.nlu.in_context import device, grammar, lamp

VOCABULARY = Vocabulary.load()
NOW = 1_790_000_000_000
AREAS = (Area("kitchen", "Kitchen"), Area("living", "Living Room"), Area("hall", "Hall"))


def devices() -> list[Entity]:
    """As everybody has them, and a lock."""
    return [
        lamp("light.kitchen_light", "kitchen"),
        lamp("light.reading_lamp", "living"),
        device("cover.blinds", "living", "open", device_class="blind", position=100),
        device("fan.ceiling_fan", "living", "off"),
        device("lock.front_door", "hall", "locked"),
    ]


class Hub:
    """One household's, as far as it tells."""

    def __init__(
        self,
        more: Iterable[Entity] = (),
        areas: Iterable[Area] = (),
        *,
        people: Iterable[str] = (),
        taught: Iterable[str] = (),
    ) -> None:
        self.home = HomeState.of([*devices(), *more], (*AREAS, *areas), mic_area="living")
        self.names = Names.of(self.home, people=people, taught=taught)
        self.facts = RandomisedFacts(random.Random(7))
        self._stages = (Understand(grammar), InContext())
        self._count = 0

    def hear(self, heard: str, *, sure: float = 1.0, hour: float | None = 19.0, rewrite: Rewrite | None = None) -> Turn:
        """What comes of it."""
        self._count += 1
        said = Utterance((Hypothesis(heard, sure),))
        turn = Turn(f"t{self._count}", NOW + 60_000 * self._count, self.home, said, rewrite=rewrite)
        return run(replace(turn, context=Context(hour=hour)), self._stages, clock=lambda: 0.0)

    def told(self, turn: Turn, *, won: bool | None = True, meant: Turn | None = None) -> TurnReport | None:
        """Its report after this verdict."""
        at_ms = turn.opened_ms + 1
        verdict = Verdict(won, 1.0, at_ms)
        if meant is not None:
            verdict = Verdict(False, 1.0, at_ms, meant.text, meant.id)
        return report(replace(turn, verdict=verdict), self.names, VOCABULARY, self.facts, meant=meant)

    def tell(self, heard: str, *, won: bool | None = True, meant: str = "") -> TurnReport | None:
        """The report of what was heard, with what was said in its place."""
        return self.told(self.hear(heard), won=won, meant=self.hear(meant) if meant else None)


def batch_of(reports: Iterable[TurnReport], number: int = 1) -> Batch:
    """One that holds them."""
    return Batch(f"{number:032x}", f"{7:032x}", "2026-W48", "en", VOCABULARY.sha256, tuple(reports))
