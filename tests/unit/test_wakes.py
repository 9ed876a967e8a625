"""Which models a wake word is made of: ids, files of the user's own, verifiers that are there or not, broken files."""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge import wakes
from edge.audio.wake import MicroWakeWord, WakeRule
from edge.audio.wake_open import OpenWakeWord
from edge.core.errors import InputError, MissingError
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.settings import WakeSettings


@pytest.fixture
def store() -> ModelStore:
    return ModelStore(default_store(), load_manifests([data_dir("models")]))


@pytest.fixture
def bare(tmp_path: Path, store: ModelStore) -> ModelStore:
    """A store on a hub without the package that carries openWakeWord's models."""
    kept = {name: each for name, each in store.manifests.items() if not name.startswith("openwakeword-")}
    return ModelStore(tmp_path / "store", kept)


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "models"


OPEN = package("pyopen_wakeword")
MICRO = package("pymicro_wakeword")


class TestIds:
    @pytest.mark.parametrize("name", ["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"])
    def test_every_first_stage_has_its_verifier_and_its_thresholds(self, name: str, store: ModelStore) -> None:
        word = wakes.word(name, WakeSettings(), store)
        assert isinstance(word.model, MicroWakeWord)
        assert isinstance(word.verifier, OpenWakeWord)
        thresholds = store.manifests[name].wake
        assert thresholds is not None
        assert word.rule == WakeRule(thresholds.near, thresholds.both, thresholds.sure)
        assert word.rule.near < word.rule.both <= word.rule.sure
        assert store.manifests[thresholds.verifier].phrase == store.manifests[name].phrase

    def test_off(self, store: ModelStore) -> None:
        assert wakes.word("alexa", WakeSettings(verify="off"), store).verifier is None

    def test_a_verifier_in_a_folder_takes_the_place_of_the_installed_one(
        self, tmp_path: Path, store: ModelStore, bare: ModelStore
    ) -> None:
        for name in ("melspectrogram.tflite", "embedding_model.tflite"):
            shutil.copy(OPEN / name, tmp_path)
        with pytest.raises(InputError, match=r"holds no alexa\.tflite") as caught:
            wakes.word("alexa", WakeSettings(verifier=tmp_path), store)
        assert caught.value.code == "wake.verifier"
        shutil.copy(OPEN / "alexa.tflite", tmp_path)
        described = ModelStore(bare.directory, store.manifests)  # nothing installed, only described
        assert isinstance(wakes.word("alexa", WakeSettings(verifier=tmp_path), described).verifier, OpenWakeWord)

    def test_without_the_verifiers_model_the_first_is_alone(self, bare: ModelStore) -> None:
        word = wakes.word("alexa", WakeSettings(), bare)
        assert word.verifier is None
        assert word.model.threshold == 0.9

    def test_settings_come_before_the_manifest(self, store: ModelStore) -> None:
        word = wakes.word("alexa", WakeSettings(threshold=0.7, near=0.3, both=0.6), store)
        assert (word.model.threshold, word.rule.near, word.rule.both) == (0.7, 0.3, 0.6)

    def test_an_openwakeword_model_alone(self, store: ModelStore) -> None:
        word = wakes.word("openwakeword-hey_rhasspy", WakeSettings(), store)
        assert isinstance(word.model, OpenWakeWord)
        assert (word.model.phrase, word.model.threshold, word.verifier) == ("hey rhasspy", 0.5, None)

    @pytest.mark.parametrize(("name", "code"), [("nobody", "models.unknown"), ("silero-vad", "wake.model_kind")])
    def test_what_is_no_wake_word(self, name: str, code: str, store: ModelStore) -> None:
        with pytest.raises(InputError) as caught:
            wakes.word(name, WakeSettings(), store)
        assert caught.value.code == code

    def test_several_and_their_sensitivity(self, store: ModelStore) -> None:
        detector = wakes.detector(WakeSettings(models=("alexa", "openwakeword-okay_nabu"), sensitivity=0.7), store)
        assert detector.sensitivity == 0.7


