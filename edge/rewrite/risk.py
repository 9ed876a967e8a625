"""Whether what a plan does could hurt where it was not meant. Pure."""

from collections.abc import Callable

from edge.core.danger import name_words
from edge.core.home import Entity, HomeState, Voice
from edge.core.turn import Plan

_ALWAYS = frozenset(("lock", "alarm_control_panel", "siren", "valve", "water_heater", "lawn_mower"))
_ALWAYS |= {"scene", "script", "automation", "button"}  # of which nobody can tell what they do


def risky(plan: Plan | None, home: HomeState, dangerous: Callable[[Entity], bool]) -> bool:
    """Whether a device of the plan is one of which a voice may not do everything, or that opens, arms or heats.

    Also where the household has allowed it to a voice: to a voice that says so, and not to what was guessed of it.
    dangerous: tells by kind and name. A device that is not there is one, too; so is what is handed to automations.
    """
    if plan is None:
        return False
    ids = [command.entity_id for command in (*plan.commands, *plan.pending)]
    if plan.timer is not None and plan.timer.new is not None:
        ids += [later.entity_id for later in plan.timer.new.then]
    entities = (home.entities.get(entity_id) for entity_id in dict.fromkeys(ids))
    return plan.publish or any(
        one is None or one.voice is not Voice.ALLOWED or one.domain in _ALWAYS or dangerous(one) for one in entities
    )


def names_another(heard: str, means: str, home: HomeState) -> bool:
    """Whether a word was heard that a room, floor or device of the home is called by, and that is not in the meaning.

    "The bathroom light", which there is none, is not the bedroom's, however alike the two sound. Texts are in normal
    form.
    """
    left = set(name_words(heard)) - set(name_words(means))
    if not left:
        return False
    names = [name for room in home.areas for name in (room.name, *room.aliases)]
    names += [name for floor in home.floors for name in (floor.name, *floor.aliases)]
    if any(not left.isdisjoint(name_words(name)) for name in names):
        return True
    return any(not left.isdisjoint(name_words(name)) for entity in home.entities.values() for name in entity.names)
