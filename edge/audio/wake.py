"""Frame -> wake word or not.

A small model listens all the time. What comes near its wake word is looked at again by a second, larger model of
another kind, on the sound that has been kept: two models that agree are surer than either, so the first may be asked
to notice far more than it could be trusted with alone. Where there is no second model the first decides.

    first stage  < near                      nothing
                 near ... sure               look: joint score of both >= both, within `WAIT_MS`?  wake : reject
                 >= sure                     wake at once
    alone        >= the model's threshold    wake

The joint score is a weighted mean of the two logits, as a score (the logarithmic pool: C. Genest and J. Zidek,
"Combining probability distributions", 1986). One model that is sure makes up for one that doubts; the second counts
threefold, for the first gives high scores to some sound that is nothing like its word.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import NamedTuple

from edge.audio.capture import FRAME_SAMPLES, RATE, Frame
from edge.audio.wake_micro import MicroWakeWord
from edge.audio.wake_parts import (
    Detection,
    Look,
    Speakers,
    Verifier,
    WakeCounts,
    WakeModel,
    WakeRule,
    WakeStage,
    WakeWord,
)

__all__ = [
    "Detection",
    "MicroWakeWord",
    "Speakers",
    "Verifier",
    "WakeCounts",
    "WakeDetector",
    "WakeModel",
    "WakeRule",
    "WakeStage",
    "WakeWord",
    "joint",
]

WAIT_MS = 400
"""Sound after the first stage's peak that a look may wait for; more would be felt as a delay."""
LATE_MS = 600
"""A detection tells of a moment at most this far back: `WAIT_MS`, and the rise to the peak."""
BACK_MS = 80
"""How far before the first stage came near the word may have ended, for a look."""
_SETTLED = 2 * FRAME_SAMPLES
"""Samples without a new best score after which it counts as the peak; models speak up every 30 to 80 ms."""
_LEAST = 1e-4
"""Scores are held within this of 0 and 1 when they are put together, so that neither model has a veto alone."""
_WEIGHT = 3.0
"""Of the second model's logit; the first's has 1. With 1 a hard negative overlaps the words, from 3 to 6 none does."""
_LOOK_SAMPLES = 80 * RATE // 1000
"""A look goes on this often."""
_KEPT_MS = 3500
"""Sound kept for a look: more than the 2 s that openWakeWord's own models need."""


def joint(first: float, second: float) -> float:
    """Score of two models together, 0 to 1."""
    return _score((_logit(first) + _WEIGHT * _logit(second)) / (1 + _WEIGHT))


