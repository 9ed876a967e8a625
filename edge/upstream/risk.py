"""Whether a turn is about something that could hurt: of that nothing is told and nothing learnt from others. Pure."""

from collections.abc import Iterable

from edge.core import danger
from edge.core.home import Entity, HomeState, Voice
from edge.core.turn import Interpretation, Plan
from edge.upstream.vocabulary import some

_ALWAYS = frozenset(
    some(
        "lock alarm_control_panel siren valve water_heater lawn_mower scene script automation button input_button "
        "camera person device_tracker zone"
    )
)
"""Domains: what opens, arms and heats, what nobody can tell the doings of, and what tells of people."""
_HURTS = danger.OPENINGS | danger.UNLOCKING | danger.ALARMS | danger.SIRENS | danger.GAS | danger.HEATERS
_ALSO = danger.some("arm arms armed arming bolt deadbolt burglar camera cameras panic emergency police sauna")


def risky_words(words: Iterable[str]) -> bool:
    """Whether a text names something that opens, arms, watches or burns, whatever it says of it.

    >>> [risky_words(text.split()) for text in ("unlock the front door", "turn on the garage light", "garage open")]
    [True, False, True]
    """
    text = tuple(words)
    said = frozenset(text)
    if not said.isdisjoint(_HURTS | _ALSO) or danger.is_hot(" ".join(text)):
        return True
    return not said.isdisjoint(danger.GARAGES) and said.isdisjoint(danger.LIGHTS)


def risky_request(said: Interpretation) -> bool:
    """Whether it asks for such a kind of thing, or for people, whether or not there is one."""
    slots = [*said.slots, *(slot for part in said.also for slot in part.slots)]
    kinds = [str(slot.value) for slot in slots if slot.name in ("domain", "device_class")]
    return any(kind in _ALWAYS or risky_words(kind.split("_")) for kind in kinds)


def risky_plan(plan: Plan | None, home: HomeState) -> bool:
    """Whether a device of the plan is one of which a voice may not do everything, or is of a kind or called so.

    A device that is not there is one, too; so is what is handed to automations, and what waits for a yes.
    """
    if plan is None:
        return False
    ids = {command.entity_id for command in (*plan.commands, *plan.pending)}
    ids |= {*plan.matched, *plan.unmatched, *plan.candidates}
    return plan.publish or any(_risky(home.entities.get(one)) for one in ids)


def _risky(entity: Entity | None) -> bool:
    if entity is None or entity.voice is not Voice.ALLOWED or entity.domain in _ALWAYS:
        return True
    if entity.domain == "climate" and not entity.for_rooms:
        return True
    if entity.domain == "cover" and entity.device_class in ("garage", "gate", "door"):
        return True
    if entity.domain == "light":
        return any(danger.is_hot(name) for name in entity.names)
    return any(risky_words(danger.name_words(name)) for name in entity.names)
