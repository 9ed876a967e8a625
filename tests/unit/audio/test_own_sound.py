"""The hub beside its own voice: the real voice, wake word and recordings, mixed as a microphone would hear them."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sounds import frames_of, hey_jarvis, recording, silence
from test_listen import Tape

from edge.audio.capture import Frame
from edge.audio.endpoint import EndpointSettings
from edge.audio.listen import Listener
from edge.audio.own_sound import OUTPUT_MS, TAIL_MS, OwnSound
from edge.audio.resample import Resampler
from edge.audio.vad import SileroVad
from edge.audio.wake import Detection, WakeDetector
from edge.core.turn import EndReason, Utterance
from edge.reply.chime import RATE as CHIME_RATE
from edge.reply.chime import TONES_HZ, tones
from edge.reply.speak import HibariVoice

pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")

NAMING_REPLY = "To ask for more, say hey jarvis, and then what you want."
OTHER_REPLY = "It is twenty one degrees in the living room, and the windows upstairs are open."
LEVELS_DB = (0, -10, -20, -30)

Signal = NDArray[np.float32]


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    return HibariVoice()


def at_16k(pcm: bytes, rate: int) -> Signal:
    resampler = Resampler(rate, 16_000)
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return np.concatenate((resampler.accept(samples), resampler.finish()))


def mixed(length: int, *parts: tuple[float, Signal, float]) -> bytes:
    """Parts that begin at so many seconds, with so many decibels; and the room."""
    heard = np.random.default_rng(1).normal(0, 1, length).astype(np.float32)
    for at_s, samples, db in parts:
        at = round(at_s * 16_000)
        heard[at : at + len(samples)] += samples[: length - at] * np.float32(10 ** (db / 20))
    return bytes(np.clip(np.round(heard), -32768, 32767).astype("<i2").tobytes())


def of(pcm: bytes) -> Signal:
    return np.frombuffer(pcm, "<i2").astype(np.float32)


def listener(tape: Tape, own: OwnSound | None, *, wake: bool = True) -> Listener:
    return Listener(
        wake=WakeDetector([hey_jarvis()]) if wake else None,
        vad=SileroVad(),
        settings=EndpointSettings(),
        recognizer=lambda: tape,
        own=own,
    )


def heard(listening: Listener, frames: list[Frame], at: dict[int, Callable[[], None]] | None = None) -> list[Utterance]:
    """at: what happens before the frame of this number."""
    found = []
    for number, frame in enumerate(frames):
        if at and number in at:
            at[number]()
        found.append(listening.accept(frame))
    return [utterance for utterance in [*found, listening.finish()] if utterance is not None]


def speaking(own: OwnSound, pcm: bytes, rate: int, from_s: float) -> dict[int, Callable[[], None]]:
    """A reply as `Speak` tells of it."""

    def begin() -> None:
        own.reply_began()
        own.reply_coming(pcm, rate)

    first = round(from_s / 0.02)
    return {first: begin, first + len(pcm) // 2 * 50 // rate: own.reply_ended}


@pytest.mark.parametrize("delay_s", [0.0, 0.15])
def test_a_wake_word_in_the_reply_wakes_nobody(voice: HibariVoice, delay_s: float) -> None:
    pcm = b"".join(voice.synthesize(NAMING_REPLY))
    reply = at_16k(pcm, voice.rate)
    woken = 0
    for level in LEVELS_DB:
        frames = frames_of(mixed(len(reply) + 48_000, (1.0 + delay_s, reply, level)))
        woken += bool(heard(listener(Tape(), None), frames))
        own = OwnSound(lambda: [hey_jarvis()])
        assert heard(listener(Tape(), own), frames, speaking(own, pcm, voice.rate, 1.0)) == [], level
    assert woken >= 3, "without knowing its own voice, the hub would have been woken"


@pytest.mark.parametrize("level", LEVELS_DB)
def test_a_person_who_says_the_wake_word_over_the_reply_is_heard(voice: HibariVoice, level: int) -> None:
    pcm = b"".join(voice.synthesize(OTHER_REPLY))
    reply = at_16k(pcm, voice.rate)
    said = of(recording("one_breath_turn_on_the_office_light").pcm)
    frames = frames_of(mixed(len(said) + 48_000, (0.5, reply, level - 10), (1.0, said, 0)))
    own, tape = OwnSound(lambda: [hey_jarvis()]), Tape()
    (utterance,) = heard(listener(tape, own), frames, speaking(own, pcm, voice.rate, 0.5))
    assert utterance.wake == "Hey Jarvis"
    # In one breath: what ran into the wake word is given to the recogniser, though the reply went on.
    given = of(tape.takes[0])
    assert np.abs(given).max() > 0.9 * np.abs(said).max()
    assert np.mean(np.abs(given[: len(given) // 2]) < 0.5) < 0.5


def test_the_wake_word_after_a_reply_that_named_it_is_heard(voice: HibariVoice) -> None:
    pcm = b"".join(voice.synthesize(NAMING_REPLY))
    reply = at_16k(pcm, voice.rate)
    said = of(recording("turn_on_the_kitchen_light").pcm)
    frames = frames_of(mixed(len(reply) + len(said) + 16_000, (0.5, reply, 0), (0.5 + len(reply) / 16_000, said, 0)))
    own = OwnSound(lambda: [hey_jarvis()])
    (utterance,) = heard(listener(Tape(), own), frames, speaking(own, pcm, voice.rate, 0.5))
    assert utterance.wake == "Hey Jarvis"


def test_without_a_wake_word_the_reply_is_no_request_and_what_follows_it_is(voice: HibariVoice) -> None:
    pcm = b"".join(voice.synthesize(OTHER_REPLY))
    reply = at_16k(pcm, voice.rate)
    said = of(recording("no_wake_turn_off_the_hallway_light").pcm)
    begins = 0.5 + len(reply) / 16_000
    frames = frames_of(mixed(len(reply) + len(said) + 16_000, (0.5, reply, -10), (begins, said, 0)))
    assert len(heard(listener(Tape(), None, wake=False), frames)) == 2
    own = OwnSound()
    (utterance,) = heard(listener(Tape(), own, wake=False), frames, speaking(own, pcm, voice.rate, 0.5))
    assert utterance.began_ms > begins * 1000


@pytest.mark.parametrize("level", [10, *LEVELS_DB])
@pytest.mark.parametrize("latency_ms", [0, 37, OUTPUT_MS])
def test_the_chime_is_no_speech_and_nobody_has_to_wait_for_its_end(level: int, latency_ms: int) -> None:
    said = of(recording("turn_on_the_kitchen_light").pcm)
    plain, tape = Tape(), Tape()
    sound = of(mixed(len(said) + 8000, (0.0, said, 0)))
    (expected,) = heard(listener(plain, None), frames_of(as_pcm(sound)))
    (utterance,) = ringing(tape, sound, level, latency_ms)
    assert abs(utterance.began_ms - expected.began_ms) <= 40
    assert abs(utterance.ended_ms - expected.ended_ms) <= 40
    assert utterance.end_reason is EndReason.SILENCE
    given, wanted = of(tape.takes[0]), of(plain.takes[0])
    # The first frames may differ by one or two, as may the last.
    shifts = range(-1280, 1281, 320)
    off = [given[max(0, by) : len(wanted) + by] - wanted[max(0, -by) : len(given) - by] for by in shifts]
    assert min(float(np.sum(part**2)) for part in off) < 0.05 * np.sum(wanted**2)


@pytest.mark.parametrize("level", [10, *LEVELS_DB])
def test_the_chime_alone_is_silence(level: int) -> None:
    said = of(recording("turn_on_the_kitchen_light").pcm)
    woken_only = of(mixed(8 * 16_000, (0.0, said[: round(1.5 * 16_000)], 0)))
    tape = Tape()
    (utterance,) = ringing(tape, woken_only, level, 50)
    assert utterance.end_reason is EndReason.NO_SPEECH
    assert tape.takes == []


def as_pcm(samples: Signal) -> bytes:
    return bytes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())


def ringing(tape: Tape, sound: Signal, level: float, latency_ms: int) -> list[Utterance]:
    """Listens to the sound, with the chime in it where the hub rings, in a room that swallows a third a millisecond."""
    chime = at_16k(tones(), CHIME_RATE) * np.float32(10 ** (level / 20))
    chime = np.convolve(chime, 0.7 ** np.arange(16) * 0.3).astype(np.float32)
    own = OwnSound(chime_hz=TONES_HZ)
    listening, samples, found = listener(tape, own), sound.copy(), []
    rung: list[int] = []
    for at in range(0, len(sound) - 320, 320):
        own.on_waiting = lambda at=at: rung.append(at + 320)  # type: ignore[misc]
        before = len(rung)
        found.append(listening.accept(Frame(at, as_pcm(samples[at : at + 320]))))
        if len(rung) > before:
            own.chime_began()
            first = at + 320 + 16 * latency_ms
            samples[first : first + len(chime)] += chime
        if rung and at == rung[0] + 2240:  # 150 ms, in frames
            own.chime_ended()
    assert len(rung) == 1
    return [utterance for utterance in [*found, listening.finish()] if utterance is not None]


def test_spans_end_and_streams_begin_anew() -> None:
    own = OwnSound()
    (first,) = frames_of(silence(0.02))
    loud = Frame(16_000, b"\1\0" * 320)
    assert own.blanked(loud, woken=False) == loud
    own.heard(16_000)
    own.reply_began()
    assert own.blanked(loud, woken=False).pcm == bytes(640)
    assert own.blanked(loud, woken=True) == loud
    own.reply_ended()
    own.heard(16_320)
    tail = 16 * (OUTPUT_MS + TAIL_MS)
    assert own.blanked(Frame(16_000 + tail - 320, loud.pcm), woken=False).pcm == bytes(640)
    assert own.blanked(Frame(16_000 + tail, loud.pcm), woken=False).pcm == loud.pcm
    own.reply_began()
    own.heard(first.end)  # another stream: only what still sounds counts in it
    assert own.blanked(Frame(16_000 - 320, loud.pcm), woken=True).pcm == loud.pcm
    assert own.blanked(Frame(16_000, loud.pcm), woken=False).pcm == bytes(640)
    assert own.blanked(loud, woken=True) == loud
    own.reply_ended()
    assert not own.explains(Detection("Hey Jarvis", 1.0, 16_000))
