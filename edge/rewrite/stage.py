"""The stages of rewriting: what is understood in place of what was heard, and a yes before what is new and risky."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from edge.core.home import Entity, HomeState
from edge.core.pipeline import Stage, StageError
from edge.core.talk import UNSURE_LESSON
from edge.core.timers import ringing
from edge.core.turn import Plan, Rewrite, Turn
from edge.rewrite.entry import Source
from edge.rewrite.labels import RINGING, content_of, is_request, label_of
from edge.rewrite.risk import risky

Trial = Callable[[Turn], Turn]
"""The turn as it is understood and planned, with nothing done; it never raises."""


class Chooses(Protocol):
    """What is asked for rewrites: see `edge.rewrite.rewrites.Rewrites`."""

    def knows(self) -> bool:
        """Whether anything was learnt at all."""
        ...

    def choose(
        self, turn: Turn, *, label: str, content: float, trial: Callable[[str], Turn], weighed: bool = False
    ) -> Rewrite | None:
        """What is to be understood in place of what was heard."""
        ...

    def note(self, turn: Turn) -> None:
        """Remember what a turn was taken for."""
        ...


class Rewriting:
    """Puts a rewrite in place of what was heard, where one is better: once a turn, and never of what is no request.

    An answer to a question of the hub's, what is said to a timer that rings, what is said about the turn before and
    what teaches stay what they are. A yes that was not heard surely enough is not guessed at either.
    """

    name = "rewrite"
    reads = ("home", "utterance", "asked", "timers", "context")
    writes = ("rewrite",)
    always = False

    def __init__(self, rewrites: Chooses, trial: Trial) -> None:
        self._rewrites, self._trial = rewrites, trial

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its rewrite, or without."""
        if not self._rewrites.knows() or not any(one.text.strip() for one in turn.utterance.hypotheses):
            return turn
        plain = self._trial(turn)
        said = plain.interpretation
        if said is not None and (said.source == "answer" or not is_request(plain)):
            return turn
        if plain.error == UNSURE_LESSON:
            return turn
        if turn.asked is not None and plain.error == "understand.low_confidence":
            return turn
        if ringing(turn.timers) and said is not None and said.intent in RINGING:
            return turn
        found = self._rewrites.choose(
            turn,
            label=label_of(plain),
            content=content_of(plain),
            trial=lambda text: self._trial(replace(turn, rewrite=Rewrite(text, "", "", 0.0))),
            weighed=bool(plain.weighed),
        )
        if found is None or (found.source == Source.TAUGHT.value and _is_named(plain)):
            return turn
        return replace(turn, rewrite=found)


def _is_named(plain: Turn) -> bool:
    """Whether what was heard is by itself the name of something, or a request of one by its name.

    Such a phrase cannot be taught: the device has come later, and whoever named it so means that by now.
    """
    said = plain.interpretation
    if said is None or said.source != "grammar" or plain.weighed or content_of(plain) < 1.0:
        return False
    return any(slot.name == "name" and slot.text for slot in said.slots) and plain.readings[:1] in ((), (said,))


class Cautious:
    """Asks before a rewrite that has not proven itself does what could hurt.

    confirming: makes a question of a plan, which is done after a yes. dangerous: whether a device needs one, as far as
    its kind and its names tell.
    """

    name = "caution"
    reads = ("home", "rewrite", "plan")
    writes = ("plan",)
    always = False

    def __init__(
        self, confirming: Callable[[Plan, HomeState], Plan], dangerous: Callable[[Entity], bool] = lambda _: False
    ) -> None:
        self._confirming, self._dangerous = confirming, dangerous

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its plan, or with a question in its place."""
        plan = turn.plan
        if turn.rewrite is None or turn.rewrite.proven or plan is None or not plan.commands:
            return turn
        if not risky(plan, turn.home, self._dangerous):
            return turn
        return replace(turn, plan=self._confirming(plan, turn.home))


class Once:
    """A stage that does for a turn once what it would do again: a trial and the line itself ask for the same.

    It knows the turn by its id, its rewrite and what it holds, and forgets the turn before.
    """

    always = False

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.name, self.reads, self.writes = stage.name, stage.reads, stage.writes
        self._turn = ""
        self._done: list[tuple[Turn, Turn | StageError]] = []

    def __call__(self, turn: Turn) -> Turn:
        """The turn as the stage makes it. Raises what the stage raises."""
        if turn.id != self._turn:
            self._turn, self._done = turn.id, []
        for before, after in self._done:
            if self._same(before, turn):
                if isinstance(after, StageError):
                    raise after.with_traceback(None)
                return replace(turn, **{slot: getattr(after, slot) for slot in self.writes})
        try:
            made = self._stage(turn)
        except StageError as error:
            self._done.append((turn, error))
            raise
        self._done.append((turn, made))
        return made

    def _same(self, one: Turn, other: Turn) -> bool:
        for slot in self.reads:
            mine, yours = getattr(one, slot), getattr(other, slot)
            if slot == "rewrite":
                mine, yours = (found.text if found is not None else None for found in (mine, yours))
                if mine != yours:
                    return False
            elif mine is not yours:
                return False
        return True