class TestFiles:
    def test_microwakeword_by_its_manifest(self, tmp_path: Path, bare: ModelStore) -> None:
        described = json.loads((MICRO / "alexa.json").read_text(encoding="utf-8"))
        described["wake_word"] = "Computer"
        (tmp_path / "mine.json").write_text(json.dumps(described), encoding="utf-8")
        shutil.copy(MICRO / "alexa.tflite", tmp_path / "mine.tflite")
        for name in ("mine.json", "mine.tflite"):
            model = wakes.word(str(tmp_path / name), WakeSettings(), bare).model
            assert (type(model), model.phrase) == (MicroWakeWord, "Computer")
        assert wakes.phrase(str(tmp_path / "mine.json"), bare) == "Computer"

    def test_openwakeword_with_the_shared_models_beside_it(self, tmp_path: Path, bare: ModelStore) -> None:
        for name in ("melspectrogram.tflite", "embedding_model.tflite"):
            shutil.copy(OPEN / name, tmp_path)
        shutil.copy(OPEN / "okay_nabu.tflite", tmp_path / "hi_there_v0.1.tflite")
        model = wakes.word(str(tmp_path / "hi_there_v0.1.tflite"), WakeSettings(threshold=0.4), bare).model
        assert (type(model), model.phrase, model.threshold) == (OpenWakeWord, "hi there", 0.4)

    def test_openwakeword_with_the_shared_models_of_the_package(self, tmp_path: Path, store: ModelStore) -> None:
        shutil.copy(OPEN / "okay_nabu.tflite", tmp_path / "mine.tflite")
        assert isinstance(wakes.word(str(tmp_path / "mine.tflite"), WakeSettings(), store).model, OpenWakeWord)

    def test_openwakeword_without_the_shared_models(self, tmp_path: Path, bare: ModelStore) -> None:
        shutil.copy(OPEN / "okay_nabu.tflite", tmp_path / "mine.tflite")
        with pytest.raises(MissingError, match="verifier") as caught:
            wakes.word(str(tmp_path / "mine.tflite"), WakeSettings(), bare)
        assert caught.value.code == "wake.shared_missing"

    @pytest.mark.parametrize("suffix", [".json", ".tflite", ".onnx"])
    def test_a_file_that_is_not_there(self, suffix: str, tmp_path: Path, store: ModelStore) -> None:
        with pytest.raises(InputError, match="none") as caught:
            wakes.word(str(tmp_path / f"none{suffix}"), WakeSettings(), store)
        assert caught.value.code in ("wake.model_missing", "wake.manifest")

    @pytest.mark.parametrize("foreign", ["pymicro", "melspectrogram", "embedding_model", "text", "half"])
    @pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
    def test_a_file_that_is_something_else(self, foreign: str, suffix: str, tmp_path: Path, store: ModelStore) -> None:
        contents = {
            "pymicro": (MICRO / "alexa.tflite").read_bytes(),
            "melspectrogram": (OPEN / "melspectrogram.tflite").read_bytes(),
            "embedding_model": (OPEN / "embedding_model.tflite").read_bytes(),
            "text": b"<!doctype html><title>404 Not Found</title>" * 100,
            "half": (OPEN / "alexa.tflite").read_bytes()[:400_000],
        }
        path = tmp_path / f"mine{suffix}"
        path.write_bytes(contents[foreign])
        with pytest.raises(InputError, match="damaged") as caught:
            wakes.word(str(path), WakeSettings(), store)
        assert caught.value.code == "wake.model_broken"

    @pytest.mark.parametrize(
        ("broken", "instead"),
        [
            (f"{broken}.tflite", instead)
            for broken, other in (("melspectrogram", "embedding_model"), ("embedding_model", "melspectrogram"))
            for instead in ("alexa.tflite", f"{other}.tflite", None)
        ],
    )
    def test_shared_models_that_are_others(
        self, broken: str, instead: str | None, tmp_path: Path, store: ModelStore
    ) -> None:
        for name in ("melspectrogram.tflite", "embedding_model.tflite"):
            shutil.copy(OPEN / name, tmp_path)
        shutil.copy(OPEN / "okay_nabu.tflite", tmp_path / "mine.tflite")
        (tmp_path / broken).write_bytes((OPEN / instead).read_bytes() if instead else b"TFL3")
        with pytest.raises(InputError) as caught:
            wakes.word(str(tmp_path / "mine.tflite"), WakeSettings(), store)
        assert caught.value.code == "wake.model_broken"


