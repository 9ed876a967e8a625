"""What is lost and won by making models small: every variant of every recipe, beside its float original.

Runs the recipes of models/recipes/ through the work folder of `python -m tools.quantize`, so that what was made and
measured there before is taken from it.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError, MissingError, UnreachableError
from edge.resources import data_dir
from tools.bench import common
from tools.quantize.__main__ import WORK, Progress
from tools.quantize.compare import Result, compare
from tools.quantize.recipe import read_recipe
from tools.quantize.report import variant_figures
from tools.quantize.work import build


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """The benchmark's keys. Worst loss and ratios are of the variants that hubs get; null where there are none."""
    variants = [row for result in results for row in rows(result)]
    shipped = [row for row in variants if row["shipped"]]
    losses = [row["loss_points"] for row in shipped if row["loss_points"] is not None]
    encoders = [row["us_p50"] for row in shipped if row["family"] == "encoder" and row["us_p50"] is not None]
    return {
        "worst_loss_points": max(losses, default=None),
        "int8_ratio": min((row["ratio"] for row in shipped if row["bits"] == 8), default=None),
        "int4_ratio": min((row["ratio"] for row in shipped if row["bits"] == 4), default=None),
        "encoder_us_p50": max(encoders, default=None),
        "variants": variants,
    }


def rows(result: Result) -> Iterable[dict[str, Any]]:
    """One object for each variant but the float one."""
    first = result.variants[0].measured
    for compared in result.variants[1:]:
        yield {
            "recipe": result.work.recipe.id,
            "family": result.work.recipe.family,
            "bits": compared.variant.bits,
            **variant_figures(compared),
            "us_p50_float": first and round(first.us_p50, 1),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Make or take what there is, and print the figures; the exit status."""
    parser = common.parser("quantize", (__doc__ or "").partition("\n")[0])
    parser.add_argument("recipes", nargs="*", type=Path, metavar="RECIPE.toml", help="default: all of models/recipes")
    parser.add_argument("--work", type=Path, default=WORK, metavar="DIR", help=f"what is kept (default: {WORK})")
    args = parser.parse_args(argv)
    common.need(args.data)
    results = []
    try:
        for recipe in map(read_recipe, args.recipes or sorted((data_dir("models") / "recipes").glob("*.toml"))):
            progress = Progress(recipe.id)
            try:
                work = build(recipe, args.work, force=False, progress=progress)
                results.append(compare(work, data=args.data, force=False, progress=progress))
            except (MissingError, UnreachableError) as error:
                sys.stderr.write(f"left out: {recipe.id}: {error}\n")
            finally:
                progress.close()
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    found = figures(results)
    if not args.json:
        for line in (line for result in results for line in result.lines()):
            print(line)
        del found["variants"]
    common.emit(found, as_json=args.json, title="Variants that hubs get")
    return 0


if __name__ == "__main__":
    sys.exit(main())
