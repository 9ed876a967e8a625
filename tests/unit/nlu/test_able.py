"""What devices can do beside Home Assistant's sentences, how people put it, and "everything": down to the plan."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.core.turn import Command, Plan, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.policy import guarded
from edge.nlu.reading import Reader
from edge.nlu.resolve import resolve
from edge.reply.actions import counted, done
from edge.reply.states import spoken_setting


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Grammar("en"))


def thing(entity_id: str, name: str, area: str | None = None, state: str | None = "on", **attributes: Any) -> Entity:
    return Entity(entity_id, entity_id.partition(".")[0], name, area=area, state=state, attributes=attributes)


@pytest.fixture
def home() -> HomeState:
    alarm = thing("alarm_control_panel.house", "House Alarm", "hall", "disarmed")
    return HomeState.of(
        [
            replace(alarm, voice=Voice.GUARDED),
            replace(thing("lock.front", "Front Door", "hall", "locked"), voice=Voice.GUARDED),
            thing("cover.den", "Den Blinds", "den", "open", device_class="blind", position=40),
            thing("number.pump", "Pool Pump Speed", "garden", "10", min=0, max=100),
            thing("select.wash", "Washing Mode", "cellar", "cotton", options=["cotton", "Eco 40-60", "eco"]),
            thing(
                *("climate.den", "Den Thermostat", "den", "heat"),
                modes=["off", "heat", "heat_cool", "auto"],
                preset_modes=["eco", "away"],
                fan_modes=["low", "high", "auto"],
                temperature=21,
                current_temperature=20.5,
            ),
            thing("climate.cooler", "Air Conditioner", "den", "off", modes=["off", "cool"], current_temperature=20),
            thing("fan.den", "Den Fan", "den", "on", preset_modes=["sleep", "breeze"], speed=40),
            thing("humidifier.hall", "Hall Humidifier", "hall", "on", modes=["silent", "boost"]),
            thing("update.bridge", "Bridge Firmware", "hall", "on"),
            thing("vacuum.robby", "Robby", "hall", "docked", fan_speed_list=["quiet", "turbo"]),
            thing("light.den", "Den Ceiling Light", "den", "on", brightness=60),
            thing("light.hall", "Hall Ceiling Light", "hall", "off", brightness=60),
            thing("switch.fridge", "Kitchen Fridge", "kitchen"),
            thing("switch.router", "WLAN Router", "hall"),
            thing("switch.heater", "Plug", "kitchen"),
            replace(thing("switch.marked", "Pond", "garden"), voice=Voice.CONFIRM),
            thing("media_player.tv", "Television", "den", "paused", volume=30),
        ],
        [Area("den", "Den", "up"), Area("hall", "Hall", "down"), Area("kitchen", "Kitchen", "down"),
         Area("garden", "Garden"), Area("cellar", "Cellar")],
        [Floor("up", "Upstairs"), Floor("down", "Downstairs")],
        mic_area="den",
    )  # fmt: skip


def plan(reader: Reader, text: str, home: HomeState) -> Plan:
    interpretation = reader.interpret(text, home)
    assert interpretation is not None
    return resolve(interpretation, home)


@pytest.mark.parametrize(
    ("text", "entity_id", "verb", "args"),
    [
        ("arm the house alarm", "alarm_control_panel.house", Verb.ARM, {"mode": "away"}),
        ("arm the alarm for the night", "alarm_control_panel.house", Verb.ARM, {"mode": "night"}),
        ("set the house alarm to home", "alarm_control_panel.house", Verb.ARM, {"mode": "home"}),
        ("stop the den blinds", "cover.den", Verb.STOP, {}),
        ("tilt the den blinds to 30 percent", "cover.den", Verb.SET_TILT, {"tilt": 30}),
        ("close the slats of the den blinds", "cover.den", Verb.SET_TILT, {"tilt": 0}),
        ("set the pool pump speed to 30", "number.pump", Verb.SET_VALUE, {"value": 30}),
        ("set the pool pump speed to thirty percent", "number.pump", Verb.SET_VALUE, {"value": 30}),
        ("set the washing mode to eco", "select.wash", Verb.SELECT_OPTION, {"option": "eco"}),
        ("set the washing mode to eco 40 60", "select.wash", Verb.SELECT_OPTION, {"option": "Eco 40-60"}),
        ("set the den thermostat to eco mode", "climate.den", Verb.SET_PRESET, {"preset_mode": "eco"}),
        ("set the den thermostat to heating", "climate.den", Verb.SET_MODE, {"mode": "heat"}),
        ("switch the den thermostat to auto", "climate.den", Verb.SET_MODE, {"mode": "auto"}),
        ("set the den thermostat to high", "climate.den", Verb.SET_FAN_MODE, {"fan_mode": "high"}),
        ("set the den fan to sleep mode", "fan.den", Verb.SET_PRESET, {"preset_mode": "sleep"}),
        ("oscillate the den fan", "fan.den", Verb.OSCILLATE, {"on": True}),
        ("stop the den fan from oscillating", "fan.den", Verb.OSCILLATE, {"on": False}),
        ("reverse the den fan", "fan.den", Verb.SET_DIRECTION, {"direction": "reverse"}),
        ("set the hall humidifier to boost", "humidifier.hall", Verb.SET_MODE, {"mode": "boost"}),
        ("set the hall humidifier to 45 percent", "humidifier.hall", Verb.SET_HUMIDITY, {"humidity": 45}),
        ("install the update for the bridge firmware", "update.bridge", Verb.INSTALL, {}),
        ("find robby", "vacuum.robby", Verb.LOCATE, {}),
        ("set robby to turbo", "vacuum.robby", Verb.SET_SPEED, {"fan_speed": "turbo"}),
        ("increase the volume on the television", "media_player.tv", Verb.CHANGE_VOLUME, {"step": 10}),
    ],
)
def test_what_named_devices_can_do(
    reader: Reader, home: HomeState, text: str, entity_id: str, verb: Verb, args: dict[str, Any]
) -> None:
    assert plan(reader, text, home).commands == (Command(entity_id, verb, args),)


def test_disarming_needs_a_yes_and_arming_none(reader: Reader, home: HomeState) -> None:
    asked = guarded(plan(reader, "disarm the house alarm", home), home)
    assert (asked.question, asked.pending) == ("confirm", (Command("alarm_control_panel.house", Verb.DISARM),))
    assert guarded(plan(reader, "arm the house alarm", home), home).commands


def test_a_mode_that_the_device_does_not_have_is_refused_by_name(reader: Reader, home: HomeState) -> None:
    refusal = plan(reader, "set the den thermostat to turbo", home).refusal
    assert refusal is not None
    assert (refusal.code, refusal.subject) == ("resolve.bad_value", "Den Thermostat")


@pytest.mark.parametrize(
    ("text", "entity_ids", "verb"),
    [
        ("kill the den ceiling light", {"light.den"}, Verb.TURN_OFF),
        ("i need the den ceiling light on", {"light.den"}, Verb.TURN_ON),
        ("fire up the television", {"media_player.tv"}, Verb.TURN_ON),
        ("let there be light", {"light.den"}, Verb.TURN_ON),
        ("let there be light in the hall", {"light.hall"}, Verb.TURN_ON),
        ("make the hall dark", {"light.hall"}, Verb.TURN_OFF),
        ("undo the bolt of the front door", {"lock.front"}, Verb.UNLOCK),
        ("switch the plug in the kitchen and the fan in the den on", {"switch.heater", "fan.den"}, Verb.TURN_ON),
        ("turn off the hall lights turn off the den fan", {"light.hall", "fan.den"}, Verb.TURN_OFF),
        ("turn off the ceiling light", {"light.den"}, Verb.TURN_OFF),
    ],
)
def test_how_people_put_it(reader: Reader, home: HomeState, text: str, entity_ids: set[str], verb: Verb) -> None:
    commands = plan(reader, text, home).commands
    assert {command.entity_id for command in commands} == entity_ids
    assert {command.verb for command in commands} == {verb}


def test_a_name_without_its_room_is_the_one_of_the_microphones_room(reader: Reader, home: HomeState) -> None:
    there = replace(home, mic_area="hall")
    assert [c.entity_id for c in plan(reader, "turn on the ceiling light", there).commands] == ["light.hall"]
    twice = HomeState.of(
        [*home.entities.values(), thing("light.second", "Den Ceiling Light", "den")], home.areas, home.floors, "den"
    )
    assert plan(reader, "turn on the ceiling light", twice).question == "which"
    nowhere = replace(home, mic_area=None)
    assert reader.interpret("turn on the ceiling light", nowhere) is None


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("is anything still on", {"light.den", "fan.den", "switch.fridge", "switch.router", "switch.heater",
                                  "switch.marked", "media_player.tv"}),
        ("what is still on in the den", {"light.den", "fan.den", "media_player.tv"}),
        ("is the house locked", {"lock.front"}),
        ("how bright is the den ceiling light", {"light.den"}),
        ("what is the temperature in the den", {"climate.den"}),
        ("is the den warm", {"climate.den"}),
    ],
)  # fmt: skip
def test_questions(reader: Reader, home: HomeState, text: str, matched: set[str]) -> None:
    assert set(plan(reader, text, home).matched) == matched


@pytest.mark.parametrize(
    ("text", "entity_ids"),
    [
        ("turn everything off", {"light.den", "fan.den", "media_player.tv", "switch.heater"}),
        ("turn everything off in the den", {"light.den", "fan.den", "media_player.tv"}),
        ("turn off everything upstairs", {"light.den", "fan.den", "media_player.tv"}),
        ("turn off everything here", {"light.den", "fan.den", "media_player.tv"}),
        ("turn off everything except the den", {"switch.heater"}),
        ("turn off everything but not the television", {"light.den", "fan.den", "switch.heater"}),
    ],
)
def test_everything_is_what_is_on_and_not_missed(
    reader: Reader, home: HomeState, text: str, entity_ids: set[str]
) -> None:
    commands = plan(reader, text, home).commands
    assert {command.entity_id for command in commands} == entity_ids
    assert {command.verb for command in commands} == {Verb.TURN_OFF}


@pytest.mark.parametrize("text", ["turn everything on", "turn on everything in the den", "everything on"])
def test_everything_is_never_turned_on(reader: Reader, home: HomeState, text: str) -> None:
    made = plan(reader, text, home)
    assert made.refusal is not None
    assert made.refusal.code == "resolve.too_wide"


def test_everything_but_what_is_not_known_is_refused(reader: Reader, home: HomeState) -> None:
    made = plan(reader, "turn off everything except the observatory", home)
    assert made.refusal is not None
    assert not made.commands


def test_it_is_told_in_words(home: HomeState) -> None:
    off = [Command(entity_id, Verb.TURN_OFF) for entity_id in ("light.den", "fan.den")]
    assert counted(off) == "Turned off 2 things"
    armed = Command("alarm_control_panel.house", Verb.ARM, {"mode": "night"})
    assert done([armed], {"alarm_control_panel.house": "House Alarm"}) == "Armed the House Alarm"
    assert spoken_setting(home.entities["light.den"], "brightness") == "Den Ceiling Light is at 60%"
    assert spoken_setting(home.entities["light.hall"], "brightness") == "Hall Ceiling Light is off"
    assert spoken_setting(home.entities["climate.den"], "temperature") == "Den Thermostat is set to 21 degrees"
