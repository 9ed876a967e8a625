"""The libraries that learning needs and a hub does not; each is loaded where it is first used."""

import importlib
from types import ModuleType

from edge.core.errors import MissingError


def need(module: str, extra: str) -> ModuleType:
    """The module. Raises MissingError `learn.library`, which names the extra that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingError(
            "learn.library", f"this needs {module.partition('.')[0]}: pip install 'edge-hub[{extra}]'"
        ) from error


def polars() -> ModuleType:
    """Data frames."""
    return need("polars", "learn")
