"""The resampler: what comes out is the sound that went in, and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sounds import tone

from edge.audio.resample import Resampler

RATES = [8_000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000]


def resampled(samples: NDArray[np.float32], rate: int, chunk: int | None = None) -> NDArray[np.float32]:
    resampler = Resampler(rate, 16_000)
    chunk = chunk or len(samples)
    parts = [resampler.accept(samples[at : at + chunk]) for at in range(0, len(samples), chunk)]
    return np.concatenate([*parts, resampler.finish()])


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_its_pitch_phase_and_level(rate: int) -> None:
    made = resampled(tone(1_000, 1.0, rate), rate)
    assert len(made) == 16_000
    inner = slice(1_600, -1_600)  # at its ends the tone is cut off, which has every frequency
    assert np.max(np.abs(made - tone(1_000, 1.0, 16_000))[inner]) < 1e-3


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_what_16_khz_cannot_hold_is_gone(rate: int) -> None:
    made = resampled(tone(9_000, 1.0, rate), rate)[1_600:-1_600]
    assert np.sqrt(np.mean(made**2)) < 1e-4


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("chunk", [1, 7, 441, 4_096])
def test_any_chunk_size_gives_the_same(rate: int, chunk: int) -> None:
    samples = tone(440, 0.1, rate)
    assert np.array_equal(resampled(samples, rate, chunk), resampled(samples, rate))


@pytest.mark.parametrize("rate", RATES)
def test_silence_stays_silence(rate: int) -> None:
    assert not resampled(np.zeros(rate, dtype=np.float32), rate).any()


def test_a_constant_stays_constant() -> None:
    made = resampled(np.full(44_100, 0.25, dtype=np.float32), 44_100)[1_600:-1_600]
    assert np.allclose(made, 0.25, atol=1e-6)


def test_after_the_end_it_is_as_new() -> None:
    resampler = Resampler(44_100, 16_000)
    samples = tone(440, 0.2, 44_100)
    first = np.concatenate([resampler.accept(samples), resampler.finish()])
    second = np.concatenate([resampler.accept(samples), resampler.finish()])
    assert np.array_equal(first, second)


def test_nothing_gives_nothing() -> None:
    assert len(resampled(np.zeros(0, dtype=np.float32), 44_100, 1)) == 0
