"""The hub that the doctor sees."""

from pathlib import Path

import pytest

from tests.unit.doctor.healthy import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
