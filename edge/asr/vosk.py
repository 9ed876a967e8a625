"""Vosk with the home's own sentences as its grammar: any language that has a model.

A Vosk grammar is a list of phrases, from which the library estimates a bigram model on the fly. So it is given the
fewest sentences that hold every pair of neighbouring words of the expectation, and `[unk]` for all other speech. Words
that the model has no pronunciation for are left out, with the sentences that need them.
"""

import json
import math
from pathlib import Path
from typing import Any

from edge.asr.expectation import Expectation
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis, Word

RATE = 16_000
UNKNOWN = "[unk]"
BLOCK_BYTES = 2 * RATE // 10
"""Sound is handed on in blocks of 0.1 s: the decoder prunes at their ends, so other blocks would give other results."""
MIN_WORD_CONFIDENCE = 1e-3
"""Floor of a word's confidence in their geometric mean: one bad word makes a sentence doubtful, not impossible."""


class VoskRecognizer:
    """One utterance at a time against one expectation.

    Raises MissingError `asr.library` when the library is not installed, InputError `asr.model_broken` for a folder that
    holds no model, `asr.expectation` when the model knows none of the words.
    """

    def __init__(self, model_dir: Path, expectation: Expectation) -> None:
        try:
            import vosk
        except ImportError as error:
            raise MissingError("asr.library", "vosk is not installed: make install EXTRAS=vosk") from error
        vosk.SetLogLevel(-1)
        try:
            self._model: Any = vosk.Model(str(model_dir))
        except Exception as error:
            # The library raises a bare Exception, whatever is wrong.
            raise InputError(
                "asr.model_broken", f"{model_dir} holds no usable Vosk model; check it with: edge models verify"
            ) from error
        known = frozenset(word for word in expectation.words if self._model.vosk_model_find_word(word) >= 0)
        self.unknown_words = tuple(word for word in expectation.words if word not in known)
        """Words that this model cannot hear; sentences that need them are not expected."""
        phrases = [" ".join(sentence) for sentence in expectation.automaton.covering(known)]
        if not phrases:
            raise InputError("asr.expectation", "this Vosk model knows none of the words to expect; check its language")
        if self._model.vosk_model_find_word(UNKNOWN) >= 0:  # not every model has it
            phrases.append(UNKNOWN)
        grammar = json.dumps(phrases, ensure_ascii=False)
        self._recognizer: Any = vosk.KaldiRecognizer(self._model, RATE, grammar)
        self._recognizer.SetWords(True)
        self._automaton = expectation.automaton
        self._words: list[Word] = []
        self._accepted = 0
        """Bytes of this utterance."""
        self._before = 0
        """Bytes of all utterances before it: the library's times go on counting."""
        self._waiting = bytearray()

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length."""
        self._waiting += pcm
        while len(self._waiting) >= BLOCK_BYTES:
            self._feed(bytes(self._waiting[:BLOCK_BYTES]))
            del self._waiting[:BLOCK_BYTES]

    def partial(self) -> str:
        """What has been heard so far, or nothing."""
        running = str(json.loads(self._recognizer.PartialResult()).get("partial", "")) if self._accepted else ""
        heard = [*(word.text for word in self._words), *running.split()]
        return " ".join(word for word in heard if word != UNKNOWN)

    def ending(self) -> float | None:
        """Probability that the request is whole, by what can be said here; None when it is nothing that can."""
        words = tuple(self.partial().split())
        return self._automaton.ending(words) if words else None

    def finish(self) -> tuple[Hypothesis, ...]:
        """The most probable reading, or nothing; then the recogniser is as new."""
        if rest := bytes(self._waiting[: len(self._waiting) // 2 * 2]):
            self._feed(rest)
        if self._accepted:
            self._words += self._heard(self._recognizer.FinalResult())
        words = self._words
        self.reset()
        known = tuple(word for word in words if word.text != UNKNOWN)
        if not known:
            return ()
        return (Hypothesis(" ".join(word.text for word in known), _confidence(words, known), known),)

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        if self._accepted:
            # Reset alone leaves sound in the feature pipeline, and the next utterance would begin with it.
            self._recognizer.FinalResult()
        self._recognizer.Reset()
        self._words = []
        self._before += self._accepted
        self._accepted = 0
        self._waiting.clear()

    def _feed(self, pcm: bytes) -> None:
        self._accepted += len(pcm)
        # The library has an endpointer of its own and may end a sentence where the hub's goes on.
        if self._recognizer.AcceptWaveform(pcm):
            self._words += self._heard(self._recognizer.Result())

    def _heard(self, result: str) -> list[Word]:
        began_s = self._before / 2 / RATE
        return [
            Word(
                row["word"],
                round((row["start"] - began_s) * 1000),
                round((row["end"] - began_s) * 1000),
                min(1.0, float(row["conf"])),
            )
            for row in json.loads(result).get("result", [])
        ]


def _confidence(words: list[Word], known: tuple[Word, ...]) -> float:
    """Geometric mean of the words' posteriors, times the share of the speech that was understood as words at all."""
    logs = [math.log(max(word.confidence, MIN_WORD_CONFIDENCE)) for word in known]
    said = sum(word.ended_ms - word.began_ms for word in words)
    understood = sum(word.ended_ms - word.began_ms for word in known)
    return math.exp(sum(logs) / len(logs)) * (understood / said if said else 1.0)
