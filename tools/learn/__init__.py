"""Upstream: what the hub ships with that was learnt, and how it was."""
