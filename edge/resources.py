"""Where the hub's own files are, and where the user's are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from edge.core.errors import MissingError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"recordings": "tests/golden/audio"}
"""Folders that have another name in the checkout."""


def data_dir(name: Literal["models", "device_profiles", "docs", "packaging", "recordings"]) -> Path:
    """Folder of the files that travel with the hub: inside the installed wheel, else at the top of the checkout.

    Raises MissingError (`resources.missing`) when the installation is incomplete.
    """
    for folder in (_PACKAGE / "_data" / name, _PACKAGE.parent / _CHECKOUT.get(name, name)):
        if folder.is_dir():
            return folder
    raise MissingError("resources.missing", f"the folder {name} of this installation is gone: install edge-hub again")


def user_data_home(environ: Mapping[str, str]) -> Path:
    """Folder that user data lives below: XDG_DATA_HOME, else ~/.local/share."""
    return _xdg(environ, "XDG_DATA_HOME", ".local/share")


def user_config_home(environ: Mapping[str, str]) -> Path:
    """Folder that user configuration lives below: XDG_CONFIG_HOME, else ~/.config."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config")


def user_home(environ: Mapping[str, str]) -> Path:
    """The user's home folder: HOME, else what the password database says."""
    home = environ.get("HOME", "")
    # A service account may have neither; "/" then makes the folders below it simply not exist.
    return Path(home) if home.startswith("/") else _home_of_account()


def _home_of_account() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _xdg(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    # XDG Base Directory Specification, "Environment variables": a relative path is invalid and must be ignored.
    value = environ.get(variable, "")
    return Path(value) if value.startswith("/") else user_home(environ) / below_home
