from pathlib import Path

import pytest

from edge import resources
from edge.core.errors import MissingError
from edge.resources import data_dir, user_config_home, user_data_home, user_home


def test_a_checkout_has_its_data_at_the_top() -> None:
    assert data_dir("models") == Path(__file__).parents[2] / "models"
    assert data_dir("device_profiles").is_dir()


def test_a_wheel_has_its_data_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "edge")
    with pytest.raises(MissingError, match="install edge-hub again"):
        data_dir("models")
    (tmp_path / "models").mkdir()
    assert data_dir("models") == tmp_path / "models"
    (tmp_path / "edge/_data/models").mkdir(parents=True)
    assert data_dir("models") == tmp_path / "edge/_data/models"


def test_the_user_s_folders_follow_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_data_home({"HOME": "/h"}) == Path("/h/.local/share")
    assert user_config_home({"HOME": "/h"}) == Path("/h/.config")
    assert user_config_home({"HOME": "/h", "XDG_CONFIG_HOME": "/c"}) == Path("/c")
    assert user_config_home({"HOME": "/h", "XDG_CONFIG_HOME": "c"}) == Path("/h/.config")


def test_an_account_without_a_home_has_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/from/the/account")
    assert user_home({}) == Path("/from/the/account")

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert user_home({"HOME": "relative"}) == Path("/")
