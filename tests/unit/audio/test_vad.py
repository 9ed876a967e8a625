"""The voice activity detector's contract, with the real model."""

import pytest
from sounds import recording, silence

from edge.audio.vad import SileroVad

WINDOW = 1024


@pytest.fixture(scope="module")
def speech() -> bytes:
    pcm = recording("turn_on_the_kitchen_light").pcm
    return pcm[: len(pcm) - len(pcm) % WINDOW]


def last_of_each_window(vad: SileroVad, pcm: bytes, chunk: int) -> list[float]:
    """The probability after every whole window, whatever the size of the pieces."""
    found: list[float] = []
    for at in range(0, len(pcm), chunk):
        probability = vad.accept(pcm[at : at + chunk])
        while (len(found) + 1) * WINDOW <= at + chunk and len(found) < len(pcm) // WINDOW:
            found.append(probability)
    return found


@pytest.mark.parametrize("chunk", [1, 2, 320, 640, 1000, 1024])
def test_any_chunk_size_gives_the_same(speech: bytes, chunk: int) -> None:
    assert last_of_each_window(SileroVad(), speech, chunk) == last_of_each_window(SileroVad(), speech, WINDOW)


def test_reset_equals_new(speech: bytes) -> None:
    vad = SileroVad()
    first = last_of_each_window(vad, speech, 640)
    vad.accept(b"\1\2\3")  # what is left over must go too
    vad.reset()
    assert vad.accept(b"") == 0.0
    assert last_of_each_window(vad, speech, 640) == first


def test_it_tells_speech_from_silence(speech: bytes) -> None:
    probabilities = last_of_each_window(SileroVad(), speech, WINDOW)
    assert max(probabilities) > 0.9
    assert max(last_of_each_window(SileroVad(), silence(2.048), WINDOW)) < 0.2


def test_the_newest_window_counts(speech: bytes) -> None:
    vad = SileroVad()
    assert vad.accept(speech) == last_of_each_window(SileroVad(), speech, WINDOW)[-1]
