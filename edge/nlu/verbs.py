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
    "HassListAddItem": ("todo",),
    "HassListCompleteItem": ("todo",),
    "HassListRemoveItem": ("todo",),
    "HassShoppingListAddItem": ("todo",),
    "HassShoppingListCompleteItem": ("todo",),
    "HassGetWeather": ("weather",),
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
    "HassListAddItem": (Verb.ADD_ITEM, {"item": "item"}),
    "HassListCompleteItem": (Verb.COMPLETE_ITEM, {"item": "item"}),
    "HassListRemoveItem": (Verb.REMOVE_ITEM, {"item": "item"}),
    "HassShoppingListAddItem": (Verb.ADD_ITEM, {"item": "item"}),
    "HassShoppingListCompleteItem": (Verb.COMPLETE_ITEM, {"item": "item"}),
}
"""Verb of each intent, and the command's argument for each of its slots."""

_TOLD = (
    *("siren", "humidifier", "water_heater", "vacuum", "lawn_mower", "alarm_control_panel"),
    # Not updates: bridges give them the name of the very lamp that they are for.
    *("number", "select", "text", "device_tracker"),
)
_WIDER: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "HassTurnOn": ("switch", ("siren", "humidifier", "water_heater", *_ROBOTS)),
    "HassTurnOff": ("switch", ("siren", "humidifier", "water_heater", *_ROBOTS)),
    "HassClimateSetTemperature": ("climate", ("water_heater",)),
    "HassMediaPause": ("media_player", _ROBOTS),
    "HassGetState": ("sensor", _TOLD),
}
"""Intent -> a domain, and more domains whose devices may be named in a sentence that is written for that one."""


def widen(sentences: dict[str, Any]) -> None:
    """Let the sentences of a language name more kinds of devices than Home Assistant wrote them for.

    sentences: as home-assistant-intents gives them; `requires_context` of the intents' sentences is extended in place.
    """
    for intent, (known, more) in _WIDER.items():
        for block in sentences.get("intents", {}).get(intent, {}).get("data", ()):
            domains = block.get("requires_context", {}).get("domain")
            if isinstance(domains, list) and known in domains:
                domains.extend(domain for domain in more if domain not in domains)
