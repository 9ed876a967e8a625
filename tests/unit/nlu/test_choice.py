"""The answer to "which one?": what is one, what it chooses, and what is done then."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from edge.core import codec
from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.core.pipeline import run
from edge.core.turn import Command, Hypothesis, Interpretation, Plan, Refusal, Slot, Turn, Utterance, Verb
from edge.nlu.choice import MAX_PREPARED, asking, waits
from edge.nlu.choice_reading import Answers
from edge.nlu.choice_words import choice_words, fixed
from edge.nlu.grammar import Grammar
from edge.nlu.policy import NO, answers
from edge.nlu.resolve import Resolve
from edge.nlu.understand import Understand

FLOOR, READING = "light.floor", "light.reading"
LEFT, RIGHT = "lock.left", "lock.right"
BED, GARAGE = "switch.bed_heater", "switch.garage_heater"


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


def thing(entity_id: str, name: str, area: str, state: str = "off", **attributes: object) -> Entity:
    return Entity(entity_id, entity_id.split(".", maxsplit=1)[0], name, area=area, state=state, attributes=attributes)


@pytest.fixture
def house() -> HomeState:
    heat = {"min_temp": 5, "max_temp": 30}
    return HomeState.of(
        [
            thing(FLOOR, "Floor Lamp", "living", "on", brightness=40),
            thing(READING, "Reading Lamp", "living", "on", brightness=60),
            thing("light.ceiling", "Ceiling Light", "living"),
            thing("light.kitchen", "Kitchen Light", "kitchen"),
            thing(BED, "Heater", "bedroom"),
            thing(GARAGE, "Heater", "garage", "on"),
            *(
                replace(thing(one, name, "hall", "locked"), aliases=("side door",), voice=Voice.GUARDED)
                for one, name in ((LEFT, "Left Door"), (RIGHT, "Right Door"))
            ),
            thing("climate.radiator", "Radiator", "bedroom", "heat", current_temperature=19, temperature=20, **heat),
            thing("climate.pump", "Heat Pump", "bedroom", "heat", current_temperature=21, temperature=22, **heat),
        ],
        [
            Area("living", "Living Room", "ground"),
            Area("kitchen", "Kitchen", "ground"),
            Area("bedroom", "Bedroom", "first"),
            Area("garage", "Garage", "ground"),
            Area("hall", "Hall", "ground", aliases=("entrance",)),
        ],
        [Floor("ground", "Ground Floor"), Floor("first", "First Floor")],
        mic_area="living",
    )


def talk(grammar: Grammar, home: HomeState, *said: str | Sequence[tuple[str, float]]) -> Turn:
    """The last turn of a talk; a question is asked of the next turn only, and from its record."""
    asked, turn = None, None
    for one in said:
        heard = tuple(Hypothesis(*h) for h in ([(one, 1.0)] if isinstance(one, str) else one))
        turn = Turn("t", 0, home, Utterance(heard), asked=asked)
        turn = run(turn, [Understand(lambda: grammar), Resolve()], clock=lambda: 0.0)
        asked = turn.plan if waits(turn.plan) else None
        assert codec.loads(Turn, codec.dumps(turn)) == turn
    assert turn is not None
    return turn


def plan(turn: Turn) -> Plan:
    assert turn.plan is not None
    return turn.plan


def done(turn: Turn) -> tuple[str, ...]:
    return tuple(command.entity_id for command in plan(turn).commands)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("the floor lamp", (FLOOR,)),
        ("Floor Lamp, please.", (FLOOR,)),
        ("floor", (FLOOR,)),
        ("the reading one", (READING,)),
        ("i mean the reading lamp", (READING,)),
        ("the first", (FLOOR,)),
        ("the second one", (READING,)),
        ("number two", (READING,)),
        ("the last one please", (READING,)),
        ("the latter", (READING,)),
        ("both", (FLOOR, READING)),
        ("both of them", (FLOOR, READING)),
        ("all of them", (FLOOR, READING)),
        ("the reading lamp and the floor lamp", (READING, FLOOR)),
        ("the first and the second", (FLOOR, READING)),
    ],
)
def test_what_chooses(grammar: Grammar, house: HomeState, said: str, chosen: tuple[str, ...]) -> None:
    turn = talk(grammar, house, "turn off the lamp", said)
    assert sorted(done(turn)) == sorted(chosen)
    assert {command.verb for command in plan(turn).commands} == {Verb.TURN_OFF}
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.interpretation.source) == ("EdgeChoice", "answer")
    assert turn.interpretation.slot("entities") == ",".join(chosen)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("the bedroom one", BED),
        ("in the garage", GARAGE),
        ("garage", GARAGE),
        ("the heater in the bedroom", BED),
        ("the bedroom heater", BED),
        ("upstairs", BED),
        ("the one downstairs", GARAGE),
        ("on the first floor", BED),
    ],
)
def test_two_of_one_name_are_told_apart_by_where_they_are(
    grammar: Grammar, house: HomeState, said: str, chosen: str
) -> None:
    assert done(talk(grammar, house, "turn on the heater", said)) == (chosen,)


@pytest.mark.parametrize("said", ["neither", "none of them", "neither one", "never mind", "no", "no thanks"])
def test_none_of_them(grammar: Grammar, house: HomeState, said: str) -> None:
    turn = talk(grammar, house, "turn off the lamp", said)
    assert turn.interpretation is not None
    assert turn.interpretation.intent == NO
    assert plan(turn) == Plan()


@pytest.mark.parametrize(
    "said", ["all three", "the third one", "kitchen", "the kitchen light", "the lamp", "the living room one", "yes"]
)
def test_what_fits_none_or_two_is_asked_again_once(grammar: Grammar, house: HomeState, said: str) -> None:
    asked = plan(talk(grammar, house, "turn off the lamp"))
    once = plan(talk(grammar, house, "turn off the lamp", said))
    assert once == replace(asked, question="which_again")
    assert done(talk(grammar, house, "turn off the lamp", said, "floor")) == (FLOOR,)
    twice = plan(talk(grammar, house, "turn off the lamp", said, said))
    assert twice.refusal is not None
    assert (twice.refusal.code, twice.question, waits(twice)) == ("resolve.no_choice", None, False)


def test_a_request_is_no_answer(grammar: Grammar, house: HomeState) -> None:
    assert done(talk(grammar, house, "turn off the lamp", "turn on the kitchen light")) == ("light.kitchen",)
    assert talk(grammar, house, "turn off the lamp", "purple elephants").error == "understand.no_intent"
    assert talk(grammar, house, "turn off the lamp", "not the floor lamp").plan is None


@pytest.mark.parametrize(
    ("heard", "chosen"),
    [
        ((("the floor lamp", 0.6), ("turn on the kitchen light", 0.5)), (FLOOR,)),
        ((("the flaw lamb", 0.6), ("the floor lamp", 0.55)), (FLOOR,)),
        ((("the garage", 0.6), ("the reading lamp", 0.55)), (READING,)),
        ((("turn on the kitchen light", 0.6), ("the floor lamp", 0.55)), ("light.kitchen",)),
        ((("the floor lamp", 0.9), ("neither", 0.1)), ()),
    ],
)
def test_among_several_readings(
    grammar: Grammar, house: HomeState, heard: Sequence[tuple[str, float]], chosen: tuple[str, ...]
) -> None:
    assert done(talk(grammar, house, "turn off the lamp", heard)) == chosen


def test_an_answer_that_was_hardly_heard_does_nothing(grammar: Grammar, house: HomeState) -> None:
    turn = talk(grammar, house, "turn off the lamp", [("the floor lamp", 0.45)])
    assert (turn.error, turn.plan) == ("understand.low_confidence", None)


def test_a_yes_chooses_where_one_thing_was_asked_about(house: HomeState, grammar: Grammar) -> None:
    off = Command(FLOOR, Verb.TURN_OFF)
    asked = asking([FLOOR], [off], house)
    for confidence, made in ((1.0, (off,)), (0.52, None)):
        turn = Turn("t", 0, house, Utterance((Hypothesis("yes please", confidence),)), asked=asked)
        turn = run(turn, [Understand(lambda: grammar), Resolve()], clock=lambda: 0.0)
        assert (turn.plan.commands if turn.plan else None) == made


def test_a_lock_still_needs_its_yes(grammar: Grammar, house: HomeState) -> None:
    chosen = plan(talk(grammar, house, "unlock the side door", "the left one"))
    assert (chosen.question, chosen.candidates, chosen.commands) == ("confirm", (LEFT,), ())
    assert done(talk(grammar, house, "unlock the side door", "the left one", "yes")) == (LEFT,)
    assert done(talk(grammar, house, "unlock the side door", "both", "yes")) == (LEFT, RIGHT)
    assert not done(talk(grammar, house, "unlock the side door", "the left one", "no"))
    assert not done(talk(grammar, house, "unlock the side door", "yes"))


def test_what_no_voice_may_touch_is_not_chosen(grammar: Grammar, house: HomeState) -> None:
    never = replace(house, entities=dict(house.entities) | {LEFT: replace(house.entities[LEFT], voice=Voice.NEVER)})
    made = plan(talk(grammar, never, "unlock the side door", "left"))
    assert made.refusal is not None
    assert made.refusal.code == "resolve.not_allowed"


def test_questions_about_states(grammar: Grammar, house: HomeState) -> None:
    one = plan(talk(grammar, house, "is the heater on", "the garage one"))
    assert (one.matched, one.unmatched) == ((GARAGE,), ())
    both = plan(talk(grammar, house, "is the heater on", "both"))
    assert (both.matched, both.unmatched) == ((GARAGE,), (BED,))


def test_each_candidate_keeps_its_own_command(grammar: Grammar, house: HomeState) -> None:
    turn = talk(grammar, house, "make the bedroom two degrees warmer", "the heat pump")
    assert plan(turn).commands == (Command("climate.pump", Verb.SET_TEMPERATURE, {"temperature": 24}),)


def test_the_other_parts_of_a_request_wait_with_it(grammar: Grammar, house: HomeState) -> None:
    one = "turn on the heater and turn on the kitchen light"
    assert done(talk(grammar, house, one, "in the garage")) == (GARAGE, "light.kitchen")
    own = "turn on the heater in the bedroom and turn on the heater"
    assert set(done(talk(grammar, house, own, "in the garage"))) == {BED, GARAGE}
    two = "turn off the lamp and turn on the heater"
    assert plan(talk(grammar, house, two, "floor")).candidates == (BED, GARAGE)
    assert done(talk(grammar, house, two, "floor", "bedroom")) == (FLOOR, BED)
    assert done(talk(grammar, house, two, "both", "bedroom")) == (FLOOR, READING, BED)


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        ("kitchen", ("light.kitchen",)),
        ("in the kitchen", ("light.kitchen",)),
        ("the living room lights", (FLOOR, READING, "light.ceiling")),
        ("ground floor", (FLOOR, READING, "light.ceiling", "light.kitchen")),
        ("downstairs", (FLOOR, READING, "light.ceiling", "light.kitchen")),
    ],
)
def test_the_room_is_put_into_the_request(
    grammar: Grammar, house: HomeState, said: str, moved: tuple[str, ...]
) -> None:
    nowhere = replace(house, mic_area=None)
    assert done(talk(grammar, nowhere, "turn off the lights", said)) == moved


def test_a_room_that_fits_nothing(grammar: Grammar, house: HomeState) -> None:
    nowhere = replace(house, mic_area=None)
    empty = plan(talk(grammar, nowhere, "turn off the lights", "the entrance"))
    assert empty.refusal is not None
    assert empty.refusal.code == "resolve.no_domain_in_area"
    for said in ("the floor lamp", "all of them", "yes"):
        again = plan(talk(grammar, nowhere, "turn off the lights", said))
        assert (again.question, again.commands) == ("which_room_again", ())
        assert done(talk(grammar, nowhere, "turn off the lights", said, "kitchen")) == ("light.kitchen",)


def test_rooms_of_one_name_are_told_apart_by_their_floors(grammar: Grammar) -> None:
    twins = HomeState.of(
        [thing("light.up", "Mirror", "up"), thing("light.down", "Basin", "down")],
        [Area("up", "Bathroom", "first"), Area("down", "Bathroom", "ground"), Area("den", "Den", "ground")],
        [Floor("ground", "Ground Floor"), Floor("first", "First Floor")],
    )
    request = "turn on the lights in the bathroom"
    assert plan(talk(grammar, twins, request)).question == "which_room"
    assert done(talk(grammar, twins, request, "upstairs")) == ("light.up",)
    assert done(talk(grammar, twins, request, "ground floor")) == ("light.down",)
    assert plan(talk(grammar, twins, request, "the bathroom")).question == "which_room_again"


def changed(home: HomeState, entity_id: str, **change: Any) -> HomeState:
    return replace(home, entities=dict(home.entities) | {entity_id: replace(home.entities[entity_id], **change)})


@pytest.mark.parametrize("request_text", ["turn on the heater", "is the heater on"])
@pytest.mark.parametrize("change", [{"name": "Boiler"}, {"area": "kitchen"}, None])
def test_a_candidate_that_is_another_device_by_now(
    grammar: Grammar, house: HomeState, request_text: str, change: dict[str, Any] | None
) -> None:
    asked = plan(talk(grammar, house, request_text))
    now = changed(house, BED, **change) if change else HomeState.of(e for e in house.entities.values() if e.name == "x")
    said = Interpretation("EdgeChoice", (Slot("entities", BED),), "the first", source="answer")
    turn = Resolve()(Turn("t", 0, now, Utterance(()), asked=asked, interpretation=said))
    assert plan(turn) == Plan(refusal=Refusal("resolve.gone", "Heater"))


def test_many_are_not_counted_off(grammar: Grammar) -> None:
    many = HomeState.of(
        [thing(f"light.{n}", f"{n} Lamp", "den") for n in ("Red", "Blue", "Green", "White", "Black")],
        [Area("den", "Den")],
        mic_area="den",
    )
    assert plan(talk(grammar, many, "turn on the lamp", "the second one")).question == "which_again"
    assert done(talk(grammar, many, "turn on the lamp", "the green one")) == ("light.Green",)
    assert len(done(talk(grammar, many, "turn on the lamp", "all of them"))) == 5


def test_of_very_many_the_chosen_one_is_worked_out_afterwards(grammar: Grammar) -> None:
    many = HomeState.of(
        [replace(thing(f"light.{n}", "Lamp", f"r{n}"), aliases=(f"spot {n}",)) for n in range(MAX_PREPARED + 1)],
        [Area(f"r{n}", f"Room {n}") for n in range(MAX_PREPARED + 1)],
    )
    asked = plan(talk(grammar, many, "turn on the lamp"))
    assert (asked.question, asked.pending) == ("which", ())
    assert done(talk(grammar, many, "turn on the lamp", "room 3")) == ("light.3",)


def test_an_order_that_contradicts_a_name_is_asked_about(grammar: Grammar) -> None:
    turned = HomeState.of(
        [thing("light.b", "Second Lamp", "den"), thing("light.a", "First Lamp", "den")],
        [Area("den", "Den")],
        mic_area="den",
    )
    assert plan(talk(grammar, turned, "turn on the lamp", "the second one")).question == "which_again"
    assert done(talk(grammar, turned, "turn on the lamp", "the second lamp")) == ("light.b",)


def test_a_question_without_what_it_takes_is_not_answered(house: HomeState) -> None:
    bare = Plan(question="which", candidates=(FLOOR, READING))
    assert not waits(bare)
    said = Interpretation("EdgeChoice", (Slot("entities", FLOOR),), "floor", source="answer")
    known = replace(bare, asked_about=asking((FLOOR,), (), house).asked_about)
    turn = Resolve()(Turn("t", 0, house, Utterance(()), asked=known, interpretation=said))
    assert plan(turn).refusal is not None
    assert not plan(turn).commands


LANGUAGES = {
    "de": ("die stehlampe", "die zweite", "beide", "keine von beiden", "die im garten"),
    "es": ("la stehlampe", "la segunda", "las dos", "ninguna", "la del garten"),
    "fr": ("la stehlampe", "la deuxième", "les deux", "aucune", "celle du garten"),
    "it": ("la stehlampe", "la seconda", "tutte e due", "nessuna", "quella del garten"),
    "nl": ("de stehlampe", "de tweede", "allebei", "geen van beide", "die in de garten"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages(language: str) -> None:
    home = HomeState.of(
        [thing("light.a", "Stehlampe", "den"), thing("light.b", "Leselampe", "garden")],
        [Area("den", "Salon"), Area("garden", "Garten")],
    )
    asked = asking(["light.a", "light.b"], [Command(one, Verb.TURN_ON) for one in home.entities], home)
    read = Answers(asked, home, language, lambda _: False)
    name, second, both, none, room = (read.choice(text) for text in LANGUAGES[language])
    chosen = [one and one.slot("entities") for one in (name, second, both, room)]
    assert chosen == ["light.a", "light.b", "light.a,light.b", "light.b"]
    assert none is not None
    assert none.intent == NO


@pytest.mark.parametrize("language", ["en", *LANGUAGES, "xx", "en-GB"])
def test_answers_mean_one_thing(language: str) -> None:
    known, (yes, no) = choice_words(language), answers(language)
    ways = [*known.every, *known.neither, *known.last, *yes, *no]
    ways += [one for phrases in (*known.every_of.values(), *known.ordinals) for one in phrases]
    assert len(ways) == len(set(ways))
    home = HomeState.of([thing("light.a", "A", "x"), thing("light.b", "B", "x")])
    asked = asking(home.entities, [Command(one, Verb.TURN_ON) for one in home.entities], home)
    read = Answers(asked, home, language, lambda _: False)
    assert all(read.choice(text) is not None for way in fixed(language) for text in way if text not in known.levels)
