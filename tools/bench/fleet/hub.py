"""The hubs of the fleet: the line of the learning hub, with what its grammar reads kept for all homes of one family."""

from dataclasses import replace

from edge.core.pipeline import Stage, StageError
from edge.core.timers import ringing
from edge.core.turn import EndReason, Interpretation, Turn
from tools.bench.household import Request
from tools.bench.household_line import LearningLine

Read = tuple[Interpretation | None, tuple[Interpretation, ...]] | StageError
Key = tuple[str | None, tuple[tuple[str, float], ...]]


class Remembering:
    """A stage that reads words, which reads the same words in homes of the same names once.

    What it makes of them depends on the names in the home, unless a question waits or a timer rings. To be made anew
    for every family's house.
    """

    always = False

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.name, self.reads, self.writes = stage.name, stage.reads, stage.writes
        self._known: dict[Key, Read] = {}
        self.asked = self.read = 0
        """How often it was asked, and how often it had to read."""

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its interpretation. Raises what the stage raises."""
        self.asked += 1
        if turn.asked is not None or ringing(turn.timers):
            self.read += 1
            return self._stage(turn)
        text = turn.rewrite.text if turn.rewrite is not None else None
        heard = tuple((one.text, one.confidence) for one in turn.utterance.hypotheses)
        key = (text, heard if text is None else heard[:1])
        if key not in self._known:
            self.read += 1
            try:
                made = self._stage(turn)
                self._known[key] = (made.interpretation, made.readings)
            except StageError as error:
                self._known[key] = error
        known = self._known[key]
        if isinstance(known, StageError):
            raise known.with_traceback(None)
        return replace(turn, interpretation=known[0], readings=known[1])


class FleetLine(LearningLine):
    """The hub that learns, or, with `learns` off, that only tells how its turns went. What it hears was spoken."""

    def opened(self, request: Request) -> Turn:
        """The turn before its first stage."""
        turn = super().opened(request)
        return replace(turn, utterance=replace(turn.utterance, end_reason=EndReason.SILENCE))
