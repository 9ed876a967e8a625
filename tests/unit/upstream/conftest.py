"""A household that takes packs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.upstream.packs_made import Hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.end()
