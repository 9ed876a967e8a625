"""What a wake word's models make of recordings, and the threshold that follows. Pure but for the models handed in."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from edge.audio.capture import Frame
from edge.audio.wake import WAIT_MS, WakeDetector, WakeWord, joint

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII = " .:-=+*#@"
_SEPARATE_MS = 1000
"""Two peaks of the first stage that lie closer are one."""
_MARGIN = 1.0
"""Logits that a threshold keeps below the softest recording of the word where nothing else is known."""
_LOW, _HIGH = 0.05, 0.95
_KEPT_S = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """One recording."""

    name: str
    scores: tuple[float, ...]
    """The first stage's, one a frame of 20 ms."""
    best: float
    """The score that a threshold is compared with: of both models where there are two, else of the first."""
    wakes: int
    """How often the wake word was detected, as things are set."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A threshold, and what it would do to the recordings that it follows from."""

    threshold: float
    missed: int
    """Recordings with the word below it."""
    false_alarms: int
    """Recordings without the word above it."""
    guessed: bool
    """Whether one of the two kinds of recordings was missing."""


def listen(name: str, frames: Iterable[Frame], word: WakeWord, detector: WakeDetector) -> Heard:
    """One recording through a word's models; both are reset first. detector: of the same word, made for itself."""
    word.model.reset()
    detector.reset()
    scores: list[float] = []
    pcm: list[bytes] = []
    wakes = 0
    for frame in frames:
        scores.append(word.model.accept(frame.pcm))
        pcm.append(frame.pcm)
        wakes += detector.accept(frame) is not None
    peak = max(scores, default=0.0)
    if word.verifier is None:
        return Heard(name, tuple(scores), peak, wakes)
    best = 0.0
    for at in _peaks(scores, word.rule.near):
        sound = b"".join(pcm[max(0, at - 50 * _KEPT_S) : at + 1 + WAIT_MS // 20])
        later = 20 * (min(len(pcm), at + 1 + WAIT_MS // 20) - at - 1)
        second = max(word.verifier.look(sound, later + 200).accept(), default=0.0)
        best = max(best, joint(scores[at], second))
    return Heard(name, tuple(scores), best, wakes)


def propose(with_word: Sequence[float], without: Sequence[float]) -> Proposal:
    """A threshold between the scores of recordings that hold the word and of those that do not.

    Halfway in logits, so that it is as far from either as their odds allow. Where the two overlap it lies above all
    that do not hold the word: a missed word is said again, a false alarm listens to what was not meant for it.
    with_word: one score at least. Raises ValueError without one.
    """
    if not with_word:
        raise ValueError("a threshold needs a recording of the word")
    # A recording that nothing was heard in must not pull the threshold to the floor: it counts as missed.
    softest = min([score for score in with_word if score >= _LOW] or with_word)
    loudest = max(without, default=0.0)
    if not without:
        threshold = _score(_logit(softest) - _MARGIN)
    elif loudest < softest:
        threshold = _score((_logit(softest) + _logit(loudest)) / 2)
    else:
        threshold = _score(_logit(loudest) + _MARGIN / 4)
    threshold = round(min(_HIGH, max(_LOW, threshold)), 2)
    return Proposal(
        threshold,
        missed=sum(score < threshold for score in with_word),
        false_alarms=sum(score >= threshold for score in without),
        guessed=not without,
    )


def draw(scores: Sequence[float], width: int, ramp: str = BLOCKS) -> str:
    """Scores, 0 to 1, over time as one line of at most `width` characters: the highest of each stretch."""
    if not scores or width < 1:
        return ""
    columns = min(width, len(scores))
    edges = [n * len(scores) // columns for n in range(columns + 1)]
    highest = (max(scores[low:high]) for low, high in pairwise(edges))
    return "".join(ramp[min(len(ramp) - 1, math.ceil(score * (len(ramp) - 1) - 0.05))] for score in highest)


def _peaks(scores: Sequence[float], near: float) -> list[int]:
    """Frames at which the score is highest for a second before and after, and near the word."""
    reach = _SEPARATE_MS // 20
    return [
        at
        for at, score in enumerate(scores)
        if score >= near
        and score == max(scores[max(0, at - reach) : at + reach + 1])
        and score > max(scores[max(0, at - reach) : at], default=0.0)
    ]


def _logit(score: float) -> float:
    score = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(score / (1 - score))


def _score(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
