"""Whether a wake word was said by a voice that is enrolled. A convenience, not a lock: a recording of the voice passes.

Text-dependent, as the classical systems are: the wake word as it was just said is laid over the wake word as it was
said at enrolment, by dynamic time warping (H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for
spoken word recognition", 1978; asymmetric, slope constraint P = 1, both ends free in what was said). What is compared
are cepstra of the word without their mean, so that distance and direction of the microphone matter little.

How near is near enough depends on word, room and noise, so distances are not compared with a number but with those to
a cohort, as in speaker verification (A. E. Rosenberg et al., "The use of cohort normalized scores for speaker
verification", 1992). The cohort needs no recordings of others: it is the enrolled word with its spectrum stretched and
squeezed, as longer and shorter vocal tracts would say it (E. Eide and H. Gish, "A parametric approach to vocal tract
length normalization", 1996). Whoever is nearer to the cohort than to the enrolled word is somebody else.

Noise that is there before the word hides what is softer: the enrolled word and its cohort are given the same noise
floor before they are compared (A. Varga and R. Moore, "Hidden Markov model decomposition of speech and noise", 1990,
the maximum approximation). When too little of the word stands out, nothing can be told, and everybody passes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from edge.audio.capture import RATE
from edge.core.errors import InputError
from edge.core.text import normalize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BANDS = 26
"""Mel bands from 100 to 6800 Hz."""
RECORDINGS = 3
"""Of the word, for an enrolment."""
NEEDED = 0.05
"""Likeness from which on a voice counts as known: measured, in quiet, 98 of 99 words of the enrolled lie above it, 91
of 100 by others below."""
LEAST_SNR_DB = 10.0
"""Loudest speech of the word over the mean of the noise, below which everybody passes."""
ENROL_SNR_DB = 20.0
"""The same, that a recording for an enrolment needs."""
ENROL_PEAK = 600
"""Of int16: a recording for an enrolment is at least so loud."""
FRAMES = range(12, 100)
"""Frames that the word of an enrolment may have: 0.24 to 2 s."""
_HOP = 320
_WINDOW = 512
_CEPSTRA = 12
_WARPS = (1.0, 0.86, 0.93, 1.075, 1.16)
"""Of the frequencies: as enrolled, then the cohort."""
_BEFORE_MS = 1800
"""Sound before the word's end that is searched for it: the longest wake phrases take a second."""
_AFTER_MS = 200
"""Sound after the moment at which the wake word was noticed that may still be its end."""
_RANGE_DB = 25.0
"""What is softer than the loudest of the word by more does not begin or end it."""
_GAP = 13
"""Frames of silence that may lie within a word."""
_DB = 4.343
"""Of one neper of power."""
_FAR = 1e9


@dataclass(frozen=True, slots=True)
class Voice:
    """A person's voice, as it says one or several wake words."""

    name: str
    words: "Mapping[str, tuple[Floats, ...]]" = field(repr=False)
    """Phrase, in normal form -> log mel spectrum of each recording of it, shape (frames, 26), 20 ms a frame."""


class Judged(NamedTuple):
    """What a look at one wake word has found."""

    likeness: float
    """1 - distance to the nearest enrolled recording / mean distance to its cohort; 0 is neither one nor the other."""
    snr_db: float

    @property
    def known(self) -> bool:
        """Whether it counts as the enrolled voice's."""
        return self.likeness >= NEEDED or self.snr_db < LEAST_SNR_DB


class EnrolledSpeakers:
    """The household's enrolled voices, of which any may wake the hub."""

    def __init__(self, voices: Iterable[Voice]) -> None:
        self._words: dict[str, list[Floats]] = {}
        for voice in voices:
            for phrase, recordings in voice.words.items():
                self._words.setdefault(phrase, []).extend(recordings)

    def knows(self, phrase: str, pcm: bytes, late: int) -> bool:
        """Whether one of them has just said the phrase; so too where the noise is too loud to tell.

        pcm: the last seconds, 16 kHz mono int16; late: samples from the moment at which the word was noticed to the
        end of them. Nobody is known for a phrase that nobody is enrolled for.
        """
        recordings = self._words.get(normalize(phrase))
        return recordings is not None and judge(recordings, pcm, late).known


def spectrum(pcm: bytes) -> "Floats":
    """Log mel spectrum, shape (n, 26), nepers of power. pcm: 16 kHz mono int16, little-endian."""
    import numpy as np

    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    if len(samples) < _WINDOW:
        return np.zeros((0, BANDS), dtype=np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(cut * np.hanning(_WINDOW))) ** 2
    found: Floats = np.log(power @ _tables().mel + 1e3).astype(np.float32)
    return found


