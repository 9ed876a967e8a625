"""`edge pack`: which pack is served and how it does, a look for a newer one, and the way back."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from tests.unit.upstream.packs_made import KEY, OTHER_SEED, pack, rule

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    folder = tmp_path / "packs"
    folder.mkdir()
    monkeypatch.setenv("EDGE_UPSTREAM__PACK_SOURCE", str(folder))
    monkeypatch.setenv("EDGE_UPSTREAM__PACK_KEY", base64.b64encode(KEY).decode())
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*argv: str) -> tuple[int, str]:
        status = main(["pack", *argv])
        out = capsys.readouterr()
        return status, out.out + out.err

    return ran


def as_json(run: Run, *argv: str) -> Any:
    status, out = run(*argv, "--json")
    assert status == 0
    return json.loads(out)


def test_nothing_is_configured(source: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_UPSTREAM__PACK_SOURCE")
    assert run("status") == (0, "source      none: set upstream.pack_source and upstream.pack_key\nserved      none\n")
    status, out = run("pull")
    assert status == 2
    assert "upstream.pack_source" in out
    assert not list((tmp_path / "xdg_data_home").rglob("*"))


def test_pull_status_rollback(source: Path, run: Run) -> None:
    (source / "a.edgepack").write_bytes(pack(sequence=7))
    assert run("pull") == (0, "pack 7 of week 2026-W48 (1 rewrites) is served from the next request on\n")
    assert run("pull") == (0, "the pack that is served is the newest\n")
    assert as_json(run, "pull")["taken"] is False
    (source / "b.edgepack").write_bytes(pack(rule(), sequence=8))
    assert as_json(run, "pull")["taken"] is True
    status, out = run("status")
    assert status == 0
    assert "served      pack 8 of week 2026-W48" in out
    assert "before      pack 7" in out
    assert run("rollback") == (0, "taken back; pack 7 of week 2026-W48 (1 rewrites) is served again\n")
    found = as_json(run, "status")
    assert (found["present"]["sequence"], found["refused"], found["previous"]) == (7, 8, None)
    status, out = run("pull")
    assert status == 2
    assert "not taken again" in out
    assert as_json(run, "rollback")["present"] is None
    status, out = run("rollback")
    assert status == 2
    assert "no pack is served" in out


def test_a_refused_one_is_told_and_noted(source: Path, run: Run) -> None:
    (source / "a.edgepack").write_bytes(pack(sequence=7))
    run("pull")
    (source / "a.edgepack").unlink()
    (source / "b.edgepack").write_bytes(pack(rule("movie time", "open the garage door"), sequence=9))
    status, out = run("pull", "--json")
    assert status == 2
    assert json.loads(out.splitlines()[0])["error"] == "pack.risky"
    assert "garage" not in out
    status, out = run("status")
    assert "served      pack 7" in out
    assert "refused     pack 9: it holds a rewrite that opens, unlocks or heats" in out
    (source / "b.edgepack").write_bytes(pack(sequence=9, seed=OTHER_SEED))
    assert run("pull")[0] == 2


def test_nobody_answers(source: Path, run: Run) -> None:
    status, out = run("pull", "--json")
    assert status == 4
    assert json.loads(out.splitlines()[0])["error"] == "pack.unreachable"


@pytest.mark.parametrize(
    ("key", "value"),
    [("SOURCE", "http://example.org/x"), ("SOURCE", "ftp://example.org"), ("KEY", "short"), ("KEY", "A" * 44)],
)
def test_what_cannot_be_meant(source: Path, run: Run, monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.setenv(f"EDGE_UPSTREAM__PACK_{key}", value)
    status, out = run("status")
    assert status == 2
    assert f"upstream.pack_{key.lower()}" in out
