"""Whether a confidence is the chance of being right: expected calibration error and reliability diagram.

Readings are put into ten bins of equal width by their confidence; the error is the mean distance between a bin's mean
confidence and its share of right readings, weighted by the bin's count (Naeini, Cooper & Hauskrecht 2015, "Obtaining
well calibrated probabilities using Bayesian binning", section 2; the diagram: Niculescu-Mizil & Caruana 2005,
"Predicting good probabilities with supervised learning", section 4).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.bench import common

BINS = 10


@dataclass(frozen=True)
class Reading:
    """What a recogniser said of one recording."""

    confidence: float
    """0 to 1."""
    right: bool


@dataclass(frozen=True)
class Bin:
    """The readings of one range of confidence."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean of the readings'."""
    right: float
    """Share of right readings."""


def bins(readings: Sequence[Reading]) -> list[Bin]:
    """The bins that hold readings, lowest confidence first."""
    found = []
    for number in range(BINS):
        inside = [r for r in readings if min(BINS - 1, int(r.confidence * BINS)) == number]
        if inside:
            mean = sum(r.confidence for r in inside) / len(inside)
            right = sum(r.right for r in inside) / len(inside)
            found.append(Bin(number / BINS, (number + 1) / BINS, len(inside), mean, right))
    return found


def figures(readings: Sequence[Reading]) -> dict[str, Any]:
    """Expected calibration error, 0 to 1, and the bins that it comes from."""
    total = len(readings)
    found = bins(readings)
    error = sum(b.count * abs(b.confidence - b.right) for b in found) / total if total else 0.0
    return {
        "expected_calibration_error": round(error, 4),
        "readings": total,
        "reliability": [{key: round(value, 4) for key, value in asdict(b).items()} for b in found],
    }


def draw(readings: Sequence[Reading], title: str, path: Path) -> None:
    """The reliability diagram as a PNG; counts stand at the points."""
    try:
        import matplotlib as mpl
    except ImportError:
        common.fail("a report needs matplotlib: pip install -e '.[bench]'")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    found = bins(readings)
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="perfectly calibrated")
    axes.bar(
        [(b.low + b.high) / 2 for b in found],
        [b.right for b in found],
        width=0.9 / BINS,
        color="tab:blue",
        alpha=0.3,
        label="share of right readings",
    )
    axes.plot([b.confidence for b in found], [b.right for b in found], "o", color="tab:blue", label="mean confidence")
    for b in found:
        axes.annotate(f"{b.count}", (b.confidence, b.right), textcoords="offset points", xytext=(6, -12))
    error = figures(readings)["expected_calibration_error"]
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1.02),
        xlabel="confidence",
        ylabel="share of right readings",
        title=f"{title}\n{len(readings)} readings, expected calibration error {error:.3f}",
    )
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)
