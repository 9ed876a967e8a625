"""Homes that never reported: how they fare without a pack, with it, and with what they learn themselves on top.

Each lives three times, with the whole line of the hub. Families, houses and ears are none of those that reported.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context

from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from tools.bench.fleet.homes import FleetHome
from tools.bench.fleet.hub import FleetLine, Remembering
from tools.bench.fleet.planted import Planted
from tools.bench.household_bench import Life, Together
from tools.bench.household_line import read_words

PLAIN, GLOBAL, PERSONAL = "plain", "global", "personal"
WAYS = (PLAIN, GLOBAL, PERSONAL)
"""A hub that knows nothing and learns nothing; with the pack of all; and one that learns besides."""
FIRST = 50_001
"""Seed of the first, beside those of the homes that report."""


@dataclass(frozen=True)
class Fared:
    """All of these homes, in one of the ways."""

    asked: int = 0
    defects: int = 0
    fired: int = 0
    wins: int = 0
    losses: int = 0
    said: int = 0

    def plus(self, other: "Fared") -> "Fared":
        """Both."""
        return Fared(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def rate(self) -> float:
        """Requests that were not met, of all."""
        return self.defects / max(1, self.asked)


def fared(seed: int, planted: tuple[Planted, ...], weeks: int, pack: bytes) -> dict[str, Fared]:
    """One home, in all ways. pack: bytes of a cache file."""
    stage = Remembering(read_words())
    ways = {}
    for way in WAYS:
        layers = Layers(Ledger(), global_file=None if way == PLAIN else Cache(pack, Encoder()))
        hub = FleetLine(seed, layers=layers, understanding=stage, learns=way == PERSONAL)
        life = Life()
        Together(FleetHome.at(seed, seed, planted), hub, life).live(7 * weeks)
        ways[way] = Fared(life.asked.total(), life.defects.total(), life.fired, life.wins, life.losses, life.said)
    return ways


def live(
    homes: int,
    *,
    seed: int,
    planted: tuple[Planted, ...],
    weeks: int,
    pack: bytes,
    jobs: int | None = None,
    progress: Callable[[str], object] = sys.stderr.write,
) -> list[Mapping[str, Fared]]:
    """So many homes."""
    seeds = [seed * 100_000 + FIRST + 2 * at for at in range(homes)]
    found: list[Mapping[str, Fared]] = []
    with ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for one in pool.map(fared, seeds, *map(repeat, (planted, weeks, pack))):
            found.append(one)
            rates = ", ".join(f"{way} {all_of(found, way).rate:.1%}" for way in WAYS)
            progress(f"{len(found)} of {homes} homes that never reported: not met {rates}\n")
    return found


def all_of(found: Iterable[Mapping[str, Fared]], way: str) -> Fared:
    """All homes together, in this way."""
    total = Fared()
    for one in found:
        total = total.plus(one[way])
    return total
