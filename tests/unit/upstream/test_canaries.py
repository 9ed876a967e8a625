"""Fifty names, phrases, places and times seeded into homes: none of them is in any byte that leaves.

Some are known to the hub (people enrolled, rooms, devices, what was taught), others are only said. Each is said in many
ways: alone, within requests that are understood, that are not, and that somebody says otherwise afterwards, and as what
a rewrite was served for.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from edge.core.home import Area, Entity
from edge.core.text import normalize
from edge.core.turn import Rewrite, Turn
from edge.upstream import batch
from edge.upstream.report import TurnReport
from tests.unit.nlu.in_context import device, lamp
from tests.unit.upstream.told import VOCABULARY, Hub, batch_of

PEOPLE = (
    *("Xanthippe", "Rose", "Bartholomew Quill", "Anneliese", "Grace", "Yusuf", "Siobhan", "Otto", "Joy", "Wilhelmina"),
    *("Kitten", "Miguel"),
)
ROOMS = ("Jonas Cave", "Aunt Petunias Parlour", "Narnia", "Chicken Coop", "The Bat Lair", "Tilda")
DEVICES = (
    *("Excalibur", "Grandmas Tiffany Lamp", "Sputnik", "Banana", "Old Faithful", "Sir Hugo", "Disco Dragon", "Moby"),
    *("Bernadettes Heating Blanket", "Number Thirty Seven"),
)
TAUGHT = ("movie magic", "beam me up scotty", "nirvana", "the eagle has landed", "dinner for grandpa", "kraken")
SAID = (  # of which the hub knows nothing
    *("the biopsy was positive", "our divorce lawyer", "secret santa", "my pregnancy test", "swordfish"),
    *("Reykjavik", "Walthamstow", "Lake Wobegon", "Baker Street", "Ouagadougou", "Mount Doom"),
)
TIMES = ("seven forty three", "19 45", "half past nine", "december the third", "quarter to six")
CANARIES = (*PEOPLE, *ROOMS, *DEVICES, *TAUGHT, *SAID, *TIMES)


@dataclass(frozen=True)
class Seeded:
    """One home, and what is not to leave it."""

    canary: str
    hub: Hub


def seeded() -> Iterator[Seeded]:
    for number, canary in enumerate(CANARIES):
        people, taught = (canary,) if canary in PEOPLE else (), (canary,) if canary in TAUGHT else ()
        more: list[Entity] = []
        areas: list[Area] = []
        if canary in PEOPLE and number % 2:
            more, people = [device("person.one", None, "home", name=canary)], ()
        if canary in ROOMS:
            areas = [Area("own", canary)] if number % 2 else [Area("own", "Study", aliases=(canary,))]
            more = [lamp("light.own", "own", name="Light")]
        if canary in DEVICES:
            more = [lamp("light.own", "living", name=canary)]
        if canary in DEVICES and number % 2:
            more = [replace(more[0], name="Corner Lamp", aliases=(canary,))]
        yield Seeded(canary, Hub(more, areas, people=people, taught=taught))


REQUESTS = (
    "{}",
    "turn on {}",
    "turn on the {} light",
    "set the kitchen light to 30 percent at {}",
    "{} turn off the kitchen light please",
)
MEANT = ("turn on the kitchen light", "set the reading lamp to 20 percent")


def lives(home: Seeded, right: Sequence[Turn], wrong: Turn) -> Iterator[tuple[Turn, Turn | None]]:
    """Turns in which it is said, each with the one that said otherwise."""
    hub, said = home.hub, [request.format(normalize(home.canary)) for request in REQUESTS]
    for turn in map(hub.hear, said):
        for meant in (None, *right):
            yield turn, meant
    served = Rewrite("turn on the kitchen light", "personal", "r", 0.9, said[2], "rephrased")
    yield hub.hear(said[2], rewrite=served), None
    # What is served, and what is meant, may hold it too.
    yield hub.hear("turn on the kitten light", rewrite=replace(served, text=said[1], heard="turn on kitten")), None
    yield wrong, hub.hear(said[1])


def told() -> dict[str, list[TurnReport]]:
    found: dict[str, list[TurnReport]] = {}
    other = Hub()
    right, wrong = [replace(other.hear(text), id=text) for text in MEANT], other.hear("turn on the kitten light")
    for home in seeded():
        turns = lives(home, right, replace(wrong, home=home.hub.home))
        made = [home.hub.told(turn, won=won, meant=meant) for turn, meant in turns for won in (True, False)]
        found[home.canary] = [one for one in made if one is not None]
    return found


@pytest.fixture(scope="module")
def reports() -> dict[str, list[TurnReport]]:
    return told()


def own_words(canary: str) -> set[str]:
    """Those that tell it: words that nobody else speaks to a home with."""
    return {word for word in normalize(canary).split() if word not in VOCABULARY.home}


def test_there_are_fifty() -> None:
    assert len(set(CANARIES)) == 50


def test_none_is_in_any_byte_that_leaves(reports: dict[str, list[TurnReport]]) -> None:
    for number, canary in enumerate(CANARIES, 1):
        some = reports[canary]
        if not some:
            continue
        data = batch.encode(batch_of(some, number))
        plain = batch.decompressed(data).decode()
        _, *lines = plain.splitlines()
        texts = [value for line in lines for value in json.loads(line).values() if isinstance(value, str)]
        words = {word for text in texts for word in text.replace("_", " ").replace("=", " ").split()}
        assert words.isdisjoint(own_words(canary)), canary
        assert not any(f" {normalize(canary)} " in f" {text} ".replace("_", " ").replace("=", " ") for text in texts), (
            canary
        )
        for data_of in (data, plain.encode()):
            assert normalize(canary).encode() not in data_of


def test_they_were_said_in_what_was_told(reports: dict[str, list[TurnReport]]) -> None:
    """Otherwise nothing would be proved: homes tell of turns in which theirs was said, with a mark in its place."""
    marked = {canary for canary, some in reports.items() if any("<" in word for one in some for word in one.heard)}
    assert len(marked) >= 45
    assert sum(map(len, reports.values())) >= 500


def test_a_word_of_one_would_be_found() -> None:
    assert own_words("Jonas Cave") == {"jonas", "cave"}
    assert all(own_words(canary) or canary in TIMES for canary in CANARIES)
