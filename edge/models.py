"""The model store: which models are here, are they whole, and getting those that are not."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.core.codec import dumps, loads
from edge.core.errors import EdgeError, InputError, MissingError
from edge.fetch import Progress, disk_errors, download, file_sha256, pip_download, unpack
from edge.manifest import CarriedSource, HttpsSource, Manifest, ModelFile, PypiSource, Source, Task, load_manifests
from edge.resources import data_dir, user_data_home

__all__ = ["Manifest", "ModelStore", "Presence", "Progress", "Status", "Task", "default_store", "load_manifests"]

_STAGING = ".pull-"


class Presence(StrEnum):
    """Where a model is."""

    STORE = "store"
    """In the store, pulled earlier."""
    PACKAGE = "package"
    """In an installed Python package, this one among them; nothing needs to be pulled."""
    DAMAGED = "damaged"
    """In the store, with files missing or of the wrong size."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a model is, told from names and sizes alone; `ModelStore.verify` reads the files."""

    presence: Presence
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What was unpacked from an archive that is pinned as a whole."""

    archive_sha256: str
    files: tuple[ModelFile, ...]


def default_store(environ: Mapping[str, str] = os.environ) -> Path:
    """Folder of the store: EDGE_MODELS_DIR, else edge/models below the user's data."""
    chosen = environ.get("EDGE_MODELS_DIR", "")
    return Path(chosen) if chosen else user_data_home(environ) / "edge" / "models"


