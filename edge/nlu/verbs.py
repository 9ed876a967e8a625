"""What Home Assistant's intents ask of which devices, as data."""

from collections.abc import Mapping
from typing import Any

from edge.core.turn import Verb

DOMAIN_OF_INTENT: Mapping[str, tuple[str, ...]] = {
    "HassLightSet": ("light",),
    # A water heater has to be named: nobody means it by "set the temperature".
    "HassClimateSetTemperature": ("climate",),
    "HassClimateSetFanMode": ("climate",),
    "HassFanSetSpeed": ("fan",),
    "HassSetPosition": ("cover", "valve"),
    "HassMediaPause": ("media_player",),
    "HassMediaUnpause": ("media_player",),
    "HassMediaNext": ("media_player",),
    "HassMediaPrevious": ("media_player",),
    "HassMediaPlayerMute": ("media_player",),
    "HassMediaPlayerUnmute": ("media_player",),
    "HassSetVolume": ("media_player",),
    "HassSetVolumeRelative": ("media_player",),
    "HassVacuumStart": ("vacuum",),
    "HassVacuumReturnToBase": ("vacuum",),
    "HassLawnMowerStartMowing": ("lawn_mower",),
    "HassLawnMowerDock": ("lawn_mower",),
    "HassStopMoving": ("cover", "valve"),
    "HassHumidifierSetpoint": ("humidifier",),
    "HassHumidifierMode": ("humidifier",),
    "HassListAddItem": ("todo",),
    "HassListCompleteItem": ("todo",),
    "HassListRemoveItem": ("todo",),
    "HassShoppingListAddItem": ("todo",),
    "HassShoppingListCompleteItem": ("todo",),
    "HassGetWeather": ("weather",),
    "EdgeArm": ("alarm_control_panel",),
    "EdgeDisarm": ("alarm_control_panel",),
    "EdgeSetValue": ("number", "input_number"),
    "EdgeSetTilt": ("cover",),
    "EdgeOscillate": ("fan",),
    "EdgeSetDirection": ("fan",),
    "EdgeInstall": ("update",),
    "EdgeLocate": ("vacuum",),
}
"""Domains that an intent can mean when the sentence names none."""

SWITCHED: frozenset[str] = frozenset(
    (
        "light",
        "switch",
        "fan",
        "climate",
        "media_player",
        "input_boolean",
        "siren",
        "humidifier",
        "water_heater",
        "automation",
        "remote",
    )
)
"""Domains of what is only on or off, as far as "turn on" goes."""
_ROBOTS = ("vacuum", "lawn_mower")
_TURN_ON: Mapping[str, Verb] = {
    **dict.fromkeys(SWITCHED, Verb.TURN_ON),
    "cover": Verb.OPEN,
    "valve": Verb.OPEN,
    "lock": Verb.LOCK,
    "scene": Verb.ACTIVATE,
    "script": Verb.ACTIVATE,
    "button": Verb.PRESS,
    "input_button": Verb.PRESS,
    **dict.fromkeys(_ROBOTS, Verb.START),
}
_TURN_OFF: Mapping[str, Verb] = {
    **dict.fromkeys(SWITCHED, Verb.TURN_OFF),
    "cover": Verb.CLOSE,
    "valve": Verb.CLOSE,
    "lock": Verb.UNLOCK,
    **dict.fromkeys(_ROBOTS, Verb.DOCK),
}
BY_DOMAIN: Mapping[str, Mapping[str, Verb]] = {"HassTurnOn": _TURN_ON, "HassTurnOff": _TURN_OFF}
"""Home Assistant says open, lock and activate as turn-on, and close and unlock as turn-off; the domain tells which."""

