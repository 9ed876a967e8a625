"""Any sample rate to another, in a stream: band-limited interpolation with a windowed sinc.

The method is J. O. Smith, "Digital Audio Resampling" (CCRMA), with an exact table of filter phases for the ratio of
two whole rates in place of an interpolated one.
"""

from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
"""Mono, -1 to 1, shape (n,)."""

_ZERO_CROSSINGS = 32
"""On each side of the sinc: with the window below, 80 dB down at the lower of the two Nyquist frequencies."""
_KAISER_BETA = 8.0
_ROLL_OFF = 0.92
"""Where the pass band ends, as a share of the lower Nyquist frequency; the rest is the filter's slope."""
_OUTPUTS_AT_ONCE = 2048
"""Bounds the memory of one step, whatever the size of the chunk."""


class Resampler:
    """Chunks at one rate in, chunks at another out; no delay: output n lies at input time n * rate_in / rate_out.

    Any chunking of the same input gives the same output. Aliases and images lie 80 dB down.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        """rate_in, rate_out: Hz, whole and positive."""
        common = gcd(rate_in, rate_out)
        self._up, self._down = rate_out // common, rate_in // common
        cutoff = min(1.0, self._up / self._down)
        self._half = ceil(_ZERO_CROSSINGS / cutoff)
        self._phases = _phases(self._up, self._half, _ROLL_OFF * cutoff)
        self.reset()

    def reset(self) -> None:
        """Forget the stream; the next chunk begins a new one."""
        # As if silence had come before, so that the first output lies at the first input.
        self._buffer: Signal = np.zeros(self._half - 1, dtype=np.float32)
        self._base = -(self._half - 1)
        self._received = 0
        self._made = 0

    def accept(self, chunk: Signal) -> Signal:
        """All outputs that the input so far determines. chunk: any length."""
        self._received += len(chunk)
        self._buffer = np.concatenate((self._buffer, chunk))
        # Output n needs inputs up to floor(n * down / up) + half.
        last_centre = self._base + len(self._buffer) - self._half - 1
        return self._make(((last_centre + 1) * self._up - 1) // self._down + 1 if last_centre >= 0 else 0)

    def finish(self) -> Signal:
        """The outputs still due, as if silence came after; then the resampler is as new."""
        self._buffer = np.concatenate((self._buffer, np.zeros(self._half + 1, dtype=np.float32)))
        rest = self._make(-(-self._received * self._up // self._down))
        self.reset()
        return rest

    def _make(self, until: int) -> Signal:
        made: list[Signal] = []
        while self._made < until:
            stop = min(until, self._made + _OUTPUTS_AT_ONCE)
            places = np.arange(self._made, stop, dtype=np.int64) * self._down
            first = places // self._up - (self._half - 1) - self._base
            windows = np.lib.stride_tricks.sliding_window_view(self._buffer, 2 * self._half)[first]
            made.append(np.einsum("ij,ij->i", windows, self._phases[places % self._up]))
            self._made = stop
        drop = min(self._made * self._down // self._up - (self._half - 1) - self._base, len(self._buffer))
        if drop > 0:
            self._buffer = self._buffer[drop:]
            self._base += drop
        return np.concatenate(made) if made else np.zeros(0, dtype=np.float32)


def _phases(up: int, half: int, cutoff: float) -> Signal:
    """Filter taps for every position between two inputs, shape (up, 2 * half); each row sums to 1."""
    taps = np.arange(-half + 1, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1.0 - (taps / half) ** 2, 0.0, None)))
    table = np.sinc(cutoff * taps) * window
    phases: Signal = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return phases
