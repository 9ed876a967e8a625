"""Whether what a plan does could hurt where it was not meant. Pure."""

from collections.abc import Callable

from edge.core.home import Entity, HomeState, Voice
from edge.core.turn import Plan

_ALWAYS = frozenset(("lock", "alarm_control_panel", "siren", "valve", "water_heater", "lawn_mower"))


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
