"""Whose voice it was: real wake words of the golden recordings, and the same in another voice."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from edge import wakes
from edge.audio import speaker
from edge.audio.capture import FRAME_BYTES, RATE, Frame, to_pcm
from edge.audio.resample import Resampler
from edge.audio.speaker import EnrolledSpeakers, Voice
from edge.audio.wake import Detection, Speakers, WakeDetector
from edge.core.errors import InputError
from edge.core.text import normalize
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.settings import WakeSettings

GOLDEN = Path(__file__).parents[2] / "golden" / "audio"
ENROLLED = ("turn_on_the_kitchen_light", "one_breath_open_the_garage_door", "one_breath_turn_on_the_office_light")
OTHERS = ("open_the_bedroom_curtains", "lock_the_front_door", "activate_movie_night")
PHRASE = "Hey Jarvis"

Sound = NDArray[np.float32]


def sound(name: str) -> Sound:
    samples, rate = soundfile.read(GOLDEN / f"{name}.flac", dtype="float32")
    assert rate == RATE
    found: Sound = samples
    return found


def by_another(samples: Sound, tract: float = 1.25) -> Sound:
    """All frequencies higher, as by a smaller person, and sooner said."""
    resampler = Resampler(round(RATE * tract), RATE)
    return np.concatenate((resampler.accept(samples), resampler.finish()))


def in_noise(samples: Sound, snr_db: float) -> Sound:
    """With a hum that has many harmonics, as a kitchen has them, always the same."""
    at = np.arange(len(samples)) / RATE
    hum = sum(np.sin(2 * np.pi * hz * at + hz) / (1 + n) ** 0.5 for n, hz in enumerate(range(90, 6000, 97)))
    speech = samples[np.abs(samples) > 0.02 * np.abs(samples).max()]
    wanted = np.sqrt(np.mean(speech**2)) / 10 ** (snr_db / 20)
    return (samples + hum * (wanted / np.sqrt(np.mean(np.square(hum))))).astype(np.float32)


class Kept:
    """Knows nobody, and keeps what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, int]] = []

    def knows(self, phrase: str, pcm: bytes, late: int) -> bool:
        self.asked.append((phrase, pcm, late))
        return False


def detector(speakers: Speakers | None) -> WakeDetector:
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    return WakeDetector([wakes.word("hey_jarvis", WakeSettings(), store)], speakers=speakers)


