import hashlib
from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.manifest import is_safe, read_manifest
from edge.models import ModelStore, Presence, load_manifests
from edge.resources import data_dir

MANIFESTS = load_manifests([data_dir("models")])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- manifests --------------------------------------------------------------------------------------------------------


def test_every_committed_model_is_known() -> None:
    micro = {"okay_nabu", "hey_jarvis", "hey_mycroft", "alexa"}
    opened = {f"openwakeword-{phrase}" for phrase in (*micro, "hey_rhasspy")}
    others = {"silero-vad", "silero-vad-onnx", "pocketsphinx-en-us", "whisper-tiny-en", "vosk-ko", "vosk-small-en-us"}
    carried = {"home-encoder-en", "home-encoder-en-int4"}
    more = {"all-minilm-l6-v2", "piper-en-us-joe", "hibari-en-us-heart"}
    assert set(MANIFESTS) == micro | opened | others | carried | more
    for model_id in opened:
        assert MANIFESTS[model_id].licence == "CC-BY-NC-SA-4.0"
        assert "NON-COMMERCIAL" in MANIFESTS[model_id].note


@pytest.mark.parametrize("model_id", MANIFESTS)
def test_committed_manifests_verify_where_their_package_is_installed(tmp_path: Path, model_id: str) -> None:
    store = ModelStore(tmp_path, MANIFESTS)
    if store.status(model_id).presence is Presence.MISSING:
        pytest.skip("its package is not installed")
    assert store.verify(model_id) == []


GOOD = f"""
id = "x"
task = "asr"
licence = "MIT"
[[sources]]
kind = "pypi"
package = "pack"
version = "1.0"
root = "pack/model"
[[files]]
path = "x"
sha256 = "{sha256(b"1")}"
bytes = 1
"""
HTTPS = f"""
id = "x"
task = "wake"
phrase = "hey_x"
licence = "MIT"
[[sources]]
kind = "https"
url = "https://example.org/x.zip"
sha256 = "{sha256(b"1")}"
bytes = 1
"""
CARRIED = f"""
id = "x"
task = "encoder"
licence = "MIT"
[[sources]]
kind = "carried"
recipe = "x"
[[files]]
path = "x"
sha256 = "{sha256(b"1")}"
bytes = 1
"""


@pytest.mark.parametrize(
    ("good", "change", "told"),
    [
        (GOOD, ('id = "x"', 'id = "y"'), "id: expected the file's own name, x"),
        (GOOD, ('task = "asr"', 'task = "cook"'), "task: expected one of wake, vad, asr, tts, encoder"),
        (GOOD, ('licence = "MIT"', ""), "licence: missing"),
        (GOOD, ('licence = "MIT"', 'licence = ""'), "licence: expected an SPDX identifier"),
        (GOOD, ('licence = "MIT"', 'licence = "MIT"\ncolour = 1'), "colour: Manifest has no such key"),
        (GOOD, ('licence = "MIT"', 'licence = "MIT"\nphrase = "x"'), "phrase: expected a wake model's phrase"),
        (HTTPS, ('phrase = "hey_x"', ""), "phrase: expected a wake model's phrase"),
        (GOOD, ('kind = "pypi"', ""), "sources[0].kind: expected"),
        (GOOD, ('kind = "pypi"', "kind = []"), "sources[0].kind: expected"),
        (CARRIED, ('recipe = "x"', 'recipe = "../x"'), "sources[0].recipe: expected the id of a recipe"),
        (CARRIED, (CARRIED[CARRIED.index("[[files]]") :], ""), "files: expected a list: what travels"),
        (GOOD, ('version = "1.0"', ""), "sources[0].version: missing"),
        (GOOD, ('version = "1.0"', 'version = ">1"'), "sources[0].version: expected one exact version"),
        (GOOD, ('package = "pack"', 'package = "-r/x"'), "sources[0].package: expected a package's name"),
        (GOOD, ('root = "pack/model"', 'root = "../x"'), "sources[0].root: expected a folder inside"),
        (GOOD, ('path = "x"', 'path = "/x"'), "files[0].path: expected a path below"),
        (GOOD, ("bytes = 1", "bytes = 0"), "files[0].bytes: expected a size"),
        (GOOD, ("bytes = 1", 'bytes = "1"'), "files[0].bytes: expected a whole number"),
        (GOOD, ('sha256 = "6', 'sha256 = "G'), "files[0].sha256: expected 64 hexadecimal digits"),
        (GOOD, (GOOD[GOOD.index("[[files]]") :], ""), "files: expected a list: a wheel is not pinned"),
        (GOOD, ("[[files]]", GOOD[GOOD.index("[[files]]") :] + "[[files]]"), "files: expected each path once"),
        (HTTPS, ("https://", "http://"), "sources[0].url: expected an address that begins with https://"),
        (HTTPS, ('sha256 = "6', 'sha256 = "'), "sources[0].sha256: expected 64 hexadecimal digits"),
        (HTTPS, ("bytes = 1", "bytes = 0"), "sources[0].bytes: expected the archive's size"),
        (HTTPS, (HTTPS[HTTPS.index("[[sources]]") :], ""), "sources: expected at least one"),
        (HTTPS, (HTTPS[HTTPS.index("[[sources]]") :], "sources = 3"), "sources: expected a list of tables"),
        (HTTPS, ("[[sources]]", "[[sources"), "Expected"),
        (HTTPS, ('phrase = "hey_x"', "phrase = " + "[" * 5000), "recursion"),
    ],
)
def test_a_mistake_in_a_manifest_names_file_and_key(
    tmp_path: Path, good: str, change: tuple[str, str], told: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(good)
    assert read_manifest(path).id == "x"
    assert good.count(change[0]) == 1
    path.write_text(good.replace(*change))
    with pytest.raises(InputError) as raised:
        load_manifests([tmp_path / "absent", tmp_path])
    assert raised.value.code == "models.manifest"
    assert str(raised.value).startswith(f"{path}: ")
    assert told in str(raised.value)


def test_later_folders_win(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD.replace("MIT", "ISC"))
    assert load_manifests([data_dir("models"), tmp_path])["x"].licence == "ISC"


def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()
    with pytest.raises(InputError, match=r"x\.toml: cannot be read: Is a directory"):
        load_manifests([tmp_path])


@pytest.mark.parametrize("path", ["", "/x", "../x", "a/../../x", "a\\b", "a\0b", "."])
def test_unsafe_paths(path: str) -> None:
    assert not is_safe(path)


@pytest.mark.parametrize("path", ["x", "a/b.c", "a/..b"])
def test_safe_paths(path: str) -> None:
    assert is_safe(path)
