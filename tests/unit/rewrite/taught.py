"""A hub that is taught by what is said to it, and what it then does and answers."""

from collections.abc import Callable

from edge.core.home import HomeState
from edge.hub import Hub
from edge.profile import load_profile
from tests.unit.nlu.in_context import AREAS, FLOORS, house

HOME = HomeState.of(house(), AREAS, FLOORS, "living")
PROFILE = load_profile(environ={}, system_paths=(), overrides=[])
Start = Callable[[], Hub]
LAMP_OFF = [("light.floor_lamp", "turn_off")]


def reply(hub: Hub, text: str) -> str:
    """What the hub answers, with nothing amiss."""
    turn = hub.say(text)
    assert turn.reply is not None
    assert not [span.code for span in turn.spans if span.code.endswith("unexpected")]
    return turn.reply.text


def deeds(hub: Hub, text: str) -> list[tuple[str, str]]:
    """What it does."""
    plan = hub.say(text).plan
    return [] if plan is None else [(c.entity_id, c.verb.value) for c in plan.commands]


def refused(hub: Hub, text: str) -> str:
    """Why it does not."""
    plan = hub.say(text).plan
    return "" if plan is None or plan.refusal is None else plan.refusal.code
