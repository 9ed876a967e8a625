"""The chime: soft, short, and nobody waits for it."""

import threading

import numpy as np

from edge.core.errors import EdgeError, MissingError
from edge.reply.chime import LEVEL, RATE, Chime, tones

PATIENCE_S = 10


class Card:
    """A sound card that keeps what it plays, and takes its time."""

    def __init__(self, error: EdgeError | None = None) -> None:
        self.error = error
        self.played: list[bytes] = []
        self.taken = threading.Semaphore(0)
        self.go = threading.Event()

    def play(self, pcm: bytes, rate: int) -> None:
        if self.error is not None:
            raise self.error
        assert rate == RATE
        if any(pcm):
            self.go.wait(PATIENCE_S)
        self.played.append(pcm)
        self.taken.release()


class Told:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def chime_began(self) -> None:
        self.calls.append("began")

    def chime_ended(self) -> None:
        self.calls.append("ended")


def test_it_is_short_and_soft_and_does_not_click() -> None:
    sound = np.frombuffer(tones(), "<i2") / 32767
    assert len(sound) / RATE == 0.15
    assert 0.9 * LEVEL < np.abs(sound).max() <= LEVEL
    assert abs(sound[0]) + abs(sound[-1]) < 0.001
    assert np.abs(np.diff(sound)).max() < 0.03


def test_ringing_returns_before_it_sounds() -> None:
    card, told = Card(), Told()
    chime = Chime(card, own=told, on_error=lambda error: None)
    assert card.taken.acquire(timeout=PATIENCE_S)
    chime.ring()
    assert not card.go.is_set(), "rung, and nothing has been played yet"
    card.go.set()
    assert card.taken.acquire(timeout=PATIENCE_S)
    chime.close()
    assert card.played == [bytes(len(tones())), tones()]
    assert told.calls == ["began", "ended"]


def test_without_a_sound_card_it_is_told_once() -> None:
    errors: list[EdgeError] = []
    chime = Chime(Card(MissingError("speak.portaudio", "not there")), on_error=errors.append)
    for _ in range(3):
        chime.ring()
    chime.close()
    assert [error.code for error in errors] == ["speak.portaudio"]


def test_it_sounds_again_when_there_is_a_sound_card_again() -> None:
    class Sometimes(Card):
        def play(self, pcm: bytes, rate: int) -> None:
            self.taken.release()
            if failures:
                raise failures.pop()
            self.played.append(pcm)

    failures: list[EdgeError] = [MissingError("speak.no_output", "gone")] * 2
    errors: list[EdgeError] = []
    card = Sometimes()
    chime = Chime(card, on_error=errors.append)
    for _ in range(3):
        assert card.taken.acquire(timeout=PATIENCE_S)
        chime.ring()
    assert card.taken.acquire(timeout=PATIENCE_S)
    chime.close()
    assert card.played == [tones(), tones()]
    assert len(errors) == 1


def test_a_muted_chime_does_not_ring() -> None:
    card = Card()
    card.go.set()
    chime = Chime(card, on_error=lambda error: None)
    assert card.taken.acquire(timeout=PATIENCE_S)
    chime.muted = True
    chime.ring()
    chime.muted = False
    chime.ring()
    assert card.taken.acquire(timeout=PATIENCE_S)
    chime.close()
    assert card.played == [bytes(len(tones())), tones()], "rung once, of two times"
