"""One set of checks for every model that listens for a wake word, of either family, and for the detector over both."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge import wakes
from edge.audio.capture import Frame
from edge.audio.wake import WakeDetector, WakeModel
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.settings import WakeSettings

GOLDEN = Path(__file__).parents[1] / "golden" / "audio"
NAMES = ["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"]
STEP = 2 * 3840
"""240 ms: a multiple of what either family takes at a time."""


def store() -> ModelStore:
    return ModelStore(default_store(), load_manifests([data_dir("models")]))


@cache
def made(name: str) -> WakeModel:
    return wakes.word(name, WakeSettings(verify="off"), store()).model


@pytest.fixture(params=[*NAMES, *(f"openwakeword-{name}" for name in NAMES), "openwakeword-hey_rhasspy"])
def model(request: pytest.FixtureRequest) -> Iterator[WakeModel]:
    name: str = request.param
    made(name).reset()
    yield made(name)
    made(name).reset()


def golden(stem: str) -> bytes:
    samples, rate = soundfile.read(GOLDEN / f"{stem}.flac", dtype="int16")
    assert rate == 16_000
    return bytes(samples.astype("<i2").tobytes())


@pytest.fixture(scope="module")
def pcm() -> bytes:
    pcm = golden("turn_on_the_kitchen_light")
    return pcm[: len(pcm) - len(pcm) % STEP]


def scores(model: WakeModel, pcm: bytes, chunk: int) -> list[float]:
    """The score after every `STEP`."""
    found = []
    for start in range(0, len(pcm), STEP):
        for at in range(start, start + STEP, chunk):
            score = model.accept(pcm[at : min(at + chunk, start + STEP)])
        found.append(score)
    return found


class TestModel:
    @pytest.mark.parametrize("chunk", [322, 640, 2562, STEP])
    def test_any_chunk_size_gives_the_same(self, model: WakeModel, pcm: bytes, chunk: int) -> None:
        expected = scores(model, pcm, 320)
        model.reset()
        assert scores(model, pcm, chunk) == expected

    def test_a_chunk_may_end_within_a_sample(self, model: WakeModel, pcm: bytes) -> None:
        expected = scores(model, pcm, STEP)[-1]
        model.reset()
        for at in range(0, len(pcm), 501):
            model.accept(pcm[at : at + 501])
        assert model.accept(b"") == expected

    def test_reset_equals_new(self, model: WakeModel, pcm: bytes) -> None:
        expected = scores(model, pcm, 640)
        model.accept(b"\1\2\3")
        model.reset()
        assert model.accept(b"") == 0.0
        assert scores(model, pcm, 640) == expected

    def test_silence_yields_nothing(self, model: WakeModel) -> None:
        assert max(scores(model, bytes(40 * STEP), STEP)) < 0.1

    def test_no_samples_and_one_survive(self, model: WakeModel) -> None:
        assert model.accept(b"") == model.accept(b"\0\0") == model.accept(b"") == 0.0

    def test_it_says_what_it_hears_and_when(self, model: WakeModel) -> None:
        assert model.phrase
        assert 0 < model.threshold < 1


@pytest.mark.parametrize("name", ["hey_jarvis", "openwakeword-hey_jarvis"])
def test_both_families_hear_the_word_and_nothing_else(name: str) -> None:
    model = made(name)
    for row in map(json.loads, (GOLDEN / "index.jsonl").read_text(encoding="utf-8").splitlines()):
        model.reset()
        pcm = golden(row["file"].removesuffix(".flac"))
        best = max(model.accept(pcm[at : at + 640]) for at in range(0, len(pcm), 640))
        assert (best >= model.threshold) == row["wake"], row["file"]


def detector(*names: str, verify: str = "auto") -> WakeDetector:
    return wakes.detector(WakeSettings(models=names, verify=verify), store())  # type: ignore[arg-type]


def wakes_at(listening: WakeDetector, pcm: bytes) -> list[tuple[str, int]]:
    frames = [Frame(at // 2, pcm[at : at + 640].ljust(640, b"\0")) for at in range(0, len(pcm), 640)]
    return [(found.phrase, found.at_sample) for frame in frames if (found := listening.accept(frame))]


def noise(seconds: float) -> np.ndarray:
    """Noise that is the same everywhere: the low bits of a linear congruential generator would not do."""
    return np.sin(np.arange(round(seconds * 16_000), dtype=np.float64) ** 2 * 0.618) * 0.2


def tone(hz: float, seconds: float) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * 16_000)) / 16_000)


def music(seconds: float) -> np.ndarray:
    """Chords of decaying harmonics over a beat."""
    at = np.arange(round(seconds * 16_000)) / 16_000
    decay = np.exp(-3 * (at % 0.5))
    chord = sum(np.sin(2 * np.pi * hz * k * at) / k for hz in (220, 277.2, 329.6) for k in range(1, 6))
    return np.asarray(0.15 * decay * chord + 0.2 * np.exp(-40 * (at % 0.25)) * noise(seconds))


def pcm_of(samples: np.ndarray) -> bytes:
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


SOUNDS: dict[str, Callable[[], bytes]] = {
    "silence": lambda: bytes(2 * 16_000 * 10),
    "noise": lambda: pcm_of(noise(10)),
    "a low tone": lambda: pcm_of(tone(100, 5)),
    "a high tone": lambda: pcm_of(tone(3_000, 5)),
    "music": lambda: pcm_of(music(20)),
    "full scale": lambda: pcm_of(np.sign(tone(440, 5))),
    "an offset": lambda: pcm_of(np.full(16_000 * 5, 0.7)),
    "speech": lambda: golden("no_wake_turn_off_the_hallway_light") * 3,
    "clipped speech": lambda: loud(golden("no_wake_turn_off_the_hallway_light"), 30.0, 0),
}


def loud(pcm: bytes, gain: float, offset: int) -> bytes:
    samples = np.frombuffer(pcm, "<i2").astype(np.float64) * gain + offset
    return bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


class TestDetector:
    @pytest.mark.parametrize("sound", SOUNDS)
    def test_what_is_no_wake_word_wakes_nobody(self, sound: str) -> None:
        assert wakes_at(detector(*NAMES), SOUNDS[sound]()) == []

    @pytest.mark.parametrize("verify", ["auto", "off"])
    @pytest.mark.parametrize(("gain", "offset"), [(1, 0), (20, 0), (0.05, 0), (1, 3_000)])
    def test_the_word_is_heard_loud_and_soft_and_with_an_offset(self, verify: str, gain: float, offset: int) -> None:
        pcm = loud(golden("turn_on_the_kitchen_light"), gain, offset)
        assert [phrase for phrase, _ in wakes_at(detector(*NAMES, verify=verify), pcm)] == ["Hey Jarvis"]

    @pytest.mark.parametrize("stem", ["turn_on_the_kitchen_light", "one_breath_turn_on_the_office_light"])
    def test_a_verifier_does_not_move_the_moment(self, stem: str) -> None:
        pcm = golden(stem)
        ((_, alone),) = wakes_at(detector("hey_jarvis", verify="off"), pcm)
        ((_, checked),) = wakes_at(detector("hey_jarvis"), pcm)
        assert abs(checked - alone) <= 16 * 60

    def test_reset_equals_new(self) -> None:
        listening, pcm = detector("hey_jarvis"), golden("turn_on_the_kitchen_light")
        first = wakes_at(listening, pcm)
        listening.reset()
        assert wakes_at(listening, pcm) == first

    def test_a_minute_of_talk_takes_no_more_memory_than_a_second(self) -> None:
        talk = golden("no_wake_turn_off_the_hallway_light")
        listening = detector("hey_jarvis")
        wakes_at(listening, talk)
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(60 * 32_000 // len(talk)):
                assert wakes_at(listening, talk) == []
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 300_000
