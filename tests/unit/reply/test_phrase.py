import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from edge.core.home import Entity, HomeState
from edge.core.pipeline import StageError, run
from edge.core.turn import (
    Command,
    CommandOutcome,
    Hypothesis,
    Interpretation,
    Outcome,
    Plan,
    Refusal,
    Result,
    Slot,
    Turn,
    Utterance,
    Verb,
)
from edge.nlu.grammar import Grammar
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.reply.phrase import Phrase
from edge.reply.states import spoken_state


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture
def phrase(grammar: Grammar) -> Phrase:
    return Phrase(lambda: grammar.responses, now=lambda: dt.datetime(2026, 3, 4, 17, 5))  # noqa: DTZ001 - local time


def turn_for(grammar: Grammar, home: HomeState, text: str, **changes: Any) -> Turn:
    interpretation = grammar.interpret(text, home)
    assert interpretation is not None
    values: dict[str, Any] = {"interpretation": interpretation, "plan": resolve(interpretation, home)} | changes
    return Turn("t", 0, home, Utterance((Hypothesis(text, 1.0),)), **values)


def said(phrase: Phrase, turn: Turn) -> str:
    reply = phrase(turn).reply
    assert reply is not None
    return reply.text


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("turn on the kitchen light", "Turned on the light"),
        ("turn off the lights", "Turned off the lights in the Kitchen"),
        ("lock the front door", "Locking"),
        ("activate movie night", "Activated"),
        ("is the front door locked", "Yes"),
        ("is the front door open", "No, closed"),
        ("what is the outside temperature", "Outside temperature is 7.5 °C"),
        ("what is the temperature in the hall", "20.5 degrees"),
        ("what time is it", "5:05 PM"),
        ("turn on the lights in the hall", "Sorry, I am not aware of any light in the hall area"),
        ("turn on the heater", "The Heater in the Bedroom or in the Garage?"),
        ("set a timer for five minutes", "Timer set for 5 minutes"),
    ],
)
def test_replies(phrase: Phrase, grammar: Grammar, home: HomeState, text: str, reply: str) -> None:
    assert said(phrase, turn_for(grammar, home, text)) == reply


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        (Result.CONFIRMED, "Turned on the light"),
        (Result.SILENT, "Kitchen Light did not answer"),
        (Result.REFUSED, "Kitchen Light did not do it"),
        (Result.UNREACHABLE, "Sorry, Kitchen Light cannot be reached"),
    ],
)
def test_what_the_device_did_is_told(
    phrase: Phrase, grammar: Grammar, home: HomeState, result: Result, reply: str
) -> None:
    outcome = Outcome((CommandOutcome("light.kitchen", result),))
    assert said(phrase, turn_for(grammar, home, "turn on the kitchen light", outcome=outcome)) == reply


def test_what_failed_and_that_the_others_did_it(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    lights = [Entity(f"light.{n}", "light", f"Lamp {n}", area="kitchen", state="off") for n in range(3)]
    many = replace(home, entities={e.entity_id: e for e in lights})
    results = [Result.CONFIRMED, Result.UNREACHABLE, Result.CONFIRMED]
    outcome = Outcome(tuple(CommandOutcome(e.entity_id, r) for e, r in zip(lights, results, strict=True)))
    turn = turn_for(grammar, many, "turn on the lights in the kitchen", outcome=outcome)
    assert said(phrase, turn) == "Sorry, Lamp 1 cannot be reached. The others did as asked"
    one = replace(turn, outcome=Outcome(outcome.commands[1:]))
    assert said(phrase, one) == "Sorry, Lamp 1 cannot be reached. Lamp 2 did as asked"


def test_what_was_excepted_is_not_said_to_be_done(phrase: Phrase, home: HomeState) -> None:
    text = "turn off all the lights except the kitchen"
    interpretation = Reader(Grammar("en")).interpret(text, home)
    assert interpretation is not None
    turn = Turn("t", 0, home, Utterance((Hypothesis(text, 1.0),)), interpretation=interpretation,
                plan=resolve(interpretation, home))  # fmt: skip
    assert said(phrase, turn) == "Turned off the Bedroom Light"


def test_the_only_gate_is_not_said_to_be_where_the_microphone_is(
    phrase: Phrase, grammar: Grammar, home: HomeState
) -> None:
    gate = Entity("cover.gate", "cover", "Drive", area="garage", state="open", attributes={"device_class": "gate"})
    with_gate = replace(home, entities={**home.entities, gate.entity_id: gate})
    assert home.mic_area != "garage"
    assert said(phrase, turn_for(grammar, with_gate, "close the gate")).endswith("in the Garage")


def test_not_understood(phrase: Phrase, home: HomeState) -> None:
    assert said(phrase, Turn("t", 0, home, Utterance(()))) == "Sorry, I couldn't understand that"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("is the front door locked", "Sorry, Front Door cannot be reached"),
        ("are any lights on in the kitchen", "Sorry, Kitchen Light and 1 more cannot be reached"),
        ("what is the outside temperature", "Outside temperature is unavailable"),
        ("what is the temperature in the hall", "Sorry, I don't know that"),
        ("what is the state of the thermostat", "Thermostat is unavailable"),
    ],
)
def test_no_question_is_answered_from_what_was_once(
    phrase: Phrase, grammar: Grammar, home: HomeState, text: str, reply: str
) -> None:
    gone = HomeState.of(
        (replace(entity, available=False) for entity in home.entities.values()), home.areas, home.floors, home.mic_area
    )
    assert said(phrase, turn_for(grammar, gone, text)) == reply


