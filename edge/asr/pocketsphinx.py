"""Pocketsphinx with the home's own grammar: English, no model to download, exact sentences only.

Why it is set up as it is:

- The expectation's automaton is the search graph. It is deterministic and minimal, a hundredth of the same templates
  written as a JSGF, so beams can be wide and the right sentence is not lost for a bad first syllable.
- The utterance is decoded when it is whole, with its own cepstral mean. A command is too short for a running mean: it
  starts at somebody else's voice and microphone and is still on its way when the command is over.
- The lattice is not searched again (`bestpath`): that pass forgets the grammar's end, and stops within sentences.
- Confidence is the likelihood ratio to a free loop of phones over the same frames (Jiang 2005, "Confidence measures for
  speech recognition: a survey", section 4; the loop as Young 1994, "Detecting misrecognitions and out-of-vocabulary
  words"): speech that the grammar cannot say fits the phones far better than it fits the words. A clear voice makes all
  ratios small and noise makes them large, so the ratio is taken as a share of what the loop itself falls short of the
  best state of every frame (the on-line garbage score of Bourlard, D'hoore & Boite 1994, "Optimizing recognition and
  rejection performance in wordspotting systems").
- There is one reading. Pocketsphinx can list more, from the lattice: that takes a second and ignores the grammar's end.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.asr.expectation import Expectation
from edge.asr.lexicon import Lexicon, Pronunciation
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis, Word

BEAM = 1e-80
"""Pruning of states and phones; the default of 1e-48 loses sentences of a whole home in the first syllable."""
WORD_BEAM = 1e-50
"""Pruning of word ends; from 1e-40 on, sentences are lost in noise."""
MAX_ACTIVE = 5_000
"""States kept a frame. It bounds the time that mumbling and noise take, when nothing fits and nothing is pruned."""
LANGUAGE_WEIGHT = 6.5
"""Exponent of the grammar's probabilities: acoustic scores of neighbouring frames are not independent."""
SILENCE_PROBABILITY = 0.05
"""Of a pause between two words. People think while they speak to a machine; the default of 0.005 is read speech."""

MID_EXCESS = 0.33
"""Shortfall, as above, at which the confidence is even. Over commands, orders and single words in grammars that can and
cannot say them, clean and with kitchen noise at 12 dB, 2 to 3 % of the right readings lie above, and of speech that the
grammar cannot say 1 % of the sentences and 20 % of the single words lie below."""
EXCESS_SCALE = 0.06
"""Change of the shortfall that changes the odds by a factor of e."""

FRAME_MS = 10
MIN_SAMPLES = 400
"""One analysis window; less sound than that is none."""

_GRAMMAR = "home"
_PHONES = "phones"

_Segment = tuple[str, int, int, float]
"""Label, first frame, frame after the last, and how far the log probability of its sound falls short of the best
states', at most 0."""


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
                maxhmmpf=MAX_ACTIVE,
                lw=LANGUAGE_WEIGHT,
                silprob=SILENCE_PROBABILITY,
                bestpath=False,
                # Scores are relative to the best of the states computed; over all of them, searches compare.
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
        return " ".join(_bare(label) for label, *_ in _speech(self._decode(_GRAMMAR)))

    def ending(self) -> float | None:
        """Not told."""
        return None

    def finish(self) -> tuple[Hypothesis, ...]:
        """The sentence of the expectation that fits best, or nothing; then the recogniser is as new."""
        words = _speech(self._decode(_GRAMMAR))
        phones = self._decode(_PHONES) if words else []
        self.reset()
        return (_hypothesis(words, phones),) if _speech(phones) else ()

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        self._sound.clear()

    def _decode(self, search: str) -> list[_Segment]:
        """The utterance so far, silence among it."""
        samples = len(self._sound) // 2
        if samples < MIN_SAMPLES:
            return []
        decoder = self._decoder
        decoder.activate_search(search)
        # The noise estimate lives on from one utterance to the next, and the same sound would score otherwise after
        # other sound; each is to be heard as the first.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(bytes(self._sound[: 2 * samples]), full_utt=True)
        decoder.end_utt()
        if decoder.hyp() is None:
            return []
        return [
            (segment.word, segment.start_frame, segment.end_frame + 1, math.log(max(segment.ascore, 1e-300)))
            for segment in decoder.seg()
        ]


def _transitions(
    expectation: Expectation, pronunciations: Mapping[str, tuple[Pronunciation, ...]]
) -> Iterator[tuple[int, int, float] | tuple[int, int, float, str]]:
    """The automaton's arcs, those of words that cannot be read left out, and one that leads from every end to the last.

    Words that sound alike in one place (whats, what's) are searched once, as the likelier of them.
    """
    end = len(expectation.automaton.arcs)
    for state, arcs in enumerate(expectation.automaton.arcs):
        alike: dict[tuple[int, tuple[Pronunciation, ...]], float] = {}
        labels: dict[tuple[int, tuple[Pronunciation, ...]], str] = {}
        for arc in sorted(arcs, key=lambda arc: -arc.probability):
            if arc.word in pronunciations:
                sound = arc.target, pronunciations[arc.word]
                alike[sound] = alike.get(sound, 0.0) + arc.probability
                labels.setdefault(sound, arc.word)
        for sound, probability in alike.items():
            yield state, sound[0], probability, labels[sound]
        if expectation.automaton.finals[state] > 0:
            yield state, end, expectation.automaton.finals[state]


def _dictionary(pronunciations: Mapping[str, tuple[Pronunciation, ...]]) -> str:
    lines = []
    for word, variants in pronunciations.items():
        for number, phones in enumerate(variants, 1):
            lines.append(f"{word if number == 1 else f'{word}({number})'} {' '.join(phones)}\n")
    return "".join(lines)


def _hypothesis(words: Sequence[_Segment], phones: Sequence[_Segment]) -> Hypothesis:
    frames = max(last for _, _, last, _ in (*words, *phones))
    free = [0.0] * frames
    for _, first, last, score in phones:
        free[first:last] = [score / (last - first)] * (last - first)
    found = [
        Word(_bare(label), first * FRAME_MS, last * FRAME_MS, _confidence(score, sum(free[first:last])))
        for label, first, last, score in words
    ]
    loop = sum(sum(free[first:last]) for _, first, last, _ in words)
    confidence = _confidence(sum(score for *_, score in words), loop)
    return Hypothesis(" ".join(word.text for word in found), confidence, tuple(found))


def _confidence(score: float, loop: float) -> float:
    """0 to 1, from the scores of the grammar and of the phone loop over the same frames."""
    excess = (loop - score) / max(-loop, 1e-3)
    return 1 / (1 + math.exp(max(-50.0, min(50.0, (excess - MID_EXCESS) / EXCESS_SCALE))))


def _speech(segments: Sequence[_Segment]) -> list[_Segment]:
    return [segment for segment in segments if segment[0] != "SIL" and segment[0][0] not in "<[+("]


def _bare(label: str) -> str:
    return label.partition("(")[0]
