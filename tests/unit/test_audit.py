"""The look at what is installed: pins, what is known against it, and a database that is away."""

import json
from pathlib import Path

import pytest

from tools import audit


def test_pins_hold_for_this_python() -> None:
    found = audit.pins(
        ["# a comment", "Types_PyYAML==1  # why", 'numpy==9; python_version < "3"', 'numpy==2; python_version >= "3"']
    )
    assert found == {"types-pyyaml": "1", "numpy": "2"}


def test_a_line_that_pins_nothing_is_named() -> None:
    with pytest.raises(ValueError, match="a library: expected name==version"):
        audit.pins(["a library"])


def test_the_constraints_are_pins() -> None:
    assert len(audit.pins(audit.PINS.read_text().splitlines())) > 100


def test_what_is_not_pinned_as_it_is_installed_is_told() -> None:
    told = list(audit.strangers({"a": "1", "b": "2", "c": "3", "pip": "1", "edge-hub": "0"}, {"a": "1", "b": "1"}))
    assert told == [
        "b 2 is installed, constraints.txt has 1: install that, or change the pin",
        "c 3 is installed and not in constraints.txt: add it, or remove it from the environment",
    ]


def test_what_is_known_against_a_library() -> None:
    asked = [
        {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"], "aliases": []}]},
        {"name": "b", "version": "2", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    known, told = audit.advisories(json.dumps({"dependencies": asked, "fixes": []}))
    assert known == ["a 1: PYSEC-1, mended in 1.1"]
    assert told == "2 of 3 libraries looked up in the advisory database, 1 warnings"


@pytest.mark.parametrize("answer", [None, "", "a page of a proxy", "[]", '{"error": 1}'])
def test_a_database_that_is_away_is_no_failure(answer: str | None) -> None:
    assert audit.advisories(answer) == ([], "the advisory database was not reached; only the pins were checked")


def test_a_server_that_knows_no_library_is_not_taken_for_the_database() -> None:
    known, told = audit.advisories(json.dumps({"dependencies": [{"name": "a", "skip_reason": "not found"}]}))
    assert not known
    assert "knows none" in told


def test_the_status_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "_ask", lambda: None)  # the one thing that needs a network
    empty = tmp_path / "constraints.txt"
    empty.write_text("")
    assert audit.main(["--pins", str(empty)]) == 1
    assert "pytest" in capsys.readouterr().err
