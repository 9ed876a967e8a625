"""Weights that move with feedback: a little, within bounds, and back again."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core.home import HomeState
from edge.core.turn import Command, Hypothesis, Interpretation, Plan, Refusal, Turn, Utterance, Verb, Weighed
from edge.nlu.adapt import (
    CORRECTION_MS,
    HALF_LIFE_MS,
    MAX_SHIFT,
    RATE,
    by_hand,
    faded,
    learned,
    lesson,
    moved,
    moves,
    settled,
    undoes,
)

BETTER, WORSE = {"usual": 1.0, "same": 2.0}, {"near": 1.0, "same": 2.0}


def score(weights: Any, features: Any) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def test_what_was_meant_is_worth_more_afterwards() -> None:
    after = moved({}, BETTER, WORSE)
    assert after["usual"] > 0 > after["near"]
    assert "same" not in after
    assert score(after, BETTER) > score(after, WORSE)


def test_the_surer_the_model_was_the_less_it_learns() -> None:
    steps = [moves(BETTER, WORSE, margin=margin)["usual"] for margin in (-4.0, 0.0, 4.0)]
    assert steps == sorted(steps, reverse=True)
    assert 0 < steps[2] < 0.05 * RATE
    assert steps[0] <= RATE


def test_each_shift_is_bounded() -> None:
    weights: Any = {}
    for _ in range(100):
        weights = moved(weights, BETTER, WORSE)
    assert weights == {"usual": MAX_SHIFT, "near": -MAX_SHIFT}
    assert max(map(abs, moves({"big": 1e9}, {}).values())) <= RATE
    assert moves({"odd": float("nan")}, {}) == {}
    assert moves({"odd": float("inf")}, {}) == {}


def test_things_alike_teach_nothing() -> None:
    assert moves(BETTER, BETTER) == {}
    assert moved({"a": 0.5}, BETTER, BETTER) == {"a": 0.5}


def test_shifts_fade() -> None:
    assert faded({"a": 0.8, "b": 0.008}, HALF_LIFE_MS) == pytest.approx({"a": 0.4})
    assert faded({"a": 0.8}, -5) == {"a": 0.8}
    assert faded({"a": 1.0}, HALF_LIFE_MS * 20) == {}


def test_steps_add_up_and_can_be_left_out() -> None:
    steps = [(0, {"a": 0.3}), (HALF_LIFE_MS, {"a": 0.3, "b": -0.3}), (HALF_LIFE_MS, {"a": 5.0})]
    assert settled(steps[:2], HALF_LIFE_MS) == pytest.approx({"a": 0.45, "b": -0.3})
    assert settled(steps, HALF_LIFE_MS)["a"] == MAX_SHIFT
    assert settled(steps[:1], 0) == {"a": 0.3}
    assert settled([], 0) == {}


# Lessons

A, B = Command("light.a", Verb.TURN_ON), Command("light.b", Verb.TURN_ON)
A_OFF = Command("light.a", Verb.TURN_OFF)
WHICH = Plan(question="which", candidates=("light.a", "light.b"))


def option(command: Command, probability: float = 0.5, **features: float) -> Weighed:
    said = Interpretation("HassTurnOn", (), "turn on the lamp")
    return Weighed(said, Plan(commands=(command,)), probability, features, dict(features))


FIRST, SECOND = option(A, 0.55, near=1.0), option(B, 0.45, usual=1.0)


def turn(
    turn_id: str, at_ms: int, plan: Plan, *weighed: Weighed, intent: str = "HassTurnOn", text: str = "", **more: Any
) -> Turn:
    said = Interpretation(intent, (), text or turn_id)
    heard = Utterance((Hypothesis(text or turn_id, 1.0),))
    return Turn(turn_id, at_ms, HomeState(), heard, interpretation=said, plan=plan, weighed=weighed, **more)


def does(*commands: Command) -> Plan:
    return Plan(commands=commands)


def test_an_answer_other_than_the_first_option_teaches() -> None:
    asked = turn("q", 0, WHICH, FIRST, SECOND)
    found = lesson(turn("a", 5000, does(B), asked=WHICH), [asked])
    assert found is not None
    assert (found.turn, found.reason, found.better, found.worse) == ("q", "answered", SECOND, FIRST)
    assert learned(found)["usual"] > 0 > learned(found)["near"]
    likelier = lesson(turn("a", 5000, does(A), asked=WHICH), [asked])
    assert likelier is not None, "it need not have asked"
    assert (likelier.better, likelier.worse) == (FIRST, SECOND)


def test_what_waits_for_an_answer_was_not_all_meant() -> None:
    both = replace(option(A, 0.2), plan=does(A, B))
    asked = turn("q", 0, replace(WHICH, pending=(A, B)), FIRST, SECOND, both)
    found = lesson(turn("a", 5000, does(B), asked=asked.plan), [asked])
    assert found is not None
    assert found.worse == FIRST
    assert lesson(turn("a", 5000, does(Command("light.c", Verb.TURN_ON)), asked=WHICH), [asked]) is None
    assert lesson(turn("a", 5000, Plan(), asked=WHICH), [asked]) is None


def test_no_the_other_one_teaches() -> None:
    done = turn("d", 0, does(A), FIRST, SECOND)
    other = turn("o", 5000, does(A_OFF, B), intent="EdgeOther")
    found = lesson(other, [done])
    assert found is not None
    assert (found.turn, found.reason, found.better, found.worse) == ("d", "corrected", SECOND, FIRST)
    assert lesson(replace(other, opened_ms=CORRECTION_MS + 1), [done]) is None


def test_what_is_undone_and_said_otherwise_teaches() -> None:
    done = turn("d", 0, does(A), FIRST, SECOND)
    undo = turn("u", 4000, does(A_OFF), intent="EdgeUndo")
    again = turn("r", 9000, does(B))
    assert lesson(undo, [done]) is None
    assert undoes(undo, [done]) == "d"
    assert undoes(again, [undo, done]) is None
    found = lesson(again, [undo, done], {"d"})
    assert found is not None
    assert (found.turn, found.reason, found.better, found.rate) == ("d", "repeated", SECOND, RATE)


def test_a_second_request_is_no_correction() -> None:
    done = turn("d", 0, does(A), FIRST, SECOND)
    assert lesson(turn("r", 9000, does(B)), [done]) is None


def test_what_was_refused_and_said_otherwise_teaches_half() -> None:
    refused = turn("d", 0, Plan(refusal=Refusal("resolve.unsure")), FIRST, SECOND)
    found = lesson(turn("r", 9000, does(B)), [refused])
    assert found is not None
    assert (found.better, found.worse, found.rate) == (SECOND, FIRST, RATE / 2)
    assert lesson(turn("r", 9000, does(B), text="d"), [refused]) is None
    assert lesson(turn("r", CORRECTION_MS + 1, does(B)), [refused]) is None


def test_what_is_put_back_by_hand_teaches_where_there_was_a_likely_other() -> None:
    done = turn("d", 0, does(A), FIRST, SECOND)
    found = by_hand(done)
    assert found is not None
    assert (found.better, found.worse, found.rate) == (SECOND, FIRST, RATE / 2)
    assert by_hand(turn("d", 0, does(A), FIRST, replace(SECOND, probability=0.1))) is None
    assert by_hand(turn("d", 0, does(A), FIRST)) is None
    assert by_hand(turn("d", 0, does(A))) is None
