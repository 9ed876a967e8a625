"""What is learned from turns that went wrong, and when somebody is asked whether one did."""

import pytest

from edge.core.lessons import LessonAction, LessonDo
from edge.core.turn import (
    Command,
    CommandOutcome,
    EndReason,
    Hypothesis,
    Outcome,
    Plan,
    Result,
    Rewrite,
    Turn,
    Utterance,
    Verb,
)
from edge.hub import Hub
from edge.rewrite.learn import ASK_EVERY_MS, Ask
from tests.unit.rewrite.taught import HOME, LAMP_OFF, deeds, reply


def test_what_failed_before_a_success_is_remembered_when_somebody_says_so(hub: Hub) -> None:
    reply(hub, "torn of dee flore lemp")
    reply(hub, "turn off the floor lamp")
    assert reply(hub, "remember that") == (
        "OK, I will remember that “torn of dee flore lemp” means “turn off the floor lamp”"
    )
    assert deeds(hub, "torn of dee flore lemp") == LAMP_OFF


def done(result: Result, *, at_ms: int = 0, rewrite: Rewrite | None = None) -> Turn:
    plan = Plan(commands=(Command("light.floor_lamp", Verb.TURN_ON),))
    outcome = Outcome((CommandOutcome("light.floor_lamp", result),))
    return Turn("t", at_ms, HOME, Utterance(()), plan=plan, outcome=outcome, rewrite=rewrite)


def asked(turn: Turn) -> LessonAction | None:
    return turn.plan.lesson if turn.plan is not None else None


def test_a_silent_device_is_asked_about_but_not_all_the_time(hub: Hub) -> None:
    ask = Ask(hub.lessons)
    assert asked(ask(done(Result.CONFIRMED))) is None
    assert asked(ask(done(Result.REFUSED))) is None
    assert asked(ask(done(Result.SILENT))) == LessonAction(LessonDo.WORKED, asks=True)
    assert asked(ask(done(Result.SILENT, at_ms=ASK_EVERY_MS - 1))) is None
    assert asked(ask(done(Result.SILENT, at_ms=ASK_EVERY_MS))) is not None
    assert asked(Ask(hub.lessons, worked=False)(done(Result.SILENT))) is None


def test_what_is_served_for_the_first_time_is_asked_about(hub: Hub) -> None:
    new, proven = (Rewrite("x", "personal", "1", 1.0, proven=proven) for proven in (False, True))
    assert asked(Ask(hub.lessons)(done(Result.CONFIRMED, rewrite=new))) is not None
    assert asked(Ask(hub.lessons)(done(Result.CONFIRMED, rewrite=proven))) is None


def test_a_correction_is_kept_with_what_it_was_taken_for(hub: Hub) -> None:
    hub.say("turn on the floor lump")
    hub.say("no, I meant turn on the floor lamp")
    (rule,) = hub.lessons.rules.rules()
    assert (rule.heard, rule.means, rule.source) == ("turn on the floor lump", "turn on the floor lamp", "corrected")
    assert rule.label.startswith("HassTurnOn ")


@pytest.mark.parametrize("meant", ["turn it off", "set it to 20 percent", "the same in the kitchen"])
def test_what_points_at_what_was_said_before_is_never_a_meaning(hub: Hub, meant: str) -> None:
    hub.say("turn on the floor lamp")
    hub.say("flump it")
    hub.say(f"no, I meant {meant}")
    assert hub.lessons.rules.rules() == ()


def test_a_lesson_that_was_not_heard_surely_is_no_request_that_failed(hub: Hub) -> None:
    hub.say("turn on the hall light")
    heard = Hypothesis("when I say lumos, turn on the hall light", 0.7)
    unsure = hub.take(Utterance((heard,), end_reason=EndReason.TYPED))
    assert unsure.error == "teach.low_confidence"
    assert unsure.reply is not None
    assert "clearly" in unsure.reply.text
    for said in ("turn on the floor lamp", "turn on the kitchen light", "turn off the floor lamp"):
        hub.say(said)
    assert hub.lessons.rules.rules() == ()
    assert hub.take(Utterance((heard,), end_reason=EndReason.TYPED)).rewrite is None
