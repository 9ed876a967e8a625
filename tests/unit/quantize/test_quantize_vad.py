import json
from pathlib import Path

import numpy as np
import pytest

from edge.models import ModelStore, Presence, default_store, load_manifests
from edge.resources import data_dir
from tools.quantize import speech_frames
from tools.quantize.recipe import read_recipe
from tools.quantize.work import build

RECIPE = Path(__file__).parents[3] / "models" / "recipes" / "silero-vad-int8.toml"


def test_windows_are_labelled_by_their_own_level() -> None:
    levels = [1.0, 0.2, 0.05, 0.001, 0.0]  # 0, -14, -26, -60 dB and nothing
    clean = np.repeat(np.array(levels, np.float32), speech_frames.WINDOW)
    assert speech_frames.labels(clean).tolist() == [1, 1, 0, -1, -1]


def write_recordings(data: Path) -> None:
    import soundfile

    spoken = np.sin(np.arange(16_000) * 0.2) * 0.3
    pauses = np.zeros(8_000)
    noise = np.sin(np.arange(48_000) ** 1.5 * 0.01) * 0.1
    for name, samples in (("home_en/audio/a", np.concatenate([pauses, spoken, pauses])), ("noise/kitchen", noise)):
        path = data / f"{name}.flac"
        path.parent.mkdir(parents=True)
        soundfile.write(str(path), samples, 16_000)


def test_points_are_the_mean_of_speech_and_silence_told_right(tmp_path: Path) -> None:
    assert speech_frames.accuracy(lambda samples: np.zeros(1), tmp_path) is None
    write_recordings(tmp_path)
    deaf = speech_frames.accuracy(lambda samples: np.zeros(len(samples) // 512), tmp_path)
    assert deaf is not None
    points, counts = deaf
    assert points == 50
    assert counts["speech_right"] == 0
    assert counts["silence_right"] == counts["silence"] > counts["speech"] > 0

    def by_level(samples: speech_frames.Samples) -> speech_frames.NDArray[np.float64]:
        windows = samples[: len(samples) // 512 * 512].reshape(-1, 512)
        return (np.abs(windows).max(axis=1) > 0.2).astype(np.float64)

    heard = speech_frames.accuracy(by_level, tmp_path)
    assert heard is not None
    assert heard[0] > 95


def test_the_detector_is_made_small_the_same_each_time_and_its_layers_are_listed(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs the extra quantize: pip install -e '.[quantize]'")
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    if store.status("silero-vad-onnx").presence is Presence.MISSING:
        pytest.skip("needs the model: edge models pull silero-vad-onnx")
    recipe = read_recipe(RECIPE)
    made = [build(recipe, tmp_path / name, force=False, progress=lambda what, done, total: None) for name in "ab"]
    first, second = ([file.read_bytes() for v in work.variants for file in v.files] for work in made)
    assert first == second
    assert len(first[0]) > 3.5 * len(first[1])
    layers = json.loads((made[0].folder / "layers.json").read_bytes())
    assert len(layers) == 8
    assert [layer["own_db"] for layer in layers] == sorted(layer["own_db"] for layer in layers)
