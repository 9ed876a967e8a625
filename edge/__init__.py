"""edge: the voice runtime of a smart-home hub that learns its household."""

from importlib.metadata import version

__version__ = version("edge-hub")
