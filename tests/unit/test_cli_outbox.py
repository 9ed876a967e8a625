"""`edge outbox`: people see what would go, byte for byte, and decide about it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.profile import load_profile
from edge.upstream.batch import decompressed
from edge.upstream.outbox import FILE, Packed
from edge.upstreaming import outbox_of
from tests.unit.upstream.reports_made import some


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the data is, of a household that has set a target."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("EDGE_UPSTREAM__CARRIER", "folder")
    monkeypatch.setenv("EDGE_UPSTREAM__FOLDER", str(tmp_path / "out"))
    (tmp_path / "out").mkdir()
    return load_profile().paths.data_dir


@pytest.fixture
def agreed(data: Path) -> Path:
    assert main(["outbox", "enable", "--yes"]) == 0
    return data


def add(count: int) -> tuple[Packed, ...]:
    """What would go then."""
    outbox = outbox_of(load_profile())
    for one in some(count):
        assert outbox.add(one)
    found = outbox.preview()
    outbox.close()
    return found


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*argv: str) -> Any:
        capsys.readouterr()
        assert main(["outbox", *argv, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_before_anything(data: Path, capsys: pytest.CaptureFixture[str], told: Callable[..., Any]) -> None:
    assert main(["outbox", "status"]) == 0
    assert (
        capsys.readouterr().out
        == f"target   {data.parents[1] / 'out'}\noff      nobody has agreed: edge outbox enable\n"
    )
    assert main(["outbox", "show"]) == 0
    assert capsys.readouterr() == ("", "edge: nothing waits; no report yet, epsilon 0 of 30 spent\n")
    assert main(["outbox", "purge"]) == 0
    capsys.readouterr()
    assert main(["outbox", "pause"]) == 0
    assert capsys.readouterr().out == "nobody has agreed, so that nothing is made or sent anyway\n"
    assert told("status")["on"] is False
    assert not list(data.parent.rglob(f"{FILE}*"))


def test_show_prints_what_goes(agreed: Path, capsys: pytest.CaptureFixture[str], told: Callable[..., Any]) -> None:
    (packed,) = add(3)
    capsys.readouterr()
    assert main(["outbox", "show"]) == 0
    out, err = capsys.readouterr()
    text = decompressed(packed.data)
    assert out.encode() == text
    assert f"3 reports, {len(text)} bytes, {len(packed.data)} as they are sent" in err
    assert "epsilon 4.5 of 30 spent" in err
    shown = told("show")
    (batch,) = shown["batches"]
    assert batch["lines"] == text.decode().splitlines()
    assert (batch["id"], batch["reports"], batch["compressed"]) == (packed.id, 3, len(packed.data))
    assert (shown["epsilon"], shown["limit"]) == (4.5, 30)
    assert agreed.exists()


def test_its_way(agreed: Path, told: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    add(2)
    status = told("status")
    assert (status["on"], status["waiting"], status["agreed"], status["reports"]) == (True, 2, 1, 2)
    assert told("pause")["paused"] is True
    assert told("status")["on"] is False
    assert main(["outbox", "status"]) == 0
    assert "off      paused; go on with: edge outbox enable\nwaiting  2 reports" in capsys.readouterr().out
    assert told("enable", "--yes")["paused"] is False
    capsys.readouterr()
    assert main(["outbox", "purge"]) == 0
    assert capsys.readouterr().out == "removed 2 reports\n"
    assert main(["outbox", "status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("on       since 20")
    assert lines[2] == "waiting  0 reports: edge outbox show"
    assert lines[5].endswith(": 2 reports, epsilon 3 of 30 spent")
    assert agreed.exists()


def test_who_agreed_to_one_target_has_agreed_to_no_other(
    agreed: Path, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = agreed.parents[1] / "out"
    add(1)
    monkeypatch.setenv("EDGE_UPSTREAM__CARRIER", "https")
    monkeypatch.setenv("EDGE_UPSTREAM__URL", "https://other.example/batch")
    assert told("status")["on"] is False
    assert main(["outbox", "status"]) == 0
    assert f"off      what was agreed to is {first}; to agree to this target: edge" in capsys.readouterr().out
    outbox = outbox_of(load_profile())
    assert not outbox.add(some(2)[1])
    assert not list(outbox.batches())
    outbox.close()
    assert main(["outbox", "enable", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("reports go to https://other.example/batch, with 1 report that waits\n")
    assert told("status")["on"] is True
    monkeypatch.setenv("EDGE_UPSTREAM__CARRIER", "folder")
    assert told("status")["on"] is False


def test_what_waits_is_removed_in_whatever_language(agreed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(1)
    capsys.readouterr()
    assert main(["outbox", "--set", "language=de", "purge"]) == 0
    assert capsys.readouterr().out == "removed 1 report\n"
    assert main(["outbox", "--set", "language=de", "pause"]) == 0
    assert agreed.exists()


def test_a_folder_that_is_not_there(agreed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = agreed.parents[1] / "out"
    folder.rmdir()
    assert main(["outbox", "status"]) == 0
    assert f"{folder} is not there now" in capsys.readouterr().out
    assert main(["outbox", "enable", "--yes"]) == 2
    assert f"{folder} is not there: make it" in capsys.readouterr().err


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "status"), [("yes\n", 0), (" YES\n", 0), ("y\n", 2), ("no\n", 2), ("", 2)])
def test_who_sits_there_is_asked(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, status: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["outbox", "enable"]) == status
    err = capsys.readouterr().err
    page = next(word for word in err.split() if word.endswith("docs/privacy.md"))
    assert Path(page).read_text(encoding="utf-8").startswith("# What leaves the house")
    assert f"{page} (version 1)" in err
    assert f"leaves this house, to: {data.parents[1] / 'out'}\n" in err
    assert (data / FILE).exists() is (status == 0)


def test_a_script_has_to_say_yes(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["outbox", "enable", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "outbox.not_agreed"
    assert not (data / FILE).exists()


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("upstream.carrier=", "outbox.no_target"),
        ("memory.keep=no_words", "outbox.no_words"),
        ("language=de", "vocabulary.none"),
    ],
)
def test_what_cannot_be_enabled(data: Path, capsys: pytest.CaptureFixture[str], setting: str, code: str) -> None:
    assert main(["outbox", "--set", setting, "enable", "--yes", "--json"]) != 0
    assert json.loads(capsys.readouterr().out)["error"] == code
    assert not (data / FILE).exists()


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        (("upstream.carrier=https", "upstream.url=https://c.example/batch"), "https://c.example/batch"),
        (("upstream.carrier=mqtt", "mqtt.host=hub"), "edge/upstream/batch at the broker hub"),
        (("upstream.carrier=mqtt",), None),
        (("upstream.carrier=",), None),
    ],
)
def test_targets(data: Path, capsys: pytest.CaptureFixture[str], settings: tuple[str, ...], target: str | None) -> None:
    given = [part for one in settings for part in ("--set", one)]
    assert main(["outbox", *given, "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["target"] == target
    assert main(["outbox", *given, "status"]) == 0
    assert capsys.readouterr().out.startswith(f"target   {target or 'none: set upstream.carrier'}")
    assert not data.exists()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("upstream.url=http://collector.example/batch", "expected an https address"),
        ("upstream.url=https://anna:secret@collector.example/batch", "expected an https address"),
        ("upstream.carrier=post", "expected one of folder, https, mqtt"),
        ("upstream.carrier=https", "is https, but upstream.url is not set"),
    ],
)
def test_wrong_settings(data: Path, capsys: pytest.CaptureFixture[str], setting: str, told: str) -> None:
    assert main(["outbox", "--set", setting, "status"]) == 2
    assert told in capsys.readouterr().err
    assert not data.exists()


def test_a_damaged_file(agreed: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    (agreed / FILE).write_bytes(b"damaged" * 1_000)
    assert main(["outbox", "status"]) == 0
    assert "nobody has agreed" in capsys.readouterr().out
    assert caplog.text.count("outbox.corrupt") == 1
