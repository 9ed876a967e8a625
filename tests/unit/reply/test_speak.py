"""Spoken replies, with the real voice; only the sound card is replaced, by one that keeps what it is given."""

import threading

import numpy as np
import pytest

from edge.core.errors import InputError
from edge.core.home import HomeState
from edge.core.turn import Reply, Turn, Utterance
from edge.reply.speak import BLOCK_MS, HibariVoice, Speak

pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")

SENTENCE = "Turned on the light"


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


class Kept:
    """A sound card that keeps what it plays, and may be talked over."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.talked_over: Speak | None = None

    def play(self, pcm: bytes, rate: int) -> None:
        self.blocks.append(pcm)
        if self.talked_over is not None and len(self.blocks) == 2:
            self.talked_over.stop()


def turn(reply: Reply | None) -> Turn:
    return Turn("t", 0, HomeState(), Utterance(()), reply=reply)


def test_the_reply_is_said_to_its_end(voice: HibariVoice) -> None:
    card = Kept()
    said = Speak(voice, card)(turn(Reply(SENTENCE))).reply
    assert said == Reply(SENTENCE, spoken=True)
    sound = np.frombuffer(b"".join(card.blocks), "<i2")
    assert 0.5 < len(sound) / voice.rate < 5
    assert np.abs(sound).max() > 1000
    assert {len(block) for block in card.blocks[:-1]} == {voice.rate * BLOCK_MS // 1000 * 2}


def test_it_falls_silent_when_someone_talks_over_it(voice: HibariVoice) -> None:
    card = Kept()
    card.talked_over = speak = Speak(voice, card)
    assert speak(turn(Reply(SENTENCE))).reply == Reply(SENTENCE, spoken=False)
    assert len(card.blocks) == 2


def test_it_sounds_the_same_every_time(voice: HibariVoice) -> None:
    assert list(voice.synthesize(SENTENCE)) == list(voice.synthesize(SENTENCE))


@pytest.mark.parametrize("reply", [None, Reply("")])
def test_nothing_to_say(voice: HibariVoice, reply: Reply | None) -> None:
    card = Kept()
    assert Speak(voice, card)(turn(reply)).reply == reply
    assert card.blocks == []


def test_a_voice_that_would_have_to_be_downloaded_is_refused() -> None:
    with pytest.raises(InputError, match="not installed"):
        HibariVoice("emma")


def test_muted_it_says_nothing(voice: HibariVoice) -> None:
    card, told = Kept(), list[bool]()
    speak = Speak(voice, card)
    speak.on_speaking = told.append
    speak.muted = True
    assert speak(turn(Reply(SENTENCE))).reply == Reply(SENTENCE, spoken=False)
    assert (card.blocks, told) == ([], [])
    speak.muted = False
    assert speak(turn(Reply(SENTENCE))).reply == Reply(SENTENCE, spoken=True)
    assert told == [True, False]


def test_a_mute_ends_what_is_being_said(voice: HibariVoice) -> None:
    class Muting(Kept):
        def play(self, pcm: bytes, rate: int) -> None:
            super().play(pcm, rate)
            speak.muted = True

    card, told = Muting(), list[bool]()
    speak = Speak(voice, card)
    speak.on_speaking = told.append
    assert not speak.say(SENTENCE)
    assert len(card.blocks) == 1
    assert told == [True, False]


def test_two_sentences_are_said_one_after_the_other(voice: HibariVoice) -> None:
    card = Kept()
    speak = Speak(voice, card)
    began = threading.Event()
    order: list[bool] = []

    def on_speaking(speaking: bool) -> None:
        order.append(speaking)
        began.set()

    speak.on_speaking = on_speaking
    other = threading.Thread(target=speak.say, args=("The window in the kitchen is open.",))
    other.start()
    assert began.wait(10)
    assert speak.say(SENTENCE)
    other.join()
    assert order == [True, False, True, False]
