"""Pocketsphinx with the home's own grammar: English, no model to download, exact sentences only.

Why it is set up as it is:

- The expectation's automaton is the search graph. It is deterministic and minimal, a hundredth of the same templates
  written as a JSGF, so beams can be wide and the right sentence is not lost for a bad first syllable.
- It is decoded while it is spoken, so that little is left to do when it ends. A command is too short for a running
  cepstral mean: it starts at somebody else's voice and microphone and is still on its way when the command is over. So
  the mean of the first second is taken, and what was said before is caught up with.
- A reading that is neither certain nor hopeless is decoded a second time, with the mean of the whole utterance.
- The lattice is not searched again (`bestpath`): that pass forgets the grammar's end, and stops within sentences.
- Confidence is the likelihood ratio to a free loop of phones over the same frames (Jiang 2005, "Confidence measures for
  speech recognition: a survey", section 4; the loop as Young 1994, "Detecting misrecognitions and out-of-vocabulary
  words"): speech that the grammar cannot say fits the phones far better than it fits the words. A clear voice makes all
  ratios small and noise makes them large, so the ratio is taken as a share of what the loop itself falls short of the
  best state of every frame (the on-line garbage score of Bourlard, D'hoore & Boite 1994, "Optimizing recognition and
  rejection performance in wordspotting systems").
- A reading that was decoded twice may come with a second one: what the first pass heard. Pocketsphinx can list more,
  from the lattice: that takes a second and ignores the grammar's end.
"""

import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.asr.expectation import Expectation
from edge.asr.lexicon import Lexicon
from edge.core.errors import InputError, MissingError
from edge.core.phones import Pronunciation
from edge.core.turn import Hypothesis, Word

BEAM = 1e-80
"""Pruning of states and phones; the default of 1e-48 loses sentences of a whole home in the first syllable."""
WORD_BEAM = 1e-50
"""Pruning of word ends; from 1e-40 on, sentences are lost in noise."""
MAX_ACTIVE = 2_500
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

MEAN_MS = 1000
"""Sound of which the cepstral mean is taken for decoding along; shorter utterances are decoded when they are whole."""
BLOCK_BYTES = 2 * 1600
"""Sound is decoded along in blocks of 0.1 s."""
CERTAIN = 0.95
"""Confidence from which a reading is not decoded a second time."""
HOPELESS = 0.1
"""Confidence up to which it is not decoded a second time either."""

