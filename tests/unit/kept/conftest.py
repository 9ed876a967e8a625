"""Two hubs of one household."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.profile import Profile, load_profile
from tests.unit.kept.household import live

Become = Callable[[str], Profile]


@pytest.fixture
def become(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Become:
    """Be the hub of this name from now on."""

    def be(name: str) -> Profile:
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(variable, str(tmp_path / name / variable.lower()))
        (tmp_path / name / "xdg_config_home" / "edge").mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv("EDGE_UPSTREAM__CARRIER", "folder")
        monkeypatch.setenv("EDGE_UPSTREAM__FOLDER", str(tmp_path))
        return load_profile()

    return be


@pytest.fixture
def hub(become: Become) -> Profile:
    """One that has been lived with."""
    profile = become("hub")
    live(profile)
    return load_profile()
