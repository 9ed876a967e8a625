"""The straight line that every request takes: order, timing and error capture, in one place.

`run` never raises: a stage that fails marks its span, the stages after it are skipped, and the stages marked `always`
(the reply) still run, so that the household is told something whatever happens.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Protocol

from edge.core.errors import EdgeError
from edge.core.turn import Span, Turn


class Stage(Protocol):
    """One step of the line. It fills its own slots of the turn and touches nothing else."""

    @property
    def name(self) -> str:
        """Short verb, first half of its error codes."""
        ...

    @property
    def reads(self) -> tuple[str, ...]:
        """Turn fields that it looks at."""
        ...

    @property
    def writes(self) -> tuple[str, ...]:
        """Turn fields that it may replace."""
        ...

    @property
    def always(self) -> bool:
        """Whether it runs even after a stage has failed."""
        ...

    def __call__(self, turn: Turn) -> Turn:
        """The turn with the stage's own slots filled."""
        ...


class StageError(EdgeError):
    """A stage's own, expected failure; its code is `stage.reason`."""


Clock = Callable[[], float]
"""Seconds, monotonic."""


def run(
    turn: Turn,
    stages: Iterable[Stage],
    *,
    clock: Clock,
    on_unexpected: Callable[[str, Exception], None] | None = None,
) -> Turn:
    """Send the turn down the line and return it with a span for every stage.

    on_unexpected: told of exceptions that are no EdgeError (a defect), with the stage's name; it must not raise.
    """
    failed = False
    for stage in stages:
        if failed and not stage.always:
            turn = _with_span(turn, Span(stage.name, 0.0, "skipped"))
            continue
        began = clock()
        try:
            after = stage(turn)
            _check_slots(stage, turn, after)
        except Exception as error:  # noqa: BLE001 - the one place where a defect must not end the hub
            failed = True
            code = error.code if isinstance(error, EdgeError) else f"{stage.name}.unexpected"
            if not isinstance(error, EdgeError) and on_unexpected is not None:
                on_unexpected(stage.name, error)
            turn = _with_span(turn, Span(stage.name, _ms_since(began, clock), "failed", code))
        else:
            turn = _with_span(after, Span(stage.name, _ms_since(began, clock)))
    return turn


def check_order(stages: Iterable[Stage]) -> None:
    """Raise ValueError when a stage reads a slot that only a later one fills, or names one that a turn has not.

    A slot that no stage fills is optional in this line: a hub without a rewriter understands what was heard.
    """
    stages = tuple(stages)
    known = {f.name for f in fields(Turn)}
    filled: set[str] = set()
    for place, stage in enumerate(stages):
        if strange := {*stage.reads, *stage.writes} - known:
            raise ValueError(f"stage {stage.name} names {sorted(strange)}, which a Turn has not")
        later = {slot for after in stages[place + 1 :] for slot in after.writes}
        if early := set(stage.reads) & later - filled:
            raise ValueError(f"stage {stage.name} reads {sorted(early)} before the stage that writes it")
        filled |= set(stage.writes)


def _check_slots(stage: Stage, before: Turn, after: Turn) -> None:
    for f in fields(Turn):
        if f.name not in stage.writes and getattr(after, f.name) is not getattr(before, f.name):
            raise ValueError(f"stage {stage.name} wrote {f.name}, which is not its slot")


def _with_span(turn: Turn, span: Span) -> Turn:
    return replace(turn, spans=(*turn.spans, span))


def _ms_since(began: float, clock: Clock) -> float:
    return round((clock() - began) * 1000, 3)
