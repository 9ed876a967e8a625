"""Two recognisers listen to the same utterance, and the better supported reading wins.

One is constrained: it hears what this home can say and nothing else, so noise does not lead it astray, but small words
do (off, on, out), and it takes any speech for a request. The other is open: it hears any words, and names and rooms
wrong. What either of them heard, and what sounds like it, is weighed by `edge.asr.weigh`.
"""

from edge.asr.expectation import Expectation
from edge.asr.recognizer import Recognizer
from edge.asr.whisper import MAX_SAMPLES, OpenEar, Whisper
from edge.core.turn import Hypothesis


class TogetherRecognizer:
    """One utterance at a time against one expectation.

    Raises InputError `asr.language` when the expectation is not English.
    """

    def __init__(self, constrained: Recognizer, model: Whisper, expectation: Expectation) -> None:
        self._constrained = constrained
        self._ear = OpenEar(model, expectation)
        self._sound = bytearray()

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length; Whisper keeps 30 s."""
        self._constrained.accept(pcm)
        self._sound += pcm[: max(0, 2 * MAX_SAMPLES - len(self._sound))]

    def partial(self) -> str:
        """What the constrained recogniser has heard so far, or nothing."""
        return self._constrained.partial()

    def ending(self) -> float | None:
        """Probability that what has been heard so far is a whole request, as the constrained recogniser tells it."""
        return self._constrained.ending()

    def finish(self) -> tuple[Hypothesis, ...]:
        """The sentences that have most support, best first; then the recogniser is as new."""
        sound = bytes(self._sound)
        self._sound.clear()
        # One after the other: Pocketsphinx keeps the interpreter to itself while it works, so a thread gains nothing.
        others = self._constrained.finish()
        return self._ear.judge(self._ear.hear(sound), others)

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        self._constrained.reset()
        self._sound.clear()
