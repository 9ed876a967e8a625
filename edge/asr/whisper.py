"""Whisper, run by CTranslate2: an open ear, that hears any words, held to what this home can say.

- What it writes down is a near miss as often as not ("activate wood lighting"), so its readings are repaired by sound
  (`edge.asr.repair`), and the sentences found are scored against the sound by Whisper itself: each token's probability
  given those before it, from a forced pass of the decoder over all of them at once.
- Whisper was trained on windows of 30 s and spends 80 % of its time on the silence behind a command. Windows of 10 s
  are heard as well and five times as fast; in shorter ones it says everything twice.
- Digits and signs are kept from it: the expectation has numbers in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from edge.asr.bytepair import BytePairs
from edge.asr.expectation import Expectation
from edge.asr.lexicon import english_dictionary, spelled_as
from edge.asr.mel import HOP, RATE, log_mel
from edge.asr.repair import Near, Repair
from edge.asr.spoken import spoken
from edge.asr.weigh import Candidate, weigh
from edge.core.errors import InputError, MissingError
from edge.core.turn import Hypothesis, Word

MAX_SAMPLES = 30 * RATE
"""All that the model can hear; sound after it is not kept."""
MIN_SAMPLES = RATE // 5
"""No request is shorter; of a mere click the model makes whole sentences."""
MIN_WINDOW_S = 10
TAIL_S = 2
"""Silence that is left behind the sound; it tells the model that the sentence is over."""
BEAM = 5
LENGTH_PENALTY = 1
NO_SPEECH = 0.9
"""Probability of no speech above which nothing was said (Radford et al. 2022, section 4.5, whose 0.6 is meant for half
a minute; short commands are taken for none too often)."""
CANDIDATES = 8
"""Sentences of the home that are compared by their sound."""
NEIGHBOURS = 4
"""Sentences that are compared because the other recogniser heard what sounds like them."""
FREE = -60.0
"""Log probability of a sentence that teaches, as it is written: what the home can say in its place goes before it."""
REPAIRED = 3
"""Readings whose neighbours are looked for."""
TOKENS_PER_S = 8
"""Nobody speaks faster; the model, when it gets caught in a loop, does."""
FRAME_MS = 20
"""Of the encoder's output."""

SCORED_TAIL_FRAMES = 50
"""Of the silence that is left behind the sound when sentences are scored: 1 s, for the end to be heard."""

_NOT_WRITTEN = '0123456789%$&+=@#*/()[]{}<>_~|\\^"'


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model writes down of its own accord."""

    text: str
    """As it writes, capitals and stops among it."""
    score: float
    """Mean log probability a token."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well a sentence fits the sound."""

    total: float
    """Log probability, natural."""
    tokens: int
    words: tuple[Word, ...]
    """With the probability of each, and its time."""

    @property
    def mean(self) -> float:
        """Log probability a token."""
        return self.total / max(self.tokens, 1)


@dataclass(frozen=True, slots=True)
class Sound:
    """An utterance, encoded."""

    encoded: Any
    """[1, time, 384] float32, on the model's device."""
    ms: int