FRAME_MS = 10
MEAN_BYTES = 2 * 16 * MEAN_MS
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
        lexicon = Lexicon(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")), expectation.pronunciations)
        pronunciations = lexicon.pronounce(expectation.words, expectation.spellings)
        transitions = list(_transitions(expectation, pronunciations))
        if not pronunciations:
            raise InputError("asr.expectation", "none of the words to expect can be read as English")
        with tempfile.TemporaryDirectory(prefix="edge-asr-") as folder:
            dictionary = Path(folder) / "home.dict"
            dictionary.write_text(_dictionary(pronunciations), encoding="utf-8")
            grammar = _decoder(dictionary)
            end = len(expectation.automaton.arcs)
            grammar.add_fsg(_GRAMMAR, grammar.create_fsg(_GRAMMAR, 0, end, transitions))
            self._grammar = _Search(grammar, _GRAMMAR)
            dictionary.write_text("a AH\n", encoding="utf-8")  # a decoder must have a word
            loop = _decoder(dictionary)
            loop.add_allphone_file(_PHONES, None)
            self._loop = _Search(loop, _PHONES)
            self._mean = _Mean(_decoder(dictionary, compallsen=False))
        self._automaton = expectation.automaton
        self._sound = bytearray()
        self._decoded = 0
        """Bytes decoded along; 0 before the mean is known."""

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length."""
        self._sound += pcm
        if not self._decoded:
            if len(self._sound) < MEAN_BYTES:
                return
            mean = self._mean.of(bytes(self._sound[:MEAN_BYTES]))
            self._grammar.begin(mean)
            self._loop.begin(mean)
        while len(self._sound) - self._decoded >= BLOCK_BYTES:
            self._decode_to(self._decoded + BLOCK_BYTES)

    def partial(self) -> str:
        """What has been heard so far; sound that is too short to be decoded along is decoded anew at every call."""
        if self._decoded:
            return self._grammar.words()
        return _text(_speech(self._again(self._grammar)))

    def ending(self) -> float | None:
        """Probability that the request is whole, by what can be said here; None when nothing was heard."""
        words = tuple(self.partial().split())
        return self._automaton.ending(words) if words else None

    def finish(self) -> tuple[Hypothesis, ...]:
        """The sentence of the expectation that fits best, or nothing; then the recogniser is as new.

        A second reading is what the first pass heard, where it was not sure of it and the second pass heard otherwise.
        """
        found: tuple[Hypothesis, ...] = ()
        if self._decoded:
            self._decode_to(len(self._sound) // 2 * 2)
            self._decoded = 0
            found = _readings(self._grammar.end(), self._loop.end())
        if not found or HOPELESS < found[0].confidence < CERTAIN:
            words = _speech(self._again(self._grammar))
            # The loop takes as long as the grammar, and is needed only for what the first pass did not hear.
            if words and not (found and _text(words) == found[0].text):
                found = _distinct((*_readings(words, self._again(self._loop)), *found))
        self.reset()
        return found

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        if self._decoded:
            self._grammar.end()
            self._loop.end()
        self._decoded = 0
        self._sound.clear()

    def _again(self, search: "_Search") -> list[_Segment]:
        """All of the utterance so far, with its own mean."""
        sound = bytes(self._sound[: len(self._sound) // 2 * 2])
        return search.whole(sound, self._mean.of(sound)) if len(sound) >= 2 * MIN_SAMPLES else []

    def _decode_to(self, end: int) -> None:
        block = bytes(self._sound[self._decoded : end])
        self._grammar.feed(block)
        self._loop.feed(block)
        self._decoded = end


class _Search:
    """A decoder with one graph: decodes sound as it comes, or when it is whole."""

    def __init__(self, decoder: Any, graph: str) -> None:
        self._decoder = decoder
        decoder.activate_search(graph)

    def begin(self, mean: str) -> None:
        """A new utterance. mean: cepstral, as the library writes it."""
        # The noise estimate lives on from one utterance to the next, and the same sound would score otherwise after
        # other sound; each is to be heard as the first.
        self._decoder.reinit_feat()
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        """More of it."""
        if pcm:
            self._decoder.process_raw(pcm)

    def words(self) -> str:
        """The best path so far, whether a sentence may end there or not."""
        best = self._decoder.hyp()
        return best.hypstr if best is not None else ""

    def end(self) -> list[_Segment]:
        """The whole of it, silence included; nothing when no sentence of the graph fits."""
        self._decoder.end_utt()
        if self._decoder.hyp() is None:
            return []
        return [
            (segment.word, segment.start_frame, segment.end_frame + 1, math.log(max(segment.ascore, 1e-300)))
            for segment in self._decoder.seg()
        ]

    def whole(self, sound: bytes, mean: str) -> list[_Segment]:
        """An utterance at once."""
        self.begin(mean)
        # The library keeps the interpreter's lock while it decodes: in one piece, it would keep the microphone waiting.
        for start in range(0, len(sound), BLOCK_BYTES):
            self.feed(sound[start : start + BLOCK_BYTES])
        return self.end()


class _Mean:
    """Cepstral mean of a piece of sound: that of its features as a whole, which the library computes and tells."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        decoder.add_fsg(_GRAMMAR, decoder.create_fsg(_GRAMMAR, 0, 1, [(0, 1, 1.0, "a")]))
        decoder.activate_search(_GRAMMAR)

    def of(self, sound: bytes) -> str:
        """As the library writes it: numbers with commas between them."""
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(sound, no_search=True, full_utt=True)
        mean: str = self._decoder.get_cmn(False)
        self._decoder.end_utt()
        return mean


def _decoder(dictionary: Path, *, compallsen: bool = True) -> Any:
    """compallsen: scores are relative to the best of the states computed; over all of them, searches compare."""
    import pocketsphinx

    return pocketsphinx.Decoder(
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
        compallsen=compallsen,
    )


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


def _readings(words: Sequence[_Segment], phones: Sequence[_Segment]) -> tuple[Hypothesis, ...]:
    """The reading of two searches over the same sound, silence among their segments; nothing where either failed."""
    words, phones = _speech(words), list(phones)
    return (_hypothesis(words, phones),) if words and _speech(phones) else ()


def _distinct(readings: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Readings in order, none twice; none is surer than the one before it, which had the better look at the sound."""
    found: dict[str, Hypothesis] = {}
    ceiling = 1.0
    for reading in readings:
        if reading.text not in found:
            ceiling = min(ceiling, reading.confidence)
            found[reading.text] = replace(reading, confidence=ceiling)
    return tuple(found.values())


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


def _text(words: Sequence[_Segment]) -> str:
    return " ".join(_bare(label) for label, *_ in words)


def _bare(label: str) -> str:
    return label.partition("(")[0]
