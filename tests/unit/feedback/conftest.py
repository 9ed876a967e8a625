"""A store that is opened as often as it takes, and what it warned of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.feedback.store import FILE, Store


@pytest.fixture
def told() -> list[str]:
    """The codes of what was warned of."""
    return []


@pytest.fixture
def opened(tmp_path: Path, told: list[str]) -> Callable[..., Store]:
    """Opens the same file, for a home."""

    def make(home: str = "house", *, keep_words: bool = True) -> Store:
        return Store(tmp_path / "data" / FILE, home, lambda code, _: told.append(code), keep_words=keep_words)

    return make
