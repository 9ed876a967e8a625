"""The wake word: the contract of the real model, models that are broken, and the decision on scripted scores."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sounds import frames_of, hey_jarvis, model_files, recording, recordings, silence

from edge.audio.wake import Detection, MicroWakeWord, WakeDetector
from edge.core.errors import InputError

MODELS = ["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"]


def best(model: MicroWakeWord, pcm: bytes, chunk: int = 640) -> float:
    return max(model.accept(pcm[at : at + chunk]) for at in range(0, len(pcm), chunk))


def scores(model: MicroWakeWord, pcm: bytes, chunk: int) -> list[float]:
    """The score after every 60 ms: a multiple of every chunk, of the features and of an inference."""
    after = [model.accept(pcm[at : at + chunk]) for at in range(0, len(pcm), chunk)]
    each = 1920 // chunk
    return after[each - 1 :: each]


@pytest.fixture(scope="module")
def pcm() -> bytes:
    pcm = recording("turn_on_the_kitchen_light").pcm
    return pcm[: len(pcm) - len(pcm) % 1920]


class TestModel:
    def test_the_manifest_is_read(self) -> None:
        model = hey_jarvis()
        assert (model.phrase, model.threshold) == ("Hey Jarvis", 0.97)

    def test_a_threshold_of_ones_own(self) -> None:
        assert MicroWakeWord.load(*model_files("hey_jarvis"), threshold=0.5).threshold == 0.5

    @pytest.mark.parametrize("each", recordings(), ids=lambda r: r.path.stem)
    def test_it_hears_the_wake_word_and_nothing_else(self, each: object) -> None:
        model = hey_jarvis()
        assert (best(model, each.pcm) >= model.threshold) == each.wake  # type: ignore[attr-defined]

    @pytest.mark.parametrize("chunk", [2, 6, 320, 640, 960, 1920])
    def test_any_chunk_size_gives_the_same(self, pcm: bytes, chunk: int) -> None:
        assert scores(hey_jarvis(), pcm, chunk) == scores(hey_jarvis(), pcm, 320)

    def test_a_chunk_may_end_within_a_sample(self, pcm: bytes) -> None:
        model = hey_jarvis()
        for at in range(0, len(pcm), 501):
            model.accept(pcm[at : at + 501])
        assert model.accept(b"") == scores(hey_jarvis(), pcm, 1920)[-1]

    @pytest.mark.parametrize("name", MODELS)
    def test_reset_equals_new(self, name: str, pcm: bytes) -> None:
        model = MicroWakeWord.load(*model_files(name))
        first = scores(model, pcm, 640)
        model.accept(b"\1\2\3")
        model.reset()
        assert model.accept(b"") == 0.0
        assert scores(model, pcm, 640) == first

    @pytest.mark.parametrize("name", MODELS)
    def test_silence_yields_nothing(self, name: str) -> None:
        assert best(MicroWakeWord.load(*model_files(name)), silence(3)) < 0.1


class TestBrokenFiles:
    @pytest.mark.parametrize("name", MODELS)
    @pytest.mark.parametrize("kept", [0, 4, 8, 100, 0.1, 0.5, 0.9, -100, -5])
    def test_a_truncated_model_does_not_end_the_process(self, tmp_path: Path, name: str, kept: float) -> None:
        model, manifest = model_files(name)
        whole = model.read_bytes()
        broken = tmp_path / model.name
        broken.write_bytes(whole[: int(kept if isinstance(kept, int) else kept * len(whole))])
        with pytest.raises(InputError, match="edge models verify") as caught:
            MicroWakeWord.load(broken, manifest)
        assert caught.value.code == "wake.model_broken"

    def test_something_else_than_a_model(self, tmp_path: Path) -> None:
        broken = tmp_path / "model.tflite"
        broken.write_bytes(b"<!doctype html><title>404 Not Found</title>" * 100)
        with pytest.raises(InputError) as caught:
            MicroWakeWord.load(broken, model_files("alexa")[1])
        assert caught.value.code == "wake.model_broken"

    def test_a_missing_model(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="edge models pull") as caught:
            MicroWakeWord.load(tmp_path / "none.tflite", model_files("alexa")[1])
        assert caught.value.code == "wake.model_missing"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "{}",
            '{"type": "micro", "version": 1, "wake_word": "Alexa", "micro": {"probability_cutoff": 0.9}}',
            json.dumps({"type": "micro", "version": 2, "wake_word": "…",
                        "micro": {"probability_cutoff": 0.9, "sliding_window_size": 5}}),
            json.dumps({"type": "micro", "version": 2, "wake_word": "Alexa",
                        "micro": {"probability_cutoff": 0.9, "sliding_window_size": 0}}),
            json.dumps({"type": "micro", "version": 2, "wake_word": "Alexa",
                        "micro": {"probability_cutoff": "high", "sliding_window_size": 5}}),
        ],
    )  # fmt: skip
    def test_a_manifest_that_is_none(self, tmp_path: Path, text: str) -> None:
        manifest = tmp_path / "model.json"
        manifest.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            MicroWakeWord.load(model_files("alexa")[0], manifest)
        assert caught.value.code == "wake.manifest"

    @pytest.mark.parametrize("threshold", [-0.1, 0.0, 1.0, float("nan")])
    def test_a_threshold_that_cannot_be(self, threshold: float) -> None:
        with pytest.raises(InputError) as caught:
            MicroWakeWord.load(*model_files("alexa"), threshold=threshold)
        assert caught.value.code == "wake.threshold"


class Scripted:
    """A model that gives one score a frame, as told."""

    def __init__(self, phrase: str, scores: Sequence[float], threshold: float = 0.9) -> None:
        self.phrase = phrase
        self.threshold = threshold
        self._scores = list(scores)

    def accept(self, pcm: bytes) -> float:
        return self._scores.pop(0) if self._scores else 0.0

    def reset(self) -> None:
        pass


def detections(detector: WakeDetector, frames: int) -> list[tuple[int, Detection]]:
    found = [(number, detector.accept(frame)) for number, frame in enumerate(frames_of(silence(0.02 * frames)))]
    return [(number, detection) for number, detection in found if detection is not None]


class TestDetector:
    def test_one_word_is_one_detection(self) -> None:
        model = Scripted("a", [0.1, 0.95, 0.99, 0.85, 0.99, 0.1])
        assert detections(WakeDetector([model]), 10) == [(1, Detection("a", 0.95, 2 * 320))]

    def test_after_falling_it_fires_again(self) -> None:
        model = Scripted("a", [0.95, 0.5, 0.95, 0.4, 0.95])
        assert [n for n, _ in detections(WakeDetector([model], refractory_ms=0), 10)] == [0, 4]

    def test_the_refractory_time_covers_all_models(self) -> None:
        first, second = Scripted("a", [0.95]), Scripted("b", [0.0] * 40 + [0.95, 0.0] + [0.0] * 10 + [0.95])
        detector = WakeDetector([first, second], refractory_ms=1000)
        assert [(n, d.phrase) for n, d in detections(detector, 60)] == [(0, "a"), (52, "b")]

    def test_the_surer_model_wins(self) -> None:
        models = [Scripted("a", [0.95]), Scripted("b", [0.97]), Scripted("c", [0.99], threshold=0.995)]
        assert [d.phrase for _, d in detections(WakeDetector(models), 3)] == ["b"]

    def test_reset_equals_new(self) -> None:
        detector = WakeDetector([hey_jarvis()])
        frames = list(recording("turn_on_the_kitchen_light").frames())
        first = [detector.accept(frame) for frame in frames]
        detector.reset()
        assert [detector.accept(frame) for frame in frames] == first
        assert sum(detection is not None for detection in first) == 1

    @pytest.mark.parametrize("wrong", [{"release": 0.0}, {"release": 1.1}, {"refractory_ms": -1}])
    def test_settings_that_cannot_be(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="at least one model"):
            WakeDetector([Scripted("a", [])], **wrong)  # type: ignore[arg-type]

    def test_no_models(self) -> None:
        with pytest.raises(ValueError, match="at least one model"):
            WakeDetector([])
