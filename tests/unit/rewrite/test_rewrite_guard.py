"""When evidence is for a rewrite, and when it has turned; what is tried, and what is never."""

import random
from dataclasses import replace
from itertools import product

import pytest

from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.guard import (
    contradicted,
    fires,
    hurts,
    leads_back,
    of_original,
    of_rule,
    plausible,
    praised,
    proven,
    usually_works,
)

RULE = Rule("r", "heard", "means", Source.REPHRASED, wins=1.0)
WORKS = (Phrase("heard", "L", wins=6.0, losses=0.0),)


def rate(rule: Rule, *, phrases: tuple[Phrase, ...] = (), content: float = 1.0, harmless: bool = True) -> float:
    """Share of 400 requests in which it fires."""
    rng = random.Random(3)
    label = "L" if content else ""
    count = sum(fires(rule, phrases, label=label, content=content, harmless=harmless, rng=rng) for _ in range(400))
    return count / 400


@pytest.mark.parametrize(("source", "wins"), list(product(Source, (0.5, 1.0, 2.0, 4.0, 8.0))))
def test_unlearnt_within_three_contradictions(source: Source, wins: float) -> None:
    rule = replace(RULE, source=source, wins=wins)
    for _ in range(3):
        rule = contradicted(rule, 0.5, 0)
    assert rule.state is State.WITHDRAWN
    assert rate(rule) == rate(rule, content=0.0) == 0.0


def test_a_weak_sign_is_no_contradiction() -> None:
    rule = replace(RULE, source=Source.TAUGHT, wins=4.0)
    for _ in range(3):
        rule = contradicted(rule, 0.2, 0)
    assert rule.state is State.ACTIVE


def test_evidence_that_agrees_comes_back() -> None:
    rule = contradicted(replace(RULE, source=Source.CORRECTED, wins=2.0), 1.0, 0)
    assert rule.state is State.ACTIVE
    for _ in range(3):
        rule = praised(rule, 1.0, 0)
    assert of_rule(rule).mean > 0.75
    assert rule.losses < 0.2


def test_evidence_fades_with_time() -> None:
    rule = replace(RULE, source=Source.CORRECTED, wins=8.0, last_day=100)
    fresh, stale = contradicted(rule, 1.0, 100), contradicted(rule, 1.0, 100 + 365)
    assert stale.wins < fresh.wins
    assert contradicted(rule, 1.0, 0) == replace(fresh, last_day=100)  # a clock that is behind changes nothing


@pytest.mark.parametrize("source", [Source.TAUGHT, Source.AGREED, Source.CORRECTED])
def test_what_was_said_in_so_many_words_is_always_served(source: Source) -> None:
    rule = replace(RULE, source=source, wins=2.0)
    for content in (0.0, 0.5, 1.0):
        assert rate(rule, content=content) == 1.0
    usual = rate(rule, phrases=WORKS)
    assert usual == (0.0 if source is Source.CORRECTED else 1.0)


def test_of_itself_two_must_agree_on_a_plain_request() -> None:
    assert rate(RULE) == 0.0
    assert rate(replace(RULE, wins=1.8)) > 0.4
    assert rate(replace(RULE, wins=6.0)) > 0.7


def test_what_is_not_understood_has_nothing_to_lose() -> None:
    assert rate(replace(RULE, wins=0.6), content=0.0) == 1.0


def test_a_request_that_usually_works_is_left_alone() -> None:
    assert rate(replace(RULE, wins=8.0), phrases=WORKS) == 0.0
    assert usually_works(WORKS, "L")
    assert not usually_works(WORKS, "another")
    assert not usually_works(WORKS, "")
    # Three failures are enough to doubt any habit.
    assert not usually_works((Phrase("heard", "L", wins=100.0, losses=3.0),), "L")


def test_the_doubtful_is_tried_now_and_then_and_never_where_it_could_hurt() -> None:
    doubtful = replace(RULE, wins=1.5)
    share = rate(doubtful, phrases=(Phrase("heard", "L", wins=1.0, losses=1.0),))
    assert 0.05 < share < 0.95
    risky = {
        rate(doubtful, phrases=(Phrase("heard", "L", wins=n, losses=1.0),), harmless=False) for n in (0.0, 1.0, 8.0)
    }
    assert risky <= {0.0, 1.0}


def test_the_same_seed_chooses_alike() -> None:
    assert rate(replace(RULE, wins=1.8)) == rate(replace(RULE, wins=1.8))


def test_paused_and_withdrawn_are_not_served() -> None:
    for state in (State.PAUSED, State.WITHDRAWN):
        assert rate(replace(RULE, source=Source.TAUGHT, wins=8.0, state=state), content=0.0) == 0.0
    assert contradicted(replace(RULE, state=State.PAUSED), 1.0, 0).state is State.PAUSED


def test_proven_is_what_was_right_when_it_was_served() -> None:
    corrected = replace(RULE, source=Source.CORRECTED, wins=2.0)
    assert not proven(corrected)
    assert proven(replace(praised(corrected, 1.0, 0), served=1))
    assert not proven(replace(contradicted(corrected, 1.0, 0), served=1))
    assert proven(replace(RULE, source=Source.TAUGHT))


def test_of_two_that_point_at_each_other_the_surer_is_served() -> None:
    there = replace(RULE, source=Source.CORRECTED)
    back = Rule("b", "means", "heard", Source.REPHRASED, wins=1.0)
    assert not leads_back(there, [back])
    assert leads_back(back, [there])
    assert not leads_back(back, [replace(there, state=State.WITHDRAWN)])


def test_what_is_understood_is_likelier_right_than_what_is_not() -> None:
    means = [of_original((), "L" if content else "", content).mean for content in (0.0, 0.5, 1.0)]
    assert means == sorted(means)
    assert means[0] < 0.05


def test_nothing_hurts_that_was_never_wrong() -> None:
    assert not hurts(replace(RULE, wins=0.0))


@pytest.mark.parametrize(
    "wrong", [{"wins": -1.0}, {"wins": 9.0}, {"losses": float("nan")}, {"served": -1}, {"confidence": 1.5}]
)
def test_numbers_that_no_evidence_gives(wrong: dict[str, float]) -> None:
    assert plausible(RULE)
    assert not plausible(replace(RULE, **wrong))  # type: ignore[arg-type]