def test_a_door_that_was_told_a_moment_ago(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    outcome = Outcome((CommandOutcome("cover.garage_door", Result.REFUSED, code="act.under_way"),))
    reply = "Big Gate was told a moment ago, and has not shown yet what it does"
    assert said(phrase, turn_for(grammar, home, "close the big gate", outcome=outcome)) == reply


def test_the_reply_runs_after_a_failure(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    class Broken:
        name, reads, writes, always = "act", ("plan",), ("outcome",), False

        def __call__(self, turn: Turn) -> Turn:
            raise StageError("act.broken", "x")

    turn = run(turn_for(grammar, home, "turn on the kitchen light"), [Broken(), phrase], clock=lambda: 0.0)
    assert turn.reply is not None
    assert turn.reply.text == "An unexpected error occurred"


@pytest.mark.parametrize("code", ["no_entity", "no_area", "no_floor", "too_wide", "no_value", "no_such_code"])
def test_every_refusal_has_words(phrase: Phrase, grammar: Grammar, home: HomeState, code: str) -> None:
    turn = turn_for(grammar, home, "turn off the lights", plan=Plan(refusal=Refusal(f"resolve.{code}", "Attic")))
    assert said(phrase, turn)


def test_what_the_home_does_not_tell_is_not_said(phrase: Phrase, grammar: Grammar) -> None:
    weather = HomeState.of([Entity("weather.home", "weather", "Home", state="sunny")])
    assert said(phrase, turn_for(grammar, weather, "what's the weather")) == "sunny"
    silent = HomeState.of([Entity("weather.home", "weather", "Home")])
    assert said(phrase, turn_for(grammar, silent, "what's the weather")) == "Sorry, I don't know that"


def test_a_name_is_never_run_as_a_template(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    turn = turn_for(grammar, home, "turn off the lights", plan=Plan(refusal=Refusal("resolve.no_entity", "{{ 7*7 }}")))
    assert "49" not in said(phrase, turn)


def test_states_in_words(home: HomeState) -> None:
    states = {entity_id: spoken_state(entity) for entity_id, entity in home.entities.items()}
    assert states["binary_sensor.front_door"] == "closed"
    assert states["sensor.outside"] == "7.5 °C"
    assert states["scene.movie"] == "unknown"


DOOR, OVEN = Command("lock.front_door", Verb.UNLOCK), Command("climate.thermostat", Verb.SET_TEMPERATURE)


@pytest.mark.parametrize(
    ("commands", "question", "done"),
    [
        ([DOOR], "Unlock the Front Door?", "Unlocked the Front Door"),
        ([Command("cover.garage_door", Verb.OPEN)], "Open the Big Gate?", "Opened the Big Gate"),
        (
            [replace(OVEN, args={"temperature": 200.0})],
            "Set the Thermostat to 200 degrees?",
            "Set the Thermostat to 200 degrees",
        ),
        (
            [Command("cover.garage_door", Verb.SET_POSITION, {"position": 50})],
            "Set the Big Gate to 50 percent?",
            "Set the Big Gate to 50 percent",
        ),
        (
            [DOOR, Command("light.kitchen", Verb.TURN_ON), Command("light.counter", Verb.TURN_ON)],
            "Unlock the Front Door and turn on the Kitchen Light and the Counter Light?",
            "Unlocked the Front Door and turned on the Kitchen Light and the Counter Light",
        ),
        (
            [Command("light.kitchen", Verb.NEXT)],
            "Skip to the next one on the Kitchen Light?",
            "Skipped to the next one on the Kitchen Light",
        ),
        (
            [Command("light.kitchen", Verb.SET_SPEED, {"speed": 5, "mode": "{x}"})],
            "Set the Kitchen Light to 5 percent?",
            "Set the Kitchen Light to 5 percent",
        ),
    ],
)
def test_questions_and_answers(
    phrase: Phrase, grammar: Grammar, home: HomeState, commands: list[Command], question: str, done: str
) -> None:
    asked = Plan(question="confirm", pending=tuple(commands))
    assert said(phrase, turn_for(grammar, home, "unlock the front door", plan=asked)) == question
    yes = Interpretation("EdgeYes", (), "yes", source="answer")
    turn = turn_for(grammar, home, "unlock the front door", interpretation=yes, plan=Plan(commands=tuple(commands)))
    assert said(phrase, turn) == done


def test_a_no_is_acknowledged(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    no = Interpretation("EdgeNo", (), "no", source="answer")
    turn = turn_for(grammar, home, "unlock the front door", interpretation=no, plan=Plan())
    assert said(phrase, turn) == "OK, I left it as it is"


def test_a_device_that_did_not_obey_after_a_yes_is_told_of(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    yes = Interpretation("EdgeYes", (), "yes", source="answer")
    outcome = Outcome((CommandOutcome("lock.front_door", Result.SILENT),))
    turn = turn_for(
        grammar, home, "unlock the front door", interpretation=yes, plan=Plan(commands=(DOOR,)), outcome=outcome
    )
    assert said(phrase, turn) == "Front Door did not answer"


def test_what_is_not_for_the_voice_is_told(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    refused = Plan(refusal=Refusal("resolve.not_allowed", "Big {Gate}"))
    assert said(phrase, turn_for(grammar, home, "turn off the lights", plan=refused)) == (
        "Sorry, Big {Gate} is not for the voice to change"
    )
    plan = Plan(commands=(Command("light.kitchen", Verb.TURN_OFF),), left_out=("light.counter",))
    assert said(phrase, turn_for(grammar, home, "turn off the lights", plan=plan)) == (
        "Turned off the lights in the Kitchen. Counter Light I left alone, as it is not for the voice to change"
    )


def test_a_question_about_states_is_answered_in_its_own_words(
    phrase: Phrase, grammar: Grammar, home: HomeState
) -> None:
    asked = turn_for(grammar, home, "is the heater on").plan
    assert asked is not None

    def reply(ids: str, **plan: tuple[str, ...]) -> str:
        said_so = Interpretation("EdgeChoice", (Slot("entities", ids),), "both", source="answer")
        made = turn_for(grammar, home, "is the heater on", interpretation=said_so, plan=Plan(**plan))
        return said(phrase, replace(made, asked=asked))

    heater_a, heater_b = asked.candidates
    assert reply(heater_a, unmatched=(heater_a,)) == "No, off"
    assert reply(f"{heater_a},{heater_b}", matched=(heater_b,), unmatched=(heater_a,)) == (
        "Heater in the Bedroom: No, off. Heater in the Garage: Yes"
    )


def test_a_choice_is_acknowledged_by_name(phrase: Phrase, grammar: Grammar, home: HomeState) -> None:
    chosen = Interpretation("EdgeChoice", (Slot("entities", "light.kitchen"),), "the first", source="answer")
    plan = Plan(commands=(Command("light.kitchen", Verb.TURN_ON),))
    turn = turn_for(grammar, home, "lock the front door", interpretation=chosen, plan=plan)
    assert said(phrase, turn) == "Turned on the Kitchen Light"
    refused = turn_for(
        grammar, home, "lock the front door", interpretation=chosen, plan=Plan(refusal=Refusal("resolve.no_choice"))
    )
    assert said(phrase, refused) == "Sorry, I still don't know which one you mean"
