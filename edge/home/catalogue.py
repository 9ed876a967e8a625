"""The devices of the simulated home, as data: eight rooms on two floors.

Every word is in pocketsphinx's dictionary, so that any recogniser can hear the names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FLOORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Ground Floor": ("Kitchen", "Living Room", "Hallway", "Garage"),
        "First Floor": ("Bedroom", "Bathroom", "Office", "Guest Room"),
    }
)
"""Floor -> rooms."""
MIC_AREA = "Living Room"
"""Where the demo's microphone stands."""


@dataclass(frozen=True, slots=True)
class Row:
    """One device."""

    domain: str
    name: str
    room: str | None
    values: Mapping[str, object] = field(default_factory=dict)
    """What it reports at first: state and attributes, worded as in `edge.core.home.Entity`."""
    config: Mapping[str, object] = field(default_factory=dict)
    """What its discovery message says beyond what its kind says."""

    @property
    def object_id(self) -> str:
        """Part of its entity id after the dot."""
        return self.name.lower().replace(" ", "_")

    @property
    def entity_id(self) -> str:
        """Its entity id."""
        return f"{self.domain}.{self.object_id}"


_DIMMED, _COLORED, _PLAIN = (
    {"supported_color_modes": modes, "brightness": modes != ["onoff"]} for modes in (["brightness"], ["hs"], ["onoff"])
)
_OFF = {"state": "off"}
_ON = {"state": "on"}
_DIM_OFF = {"state": "off", "brightness": 100}
_COLOR_OFF = {"state": "off", "brightness": 100, "color": "white"}
_TEMPERATURE = {"device_class": "temperature", "unit_of_measurement": "°C"}
_HUMIDITY = {"device_class": "humidity", "unit_of_measurement": "%"}
_BATTERY = {"device_class": "battery", "unit_of_measurement": "%"}
_PLAYER = {"state": "off", "volume": 30}
_THERMOSTAT = {"modes": ["off", "heat"], "min_temp": 7, "max_temp": 30, "temp_step": 0.5}
_OVEN = {"modes": ["off", "heat"], "min_temp": 50, "max_temp": 250, "temp_step": 5}

ROWS: tuple[Row, ...] = (
    Row("light", "Kitchen Light", "Kitchen", _DIM_OFF, _DIMMED),
    Row("light", "Counter Light", "Kitchen", _DIM_OFF, _DIMMED),
    Row("switch", "Coffee Machine", "Kitchen", _OFF),
    Row("climate", "Oven", "Kitchen", {"state": "off", "temperature": 180.0, "current_temperature": 24.0}, _OVEN),
    Row("sensor", "Kitchen Temperature", "Kitchen", {"state": 22.5}, _TEMPERATURE),
    Row("binary_sensor", "Kitchen Window", "Kitchen", _OFF, {"device_class": "window"}),
    Row("button", "Cat Feeder", "Kitchen"),
    Row("media_player", "Kitchen Radio", "Kitchen", _PLAYER, {"device_class": "speaker"}),
    Row("light", "Living Room Light", "Living Room", {"state": "on", "brightness": 80, "color": "white"}, _COLORED),
    Row("light", "Floor Lamp", "Living Room", _COLOR_OFF, _COLORED),
    Row("media_player", "Television", "Living Room", _PLAYER, {"device_class": "tv"}),
    Row("cover", "Living Room Curtain", "Living Room", {"position": 100}, {"device_class": "curtain"}),
    Row("cover", "Living Room Blinds", "Living Room", {"position": 100}, {"device_class": "blind"}),
    Row("fan", "Ceiling Fan", "Living Room", {"state": "off", "speed": 50}),
    Row(
        "climate",
        "Living Room Thermostat",
        "Living Room",
        {"state": "heat", "temperature": 21.0, "current_temperature": 20.5},
        _THERMOSTAT,
    ),
    Row("sensor", "Living Room Humidity", "Living Room", {"state": 45}, _HUMIDITY),
    Row("light", "Hallway Light", "Hallway", _OFF, _PLAIN),
    Row("lock", "Front Door", "Hallway", {"state": "unlocked"}),
    Row("sensor", "Front Door Battery", "Hallway", {"state": 87}, _BATTERY),
    Row("binary_sensor", "Hallway Motion", "Hallway", _OFF, {"device_class": "motion"}),
    Row("light", "Garage Light", "Garage", _OFF, _PLAIN),
    Row("cover", "Garage Door", "Garage", {"position": 0}, {"device_class": "garage"}),
    Row("light", "Bedroom Light", "Bedroom", _DIM_OFF, _DIMMED),
    Row("light", "Bedside Lamp", "Bedroom", _COLOR_OFF, _COLORED),
    Row("cover", "Bedroom Curtains", "Bedroom", {"position": 0}, {"device_class": "curtain"}),
    Row("fan", "Bedroom Fan", "Bedroom", {"state": "on", "speed": 100}),
    Row(
        "climate",
        "Bedroom Thermostat",
        "Bedroom",
        {"state": "heat", "temperature": 18.0, "current_temperature": 18.5},
        _THERMOSTAT,
    ),
    Row("binary_sensor", "Bedroom Window", "Bedroom", _ON, {"device_class": "window"}),
    Row("light", "Bathroom Light", "Bathroom", _OFF, _PLAIN),
    Row("sensor", "Bathroom Humidity", "Bathroom", {"state": 61}, _HUMIDITY),
    Row("light", "Office Light", "Office", _OFF, _PLAIN),
    Row("light", "Desk Lamp", "Office", _DIM_OFF, _DIMMED),
    Row("switch", "Printer", "Office", _OFF),
    Row("sensor", "Office Temperature", "Office", {"state": 21.0}, _TEMPERATURE),
    Row("light", "Guest Room Light", "Guest Room", _DIM_OFF, _DIMMED),
    Row("lock", "Balcony Door", "Guest Room", {"state": "locked"}),
    Row("scene", "Movie Night", None),
    Row("scene", "Good Night", None),
)

SCENES: Mapping[str, Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "scene.movie_night": {
            "light.living_room_light": {"state": "on", "brightness": 20},
            "light.floor_lamp": {"state": "on", "brightness": 30, "color": "blue"},
            "cover.living_room_curtain": {"position": 0},
            "media_player.television": {"state": "idle"},
        },
        "scene.good_night": {
            **{row.entity_id: {"state": "off"} for row in ROWS if row.domain in ("light", "switch", "media_player")},
            "lock.front_door": {"state": "locked"},
            "cover.garage_door": {"position": 0},
        },
    }
)
"""Scene -> what it sets."""
