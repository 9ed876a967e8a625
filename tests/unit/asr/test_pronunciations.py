"""The household's file of pronunciations: read with care, written without loss."""

from pathlib import Path

import pytest

from edge.asr.pronunciations import fingerprint, read, save
from edge.core.errors import InputError

ECOBEE = ("IY", "K", "OW", "B", "IY")
BAY = ("EH", "K", "OW", "B", "EY")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "below" / "pronunciations.dict"


def test_there_need_be_no_file(path: Path) -> None:
    assert read(path) == {}
    assert fingerprint(path) is None


def test_what_is_saved_is_read(path: Path) -> None:
    save(path, "ecobee", (ECOBEE, BAY))
    save(path, "거실", (BAY,))
    assert read(path) == {"ecobee": (ECOBEE, BAY), "거실": (BAY,)}
    save(path, "ecobee", (BAY,))
    assert read(path)["ecobee"] == (BAY,)
    save(path, "ecobee", ())
    assert read(path) == {"거실": (BAY,)}
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_people_write_outlives_a_change(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("# ours\n;;; old\n\nSonos  S OW1 N OW0 S\necobee IY\necobee(2) EY", encoding="utf-8")
    path.chmod(0o600)
    save(path, "ecobee", (ECOBEE,))
    assert path.read_text(encoding="utf-8") == ("# ours\n;;; old\n\nSonos  S OW1 N OW0 S\necobee IY K OW B IY\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read(path)["sonos"] == (("S", "OW", "N", "OW", "S"),)


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere.dict")
    save(path, "ecobee", (ECOBEE,))
    assert path.is_symlink()
    assert read(tmp_path / "elsewhere.dict") == {"ecobee": (ECOBEE,)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ecobee IY K XX", "'XX' is no phone"),
        ("ecobee", "needs a vowel"),
        ("ecobee S T", "needs a vowel"),
        ("eco-bee IY", "one word of letters"),
        ("lamp2 IY", "one word of letters"),
        (f"a {'IY ' * 61}", "at most 60 phones"),
    ],
)
def test_a_wrong_line_is_named(path: Path, line: str, message: str) -> None:
    path.parent.mkdir()
    path.write_text(f"# fine\nfine F AY N\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert f"{path}:3: " in str(caught.value)
    assert caught.value.code == "pronunciations.invalid"


def test_what_cannot_be_read_or_written(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        save(tmp_path / "file" / "x.dict", "ecobee", (ECOBEE,))


def test_a_change_shows(path: Path) -> None:
    save(path, "ecobee", (ECOBEE,))
    before = fingerprint(path)
    assert fingerprint(path) == before
    save(path, "ecobee", (BAY,))
    assert fingerprint(path) != before
