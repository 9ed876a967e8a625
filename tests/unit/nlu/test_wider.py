"""What is asked and wanted beside Home Assistant's own sentences, down to the plan."""

from dataclasses import replace

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.core.turn import Command, Plan, Refusal, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.nlu.wider import wider_sentences


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Grammar("en"))


def sensor(name: str, kind: str, state: str, area: str, domain: str = "binary_sensor") -> Entity:
    entity_id = f"{domain}.{name.lower().replace(' ', '_')}_{kind}"
    return Entity(entity_id, domain, name, area=area, state=state, attributes={"device_class": kind})


@pytest.fixture
def sensing() -> HomeState:
    return HomeState.of(
        [
            sensor("Hall Motion", "motion", "on", "hall"),
            sensor("Loft Motion", "motion", "off", "loft"),
            sensor("Hall Window", "window", "on", "hall"),
            sensor("Garden Door", "door", "off", "hall"),
            sensor("Garden Door", "lock", "on", "hall"),
            sensor("Garden Door Battery", "battery", "12", "hall", "sensor"),
            sensor("Loft Battery", "battery", "80", "loft", "sensor"),
            sensor("Button", "battery", "on", "loft"),
            sensor("Cellar Leak", "moisture", "off", "cellar"),
            sensor("Meter", "power", "420", "cellar", "sensor"),
            sensor("Loft Air", "humidity", "55", "loft", "sensor"),
            Entity(
                "cover.shed", "cover", "Shed Gate", area="hall", state="closed", attributes={"device_class": "gate"}
            ),
            Entity("device_tracker.ada", "device_tracker", "Ada", state="home"),
            Entity("device_tracker.kim", "device_tracker", "Kim", state="not_home"),
        ],
        [Area("hall", "Hall"), Area("loft", "Loft"), Area("cellar", "Cellar")],
        mic_area="hall",
    )


def plan(reader: Reader, text: str, home: HomeState) -> Plan | None:
    interpretation = reader.interpret(text, home)
    return None if interpretation is None else resolve(interpretation, home)


@pytest.mark.parametrize(
    ("text", "matched", "unmatched"),
    [
        ("is any motion sensor triggered", {"Hall Motion"}, {"Loft Motion"}),
        ("is there any movement in the loft", set(), {"Loft Motion"}),
        ("is anybody in the hall", {"Hall Motion"}, set()),
        ("is anyone in the loft", set(), {"Loft Motion"}),
        ("is anybody home", {"Ada"}, {"Kim"}),
        ("who is in the house", {"Ada"}, {"Kim"}),
        ("is Kim at home", set(), {"Kim"}),
        ("is anything open", {"Hall Window"}, {"Garden Door", "Shed Gate"}),
        ("what is open in the hall", {"Hall Window"}, {"Garden Door", "Shed Gate"}),
        ("is everything closed", {"Garden Door", "Shed Gate"}, {"Hall Window"}),
        ("which batteries are low", {"Garden Door Battery", "Button"}, {"Loft Battery"}),
        ("are all water sensors dry", {"Cellar Leak"}, set()),
        ("is there a leak in the cellar", set(), {"Cellar Leak"}),
        ("what is the power measured by the meter", {"Meter"}, set()),
        ("what is the battery of the garden door", {"Garden Door Battery"}, set()),
        ("what is the humidity in the loft", {"Loft Air"}, set()),
    ],
)
def test_questions(reader: Reader, sensing: HomeState, text: str, matched: set[str], unmatched: set[str]) -> None:
    made = plan(reader, text, sensing)
    assert made is not None
    assert {sensing.entities[i].name for i in made.matched} == matched
    assert {sensing.entities[i].name for i in made.unmatched} == unmatched
    assert not made.commands


@pytest.mark.parametrize(
    ("text", "entity_id"),
    [
        ("is the garden door open", "binary_sensor.garden_door_door"),
        ("is the garden door unlocked", "binary_sensor.garden_door_lock"),
    ],
)
def test_the_word_for_the_state_tells_which_sensor_of_a_name(
    reader: Reader, sensing: HomeState, text: str, entity_id: str
) -> None:
    made = plan(reader, text, sensing)
    assert made is not None
    assert (*made.matched, *made.unmatched) == (entity_id,)


