"""Defects of homes that never reported, and what a turn costs to learn, drawn. Needs the extra `plot`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.core.errors import MissingError

if TYPE_CHECKING:
    from tools.bench.fleet.held import Fared


def draw(ways: "Mapping[str, Fared]", costs: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Both, side by side. ways: by name, in order. costs: as of `tools.learn.scale.table`.

    Raises MissingError without the extra `plot`.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingError("bench.library", "a plot needs the extra `plot`: pip install -e '.[plot]'") from error
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    rates = [100 * one.rate for one in ways.values()]
    bars = left.bar(list(ways), rates, color=["tab:gray", "tab:blue", "tab:green"][: len(rates)], width=0.6)
    left.bar_label(bars, [f"{rate:.1f} %" for rate in rates])
    left.set_ylabel("requests not met, %")
    left.set_title("homes that never reported", fontsize=10)
    left.set_ylim(0, 1.2 * max([*rates, 1]))
    right.plot([one["turns"] for one in costs], [one["us_per_turn"] for one in costs], "o-", color="tab:blue")
    right.set_xscale("log")
    right.set_ylim(bottom=0)
    right.set_xlabel("turns learnt")
    right.set_ylabel("µs a turn")
    right.set_title("cost of learning", fontsize=10)
    figure.savefig(path)
