"""What a voice may do, from sentence to plan, and the answers to the questions."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core import codec
from edge.core.home import Entity, HomeState, Voice
from edge.core.pipeline import run
from edge.core.turn import Command, Hypothesis, Plan, Turn, Utterance, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.policy import NO, YES, answer, answered, answers, guarded
from edge.nlu.resolve import Resolve
from edge.nlu.understand import Understand


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


def with_voice(home: HomeState, **voices: Voice) -> HomeState:
    """The home with the voice of some devices, `lock__front_door` for lock.front_door."""
    entities = {key.replace("__", "."): voice for key, voice in voices.items()}
    return replace(
        home,
        entities={i: replace(e, voice=entities.get(i, e.voice)) for i, e in home.entities.items()},
    )


def taken(grammar: Grammar, home: HomeState, *texts: str, asked: Plan | None = None, confidence: float = 1.0) -> Turn:
    heard = tuple(Hypothesis(text, confidence) for text in texts)
    turn = Turn("t", 0, home, Utterance(heard), asked=asked)
    return run(turn, [Understand(lambda: grammar), Resolve()], clock=lambda: 0.0)


def plan(*commands: Command) -> Plan:
    return Plan(commands=commands)


DOOR = {"lock__front_door": Voice.CONFIRM}
UNLOCK = Command("lock.front_door", Verb.UNLOCK)


def test_what_unlocks_is_asked(grammar: Grammar, home: HomeState) -> None:
    made = taken(grammar, with_voice(home, **DOOR), "unlock the front door").plan
    assert made == Plan(question="confirm", pending=(UNLOCK,), candidates=("lock.front_door",))
    assert codec.loads(Plan, codec.dumps(made)) == made


def test_what_locks_is_done(grammar: Grammar, home: HomeState) -> None:
    made = taken(grammar, with_voice(home, **DOOR), "lock the front door").plan
    assert made == plan(Command("lock.front_door", Verb.LOCK))


def test_what_is_never_touched_may_be_asked_about(grammar: Grammar, home: HomeState) -> None:
    guarded_home = with_voice(home, lock__front_door=Voice.NEVER)
    made = taken(grammar, guarded_home, "unlock the front door").plan
    assert made is not None
    assert made.refusal is not None
    assert (made.refusal.code, made.refusal.subject) == ("resolve.not_allowed", "Front Door")
    assert not made.commands
    asked = taken(grammar, guarded_home, "is the front door locked").plan
    assert asked is not None
    assert asked.matched == ("lock.front_door",)
    locked = taken(grammar, guarded_home, "lock the front door").plan
    assert locked is not None
    assert locked.refusal is not None, "not even what is safe"


def test_a_wider_request_leaves_out_what_is_never_touched(home: HomeState) -> None:
    commands = (Command("light.kitchen", Verb.TURN_OFF), Command("light.counter", Verb.TURN_OFF))
    made = guarded(plan(*commands), with_voice(home, light__counter=Voice.NEVER))
    assert made == Plan(commands=commands[:1], left_out=("light.counter",))


def test_a_mixed_request_waits_as_a_whole(home: HomeState) -> None:
    commands = (Command("light.kitchen", Verb.TURN_ON), UNLOCK, Command("light.counter", Verb.TURN_ON))
    made = guarded(plan(*commands), with_voice(home, **DOOR, light__counter=Voice.NEVER))
    assert made == Plan(
        question="confirm", pending=commands[:2], candidates=("lock.front_door",), left_out=("light.counter",)
    )
    assert answered(YES, made, home) == Plan(commands=commands[:2], left_out=("light.counter",))


@pytest.mark.parametrize(
    ("verb", "args", "asks"),
    [
        ("turn_on", {}, True),
        ("turn_off", {}, False),
        ("open", {}, True),
        ("close", {}, False),
        ("stop", {}, False),
        ("set_position", {"position": 100}, True),
        ("set_position", {"position": 0}, False),
        ("set_temperature", {"temperature": 200}, True),
        ("unlock", {}, True),
        ("lock", {}, False),
        ("press", {}, True),
        ("activate", {}, True),
    ],
)
def test_what_is_asked(home: HomeState, verb: str, args: dict[str, Any], asks: bool) -> None:
    made = guarded(plan(Command("light.kitchen", Verb(verb), args)), with_voice(home, light__kitchen=Voice.CONFIRM))
    assert (made.question == "confirm") is asks


ASKED = Plan(question="confirm", pending=(UNLOCK,), candidates=("lock.front_door",))


@pytest.mark.parametrize("text", ["yes", "Yes, please!", "do it", "OK", "go ahead"])
def test_a_yes_does_it(grammar: Grammar, home: HomeState, text: str) -> None:
    turn = taken(grammar, with_voice(home, **DOOR), text, asked=ASKED)
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.interpretation.source) == (YES, "answer")
    assert turn.plan == plan(UNLOCK)


@pytest.mark.parametrize("text", ["no", "No thanks.", "never mind", "cancel", "don't"])
def test_a_no_leaves_it(grammar: Grammar, home: HomeState, text: str) -> None:
    turn = taken(grammar, home, text, asked=ASKED)
    assert turn.interpretation is not None
    assert turn.interpretation.intent == NO
    assert turn.plan == Plan()


def test_anything_else_is_another_request(grammar: Grammar, home: HomeState) -> None:
    turn = taken(grammar, home, "turn on the kitchen light", asked=ASKED)
    assert turn.plan == plan(Command("light.kitchen", Verb.TURN_ON))
    assert taken(grammar, home, "yes we can", asked=ASKED).error == "understand.no_intent"


def test_a_yes_without_a_question_is_not_understood(grammar: Grammar, home: HomeState) -> None:
    assert taken(grammar, home, "yes").error == "understand.no_intent"
    assert taken(grammar, home, "no").error == "understand.no_intent"


def test_only_the_best_reading_can_say_yes(grammar: Grammar, home: HomeState) -> None:
    assert taken(grammar, home, "yet", "yes", asked=ASKED).error == "understand.no_intent"
    refused = taken(grammar, home, "know", "no", asked=ASKED)
    assert refused.interpretation is not None
    assert refused.interpretation.intent == NO
    assert taken(grammar, home, "yes", asked=ASKED, confidence=0.4).error == "understand.low_confidence"
    unsure = taken(grammar, home, "no", asked=ASKED, confidence=0.1)
    assert unsure.interpretation is not None
    assert unsure.interpretation.intent == NO, "a no does no harm"


def changed(home: HomeState, **change: Any) -> HomeState:
    door = replace(home.entities["lock.front_door"], **change)
    return replace(home, entities={**home.entities, "lock.front_door": door})


@pytest.mark.parametrize(
    ("change", "code"),
    [({"available": False}, "resolve.gone"), ({"voice": Voice.NEVER}, "resolve.not_allowed")],
)
def test_the_home_has_changed_since(home: HomeState, change: dict[str, Any], code: str) -> None:
    made = answered(YES, ASKED, changed(home, **change))
    assert made.refusal is not None
    assert (made.refusal.code, made.commands) == (code, ())


def test_a_device_that_is_gone(home: HomeState) -> None:
    made = answered(YES, ASKED, HomeState())
    assert made.refusal is not None
    assert made.refusal.code == "resolve.gone"
    half = Plan(question="confirm", pending=(UNLOCK, Command("light.gone", Verb.TURN_ON)))
    assert not answered(YES, half, home).commands, "what was agreed to was the whole"


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "nl", "xx", "en-GB"])
def test_answers_mean_one_thing(language: str) -> None:
    yes, no = answers(language)
    assert {answer(text, language) for text in yes} == {YES}
    assert {answer(text, language) for text in no} == {NO}
    assert not set(yes) & set(no)


def test_an_entity_that_is_not_in_the_home_is_nothing_to_ask_about() -> None:
    command = Command("light.x", Verb.TURN_ON)
    assert guarded(plan(command), HomeState.of([Entity("light.y", "light", "Y")])) == plan(command)
