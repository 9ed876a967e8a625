"""Open sentences: they say what is to be done and leave open to what, or what somebody needs and leave open how.

`open_<language>.yaml` holds them in Home Assistant's format, with intents of our own. Here they are read, and their
verbs become Home Assistant's intents, so that what is chosen is planned by `edge.nlu.resolve` like any other request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.core.turn import Interpretation, Scalar
from edge.nlu.verbs import BY_DOMAIN, DOMAIN_OF_INTENT
from edge.nlu.verbs import VERBS as HOME_VERBS

DO, UNDO, OTHER, MEANT, ALSO, NEED, PLAY, ASK = (
    *("EdgeDo", "EdgeUndo", "EdgeOther", "EdgeMeant"),
    *("EdgeAlso", "EdgeNeed", "EdgePlay", "EdgeAsk"),
)
OPEN_INTENTS = frozenset((DO, UNDO, OTHER, MEANT, ALSO, NEED, PLAY, ASK))
ENTITIES = "entities"
"""Slot of an interpretation that the context has grounded: ids of the devices that are meant, joined by commas."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a verb is said to the devices of some domains: an intent of Home Assistant, with its slots."""

    domains: frozenset[str]
    intent: str
    slots: Mapping[str, Scalar] = field(default_factory=dict)
    value: str = ""
    """Slot that takes the value which the sentence gives."""
    when: frozenset[str] = frozenset()
    """States in which it makes sense; empty: in any."""


def _way(domains: str, intent: str, value: str = "", when: str = "", **slots: Scalar) -> Way:
    return Way(frozenset(domains.split()), intent, slots, value, frozenset(when.split()))


_SWITCHED = "light switch fan media_player climate humidifier input_boolean siren water_heater"
_BRIGHTER, _DARKER = (_way("light", "HassLightSet", brightness_step=step) for step in (1, -1))
_LOUDER, _QUIETER = (_way("media_player", "HassSetVolumeRelative", volume_step=step) for step in (10, -10))
_WARMER, _COOLER = (_way("climate", "HassClimateSetTemperature", temperature_step=step) for step in (1, -1))
_FASTER, _SLOWER = (_way("fan", "HassFanSetSpeed", speed_step=step) for step in (1, -1))
_OPEN, _CLOSE = (_way("cover valve", intent) for intent in ("HassTurnOn", "HassTurnOff"))
_OFF = _way(_SWITCHED, "HassTurnOff")
_STOPS = (
    _way("cover valve", "HassStopMoving", when="opening closing"),
    _way("media_player", "HassMediaPause", when="playing"),
    _way("vacuum", "HassVacuumReturnToBase", when="cleaning"),
)
_SILENCES = (_way("switch input_boolean siren", "HassTurnOff", when="on"),)

VERBS: Mapping[str, tuple[Way, ...]] = {
    "on": (_way(_SWITCHED, "HassTurnOn"),),
    "off": (_OFF,),
    "toggle": (_OPEN, _CLOSE, _way("light", "HassTurnOn"), _way("light", "HassTurnOff")),
    "open": (_OPEN,),
    "close": (_CLOSE,),
    "lock": (_way("lock", "HassTurnOn"),),
    "unlock": (_way("lock", "HassTurnOff"),),
    "pause": (_way("media_player", "HassMediaPause"),),
    "resume": (_way("media_player", "HassMediaUnpause"),),
    "next": (_way("media_player", "HassMediaNext"),),
    "previous": (_way("media_player", "HassMediaPrevious"),),
    "mute": (_way("media_player", "HassMediaPlayerMute"),),
    "unmute": (_way("media_player", "HassMediaPlayerUnmute"),),
    "louder": (_LOUDER,),
    "quieter": (_QUIETER,),
    "stop": (*_STOPS, *_SILENCES),
    "silence": _SILENCES,
    "dock": (_way("vacuum", "HassVacuumReturnToBase"), _way("lawn_mower", "HassLawnMowerDock")),
    "brighter": (_BRIGHTER,),
    "darker": (_DARKER,),
    "warmer": (_WARMER,),
    "cooler": (_COOLER,),
    "faster": (_FASTER,),
    "slower": (_SLOWER,),
    "more": (_BRIGHTER, _LOUDER, _WARMER, _FASTER),
    "less": (_DARKER, _QUIETER, _COOLER, _SLOWER),
    "percent": (
        _way("light", "HassLightSet", "brightness"),
        _way("cover valve", "HassSetPosition", "position"),
        _way("fan", "HassFanSetSpeed", "percentage"),
        _way("media_player", "HassSetVolume", "volume_level"),
    ),
    "degrees": (_way("climate water_heater", "HassClimateSetTemperature", "temperature"),),
    "color": (_way("light", "HassLightSet", "color"),),
}
"""Verb of the open sentences -> how it is said to which devices."""

