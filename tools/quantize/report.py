"""One page about what was made: size, cost and worth of every variant, drawn, and which of them to use on which board.

report.html, a PNG file of each drawing, and report.json with the same figures; nothing else is needed to read them.
"""

import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from edge.core.errors import InputError
from edge.resources import data_dir
from tools.quantize import plots
from tools.quantize.boards import SHARE, budgets, choice
from tools.quantize.compare import LOSS_POINTS, Compared, Result, too_bad
from tools.quantize.family import LAYERS
from tools.quantize.work import write_bytes, write_text

LAYERS_SHOWN = 20
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:64em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:left;border-bottom:1px solid #ddd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}"
)
_HEAD = ("variant", "bytes", "times smaller", "points", "points lost", "us, p50", "load, ms", "memory, MB", "for hubs")


def write_report(results: Sequence[Result], folder: Path) -> Path:
    """Write page, drawings and figures, the page last, and return its path.

    Raises InputError (`quantize.disk`, `quantize.board`), MissingError (`quantize.extra`).
    """
    boards = budgets(data_dir("device_profiles"))
    figures = [figures_of(result, boards) for result in results]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drawn = {}
        for result in results:
            name = f"{result.work.recipe.id}.png"
            write_bytes(folder / name, plots.draw(result))
            drawn[result.work.recipe.id] = name
        write_text(folder / "report.json", json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
        write_text(folder / "report.html", page(figures, drawn))
    except OSError as error:
        raise InputError("quantize.disk", f"cannot write the report to {folder}: {error.strerror}") from error
    return folder / "report.html"


def figures_of(result: Result, boards: dict[str, Any]) -> dict[str, Any]:
    """All figures of a recipe, as plain JSON types."""
    hubs_get_one = any(compared.variant.shipped for compared in result.variants)
    chosen = {board: choice(result, budget) for board, budget in boards.items()} if hubs_get_one else {}
    layers = result.work.folder / LAYERS
    return {
        "recipe": result.work.recipe.id,
        "family": result.work.recipe.family,
        "note": result.work.recipe.note,
        "variants": [variant_figures(compared) for compared in result.variants],
        "boards": {board: found.variant.name if found else None for board, found in chosen.items()},
        "problems": too_bad(result),
        "layers": json.loads(layers.read_bytes()) if layers.exists() else [],
    }


def variant_figures(compared: Compared) -> dict[str, Any]:
    """All figures of a variant, as plain JSON types; null for what was not measured."""
    variant, measured = compared.variant, compared.measured
    return {
        "variant": variant.name,
        "shipped": variant.shipped,
        "bytes": variant.bytes,
        "ratio": round(compared.ratio, 3),
        "points": measured and round(measured.points, 3),
        "loss_points": None if compared.loss_points is None else round(compared.loss_points, 3),
        "us_p50": measured and round(measured.us_p50, 1),
        "load_ms": measured and round(measured.load_ms, 2),
        "memory_mb": measured and round(measured.memory_mb, 2),
        "counts": dict(measured.counts) if measured else {},
    }


def page(figures: Sequence[dict[str, Any]], drawn: dict[str, str]) -> str:
    """The page's HTML. figures: as of `figures_of`. drawn: file of each recipe's drawing, beside the page."""
    parts = [
        "<h1>Models for hubs</h1>",
        f"<p>A variant that hubs get may lose {LOSS_POINTS} points against its float original.",
        f"A model may take {SHARE:.0%} of a board's budget of memory and disk;",
        "of those that fit, the fastest that is as good as the best is proposed. Times are this machine's.</p>",
    ]
    for recipe in figures:
        parts += _recipe(recipe, drawn[recipe["recipe"]])
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Models for hubs</title>'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _recipe(recipe: dict[str, Any], image: str) -> list[str]:
    rows = [
        (
            variant["variant"],
            f"{variant['bytes']:,}",
            f"{variant['ratio']:.2f}",
            *(_shown(variant[key]) for key in ("points", "loss_points", "us_p50", "load_ms", "memory_mb")),
            "yes" if variant["shipped"] else "",
        )
        for variant in recipe["variants"]
    ]
    counts = [
        (variant["variant"], ", ".join(f"{key} {_shown(value)}" for key, value in variant["counts"].items()))
        for variant in recipe["variants"]
        if variant["counts"]
    ]
    parts = [
        f"<h2>{escape(recipe['recipe'])}</h2>",
        f"<p>{escape(recipe['note'])}</p>",
        *(f"<p><strong>Not good enough:</strong> {escape(problem)}.</p>" for problem in recipe["problems"]),
        _table(_HEAD, rows),
        f'<img alt="Size and points, size and time of each variant of {escape(recipe["recipe"])}" src="{image}">',
        _table(("board", "use"), [(board, name or "none fits") for board, name in recipe["boards"].items()])
        if recipe["boards"]
        else "<p>Not for hubs: no variant of it is passed on.</p>",
        _table(("variant", "counts"), counts),
    ]
    if recipe["layers"]:
        worst = recipe["layers"][:LAYERS_SHOWN]
        layers = [(layer["name"], layer["kind"], _shown(layer["own_db"]), _shown(layer["all_db"])) for layer in worst]
        parts += [
            "<h3>Layers that lose most</h3>",
            "<p>Signal to noise in dB: with float values going in, and with what the layers before made of them.</p>",
            _table(("layer", "kind", "by itself", "with all before"), layers),
        ]
    return parts


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    first = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ("".join(_cell(cell) for cell in row) for row in rows)
    return f"<table><tr>{first}</tr>\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _cell(text: str) -> str:
    number = text.replace(",", "").replace(".", "").lstrip("-").isdigit()
    return f'<td class="n">{escape(text)}</td>' if number else f"<td>{escape(text)}</td>"


def _shown(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.2f}"
