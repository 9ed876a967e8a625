"""Nearest-sentence accuracy: it tells good vectors from poor ones, and counts what it says that it counts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.nlu.static_encoder import StaticEncoder
from edge.resources import data_dir
from tools.quantize.nearest_sentences import SPOKEN, accuracy, items

MODELS = data_dir("models")


def nothing(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.ones((len(texts), 3))


def letters(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[text.count(chr(97 + at)) for at in range(26)] for text in texts], np.float64)


def test_better_vectors_find_more_and_few_bits_lose_little() -> None:
    points = {}
    for name, file in (
        ("int8", MODELS / "home-encoder-en" / "home-encoder-en.int8"),
        ("int4", MODELS / "home-encoder-en-int4" / "home-encoder-en.int4"),
    ):
        points[name], counts = accuracy(StaticEncoder.open(file).vectors, None)
        assert counts["of"] == len(items(None)) > 1500
        assert points[name] == 100 * counts["right"] / counts["of"]
        assert counts["right"] == counts["own_right"] + counts["otherwise_right"] + counts["left_out_right"]
    assert points["int8"] > 70
    assert abs(points["int8"] - points["int4"]) < 1
    assert accuracy(nothing, None)[0] < accuracy(letters, None)[0] < points["int4"] - 10


def test_items_are_what_they_say(tmp_path: Path) -> None:
    found = items(None)
    assert Counter(item.group for item in found).keys() == {"own", "otherwise", "left_out"}
    own = [item.text for item in found if item.group == "own"]
    assert len(own) == len(set(own)) > 250
    assert all(bool(item.template) == (item.group == "left_out") for item in found)
    assert items(tmp_path) == found


def test_of_the_data_each_text_counts_once_and_only_where_it_was_understood(tmp_path: Path) -> None:
    (tmp_path / "rewrite").mkdir()
    row = '{"text": "%s", "intent": "%s", "predicted_intent": "%s", "prompt_id": 1}\n'
    rows = [
        row % ("do n't turn it up", "audio_volume_up", "audio_volume_up"),
        row % ("don't turn it up", "audio_volume_up", "audio_volume_up"),
        row % ("turn it down", "audio_volume_up", "audio_volume_down"),
        row % ("tell me a joke", "general_joke", "general_joke"),
    ]
    (tmp_path / "rewrite" / "history.jsonl").write_text("".join(rows))
    spoken = [item for item in items(tmp_path) if item.group == "spoken"]
    assert [(item.text, item.intents) for item in spoken] == [("dont turn it up", SPOKEN["audio_volume_up"])]
