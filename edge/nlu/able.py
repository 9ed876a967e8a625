"""What only some devices can do: modes and presets by their own words, and how they are set. Pure.

`edge.nlu.verbs` holds what one verb and one argument say; here is what depends on the words that the device itself
gives: the modes of a thermostat, the options of a select, the presets of a fan.
"""

from collections.abc import Iterator, Mapping

from edge.core.home import Entity
from edge.core.text import normalize
from edge.core.turn import Command, Interpretation, Scalar, Verb

ABLE = frozenset(("EdgeSetMode", "EdgeGetSetting"))
"""Intents that need the device's own words; always of a device that is named."""
SWITCHED_THINGS = ("light", "switch", "fan", "media_player", "input_boolean")
"""What "is anything still on" asks of, and "everything" turns off: no lock, cover, thermostat, alarm or valve."""

_LISTS: Mapping[str, tuple[tuple[str, Verb, str], ...]] = {
    "select": (("options", Verb.SELECT_OPTION, "option"),),
    "input_select": (("options", Verb.SELECT_OPTION, "option"),),
    "climate": (
        ("modes", Verb.SET_MODE, "mode"),
        ("preset_modes", Verb.SET_PRESET, "preset_mode"),
        ("fan_modes", Verb.SET_FAN_MODE, "fan_mode"),
        ("swing_modes", Verb.SET_SWING_MODE, "swing_mode"),
    ),
    "fan": (("preset_modes", Verb.SET_PRESET, "preset_mode"),),
    "humidifier": (("modes", Verb.SET_MODE, "mode"),),
    "water_heater": (("modes", Verb.SET_MODE, "mode"),),
    "vacuum": (("fan_speed_list", Verb.SET_SPEED, "fan_speed"),),
}
"""Domain -> attribute that lists the device's own words, the verb that sets one, and its argument; modes come first:
a thermostat's "auto" is a mode before it is one of its fan's."""

_ENDS = ("mode", "preset", "option", "setting", "programme", "program", "position", "please")
_SYNONYMS: Mapping[str, str] = {
    "heating": "heat",
    "cooling": "cool",
    "automatic": "auto",
    "automatically": "auto",
    "drying": "dry",
    "fan": "fan only",
    "fan only": "fan only",
    "heating and cooling": "heat cool",
    "heat and cool": "heat cool",
    "normal": "none",
}
"""How people say the modes that Home Assistant words for a thermostat."""


def mode_command(device: Entity, said: str) -> Command | None:
    """The command that sets the mode, preset or option that is called so; None where the device lists none.

    The value is the device's own word, as it writes it.
    """
    wanted = tuple(_forms(said))
    for attribute, verb, argument in _LISTS.get(device.domain, ()):
        for form in wanted:
            if (own := _own_word(device.attributes.get(attribute), form)) is not None:
                return Command(device.entity_id, verb, {argument: own})
    return None


def _forms(said: str) -> Iterator[str]:
    plain = normalize(said)
    yield plain
    words = plain.split()
    while len(words) > 1 and words[-1] in _ENDS:
        words.pop()
        yield " ".join(words)
    if (other := _SYNONYMS.get(" ".join(words))) is not None:
        yield other


def _own_word(listed: object, form: str) -> str | None:
    if not isinstance(listed, list | tuple):
        return None
    return next((one for one in listed if isinstance(one, str) and normalize(one) == form), None)


def with_defaults(interpretation: Interpretation, args: dict[str, Scalar]) -> dict[str, Scalar]:
    """Arguments with what goes without saying: an alarm that is armed and no more is armed as when all are out."""
    if interpretation.intent == "EdgeArm":
        return {"mode": "away", **args}
    return args
