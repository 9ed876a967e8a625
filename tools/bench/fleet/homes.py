"""Who lives where: families with their houses and habits, and homes that share all of that but what is heard.

A thousand families would take an hour to live. Some dozens of them do, each in many homes, which differ in their
recognisers, and in what comes of that: how many homes report something is in the mean what it were of a thousand.
"""

import zlib
from dataclasses import fields
from random import Random
from typing import Protocol, Self, TypeVar

from tools.bench.fleet.planted import OWN, FleetEars, Planted
from tools.bench.household import house
from tools.bench.household.ears import Ears
from tools.bench.household.living import Living
from tools.bench.household.people import Person
from tools.bench.household.wordings import wordings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

USUAL = 0.9
"""How often a house has what most have, and calls it as most do, where `house` knows several ways."""
COMMON = 95
"""Of a hundred things to say, how many a person words as most people do."""
POLITE = 0.05
"""How often a request is dressed up at most."""


class SupportsLenAndGetItem(Protocol[T_co]):
    """What may be chosen from."""

    def __len__(self) -> int: ...
    def __getitem__(self, at: int, /) -> T_co: ...


class Likely(Random):
    """Chance that mostly takes the first of what there is to choose from."""

    def choice(self, seq: SupportsLenAndGetItem[T]) -> T:
        """One of them."""
        return seq[0] if self.random() < USUAL else super().choice(seq)


class Plain(Person):
    """Somebody who words most things as most people do: of so many people, few are as inventive as in `Living`."""

    @classmethod
    def like(cls, name: str, seed: int) -> "Plain":
        """The person of this name in the household of this seed."""
        own = Person.of(name, seed)
        values = {one.name: getattr(own, one.name) for one in fields(own)}
        return cls(**{**values, "politeness": min(own.politeness, POLITE), "loyalty": 0.9})

    def words(self, key: str, **slots: object) -> tuple[str, ...]:
        """All that they might say for it, the usual one first."""
        if zlib.crc32(f"{self.seed} {self.name} common {key}".encode()) % 100 >= COMMON:
            return super().words(key, **slots)
        said = {name: self._spoken(value) for name, value in slots.items()}
        return tuple(" ".join(one.format(**said).split()) for one in wordings(key, self.seed))


class FleetHome(Living):
    """A household as `Living`, which asks less, and more of what everybody asks."""

    episodes_a_day = 7
    shares = (("usual", 0.82), ("own", 0.04), ("any", 0.1), ("visitor", 0.02), ("television", 0.02))
    fleet_ears: FleetEars

    @classmethod
    def at(cls, family: int, seed: int, planted: tuple[Planted, ...]) -> Self:
        """The home of this family, house, habits and voices with it, and with the recogniser of this seed."""
        rng = Likely(f"house {family}")
        world, names = house.build(rng, round(rng.triangular(15, 80, 40)))
        home = cls(family, world, [Plain.like(name, family) for name in names])
        own = Random(f"own mistakes {family}").random() < OWN
        home.fleet_ears = FleetEars(seed, planted, Ears(family, home._words() if own else ()))
        home.hear_with(home.fleet_ears.hear)
        return home
