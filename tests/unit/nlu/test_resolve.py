"""What is meant, in a home that is known: the plan for a sentence, and above all what is never done."""

from dataclasses import replace

import pytest

from edge.core.home import Entity, HomeState
from edge.core.turn import Command, Interpretation, Plan, Refusal, Slot, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.resolve import resolve


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


def plan(grammar: Grammar, text: str, home: HomeState) -> Plan | None:
    interpretation = grammar.interpret(text, home)
    return None if interpretation is None else resolve(interpretation, home)


def commands(*pairs: tuple[str, Verb]) -> Plan:
    return Plan(commands=tuple(Command(entity_id, verb) for entity_id, verb in pairs))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("turn on the kitchen light", commands(("light.kitchen", Verb.TURN_ON))),
        ("Turn on, please, the Kitchen Light!", commands(("light.kitchen", Verb.TURN_ON))),
        ("turn on the night's lamp", commands(("light.bedroom", Verb.TURN_ON))),
        ("turn on the nights lamp", commands(("light.bedroom", Verb.TURN_ON))),
        ("turn off the lights", commands(("light.kitchen", Verb.TURN_OFF), ("light.counter", Verb.TURN_OFF))),
        ("turn off the lights in the bedroom", commands(("light.bedroom", Verb.TURN_OFF))),
        ("turn on the lights upstairs", commands(("light.bedroom", Verb.TURN_ON))),
        ("turn off the bedroom fan", commands(("fan.bedroom", Verb.TURN_OFF))),
        ("lock the front door", commands(("lock.front_door", Verb.LOCK))),
        ("unlock the front door", commands(("lock.front_door", Verb.UNLOCK))),
        ("open the garage door", commands(("cover.garage_door", Verb.OPEN))),
        ("activate movie night", commands(("scene.movie", Verb.ACTIVATE))),
        ("turn on the heater in the garage", commands(("switch.heater_b", Verb.TURN_ON))),
        ("is the front door locked", Plan(matched=("lock.front_door",))),
        ("is the front door open", Plan(unmatched=("binary_sensor.front_door",))),
        ("what is the outside temperature", Plan(matched=("sensor.outside",))),
        ("what is the temperature in the hall", Plan(matched=("climate.thermostat",))),
        ("what time is it", Plan()),
    ],
)
def test_plans(grammar: Grammar, home: HomeState, text: str, expected: Plan) -> None:
    assert plan(grammar, text, home) == expected


@pytest.mark.parametrize(
    ("text", "verb", "entity_id", "args"),
    [
        ("set bedroom light brightness to 40 percent", Verb.TURN_ON, "light.bedroom", {"brightness": 40}),
        ("set bedroom light brightness to forty percent", Verb.TURN_ON, "light.bedroom", {"brightness": 40}),
        ("set the bedroom light to red", Verb.TURN_ON, "light.bedroom", {"color": "red"}),
        ("set the thermostat to 22 degrees", Verb.SET_TEMPERATURE, "climate.thermostat", {"temperature": 22}),
        ("set the big gate to 30 percent", Verb.SET_POSITION, "cover.garage_door", {"position": 30}),
        ("set bedroom fan speed to 60 percent", Verb.SET_SPEED, "fan.bedroom", {"speed": 60}),
    ],
)
def test_values(
    grammar: Grammar, home: HomeState, text: str, verb: Verb, entity_id: str, args: dict[str, object]
) -> None:
    made = plan(grammar, text, home)
    assert made is not None
    assert [(c.entity_id, c.verb, dict(c.args)) for c in made.commands] == [(entity_id, verb, args)]


def test_brightness_of_a_room_leaves_out_lights_that_cannot(grammar: Grammar, home: HomeState) -> None:
    made = plan(grammar, "set the kitchen brightness to 30 percent", home)
    assert made is not None
    assert [c.entity_id for c in made.commands] == ["light.kitchen"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("turn on the lights in the hall", "resolve.no_domain_in_area"),
        ("turn on the bedroom light in the garage", "resolve.no_entity_in_area"),
        ("open the curtains in the bedroom", "resolve.no_device_class_in_area"),
        ("cancel the timer", "resolve.no_timer"),
    ],
)
def test_refusals_act_on_nothing(grammar: Grammar, home: HomeState, text: str, code: str) -> None:
    made = plan(grammar, text, home)
    assert made is not None
    assert made.refusal is not None
    assert made.refusal.code == code
    assert made.commands == ()


