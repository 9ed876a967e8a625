"""What all tests share: a small home, built by hand."""

import signal

import pytest

from edge.core.home import Area, Entity, Floor, HomeState

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell has its background jobs ignore Ctrl-C, and what they start inherits that: commands that are stopped with
    # it would never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home() -> HomeState:
    """Two floors, four rooms, a microphone in the kitchen."""
    return HomeState.of(
        entities=[
            Entity("light.kitchen", "light", "Kitchen Light", area="kitchen", state="off"),
            Entity(
                "light.counter",
                "light",
                "Counter Light",
                area="kitchen",
                state="on",
                attributes={"supported_color_modes": ["onoff"]},
            ),
            Entity(
                "light.bedroom",
                "light",
                "Bedroom Light",
                aliases=("Night's Lamp",),
                area="bedroom",
                state="off",
                attributes={"supported_color_modes": ["hs"]},
            ),
            Entity("fan.bedroom", "fan", "Bedroom Fan", area="bedroom", state="on"),
            Entity("lock.front_door", "lock", "Front Door", area="hall", state="locked"),
            Entity(
                "binary_sensor.front_door",
                "binary_sensor",
                "Front Door",
                area="hall",
                state="off",
                attributes={"device_class": "door"},
            ),
            Entity(
                "cover.garage_door",
                "cover",
                "Big Gate",
                area="garage",
                state="closed",
                attributes={"device_class": "garage"},
            ),
            Entity("switch.heater_a", "switch", "Heater", area="bedroom", state="off"),
            Entity("switch.heater_b", "switch", "Heater", area="garage", state="off"),
            Entity(
                "climate.thermostat",
                "climate",
                "Thermostat",
                area="hall",
                state="heat",
                attributes={"current_temperature": 20.5, "temperature": 21},
            ),
            Entity("scene.movie", "scene", "Movie Night"),
            Entity(
                "sensor.outside",
                "sensor",
                "Outside Temperature",
                state="7.5",
                attributes={"device_class": "temperature", "unit_of_measurement": "°C"},
            ),
        ],
        areas=[
            Area("kitchen", "Kitchen", "ground"),
            Area("hall", "Hall", "ground"),
            Area("bedroom", "Bedroom", "upstairs"),
            Area("garage", "Garage", "ground"),
        ],
        floors=[Floor("ground", "Ground Floor"), Floor("upstairs", "Upstairs")],
        mic_area="kitchen",
    )
