"""What a hub writes into its log and publishes of a request: never words, but for the household's own intents."""

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from edge.core.codec import dumps
from edge.core.errors import EdgeError
from edge.core.home import HomeState
from edge.core.turn import Interpretation
from edge.logs import defect as defect  # noqa: PLC0414 - with the rest of what the hub's line tells

if TYPE_CHECKING:
    from edge.audio.wake import WakeDetector

log = logging.getLogger("edge")


def intent_json(interpretation: Interpretation, home: HomeState) -> str:
    """A request of the household's own sentences, for its automations: intent, slots and the microphone's room."""
    room = home.area(home.mic_area)
    slots = {slot.name: slot.value for slot in interpretation.slots}
    return dumps({"intent": interpretation.intent, "slots": slots, "area": room.name if room else None})


def outage(error: EdgeError | None) -> None:
    """The microphone has gone, or with None come back."""
    if error is None:
        log.warning("audio.back: listening again")
    else:
        log.warning("%s: %s; waiting for it to come back", error.code, error)


def no_output(error: EdgeError | None) -> None:
    """Replies cannot be heard, or with None can be again."""
    if error is None:
        log.warning("speak.back: replies are heard again")
    else:
        log.warning("%s: %s; replies are not heard until then", error.code, error)


def counts(detector: "WakeDetector") -> None:
    """How often the wake word was heard, and was not it."""
    found = asdict(detector.counts)
    log.info("wake.counts: %s", ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in found.items()))


def error(found: EdgeError) -> None:
    """Something does not work, and what to do about it."""
    log.error("%s: %s", found.code, found)
