"""A bit brighter, a bit faster, two degrees warmer: from what is set now to the command that sets it. Pure."""

from collections.abc import Iterable

from edge.core.home import Entity
from edge.core.turn import Command, Verb

BRIGHTNESS_STEP = 20
"""Percent that "a bit brighter" is; smaller steps are hardly seen, and larger ones are no bit."""


SPEED_STEP = 20
"""Percent that "a bit faster" is; most fans have three to six speeds."""


def brighter(lights: Iterable[Entity], steps: float) -> tuple[Command, ...]:
    """Commands that make the lights that are on brighter by so many steps, or darker, down to 1 percent.

    Where none is on, "brighter" turns them on as bright as one step; there is nothing to darken then.
    """
    chosen = tuple(lights)
    on = tuple(light for light in chosen if light.state == "on")
    if not on and steps > 0:
        return tuple(Command(light.entity_id, Verb.TURN_ON, {"brightness": BRIGHTNESS_STEP}) for light in chosen)
    return tuple(Command(light.entity_id, Verb.TURN_ON, {"brightness": _brightness(light, steps)}) for light in on)


def _brightness(light: Entity, steps: float) -> int:
    now = light.attributes.get("brightness")
    percent = now if isinstance(now, int | float) and not isinstance(now, bool) else 100
    return max(1, min(100, round(percent + BRIGHTNESS_STEP * steps)))


def faster(fans: Iterable[Entity], steps: float) -> tuple[Command, ...]:
    """Commands that make the fans that run faster by so many steps, or slower, down to 1 percent."""
    running = (fan for fan in fans if fan.state == "on")
    return tuple(
        Command(fan.entity_id, Verb.SET_SPEED, {"speed": max(1, min(100, round(now + SPEED_STEP * steps)))})
        for fan in running
        if isinstance(now := fan.attributes.get("speed"), int | float) and not isinstance(now, bool)
    )


def warmer(device: Entity, degrees: float) -> Command | None:
    """The command that sets it so many degrees higher than it is set; None where it does not tell how it is set."""
    now = device.attributes.get("temperature")
    if not isinstance(now, int | float) or isinstance(now, bool):
        return None
    low, high = device.attributes.get("min_temp"), device.attributes.get("max_temp")
    wanted = now + degrees
    if isinstance(low, int | float):
        wanted = max(low, wanted)
    if isinstance(high, int | float):
        wanted = min(high, wanted)
    return Command(device.entity_id, Verb.SET_TEMPERATURE, {"temperature": wanted})
