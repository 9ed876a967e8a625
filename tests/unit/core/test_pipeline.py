from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from edge.core.home import HomeState
from edge.core.pipeline import StageError, check_order, run
from edge.core.turn import Hypothesis, Plan, Reply, Turn, Utterance


class Step:
    always = False

    def __init__(
        self, name: str, change: Callable[[Turn], Turn], reads: tuple[str, ...] = (), writes: tuple[str, ...] = ()
    ) -> None:
        self.name, self.change, self.reads, self.writes = name, change, reads, writes

    def __call__(self, turn: Turn) -> Turn:
        return self.change(turn)


class Always(Step):
    always = True


def ticking() -> Callable[[], float]:
    ticks = count()
    return lambda: next(ticks) / 1000


def a_turn() -> Turn:
    return Turn("t", 0, HomeState(), Utterance((Hypothesis("hi", 1.0),)))


def fails(error: Exception) -> Callable[[Turn], Turn]:
    def stage(turn: Turn) -> Turn:
        raise error

    return stage


PLAN = Step("resolve", lambda turn: replace(turn, plan=Plan()), writes=("plan",))
REPLY = Always("reply", lambda turn: replace(turn, reply=Reply("done")), writes=("reply",))


def test_stages_run_in_order_and_are_timed() -> None:
    turn = run(a_turn(), [PLAN, REPLY], clock=ticking())
    assert [(span.stage, span.ms, span.status) for span in turn.spans] == [("resolve", 1.0, "ok"), ("reply", 1.0, "ok")]
    assert turn.plan == Plan()
    assert turn.error == ""


def test_a_failure_skips_to_the_reply() -> None:
    broken = Step("understand", fails(StageError("understand.no_intent", "not known")))
    turn = run(a_turn(), [broken, PLAN, REPLY], clock=ticking())
    assert [(span.stage, span.status, span.code) for span in turn.spans] == [
        ("understand", "failed", "understand.no_intent"),
        ("resolve", "skipped", ""),
        ("reply", "ok", ""),
    ]
    assert turn.plan is None
    assert turn.reply == Reply("done")
    assert turn.error == "understand.no_intent"


def test_a_defect_is_reported_and_does_not_escape() -> None:
    told: list[tuple[str, str]] = []
    turn = run(
        a_turn(),
        [Step("resolve", fails(ZeroDivisionError("x"))), REPLY],
        clock=ticking(),
        on_unexpected=lambda stage, error: told.append((stage, type(error).__name__)),
    )
    assert turn.error == "resolve.unexpected"
    assert told == [("resolve", "ZeroDivisionError")]


def test_a_stage_that_writes_a_foreign_slot_fails_and_changes_nothing() -> None:
    thief = Step("understand", lambda turn: replace(turn, plan=Plan(), reply=Reply("mine")), writes=("plan",))
    turn = run(a_turn(), [thief], clock=ticking())
    assert turn.error == "understand.unexpected"
    assert turn.plan is None


def test_order_is_checked_before_anything_runs() -> None:
    needs_plan = Step("act", lambda turn: turn, reads=("plan",), writes=("outcome",))
    check_order([PLAN, needs_plan])
    with pytest.raises(ValueError, match="act reads"):
        check_order([needs_plan, PLAN])
    with pytest.raises(ValueError, match="has not"):
        check_order([Step("x", lambda turn: turn, writes=("mood",))])
