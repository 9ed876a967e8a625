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


def spoken_state(entity: Entity) -> str:
    """The entity's state in words, with its unit; `unknown` until it has reported."""
    if not entity.available:
        return "unavailable"
    if entity.state is None:
        return "unknown"
    words = _BINARY.get(entity.device_class or "")
    if entity.domain == "binary_sensor" and words and entity.state in ("on", "off"):
        return words[entity.state == "off"]
    state = entity.state.replace("_", " ")
    return f"{state} {entity.unit}".strip() if entity.unit != "%" else f"{state}%"
