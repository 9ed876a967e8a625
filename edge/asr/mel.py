"""Log-mel features as Whisper was trained on them: 80 channels, windows of 25 ms every 10 ms.

Radford et al. 2022, "Robust speech recognition via large-scale weak supervision", section 2.2. The sound is followed by
silence; here by less of it than in training.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 16_000
WINDOW = 400
HOP = 160
MELS = 80
FLOOR = 1e-10
DYNAMIC_RANGE = 8.0
"""Decades below the loudest that are told apart."""


def log_mel(samples: "Array", frames: int) -> "Array":
    """Features of the sound and the silence after it.

    samples: [n] float32 of -1 to 1, n at most 160 * frames.
    Returns [80, frames] float32.
    """
    import numpy as np

    # Frames are centred, so half a window is needed on both sides; the first is the sound mirrored.
    half = WINDOW // 2
    padded = np.zeros(frames * HOP + WINDOW, np.float32)
    padded[half : half + len(samples)] = samples
    padded[:half] = padded[half + 1 : WINDOW + 1][::-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: frames * HOP : HOP]
    # Windows of nothing but the silence at the end are alike and need no transform.
    used = min(frames, len(samples) // HOP + 3)
    power = np.zeros((frames, WINDOW // 2 + 1), np.float32)
    power[:used] = np.abs(np.fft.rfft(windows[:used] * _hann(), axis=1)) ** 2
    mel = np.log10(np.maximum(power @ filters().T, FLOOR))
    mel = np.maximum(mel, mel.max() - DYNAMIC_RANGE)
    features: Array = np.ascontiguousarray(((mel + 4.0) / 4.0).T, dtype=np.float32)
    return features


@lru_cache(maxsize=1)
def _hann() -> "Array":
    import numpy as np

    window: Array = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    return window


@lru_cache(maxsize=1)
def filters() -> "Array":
    """Triangles of equal area on the scale of Slaney 1998, "Auditory Toolbox": linear below 1 kHz, logarithmic above.

    Returns [80, 201] float32, a row a channel and a column every 40 Hz.
    """
    import numpy as np

    step_hz, step_log, knee_hz = 200 / 3, np.log(6.4) / 27, 1000.0
    knee = knee_hz / step_hz
    top = knee + np.log(RATE / 2 / knee_hz) / step_log
    marks = np.linspace(0, top, MELS + 2)
    edges = np.where(marks < knee, marks * step_hz, knee_hz * np.exp(step_log * (marks - knee)))
    hz = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (hz - low) / (centre - low), (high - hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    found: Array = (triangles * 2 / (high - low)).astype(np.float32)
    return found
