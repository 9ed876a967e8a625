"""Make the models that hubs run from the float models that they come from, by recipe, and compare them.

    python -m tools.quantize models/recipes/*.toml             # make, compare, write models/ and the report
    python -m tools.quantize --check models/recipes/*.toml     # make, and compare with what is committed

Whatever was made before of the same recipe, source and code is taken from the work folder. Exit status: 0 done; 1 what
is made differs from what is committed (--check), or a variant that hubs would get is not good enough; 2 wrong input;
3 something is not installed; 130 interrupted.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from edge.core.errors import EdgeError, ExitCode
from edge.resources import data_dir
from tools.quantize import ship
from tools.quantize.compare import Result, compare, too_bad
from tools.quantize.recipe import read_recipe
from tools.quantize.report import write_report
from tools.quantize.work import build

WORK = Path("build/quantize")
_REDRAW_S = 0.2


class Progress:
    """One line on standard error: redrawn on a terminal, and one for each step elsewhere."""

    def __init__(self, recipe: str) -> None:
        """recipe: its id, which begins the line."""
        self._recipe, self._what, self._drawn_s = recipe, "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """See `tools.quantize.family.Progress`."""
        now = time.monotonic()
        new = what != self._what
        if not new and (not sys.stderr.isatty() or (now - self._drawn_s < _REDRAW_S and done != total)):
            return
        self._what, self._drawn_s = what, now
        line = f"{self._recipe}: {what}" + (f" {100 * done // total} %" if total else "")
        sys.stderr.write(f"\r{line[:100]:<100}" if sys.stderr.isatty() else f"{line}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._what and sys.stderr.isatty():
            sys.stderr.write(f"\r{'':<100}\r")


def main(argv: Sequence[str] | None = None) -> int:
    """Make, compare and ship; the exit status."""
    args = _arguments(argv)
    try:
        return _run(args)
    except EdgeError as error:
        sys.stderr.write(f"\rerror: {error}\n")
        return error.exit_code
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"\rerror: {where}{error.strerror}; what was done before is kept\n")
        return ExitCode.INPUT
    except KeyboardInterrupt:
        sys.stderr.write("\rstopped; what is done is kept for the next run\n")
        return ExitCode.INTERRUPTED


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.quantize",
        description=(__doc__ or "").partition("\n")[0],
        epilog="example: python -m tools.quantize models/recipes/silero-vad-int8.toml --data ../shared/bench",
    )
    parser.add_argument("recipes", nargs="+", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--work", type=Path, default=WORK, metavar="DIR", help=f"what is kept (default: {WORK})")
    data = os.environ.get("EDGE_BENCH_DATA")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(data) if data else None,
        metavar="DIR",
        help="benchmark data to compare on (default: EDGE_BENCH_DATA); without it, some variants are not compared",
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="folder of the report (default: WORK/report)")
    parser.add_argument("--force", action="store_true", help="make and measure everything anew")
    parser.add_argument(
        "--check", action="store_true", help="leave models/ as it is; tell whether recipes make the same"
    )
    return parser.parse_args(argv)


def _run(args: argparse.Namespace) -> int:
    status = ExitCode.OK
    results: list[Result] = []
    models = data_dir("models")
    for recipe in [
        read_recipe(path) for path in args.recipes
    ]:  # a mistake in the last is told before the first is made
        progress = Progress(recipe.id)
        try:
            work = build(recipe, args.work, force=args.force, progress=progress)
            result = compare(work, data=args.data, force=args.force, progress=progress)
        finally:
            progress.close()
        results.append(result)
        for line in result.lines():
            print(line)
        if problems := too_bad(result):
            for problem in problems:
                sys.stderr.write(f"error: {recipe.id}: {problem}\n")
            status = ExitCode.NOT_DONE
        elif args.check:
            for path in ship.differences(work, models):
                sys.stderr.write(f"error: {recipe.id}: {path} is not what the recipe makes\n")
                status = ExitCode.NOT_DONE
                break
            else:
                if recipe.ship:
                    print(f"{recipe.id}: what is committed is the same, byte for byte")
        else:
            for path in ship.ship(work, models):
                print(f"{recipe.id}: wrote {path}")
    report = write_report(results, args.report or args.work / "report")
    print(f"report: {report}")
    return status


if __name__ == "__main__":
    sys.exit(main())
