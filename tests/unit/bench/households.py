"""Simulated households for tests, lived once and shared."""

from functools import cache

from tools.bench.household import Event, Household, Request

SEEDS = range(10)


@cache
def lived(seed: int, days: int = 3) -> tuple[Event, ...]:
    return tuple(Household.of(seed).days(days))


@cache
def requests() -> tuple[Request, ...]:
    return tuple(event for seed in SEEDS for event in lived(seed) if isinstance(event, Request))


# What it is made of