def field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer, of a number or of bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def onnx_classifier(inputs: int) -> bytes:
    """An ONNX model [1, inputs, 96] -> [1, 1, 1]: the sigmoid of the mean; onnx.proto3, ModelProto."""

    def tensor(name: bytes, shape: tuple[int, ...]) -> bytes:
        dims = b"".join(field(1, field(1, n)) for n in shape)
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))

    mean = field(1, b"x") + field(2, b"m") + field(4, b"ReduceMean")
    sigmoid = field(1, b"m") + field(2, b"y") + field(4, b"Sigmoid")
    graph = field(1, mean) + field(1, sigmoid) + field(2, b"g")
    graph += field(11, tensor(b"x", (1, inputs, 96))) + field(12, tensor(b"y", (1, 1, 1)))
    return field(1, 8) + field(7, graph) + field(8, field(2, 13))


class TestOnnx:
    def test_a_classifier_of_ones_own(self, tmp_path: Path, store: ModelStore) -> None:
        path = tmp_path / "hey_there.onnx"
        path.write_bytes(onnx_classifier(16))
        model = wakes.word(str(path), WakeSettings(), store).model
        assert model.phrase == "hey there"
        assert model.accept(bytes(2 * 1280)) != 0.0

    @pytest.mark.parametrize("inputs", [12, 28])
    def test_of_another_length(self, inputs: int, tmp_path: Path, store: ModelStore) -> None:
        path = tmp_path / "x.onnx"
        path.write_bytes(onnx_classifier(inputs))
        model = wakes.word(str(path), WakeSettings(), store).model
        assert isinstance(model, OpenWakeWord)
        assert len(list(model.look(bytes(2 * 16_000), 60).accept())) == 4

    def test_without_onnxruntime(self, tmp_path: Path, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "x.onnx"
        path.write_bytes(onnx_classifier(16))
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(MissingError, match="pip install onnxruntime") as caught:
            wakes.word(str(path), WakeSettings(), store)
        assert caught.value.code == "wake.onnx_missing"


class TestLook:
    def test_it_goes_on_where_it_was(self, store: ModelStore) -> None:
        model = wakes.word("openwakeword-alexa", WakeSettings(), store).model
        assert isinstance(model, OpenWakeWord)
        look = model.look(bytes(2 * 16_000 * 3), 80)
        assert len(list(look.accept())) == 5
        assert list(look.accept(bytes(2 * 160))) == []
        assert len(list(look.accept(bytes(2 * 160)))) == 1
        assert len(list(look.accept(bytes(2 * 1280)))) == 4

    def test_little_sound_is_enough(self, store: ModelStore) -> None:
        model = wakes.word("openwakeword-alexa", WakeSettings(), store).model
        assert isinstance(model, OpenWakeWord)
        assert all(0 <= score < 0.1 for score in model.look(b"", 80).accept())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hey_jarvis", "hey jarvis"),
        ("openwakeword-alexa", "alexa"),
        ("/x/hey_jarvis_v0.1.tflite", "hey jarvis"),
        ("/x/computer-2.onnx", "computer"),
        ("/x/none.json", "none"),
    ],
)
def test_phrases_without_loading(name: str, said: str, store: ModelStore) -> None:
    assert wakes.phrase(name, store) == said
