"""Randomised response, and the budget that it is paid from."""

import math
import random

import pytest

from edge.upstream.randomised import EPSILON, WEEKLY_EPSILON, Budget, RandomisedFacts, keeps, true_share


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 1.5, 3.0])
def test_no_answer_tells_more_than_epsilon(epsilon: float) -> None:
    """The definition itself: how much likelier one fact makes an answer than the other does."""
    p = keeps(epsilon)
    assert p / (1 - p) == pytest.approx(math.exp(epsilon))


def test_a_fact_is_told_as_it_is_where_the_draw_is_below_the_probability() -> None:
    class Draw:
        def __init__(self, value: float) -> None:
            self.value = value

        def random(self) -> float:
            return self.value

    p = keeps(EPSILON)
    for fact in (True, False):
        assert RandomisedFacts(Draw(p - 1e-9)).told(fact) is fact
        assert RandomisedFacts(Draw(p)).told(fact) is not fact


@pytest.mark.parametrize("share", [0.0, 0.25, 0.9])
def test_the_true_share_is_found_among_many(share: float) -> None:
    facts, many = RandomisedFacts(random.Random(3)), 20_000
    yes = sum(facts.told(n < share * many) for n in range(many))
    # Three standard deviations of the estimate: sqrt(p (1 - p) / n) / (2 p - 1) is 0.0043.
    assert true_share(yes, many) / many == pytest.approx(share, abs=0.013)


def test_a_week_pays_for_twenty_facts_and_not_for_one_more() -> None:
    budget: Budget | None = Budget()
    for n in range(20):
        assert budget is not None
        assert budget.spent == n * EPSILON
        budget = budget.spend("2026-W48")
    assert budget is not None
    assert budget.spent == WEEKLY_EPSILON
    assert budget.spend("2026-W48") is None


def test_another_week_begins_anew_and_an_earlier_one_does_not() -> None:
    full = Budget("2026-W48", 20)
    assert full.spend("2026-W49") == Budget("2026-W49", 1)
    assert full.spend("2026-W47") is None
    assert Budget("2026-W48", 3).spend("2025-W52") == Budget("2026-W48", 4)


@pytest.mark.parametrize(("epsilon", "limit", "most"), [(1.5, 30.0, 20), (0.1, 0.3, 3), (1.5, 1.4, 0), (0.7, 30.0, 42)])
def test_the_limit_is_never_exceeded(epsilon: float, limit: float, most: int) -> None:
    assert Budget("", 0, epsilon, limit).most == most
    assert most * epsilon <= limit + 1e-9


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 1.5, 3.0])
def test_opendp_finds_the_same_epsilon(epsilon: float) -> None:
    """The library proves what its own mechanism of this probability costs."""
    dp = pytest.importorskip("opendp.prelude", reason="opendp is not installed: pip install -e '.[privacy]'")
    dp.enable_features("contrib")
    theirs = dp.m.make_randomized_response_bool(keeps(epsilon))
    assert theirs.map(1) == pytest.approx(epsilon, rel=1e-6)
