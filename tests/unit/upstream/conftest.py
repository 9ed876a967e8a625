"""A household that takes packs, and an outbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.upstream.packs_made import Hub
from tests.unit.upstream.spooled import Box


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.end()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """An outbox that somebody has agreed to."""
    return Box(tmp_path)
