"""The absorbing chain: against a dense inverse, over two steps, and however it is cut into blocks."""

import numpy as np
import pytest

from tests.unit.learn import homes
from tools.learn import chain
from tools.learn.chain import Block, Pooled, Step
from tools.learn.counts import FOLDS, Growing, Seen

EVERYTHING = range(FOLDS)


def said(number: int, text: str, *, worked: bool | None = None, meant: str = "", served: str = "") -> Seen:
    return Seen(homes.hub(number), homes.WEEK, text, served=served, meant=meant, worked=worked)


def test_a_block_is_solved_as_the_inverse_has_it() -> None:
    states = ["a", "b", "c"]
    walk = np.array([[0.0, 0.5, 0.1], [0.2, 0.0, 0.3], [0.0, 0.1, 0.0]])
    success = np.array([0.1, 0.3, 0.8])
    steps = [Step(states[i], states[j], walk[i, j]) for i in range(3) for j in range(3) if walk[i, j]]
    starts = [Step("word", states[j], walk[0, j]) for j in range(3) if walk[0, j]]
    of = (("word", "a", 0.1),)
    (best,) = chain.solve(Block(5, tuple(steps), tuple(zip(states, success, strict=True)), tuple(starts), of))
    scores = (np.linalg.inv(np.eye(3) - walk) @ np.diag(success))[0]
    assert best.state == "c"
    assert best.score == pytest.approx(scores[2], abs=1e-9)
    assert best.own == pytest.approx(scores[0], abs=1e-9)


def test_equal_ones_are_told_apart_by_name() -> None:
    for order in (("b", "c"), ("c", "b")):
        starts = tuple(Step("word", state, 0.5) for state in order)
        ends = (("a", 0.0), *((state, 1.0) for state in order))
        (best,) = chain.solve(Block(5, (), ends, starts, (("word", "a", 0.0),)))
        assert best.state == "b"


def test_what_leads_on_to_something_better_counts_for_both() -> None:
    """Alpha is said otherwise as beta by more, and as gamma by fewer; beta mostly fails, and is said as gamma then."""
    turns = [said(number, "alpha", meant="beta") for number in range(30)]
    turns += [said(100 + number, "alpha", meant="gamma") for number in range(25)]
    turns += [said(200 + number, "beta", meant="gamma") for number in range(200)]
    turns += [said(400 + number, "gamma", worked=homes.truthful(number, worked=True)) for number in range(100)]
    best = {
        one.words: one
        for block in chain.blocks(Pooled(Growing().learn(turns).counts(), EVERYTHING), FOLDS)
        for one in chain.solve(block)
    }
    assert best["alpha"].state == "gamma"
    assert best["beta"].state == "gamma"


def test_what_no_hub_said_in_its_place_is_not_found() -> None:
    turns = [said(number, "alpha", meant="beta") for number in range(40)]
    turns += [said(100 + number, "beta", meant="gamma") for number in range(200)]
    (block,) = chain.blocks(Pooled(Growing().learn(turns).counts(), EVERYTHING), FOLDS)
    assert {one.words: one.state for one in chain.solve(block)} == {"alpha": "beta", "beta": "gamma"}


def test_however_it_is_cut_it_is_solved_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []
    for group in range(12):
        for number in range(25):
            turns.append(said(number, f"wrong {group}", meant=f"right {group % 5} {group % 3}"))
            turns.append(said(number, f"right {group % 5} {group % 3}", worked=homes.truthful(number, worked=True)))
    pooled = Pooled(Growing().learn(turns).counts(), EVERYTHING)
    whole = chain.blocks(pooled, FOLDS)
    monkeypatch.setattr(chain, "BLOCK", 3)
    monkeypatch.setattr(chain, "COLUMNS", 1)
    cut = chain.blocks(pooled, FOLDS)
    assert len(whole) == 1
    assert len(cut) > 3
    assert sorted(one for block in cut for one in chain.solve(block)) == sorted(chain.solve(whole[0]))


def test_a_component_of_any_size_is_solved_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs together by many ways round and back: by factors, and by the series."""
    turns = []
    for one in range(20):
        for number in range(20):
            other = (one * 7 + number % 2 + 1) % 20
            turns.append(said(100 * (number % 2) + number, f"word {one}", meant=f"word {other}"))
            turns.append(said(500 + number, f"word {one}", worked=homes.truthful(number, worked=one % 3 > 0)))
    pooled = Pooled(Growing().learn(turns).counts(10), EVERYTHING)
    (block,) = chain.blocks(pooled, FOLDS)
    by_factors = chain.solve(block)
    monkeypatch.setattr(chain, "BLOCK", 1)
    by_series = chain.solve(block)
    assert len(by_factors) == 20
    assert by_series == by_factors
    size = len(block.ends)
    number = {state: at for at, (state, _) in enumerate(block.ends)}
    walk = np.zeros((size, size))
    for step in block.steps:
        walk[number[step.at], number[step.to]] = step.share
    assert np.abs(np.linalg.eigvals(walk)).max() <= 0.5


def test_a_wording_takes_its_first_step_by_itself() -> None:
    """Two wordings of one reading, of which one is a mis-heard other request."""
    turns = []
    for number in range(40):
        turns.append(Seen(homes.hub(number), homes.WEEK, "lamp on", "R", worked=True))
        turns.append(Seen(homes.hub(number), homes.WEEK, "lamb on", "R", meant="ram on", meant_reading="Q"))
    (block,) = chain.blocks(Pooled(Growing().learn(turns).counts(), EVERYTHING), FOLDS)
    assert [(one.words, one.state) for one in chain.solve(block)] == [("lamb on", "Q")]


def test_a_served_rewrite_is_a_step_of_what_was_heard() -> None:
    turns = [said(number, "wrong", served="right", worked=homes.truthful(number, worked=True)) for number in range(40)]
    turns += [said(number, "right", worked=True) for number in range(40)]
    pooled = Pooled(Growing().learn(turns).counts(), EVERYTHING)
    assert "wrong" not in pooled.said
    (block,) = chain.blocks(pooled, FOLDS)
    (best,) = chain.solve(block)
    assert (best.words, best.state) == ("wrong", "right")
    assert best.score > 0.8


def test_nothing_said_otherwise_is_no_chain() -> None:
    counts = Growing().learn(said(number, "right", worked=True) for number in range(40)).counts()
    assert chain.blocks(Pooled(counts, EVERYTHING), FOLDS) == []
