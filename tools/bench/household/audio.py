"""Requests as sound: spoken by a synthetic voice, in noise; for what learns or is judged through a recogniser.

Needs the extra `speech`. Nobody of a household sounds like another: each has a pace and a pitch of their own.
"""

import zlib
from typing import Any

import numpy as np

from edge.core.errors import MissingError
from tools.bench.common import RATE, Samples, mix
from tools.bench.household.events import Request

LEAD_S = 0.4
"""Silence before and after the words."""


class Speech:
    """Says requests.

    noise: shape (n,), 16 kHz; None for a quiet room. snr_db: ratio of mean powers over the request's length.

    Raises MissingError without the extra `speech`.
    """

    def __init__(self, noise: Samples | None = None, snr_db: float = 12.0) -> None:
        try:
            from hibari import Hibari
        except ImportError as error:
            raise MissingError(
                "household.library", "spoken requests need the extra `speech`: pip install -e '.[speech]'"
            ) from error
        self._tts: Any = Hibari(threads=1)
        self._noise, self._snr_db = noise, snr_db

    def say(self, request: Request) -> Samples:
        """What the microphone hears: int16, mono, 16 kHz, shape (n,); the same request sounds the same every time."""
        seed = zlib.crc32(f"{request.person} {request.id} {request.attempt} {request.text}".encode())
        return self.spoken(request.text, request.person, seed)

    def spoken(self, text: str, person: str, seed: int) -> Samples:
        """A text as this person says it; another seed is another time, and another piece of the noise."""
        own = zlib.crc32(person.encode())
        wave = np.concatenate(list(self._tts.stream(text, seed=seed)))
        # One voice is all there is: a resampled one is quicker and higher, or slower and deeper.
        factor = 0.92 + own % 17 / 100
        spoken = resampled(wave, int(self._tts.sample_rate) * factor)
        quiet = np.zeros(int(LEAD_S * RATE))
        clean = np.concatenate([quiet, spoken * 0.7, quiet])
        samples: Samples = np.clip(np.round(clean * 32767), -32768, 32767).astype(np.int16)
        if self._noise is None:
            return samples
        return mix(samples, self._noise, self._snr_db, np.random.default_rng(seed))


def resampled(wave: np.ndarray[Any, Any], rate: float) -> np.ndarray[Any, Any]:
    """The wave of this rate at 16 kHz: its spectrum cut, or filled up with silence, to as many samples."""
    count = round(len(wave) * RATE / rate)
    spectrum = np.fft.rfft(wave)
    kept = np.zeros(count // 2 + 1, dtype=spectrum.dtype)
    bins = min(len(kept), len(spectrum))
    kept[:bins] = spectrum[:bins]
    result: np.ndarray[Any, Any] = np.fft.irfft(kept, n=count) * (count / len(wave))
    return result