def enrol(pcm: bytes, late: int) -> "Floats":
    """The word in a recording for an enrolment: its log mel spectrum, shape (frames, 26).

    pcm, late: as for `EnrolledSpeakers.knows`. Raises InputError (`voice.soft`, `voice.noisy`, `voice.length`).
    """
    import numpy as np

    peak = int(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)).max(initial=0))
    if peak < ENROL_PEAK:
        raise InputError("voice.soft", f"it is too soft (peak {peak} of 32767): come nearer, or turn the microphone up")
    heard = spectrum(pcm)
    tail = _searched(heard, late)
    level = _power(tail)
    loud = np.flatnonzero(level >= level.max() - _RANGE_DB / _DB)
    # The longest stretch: a click of the switch that ends a recording is as loud as a word.
    stretch = max(np.split(loud, np.flatnonzero(np.diff(loud) > _GAP) + 1), key=len)
    word = tail[stretch[0] : stretch[-1] + 1]
    if len(word) not in FRAMES:
        raise InputError("voice.length", f"its word lasts {len(word) * 0.02:.2f} s: say the wake word alone, once")
    if _loudness(tail, _noise(heard)).snr_db < ENROL_SNR_DB:
        raise InputError("voice.noisy", "there is too much noise in it: record the word in a quiet room")
    return word


def judge(recordings: "Sequence[Floats]", pcm: bytes, late: int) -> Judged:
    """How much the word just said sounds like these recordings of it. pcm, late: as for `EnrolledSpeakers.knows`."""
    heard = spectrum(pcm)
    tail = _searched(heard, late)
    return compare(recordings, tail, _noise(heard)) if len(tail) else Judged(0.0, 0.0)


def alike(words: "Sequence[Floats]") -> list[float]:
    """Likeness of each recording of an enrolment to the others."""
    import numpy as np

    silence = np.full(BANDS, np.log(1e3), dtype=np.float32)
    pad = np.repeat(silence[None], 10, axis=0)
    others = [[*words[:at], *words[at + 1 :]] for at in range(len(words))]
    return [
        compare(other, np.concatenate((pad, word, pad)), silence).likeness
        for other, word in zip(others, words, strict=True)
    ]


def compare(recordings: "Sequence[Floats]", tail: "Floats", noise: "Floats") -> Judged:
    """tail: spectrum of the sound that ends with the word; noise: of what is there without it, shape (26,)."""
    import numpy as np

    loudness = _loudness(tail, noise)
    floor = noise + np.float32(1.0)
    heard = _cepstra(np.maximum(tail, floor))
    masked = [np.maximum(recording + (loudness.speech - _speech(recording)), floor) for recording in recordings]
    own = [_cepstra(each) for each in masked]
    found = _align([_distances(each, heard) for each in own])
    distances = []
    for recording, start, end in zip(recordings, found.start, found.end, strict=True):
        said = heard[start : end + 1]
        said = said - said.mean(axis=0)
        gain = loudness.speech - _speech(recording)
        for warp in _WARPS:
            each = _cepstra(np.maximum(_warped(recording, warp) + gain, floor))
            # One mean for the word and its cohort: that of the enrolled voice would tell them apart by the microphone.
            distances.append(_distances(each - each.mean(axis=0), said))
    costs = _align(distances).cost.reshape(len(recordings), len(_WARPS))
    cohort = np.maximum(costs[:, 1:].mean(axis=1), 1e-6)
    return Judged(float(1 - (costs[:, 0] / cohort).min()), loudness.snr_db)


class _Loudness(NamedTuple):
    speech: "np.float32"
    """Nepers of power."""
    snr_db: float


class _Found(NamedTuple):
    cost: "Floats"
    """Mean distance along the best path, a frame of the enrolled word, shape (n,)."""
    start: "NDArray[np.intp]"
    end: "NDArray[np.intp]"