class ModelStore:
    """Models in one folder of the store each, or where an installed package keeps them.

    Every method that takes an id raises InputError (`models.unknown`) when no manifest has it.
    """

    def __init__(
        self, directory: Path, manifests: Mapping[str, Manifest], *, schemes: Collection[str] = ("https",)
    ) -> None:
        """directory: the store; made when something is pulled. schemes: of addresses that may be downloaded from."""
        self.directory = directory
        self.manifests = manifests
        self._schemes = schemes

    def locate(self, model_id: str) -> Path:
        """Folder that holds the model's files, as the manifest names them. Sizes are checked, contents are not.

        Raises MissingError (`models.missing`).
        """
        status = self.status(model_id)
        if status.folder is None or status.presence is Presence.DAMAGED:
            state = "damaged" if status.presence is Presence.DAMAGED else "not installed"
            raise MissingError("models.missing", f"the model {model_id} is {state}: run edge models pull {model_id}")
        return status.folder

    def status(self, model_id: str) -> Status:
        """Where the model is."""
        manifest = self._manifest(model_id)
        folder = self.directory / manifest.id
        files = self._files(manifest)
        if files and _complete(folder, files):
            return Status(Presence.STORE, folder)
        for source in manifest.sources:
            for packaged in _packaged(source, manifest):
                if _complete(packaged, manifest.files):
                    return Status(Presence.PACKAGE, packaged)
                if isinstance(source, CarriedSource) and packaged.exists():
                    folder = packaged
        return Status(Presence.DAMAGED, folder) if folder.exists() else Status(Presence.MISSING)

    def verify(self, model_id: str) -> list[str]:
        """What is wrong with the model's files, read from end to end; nothing when it is whole."""
        manifest = self._manifest(model_id)
        status = self.status(model_id)
        if status.folder is None:
            return ["not installed"]
        files = self._files(manifest)
        if not files:
            return ["there is no record of what was unpacked"]
        return [problem for file in files if (problem := _problem(status.folder, file))]

    def pull(self, model_id: str, progress: Progress | None = None) -> Path:
        """Get the model unless it is here and whole, and return its folder.

        Files take their place only when all of them have been verified; whatever goes wrong, what was good stays.
        progress: told of every step that takes long.
        Raises UnreachableError (`models.unreachable`), InputError (`models.wrong_hash`, `models.archive`,
        `models.disk`, `models.busy`) or MissingError (`models.no_pip`, `models.carried`), of the last source when there
        are several.
        """
        manifest = self._manifest(model_id)
        if not self.verify(model_id):
            return self.locate(model_id)
        with disk_errors(self.directory), self._alone():
            for source in manifest.sources[:-1]:
                with contextlib.suppress(EdgeError):
                    return self._pull_from(source, manifest, progress)
            return self._pull_from(manifest.sources[-1], manifest, progress)

    def _pull_from(self, source: Source, manifest: Manifest, progress: Progress | None) -> Path:
        if isinstance(source, CarriedSource):
            told = f"the files of the model {manifest.id} travel with edge and are not whole: install edge-hub again"
            raise MissingError("models.carried", told)
        with tempfile.TemporaryDirectory(dir=self.directory, prefix=_STAGING) as made:
            staging = Path(made) / "files"
            staging.mkdir()
            if isinstance(source, PypiSource):
                fetched = Path(made) / "wheel"
                fetched.mkdir()
                archive = pip_download(source, fetched, progress=progress)
            else:
                archive = self.directory / f"{manifest.id}-{source.sha256[:8]}.part"
                download(source, archive, progress=progress, schemes=self._schemes)
            files = unpack(archive, source.root, manifest.files, staging)
            if isinstance(source, HttpsSource) and not manifest.files:
                _write(self._receipt(manifest), dumps(_Receipt(source.sha256, files)))
            folder = _put_in_place(staging, files, self.directory / manifest.id)
            archive.unlink()
            return folder

    def _manifest(self, model_id: str) -> Manifest:
        if model_id not in self.manifests:
            raise InputError("models.unknown", f"there is no model {model_id}: see edge models list")
        return self.manifests[model_id]

    def _files(self, manifest: Manifest) -> Sequence[ModelFile]:
        """The model's files; none when only the archive is pinned and it has not been unpacked here."""
        if manifest.files:
            return manifest.files
        try:
            receipt = loads(_Receipt, self._receipt(manifest).read_bytes())
        except (OSError, InputError):
            return ()
        pinned = {source.sha256 for source in manifest.sources if isinstance(source, HttpsSource)}
        return receipt.files if receipt.archive_sha256 in pinned else ()

    def _receipt(self, manifest: Manifest) -> Path:
        return self.directory / f"{manifest.id}.unpacked.json"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The store to oneself: two pulls of one model would write into the same `.part`."""
        # The folder above is the user's data, whichever comes first.
        self.directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.directory.mkdir(exist_ok=True, mode=0o700)
        with (self.directory / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError("models.busy", f"another edge models pull is writing to {self.directory}") from error
            for leftover in self.directory.glob(f"{_STAGING}*"):  # of a pull that was killed
                shutil.rmtree(leftover, ignore_errors=True)
            yield


def _packaged(source: Source, manifest: Manifest) -> Iterator[Path]:
    """Folders that may hold the files without their having been pulled."""
    if isinstance(source, PypiSource):
        yield from _installed(source.root)
    elif isinstance(source, CarriedSource):
        yield data_dir("models") / manifest.id


def _installed(root: str) -> Iterator[Path]:
    """Folders that `root` may be in the installed packages, without importing any."""
    try:
        spec = importlib.util.find_spec(root.partition("/")[0])
    except (ImportError, ValueError):
        return
    for place in (spec and spec.submodule_search_locations) or ():
        yield Path(place).parent / root


def _complete(folder: Path, files: Sequence[ModelFile]) -> bool:
    try:
        return all((folder / file.path).stat().st_size == file.bytes for file in files)
    except OSError:
        return False


def _problem(folder: Path, file: ModelFile) -> str:
    path = folder / file.path
    try:
        size = path.stat().st_size
        if size != file.bytes:
            return f"{file.path}: {size:,} bytes, expected {file.bytes:,}"
        return "" if file_sha256(path) == file.sha256 else f"{file.path}: its sha256 is not the pinned one"
    except OSError as error:
        return f"{file.path}: {(error.strerror or 'cannot be read').lower()}"


def _put_in_place(staging: Path, files: Sequence[ModelFile], folder: Path) -> Path:
    if not folder.exists():
        staging.rename(folder)
        return folder
    # One file at a time, so that nobody who looks meanwhile finds the folder gone; the good ones stay as they are.
    for file in files:
        if _problem(folder, file):
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (staging / file.path).replace(folder / file.path)
    return folder


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
