"""Calibration figures of the speech benchmark, on readings whose figures are known."""

from pathlib import Path

import pytest

from tools.bench.calibration import Bin, Reading, bins, draw, figures


def readings(confidence: float, right: int, wrong: int) -> list[Reading]:
    return [Reading(confidence, right=True)] * right + [Reading(confidence, right=False)] * wrong


def test_a_perfect_confidence_has_no_error() -> None:
    assert figures(readings(0.75, 3, 1) + readings(0.25, 1, 3))["expected_calibration_error"] == 0


def test_the_error_is_weighted_by_count() -> None:
    told = figures(readings(0.95, 1, 0) + readings(0.15, 0, 3))
    assert told["expected_calibration_error"] == pytest.approx((0.05 * 1 + 0.15 * 3) / 4)
    assert told["readings"] == 4


def test_certainty_belongs_to_the_last_bin() -> None:
    assert bins(readings(1.0, 1, 1)) == [Bin(0.9, 1.0, 2, 1.0, 0.5)]


def test_nothing_heard_is_no_error() -> None:
    assert figures([]) == {"expected_calibration_error": 0.0, "readings": 0, "reliability": []}


def test_the_diagram_is_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install -e '.[bench]'")
    draw(readings(0.8, 4, 1), "some", tmp_path / "new" / "diagram.png")
    assert (tmp_path / "new" / "diagram.png").read_bytes().startswith(b"\x89PNG")
