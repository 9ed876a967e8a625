"""A home to speak to with rewrites: the real understanding, context and stages, and no clock but the tests' own."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from edge.core.home import Area, Entity, HomeState, Voice
from edge.core.pipeline import Stage, run
from edge.core.turn import Context, Hypothesis, Plan, Rewrite, Signal, SignalKind, Turn, Utterance, Verdict
from edge.feedback.kept_rules import KeptRules
from edge.feedback.store import FILE, Store
from edge.nlu.context import InContext
from edge.nlu.policy import confirming
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from edge.rewrite.folding import RuleStore
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.rewrites import Rewrites
from edge.rewrite.stage import Cautious, Once, Rewriting
from edge.rewriting import Shelved, dangerous, reserved_words
from tests.unit.nlu.in_context import device, grammar, lamp

NOW = 1_790_000_000_000
DAY = NOW // 86_400_000
AREAS = (Area("kitchen", "Kitchen"), Area("living", "Living Room"), Area("hall", "Hall"))


def devices() -> list[Entity]:
    """Lamps and blinds, and a lock."""
    return [
        lamp("light.kitchen_lamp", "kitchen"),
        lamp("light.reading_lamp", "living"),
        lamp("light.floor_lamp", "living"),
        device("cover.blinds", "living", "open", device_class="blind", position=100),
        device("fan.ceiling_fan", "living", "off"),
        device("lock.front_door", "hall", "locked", voice=Voice.GUARDED),
        device("cover.garage_door", "hall", "closed", device_class="garage"),  # allowed, as a household may have it
    ]


class House:
    """One hub's line, without what acts and speaks."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        keep_words: bool = True,
        file: bool = True,
        packs: bool = True,
        shelved: Callable[[KeptRules], RuleStore] = Shelved,
    ) -> None:
        self.warned: list[str] = []
        self.day = DAY
        self.seconds = 0.0
        self.store = (
            None
            if folder is None
            else Store(folder / FILE, "house", lambda code, _: self.warned.append(code), keep_words=keep_words)
        )
        self.kept = None if self.store is None else KeptRules(self.store)
        self.file = None if folder is None or not file else folder / "rewrites.cache"
        self.rewrites = Rewrites(
            Layers(Ledger(), None, None),
            rng=random.Random(7),
            day=lambda: self.day,
            store=None if self.kept is None else shelved(self.kept),
            file=self.file,
            packs=packs,
            steady=lambda: self.seconds,
            reserved=reserved_words("en", ("hey_jarvis",)),
            dangerous=dangerous,
            warn=lambda code, _: self.warned.append(code),
        )
        self.devices = devices()
        self._count = 0
        understand, context = Once(Timely(Understand(grammar))), Once(InContext())
        self._trial = (understand, context)
        self.stages: tuple[Stage, ...] = (
            Rewriting(self.rewrites, lambda turn: run(turn, self._trial, clock=lambda: 0.0)),
            understand,
            context,
            Cautious(confirming, dangerous),
        )

    def hear(self, *heard: str | tuple[str, float], asked: Plan | None = None, hour: float | None = None) -> Turn:
        """What comes of it. heard: readings, best first, sure unless told otherwise."""
        self._count += 1
        readings = tuple(Hypothesis(*((one, 1.0) if isinstance(one, str) else one)) for one in heard)
        home = HomeState.of(self.devices, AREAS, mic_area="living")
        turn = Turn(f"t{self._count}", NOW + 60_000 * self._count, home, Utterance(readings), asked=asked)
        if hour is not None:
            turn = replace(turn, context=Context(hour=hour))
        return run(turn, self.stages, clock=lambda: 0.0)

    def close(
        self, turn: Turn, *, won: bool | None, meant: Turn | None = None, told: bool = False, sure: float = 1.0
    ) -> None:
        """Give the turn its verdict."""
        signals = (
            (Signal(SignalKind.DENY, turn.opened_ms + 1, meant.id if meant is not None else None),) if told else ()
        )
        verdict = Verdict(
            won,
            sure,
            turn.opened_ms + 1,
            meant.text if meant is not None else "",
            meant.id if meant is not None else None,
        )
        self.rewrites.closed(replace(turn, signals=signals, verdict=verdict))

    def corrected(self, heard: str | tuple[str, float], meant: str) -> Turn:
        """Something was heard wrong, and somebody says what was meant. What had come of it."""
        wrong = self.hear(heard)
        right = self.hear(meant)
        self.close(wrong, won=False, meant=right, told=True)
        return wrong

    def rephrased(self, heard: str, meant: str, sure: float = 0.9) -> None:
        """Something failed, and the same was said otherwise."""
        wrong, right = self.hear(heard), self.hear(meant)
        self.close(wrong, won=False, meant=right, sure=sure)
        self.close(right, won=True, sure=sure)

    def end(self) -> None:
        """The hub stops."""
        self.rewrites.close()
        if self.store is not None:
            self.store.close()


def does(turn: Turn) -> list[str]:
    """What the turn does, as words."""
    plan = turn.plan
    return [] if plan is None else [f"{command.verb.value} {command.entity_id}" for command in plan.commands]


def rewritten(turn: Turn) -> str:
    """What was understood in place of what was heard."""
    found: Rewrite | None = turn.rewrite
    return "" if found is None else found.text