def test_two_of_one_name_are_asked_about(grammar: Grammar, home: HomeState) -> None:
    made = plan(grammar, "turn on the heater", home)
    assert made is not None
    assert (made.question, made.candidates) == ("which", ("switch.heater_a", "switch.heater_b"))
    assert made.commands == ()
    assert made.pending == tuple(Command(one, Verb.TURN_ON) for one in made.candidates)


def test_two_of_one_name_and_one_of_them_here(grammar: Grammar, home: HomeState) -> None:
    made = plan(grammar, "turn on the heater", replace(home, mic_area="garage"))
    assert made == commands(("switch.heater_b", Verb.TURN_ON))


def test_lights_without_a_room_are_asked_about_and_never_all(grammar: Grammar, home: HomeState) -> None:
    made = plan(grammar, "turn off the lights", replace(home, mic_area=None))
    assert made is not None
    assert (made.question, made.candidates, made.commands, made.pending) == ("which_room", (), (), ())


def test_the_only_garage_door_is_meant_from_any_room_but_two_are_not(grammar: Grammar, home: HomeState) -> None:
    second = Entity(
        "cover.second", "cover", "Small Gate", area="garage", state="closed", attributes={"device_class": "garage"}
    )
    two = HomeState.of([*home.entities.values(), second], home.areas, home.floors, home.mic_area)
    made = plan(grammar, "open the garage door", two)
    assert made is not None
    assert made.commands == ()


@pytest.mark.parametrize(
    "slots",
    [
        (),
        (Slot("area", "Attic", "attic"),),
        (Slot("area", "Attic", "attic"), Slot("domain", "light")),
        (Slot("floor", "Third Floor", "third floor"), Slot("domain", "light")),
        (Slot("name", "Nobody", "nobody"),),
        (Slot("name", "Kitchen Light", "kitchen light"), Slot("area", "Attic", "attic")),
    ],
)
@pytest.mark.parametrize("intent", ["HassTurnOn", "HassTurnOff", "HassLightSet", "HassSetPosition"])
def test_what_is_unresolved_never_widens(home: HomeState, intent: str, slots: tuple[Slot, ...]) -> None:
    values = (Slot("brightness", 10), Slot("position", 10))
    made = resolve(Interpretation(intent, (*slots, *values), "x"), home)
    if slots:
        assert made.refusal is not None
        assert made.commands == ()
    elif intent in ("HassTurnOn", "HassTurnOff"):
        assert made.refusal == Refusal("resolve.too_wide")


@pytest.fixture(params=[(50, 250), (0, 250), (0, 30), (None, None)], ids=str)
def kitchen_with_oven(home: HomeState, request: pytest.FixtureRequest) -> HomeState:
    low, high = request.param
    limits = {"min_temp": low, "max_temp": high, "temperature_unit": "°C"}
    oven = Entity(
        "climate.oven",
        "climate",
        "Oven",
        area="kitchen",
        state="heat",
        attributes={"current_temperature": 180} | limits,
    )
    room = Entity(
        "sensor.k", "sensor", "Kitchen Air", area="kitchen", state="22", attributes={"device_class": "temperature"}
    )
    return HomeState.of([*home.entities.values(), oven, room], home.areas, home.floors, home.mic_area)


@pytest.mark.parametrize("text", ["set the kitchen temperature to 60 degrees", "set the temperature to 60 degrees"])
def test_the_temperature_of_a_room_is_never_set_at_its_oven(
    grammar: Grammar, kitchen_with_oven: HomeState, text: str
) -> None:
    made = plan(grammar, text, kitchen_with_oven)
    assert made is not None
    assert "climate.oven" not in [command.entity_id for command in made.commands]


def test_the_oven_is_set_when_it_is_named(grammar: Grammar, kitchen_with_oven: HomeState) -> None:
    made = plan(grammar, "set the oven to 80 degrees", kitchen_with_oven)
    assert made is not None
    assert [command.entity_id for command in made.commands] == ["climate.oven"]


