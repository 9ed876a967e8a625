"""What a voice may do to a device of which the household has said nothing: by its kind, and by what it is called. Pure.

Many things say nothing of what hangs on them (a switch, a button, a scene), so that only the name tells. A name that
only might mean something dangerous is taken for it: being asked once too often is mended by a line in `home.toml`.
Lamps, plugs and blinds beside a door are called as such, and ask nothing.
"""

from dataclasses import replace

from edge.core import danger
from edge.core.home import Entity, Voice

_ALWAYS_GUARDED = frozenset(("lock", "alarm_control_panel", "siren"))
_OPENING_COVERS = frozenset(("garage", "gate", "door"))
_TWO_WAYS = frozenset(("switch", "input_boolean", "fan", "automation", "remote"))
"""What is on or off. Which of the two opens the gate, or disarms, is in nobody's description."""
_ONE_WAY = frozenset(("button", "input_button", "scene", "script"))
"""What does the one thing that its name says."""
_SET = frozenset(("number", "input_number", "select", "input_select", "text"))
_BY_DOOR = danger.LIGHTS | danger.some(
    "bell doorbell chime klingel camera cam kamera camara telecamera plug socket outlet fan sensor motion volume "
    "radio tv speaker freezer fridge charger heater child screen"
)
"""What is at a door or in a garage, and opens neither. A child lock keeps children from a device's buttons."""
_COVERINGS = danger.some("blind blinds curtain curtains shade shades awning drape drapes rollo vorhang")
_SHUTTERS = _COVERINGS | danger.some("shutter shutters rollladen rolladen persiana volet tapparella rolluik")
_COVERING_CLASSES = frozenset(("blind", "curtain", "shade", "awning", "window", "damper"))
_PLAIN = danger.GARAGES | danger.some("relay switch button trigger remote toggle left right")
_BY_ALARM = danger.LIGHTS | danger.some("clock wake wakeup morning timer time volume")
_ARMING = frozenset(("arm", "arms", "arming"))
_OFF = frozenset(("off", "stop", "aus", "uit"))


def default_voice(entity: Entity) -> tuple[Voice, str]:
    """What a voice may do to the device by its kind and by all that it is called, and why."""
    found = [_by_name(replace(entity, name=name, aliases=())) for name in entity.names]
    return max(found, key=lambda one: tuple(Voice).index(one[0]))


def _by_name(entity: Entity) -> tuple[Voice, str]:
    domain, said = entity.domain, frozenset(danger.name_words(entity.name))
    if (
        domain in _ALWAYS_GUARDED
        or (domain == "cover" and entity.device_class in _OPENING_COVERS)
        or (domain == "valve" and entity.device_class == "gas")
        or (domain == "climate" and not entity.for_rooms)
    ):
        return Voice.GUARDED, "default for such a device"
    voice = _called(entity, said)
    return voice, "default" if voice is Voice.ALLOWED else "default for what is called so"


def _called(entity: Entity, said: frozenset[str]) -> Voice:
    """What the name alone asks for."""
    domain = entity.domain
    if domain == "cover":
        guarded = _cover_opens(entity, said)
    elif domain == "valve":
        guarded = bool(said & danger.GAS)
    elif domain in ("light", "water_heater"):
        guarded = danger.is_hot(entity.name)
    elif domain in _TWO_WAYS | _ONE_WAY | _SET:
        if _opens(entity, said) or _alarms(entity, said):
            return Voice.CONFIRM if domain in _TWO_WAYS else Voice.GUARDED
        heats = bool(said & danger.HEATERS) and "water" not in said
        guarded = bool(said & (danger.GAS | danger.SIRENS)) or heats or _heats(entity, said)
    else:
        guarded = False
    return Voice.GUARDED if guarded else Voice.ALLOWED


def _cover_opens(entity: Entity, said: frozenset[str]) -> bool:
    opens = bool(said & danger.OPENINGS)
    if said & danger.GARAGES:
        # A roller shutter of a garage is its door, whatever class its maker gave it.
        return not said & _COVERINGS and (opens or entity.device_class not in _COVERING_CLASSES)
    return opens and not said & _SHUTTERS


def _opens(entity: Entity, said: frozenset[str]) -> bool:
    if said & danger.UNLOCKING:
        return True
    if said & (danger.OPENINGS | danger.GARAGES) and said & danger.OPENING:
        return not said & _SHUTTERS
    if entity.domain in _ONE_WAY and _closes(entity):
        return False
    if said & danger.OPENINGS:
        return not said & (_BY_DOOR | _SHUTTERS)
    # A switch called Garage alone is the garage's door as often as its light.
    return bool(said & danger.GARAGES) and said <= _PLAIN


def _closes(entity: Entity) -> bool:
    """Whether it is called by a closing verb, of which English "lock" is one where it comes first."""
    said = danger.name_words(entity.name)
    return not danger.CLOSING.isdisjoint(said) or (len(said) > 1 and said[0] == "lock")


def _alarms(entity: Entity, said: frozenset[str]) -> bool:
    arms = entity.domain in _ONE_WAY and bool(said & _ARMING)
    return bool(said & danger.ALARMS) and not said & _BY_ALARM and not arms


def _heats(entity: Entity, said: frozenset[str]) -> bool:
    return danger.is_hot(entity.name) and not (entity.domain in _ONE_WAY and said & _OFF)
