"""A bit brighter, a bit faster, two degrees warmer: from what is set now to the command that sets it. Pure."""

from collections.abc import Iterable

from edge.core.home import Entity
from edge.core.turn import Command, Verb
from edge.nlu.goals import number

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
    now = number(light, "brightness")
    return max(1, min(100, round((100 if now is None else now) + BRIGHTNESS_STEP * steps)))


def faster(fans: Iterable[Entity], steps: float) -> tuple[Command, ...]:
    """Commands that make the fans that run faster by so many steps, or slower, down to 1 percent."""
    running = (fan for fan in fans if fan.state == "on")
    return tuple(
        Command(fan.entity_id, Verb.SET_SPEED, {"speed": max(1, min(100, round(now + SPEED_STEP * steps)))})
        for fan in running
        if (now := number(fan, "speed")) is not None
    )


def warmer(device: Entity, degrees: float) -> Command | None:
    """The command that sets it so many degrees higher than it is set; None where it does not tell how it is set."""
    now, low, high = (number(device, name) for name in ("temperature", "min_temp", "max_temp"))
    if now is None:
        return None
    wanted = now + degrees
    if low is not None:
        wanted = max(low, wanted)
    if high is not None:
        wanted = min(high, wanted)
    return Command(device.entity_id, Verb.SET_TEMPERATURE, {"temperature": wanted})
