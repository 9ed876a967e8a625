"""Pocketsphinx with the home's own grammar: English, no model to download, exact sentences only.

Why it is set up as it is:

- The expectation's automaton is the search graph. It is deterministic and minimal, a hundredth of the same templates
  written as a JSGF, so beams can be wide and the right sentence is not lost for a bad first syllable.
- The utterance is decoded when it is whole, with its own cepstral mean. A command is too short for a running mean: it
  starts at somebody else's voice and microphone and is still on its way when the command is over.
- The lattice is not searched again (`bestpath`): that pass forgets the grammar's end, and stops within sentences.
- Confidence is the likelihood ratio to a free loop of phones over the same frames, in nats a frame (Jiang 2005,
  "Confidence measures for speech recognition: a survey", section 4; the loop as Young 1994, "Detecting misrecognitions
  and out-of-vocabulary words"): speech that the grammar cannot say fits the phones far better than it fits the words.
"""

import math
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from edge.asr.expectation import Expectation
from edge.asr.lexicon import Lexicon
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis, Word

BEAM = 1e-80
"""Pruning of states and phones; the default of 1e-48 loses sentences of a whole home in the first syllable."""
WORD_BEAM = 1e-60
LANGUAGE_WEIGHT = 6.5
"""Exponent of the grammar's probabilities: acoustic scores of neighbouring frames are not independent."""

MID_RATIO = -1.6
"""Nats a frame at which speech is as likely outside the grammar as within it."""
RATIO_SCALE = 0.35
"""Nats a frame to which the confidence changes by a factor of e in odds."""

SCORE_UNIT = math.log(1.0001) * 1024
"""Nats in one unit of the decoder's acoustic scores: logarithms to base 1.0001, shifted by 10 bits."""
FRAME_MS = 10
MIN_SAMPLES = 400
"""One analysis window; less sound than that is none."""

_GRAMMAR = "home"
_PHONES = "phones"
_END = "</s>"


class PocketsphinxRecognizer:
    """One utterance at a time against one expectation.

    Raises InputError: `asr.language` when the expectation is not English, `asr.expectation` when none of its words can
    be read; MissingError `asr.library` when the library is not installed.
    """

    def __init__(self, expectation: Expectation) -> None:
        if expectation.language.split("-")[0] != "en":
            raise InputError(
                "asr.language",
                f"pocketsphinx hears English only, not {expectation.language!r}; set asr.engine to vosk",
            )
        try:
            import pocketsphinx
        except ImportError as error:
            raise MissingError(
                "asr.library", "pocketsphinx is not installed; install it with: pip install edge-hub"
            ) from error
        lexicon = Lexicon(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
        pronunciations = lexicon.pronounce(expectation.words, expectation.spellings)
        transitions = list(_transitions(expectation, pronunciations))
        if not pronunciations:
            raise InputError("asr.expectation", "none of the words to expect can be read as English")
        with tempfile.TemporaryDirectory(prefix="edge-asr-") as folder:
            dictionary = Path(folder) / "home.dict"
            dictionary.write_text(_dictionary(pronunciations), encoding="utf-8")
            self._decoder: Any = pocketsphinx.Decoder(
                lm=None,
                dict=str(dictionary),
                loglevel="FATAL",
                beam=BEAM,
                pbeam=BEAM,
                wbeam=WORD_BEAM,
                lw=LANGUAGE_WEIGHT,
                bestpath=False,
                # Scores are relative to the best of the senones computed; over all of them, searches compare.
                compallsen=True,
            )
        end = len(expectation.automaton.arcs)
        self._decoder.add_fsg(_GRAMMAR, self._decoder.create_fsg(_GRAMMAR, 0, end, transitions))
        self._decoder.add_allphone_file(_PHONES, None)
        self._sound = bytearray()

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length."""
        self._sound += pcm

    def partial(self) -> str:
        """What has been heard so far, decoded anew at every call."""
        segments = self._decode(_GRAMMAR)
        return " ".join(_bare(word) for word, _, _, _ in segments)

    def finish(self) -> tuple[Hypothesis, ...]:
        """The sentence of the expectation that fits best, or nothing; then the recogniser is as new."""
        words = self._decode(_GRAMMAR)
        hypotheses = (_hypothesis(words, self._decode(_PHONES)),) if words else ()
        self.reset()
        return hypotheses

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        self._sound.clear()

    def _decode(self, search: str) -> list[tuple[str, int, int, float]]:
        """Segments of the utterance so far that are no silence: label, first frame, frame after the last, score."""
        samples = len(self._sound) // 2
        if samples < MIN_SAMPLES:
            return []
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_utt()
        decoder.process_raw(bytes(self._sound[: 2 * samples]), full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return []
        return [
            (segment.word, segment.start_frame, segment.end_frame + 1, _score(segment.ascore))
            for segment in decoder.seg()
            if not _is_silence(segment.word)
        ]


def _transitions(
    expectation: Expectation, pronunciations: Iterable[str]
) -> Iterable[tuple[int, int, float] | tuple[int, int, float, str]]:
    known = set(pronunciations)
    end = len(expectation.automaton.arcs)
    for state, arcs in enumerate(expectation.automaton.arcs):
        for arc in arcs:
            if arc.word in known:
                yield state, arc.target, arc.probability, arc.word
        if expectation.automaton.finals[state] > 0:
            yield state, end, expectation.automaton.finals[state]


def _dictionary(pronunciations: dict[str, tuple[tuple[str, ...], ...]]) -> str:
    lines = []
    for word, variants in pronunciations.items():
        for number, phones in enumerate(variants, 1):
            lines.append(f"{word if number == 1 else f'{word}({number})'} {' '.join(phones)}\n")
    return "".join(lines)


def _hypothesis(
    words: Sequence[tuple[str, int, int, float]], phones: Sequence[tuple[str, int, int, float]]
) -> Hypothesis:
    free = [0.0] * (max(last for _, _, last, _ in (*words, *phones)) + 1)
    for _, first, last, score in phones:
        free[first:last] = [score / (last - first)] * (last - first)
    found = []
    total = frames = 0.0
    for label, first, last, score in words:
        ratio = score - sum(free[first:last])
        total += ratio
        frames += last - first
        found.append(Word(_bare(label), first * FRAME_MS, last * FRAME_MS, _confidence(ratio / (last - first))))
    return Hypothesis(" ".join(word.text for word in found), _confidence(total / frames), tuple(found))


def _confidence(ratio: float) -> float:
    return 1 / (1 + math.exp(min(700.0, (MID_RATIO - ratio) / RATIO_SCALE)))


def _score(probability: float) -> float:
    return math.log(max(probability, 1e-300)) / math.log(1.0001) * SCORE_UNIT


def _bare(label: str) -> str:
    return label.partition("(")[0]


def _is_silence(label: str) -> bool:
    return label.startswith(("<", "[", "+", "(")) or label == "SIL"
