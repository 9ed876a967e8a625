"""Homes of the benchmark data, as `HomeState`."""

import json
import re
from pathlib import Path
from typing import Any

from edge.core.home import Area, Entity, Floor, HomeState
from tools.bench.common import fail, need

_TEMPLATE_LETTERS = re.compile(r"\[([^\]]*)\]")


def load_home(path: Path) -> HomeState:
    """The home that a `home.json` of the benchmark data describes."""
    try:
        data: dict[str, Any] = json.loads(need(path).read_text(encoding="utf-8"))
        return HomeState.of(
            entities=(_entity(row) for row in data["entities"]),
            areas=(Area(row["id"], row["name"], row["floor"]) for row in data["areas"]),
            floors=(Floor(row["id"], row["name"]) for row in data["floors"]),
            mic_area=data.get("mic_area"),
        )
    except (ValueError, KeyError, TypeError) as error:
        fail(f"{path}: not a home of the benchmark's layout: {error}")


def _entity(row: dict[str, Any]) -> Entity:
    state = row["state"]
    if isinstance(state, dict):  # {"in": as people say it, "out": as Home Assistant says it}
        state = state["out"]
    return Entity(
        entity_id=row["entity_id"],
        domain=row["domain"],
        # Some names carry optional letters, as sentence templates do: Trader Joe[']s.
        name=_TEMPLATE_LETTERS.sub(r"\1", row["name"]),
        aliases=tuple(row["aliases"]),
        area=row["area"],
        state=None if state is None else str(state),
        attributes=row["attributes"],
    )
