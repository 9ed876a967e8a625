"""How well a voice activity detector tells speech from the rest, on recordings that tell by themselves what is what.

A recording is labelled window by window from its own clean signal: speech where it is nearly as loud as it gets,
silence where it is far below, nothing between. The detector then hears it clean and in kitchen noise, which changes no
label.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WINDOW = 512
"""Samples, 32 ms."""
RATE = 16_000
SPEECH_DB, SILENCE_DB = 20.0, 35.0
"""Below the loudest windows: down to the first it is speech, from the second on it is none."""
NOISE_DB = 10.0
"""Of speech over kitchen noise."""
RECORDINGS = 60
"""Of each folder."""
_PAUSE = RATE
"""Samples of silence before and after each."""

Samples = NDArray[np.float32]
"""Mono, 16 kHz, -1 to 1, shape (n,)."""
Detect = Callable[[Samples], NDArray[np.float64]]
"""Speech probability of each whole window of a recording."""


def read(path: Path) -> Samples:
    """A recording. Raises OSError."""
    import soundfile

    samples, _ = soundfile.read(str(path), dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples[:, 0], dtype=np.float32)


def labels(clean: Samples) -> NDArray[np.int8]:
    """1 for speech, -1 for silence, 0 for what could be either, of each whole window.

    >>> labels(np.concatenate([np.full(512, 0.5, np.float32), np.full(512, 0.01, np.float32), np.zeros(512)]))
    array([ 1,  0, -1], dtype=int8)
    """
    windows = clean[: len(clean) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.float64)
    level = 10 * np.log10(np.mean(windows**2, axis=1) + 1e-12)
    loudest = np.percentile(level, 95)
    return np.where(level > loudest - SPEECH_DB, 1, np.where(level < loudest - SILENCE_DB, -1, 0)).astype(np.int8)


def recordings(data: Path) -> Sequence[Path]:
    """What there is to measure with: commands to a home and wake words by many people."""
    folders = (data / "home_en" / "audio", data / "wake" / "positive")
    return [path for folder in folders for path in sorted(folder.glob("*.*"))[:RECORDINGS]]


def accuracy(detect: Detect, data: Path) -> tuple[float, dict[str, float]] | None:
    """Mean share of speech windows and of silent ones that are told right, in points of 100, and the counts.

    None where the recordings or the noise are not in the data folder.
    """
    files = recordings(data)
    kitchen = data / "noise" / "kitchen.flac"
    if not files or not kitchen.exists():
        return None
    noise = read(kitchen)
    counts = dict.fromkeys(("speech_right", "speech", "silence_right", "silence"), 0.0)
    for number, path in enumerate(files):
        pause = np.zeros(_PAUSE, np.float32)
        clean = np.concatenate([pause, read(path), pause])
        truth = labels(clean)
        for heard in (clean, _noisy(clean, noise, number)):
            said = detect(heard)[: len(truth)] >= 0.5
            counts["speech"] += int(np.sum(truth == 1))
            counts["speech_right"] += int(np.sum(said & (truth == 1)))
            counts["silence"] += int(np.sum(truth == -1))
            counts["silence_right"] += int(np.sum(~said & (truth == -1)))
    points = 50 * (counts["speech_right"] / counts["speech"] + counts["silence_right"] / counts["silence"])
    return points, counts


def _noisy(clean: Samples, noise: Samples, number: int) -> Samples:
    """With a piece of noise of its own for each recording, so that nothing is random."""
    piece = np.resize(np.roll(noise, -number * RATE), len(clean))
    spoken = clean[np.abs(clean) > 0]
    power = float(np.mean(spoken.astype(np.float64) ** 2)) / float(np.mean(piece.astype(np.float64) ** 2))
    return np.clip(clean + piece * np.float32(np.sqrt(power / 10 ** (NOISE_DB / 10))), -1, 1).astype(np.float32)
