"""The defect rate by week, drawn. Needs the extra `plot`."""

from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import MissingError
from tools.bench.household.life import CHANGE_DAYS

if TYPE_CHECKING:
    from tools.bench.household_bench import Life


def draw(learning: "Life", plain: "Life", weeks: int, path: Path) -> None:
    """Both, into a file. Raises MissingError without the extra `plot`."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingError("household.library", "a plot needs the extra `plot`: pip install -e '.[plot]'") from error
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    at = range(weeks)
    axes.plot(at, [100 * plain.rate(week) for week in at], "o--", color="tab:gray", label="the same hub, not learning")
    axes.plot(at, [100 * learning.rate(week) for week in at], "o-", color="tab:blue", label="learning")
    change = CHANGE_DAYS / 7 - 0.5
    if weeks > change:
        axes.axvline(change, color="tab:red", linewidth=1, linestyle=":")
        axes.annotate(
            "some words mean\nsomething else", (change, 0), xytext=(4, 4), textcoords="offset points", fontsize=8
        )
    axes.set_xticks(list(at), [f"week {week}" for week in at])
    axes.set_ylabel("requests not met, %")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(path)
