"""What later turns and changes say about a turn."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.core.home import HomeState
from edge.core.lessons import LessonAction, LessonDo
from edge.core.questions import CONFIRM
from edge.core.turn import (
    Command,
    Hypothesis,
    Interpretation,
    Plan,
    Result,
    Rewrite,
    Signal,
    SignalKind,
    Slot,
    Turn,
    Utterance,
    Verb,
)
from edge.feedback.signals import RETRY_MS, WINDOW_MS, Change, by_hand, content, signals, verdict
from tests.unit.feedback.turns import asks, missed, off, on, refused, turn

LATER = 100_000


def went(
    one: Turn, later: Sequence[Turn] = (), changes: Sequence[Change] = (), **more: Any
) -> tuple[bool | None, float, str]:
    found = signals(one, later, changes, **more)
    found = (*found, *content(one, found, LATER, later))
    given = verdict(one, found, later, LATER)
    return given.success, given.confidence, given.meant


def kinds(one: Turn, later: Sequence[Turn] = (), changes: Sequence[Change] = (), **more: Any) -> list[SignalKind]:
    return [signal.kind for signal in signals(one, later, changes, **more)]


DONE = turn("d", 0, "turn on the hall light", on("light.hall"), name="hall light")


# What it tells itself


def test_silence_after_what_was_done_is_a_weak_success() -> None:
    success, sure, meant = went(DONE)
    assert (success, meant) == (True, "")
    assert 0.5 < sure < 0.7
    assert went(turn("q", 0, "is the door locked", intent="HassGetState"))[0] is True
    assert went(turn("q", 0, "is the door locked", intent="HassGetState"))[1] < sure


@pytest.mark.parametrize("one", [missed("m", 0, "torn off the moon"), refused("r", 0, "turn on the moon")])
def test_what_was_not_understood_failed_by_itself(one: Turn) -> None:
    assert signals(one, ()) == ()
    success, sure, _ = went(one)
    assert success is False
    assert sure >= 0.8


@pytest.mark.parametrize(
    "one",
    [
        turn("s", 0, "turn on the hall light", on("light.hall"), result=Result.SILENT),
        turn("u", 0, "turn on the hall light", on("light.hall"), result=Result.UNREACHABLE),
        refused("n", 0, "open the safe", "resolve.not_allowed"),
        asks("a", 0, "turn on the light", "which", on("light.hall"), on("light.wall")),
        Turn("e", 0, HomeState(), Utterance(())),
        turn("f", 0, "turn on the hall light", on("light.hall"), outcome=None),
    ],
    ids=["silent", "unreachable", "not allowed", "asked", "nothing said", "nothing there to be moved"],
)
def test_where_the_words_are_not_to_blame_nothing_tells(one: Turn) -> None:
    assert went(one) == (None, 0.0, "")


# Said again


def test_what_was_not_understood_and_then_said_otherwise_meant_that() -> None:
    right = turn("r", 5, "turn on the hall light", on("light.hall"), name="hall light")
    for wrong in ("torn on the haul light", "movie time"):
        success, sure, meant = went(missed("m", 0, wrong), [right])
        assert (success, meant) == (False, "turn on the hall light")
        assert sure >= 0.5
    assert went(missed("m", 0, "torn on the haul light"), [right])[1] > went(missed("m", 0, "movie time"), [right])[1]


def test_after_a_while_only_what_sounds_alike_is_the_same_wish() -> None:
    late = turn("r", RETRY_MS / 1000 + 2, "turn on the hall light", on("light.hall"), name="hall light")
    assert went(missed("m", 0, "movie time"), [late])[2] == ""
    assert went(missed("m", 0, "turn on the haul light"), [late])[2] != ""
    too_late = replace(late, opened_ms=WINDOW_MS + 1_000)
    assert went(missed("m", 0, "turn on the haul light"), [too_late])[2] == ""


def test_who_was_refused_one_thing_and_asks_for_another_has_not_said_it_again() -> None:
    toaster = refused("r", 0, "turn on the toaster", name="toaster")
    other = turn("o", 6, "close the blinds in the bedroom", Command("cover.b", Verb.CLOSE), intent="HassTurnOff")
    assert signals(toaster, [other]) == ()
    assert went(toaster, [other])[2] == ""


@pytest.mark.parametrize(
    "second",
    [
        refused("s", 4, "call the front door the kitchen light", "teach.name_taken", intent="EdgeTeachName"),
        refused("s", 4, "open the front door", "resolve.not_allowed", name="front door"),
    ],
)
def test_what_teaches_or_is_refused_is_no_meaning(second: Turn) -> None:
    assert went(missed("m", 0, "i like it"), [second])[2] == ""


def test_who_was_refused_and_asks_in_other_words_for_something_else_has_not_said_it_again() -> None:
    lamp = turn("l", 4, "turn on the hall light", on("light.hall"), name="hall light")
    assert went(refused("r", 0, "open sesame", name="sesame"), [lamp])[2] == ""
    assert went(refused("r", 0, "turn on twinkle", name="twinkle"), [lamp])[2] == "turn on the hall light"
    assert went(missed("m", 0, "movie time"), [lamp])[2] == "turn on the hall light", "nothing was made of it"


def test_two_requests_are_two_requests() -> None:
    other = turn("o", 4, "turn on the wall light", on("light.wall"), name="wall light")
    question = turn("q", 4, "is the hall light on", intent="HassGetState", name="hall light")
    for second in (other, question):
        assert signals(DONE, [second]) == ()
        assert went(DONE, [second])[0] is True
    louder = turn("l", 0, "louder", Command("media_player.tv", Verb.CHANGE_VOLUME, {"step": 10}))
    assert signals(louder, [replace(louder, id="m", opened_ms=3_000)]) == ()
    again = turn("t", 4, "what time is it", intent="HassGetCurrentTime")
    assert signals(replace(again, opened_ms=0), [replace(again, id="u")]) == ()


def test_the_very_same_words_again_mean_that_the_first_went_wrong() -> None:
    success, sure, meant = went(DONE, [replace(DONE, id="again", opened_ms=5_000)])
    assert (success, meant) == (False, "")
    assert sure >= 0.5


def test_tries_in_between_are_passed_over() -> None:
    first, second = missed("a", 0, "torn on the haul light"), missed("b", 4, "turned on the haul light")
    right = turn("c", 9, "turn on the hall light", on("light.hall"), name="hall light")
    assert went(first, [second, right])[2] == "turn on the hall light"
    assert went(second, [right])[2] == "turn on the hall light"


def test_what_points_at_what_was_said_before_is_no_meaning_of_its_own() -> None:
    it = turn("i", 4, "turn it on", on("light.hall"), intent="EdgeDo")
    it = replace(it, readings=(Interpretation("EdgeDo", (Slot("ref", "it"),), "turn it on"),))
    assert went(missed("m", 0, "torn it on"), [it])[2] == ""


def test_a_correction_that_points_at_what_was_said_before_is_no_meaning_either() -> None:
    it = turn("c", 4, "no i meant turn it on", on("light.hall"), reading="EdgeMeantRequest", read="turn it on")
    assert went(missed("m", 0, "torn it on"), [it])[2] == "turn it on"
    it = replace(it, readings=(*it.readings, Interpretation("EdgeDo", (Slot("ref", "it"),), "turn it on")))
    assert went(missed("m", 0, "torn it on"), [it])[2] == ""


# Taken back


def test_put_back_by_voice() -> None:
    undo = turn("u", 6, "put it back", off("light.hall"), intent="EdgeUndo")
    (signal,) = signals(DONE, [undo])
    assert (signal.kind, signal.other_turn) == (SignalKind.UNDO, "u")
    assert went(DONE, [undo])[:2] == (False, pytest.approx(0.9))
    meant = turn("w", 10, "turn on the wall light", on("light.wall"), name="wall light")
    assert kinds(DONE, [undo, meant]) == [SignalKind.UNDO, SignalKind.REPHRASE]
    assert went(DONE, [undo, meant])[2] == "turn on the wall light"
    assert went(DONE, [replace(undo, opened_ms=WINDOW_MS + 1_000)])[0] is True


def test_turned_off_again_at_once_may_not_have_been_meant() -> None:
    back = turn("b", 6, "turn off the hall light", off("light.hall"), intent="HassTurnOff", name="hall light")
    assert kinds(DONE, [back]) == [SignalKind.UNDO]
    assert went(DONE, [back])[0] is None
    assert went(DONE, [replace(back, opened_ms=20_000)])[0] is True


@pytest.mark.parametrize(
    ("change", "undoes"),
    [
        (Change("light.hall", "off", at_ms=6_000), True),
        (Change("light.hall", "off", at_ms=WINDOW_MS + 51), False),
        (Change("light.hall", "off", at_ms=6_000, by_hub=True), False),
        (Change("light.hall", "off", at_ms=6_000, moved=False), False),
        (Change("light.hall", "on", at_ms=6_000), False),
        (Change("light.wall", "off", at_ms=6_000), False),
    ],
    ids=["hand", "late", "hub", "it was so", "other way", "another"],
)
def test_put_back_by_hand(change: Change, undoes: bool) -> None:
    assert by_hand(DONE, change) is undoes
    assert went(DONE, changes=[change])[0] is not undoes


def test_a_level_that_is_put_back_is_put_back() -> None:
    dim = turn("d", 0, "dim the lamp", Command("light.lamp", Verb.TURN_ON, {"brightness": 20}))
    assert by_hand(dim, Change("light.lamp", "on", {"brightness": 80}, 6_000, moved=False))
    assert not by_hand(dim, Change("light.lamp", "on", {"brightness": 20}, 6_000, moved=False))


# Told


@pytest.mark.parametrize("reading", ["EdgeMeantRequest", "EdgeMeant", "EdgeOther"])
def test_who_says_what_was_meant_is_believed(reading: str) -> None:
    said = turn(
        *("c", 6, "no i meant turn on the fan", on("fan.fan")), reading=reading, read="turn on the fan", name="fan"
    )
    for one in (DONE, refused("r", 0, "turn on the fen")):
        success, sure, meant = went(one, [said])
        assert success is False
        assert sure > 0.9
        # "The other one" is nothing that can be said for itself.
        assert meant == ("turn on the fan" if reading == "EdgeMeantRequest" else "")
    assert kinds(DONE, [said]) == [SignalKind.DENY, SignalKind.REPHRASE]


@pytest.mark.parametrize("one", [DONE, missed("m", 0, "torn on the fan")])
def test_of_a_correction_that_may_be_the_television_nothing_is_learnt(one: Turn) -> None:
    text = "no i meant turn on the fan"
    said = turn("c", 6, text, on("fan.fan"), reading="EdgeMeantRequest", read="turn on the fan", name="fan")
    assert went(one, [said])[2] == "turn on the fan"
    unsure = replace(said, utterance=Utterance((Hypothesis(text, 0.7),)))
    assert kinds(one, [unsure]) == [SignalKind.DENY]
    success, _, meant = went(one, [unsure])
    assert (success, meant) == (None if one is DONE else False, "")


def test_of_praise_that_may_be_the_televisions_nothing_is_proven() -> None:
    yes = replace(turn("y", 5, "great", intent="EdgeConfirm"), utterance=Utterance((Hypothesis("great", 0.7),)))
    assert signals(DONE, [yes]) == ()


def test_a_correction_is_about_the_turn_before_it_alone() -> None:
    other = turn("o", 4, "turn on the wall light", on("light.wall"), name="wall light")
    said = turn("c", 8, "no i meant turn on the fan", on("fan.fan"), reading="EdgeMeantRequest", read="turn on the fan")
    assert signals(DONE, [other, said]) == ()
    assert went(other, [said])[2] == "turn on the fan"


def test_yes_it_worked_and_no_it_did_not() -> None:
    yes = turn("y", 5, "that was right", intent="EdgeConfirm")
    no = turn("n", 5, "that was wrong", intent="EdgeDeny")
    assert went(DONE, [yes])[0] is True
    assert went(DONE, [yes])[1] > went(DONE)[1]
    assert went(refused("r", 0, "turn on the moon"), [yes])[0] is True
    assert went(DONE, [no])[:2] == (False, pytest.approx(0.9))


@pytest.mark.parametrize(
    ("do", "intent", "success", "least"),
    [
        (LessonDo.WORKED, "EdgeConfirm", True, 0.9),
        (LessonDo.WORKED, "EdgeDeny", False, 0.9),
        (LessonDo.OFFER, "EdgeDeny", True, 0.0),
    ],
)
def test_did_that_work(do: LessonDo, intent: str, success: bool, least: float) -> None:
    asked = Plan(commands=(on("light.hall"),), lesson=LessonAction(do, asks=True))
    one = replace(DONE, plan=asked)
    said = replace(turn("a", 5, "yes or no", intent=intent, source="answer"), asked=asked)
    found, sure, _ = went(one, [said])
    assert found is success
    assert sure >= least


# Questions


def answer(at_s: float, question: Turn, intent: str, *commands: Command) -> Turn:
    said = turn("a", at_s, "an answer", *commands, intent=intent, source="answer")
    return replace(said, asked=question.plan)


def test_a_question_that_is_answered_is_no_failure() -> None:
    which = asks("q", 0, "turn on the light", "which", on("light.hall"), on("light.wall"))
    chosen = answer(4, which, "EdgeChoice", on("light.hall"))
    assert signals(which, [chosen]) == ()
    assert went(which, [chosen])[0] is True
    other = turn("o", 8, "turn on the fan", on("fan.fan"), name="fan")
    assert went(which, [chosen, other])[0] is True
    back = turn("u", 8, "put it back", off("light.hall"), intent="EdgeUndo")
    assert went(which, [chosen, back])[0] is False


def test_no_to_a_yes_that_was_asked_for_may_mean_that_it_was_misheard() -> None:
    confirm = asks("q", 0, "unlock the front door", CONFIRM, Command("lock.door", Verb.UNLOCK))
    assert kinds(confirm, [answer(4, confirm, "EdgeNo")]) == [SignalKind.DENY]
    success, sure, _ = went(confirm, [answer(4, confirm, "EdgeNo")])
    assert success is False
    assert sure < 0.8
    assert went(confirm, [answer(4, confirm, "EdgeYes", Command("lock.door", Verb.UNLOCK))])[0] is True


def test_who_is_asked_for_a_yes_and_says_the_same_again_has_not_said_that_it_was_wrong() -> None:
    confirm = asks("q", 0, "open sesame", CONFIRM, Command("lock.door", Verb.UNLOCK))
    again = replace(confirm, id="a", opened_ms=5_000)
    assert signals(confirm, [again]) == ()
    assert went(confirm, [again])[0] is None
    assert went(confirm)[0] is None, "left unanswered"
    agreed = answer(2, confirm, "EdgeYes", Command("lock.door", Verb.UNLOCK))
    assert signals(confirm, [agreed, again]) == ()
    which = asks("w", 0, "turn on the light", "which", on("light.hall"), on("light.wall"))
    assert kinds(which, [replace(which, id="a", opened_ms=5_000)]) == [SignalKind.REPHRASE]


# Talked over


def test_talking_over_a_reply_alone_is_no_failure_and_with_more_it_is() -> None:
    assert kinds(DONE, barged_ms=500) == [SignalKind.BARGE_IN]
    assert went(DONE, barged_ms=500)[0] is None
    near = turn("w", 4, "turn on the wall light", on("light.wall"), name="wall light")
    assert went(DONE, [near], barged_ms=500)[2] == "turn on the wall light"


def test_stop_right_after_a_reply() -> None:
    stop = turn("s", 3, "stop", intent="EdgeDo")
    stop = replace(stop, readings=(Interpretation("EdgeDo", (Slot("verb", "stop"),), "stop"),))
    (signal,) = signals(DONE, [stop])
    assert signal == Signal(SignalKind.BARGE_IN, 3_000, "s", 0.5)
    assert signals(DONE, [replace(stop, opened_ms=12_000)]) == ()


# Of a rewrite that was only learnt


@pytest.mark.parametrize(("source", "doubted"), [("rephrased", True), ("taught", False)])
def test_a_rewrite_that_was_only_learnt_is_doubted_sooner(source: str, doubted: bool) -> None:
    served = Rewrite("dim the lamp", "personal", "r", 0.9, "dim the lump", source)
    dim = turn("d", 0, "dim the lump", Command("light.lamp", Verb.TURN_ON, {"brightness": 20}), rewrite=served)
    otherwise = turn("o", 4, "lamp to fifty", Command("light.lamp", Verb.TURN_ON, {"brightness": 50}), name="lamp")
    hand = Change("light.lamp", "on", {"brightness": 50}, 6_000, moved=False)
    assert went(dim, [otherwise])[0] is not doubted
    assert went(dim, changes=[hand])[0] is not doubted
    assert went(dim, changes=[replace(hand, attributes={"brightness": 20})])[0] is True
