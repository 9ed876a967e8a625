"""Which variant to use on which board of device_profiles/."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.core.errors import InputError
from tools.quantize.compare import LOSS_POINTS, Compared, Result

SHARE = 0.1
"""Of a board's memory and disk that one model may take: it is not alone there."""
_MIB = 1 << 20


def budgets(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The budget of each board, by its name. Raises InputError (`quantize.board`)."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            found[path.stem] = tomllib.loads(path.read_text(encoding="utf-8")).get("budget", {})
        except (OSError, ValueError) as error:
            raise InputError("quantize.board", f"{path}: {error}") from error
    return found


def choice(result: Result, budget: Mapping[str, Any]) -> Compared | None:
    """The variant for a board: of those that fit and are as good as the best of them, the fastest.

    As good: at most LOSS_POINTS worse. None where none fits, or nothing could be compared.
    """
    fits = [(c, c.measured) for c in result.variants if c.measured is not None and _fits(c, budget)]
    if not fits:
        return None
    best = max(measured.points for _, measured in fits)
    good = [(compared, measured) for compared, measured in fits if measured.points >= best - LOSS_POINTS]
    return min(good, key=lambda pair: (pair[1].us_p50, pair[0].variant.bytes))[0]


def _fits(compared: Compared, budget: Mapping[str, Any]) -> bool:
    memory = budget.get("ram_mib", 0) * _MIB * SHARE
    disk = budget.get("disk_mib", 0) * _MIB * SHARE
    measured = compared.measured
    return measured is not None and measured.memory_mb * 1e6 <= memory and compared.variant.bytes <= disk
