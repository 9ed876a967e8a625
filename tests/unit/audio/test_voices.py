"""Files of enrolled voices: kept, damaged, of another version."""

import json
import stat
from pathlib import Path

import numpy as np
import pytest

from edge.audio import voices
from edge.audio.speaker import BANDS, Voice
from edge.core.errors import InputError

WORD = np.linspace(-5, 20, 40 * BANDS, dtype=np.float32).reshape(40, BANDS)
ANNA = Voice("anna", {"hey jarvis": (WORD, WORD[:30], WORD[10:]), "alexa": (WORD[:20],)})


def test_kept_and_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "edge" / "voices"
    voices.write(folder, ANNA)
    assert {stat.S_IMODE(made.stat().st_mode) for made in (folder, folder.parent)} == {0o700}
    found = voices.read(folder, "anna")
    assert list(found.words) == ["hey jarvis", "alexa"]
    for phrase, recordings in ANNA.words.items():
        for again, each in zip(found.words[phrase], recordings, strict=True):
            np.testing.assert_allclose(again, each, atol=0.006)
    assert voices.names(folder) == ["anna"]
    assert [path.name for path in folder.iterdir()] == ["anna.json"]
    assert stat.S_IMODE((folder / "anna.json").stat().st_mode) == 0o600


def test_nobody_and_forgotten(tmp_path: Path) -> None:
    assert voices.names(tmp_path / "voices") == []
    voices.write(tmp_path, ANNA)
    voices.forget(tmp_path, "anna")
    for act in (voices.read, voices.forget):
        with pytest.raises(InputError, match="anna") as caught:
            act(tmp_path, "anna")
        assert caught.value.code == "voice.unknown"


@pytest.mark.parametrize("name", ["", "../anna", "Anna", "a/b", ".", "x" * 41])
def test_what_is_no_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        voices.write(tmp_path, Voice(name, ANNA.words))
    assert caught.value.code == "voice.name"


def described(**other: object) -> bytes:
    good = {"version": voices.VERSION, "words": {"alexa": [WORD.tolist()]}}
    return json.dumps(good | other).encode()


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        described()[:-50],
        described(version=2),
        described(version="1"),
        described(words={}),
        described(words=[]),
        described(words={"alexa": []}),
        described(words={"alexa": [[]]}),
        described(words={"alexa": 3}),
        described(words={"alexa": [WORD[:5].tolist()]}),
        described(words={"alexa": [WORD[:, :20].tolist()]}),
        described(words={"alexa": [[*WORD[:-1].tolist(), [1.0]]]}),
        described(words={"alexa": [np.full_like(WORD, np.nan).tolist()]}),
        described(words={"alexa": [np.full_like(WORD, 1e9).tolist()]}),
        described(words={"alexa": [WORD.tolist()] * 11}),
        described() + b" " * 2_000_000,
    ],
)
def test_damaged(contents: bytes, tmp_path: Path) -> None:
    (tmp_path / "anna.json").write_bytes(contents)
    with pytest.raises(InputError, match="edge wake enroll --name anna") as caught:
        voices.read(tmp_path, "anna")
    assert caught.value.code == "voice.broken"


def test_a_file_that_is_well(tmp_path: Path) -> None:
    (tmp_path / "anna.json").write_bytes(described())
    assert list(voices.read(tmp_path, "anna").words) == ["alexa"]


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        voices.write(tmp_path / "file", ANNA)
    assert caught.value.code == "voice.unwritable"
    (tmp_path / "anna.json").mkdir()
    with pytest.raises(InputError) as caught:
        voices.read(tmp_path, "anna")
    assert caught.value.code == "voice.unreadable"
