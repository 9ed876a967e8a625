"""What timers add to understanding: what is to wait is understood when it is said, and "stop" stops what rings."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from edge.core.pipeline import Stage, StageError
from edge.core.text import normalize
from edge.core.timers import ringing
from edge.core.turn import Hypothesis, Interpretation, Part, Turn
from edge.nlu.paraphrase import tidy
from edge.nlu.policy import answer
from edge.nlu.timers import INTENTS, in_units, said_command

_RING: Mapping[str, tuple[str, ...]] = {
    "EdgeStopRinging": (
        *("stop", "stop it", "stop that", "thats enough", "that is enough", "enough", "ok stop", "be quiet", "quiet"),
        *("silence", "shut up", "hush", "off", "turn it off", "turn that off", "switch it off", "make it stop"),
        *("im awake", "i am awake", "im up", "i am up", "got it", "thank you", "thanks", "ok", "okay", "cancel"),
        *("stop the alarm", "turn off the alarm", "stop the timer", "turn off the timer", "stop alarm", "stop timer"),
        *("cancel the alarm", "cancel the timer", "alarm off", "timer off", "dismiss"),
    ),
    "EdgeSnooze": ("snooze", "later", "not yet", "five more minutes", "let me sleep"),
}
"""Intent -> what is said to a timer that rings, without courtesy."""


def to_what_rings(text: str) -> str | None:
    """The intent of words that are said to what rings; None for others."""
    said = " ".join(tidy(normalize(text).split()) or normalize(text).split())
    plain = normalize(text)
    return next((intent for intent, words in _RING.items() if said in words or plain in words), None)


def heard_for_ring(heard: Iterable[Hypothesis]) -> Hypothesis | None:
    """The first reading that is said to what rings, of any confidence: to fall silent does no harm."""
    return next((one for one in heard if to_what_rings(one.text)), None)


def _answers(turn: Turn, said: Hypothesis) -> bool:
    """Whether it is rather said to a question that waits."""
    return turn.asked is not None and answer(said.text, "en") is not None


class Timely:
    """`Understand`, with timers in mind; its slots, its errors and its name are those of the stage that it is given."""

    always = False

    def __init__(self, understand: Stage) -> None:
        self._understand = understand
        self.name = understand.name
        self.reads = (*understand.reads, "timers")
        self.writes = understand.writes

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its interpretation."""
        if ringing(turn.timers) and (said := heard_for_ring(turn.utterance.hypotheses)) and not _answers(turn, said):
            return self._with(turn, Interpretation(to_what_rings(said.text) or "", (), said.text))
        after = self._understand(turn)
        found = after.interpretation
        if found is None or found.intent not in INTENTS or found.source == "answer":
            return after
        command = said_command(found)
        if command is None:
            plain = in_units(found)
            return after if plain is found else self._with(after, plain)
        return self._with(after, self._later(found, command, turn))

    def _later(self, found: Interpretation, command: str, turn: Turn) -> Interpretation:
        """With the command as its other parts; without, where nobody understands it: `resolve` then refuses."""
        heard = replace(turn.utterance, hypotheses=(Hypothesis(command, 1.0),))
        try:
            later = self._understand(replace(turn, utterance=heard, rewrite=None, asked=None)).interpretation
        except StageError:
            return found
        if later is None or later.source == "nearest" or later.intent == found.intent:
            return found  # what is done when nobody looks on is not guessed
        return replace(found, also=(Part(later.intent, later.slots), *later.also))

    def _with(self, turn: Turn, found: Interpretation) -> Turn:
        if "readings" in self.writes:
            return replace(turn, interpretation=found, readings=(found,))
        return replace(turn, interpretation=found)
