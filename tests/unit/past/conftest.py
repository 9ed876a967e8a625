"""A home, its clock, and its past as each process opens it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.feedback.store import FILE, Store
from edge.past import Past
from tests.unit.past.lived import Clock, House


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, told: list[str]) -> Iterator[Callable[..., Past]]:
    made: list[Past] = []

    def make(**options: Any) -> Past:
        store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
        made.append(Past(store, now=clock, **options))
        return made[-1]

    yield make
    for past in made:
        past.close()
