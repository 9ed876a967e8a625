"""How often the wake word is missed, and how often the hub wakes for nothing.

Every positive with a second of silence on both sides, each on its own: clean, and with kitchen noise at two levels.
Every negative and the noise recordings as one stream. Fed in 20 ms frames to the hub's own wake stage, and with
`--peers` to the detectors of pymicro-wakeword and pyopen-wakeword at their own defaults.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edge import wakes
from edge.audio.capture import FRAME_SAMPLES, Frame
from edge.audio.wake import WakeCounts
from edge.core.errors import EdgeError
from edge.models import ModelStore, default_store, load_manifests
from edge.resources import data_dir
from edge.settings import WakeSettings
from tools.bench import common

SEED = 20_240_601
PADDING = np.zeros(common.RATE, dtype=np.int16)
NOISE_LEVELS = {"10db": 10.0, "5db": 5.0}
PEER_REFRACTORY = 2 * common.RATE
"""Samples; the peers report every window that is above their threshold, so detections nearer than the hub's own
refractory time count as one."""


class Detector(Protocol):
    """What is measured."""

    threshold: float

    def accept(self, frame: Frame) -> bool:
        """Whether the wake word was detected in this frame."""
        ...

    def reset(self) -> None:
        """As new."""
        ...


class Hub:
    """The hub's own wake stage."""

    def __init__(self, settings: WakeSettings) -> None:
        store = ModelStore(default_store(), load_manifests([data_dir("models")]))
        (name,) = settings.models
        self.verifier = wakes.verifier_of(name, settings, store)
        word = wakes.word(name, settings, store)
        self.threshold = word.rule.both if word.verifier else word.model.threshold
        self._stage = wakes.detector(settings, store)

    def accept(self, frame: Frame) -> bool:
        """Whether the wake word was detected in this frame."""
        return self._stage.accept(frame) is not None

    def reset(self) -> None:
        """As new."""
        self._stage.reset()

    @property
    def counts(self) -> WakeCounts:
        """What the stage has done so far."""
        return self._stage.counts


class MicroPeer:
    """pymicro-wakeword's own detector with its own cutoff."""

    def __init__(self, name: str) -> None:
        from pymicro_wakeword import MicroWakeWord as Peer
        from pymicro_wakeword import MicroWakeWordFeatures, Model

        self._model = Peer.from_builtin(Model(name))
        self._features = MicroWakeWordFeatures()
        self.threshold = float(self._model.probability_cutoff)

    def accept(self, frame: Frame) -> bool:
        """Whether the wake word was detected in this frame."""
        # A list first: every window must be processed, also those after the first detection.
        fired = [self._model.process_streaming(window) for window in self._features.process_streaming(frame.pcm)]
        return any(fired)

    def reset(self) -> None:
        """As new."""
        self._model.reset()
        self._features.reset()


class OpenPeer:
    """pyopen-wakeword's own detector with the threshold of its command line."""

    threshold = 0.5

    def __init__(self, name: str) -> None:
        from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

        self._model = OpenWakeWord.from_builtin(Model(name))
        self._features = OpenWakeWordFeatures.from_builtin()

    def accept(self, frame: Frame) -> bool:
        """Whether the wake word was detected in this frame."""
        scores = [
            s for window in self._features.process_streaming(frame.pcm) for s in self._model.process_streaming(window)
        ]
        return any(score > self.threshold for score in scores)

    def reset(self) -> None:
        """As new."""
        self._model.reset()
        self._features.reset()


def frames(samples: common.Samples) -> Iterator[Frame]:
    """20 ms frames, the last filled up with silence."""
    padded = np.concatenate((samples, np.zeros(-len(samples) % FRAME_SAMPLES, dtype=np.int16)))
    for start in range(0, len(padded), FRAME_SAMPLES):
        yield Frame(start, padded[start : start + FRAME_SAMPLES].tobytes())


def missed(detector: Detector, positives: Sequence[common.Samples], what: str) -> int:
    """How many of the recordings the detector misses."""
    count = 0
    for number, samples in enumerate(positives, 1):
        detector.reset()
        # To the end even after a detection, so that the time taken is that of the whole recording.
        count += sum(detector.accept(frame) for frame in frames(samples)) == 0
        common.progress(number, len(positives), what)
    return count


def false_alarms(detector: Detector, stream: Sequence[common.Samples]) -> int:
    """How often the detector fires in the recordings, one after the other."""
    count, at, deaf_until = 0, 0, 0
    detector.reset()
    for number, samples in enumerate(stream, 1):
        for frame in frames(samples):
            at += FRAME_SAMPLES
            if detector.accept(Frame(at - FRAME_SAMPLES, frame.pcm)) and at >= deaf_until:
                count += 1
                deaf_until = at + PEER_REFRACTORY
        common.progress(number, len(stream), "negatives")
    return count


