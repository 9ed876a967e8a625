"""The one interface of all recognisers, and the factory that picks one."""

import importlib.util
from pathlib import Path
from typing import Literal, Protocol

from edge.asr.expectation import Expectation
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis

RATE = 16_000
"""Samples a second of all audio that recognisers take."""

Engine = Literal["auto", "vosk", "pocketsphinx"]


class Recognizer(Protocol):
    """Speech to text, one utterance at a time. Not safe for use by two threads at once."""

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length."""
        ...

    def partial(self) -> str:
        """What has been heard so far, or nothing. Never needed for `finish`."""
        ...

    def ending(self) -> float | None:
        """Probability that what has been heard so far is a whole request and nothing more comes, 0 to 1.

        None when it cannot be told.
        """
        ...

    def finish(self) -> tuple[Hypothesis, ...]:
        """Readings of the whole utterance, best first, none twice; empty when nothing was heard.

        Each adapter maps its own score to a confidence of which 0.5 is the even chance: speech outside the expectation
        mostly falls below it, expected speech hardly ever does.

        Afterwards the recogniser is as new. Word times count from the first sample accepted.
        """
        ...

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        ...


def create(engine: Engine, *, model_dir: Path | None, expectation: Expectation) -> Recognizer:
    """A recogniser that expects this home.

    engine: auto takes Vosk when `model_dir` is there and its library is installed, else Pocketsphinx.
    model_dir: folder of a Vosk model; Pocketsphinx carries its own.

    Raises MissingError (`asr.library`, `asr.model`) when the engine's library or model is not there, InputError
    (`asr.language`, `asr.expectation`) when it cannot hear this language or nothing is expected, and InputError
    (`asr.engine`) for an engine that does not exist.
    """
    if not expectation.words:
        raise InputError("asr.expectation", "there is no sentence to expect; add devices, rooms or sentences")
    has_model = model_dir is not None and model_dir.is_dir()
    if engine == "vosk" or (engine == "auto" and has_model and importlib.util.find_spec("vosk") is not None):
        if model_dir is None or not has_model:
            raise MissingError("asr.model", f"the Vosk model is not there: {model_dir or 'no folder was given'}")
        from edge.asr.vosk import VoskRecognizer

        return VoskRecognizer(model_dir, expectation)
    if engine in ("auto", "pocketsphinx"):
        from edge.asr.pocketsphinx import PocketsphinxRecognizer

        return PocketsphinxRecognizer(expectation)
    raise InputError("asr.engine", f"no recogniser {engine!r}; known are auto, vosk and pocketsphinx")
