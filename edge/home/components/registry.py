"""Every component that the hub has a use for, by its name in discovery, which is also the entity's domain."""

from collections.abc import Mapping
from types import MappingProxyType

from edge.home.components.climate import CLIMATE, HUMIDIFIER, WATER_HEATER
from edge.home.components.component import Component
from edge.home.components.cover import COVER, VALVE
from edge.home.components.fan import FAN
from edge.home.components.light import LIGHT
from edge.home.components.lock import ALARM, LOCK
from edge.home.components.media_player import MEDIA_PLAYER
from edge.home.components.robot import LAWN_MOWER, VACUUM
from edge.home.components.sensor import BINARY_SENSOR, DEVICE_TRACKER, EVENT, SENSOR
from edge.home.components.setting import BUTTON, NUMBER, SCENE, SELECT, TEXT
from edge.home.components.switch import SIREN, SWITCH
from edge.home.components.update import UPDATE

COMPONENTS: Mapping[str, Component] = MappingProxyType(
    {
        "alarm_control_panel": ALARM,
        "binary_sensor": BINARY_SENSOR,
        "button": BUTTON,
        "climate": CLIMATE,
        "cover": COVER,
        "device_tracker": DEVICE_TRACKER,
        "event": EVENT,
        "fan": FAN,
        "humidifier": HUMIDIFIER,
        "lawn_mower": LAWN_MOWER,
        "light": LIGHT,
        "lock": LOCK,
        "media_player": MEDIA_PLAYER,
        "number": NUMBER,
        "scene": SCENE,
        "select": SELECT,
        "sensor": SENSOR,
        "siren": SIREN,
        "switch": SWITCH,
        "text": TEXT,
        "update": UPDATE,
        "vacuum": VACUUM,
        "valve": VALVE,
        "water_heater": WATER_HEATER,
    }
)
