"""Reports for an outbox."""

from collections.abc import Iterator
from itertools import product

from edge.upstream.report import Confidence, DayPart, Layer, TurnReport

ROOMS = ("kitchen", "bedroom", "office", "hallway", "bathroom", "garden", "attic", "basement", "nursery", "study")
THINGS = ("light", "lamp", "fan", "blinds", "curtains", "radio", "heater", "tv", "speaker", "switch")
HEARD = ("turn", "on", "the", "other", "light")
"""What all of them were, so that they may go in one batch."""
DOING = ("turn on", "turn off", "switch on", "switch off", "start", "stop", "close", "open", "set", "dim")


def reports(*, worked: bool | None = True) -> Iterator[TurnReport]:
    """Different ones, a thousand."""
    for doing, room, thing in product(DOING, ROOMS, THINGS):
        served = (*doing.split(), "the", room, thing)
        yield TurnReport(
            *("en", DayPart.EVENING, Confidence.HIGH, HEARD), served=served, layer=Layer.PERSONAL, worked=worked
        )


def some(count: int, *, worked: bool | None = True) -> list[TurnReport]:
    """The first of them."""
    return [one for one, _ in zip(reports(worked=worked), range(count), strict=False)]