class Whisper:
    """The model.

    model_dir: folder of a model converted for CTranslate2, English. threads: that it may keep busy.

    Raises MissingError `asr.library` when the library is not installed, InputError `asr.model_broken` for a folder that
    holds no model.
    """

    def __init__(self, model_dir: Path, *, threads: int = 2) -> None:
        try:
            import ctranslate2
        except ImportError as error:
            raise MissingError(
                "asr.library",
                "ctranslate2 is not installed: make install EXTRAS=whisper",
            ) from error
        self._library: Any = ctranslate2
        try:
            self._tokens = BytePairs(model_dir / "tokenizer.json")
            self._begin = [self._tokens.special["<|startoftranscript|>"]]
            self._untimed = self._tokens.special["<|notimestamps|>"]
            self._model: Any = ctranslate2.models.Whisper(
                str(model_dir), device="cpu", compute_type="int8", intra_threads=threads, inter_threads=1
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise InputError(
                "asr.model_broken", f"{model_dir} holds no usable Whisper model; check it with: edge models verify"
            ) from error
        self._not_written = [-1, *self._tokens.holding(_NOT_WRITTEN)]

    def encode(self, pcm: bytes) -> Sound | None:
        """The utterance for the methods below; None when there is no sound. pcm: 16 kHz mono int16, little-endian."""
        import numpy as np

        samples = np.frombuffer(pcm[: min(len(pcm) // 2, MAX_SAMPLES) * 2], "<i2").astype(np.float32) / 32768
        if len(samples) < MIN_SAMPLES or not samples.any():
            return None
        seconds = min(30, max(MIN_WINDOW_S, -(-len(samples) // RATE) + TAIL_S))
        features = log_mel(samples, seconds * RATE // HOP)
        encoded = self._model.encode(self._library.StorageView.from_array(features[None]))
        return Sound(encoded, len(samples) * 1000 // RATE)

    def readings(self, sound: Sound, count: int = BEAM) -> tuple[Reading, ...]:
        """What was said, best first; nothing when it was no speech."""
        (result,) = self._model.generate(
            sound.encoded,
            [[*self._begin, self._untimed]],
            beam_size=BEAM,
            num_hypotheses=count,
            length_penalty=LENGTH_PENALTY,
            max_length=2 * (8 + sound.ms * TOKENS_PER_S // 1000),  # the library's limit counts for twice as many tokens
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._not_written,
        )
        if result.no_speech_prob > NO_SPEECH:
            return ()
        found: dict[str, Reading] = {}
        for numbers, score in zip(result.sequences_ids, result.scores, strict=True):
            text = once(self._tokens.decode(numbers).strip())
            if text:
                found.setdefault(text, Reading(text, score))
        return tuple(found.values())

    def scores(self, sound: Sound, texts: Sequence[str]) -> tuple[Score, ...]:
        """How well each of the texts, written as the model would write them, fits the sound."""
        import numpy as np

        if not texts:
            return ()
        tokens = [self._tokens.encode(f" {text}") for text in texts]
        # What is given needs no more of the silence behind it; left to itself the model would say everything twice.
        heard = np.array(sound.encoded)[:, : sound.ms // FRAME_MS + SCORED_TAIL_FRAMES]
        encoded = self._library.StorageView.from_array(np.repeat(heard, len(texts), axis=0))
        results = self._model.align(
            encoded, self._begin, tokens, [sound.ms // (FRAME_MS // 2)] * len(texts), median_filter_width=1
        )
        return tuple(
            self._score(text, numbers, result, sound.ms)
            for text, numbers, result in zip(texts, tokens, results, strict=True)
        )

    def _score(self, text: str, tokens: Sequence[int], result: Any, ms: int) -> Score:
        import numpy as np

        logs = np.log(np.maximum(result.text_token_probs[: len(tokens)], 1e-10))
        began: dict[int, int] = {}
        for token, frame in result.alignments:
            began.setdefault(token, frame * FRAME_MS)
        return Score(float(logs.sum()), len(tokens), tuple(self._words(text, logs, began, ms)))

    def _words(self, text: str, logs: Any, began: dict[int, int], ms: int) -> Iterable[Word]:
        import numpy as np

        at = 0
        starts = []
        for word in text.split():
            length = len(self._tokens.encode(f" {word}"))
            starts.append((word, at, at + length))
            at += length
        for word, first, last in starts:
            begins = min(began.get(first, 0), ms)
            ends = min(began.get(last, ms), ms)
            yield Word(word, begins, max(begins, ends), float(np.exp(logs[first:last].mean())))


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance as Whisper heard it, before it is judged."""

    sound: Sound | None
    texts: tuple[str, ...] = ()
    """What it wrote, in words only, best first."""
    stop: str = "."
    """The sign at the end of the best of them."""
    near: tuple[Near, ...] = ()
    """What the home can say that sounds like it."""


class OpenEar:
    """Whisper and the sentences of one home.

    Raises InputError `asr.language` when the expectation is not English.
    """

    def __init__(self, model: Whisper, expectation: Expectation) -> None:
        self._language = expectation.language
        if self._language.split("-")[0] != "en":
            raise InputError(
                "asr.language", f"whisper tiny.en hears English only, not {self._language!r}; set asr.engine to vosk"
            )
        self._model = model
        # Names are in capitals in the home (Bed Light), seldom so in a sentence; what is spelled (TV) always is.
        special = {word: text for word, text in expectation.spellings.items() if text != text.capitalize()}
        # A name that the household says in its own way is no word that the model knows: it writes what it hears.
        own = spelled_as({word: said[0] for word, said in expectation.pronunciations.items()}, english_dictionary())
        self._spellings = {"i": "I", "i'd": "I'd", "i'll": "I'll", "i'm": "I'm", "i've": "I've"} | special | own
        self._repair = Repair(expectation, english_dictionary())
        self._framed = expectation.framed

    def hear(self, pcm: bytes) -> Heard:
        """What was said, and what may have been meant."""
        sound = self._model.encode(pcm)
        readings = self._model.readings(sound) if sound is not None else ()
        texts = (" ".join((spoken(reading.text, self._language) or "").split()) for reading in readings)
        said = tuple(dict.fromkeys(text for text in texts if text))
        stop = "?" if readings and readings[0].text.endswith("?") else "."
        return Heard(sound, said, stop, self._repair.nearest_of(said[:REPAIRED], CANDIDATES))

    def judge(self, heard: Heard, others: Sequence[Hypothesis] = ()) -> tuple[Hypothesis, ...]:
        """The sentences of the home by what speaks for them, best first.

        others: what a constrained recogniser heard in the same sound; returned as it is where Whisper heard no speech.
        """
        if heard.sound is None or not heard.texts:
            return tuple(others)
        if others and others[0].text == heard.texts[0]:
            # Two that know nothing of each other heard the same; in some hundred cases weighing came to no other end.
            return weigh([Candidate(others[0].text, 0.0, 0.0, others[0].confidence, others[0].words)], 0.0)
        agreed = {other.text: other.confidence for other in others}
        possible = {near.text: near.log_probability for near in heard.near}
        for text in agreed:
            # What the other heard may be wrong in a small word or, where it knows pairs of words only, no sentence.
            for one in self._repair.nearest(text, NEIGHBOURS):
                possible.setdefault(one.text, one.log_probability)
        possible |= self._taught(heard.texts)
        texts = list(dict.fromkeys([*possible, *heard.texts]))
        written = [self._written(text, heard.stop) for text in texts]
        scores = dict(zip(texts, self._model.scores(heard.sound, written), strict=True))
        candidates = []
        for text, chance in possible.items():
            score = scores[text]
            words = tuple(replace(word, text=said) for word, said in zip(score.words, text.split(), strict=True))
            candidates.append(Candidate(text, score.total, chance, agreed.get(text, 0.0), words))
        return weigh(candidates, max(scores[text].total for text in heard.texts))

    def _taught(self, texts: Sequence[str]) -> dict[str, float]:
        """Sentences with free words in front, with the log probability of each: the request mended, and as it is."""
        found: dict[str, float] = {}
        for text in texts[:1]:
            for free, request in self._framed(text):
                found.setdefault(text, FREE)
                for one in self._repair.nearest(request, NEIGHBOURS) if request else ():
                    found[f"{free} {one.text}"] = one.log_probability
        return found

    def _written(self, text: str, stop: str) -> str:
        """The words as the model writes a sentence, for it finds any other way improbable."""
        sentence = " ".join(self._spellings.get(word, word) for word in text.split())
        return f"{sentence[:1].upper()}{sentence[1:]}{stop}"


class WhisperRecognizer:
    """Whisper alone, one utterance at a time against one expectation. It hears an utterance when it is whole."""

    def __init__(self, model: Whisper, expectation: Expectation) -> None:
        self._ear = OpenEar(model, expectation)
        self._sound = bytearray()

    def accept(self, pcm: bytes) -> None:
        """More sound of this utterance. pcm: 16 kHz mono int16, little-endian, any length; 30 s are kept."""
        self._sound += pcm[: max(0, 2 * MAX_SAMPLES - len(self._sound))]

    def partial(self) -> str:
        """Nothing: the model needs the whole utterance."""
        return ""

    def ending(self) -> float | None:
        """Not told."""
        return None

    def finish(self) -> tuple[Hypothesis, ...]:
        """The sentences of the expectation that fit best, best first; then the recogniser is as new."""
        sound = bytes(self._sound)
        self.reset()
        return self._ear.judge(self._ear.hear(sound))

    def reset(self) -> None:
        """Forget the utterance; the recogniser is as new."""
        self._sound.clear()


@lru_cache(maxsize=1)
def load(model_dir: Path, threads: int) -> Whisper:
    """The model, the same for every home: recognisers are built anew whenever a device comes or goes."""
    return Whisper(model_dir, threads=threads)


def once(text: str) -> str:
    """The text without its repetitions: in short windows the model says everything twice.

    >>> once("Turn it on. Turn it on. Turn")
    'Turn it on.'
    """
    said = text.split()
    plain = [word.casefold().strip(".,!?") for word in said]
    for length in range(1, len(plain) // 2 + 1):
        if plain[:length] == plain[length : 2 * length]:
            return " ".join(said[:length])
    return text
