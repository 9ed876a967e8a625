"""The features that Whisper takes."""

import numpy as np
import pytest

from edge.asr.mel import HOP, MELS, RATE, WINDOW, filters, log_mel


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def test_filters_are_triangles_of_equal_area() -> None:
    assert filters().shape == (MELS, WINDOW // 2 + 1)
    assert (filters() >= 0).all()
    peaks = filters().argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    # Narrow ones are sampled too coarsely for the area to show.
    assert filters()[50:].sum(axis=1) * RATE / WINDOW == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("hz", "channel"), [(220, 5), (1000, 26), (3000, 54), (7000, 76)])
def test_a_tone_is_in_its_channel(hz: float, channel: int) -> None:
    features = log_mel(tone(hz), 100)
    assert features.shape == (MELS, 100)
    assert features.dtype == np.float32
    assert abs(int(features[:, 20:80].mean(axis=1).argmax()) - channel) <= 1


def test_the_loudest_is_the_yardstick() -> None:
    features = log_mel(tone(1000), 300)
    assert features.max() - features.min() == pytest.approx(2.0)
    assert (features[:, 150:] == features.min()).all()
    quiet = log_mel(tone(1000) / 10, 300)
    assert quiet.max() == pytest.approx(features.max() - 0.5, abs=1e-4)


def test_the_length_of_the_silence_behind_changes_nothing_before_it() -> None:
    short, long = log_mel(tone(440), 200), log_mel(tone(440), 3000)
    assert np.allclose(short, long[:, :200], atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 399, 400, 401, 16_000])
def test_any_length_up_to_the_window(samples: int) -> None:
    assert np.isfinite(log_mel(tone(440)[:samples], 100)).all()


def test_sound_that_fills_the_window() -> None:
    features = log_mel(tone(440, 1.0), RATE // HOP)
    assert features[:, -1].max() > features.min()