def measure(
    detector: Detector, positives: dict[str, list[common.Samples]], negatives: list[common.Samples]
) -> dict[str, Any]:
    """All figures of one detector."""
    began = time.process_time()
    result: dict[str, Any] = {"threshold": detector.threshold}
    for level, recordings in positives.items():
        count = missed(detector, recordings, level)
        result[f"miss_{level}"] = round(count / len(recordings), 4)
        result[f"missed_{level}"] = count
    looks = detector.counts.looks if isinstance(detector, Hub) else 0
    alarms = false_alarms(detector, negatives)
    hours = sum(map(len, negatives)) / common.RATE / 3600
    seconds = hours * 3600 + sum(len(s) for recordings in positives.values() for s in recordings) / common.RATE
    result |= {
        "positives": len(positives["clean"]),
        "false_alarms": alarms,
        "false_alarms_per_hour": round(alarms / hours, 3),
        "negative_hours": round(hours, 4),
        "rtf": round((time.process_time() - began) / seconds, 5),
    }
    if isinstance(detector, Hub):
        result |= {
            "verifier_runs": detector.counts.looks,
            "verifier_runs_in_negatives": detector.counts.looks - looks,
            "wakes": detector.counts.wakes,
        }
    return result


def load(data: Path) -> tuple[dict[str, list[common.Samples]], list[common.Samples]]:
    """Positives by noise level, and the negative stream."""
    speech = [common.read_audio(path) for path in recordings(data / "wake" / "positive")]
    kitchen = common.read_audio(data / "noise" / "kitchen.flac")
    positives = {"clean": [np.concatenate((PADDING, samples, PADDING)) for samples in speech]}
    for level, snr_db in NOISE_LEVELS.items():
        rng = np.random.default_rng(SEED)
        positives[level] = [noisy(samples, kitchen, snr_db, rng) for samples in speech]
    negatives = [
        common.read_audio(path) for path in recordings(data / "wake" / "negative") + recordings(data / "noise")
    ]
    return positives, negatives


def noisy(speech: common.Samples, noise: common.Samples, snr_db: float, rng: np.random.Generator) -> common.Samples:
    """The recording in noise that is there before and after it too; the ratio is that over the recording's length."""
    padded = np.concatenate((PADDING, speech, PADDING))
    # `mix` takes mean powers over the whole length, and the silence holds no power.
    dilution_db = 10 * np.log10(len(padded) / len(speech))
    return common.mix(padded, noise, snr_db - dilution_db, rng)


def recordings(folder: Path) -> list[Path]:
    """Sound files of a folder, in order of name; leaves with status 2 when there are none."""
    found = sorted(path for path in common.need(folder).iterdir() if path.suffix in (".flac", ".wav"))
    if not found:
        common.fail(f"benchmark data is missing: {folder}/*.flac")
    return found


def arguments() -> argparse.Namespace:
    """Options."""
    parser = common.parser("wake", "Missed wake words and false alarms of the hub's wake stage.")
    parser.add_argument("--model", default="alexa", help="wake word model (default: alexa, the word in the data)")
    parser.add_argument("--threshold", type=float, help="score from which the first model alone is believed")
    parser.add_argument("--sensitivity", type=float, default=0.5, help="0 to 1; 0.5 leaves the thresholds as they are")
    parser.add_argument("--no-verifier", action="store_true", help="the first model alone")
    parser.add_argument("--verifier", type=Path, help="folder with the second model's files, in place of the installed")
    parser.add_argument("--peers", action="store_true", help="also measure pymicro-wakeword and pyopen-wakeword")
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = arguments()
    positives, negatives = load(options.data)
    peers: dict[str, Callable[[str], Detector]] = {"pymicro_wakeword": MicroPeer, "pyopen_wakeword": OpenPeer}
    try:
        settings = WakeSettings(
            models=(options.model,),
            threshold=options.threshold,
            verify="off" if options.no_verifier else "auto",
            verifier=options.verifier,
            sensitivity=options.sensitivity,
        )
        hub = Hub(settings)
        result = {"model": options.model, "verifier": hub.verifier, **measure(hub, positives, negatives)}
        if options.peers:
            result |= {name: measure(make(options.model), positives, negatives) for name, make in peers.items()}
    except EdgeError as error:
        common.fail(str(error))
    except (ImportError, ValueError) as error:
        common.fail(f"a peer cannot be measured: {error}")
    common.emit(result, as_json=options.json, title=f"wake word {options.model}")


if __name__ == "__main__":
    main()
