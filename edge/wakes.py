"""Wake settings -> a detector: finds each word's model and its verifier, in the store or in files of the user's.

A word is a manifest's id or a path. A microWakeWord model is its .json, with the .tflite beside it; an openWakeWord
model is one .tflite or .onnx file, and needs the two models that all of its kind share, from beside it or from the
package pyopen-wakeword. Any of them may be the first stage; only what a manifest names is a second one.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.audio.wake import MicroWakeWord, WakeDetector, WakeModel, WakeRule, WakeWord
from edge.core.errors import InputError, MissingError
from edge.core.text import normalize
from edge.manifest import Manifest, Task
from edge.models import ModelStore, Presence
from edge.settings import WakeSettings

if TYPE_CHECKING:
    from edge.audio.speaker import EnrolledSpeakers
    from edge.audio.wake_open import OpenWakeWord

FILES = (".json", ".tflite", ".onnx")
"""Endings of what is a file of the user's rather than a model's id."""
_SHARED = ("melspectrogram.tflite", "embedding_model.tflite")
_FEATURES_ADVICE = "make install EXTRAS=verifier (for non-commercial use only)"


def detector(settings: WakeSettings, store: ModelStore, voices: Path | None = None) -> WakeDetector:
    """The wake stage as it is configured. voices: folder of the enrolled ones; None lets every voice wake.

    Raises InputError (`wake.*`, `voice.*`, `models.unknown`) and MissingError (`models.missing`, `wake.*`).
    """
    words = [word(name, settings, store) for name in settings.models]
    known = speakers(settings, [each.model.phrase for each in words], voices) if voices is not None else None
    made = WakeDetector(words, refractory_ms=settings.refractory_ms, speakers=known)
    made.set_sensitivity(settings.sensitivity)
    return made


def word(name: str, settings: WakeSettings, store: ModelStore) -> WakeWord:
    """One wake word, with its verifier where there is one. Raises as `detector` does."""
    if name.endswith(FILES):
        return WakeWord(_from_file(Path(name), settings.threshold, store))
    manifest = _manifest(name, store)
    model = _from_store(manifest, settings.threshold, store)
    checked_by = verifier_of(name, settings, store)
    if manifest.wake is None or checked_by is None:
        return WakeWord(model)
    chosen = {"near": settings.near, "both": settings.both}
    rule = replace(
        WakeRule(manifest.wake.near, manifest.wake.both, manifest.wake.sure),
        **{key: value for key, value in chosen.items() if value is not None},
    )
    return WakeWord(model, _open(_manifest(checked_by, store), None, store, settings.verifier), rule)


def speakers(settings: WakeSettings, phrases: Iterable[str], folder: Path) -> "EnrolledSpeakers | None":
    """The voices that alone may wake; None where every one may. Raises InputError (`voice.*`)."""
    if not settings.speakers:
        return None
    from edge.audio import speaker, voices

    found = [voices.read(folder, name) for name in settings.speakers]
    for phrase in phrases:
        if not any(normalize(phrase) in voice.words for voice in found):
            raise InputError(
                "voice.no_word",
                f"nobody named in wake.speakers is enrolled for “{phrase}”, so nobody could wake the hub with it: "
                f"edge wake enroll --name {settings.speakers[0]}, with --model for a wake word that is not the first",
            )
    return speaker.EnrolledSpeakers(found)


def verifier_of(name: str, settings: WakeSettings, store: ModelStore) -> str | None:
    """Id of the model that will check this word; None where nothing does."""
    if settings.verify == "off" or name not in store.manifests:
        return None
    thresholds = store.manifests[name].wake
    if thresholds is None or thresholds.verifier not in store.manifests:
        return None
    present = settings.verifier is not None or store.status(thresholds.verifier).presence in (
        Presence.STORE,
        Presence.PACKAGE,
    )
    return thresholds.verifier if present else None


def phrase(name: str, store: ModelStore) -> str:
    """The words that wake, without loading a model: of an id, its manifest's; of a file, its own or its name."""
    if not name.endswith(FILES):
        return (store.manifests[name].phrase if name in store.manifests else name).replace("_", " ")
    path = Path(name)
    if path.suffix == ".json":
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["wake_word"]
        except (OSError, ValueError, KeyError, TypeError):
            found = ""  # whoever loads it says what is wrong
        if isinstance(found, str) and normalize(found):
            return found
    return _named(path)


def _named(path: Path) -> str:
    """What openWakeWord's files are called, without the version: hey_jarvis_v0.1 is "hey jarvis"."""
    name = re.sub(r"[_-]v?\d+(\.\d+)*$", "", path.stem)
    return re.sub(r"[_-]+", " ", name).strip() or path.stem


def _manifest(name: str, store: ModelStore) -> Manifest:
    if name not in store.manifests:
        raise InputError("models.unknown", f"there is no model {name}: see edge models list")
    manifest = store.manifests[name]
    if manifest.task is not Task.WAKE:
        raise InputError("wake.model_kind", f"the model {name} is for {manifest.task}, not for wake words")
    return manifest


def _from_store(manifest: Manifest, threshold: float | None, store: ModelStore) -> WakeModel:
    folder = store.locate(manifest.id)
    described = next((file.path for file in manifest.files if file.path.endswith(".json")), None)
    if described is None:
        return _open(manifest, threshold, store)
    return MicroWakeWord.load(folder / f"{Path(described).stem}.tflite", folder / described, threshold)


def _open(
    manifest: Manifest, threshold: float | None, store: ModelStore, instead: Path | None = None
) -> "OpenWakeWord":
    from edge.audio.wake_open import OpenWakeWord

    classifier = next(file.path for file in manifest.files if file.path not in _SHARED)
    for name in (classifier, *_SHARED):
        if instead is not None and not (instead / name).is_file():
            raise InputError(
                "wake.verifier",
                f"wake.verifier: {instead} holds no {name}, one of the three files of the second model",
            )
    folder = instead or store.locate(manifest.id)
    said = manifest.phrase.replace("_", " ")
    return OpenWakeWord.load(
        folder / classifier, folder, phrase=said, threshold=0.5 if threshold is None else threshold
    )


def _from_file(path: Path, threshold: float | None, store: ModelStore) -> WakeModel:
    if path.suffix == ".json":
        return MicroWakeWord.load(path.with_suffix(".tflite"), path, threshold)
    if path.with_suffix(".json").is_file():
        return MicroWakeWord.load(path, path.with_suffix(".json"), threshold)
    from edge.audio.wake_open import OpenWakeWord

    return OpenWakeWord.load(
        path, _features_for(path, store), phrase=_named(path), threshold=0.5 if threshold is None else threshold
    )


def _features_for(path: Path, store: ModelStore) -> Path:
    """Folder of the models that all openWakeWord classifiers share."""
    if any((path.parent / f"melspectrogram{suffix}").is_file() for suffix in (".tflite", ".onnx")):
        return path.parent
    for manifest in store.manifests.values():
        if {file.path for file in manifest.files} >= set(_SHARED):
            status = store.status(manifest.id)
            if status.presence in (Presence.STORE, Presence.PACKAGE) and status.folder is not None:
                return status.folder
    raise MissingError(
        "wake.shared_missing", f"{path.name} needs the models that openWakeWord's share; {_FEATURES_ADVICE}"
    )
