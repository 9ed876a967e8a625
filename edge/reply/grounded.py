"""What is told after a request whose devices the context has found: they are named, as nobody has said which."""

from edge.core.home import Entity, HomeState
from edge.core.turn import Plan
from edge.reply.actions import the
from edge.reply.states import spoken_state

MAX_TOLD = 3
"""Devices of which the answer tells one by one."""


def answer(plan: Plan, home: HomeState, *, measured: bool) -> str:
    """How the devices are that the plan is about: "The oven is at 140 °C"; nothing where they are too many.

    measured: whether the question was for a temperature rather than for how they are.
    """
    ids = [i for i in (*plan.matched, *plan.unmatched) if i in home.entities]
    if not ids or len(ids) > MAX_TOLD:
        return ""
    told = ". ".join(_told(home.entities[i], measured=measured) for i in ids)
    return told[:1].upper() + told[1:]


def _told(entity: Entity, *, measured: bool) -> str:
    now = entity.attributes.get("current_temperature")
    if measured and entity.available and isinstance(now, int | float):
        return f"{the(entity.name)} is at {now:g} {entity.attributes.get('temperature_unit') or '°C'}"
    return f"{the(entity.name)} is {spoken_state(entity)}"
