"""Device states as people say them. Home Assistant's names for the states of binary sensors, in English."""

from collections.abc import Mapping

from edge.core.home import Entity

_BINARY: Mapping[str, tuple[str, str]] = {
    "battery": ("low", "normal"),
    "battery_charging": ("charging", "not charging"),
    "carbon_monoxide": ("detected", "clear"),
    "cold": ("cold", "normal"),
    "connectivity": ("connected", "disconnected"),
    "door": ("open", "closed"),
    "garage_door": ("open", "closed"),
    "gas": ("detected", "clear"),
    "heat": ("hot", "normal"),
    "light": ("light detected", "no light"),
    "lock": ("unlocked", "locked"),
    "moisture": ("wet", "dry"),
    "motion": ("detected", "clear"),
    "moving": ("moving", "not moving"),
    "occupancy": ("detected", "clear"),
    "opening": ("open", "closed"),
    "plug": ("plugged in", "unplugged"),
    "power": ("powered", "without power"),
    "presence": ("home", "away"),
    "problem": ("a problem", "OK"),
    "running": ("running", "not running"),
    "safety": ("unsafe", "safe"),
    "smoke": ("detected", "clear"),
    "sound": ("detected", "clear"),
    "tamper": ("tampered with", "clear"),
    "update": ("update available", "up to date"),
    "vibration": ("vibrating", "still"),
    "window": ("open", "closed"),
}
"""Device class -> the words for on and for off."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "alarm_control_panel": {
        "armed_home": "armed at home",
        "armed_night": "armed for the night",
        "armed_vacation": "armed for the vacation",
        "armed_custom_bypass": "armed with a bypass",
    },
    "climate": {"heat_cool": "heating and cooling"},
    "device_tracker": {"home": "at home", "not_home": "away"},
    "update": {"on": "update available", "off": "up to date"},
    "lawn_mower": {"docked": "in its dock", "returning": "on its way back"},
    "vacuum": {"docked": "in its dock", "returning": "on its way back", "error": "in trouble"},
}
"""Domain -> state -> what people say, where it is not the state's own word."""


def spoken_state(entity: Entity) -> str:
    """The entity's state in words, with its unit; `unknown` until it has reported."""
    if not entity.available:
        return "unavailable"
    if entity.state is None:
        return "unknown"
    words = _BINARY.get(entity.device_class or "")
    if entity.domain == "binary_sensor" and words and entity.state in ("on", "off"):
        return words[entity.state == "off"]
    state = _WORDS.get(entity.domain, {}).get(entity.state) or entity.state.replace("_", " ")
    return f"{state} {entity.unit}".strip() if entity.unit != "%" else f"{state}%"


_PERCENT = frozenset(("brightness", "volume", "position", "tilt", "speed"))


def spoken_setting(entity: Entity, setting: str) -> str:
    """What is set of the entity, by the attribute's name, such as "Desk Lamp is at 40%"; its state where it tells none.

    A lamp that is off may still tell how bright it was: that it is off is the answer then.
    """
    value = entity.attributes.get(setting) if entity.available else None
    told = isinstance(value, int | float) and not isinstance(value, bool)
    if not told or (entity.state == "off" and setting in ("brightness", "speed")):
        return f"{entity.name} is {spoken_state(entity)}"
    if setting in _PERCENT:
        return f"{entity.name} is at {value:g}%"
    return f"{entity.name} is set to {value:g} degrees"