class WakeDetector:
    """Scores of one or several wake words -> one detection for each time that one is said.

    `accept` and `reset` belong to one thread; everything else may be called from any.
    """

    def __init__(
        self,
        words: Sequence[WakeModel | WakeWord],
        *,
        release: float = 0.5,
        refractory_ms: int = 2000,
        speakers: Speakers | None = None,
    ) -> None:
        """words: a bare model is a word without a verifier.

        release: share of the score at which it counts that a model must fall under before it can fire again, so that
        a score that wavers fires once; refractory_ms: for how long after a detection nothing fires.
        speakers: whose voices alone may wake; None lets every voice.
        Raises ValueError for no models, a release outside (0, 1] and a negative time.
        """
        if not words or not 0 < release <= 1 or refractory_ms < 0:
            raise ValueError("give at least one model, a release in (0, 1] and a time of 0 ms or more")
        self._given = tuple(word if isinstance(word, WakeWord) else WakeWord(word) for word in words)
        self._refractory = refractory_ms * RATE // 1000
        self._lock = Lock()
        self._counts = WakeCounts()
        self._sensitivity = 0.5
        self._states = tuple(_WordState(word, release, self._count) for word in self._given)
        self._speakers = speakers
        looks = speakers is not None or any(word.verifier for word in self._given)
        self._kept: deque[bytes] = deque(maxlen=_KEPT_MS * RATE // 1000 // FRAME_SAMPLES if looks else 0)
        self._deaf_until = 0

    def accept(self, frame: Frame) -> Detection | None:
        """The phrase that this frame completes; the surer one where two do."""
        self._kept.append(frame.pcm)
        deaf = frame.end < self._deaf_until
        found: Detection | None = None
        for state in self._states:
            detection = state.accept(frame, self._kept, deaf=deaf)
            if detection is not None and (found is None or detection.score > found.score):
                found = detection
        if found is not None and not self._known(found, frame):
            self._count(strangers=1)
            found = None
        if found is not None:
            self._deaf_until = frame.end + self._refractory
            for state in self._states:
                state.drop_doubt()
            self._count(wakes=1)
        return found

    def _known(self, detection: Detection, frame: Frame) -> bool:
        if self._speakers is None:
            return True
        return self._speakers.knows(detection.phrase, b"".join(self._kept), frame.end - detection.at_sample)

    def reset(self) -> None:
        """Forget the stream; counts and sensitivity stay."""
        for state in self._states:
            state.reset()
        self._kept.clear()
        self._deaf_until = 0

    @property
    def counts(self) -> WakeCounts:
        """What it has done so far."""
        with self._lock:
            return self._counts

    def was_false(self) -> None:
        """Count a wake that nobody spoke after."""
        self._count(false_wakes=1)

    @property
    def sensitivity(self) -> float:
        """0 to 1; 0.5 is what the thresholds say."""
        return self._sensitivity

    def set_sensitivity(self, value: float) -> None:
        """Make it wake more easily or less, from the next frame on.

        value: 0 to 1; 0.5 leaves every threshold as it was given, 1 makes the odds that it asks for e**2 (7 times) as
        small, 0 as great. What is needed to ask the second model moves likewise. Raises ValueError.
        """
        if not 0 <= value <= 1:
            raise ValueError("a sensitivity lies between 0 and 1")
        self._sensitivity = value
        for state in self._states:
            state.set_shift(4 * (0.5 - value))

    def set_rule(self, phrase: str, rule: WakeRule) -> None:
        """Other thresholds for a phrase, from the next frame on. Raises KeyError for a phrase that it does not hear."""
        states = [state for state in self._states if state.word.model.phrase == phrase]
        if not states:
            raise KeyError(phrase)
        for state in states:
            state.set_rule(rule)

    def _count(self, **more: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, **{key: getattr(self._counts, key) + n for key, n in more.items()})


@dataclass(slots=True)
class _Doubt:
    """The first stage has come near; not decided yet."""

    best: float
    began_at: int
    peak_at: int
    """Stream offset at which the score was best so far."""
    look: Look | None = None
    looked_at: int = 0
    noticed_at: int | None = None
    """Stream offset at which the first stage's own threshold was reached, if it was."""
    second: float = 0.0
    fresh: bytes = b""
    """Sound that the look has not been given."""


class _WordState:
    def __init__(self, word: WakeWord, release: float, count: Callable[..., None]) -> None:
        self._release = release
        self._count = count
        self._shift = 0.0
        self._word = word
        self._set_bars()
        self.reset()

    @property
    def word(self) -> WakeWord:
        return self._word

    def set_rule(self, rule: WakeRule) -> None:
        self._word = replace(self._word, rule=rule)
        self._set_bars()

    def set_shift(self, logits: float) -> None:
        self._shift = logits
        self._set_bars()

    def reset(self) -> None:
        self._word.model.reset()
        self._armed = True
        self._doubt: _Doubt | None = None
        self._near = False
        """Whether it is near its word, without a verifier to ask."""
        self._rejected = 0.0
        """Best score of what was rejected last and is still going on."""

    def drop_doubt(self) -> None:
        """What another word has decided."""
        if self._doubt is not None:
            self._doubt = None
            self._armed = False

    def accept(self, frame: Frame, kept: Iterable[bytes], *, deaf: bool) -> Detection | None:
        """kept: the sound up to this frame and with it."""
        score = self._word.model.accept(frame.pcm)
        if self._doubt is not None:
            return self._resolve(self._doubt, score, frame, kept)
        bars = self._bars
        if not self._armed:
            self._armed = score < self._release * bars.alone
        elif deaf:
            pass
        elif self._word.verifier is None:
            return self._alone(score, frame)
        elif score < self._release * bars.near:
            self._rejected = 0.0
        elif score >= bars.near and score > self._rejected:
            self._doubt = _Doubt(score, frame.end, frame.end)
            return self._resolve(self._doubt, score, frame, kept)
        return None

    def _alone(self, score: float, frame: Frame) -> Detection | None:
        bars = self._bars
        if score >= bars.alone:
            self._armed = self._near = False
            return Detection(self._word.model.phrase, score, frame.end)
        if self._near and score < self._release * bars.near:
            self._count(near_misses=1)
            self._near = False
        self._near = self._near or score >= bars.near
        return None

    def _resolve(self, doubt: _Doubt, score: float, frame: Frame, kept: Iterable[bytes]) -> Detection | None:
        bars = self._bars
        if score > doubt.best or doubt.peak_at == frame.end:
            doubt.best, doubt.peak_at = score, frame.end
        if doubt.noticed_at is None and score >= bars.alone:
            doubt.noticed_at = frame.end
        if doubt.best >= bars.sure:
            return self._wake(doubt, doubt.best, frame)
        waited = frame.end - doubt.peak_at
        doubt.fresh += frame.pcm
        if doubt.look is None:
            # Not before the score stops rising: what is certain a moment later needs no look.
            if waited < _SETTLED:
                return None
            assert self._word.verifier is not None
            back_ms = BACK_MS + (frame.end - doubt.began_at) * 1000 // RATE
            doubt.look = self._word.verifier.look(b"".join(kept), back_ms)
            doubt.fresh = b""
        elif frame.end - doubt.looked_at < _LOOK_SAMPLES:
            return None
        doubt.looked_at = frame.end
        fresh, doubt.fresh = doubt.fresh, b""
        for second in doubt.look.accept(fresh):
            doubt.second = max(doubt.second, second)
            if (both := joint(doubt.best, doubt.second)) >= bars.both:
                self._count(verified=1)
                return self._wake(doubt, both, frame)
        if waited >= WAIT_MS * RATE // 1000:
            self._count(rejected=1, near_misses=int(doubt.best < bars.alone))
            self._rejected = doubt.best
            self._doubt = None
        return None

    def _wake(self, doubt: _Doubt, score: float, frame: Frame) -> Detection:
        self._armed, self._doubt, self._rejected = False, None, 0.0
        at = doubt.peak_at if doubt.noticed_at is None else doubt.noticed_at
        return Detection(self._word.model.phrase, score, max(at, frame.end - LATE_MS * RATE // 1000))

    def _set_bars(self) -> None:
        rule, alone = self._word.rule, self._word.model.threshold

        def shifted(bar: float) -> float:
            return _score(_logit(bar) + self._shift) if self._shift else bar

        # One assignment: the thread that listens sees the old ones or the new.
        self._bars = _Bars(shifted(rule.near), shifted(rule.both), shifted(alone), rule.sure)


class _Bars(NamedTuple):
    near: float
    both: float
    alone: float
    sure: float


def _logit(score: float) -> float:
    score = min(max(score, _LEAST), 1 - _LEAST)
    return math.log(score / (1 - score))


def _score(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
