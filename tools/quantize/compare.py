"""Every variant beside its float original: what it is worth, what it costs, and whether hubs may get it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.core.errors import InputError
from tools.quantize.family import Measured, Progress, Variant
from tools.quantize.work import Work, measure

LOSS_POINTS = 0.5
"""What a variant that hubs get may lose on its own benchmark."""
SMALLER = {8: 3.5, 4: 7.0}
"""How many times smaller than float it must be, by the bits of a weight."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One variant, beside the float one."""

    variant: Variant
    measured: Measured | None
    """None where there is nothing to measure it with."""
    ratio: float
    """Bytes of the float variant over its own."""
    loss_points: float | None
    """Points of the float variant less its own."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a recipe."""

    work: Work
    variants: tuple[Compared, ...]
    """The float one first."""

    def lines(self) -> Iterator[str]:
        """For people."""
        for compared in self.variants:
            variant, measured = compared.variant, compared.measured
            told = "not compared: its data is not here"
            if measured is not None:
                told = f"{measured.points:.2f} points, {measured.us_p50:,.0f} us"
            named = f"{self.work.recipe.id} {variant.name}" + (", for hubs" if variant.shipped else "")
            yield f"{named}: {variant.bytes:,} bytes ({compared.ratio:.2f} times smaller), {told}"
            if variant.shipped and variant.name not in self.work.recipe.ship:
                yield f"  not passed on, for your own hub: {variant.files[0].parent}; {self.work.recipe.note}"


def compare(work: Work, *, data: Path | None, force: bool, progress: Progress) -> Result:
    """All variants of a recipe. Raises EdgeError as its family does, InputError (`quantize.data`)."""
    if data is not None and not data.is_dir():
        raise InputError("quantize.data", f"the folder of benchmark data is not there: {data}")
    first = work.variants[0]
    against = measure(work, first, data=data, force=force, progress=progress)
    found = [Compared(first, against, 1.0, None if against is None else 0.0)]
    for variant in work.variants[1:]:
        measured = measure(work, variant, data=data, force=force, progress=progress)
        lost = None if measured is None or against is None else against.points - measured.points
        found.append(Compared(variant, measured, first.bytes / variant.bytes, lost))
    return Result(work, tuple(found))


def too_bad(result: Result) -> list[str]:
    """Why variants that hubs would get must not be: they lose too much, or are not small enough."""
    problems = []
    for compared in result.variants[1:]:
        variant, lost = compared.variant, compared.loss_points
        if not variant.shipped:
            continue
        if lost is not None and lost > LOSS_POINTS:
            problems.append(f"{variant.name} loses {lost:.2f} points; at most {LOSS_POINTS} may be lost")
        wanted = SMALLER.get(variant.bits, 1.0)
        if compared.ratio < wanted:
            problems.append(f"{variant.name} is {compared.ratio:.2f} times smaller than float, not {wanted}")
    return problems
