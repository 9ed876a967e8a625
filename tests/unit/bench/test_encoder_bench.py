"""The benchmark of word vectors: it measures a table as a hub reads it, and says when there is none."""

import json
from pathlib import Path

import pytest

from edge.resources import data_dir
from tools.bench.encoder import main


def test_it_measures_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    file = data_dir("models") / "home-encoder-en-int4" / "home-encoder-en.int4"
    assert main(["--file", str(file), "--no-data", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["points"] == 100 * told["right"] / told["of"] > 70
    assert told["bytes"] == file.stat().st_size
    assert told["us_p99"] >= told["us_p50"] > 0
    assert told["dims"] == 192
    assert "spoken_of" not in told


def test_a_file_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_bytes(b"edge" * 100)
    with pytest.raises(SystemExit) as left:
        main(["--file", str(tmp_path / "bad"), "--no-data"])
    assert left.value.code == 2
    assert "bad cannot be used" in capsys.readouterr().err