VERBS: Mapping[str, tuple[Verb, Mapping[str, str]]] = {
    "HassLightSet": (
        Verb.TURN_ON,
        {"brightness": "brightness", "color": "color", "temperature": "color_temperature"},
    ),
    "HassSetPosition": (Verb.SET_POSITION, {"position": "position"}),
    "HassFanSetSpeed": (Verb.SET_SPEED, {"percentage": "speed"}),
    "HassClimateSetTemperature": (Verb.SET_TEMPERATURE, {"temperature": "temperature"}),
    "HassClimateSetFanMode": (Verb.SET_FAN_MODE, {"fan_mode": "fan_mode"}),
    "HassMediaPause": (Verb.PAUSE, {}),
    "HassMediaUnpause": (Verb.PLAY, {}),
    "HassMediaNext": (Verb.NEXT, {}),
    "HassMediaPrevious": (Verb.PREVIOUS, {}),
    "HassMediaPlayerMute": (Verb.MUTE, {}),
    "HassMediaPlayerUnmute": (Verb.UNMUTE, {}),
    "HassSetVolume": (Verb.SET_VOLUME, {"volume_level": "volume"}),
    "HassSetVolumeRelative": (Verb.CHANGE_VOLUME, {"volume_step": "step"}),
    "HassVacuumStart": (Verb.START, {}),
    "HassVacuumReturnToBase": (Verb.DOCK, {}),
    "HassLawnMowerStartMowing": (Verb.START, {}),
    "HassLawnMowerDock": (Verb.DOCK, {}),
    "HassStopMoving": (Verb.STOP, {}),
    "HassHumidifierSetpoint": (Verb.SET_HUMIDITY, {"humidity": "humidity"}),
    "HassHumidifierMode": (Verb.SET_MODE, {"mode": "mode"}),
    "HassListAddItem": (Verb.ADD_ITEM, {"item": "item"}),
    "HassListCompleteItem": (Verb.COMPLETE_ITEM, {"item": "item"}),
    "HassListRemoveItem": (Verb.REMOVE_ITEM, {"item": "item"}),
    "HassShoppingListAddItem": (Verb.ADD_ITEM, {"item": "item"}),
    "HassShoppingListCompleteItem": (Verb.COMPLETE_ITEM, {"item": "item"}),
    "EdgeArm": (Verb.ARM, {"mode": "mode"}),
    "EdgeDisarm": (Verb.DISARM, {}),
    "EdgeSetValue": (Verb.SET_VALUE, {"value": "value"}),
    "EdgeSetTilt": (Verb.SET_TILT, {"tilt": "tilt"}),
    "EdgeOscillate": (Verb.OSCILLATE, {"oscillating": "on"}),
    "EdgeSetDirection": (Verb.SET_DIRECTION, {"direction": "direction"}),
    "EdgeInstall": (Verb.INSTALL, {}),
    "EdgeLocate": (Verb.LOCATE, {}),
}
"""Verb of each intent, and the command's argument for each of its slots."""

_TOLD = (
    *("siren", "humidifier", "water_heater", "vacuum", "lawn_mower", "alarm_control_panel"),
    # Not updates: bridges give them the name of the very lamp that they are for.
    *("number", "select", "text", "device_tracker"),
)
Wider = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Intent -> a domain -> more domains whose devices may be named in a sentence that is written for that one."""

_LIKE_SWITCHES = ("siren", "humidifier", "water_heater", *_ROBOTS)
WIDER: Wider = {
    "HassTurnOn": {"switch": _LIKE_SWITCHES},
    "HassTurnOff": {"switch": _LIKE_SWITCHES},
    "HassClimateSetTemperature": {"climate": ("water_heater",)},
    "HassMediaPause": {"media_player": _ROBOTS},
    "HassGetState": {"sensor": _TOLD},
}
"""For all sentences of a language."""
COMMON_WIDER: Wider = {
    "HassTurnOn": {"switch": _LIKE_SWITCHES, "cover": ("valve",)},
    "HassTurnOff": {"switch": _LIKE_SWITCHES, "cover": ("valve",)},
}
"""For the common wordings that a recogniser expects first; questions stay few."""


def widen(sentences: dict[str, Any], wider: Wider) -> None:
    """Let the sentences of a language name more kinds of devices than Home Assistant wrote them for.

    sentences: as home-assistant-intents gives them; `requires_context` of the intents' sentences is extended in place.
    """
    for intent, table in wider.items():
        for block in sentences.get("intents", {}).get(intent, {}).get("data", ()):
            domains = block.get("requires_context", {}).get("domain")
            if isinstance(domains, list):
                more = [domain for known in table if known in domains for domain in table[known]]
                domains.extend(domain for domain in more if domain not in domains)
