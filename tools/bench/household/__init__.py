"""Simulated households: people with habits, rooms, devices and ways of wording, who know what they meant."""

from tools.bench.household.life import Event, HomeChange, Household, Manner, Reaction, Request
from tools.bench.household.truth import Truth, Verdict, judge

__all__ = ["Event", "HomeChange", "Household", "Manner", "Reaction", "Request", "Truth", "Verdict", "judge"]