LIGHT = Entity("light.lamp", "light", "Lamp", area="hall", state="on", attributes={"brightness": 50})
HEATING = Entity(
    "climate.hall", "climate", "Hall Heating", area="hall", state="heat", attributes={"temperature": 20, "max_temp": 30}
)
PLAYER = Entity("media_player.radio", "media_player", "Radio", area="hall", state="playing", attributes={"volume": 30})
HALL = HomeState.of([LIGHT, HEATING, PLAYER], [Area("hall", "Hall"), Area("loft", "Loft")], mic_area="hall")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("make the lamp a bit brighter", Command("light.lamp", Verb.TURN_ON, {"brightness": 70})),
        ("dim the hall lights a little", Command("light.lamp", Verb.TURN_ON, {"brightness": 30})),
        ("make it darker in here", Command("light.lamp", Verb.TURN_ON, {"brightness": 30})),
        ("two degrees warmer in the hall", Command("climate.hall", Verb.SET_TEMPERATURE, {"temperature": 22})),
        ("three degrees cooler", Command("climate.hall", Verb.SET_TEMPERATURE, {"temperature": 17})),
        ("make the hall a bit cooler", Command("climate.hall", Verb.SET_TEMPERATURE, {"temperature": 19})),
        ("make it ten degrees warmer", Command("climate.hall", Verb.SET_TEMPERATURE, {"temperature": 30})),
        ("turn the radio up a bit", Command("media_player.radio", Verb.CHANGE_VOLUME, {"step": 10})),
        ("make the radio quieter", Command("media_player.radio", Verb.CHANGE_VOLUME, {"step": -10})),
    ],
)
def test_more_and_less(reader: Reader, text: str, command: Command) -> None:
    assert plan(reader, text, HALL) == Plan(commands=(command,))


def test_what_is_not_told_is_not_changed_by_steps(reader: Reader) -> None:
    unknown = replace(HEATING, attributes={})
    home = HomeState.of([unknown, replace(LIGHT, state="off")], HALL.areas, mic_area="hall")
    assert plan(reader, "two degrees warmer", home) == Plan(
        refusal=Refusal("resolve.feature_not_supported", "Hall Heating")
    )
    darker = plan(reader, "make the lamp darker", home)
    assert darker is not None
    assert darker.refusal is not None
    brighter = plan(reader, "make the lamp brighter", home)
    assert brighter == Plan(commands=(Command("light.lamp", Verb.TURN_ON, {"brightness": 20}),))


@pytest.mark.parametrize("text", ["brighter", "a bit more", "make it darker", "two degrees", "warmer than yesterday"])
def test_more_of_nothing_is_not_understood(reader: Reader, text: str) -> None:
    made = plan(reader, text, HALL)
    assert made is None or not any(command.entity_id == "light.lamp" for command in made.commands)


def test_the_lamp_is_one_of_the_lights(reader: Reader) -> None:
    ceiling = Entity("light.ceiling", "light", "Ceiling Light", area="hall", state="off")
    one = HomeState.of([replace(LIGHT, name="Floor Lamp"), ceiling], HALL.areas, mic_area="hall")
    assert plan(reader, "turn off the lamp", one) == Plan(commands=(Command("light.lamp", Verb.TURN_OFF),))
    other = Entity("light.desk", "light", "Desk Lamp", area="hall", state="off")
    two = HomeState.of([*one.entities.values(), other], HALL.areas, mic_area="hall")
    asked = plan(reader, "turn off the lamp", two)
    assert asked is not None
    assert (asked.question, set(asked.candidates)) == ("which", {"light.lamp", "light.desk"})
    whole = plan(reader, "turn off the lights", two)
    assert whole is not None
    assert len(whole.commands) == 3


def test_all_lights_of_a_room_are_no_question(reader: Reader) -> None:
    assert plan(reader, "all lights off in the hall", HALL) == Plan(commands=(Command("light.lamp", Verb.TURN_OFF),))


def test_an_alias_means_its_own_device_where_two_share_a_name(reader: Reader) -> None:
    home = HomeState.of(
        [
            Entity("light.a", "light", "Big Light", area="hall", state="off"),
            Entity("light.b", "light", "Big Light", aliases=("The Moon",), area="loft", state="off"),
        ],
        HALL.areas,
        mic_area="hall",
    )
    assert plan(reader, "turn on the moon", home) == Plan(commands=(Command("light.b", Verb.TURN_ON),))
    assert plan(reader, "turn on the big light in the loft", home) == Plan(commands=(Command("light.b", Verb.TURN_ON),))


def test_a_language_without_wider_sentences_has_none() -> None:
    assert wider_sentences("de", {}) is None
    home = HomeState.of([Entity("light.x", "light", "Lampe", area="hall")], HALL.areas, mic_area="hall")
    assert Reader(Grammar("de")).interpret("turn off the lamp and the lampe please", home) is None
