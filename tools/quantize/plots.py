"""Variants of a model drawn: what they are worth by their size, and what they cost."""

from io import BytesIO
from typing import Any

from tools.quantize.compare import Compared, Result
from tools.quantize.family import missing_extra

_COLOURS = ("tab:gray", "tab:blue", "tab:green", "tab:orange", "tab:red", "tab:purple")


def pareto(variants: tuple[Compared, ...]) -> list[Compared]:
    """Those that no other one beats in both size and points, the smallest first."""
    measured = [(c.variant.bytes, -c.measured.points, c) for c in variants if c.measured is not None]
    found: list[Compared] = []
    best = float("inf")
    for _, worth, compared in sorted(measured, key=lambda one: one[:2]):
        if worth < best:
            found.append(compared)
            best = worth
    return found


def draw(result: Result) -> bytes:
    """A PNG image: points by size with the Pareto front, time and memory. Raises MissingError (`quantize.extra`)."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise missing_extra(error) from error
    figure = Figure(figsize=(10, 3.4), dpi=110, layout="constrained")
    points, time, memory = figure.subplots(1, 3)
    _points(points, result)
    names = [c.variant.name for c in result.variants if c.measured]
    for axes, title, values in (
        (time, "µs, median", [c.measured.us_p50 for c in result.variants if c.measured]),
        (memory, "memory, MB", [c.measured.memory_mb for c in result.variants if c.measured]),
    ):
        axes.bar_label(axes.bar(names, values, color=_COLOURS[: len(names)]), fmt="%.3g", fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.tick_params(axis="x", labelrotation=20, labelsize=8)
    image = BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def _points(axes: Any, result: Result) -> None:
    for colour, compared in zip(_COLOURS * len(result.variants), result.variants, strict=False):
        if compared.measured is None:
            continue
        mark = "o" if compared.variant.shipped else "x"
        axes.plot(compared.variant.bytes, compared.measured.points, mark, color=colour, label=compared.variant.name)
    front = pareto(result.variants)
    axes.plot([c.variant.bytes for c in front], [c.measured.points for c in front if c.measured], ":", color="tab:gray")
    axes.set_xscale("log")
    axes.set_xlabel("bytes")
    axes.set_title("points", fontsize=10)
    if front:
        axes.legend(fontsize=8)