def test_the_temperature_of_a_room_is_not_its_ovens(grammar: Grammar, kitchen_with_oven: HomeState) -> None:
    assert plan(grammar, "what is the temperature in the kitchen", kitchen_with_oven) == Plan(matched=("sensor.k",))


def test_whether_a_window_is_open_is_asked_of_its_contact(grammar: Grammar, home: HomeState) -> None:
    contact = {"device_class": "window"}
    windows = [
        Entity("binary_sensor.a", "binary_sensor", "Hall Window", area="hall", state="on", attributes=contact),
        Entity("binary_sensor.b", "binary_sensor", "Bath Window", area="bedroom", state="off", attributes=contact),
    ]
    with_windows = HomeState.of([*home.entities.values(), *windows], home.areas, home.floors, home.mic_area)
    asked = plan(grammar, "is any window open", with_windows)
    assert asked == Plan(matched=("binary_sensor.a",), unmatched=("binary_sensor.b",))


def test_an_intent_of_the_households_own_is_published(home: HomeState) -> None:
    assert resolve(Interpretation("BrewCoffee", (), "x"), home) == Plan(publish=True)


def test_what_configures_a_device_is_no_device_to_people(grammar: Grammar, home: HomeState) -> None:
    config = {"entity_category": "config"}
    led = Entity("light.led", "light", "Fridge Display", area="kitchen", state="on", attributes=config)
    kitchen = replace(home, entities={**home.entities, led.entity_id: led})
    found = plan(grammar, "turn off all the lights in the kitchen", kitchen)
    assert found == plan(grammar, "turn off all the lights in the kitchen", home)
    assert found == commands(("light.kitchen", Verb.TURN_OFF), ("light.counter", Verb.TURN_OFF))
    assert grammar.interpret("turn off the fridge display", kitchen) is None
    # The household's own name for it makes it one.
    called = replace(home, entities={**home.entities, led.entity_id: replace(led, aliases=("Cold Light",))})
    assert plan(grammar, "turn off the cold light", called) == commands(("light.led", Verb.TURN_OFF))


def test_a_lamp_s_firmware_has_the_lamp_s_name_and_is_not_asked_about(grammar: Grammar, home: HomeState) -> None:
    lamp = home.entities["light.kitchen"]
    firmware = Entity("update.kitchen", "update", lamp.name, state="on", attributes={"entity_category": "diagnostic"})
    kitchen = replace(home, entities={**home.entities, firmware.entity_id: firmware})
    for asked in (f"what is the state of the {lamp.name}", f"turn on the {lamp.name}"):
        assert plan(grammar, asked, kitchen) == plan(grammar, asked, home)


def test_an_alias_does_not_take_another_room_s_name(grammar: Grammar, home: HomeState) -> None:
    rooms = tuple(replace(a, aliases=("bedroom",)) if a.id == "kitchen" else a for a in home.areas)
    called = replace(home, areas=rooms)
    asked = "turn off the lights in the bedroom"
    assert plan(grammar, asked, called) == plan(grammar, asked, home)


def test_rooms_mean_the_members_of_a_group_not_the_group(grammar: Grammar, home: HomeState) -> None:
    more = {"group_members": ["light.kitchen", "light.bedroom"]}
    group = Entity("light.downstairs", "light", "All Downstairs", area="kitchen", state="on", attributes=more)
    grouped = replace(home, entities={**home.entities, group.entity_id: group})
    for asked in ("turn off the lights in the kitchen", "turn off all the lights"):
        assert plan(grammar, asked, grouped) == plan(grammar, asked, home)
    assert plan(grammar, "turn off all downstairs", grouped) == commands(("light.downstairs", Verb.TURN_OFF))


def test_an_alias_of_two_devices_is_asked_about(grammar: Grammar, home: HomeState) -> None:
    locks = [
        Entity(f"lock.{n}", "lock", f"Door {n}", aliases=("big door",), area="hall", state="unlocked") for n in "ab"
    ]
    two = replace(home, entities={**home.entities, **{lock.entity_id: lock for lock in locks}})
    assert plan(grammar, "lock the big door", two).question == "which"
