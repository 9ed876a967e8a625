"""What openWakeWord's models are given when the hub hears recordings, to calibrate with; a program of its own.

    python -m tools.bench.wake_features out.npz a.flac b.flac

`mels`: windows of 76 mel frames of 32 bands, 80 ms apart, shape (n, 76, 32). `embeddings`: 16 of what the embedding
model makes of those, shape (m, 16, 96). Both come from the hub's own code, `edge.audio.wake_open`.
"""

import sys
from pathlib import Path

import numpy as np

from edge import wakes
from edge.core.errors import EdgeError
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.settings import WakeSettings
from tools.bench import common

WINDOW, STEP, INPUTS = 76, 8, 16
MODEL = "openwakeword-alexa"
"""Any of its kind: they share what makes the features."""


def main(arguments: list[str]) -> int:
    """Write them. Status 0, or an error's."""
    target, *recordings = map(Path, arguments)
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    try:
        model = wakes.word(MODEL, WakeSettings(verify="off"), store).model
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    features = model.features  # type: ignore[attr-defined]
    windows, runs = [], []
    for recording in recordings:
        mels = features.mel(common.read_audio(recording).astype(np.float32))
        if len(mels) < WINDOW + STEP * (INPUTS - 1):
            continue
        windows.append(np.stack([mels[at : at + WINDOW] for at in range(0, len(mels) - WINDOW + 1, STEP)]))
        embeddings = features.embed(windows[-1])
        runs.append(np.stack([embeddings[at : at + INPUTS] for at in range(len(embeddings) - INPUTS + 1)]))
    if not windows:
        sys.stderr.write("error: no recording is as long as one score needs, 2 s\n")
        return 2
    np.savez(target, mels=np.concatenate(windows), embeddings=np.concatenate(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
