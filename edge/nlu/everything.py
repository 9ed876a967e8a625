"""Which devices "everything" turns off, and which a household would miss. Pure.

Turning everything off is said on the way out or to bed, about what is on for comfort. What keeps food cold, data safe
or fish alive is not meant, nor what opens, locks, heats or guards; and nobody means everything by turning it on.
"""

from edge.core import danger
from edge.core.home import Entity, Voice
from edge.core.turn import Command, Interpretation, Plan, Verb
from edge.nlu.place import refuse

EVERYTHING = "everything"
"""Value of the slot `domain` of such a sentence."""
_PLAYER_OFF = frozenset(("off", "standby"))


def switched_on(entity: Entity) -> bool:
    """Whether it is on, a player also where it is idle or paused."""
    if entity.domain == "media_player":
        return entity.state is not None and entity.state not in _PLAYER_OFF
    if entity.domain in ("climate", "water_heater"):
        return entity.state not in ("off", None)
    return entity.state == "on"


def all_to_turn_off(interpretation: Interpretation, devices: tuple[Entity, ...]) -> Plan:
    """The plan for turning off all of these but what needs a yes for that or is missed; what is off is left alone.

    Raises Unresolved: `resolve.too_wide` for turning everything on, `resolve.no_domain` where there is nothing.
    """
    if interpretation.intent != "HassTurnOff":
        raise refuse("too_wide")
    meant = tuple(
        device
        for device in devices
        if device.voice in (Voice.ALLOWED, Voice.GUARDED) and not any(danger.is_missed(name) for name in device.names)
    )
    if not meant:
        raise refuse("no_domain", "device")
    on = tuple(device for device in meant if device.state is None or switched_on(device)) or meant
    return Plan(commands=tuple(Command(device.entity_id, Verb.TURN_OFF) for device in on))