def _align(distances: "Sequence[Floats]") -> _Found:
    """The best paths through tables of distances, shape (frames enrolled, frames heard), all at once."""
    import numpy as np

    rows, columns = (max(each.shape[axis] for each in distances) for axis in (0, 1))
    table = np.full((rows, len(distances), columns), _FAR, dtype=np.float32)
    for at, each in enumerate(distances):
        table[: each.shape[0], at, : each.shape[1]] = each
    last = np.array([len(each) - 1 for each in distances])
    cost, start = table[0], np.broadcast_to(np.arange(columns), table.shape[1:])
    before, start_before = np.full_like(cost, 2 * _FAR), start
    ends = np.where((last == 0)[:, None], cost, 0)
    starts = start.copy()
    for row in range(1, rows):
        here = table[row]
        slow = _shift(cost, 2, _FAR) + (_shift(here, 1, _FAR) + here) / 2
        even = _shift(cost, 1, _FAR) + here
        fast = _shift(before, 1, _FAR) + table[row - 1] + here
        best = np.minimum(np.minimum(slow, even), fast)
        came = np.where(
            best == even,
            _shift(start, 1, 0),
            np.where(best == slow, _shift(start, 2, 0), _shift(start_before, 1, 0)),
        )
        before, start_before, cost, start = cost, start, best, came
        ended = last == row
        ends[ended], starts[ended] = cost[ended], start[ended]
    end = ends.argmin(axis=1)
    which = np.arange(len(distances))
    return _Found(ends[which, end] / (last + 1), starts[which, end], end)


def _shift(values: "NDArray[np.generic]", by: int, fill: float) -> "NDArray[np.generic]":
    import numpy as np

    moved = np.empty_like(values)
    moved[:, :by] = fill
    moved[:, by:] = values[:, :-by]
    return moved


def _distances(enrolled: "Floats", heard: "Floats") -> "Floats":
    import numpy as np

    square = (enrolled**2).sum(axis=1)[:, None] + (heard**2).sum(axis=1) - 2 * enrolled @ heard.T
    found: Floats = np.sqrt(np.maximum(square, 0))
    return found


def _cepstra(mel: "Floats") -> "Floats":
    found: Floats = mel @ _tables().cosine
    return found


def _warped(mel: "Floats", by: float) -> "Floats":
    """The spectrum of a vocal tract that is shorter by this factor, or longer."""
    import numpy as np

    hz = _tables().hz
    at = np.interp(_mel(hz * by), _mel(hz), np.arange(BANDS))
    low = np.minimum(at.astype(np.intp), BANDS - 2)
    share = (at - low).astype(np.float32)
    found: Floats = mel[:, low] * (1 - share) + mel[:, low + 1] * share
    return found


def _searched(heard: "Floats", late: int) -> "Floats":
    end = max(1, len(heard) - max(0, late - _AFTER_MS * RATE // 1000) // _HOP)
    return heard[max(0, end - _BEFORE_MS * RATE // 1000 // _HOP) : end]


def _noise(heard: "Floats") -> "Floats":
    """Spectrum of the softer half of what was kept: a word fills a fifth of it."""
    import numpy as np

    softer = np.argsort(_power(heard), kind="stable")[: max(1, len(heard) // 2)]
    found: Floats = np.log(np.exp(heard[softer]).mean(axis=0)).astype(np.float32)
    return found


def _loudness(tail: "Floats", noise: "Floats") -> _Loudness:
    import numpy as np

    hiss = np.exp(noise).sum()
    speech = np.float32(np.log(max(1.0, np.percentile(np.exp(tail).sum(axis=1), 93) - hiss)))
    return _Loudness(speech, float((speech - np.log(hiss)) * _DB))


def _speech(recording: "Floats") -> "np.float32":
    import numpy as np

    return np.float32(np.percentile(_power(recording), 90))


def _power(mel: "Floats") -> "Floats":
    import numpy as np

    found: Floats = np.log(np.exp(mel).sum(axis=1))
    return found


class _Tables(NamedTuple):
    mel: "Floats"
    """Shape (257, 26)."""
    cosine: "Floats"
    """Shape (26, 12): without the first, which is the level."""
    hz: "NDArray[np.float64]"


@cache
def _tables() -> _Tables:
    import numpy as np

    edges = 700 * (10 ** (np.linspace(_mel(100.0), _mel(6800.0), BANDS + 2) / 2595) - 1)
    bins = np.arange(_WINDOW // 2 + 1)[:, None] * RATE / _WINDOW
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    mel = np.clip(np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)), 0, None)
    order = np.arange(1, _CEPSTRA + 1)
    cosine = np.cos(np.pi * (np.arange(BANDS)[:, None] + 0.5) * order / BANDS) * np.sqrt(2 / BANDS)
    return _Tables(mel.astype(np.float32), cosine.astype(np.float32), middle)


def _mel(hz: "float | NDArray[np.float64]") -> "NDArray[np.float64]":
    import numpy as np

    found: NDArray[np.float64] = 2595 * np.log10(1 + np.asarray(hz) / 700)
    return found