def heard(detector: WakeDetector, samples: Sound) -> list[Detection]:
    pcm = to_pcm(np.concatenate((samples, np.zeros(RATE, dtype=np.float32))))
    frames = [Frame(at // 2, pcm[at : at + FRAME_BYTES]) for at in range(0, len(pcm) - FRAME_BYTES, FRAME_BYTES)]
    detector.reset()
    return [found for frame in frames if (found := detector.accept(frame)) is not None]


def said(samples: Sound) -> tuple[bytes, int]:
    """The kept sound of the wake word in a recording, as the cascade hands it on."""
    kept = Kept()
    assert heard(detector(kept), samples) == []
    phrase, pcm, late = kept.asked[0]
    assert phrase == PHRASE
    return pcm, late


@pytest.fixture(scope="module")
def anna() -> EnrolledSpeakers:
    return EnrolledSpeakers(
        [Voice("anna", {normalize(PHRASE): tuple(speaker.enrol(*said(sound(name))) for name in ENROLLED)})]
    )


class TestVoices:
    @pytest.mark.parametrize("name", OTHERS)
    @pytest.mark.parametrize("snr_db", [None, 10.0])
    def test_the_enrolled_one_wakes(self, name: str, snr_db: float | None, anna: EnrolledSpeakers) -> None:
        samples = sound(name) if snr_db is None else in_noise(sound(name), snr_db)
        stage = detector(anna)
        assert [found.phrase for found in heard(stage, samples)] == [PHRASE]
        assert (stage.counts.wakes, stage.counts.strangers) == (1, 0)

    @pytest.mark.parametrize("tract", [0.85, 1.18])
    def test_another_does_not(self, tract: float, anna: EnrolledSpeakers) -> None:
        samples = by_another(sound(OTHERS[0]), tract)
        assert len(heard(detector(None), samples)) == 1
        stage = detector(anna)
        assert heard(stage, samples) == []
        assert (stage.counts.wakes, stage.counts.strangers) == (0, 1)

    def test_a_stranger_does_not_keep_the_household_waiting(self, anna: EnrolledSpeakers) -> None:
        both = np.concatenate((by_another(sound(OTHERS[0]), 1.18), sound(OTHERS[1])))
        stage = detector(anna)
        assert len(heard(stage, both)) == 1
        assert (stage.counts.wakes, stage.counts.strangers) == (1, 1)

    def test_one_of_several_is_enough(self, anna: EnrolledSpeakers) -> None:
        bert = [speaker.enrol(*said(by_another(sound(name), 1.18))) for name in OTHERS]
        hers, his = said(sound(OTHERS[0])), said(by_another(sound(OTHERS[0]), 1.18))
        assert not anna.knows(PHRASE, *his)
        both = EnrolledSpeakers(
            [
                Voice("anna", {normalize(PHRASE): (speaker.enrol(*hers),)}),
                Voice("bert", {normalize(PHRASE): tuple(bert)}),
            ]
        )
        assert both.knows(PHRASE, *his)
        assert both.knows(PHRASE, *hers)

    def test_softer_and_louder_is_the_same_voice(self, anna: EnrolledSpeakers) -> None:
        pcm, late = said(sound(OTHERS[0]))
        for gain in (0.1, 1.5):
            scaled = (np.frombuffer(pcm, "<i2") * gain).clip(-32768, 32767).astype("<i2").tobytes()
            assert anna.knows(PHRASE, scaled, late)

    def test_where_noise_hides_the_word_everybody_passes(self, anna: EnrolledSpeakers) -> None:
        pcm, late = said(by_another(sound(OTHERS[0]), 1.18))
        assert not anna.knows(PHRASE, pcm, late)
        samples = np.frombuffer(pcm, "<i2") / np.float32(32768)
        assert anna.knows(PHRASE, to_pcm(in_noise(samples, -12.0)), late)

    def test_nobody_is_known_for_another_phrase(self, anna: EnrolledSpeakers) -> None:
        assert not anna.knows("alexa", *said(sound(OTHERS[0])))

    @pytest.mark.parametrize("samples", [0, 100, 512, 1000])
    def test_hardly_any_sound(self, samples: int, anna: EnrolledSpeakers) -> None:
        assert anna.knows(PHRASE, bytes(2 * samples), 0)


class TestEnrolment:
    def test_the_same_voice_is_alike_and_another_is_not(self) -> None:
        words = [speaker.enrol(*said(sound(name))) for name in ENROLLED]
        assert min(speaker.alike(words)) >= speaker.NEEDED
        stranger = speaker.enrol(*said(by_another(sound(OTHERS[0]), 1.18)))
        assert speaker.alike([*words[:2], stranger])[2] < speaker.NEEDED

    @pytest.mark.parametrize(("snr_db", "gain", "code"), [(None, 0.01, "voice.soft"), (6.0, 1.0, "voice.noisy")])
    def test_what_is_unfit(self, snr_db: float | None, gain: float, code: str) -> None:
        pcm, late = said(sound(ENROLLED[0]))
        samples = np.frombuffer(pcm, "<i2") / np.float32(32768)
        samples = samples if snr_db is None else in_noise(samples, snr_db)
        with pytest.raises(InputError) as caught:
            speaker.enrol(to_pcm(samples * np.float32(gain)), late)
        assert caught.value.code == code

    def test_a_click_is_no_word(self) -> None:
        click = np.zeros(3 * RATE, dtype=np.float32)
        click[-RATE : -RATE + 400] = 0.5
        with pytest.raises(InputError, match="alone") as caught:
            speaker.enrol(to_pcm(click), 0)
        assert caught.value.code == "voice.length"

    @pytest.mark.parametrize("samples", [0, 100, 16_000])
    def test_silence(self, samples: int) -> None:
        with pytest.raises(InputError) as caught:
            speaker.enrol(bytes(2 * samples), 0)
        assert caught.value.code == "voice.soft"
