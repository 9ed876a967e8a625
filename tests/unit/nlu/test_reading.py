"""What is understood beyond the grammar: put plainly, several requests at once, all but some; and what must not be."""

import datetime as dt
from dataclasses import replace

import pytest

from edge.core.home import Area, Entity, HomeState, Voice
from edge.core.text import words
from edge.core.turn import Command, Plan, Refusal, Turn, Utterance, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.paraphrase import HomeWords, tidy
from edge.nlu.policy import guarded
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.reply.phrase import Phrase


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Grammar("en"))


def plan(reader: Reader, text: str, home: HomeState) -> Plan | None:
    interpretation = reader.interpret(text, home)
    return None if interpretation is None else resolve(interpretation, home)


def commands(*pairs: tuple[str, Verb]) -> Plan:
    return Plan(commands=tuple(Command(entity_id, verb) for entity_id, verb in pairs))


KITCHEN_OFF = (("light.kitchen", Verb.TURN_OFF), ("light.counter", Verb.TURN_OFF))
BEDROOM_OFF = ("light.bedroom", Verb.TURN_OFF)
LOCKED = ("lock.front_door", Verb.LOCK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hey, could you um turn on the the bedroom light please? Thanks!", commands(("light.bedroom", Verb.TURN_ON))),
        ("turn off the light in the bedroom right now", commands(BEDROOM_OFF)),
        ("turn off the kitchen and bedroom lights", commands(*KITCHEN_OFF, BEDROOM_OFF)),
        ("turn off the lights in the kitchen and the bedroom", commands(*KITCHEN_OFF, BEDROOM_OFF)),
        (
            "turn off the kitchen and bedroom lights and lock the front door",
            commands(*KITCHEN_OFF, BEDROOM_OFF, LOCKED),
        ),
        ("lock the front door, then turn off the bedroom light", commands(LOCKED, BEDROOM_OFF)),
        ("turn the bedroom light and the bedroom fan off", commands(BEDROOM_OFF, ("fan.bedroom", Verb.TURN_OFF))),
        ("turn off the bedroom light and the bedroom fan", commands(BEDROOM_OFF, ("fan.bedroom", Verb.TURN_OFF))),
        ("turn off all the lights except the kitchen", commands(BEDROOM_OFF)),
        ("turn off all the lights but not in the bedroom", commands(*KITCHEN_OFF)),
        (
            "turn off all the lights except for the kitchen and the bedroom",
            Plan(refusal=Refusal("resolve.no_domain", "light")),
        ),
    ],
)
def test_plans(reader: Reader, home: HomeState, text: str, expected: Plan) -> None:
    assert plan(reader, text, home) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "and",
        "and and and",
        "turn on the bedroom light and",
        "turn on the bedroom light and sing a song",
        "turn on the bedroom light and do not lock the front door",
        "do not turn on the bedroom light",
        "please do not turn on the bedroom light thanks",
        "the bedroom light and the front door",
        "turn off the lights in the cellar",
        "turn off the kitchen and cellar lights",
        "turn off the kitchen lights and the lights in the cellar",
        "turn on",
        "turn the",
        "I told him to turn on the bedroom light and he did",
        "schalte das licht in der küche aus und schließe die tür ab",
        "turn on the bedroom light " * 8,
    ],
)
def test_what_is_not_understood_whole_is_not_understood(reader: Reader, home: HomeState, text: str) -> None:
    assert reader.interpret(text, home) is None


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("turn off all the lights except the cellar", Refusal("resolve.no_entity", "cellar")),
        ("turn off all the lights except the bedroom and the cellar", Refusal("resolve.no_entity", "cellar")),
        ("turn on the bedroom light and turn off the bedroom light", Refusal("resolve.not_supported")),
    ],
)
def test_refused(reader: Reader, home: HomeState, text: str, refusal: Refusal) -> None:
    assert plan(reader, text, home) == Plan(refusal=refusal)


def test_one_part_that_cannot_be_done_stops_the_whole(reader: Reader, home: HomeState) -> None:
    made = plan(reader, "turn off the bedroom light and turn off the fan in the kitchen", home)
    assert made is not None
    assert not made.commands
    assert made.refusal is not None


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("please please turn it off thank you very much", "turn it off"),
        ("thanks", "thanks"),
        ("please thanks", "thanks"),
        ("turn off the tv for me right now", "turn off the tv"),
    ],
)
def test_courtesy(said: str, left: str) -> None:
    assert " ".join(tidy(words(said))) == left


def test_a_device_is_known_by_its_name_within_its_room(home: HomeState) -> None:
    known = HomeWords(home)
    assert known.named(tuple(words("turn on the light in the bedroom"))) == ("turn", "on", "the", "bedroom", "light")
    untouched = tuple(words("turn on the light in the cellar"))
    assert known.named(untouched) == untouched


def test_a_request_of_which_one_part_needs_a_yes_waits_as_a_whole(reader: Reader, home: HomeState) -> None:
    door = replace(home.entities["lock.front_door"], voice=Voice.CONFIRM)
    marked = HomeState.of(
        [door if e.entity_id == door.entity_id else e for e in home.entities.values()],
        home.areas,
        home.floors,
        "kitchen",
    )
    made = plan(reader, "turn off the bedroom light and unlock the front door", marked)
    assert made is not None
    asked = guarded(made, marked)
    assert (asked.question, asked.commands, len(asked.pending)) == ("confirm", (), 2)


def test_a_hostile_home_is_read_like_any_other(reader: Reader) -> None:
    names = [
        "",
        "🙂",
        "and",
        "all lights",
        "{name}",
        "<light> [x]",
        "' OR 1=1 --",
        "{{ 7*7 }}",
        "x" * 300,
        "a\x00b",
    ]
    home = HomeState.of(
        [Entity(f"light.n{at}", "light", name, area="a", state="on") for at, name in enumerate(names)],
        [Area("a", "and"), Area("b", "")],
        mic_area="a",
    )
    for text in (
        "turn off and and and",
        "turn off all the lights except the",
        "turn off {name}",
        "turn on 🙂",
        "\x00",
        "and",
    ):
        found = reader.interpret(text, home)
        made = resolve(found, home) if found else Plan()
        assert len(made.commands) <= 1, text
    assert reader.interpret("turn off the lights", HomeState()) is not None


def test_the_reply_says_all_that_was_done(reader: Reader, home: HomeState) -> None:
    interpretation = reader.interpret("turn off the bedroom light and lock the front door", home)
    assert interpretation is not None
    made = resolve(interpretation, home)
    turn = Turn("t", 0, home, Utterance(()), interpretation=interpretation, plan=made)
    phrase = Phrase(lambda: reader.grammar.responses, now=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    reply = phrase(turn).reply
    assert reply is not None
    assert reply.text == "Turned off the Bedroom Light and locked the Front Door"
