"""What a voice may do, from sentence to plan, and the answers to the questions."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core import codec
from edge.core.home import Entity, HomeState, Voice
from edge.core.pipeline import run
from edge.core.turn import AskedAbout, Command, Hypothesis, Plan, Turn, Utterance, Verb
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


DOOR = {"lock__front_door": Voice.GUARDED}
UNLOCK = Command("lock.front_door", Verb.UNLOCK)


def about(home: HomeState, *ids: str) -> tuple[AskedAbout, ...]:
    found = [home.entities[entity_id] for entity_id in ids]
    return tuple(AskedAbout(e.entity_id, e.names, e.area, e.device_class) for e in found)


def test_what_unlocks_is_asked(grammar: Grammar, home: HomeState) -> None:
    made = taken(grammar, with_voice(home, **DOOR), "unlock the front door").plan
    asked = about(home, "lock.front_door")
    assert made == Plan(question="confirm", pending=(UNLOCK,), candidates=("lock.front_door",), asked_about=asked)
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
        question="confirm",
        pending=commands[:2],
        candidates=("lock.front_door",),
        left_out=("light.counter",),
        asked_about=about(home, "light.kitchen", "lock.front_door"),
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
    made = guarded(plan(Command("light.kitchen", Verb(verb), args)), with_voice(home, light__kitchen=Voice.GUARDED))
    assert (made.question == "confirm") is asks


@pytest.mark.parametrize(
    ("verb", "args", "asks"),
    [
        ("turn_on", {}, True),
        ("turn_off", {}, True),
        ("open", {}, True),
        ("close", {}, True),
        ("stop", {}, True),
        ("pause", {}, True),
        ("dock", {}, True),
        ("set_position", {"position": 0}, True),
        ("set_mode", {"mode": "off"}, True),
        ("lock", {}, False),
        ("arm", {}, False),
    ],
)
def test_what_is_asked_where_the_household_says_confirm(
    home: HomeState, verb: str, args: dict[str, Any], asks: bool
) -> None:
    made = guarded(plan(Command("light.kitchen", Verb(verb), args)), with_voice(home, light__kitchen=Voice.CONFIRM))
    assert (made.question == "confirm") is asks


@pytest.fixture
def asked_plan(home: HomeState) -> Plan:
    return guarded(plan(UNLOCK), with_voice(home, **DOOR))


@pytest.mark.parametrize("text", ["yes", "Yes, please!", "do it", "OK", "go ahead"])
def test_a_yes_does_it(grammar: Grammar, home: HomeState, asked_plan: Plan, text: str) -> None:
    turn = taken(grammar, with_voice(home, **DOOR), text, asked=asked_plan)
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.interpretation.source) == (YES, "answer")
    assert turn.plan == plan(UNLOCK)


@pytest.mark.parametrize("text", ["no", "No thanks.", "never mind", "cancel", "don't"])
def test_a_no_leaves_it(grammar: Grammar, home: HomeState, asked_plan: Plan, text: str) -> None:
    turn = taken(grammar, home, text, asked=asked_plan)
    assert turn.interpretation is not None
    assert turn.interpretation.intent == NO
    assert turn.plan == Plan()


def test_anything_else_is_another_request(grammar: Grammar, home: HomeState, asked_plan: Plan) -> None:
    turn = taken(grammar, home, "turn on the kitchen light", asked=asked_plan)
    assert turn.plan == plan(Command("light.kitchen", Verb.TURN_ON))
    assert taken(grammar, home, "yes we can", asked=asked_plan).error == "understand.no_intent"


def test_a_yes_without_a_question_is_not_understood(grammar: Grammar, home: HomeState) -> None:
    assert taken(grammar, home, "yes").error == "understand.no_intent"
    assert taken(grammar, home, "no").error == "understand.no_intent"


def test_only_the_best_reading_can_say_yes(grammar: Grammar, home: HomeState, asked_plan: Plan) -> None:
    assert taken(grammar, home, "yet", "yes", asked=asked_plan).error == "understand.no_intent"
    refused = taken(grammar, home, "know", "no", asked=asked_plan)
    assert refused.interpretation is not None
    assert refused.interpretation.intent == NO
    assert taken(grammar, home, "yes", asked=asked_plan, confidence=0.4).error == "understand.low_confidence"
    unsure = taken(grammar, home, "no", asked=asked_plan, confidence=0.1)
    assert unsure.interpretation is not None
    assert unsure.interpretation.intent == NO, "a no does no harm"


def changed(home: HomeState, **change: Any) -> HomeState:
    door = replace(home.entities["lock.front_door"], **change)
    return replace(home, entities={**home.entities, "lock.front_door": door})


@pytest.mark.parametrize(
    ("change", "code"),
    [({"available": False}, "resolve.gone"), ({"voice": Voice.NEVER}, "resolve.not_allowed")],
)
def test_the_home_has_changed_since(home: HomeState, asked_plan: Plan, change: dict[str, Any], code: str) -> None:
    made = answered(YES, asked_plan, changed(home, **change))
    assert made.refusal is not None
    assert (made.refusal.code, made.commands) == (code, ())


def test_a_device_that_is_gone(home: HomeState, asked_plan: Plan) -> None:
    made = answered(YES, asked_plan, HomeState())
    assert made.refusal is not None
    assert made.refusal.code == "resolve.gone"
    half = replace(asked_plan, pending=(UNLOCK, Command("light.gone", Verb.TURN_ON)))
    assert not answered(YES, half, home).commands, "what was agreed to was the whole"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Back Door"},
        {"area": "kitchen"},
        {"area": None},
        {"aliases": ("garden door",)},
        {"attributes": {"device_class": "gate"}},
    ],
)
def test_another_device_has_the_id_by_now(home: HomeState, asked_plan: Plan, change: dict[str, Any]) -> None:
    made = answered(YES, asked_plan, changed(home, **change))
    assert made.refusal is not None
    assert (made.refusal.code, made.refusal.subject, made.commands) == ("resolve.gone", "Front Door", ())


def test_a_question_that_does_not_tell_of_what_is_agreed_to_by_nobody(home: HomeState) -> None:
    made = answered(YES, Plan(question="confirm", pending=(UNLOCK,)), home)
    assert made.refusal is not None
    assert not made.commands


@pytest.mark.parametrize(
    ("heard", "intent"),
    [
        ((("yes", 0.51), ("no", 0.49)), NO),
        ((("yes", 0.9), ("no thanks", 0.1)), NO),
        ((("turn on the kitchen light", 0.9), ("no", 0.1)), NO),
        ((("", 0.9), ("yes", 0.9)), YES),
        ((("yes", 0.6), ("yes please", 0.4)), YES),
        ((("yes", 0.51),), None),
        ((("yes", 0.51), ("turn on the kitchen light", 0.5)), None),
    ],
)
def test_a_no_counts_before_a_yes_and_a_yes_is_sure(
    grammar: Grammar, home: HomeState, asked_plan: Plan, heard: tuple[tuple[str, float], ...], intent: str | None
) -> None:
    turn = Turn("t", 0, home, Utterance(tuple(Hypothesis(*one) for one in heard)), asked=asked_plan)
    turn = run(turn, [Understand(lambda: grammar), Resolve()], clock=lambda: 0.0)
    assert (turn.interpretation.intent if turn.interpretation else None) == intent
    assert turn.error == ("" if intent else "understand.low_confidence")


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "nl", "xx", "en-GB"])
def test_answers_mean_one_thing(language: str) -> None:
    yes, no = answers(language)
    assert {answer(text, language) for text in yes} == {YES}
    assert {answer(text, language) for text in no} == {NO}
    assert not set(yes) & set(no)


def test_an_entity_that_is_not_in_the_home_is_nothing_to_ask_about() -> None:
    command = Command("light.x", Verb.TURN_ON)
    assert guarded(plan(command), HomeState.of([Entity("light.y", "light", "Y")])) == plan(command)
