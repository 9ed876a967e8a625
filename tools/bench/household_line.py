"""A hub that learns, as `tools.bench.household` lives with it: stages and feedback of the hub, without its threads.

What it knows of the household is what a hub has: what was heard, what changed in the home and whether it had done that
itself, and when somebody talked over a reply. All of it is in memory.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from edge.core.pipeline import Stage, run
from edge.core.turn import CommandOutcome, Context, Outcome, Plan, Result, Turn
from edge.learning import Learning
from edge.nlu import adapt
from edge.nlu.context import InContext
from edge.nlu.policy import confirming
from edge.nlu.teachable import Teachable
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.rewrites import Rewrites
from edge.rewrite.stage import Cautious, Once, Rewriting
from edge.rewriting import dangerous, reserved_words
from tools.bench.context import DAY_MS, RememberingLine, grammar
from tools.bench.household import HomeChange, Request

ANSWER_MS = 30_000
"""For so long a question waits for its answer."""
TAKES_MS = 2_000
"""From the end of a request to the end of the reply to it."""
RECENT = 5


class AskingLine(RememberingLine):
    """The hub with the context, which knows what it has just asked; it learns nothing of how it is spoken to."""

    _asked: tuple[Plan, int] | None = None
    _last: str | None = None

    def opened(self, request: Request) -> Turn:
        """The turn before its first stage, with the question that waits."""
        asked, self._asked = self._asked, None
        turn = super().opened(request)
        turn = replace(turn, id=f"turn-{request.id}-{request.attempt}", follows=self._last)
        self._last = turn.id
        waits = asked is not None and request.at_ms - asked[1] <= ANSWER_MS
        return replace(turn, asked=asked[0]) if asked is not None and waits else turn

    def ended(self, turn: Turn) -> Turn:
        """The turn with what became of it, remembered; every device does what it is told."""
        if turn.plan is not None and turn.plan.question is not None:
            self._asked = (turn.plan, turn.opened_ms)
        if turn.plan is not None and turn.plan.commands:
            at_ms = turn.opened_ms + 200
            done = tuple(CommandOutcome(c.entity_id, Result.CONFIRMED, at_ms, at_ms) for c in turn.plan.commands)
            turn = replace(turn, outcome=Outcome(done))
        return super().ended(turn)

    def talked_over(self, turn: Turn, at_ms: int) -> None:
        """It goes on."""

    def as_heard(self, turn: Turn) -> Turn | None:  # noqa: ARG002 - the same for all
        """No rewrite ever fires."""
        return None


def plain_line() -> AskingLine:
    """A hub that does not learn, for one household."""
    return AskingLine((read_words(), InContext()))


def read_words() -> Teachable:
    """The stage that reads words."""
    return Teachable(Timely(Understand(grammar)))


class LearningLine(AskingLine):
    """The hub that learns.

    layers: what it knows to begin with. understanding: the stage that reads words, with all that it keeps. learns:
    whether closed turns teach the rewrites anything; of itself it learns in any case when a turn is closed, and how.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        layers: Layers | None = None,
        understanding: Stage | None = None,
        learns: bool = True,
    ) -> None:
        self._now_ms = 0
        self._learns = learns
        self.learning = Learning(lambda: self._now_ms / 1000, lambda: self._now_ms)
        self.rewrites = Rewrites(
            layers or Layers(Ledger()),
            rng=Random(f"rewrites {seed}"),  # noqa: S311 - the same on every run
            day=lambda: self._now_ms // DAY_MS,
            reserved=reserved_words("en", ()),
            dangerous=dangerous,
        )
        understand, context = Once(understanding or read_words()), Once(InContext())
        self._trial: Callable[[Turn], Turn] = lambda turn: run(turn, (understand, context), clock=time.monotonic)
        stages = (Rewriting(self.rewrites, self._trial), understand, context, Cautious(confirming))
        super().__init__(stages)
        self._steps: list[tuple[int, adapt.Weights]] = []
        self._recent: tuple[Turn, ...] = ()
        self._undone: set[str] = set()
        self._unended: Turn | None = None
        self._before: dict[str, str | None] = {}
        self.closed: Callable[[Turn], None] = lambda _: None

    def observe(self, change: HomeChange) -> None:
        """What changed, for the habits and for whoever put back what was done."""
        self._at(change.at_ms, of_turn=change.by == "hub")
        for device in change.devices:
            entity = change.home.entities[device]
            moved = self._before.get(device, entity.state) != entity.state
            self._before[device] = entity.state
            back = self.learning.changed(entity, self._recent, ago_s=0.0, moved=moved)
            if back is not None and back.id not in self._undone:
                self._undone.add(back.id)
                self._learn(adapt.by_hand(back))
        super().observe(change)

    def opened(self, request: Request) -> Turn:
        """The turn before its first stage, with what was learned of the weights."""
        self._at(request.at_ms)
        self._closed(self.learning.began())
        turn = super().opened(request)
        for key, entity in request.home.entities.items():
            self._before.setdefault(key, entity.state)
        context: Context = replace(turn.context, weights=adapt.settled(self._steps, request.at_ms))
        self.learning.session.take(turn.id)
        return replace(turn, context=context)

    def ended(self, turn: Turn) -> Turn:
        """The turn, done and remembered; it is over when the reply to it is."""
        turn = super().ended(turn)
        if (back := adapt.undoes(turn, self._recent)) is not None:
            self._undone.add(back)
        self._learn(adapt.lesson(turn, self._recent, self._undone))
        self._recent = (turn, *self._recent)[:RECENT]
        self._undone &= {one.id for one in self._recent}
        self._unended = turn
        return turn

    def talked_over(self, turn: Turn, at_ms: int) -> None:
        """Somebody speaks while the reply is given."""
        if self._unended is not None and self._unended.id == turn.id:
            self._now_ms = max(self._now_ms, at_ms)
            self.learning.session.reply()
            self.learning.listen()
            self._at(at_ms)

    def as_heard(self, turn: Turn) -> Turn | None:
        """The turn without its rewrite."""
        return None if turn.rewrite is None else self._trial(replace(_before_stages(turn), rewrite=None))

    def _at(self, at_ms: int, *, of_turn: bool = False) -> None:
        """It is then. What the turn itself does belongs to it."""
        if self._unended is not None and not of_turn:
            turn, self._unended = self._unended, None
            self._now_ms = min(at_ms, max(self._now_ms, turn.opened_ms + TAKES_MS))
            self._closed(self.learning.ended(turn))
        self._now_ms = max(self._now_ms, at_ms)
        self._closed(self.learning.due())

    def _closed(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            self.closed(turn)
            if self._learns:
                self.rewrites.closed(turn)

    def _learn(self, lesson: adapt.Lesson | None) -> None:
        if lesson is not None and (moves := adapt.learned(lesson)):
            self._steps.append((self._now_ms, moves))


def _before_stages(turn: Turn) -> Turn:
    return replace(turn, interpretation=None, readings=(), plan=None, weighed=(), outcome=None, spans=())
