"""Counting: one turn after another, or a store at once, gives the same; too few hubs leave no trace."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.upstream.batch import Batch
from tests.unit.learn import homes
from tools.learn import learning
from tools.learn.counts import Growing, Key, Kind, Seen, Tally, fold_of, kept_truth, keys, state
from tools.learn.engine_local import LocalEngine
from tools.learn.ingest import ingest


def varied() -> list[Batch]:
    """Several weeks, with everything that a report may hold."""
    made = []
    for week in ("2026-W46", "2026-W47", "2026-W48"):
        for number in range(30):
            reports = [
                homes.MISSED,
                homes.heard(homes.RIGHT, homes.RIGHT_READING, worked=homes.truthful(number, worked=True)),
                homes.heard("turn on the <light>", "HassTurnOn name=<light>", worked=True),
                homes.heard("turn on the <other> light", worked=number % 3 == 0),
                homes.heard("turn on my lamp", "HassTurnOn name=<light>", worked=None),
                homes.heard(homes.WRONG, served=homes.RIGHT, layer=homes.Layer.GLOBAL, worked=number % 2 == 0),
                homes.heard("turn it on", served="turn on the <light>", layer=homes.Layer.PERSONAL, worked=True),
                homes.heard("turn on the bath light", meant="turn on the <area> light", meant_reading=""),
            ]
            made.append(homes.batch(number, reports[: 2 + number % 7], week=week))
    return made


def store_of(folder: Path, some: Sequence[Batch]) -> Path:
    spool = homes.spooled(folder / "spool", some)
    taken = ingest(spool, folder / "store", today=homes.TODAY, vocabulary=homes.WORDS)
    assert not taken.refused
    return folder / "store"


@pytest.mark.parametrize("k", [1, 10, 20])
def test_one_after_the_other_and_all_at_once_count_the_same(tmp_path: Path, k: int) -> None:
    some = varied()
    one_by_one = Growing().learn(turn for batch in reversed(some) for turn in homes.seen(batch)).counts(k)
    at_once = LocalEngine().count(store_of(tmp_path, some), k=k)
    assert one_by_one == at_once
    assert at_once.of
    assert (at_once.dropped > 0) == (k > 1)


def test_what_is_learnt_one_by_one_and_all_at_once_is_the_same(tmp_path: Path) -> None:
    some = [*varied(), *(homes.batch(100 + n, [homes.MISSED]) for n in range(60))]
    growing, using = Growing(), LocalEngine()
    for batch in some:
        for turn in homes.seen(batch):
            growing.learn_one(turn)
    slowly = learning.learnt(growing.counts(), using)
    assert slowly == learning.learn(store_of(tmp_path, some), using)
    assert slowly.rewrites


def test_hubs_of_several_weeks_are_never_added() -> None:
    turns = [
        Seen(homes.hub(number, week), week, "open it") for week in ("2026-W47", "2026-W48") for number in range(12)
    ]
    counts = Growing().learn(turns).counts(1)
    key = Key(Kind.SAID, "open it", "open it")
    assert counts.hubs[key] == 12
    assert sum(tally.turns for tally in counts.of[key].values()) == 24
    assert not counts.kept(13).of


def test_a_hub_that_says_it_often_is_one_hub() -> None:
    turns = [Seen(homes.hub(1), homes.WEEK, "open it")] * 50
    assert not Growing().learn(turns).counts(2).of


def test_a_state_is_a_reading_without_marks() -> None:
    assert state("a", "HassTurnOn area=kitchen") == "HassTurnOn area=kitchen"
    assert state("a", "HassTurnOn name=<light>") == "a"
    assert state("a", "") == "a"


def test_said_and_served_are_told_apart() -> None:
    plain = dict(keys(Seen("0" * 32, homes.WEEK, "a b", worked=True)))
    assert plain == {Key(Kind.SAID, "a b", "a b"): Tally(1, 0, 1, 1)}
    served = dict(keys(Seen("0" * 32, homes.WEEK, "a b", served="c d", worked=False)))
    assert served == {Key(Kind.SERVED, "a b", "c d"): Tally(1, 0, 1, 0)}


def test_marks_of_a_home_are_not_counted() -> None:
    assert not list(keys(Seen("0" * 32, homes.WEEK, "turn on <light>", worked=True)))
    meant = dict(keys(Seen("0" * 32, homes.WEEK, "a b", meant="turn on <light>")))
    assert meant == {Key(Kind.SAID, "a b", "a b"): Tally(1, 1, 0, 0)}
    other = dict(keys(Seen("0" * 32, homes.WEEK, "turn on <other>", meant="a b")))
    assert other == {Key(Kind.SAID, "turn on <other>", "turn on <other>"): Tally(1, 1, 0, 0)}


def test_what_was_randomised_is_estimated_back() -> None:
    truth = kept_truth(1.5)
    assert math.isclose(truth, math.exp(1.5) / (1 + math.exp(1.5)))
    told = 10_000
    for worked in (0, 2_500, 10_000):
        yes = round(worked * truth + (told - worked) * (1 - truth))
        assert abs(Tally(told, 0, told, yes).worked(1.5) - worked) < 2
    assert Tally(10, 0, 10, 0).worked(1.5) == 0
    assert Tally(10, 0, 10, 10).worked(1.5) == 10


def test_homes_are_spread_over_the_folds() -> None:
    sizes = [sum(fold_of(homes.hub(number)) == fold for number in range(1000)) for fold in range(5)]
    assert min(sizes) > 150


def test_a_hub_that_has_as_many_pseudonyms_as_texts_is_no_crowd() -> None:
    def turn(hub: int, heard: str) -> Seen:
        return Seen(f"{hub:032x}", "2026-W48", heard, meant=homes.RIGHT, meant_reading=homes.RIGHT_READING)

    worded = Key(Kind.WORDED, homes.RIGHT_READING, homes.RIGHT)
    texts = [f"turn on the {word} light" for word in ("kitten", "chicken", "cotton", "kitchenette", "button")]
    alone = Growing().learn(turn(number, text) for number, text in enumerate(texts)).counts(k=5)
    assert not alone.of
    many = Growing().learn(turn(number, texts[0]) for number in range(5)).counts(k=5)
    assert worded in many.of
