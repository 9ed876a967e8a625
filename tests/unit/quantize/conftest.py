"""What the tests of quantizing share."""

from pathlib import Path

import pytest

from tests.unit.quantize.toys import make_toy


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recipe of a family that is made in no time."""
    return make_toy(tmp_path, monkeypatch)
