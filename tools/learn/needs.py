"""The libraries that learning needs and a hub does not; each is loaded where it is first used."""

import importlib
import sys
from types import ModuleType

from edge.core.errors import MissingError


def need(module: str, extra: str) -> ModuleType:
    """The module. Raises MissingError `learn.library`, which says how to install it: these tools run in a checkout."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingError(
            "learn.library",
            f"this needs {module.partition('.')[0]}: in the checkout, run "
            f"{sys.executable} -m pip install -c constraints.txt -e '.[{extra}]'",
        ) from error


def polars() -> ModuleType:
    """Data frames."""
    return need("polars", "learn")
