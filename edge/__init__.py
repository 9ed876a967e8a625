"""edge: the voice runtime of a smart-home hub that learns its household."""

__version__ = "0.1.0"
