"""The one interface of all recognisers, and the factory that picks one."""

import importlib.util
from pathlib import Path
from typing import Literal, Protocol, get_args

from edge.asr.expectation import Expectation
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis

RATE = 16_000
"""Samples a second of all audio that recognisers take."""

Engine = Literal["auto", "pocketsphinx", "vosk", "whisper", "together"]


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


def create(
    engine: Engine,
    *,
    model_dir: Path | None,
    expectation: Expectation,
    whisper_dir: Path | None = None,
    threads: int = 2,
) -> Recognizer:
    """A recogniser that expects this home.

    engine: auto takes the best that is there: Whisper together with a constrained recogniser for English, else that
        one alone; the constrained one is Vosk where its library is installed and `model_dir` is there, else
        Pocketsphinx.
    model_dir: folder of a Vosk model; Pocketsphinx carries its own.
    whisper_dir: folder of a Whisper model; None where it is not there, or not afforded.
    threads: that Whisper may keep busy.

    Raises MissingError (`asr.library`, `asr.model`) when the engine's library or model is not there, InputError
    (`asr.language`, `asr.expectation`) when it cannot hear this language or nothing is expected, and InputError
    (`asr.engine`) for an engine that does not exist.
    """
    if engine not in get_args(Engine):
        raise InputError("asr.engine", f"no recogniser {engine!r}; known are {', '.join(get_args(Engine))}")
    if not expectation.words:
        raise InputError("asr.expectation", "there is no sentence to expect; add devices, rooms or sentences")
    if engine == "auto":
        english = expectation.language.split("-")[0] == "en"
        both = english and _is_there("ctranslate2", whisper_dir)
        return _together(model_dir, whisper_dir, expectation, threads) if both else _constrained(model_dir, expectation)
    if engine == "together":
        return _together(model_dir, whisper_dir, expectation, threads)
    if engine == "whisper":
        from edge.asr.whisper import WhisperRecognizer, load

        return WhisperRecognizer(load(_present(whisper_dir, "Whisper"), threads), expectation)
    if engine == "vosk":
        return _vosk(model_dir, expectation)
    return _pocketsphinx(expectation)


def _together(model_dir: Path | None, whisper_dir: Path | None, expectation: Expectation, threads: int) -> Recognizer:
    from edge.asr.together import TogetherRecognizer
    from edge.asr.whisper import load

    model = load(_present(whisper_dir, "Whisper"), threads)
    return TogetherRecognizer(_constrained(model_dir, expectation), model, expectation)


def _constrained(model_dir: Path | None, expectation: Expectation) -> Recognizer:
    return _vosk(model_dir, expectation) if _is_there("vosk", model_dir) else _pocketsphinx(expectation)


def _vosk(model_dir: Path | None, expectation: Expectation) -> Recognizer:
    from edge.asr.vosk import VoskRecognizer

    return VoskRecognizer(_present(model_dir, "Vosk"), expectation)


def _pocketsphinx(expectation: Expectation) -> Recognizer:
    from edge.asr.pocketsphinx import PocketsphinxRecognizer

    return PocketsphinxRecognizer(expectation)


def _present(folder: Path | None, whose: str) -> Path:
    if folder is None or not folder.is_dir():
        raise MissingError("asr.model", f"the {whose} model is not there: {folder or 'no folder was given'}")
    return folder


def _is_there(library: str, folder: Path | None) -> bool:
    return folder is not None and folder.is_dir() and importlib.util.find_spec(library) is not None