SILENCED = frozenset(("alarm", "clock", "wake", "wakeup", "siren", "bell", "buzzer", "timer"))
"""Words in the names of switches that make a noise: only these are silenced by "stop"."""

KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "light": (frozenset(("light",)), frozenset()),
    "lamp": (frozenset(("light",)), frozenset(("lamp", "lamps"))),
    "fan": (frozenset(("fan",)), frozenset()),
    "blind": (frozenset(("cover",)), frozenset(("blind", "blinds", "shade", "shades"))),
    "curtain": (frozenset(("cover",)), frozenset(("curtain", "curtains", "drapes"))),
    "shutter": (frozenset(("cover",)), frozenset(("shutter", "shutters"))),
    "shade": (frozenset(("cover",)), frozenset()),
    "cover": (frozenset(("cover",)), frozenset()),
    "tv": (frozenset(("media_player",)), frozenset(("tv", "television", "telly"))),
    "speaker": (frozenset(("media_player",)), frozenset(("speaker", "speakers", "radio", "stereo", "receiver"))),
    "player": (frozenset(("media_player",)), frozenset()),
    "heating": (frozenset(("climate",)), frozenset()),
    "cooling": (frozenset(("climate",)), frozenset()),
    "vacuum": (frozenset(("vacuum",)), frozenset()),
    "oven": (frozenset(("climate", "switch")), frozenset(("oven", "stove"))),
    "alarm": (frozenset(("switch", "input_boolean", "siren")), frozenset(("alarm",))),
}
"""What a thing is called -> the domains that it may be of, and words of which its name or device class has one.

A `shade` keeps light out and lets nobody in; a `cover` is whatever a room has of both, a shade where there is one.
"""

SCENES: Mapping[str, frozenset[str]] = {
    "night": frozenset(("good night", "goodnight", "bedtime", "bed time", "sleep", "night", "going to bed")),
    "morning": frozenset(("good morning", "morning", "wake up", "getting up", "wakeup")),
    "away": frozenset(("away", "leaving", "leave home", "goodbye", "going out", "nobody home", "all off")),
    "film": frozenset(("movie night", "movie", "movie time", "film", "film night", "cinema", "watch a film")),
    "dinner": frozenset(("dinner", "dinner time", "supper", "meal", "eating")),
    "party": frozenset(("party", "party time")),
    "relax": frozenset(("relax", "relaxing", "chill", "wind down")),
}
"""What somebody needs -> what households call the scene for it."""

COOLERS = frozenset(("ac", "aircon", "conditioner", "conditioning", "cooler"))
BREWERS = frozenset(("coffee", "espresso", "cappuccino", "tea", "kettle", "percolator", "brewer", "samovar"))
DRYERS = frozenset(("extractor", "exhaust", "ventilation", "vent", "dehumidifier", "fan"))
MACHINES = frozenset(("washing", "washer", "dryer", "dishwasher", "machine", "oven", "printer", "vacuum"))
"""Words in the names of what cools, brews, dries, and of what is asked "is it done"."""


def open_sentences(language: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The open sentences of a language, as home-assistant-intents gives its own; None where nobody has written any.

    known: the language's own sentences, whose lists and rules may be used.
    """
    file = Path(__file__).with_name(f"open_{language.split('-', maxsplit=1)[0]}.yaml")
    if not file.exists():
        return None
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        "language": language,
        "intents": loaded["intents"],
        "lists": {**known.get("lists", {}), **loaded.get("lists", {})},
        "expansion_rules": {**known.get("expansion_rules", {}), **loaded.get("expansion_rules", {})},
        "skip_words": known.get("skip_words", []),
    }


_OPEN_PLACE = frozenset(
    (
        *BY_DOMAIN,
        *(intent for intent in HOME_VERBS if intent in DOMAIN_OF_INTENT and "List" not in intent),
        "HassClimateGetTemperature",
    )
)
"""Intents of Home Assistant of which the state of the home may tell the device where the sentence does not."""


def leaves_open(reading: Interpretation) -> bool:
    """Whether a reading of the grammar says neither which device nor where, so that the home may tell."""
    said = any(slot.name in ("name", "area", "floor", ENTITIES) and slot.text for slot in reading.slots)
    return reading.intent in _OPEN_PLACE and not said and reading.slot("name") is None and not reading.also
