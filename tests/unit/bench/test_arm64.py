"""That two machines are compared value by value, that a planted difference is found, and what the last result says."""

import copy
import json
import platform
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from edge.core.errors import MissingError, UnreachableError
from tools.bench.arm64 import __main__ as arm64
from tools.bench.arm64 import machine
from tools.bench.arm64.compare import TOLERANCES, Comparison, counted, told

RESULT = Path(__file__).resolve().parents[3] / "docs" / "arm64.json"


def turn() -> dict[str, Any]:
    """As `edge replay --json` prints one."""
    heard = {"text": "turn on the light", "confidence": 0.99, "words": [{"text": "turn", "confidence": 0.98}]}
    return {
        "id": "5e81",
        "opened_ms": 1_795_629_323_288,
        "utterance": {"hypotheses": [heard], "wake": "Alexa", "began_ms": 20, "ended_ms": 900, "end_reason": "silence"},
        "rewrite": None,
        "readings": [],
        "interpretation": {"intent": "HassTurnOn", "score": 1.0},
        "weighed": [],
        "plan": {"commands": [{"entity_id": "light.hall", "verb": "turn_on", "args": {}}]},
        "outcome": {"commands": [{"entity_id": "light.hall", "result": "confirmed", "sent_ms": 7, "code": ""}]},
        "reply": {"text": "Turned on the light"},
        "failure_point": None,
        "spans": [{"stage": "act", "ms": 8.0, "status": "ok", "code": ""}],
    }


def results() -> dict[str, Any]:
    return {
        "say": {"turn on the light": [told(turn())]},
        "replay": {"pocketsphinx: a": [told(turn())]},
        "wake_scores": {"alexa": {"a.flac": [0.0, 0.5, 0.9]}},
        "speech": {"a.flac": [0.1, 0.2]},
        "rewrites": {
            "sha256 at 4 bits": "ab",
            "lookups": [{"text": "x", "near": [["y", 0.5]], "proposed": [["y", 0.7]]}],
        },
    }


def compared(other: dict[str, Any]) -> Comparison:
    comparison = Comparison()
    comparison.compare(results(), other)
    return comparison


def test_the_same_is_the_same_whatever_the_clock_says() -> None:
    later = turn() | {"id": "9999", "opened_ms": 5}
    later["spans"][0]["ms"] = 900.0
    later["outcome"]["commands"][0]["sent_ms"] = 8
    assert told(later) == told(turn())
    assert compared(results()).differences == []
    assert compared(results()).values > 40


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        (("replay", "pocketsphinx: a", 0, "heard", 0, "text"), "turn off the light", "[0]/heard[0]/text: 'turn on"),
        (("replay", "pocketsphinx: a", 0, "heard", 0, "confidence"), 0.97, "confidence: 0.99 here, 0.97 on aarch64"),
        (("replay", "pocketsphinx: a", 0, "plan", "commands", 0, "verb"), "turn_off", "commands[0]/verb: 'turn_on'"),
        (("replay", "pocketsphinx: a", 0, "plan", "commands"), [], "commands, how many: 1 here, 0 on aarch64"),
        (("replay", "pocketsphinx: a", 0, "plan"), None, "plan: {'commands'"),
        (("replay", "pocketsphinx: a", 0, "results", 0, 1), "silent", "results[0][1]: 'confirmed' here"),
        (("wake_scores", "alexa", "a.flac", 1), 0.55, "wake_scores/alexa/a.flac[1]: 0.5 here, 0.55"),
        (("wake_scores", "alexa", "a.flac", 1), float("nan"), "wake_scores/alexa/a.flac[1]: 0.5 here, nan"),
        (("wake_scores", "alexa", "a.flac", 0), 0, "wake_scores/alexa/a.flac[0]: 0.0 here, 0 on"),
        (("wake_scores", "alexa"), {}, "wake_scores/alexa/a.flac: [0.0, 0.5, 0.9] here, None"),
        (("rewrites", "sha256 at 4 bits"), "cd", "sha256 at 4 bits: 'ab' here"),
        (("rewrites", "lookups", 0, "near", 0, 1), 0.5001, "near[0][1]: 0.5 here"),
    ],
)
def test_a_planted_difference_is_found(path: tuple[Any, ...], value: object, found: str) -> None:
    other = copy.deepcopy(results())
    where: Any = other
    for key in path[:-1]:
        where = where[key]
    where[path[-1]] = value
    (difference,) = compared(other).differences
    assert found in difference


