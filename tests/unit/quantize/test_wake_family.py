"""openWakeWord's models in 8 bits: as good, a quarter of the size, the same bytes again; what is wrong is named."""

import shutil
import struct
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edge.audio.wake_open import OpenFeatures, OpenWakeWord
from edge.core.errors import EdgeError, InputError
from tools.bench import common

pytest.importorskip("ai_edge_quantizer", reason="pip install -c constraints.txt -e '.[quantize]'")
pytest.importorskip("onnx", reason="pip install -c constraints.txt -e '.[quantize]'")

from tools.quantize import wake, wake_micro, wake_onnx
from tools.quantize.family import Variant
from tools.quantize.recipe import read_recipe

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden" / "audio"
RECORDING = GOLDEN / "turn_on_the_kitchen_light.flac"


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "models"


OPEN = package("pyopen_wakeword")
MICRO = package("pymicro_wakeword")


@pytest.fixture(scope="module")
def quantized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of alexa, weights in 8 bits."""
    folder = tmp_path_factory.mktemp("int8")
    for name in ("alexa.tflite", *wake.SHARED):
        wake.weights_only(OPEN / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def embeddings() -> np.ndarray:
    """Of one recording, 16 at a time, 80 ms apart."""
    features = OpenFeatures.load(OPEN)
    mels = features.mel(common.read_audio(RECORDING).astype(np.float32))
    found = features.embed(np.stack([mels[at : at + 76] for at in range(0, len(mels) - 75, 2)]))
    return np.stack([found[at : at + 64 : 4] for at in range(len(found) - 63)])


def peak(folder: Path) -> float:
    """Of the word that the recordings begin with, whose classifier is float in either case: see below."""
    model = OpenWakeWord.load(OPEN / "hey_jarvis.tflite", folder, phrase="hey jarvis")
    pcm = common.read_audio(RECORDING).tobytes()
    return max(model.accept(pcm[at : at + 2560]) for at in range(0, len(pcm), 2560))


def test_it_hears_what_the_float_models_hear_and_is_a_quarter_of_their_size(quantized: Path) -> None:
    assert peak(OPEN) > 0.95
    assert abs(peak(quantized) - peak(OPEN)) < 0.02
    files = sorted(quantized.glob("*.tflite"))
    assert sum((OPEN / file.name).stat().st_size for file in files) > 3.5 * sum(file.stat().st_size for file in files)


def test_the_same_bytes_again(quantized: Path, embeddings: np.ndarray, tmp_path: Path) -> None:
    wake.weights_only(OPEN / wake.SHARED[0], tmp_path / "again.tflite")
    assert (tmp_path / "again.tflite").read_bytes() == (quantized / wake.SHARED[0]).read_bytes()
    # Calibration on other machines differs in its last bits.
    for name, given in (("one", embeddings), ("other", embeddings * np.float32(1 + 2e-7))):
        wake.weights_and_activations(OPEN / "alexa.tflite", given, tmp_path / f"{name}.tflite")
    assert (tmp_path / "one.tflite").read_bytes() == (tmp_path / "other.tflite").read_bytes()


def test_what_the_library_refuses_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"hey_jarvis.tflite: ai-edge-quantizer refuses it: .* is not unique"
    ) as caught:
        wake.weights_only(OPEN / "hey_jarvis.tflite", tmp_path / "out.tflite")
    assert caught.value.code == "quantize.operator"
    assert list(tmp_path.iterdir()) == []


def test_activations_in_8_bits(embeddings: np.ndarray, tmp_path: Path) -> None:
    for name in wake.SHARED:
        shutil.copy(OPEN / name, tmp_path)
    wake.weights_and_activations(OPEN / "alexa.tflite", embeddings, tmp_path / "alexa.tflite")
    models = [OpenWakeWord.load(folder / "alexa.tflite", folder, phrase="alexa") for folder in (OPEN, tmp_path)]
    floats, ints = ([model.classify(each) for each in embeddings] for model in models)
    assert max(abs(one - other) for one, other in zip(floats, ints, strict=True)) < 0.02
    assert 3.5 * (tmp_path / "alexa.tflite").stat().st_size < (OPEN / "alexa.tflite").stat().st_size


def test_features_for_calibration_are_the_hubs_own(tmp_path: Path) -> None:
    wake.features_of([RECORDING], tmp_path / "features.npz")
    chosen = wake.calibration(tmp_path / "features.npz", 8)
    assert (chosen["mels"].shape, chosen["embeddings"].shape) == ((8, 76, 32), (8, 16, 96))
    assert np.array_equal(OpenFeatures.load(OPEN).embed(chosen["mels"][:1])[0], chosen["embeddings"][0][0])
    with pytest.raises(InputError, match=r"too small: \d+ mels of 5000; give it more recordings") as caught:
        wake.calibration(tmp_path / "features.npz", 5000)
    assert caught.value.code == "quantize.calibration"
    with pytest.raises(InputError, match="no recording is as long as one score needs"):
        wake.features_of([GOLDEN / "answers" / "no_wake_yes.flac"][:0], tmp_path / "none.npz")


def bad_inputs() -> list[tuple[str, str, str, str]]:
    return [
        ("melspectrogram.tflite", "fine", "quantize.shape", "is open: . x ."),
        ("hey_jarvis.tflite", "fine", "quantize.operator", "static quantization knows no .*IF"),
        ("alexa.tflite", "nan", "quantize.calibration", "NaN or infinity, first in input 3"),
        ("alexa.tflite", "few", "quantize.calibration", "too small: 3 inputs, 50 are needed"),
        ("alexa.tflite", "flat", "quantize.shape", "expected inputs of shape"),
    ]


@pytest.mark.parametrize(("name", "how", "code", "told"), bad_inputs())
def test_what_cannot_be_calibrated_is_named(
    name: str, how: str, code: str, told: str, embeddings: np.ndarray, tmp_path: Path
) -> None:
    given = embeddings.copy()
    if how == "nan":
        given[3, 2, 1] = np.nan
    given = {"few": given[:3], "flat": given[:, :8]}.get(how, given)
    with pytest.raises(InputError, match=told) as caught:
        wake.weights_and_activations(OPEN / name, given, tmp_path / "out.tflite")
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 7, 8, 100, 5_000, 400_000])
def test_a_cut_off_model_is_corrupt(length: int, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes((OPEN / "alexa.tflite").read_bytes()[:length])
    with pytest.raises(InputError, match="is corrupt: fetch it again") as caught:
        wake.weights_only(cut, tmp_path / "out.tflite")
    assert caught.value.code == "quantize.source"
    assert not (tmp_path / "out.tflite").exists()


def test_a_model_whose_offsets_lead_astray_is_corrupt(tmp_path: Path) -> None:
    astray = bytearray((OPEN / "alexa.tflite").read_bytes())
    struct.pack_into("<I", astray, 0, 0x7FFFFFF0)
    (tmp_path / "astray.tflite").write_bytes(astray)
    with pytest.raises(InputError, match="is corrupt"):
        wake.weights_only(tmp_path / "astray.tflite", tmp_path / "out.tflite")


def test_a_quantized_model_is_not_quantized_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its input is INT8: no float model"):
        wake.weights_only(MICRO / "alexa.tflite", tmp_path / "out.tflite")


def test_the_recipe_and_what_may_be_wrong_in_it(tmp_path: Path) -> None:
    recipe = ROOT / "models" / "recipes" / "openwakeword-alexa.toml"
    assert read_recipe(recipe).options == wake.Options("alexa.tflite", "alexa", 300)
    text = recipe.read_text()
    for change, told in (
        (("windows = 300", "windows = 3"), "options.windows: expected 50 to 100000"),
        (("windows = 300", "window = 300"), "window"),
        (('"alexa.tflite"', "7"), "classifier"),
    ):
        path = tmp_path / recipe.name
        path.write_text(text.replace(*change))
        with pytest.raises(EdgeError, match=told) as caught:
            read_recipe(path)
        assert caught.value.code == "quantize.recipe"


def test_what_it_is_worth_is_measured_by_the_benchmark_of_wake_words(tmp_path: Path) -> None:
    recipe = read_recipe(ROOT / "models" / "recipes" / "openwakeword-alexa.toml")
    recipe = replace(recipe, options=replace(recipe.options, classifier="hey_jarvis.tflite", word="hey_jarvis"))
    float32 = Variant("float32", tuple(OPEN / name for name in ("hey_jarvis.tflite", *wake.SHARED)), 32, shipped=False)
    assert wake.FAMILY.measure(recipe, float32, data=tmp_path, progress=lambda *_: None) is None
    for folder, name in (
        ("wake/positive", "turn_on_the_kitchen_light"),
        ("wake/negative", "no_wake_turn_off_the_hallway_light"),
        ("noise", "talk/no_wake_undo_that"),
    ):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(GOLDEN / f"{name}.flac", tmp_path / folder / "kitchen.flac")
    found = wake.FAMILY.measure(recipe, float32, data=tmp_path, progress=lambda *_: None)
    assert found is not None
    missed = sum(found.counts[f"missed_{level}"] for level in wake.LEVELS)
    assert (found.counts["of"], found.counts["missed_clean"], found.counts["false_alarms"]) == (3, 0, 0)
    assert found.points == pytest.approx(100 * (1 - missed / 3))
    assert found.us_p50 > 0
    (tmp_path / "noise" / "kitchen.flac").unlink()
    with pytest.raises(InputError, match=r"tools\.bench\.wake: benchmark data is missing: .*kitchen.flac") as caught:
        wake.FAMILY.measure(recipe, float32, data=tmp_path, progress=lambda *_: None)
    assert caught.value.code == "quantize.measure"


class TestOnnx:
    @pytest.mark.parametrize("name", ["alexa", "hey_mycroft", "hey_rhasspy", "okay_nabu"])
    def test_the_hub_hears_the_same_with_it(self, name: str, embeddings: np.ndarray, tmp_path: Path) -> None:
        wake_onnx.export(OPEN / f"{name}.tflite", tmp_path / f"{name}.onnx")
        paths = (OPEN / f"{name}.tflite", tmp_path / f"{name}.onnx")
        models = [OpenWakeWord.load(path, OPEN, phrase=name) for path in paths]
        for given in embeddings[::8] * 3:
            one, other = (model.classify(given) for model in models)
            assert one == pytest.approx(other, abs=1e-5)

    def test_what_it_does_not_know_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"the export to ONNX knows no .*IF") as caught:
            wake_onnx.export(OPEN / "hey_jarvis.tflite", tmp_path / "out.onnx")
        assert caught.value.code == "quantize.operator"
        assert list(tmp_path.iterdir()) == []


class TestMicro:
    def test_those_that_edge_knows_are_right(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert wake_micro.main([]) == 0
        assert capsys.readouterr().out.count(": ok") == 4

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            (('"probability_cutoff": 0.9', '"probability_cutoff": 90'), "probability_cutoff: expected a score"),
            (('"sliding_window_size": 5', '"sliding_window_size": 0'), "sliding_window_size: expected 1 to 100"),
            (('"feature_step_size": 10', '"feature_step_size": 20'), "feature_step_size: expected 10 ms"),
            (('"version": 2', '"version": 1'), "version 2"),
            (('"micro": {', '"macro": {'), "is no microWakeWord manifest"),
        ],
    )
    def test_a_manifest_that_does_not_fit(
        self, change: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copy(MICRO / "alexa.tflite", tmp_path)
        (tmp_path / "alexa.json").write_text((MICRO / "alexa.json").read_text().replace(*change))
        assert wake_micro.main([str(tmp_path / "alexa.json")]) == 1
        assert told in capsys.readouterr().out

    def test_a_float_model_is_none(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.copy(MICRO / "alexa.json", tmp_path)
        shutil.copy(OPEN / "alexa.tflite", tmp_path)
        assert wake_micro.main([str(tmp_path / "alexa.json")]) == 1
        out = capsys.readouterr().out
        assert "input: expected 8 bits, found FLOAT32" in out
        assert "expected 1 x frames x 40, found 1 x 16 x 96" in out
        (tmp_path / "alexa.tflite").unlink()
        assert wake_micro.main([str(tmp_path / "alexa.json")]) == 2
