"""What a voice may do to a device of which nobody has said anything."""

from dataclasses import replace
from typing import Any

import pytest

from edge.core.home import Entity, Voice
from edge.home.guard import default_voice
from edge.home.household import Household

OVEN = {"min_temp": 50, "max_temp": 250}


def entity(kind: str, name: str, **attributes: Any) -> Entity:
    """kind: a domain, or a domain and a device class (`cover/garage`)."""
    domain, _, device_class = kind.partition("/")
    if device_class:
        attributes["device_class"] = device_class
    return Entity(f"{domain}.x", domain, name, attributes=attributes)


def named(*of: tuple[str, str]) -> list[Entity]:
    """of: a kind, and names parted by commas."""
    return [entity(kind, name.strip()) for kind, names in of for name in names.split(",")]


GUARDED = [
    *named(
        ("lock", "Front Door"),
        ("alarm_control_panel", "House"),
        ("siren", "Hall"),
        ("cover/garage", "G"),
        ("cover/gate", "G"),
        ("cover/door", "Patio"),
        ("cover/shutter", "Garage"),
        ("cover/blind", "Garage Door"),
        ("cover", "Garage Door, garage, Garage Roller Shutter, Front Gate, Front Door, Garagentor, Haustür, Haustur"),
        ("cover", "Puerta del garaje, Portail, Cancello, Garagedeur"),
        ("valve/gas", "Main"),
        ("valve", "Main gas valve, Gasventil"),
        ("climate", "Oven, Air Fryer, Sauna, Backofen, Forno, Horno, Four"),
        ("light", "Oven, Grill, Light the stove"),
        ("water_heater", "Fryer"),
        ("switch", "Kitchen oven, Iron, Gas valve, Gas Fireplace, Air Fryer, Siren, Heater, Space Heater, Oven Plug"),
        ("fan", "Oven, Fan Heater"),
        ("button", "Garage Door, Open The Gate, Garage, Garage Opener, Unlock, Türöffner"),
        ("scene", "Open Garage, Unlock Everything, Disarm, Light the Grill, Open Front Door and Lights"),
        ("script", "Garage Door, Open The Gate, Open and close the gate, Alarm Off, Gas"),
        ("number", "Oven Temperature, Garage Door Position"),
        ("select", "Alarm Mode, Oven Program, Gate"),
    ),
    entity("climate", "Bertha", **OVEN),
    entity("climate", "Bertha", min_temp=0, max_temp=230),
    entity("climate", "Bertha", max_temp=230),
    entity("climate", "Bertha", min_temp=120, max_temp=450, temperature_unit="°F"),
    entity("climate", "Bertha", min_temp=32, max_temp=450, temperature_unit="°F"),
]
BOTH_WAYS = named(
    ("switch", "Garage Door, Garage, Garage Relay, Open The Gate, Front Door Lock, Gate, Alarm, Alarmanlage, Serrure"),
    ("input_boolean", "Garage Door, Alarm"),
    ("fan", "Gate"),
)
ALLOWED = [
    *named(
        ("cover/curtain", "Curtain"),
        ("cover/shutter", "Kitchen"),
        ("cover/blind", "Garage"),
        ("cover/awning", "Terrace"),
        ("cover", "Bedroom Blinds, Patio Door Blind, Balcony Door Shutter, Garage Blind, Rollladen Küche, Skylight"),
        ("valve/water", "Garden"),
        ("valve", "Garden Sprinkler"),
        ("climate", "Thermostat, Hall Heater, Heizung, Living Room"),
        ("light", "Garage Light, Gate Lamp, Front Door, Garage, Oven Light, Cooker Hood Light, Zone Four, Alarm"),
        ("water_heater", "Boiler, Water Heater"),
        ("switch", "Oven light, Environment, Kettle, Coffee Machine, Lamp, Garage Plug, Garage Freezer, Gate Lamp"),
        ("switch", "Front Door Chime, Door Camera, Doorbell, Outdoor Lights, Water Heater, Child Lock, Alarm Clock"),
        ("switch", "Lamp Four, Cooker Hood, Monitor, Ventilator, Motor, Floor Lamp, Clock, Irons"),
        ("fan", "Ironing room fan, Garage Fan, Cooker Hood, Ceiling Fan"),
        ("button", "Doorbell, Restart, Close Garage Door, Close The Gate"),
        ("scene", "Movie Night, Goodnight, Open Curtains, Lock Doors, Oven Off, Arm Alarm, Gate Lights"),
        ("script", "Open Blinds, Lock Up, Garage schließen, Open Garage Blinds"),
        ("number", "Volume, Gate Light Brightness"),
        ("select", "Program"),
        ("media_player", "Iron Maiden, Garage"),
        ("vacuum", "Iron Man"),
        ("sensor", "Oven"),
        ("binary_sensor", "Front Door"),
    ),
    entity("water_heater", "Boiler", **OVEN),
    entity("climate", "Thermostat", min_temp=7, max_temp=30),
    entity("climate", "Thermostat", min_temp=45, max_temp=95, temperature_unit="°F"),
    entity("climate", "Thermostat", min_temp=5),
]
CASES = [
    *((one, Voice.GUARDED) for one in GUARDED),
    *((one, Voice.CONFIRM) for one in BOTH_WAYS),
    *((one, Voice.ALLOWED) for one in ALLOWED),
]


@pytest.mark.parametrize(("one", "voice"), CASES, ids=[f"{one.domain} {one.name}" for one, _ in CASES])
def test_defaults(one: Entity, voice: Voice) -> None:
    assert default_voice(one)[0] is voice
    assert Household.of().applied(one).voice is voice


def test_where_it_comes_from_is_told() -> None:
    assert default_voice(entity("switch", "Lamp"))[1] == "default"
    assert default_voice(entity("lock", "X"))[1] == "default for such a device"
    assert default_voice(entity("switch", "Gate"))[1] == "default for what is called so"


@pytest.mark.parametrize(
    ("name", "limits", "fits"),
    [
        ("Thermostat", {}, True),
        ("Thermostat", {"min_temp": 7, "max_temp": 45}, True),
        ("Thermostat", {"max_temp": 113, "temperature_unit": "°F"}, True),
        ("Thermostat", {"max_temp": 114, "temperature_unit": "°F"}, False),
        ("Thermostat", {"max_temp": 46}, False),
        ("Cold Room", {"min_temp": -10, "max_temp": 10}, False),
        ("Thermostat", {"min_temp": 30}, False),
        ("Thermostat", {"min_temp": float("nan")}, False),
        ("Thermostat", {"max_temp": float("nan")}, False),
        ("Oven", {}, False),
        ("Oven", {"min_temp": 0, "max_temp": 30}, False),
        ("Thermostat", {"max_temp": "hot"}, True),
    ],
)
def test_what_is_for_rooms(name: str, limits: dict[str, Any], fits: bool) -> None:
    assert entity("climate", name, **limits).for_rooms is fits


def test_aliases_count_as_names_do() -> None:
    pump = Entity("switch.pump", "switch", "Pump")
    assert default_voice(pump)[0] is Voice.ALLOWED
    assert default_voice(replace(pump, aliases=("water", "garage door")))[0] is Voice.CONFIRM
    assert default_voice(Entity("scene.film", "scene", "Film", aliases=("open the garage",)))[0] is Voice.GUARDED