def test_what_may_differ_is_measured_and_is_no_difference() -> None:
    other = results()
    other["wake_scores"]["alexa"]["a.flac"][1] = 0.515
    comparison = compared(other)
    assert comparison.differences == []
    assert comparison.largest["wake_scores"] == pytest.approx(0.015)
    assert comparison.largest["confidence"] == 0


def test_counts_of_what_was_compared() -> None:
    assert counted(results()) == {
        "requests typed": 1,
        "recordings replayed": 1,
        "turns of them": 1,
        "plans with commands": 1,
        "wake scores": 3,
        "speech probabilities": 2,
        "rewrite lookups": 1,
    }


def test_the_result_that_is_kept() -> None:
    result = json.loads(RESULT.read_text(encoding="utf-8"))
    assert date(2026, 11, 1) <= date.fromisoformat(result["date"])
    assert result["emulator"].startswith("qemu-aarch64 version ")
    assert result["differences"] == []
    assert set(result["versions"]) == {"x86_64", "aarch64"}
    here, there = (arm64.libraries(result["versions"][name]) for name in ("x86_64", "aarch64"))
    assert here == there
    assert {"numpy", "tflite-runtime", "pocketsphinx", "ctranslate2"} <= set(here)
    assert result["tolerances"] == dict(TOLERANCES)
    largest = result["largest_differences"]
    assert set(TOLERANCES) <= set(largest)
    assert all(apart <= TOLERANCES.get(kind, 0) for kind, apart in largest.items())
    assert result["recordings"] == {engine: list(names) for engine, names in arm64.ENGINES.items()}
    assert result["compared"]["plans with commands"] >= 5
    assert result["compared"]["wake scores"] > 1000
    assert result["compared"]["rewrite lookups"] >= 50


def test_what_is_run_there_is_what_the_hub_needs() -> None:
    wanted = machine.requirements()
    for name in ("numpy", "pocketsphinx", "hassil", "amqtt", "pyopen-wakeword", "ctranslate2", machine.WHISPER):
        assert any(each.startswith(name) for each in wanted)
    recordings = Path(arm64.PROJECT) / "tests" / "golden" / "audio"
    assert all((recordings / f"{name}.flac").is_file() for name in (*arm64.RECORDINGS, *arm64.PROBED))


def test_without_qemu_and_without_apt_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="apt-get is not here: the aarch64 machine is made of Debian's packages"):
        machine.emulated(tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []
    if platform.machine() == "x86_64":
        assert arm64.main(["--work", str(tmp_path / "work")]) == 3
        assert capsys.readouterr().err.count("error: ") == 1


def test_packages_that_cannot_be_had_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("apt-get", "dpkg", "qemu-aarch64-static"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UnreachableError, match="the lists of arm64 packages cannot be had: E: Unable to locate"):
        machine.emulated(tmp_path / "work")
    assert [each.name for each in (tmp_path / "work").iterdir() if not each.name.startswith(".")] == []


def test_a_program_that_ends_badly_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="ended with status 7 here"):
        machine.here().run(["-c", "import sys; print(1); sys.exit(7)"], tmp_path)
    printed = machine.here().run(["-c", "import os; print(os.environ['HOME'])"], tmp_path / "home")
    assert printed.strip() == str(tmp_path / "home")


def test_a_result_is_written_whole(tmp_path: Path) -> None:
    arm64.write(tmp_path / "arm64.json", {"date": "2026-11-25"})
    assert json.loads((tmp_path / "arm64.json").read_text()) == {"date": "2026-11-25"}
    assert [each.name for each in tmp_path.iterdir()] == ["arm64.json"]
