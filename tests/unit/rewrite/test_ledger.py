"""The ledger: evidence is counted, fades, and is unlearnt within three contradictions."""

import math

import pytest

from edge.rewrite.cache import Cache, packed
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import CAP, HALF_LIFE_DAYS, Ledger
from edge.rewrite.ranker import Query, fires, rank


def taught(ledger: Ledger, heard: str, means: str, source: Source = Source.TAUGHT, day: int = 0) -> Rule:
    rule = ledger.instead(heard, means, source=source, day=day)
    assert rule is not None
    return rule


def over_a_file(ledger: Ledger) -> Ledger:
    encoder = Encoder()
    return Ledger(Cache(packed(ledger.phrases(), ledger.rules(), encoder), encoder))


def test_what_went_is_counted_by_label() -> None:
    ledger = Ledger()
    ledger.went("Turn on the Light", "on", won=True, day=1)
    ledger.went("turn on the light", "on", won=True, day=1)
    ledger.went("turn on the light", "dim", won=False, day=2)
    assert {(p.label, p.wins, p.losses, p.last_day) for p in ledger.phrase("turn on the light")} == {
        ("on", 2.0, 0.0, 1),
        ("dim", 0.0, 1.0, 2),
    }
    assert ledger.label("on") == (2.0, 0.0)
    assert ledger.label("never") == (0.0, 0.0)


@pytest.mark.parametrize("filed", [False, True])
def test_a_habit_of_any_length_is_unlearnt_within_three_contradictions(filed: bool) -> None:
    ledger = Ledger()
    rule = taught(ledger, "movie time", "dim the light", Source.REPHRASED)
    for day in range(50):
        ledger.served(rule.id, won=True, day=day)
    if filed:
        ledger = over_a_file(ledger)
    layers = Layers(ledger)
    query = Query((("movie time", 1.0),))
    assert fires(rank(query, layers)[0])
    for _ in range(3):
        ledger.served(rule.id, won=False, day=50)
    kept = ledger.rule(rule.id)
    assert kept is not None
    assert kept.losses > 2 * kept.wins
    assert not any(fires(choice) for choice in rank(query, layers))


def test_what_is_said_contradicts_every_other_meaning_and_holds_at_once() -> None:
    ledger = Ledger()
    taught(ledger, "movie time", "dim the light", day=1)
    before = ledger.rules_for("movie time")[0]
    taught(ledger, "movie time", "close the blinds", Source.CORRECTED, day=1)
    after = ledger.rule(before.id)
    assert after is not None
    assert after.wins < before.wins
    assert after.losses > before.losses


def test_a_rephrase_alone_contradicts_nothing() -> None:
    ledger = Ledger()
    rule = taught(ledger, "movie time", "dim the light")
    taught(ledger, "movie time", "close the blinds", Source.REPHRASED)
    assert ledger.rule(rule.id) == rule


def test_old_evidence_fades_and_none_is_without_end() -> None:
    ledger = Ledger()
    for _ in range(100):
        ledger.went("good night", "scene", won=True, day=0)
    (phrase,) = ledger.phrase("good night")
    assert phrase.wins == CAP
    ledger.went("good night", "scene", won=True, day=int(HALF_LIFE_DAYS))
    (phrase,) = ledger.phrase("good night")
    assert phrase.wins == pytest.approx(CAP / 2 + 1)


def test_a_clock_that_jumps_back_changes_no_evidence() -> None:
    ledger = Ledger()
    ledger.went("good night", "scene", won=True, day=20_000)
    ledger.went("good night", "scene", won=True, day=0)
    (phrase,) = ledger.phrase("good night")
    assert (phrase.wins, phrase.last_day) == (2.0, 20_000)


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_evidence_that_is_none_is_not_counted(weight: float) -> None:
    ledger = Ledger()
    assert ledger.went("good night", "scene", won=True, weight=weight) is None
    assert ledger.instead("nite", "good night", source=Source.TAUGHT, weight=weight) is None
    assert len(ledger) == 0


@pytest.mark.parametrize(("heard", "means"), [("", "a"), ("a", ""), ("Good Night!", "good night")])
def test_no_rule_says_nothing(heard: str, means: str) -> None:
    assert Ledger().instead(heard, means, source=Source.TAUGHT) is None


def test_over_a_file_the_whole_is_read_and_changed() -> None:
    below = Ledger()
    below.went("good night", "scene", won=True, day=3)
    rule = taught(below, "movie time", "dim the light", day=3)
    other = taught(below, "bed time", "lights off", day=3)
    ledger = over_a_file(below)
    assert len(ledger) == 0
    ledger.went("good night", "scene", won=True, day=3)
    ledger.served(rule.id, won=True, day=3)
    assert ledger.drop(other.id)
    assert [p.wins for p in ledger.phrases()] == [2.0]
    assert [(r.id, r.wins, r.served) for r in ledger.rules()] == [(rule.id, 5.0, 1)]
    assert ledger.rule(other.id) is None
    assert ledger.rules_for("bed time") == ()
    assert ledger.label("scene") == (2.0, 0.0)
    assert not ledger.drop(other.id)


def test_said_once_more_a_withdrawn_rule_serves_again() -> None:
    ledger = Ledger()
    rule = taught(ledger, "movie time", "dim the light", Source.REPHRASED)
    ledger.put(Rule(**{name: getattr(rule, name) for name in Rule.__slots__} | {"state": State.WITHDRAWN}))
    again = taught(ledger, "movie time", "dim the light", Source.REPHRASED)
    assert again.state is State.WITHDRAWN
    assert taught(ledger, "movie time", "dim the light").state is State.ACTIVE


def test_what_is_in_memory_is_bounded_and_the_last_is_kept() -> None:
    ledger = Ledger(limit=100)
    rule = taught(ledger, "movie time", "dim the light")
    for number in range(1000):
        ledger.went(f"phrase {number}", "x", won=True, day=number)
        taught(ledger, f"word {number}", "dim the light", Source.REPHRASED, day=number)
        assert ledger.phrase(f"phrase {number}")
        assert ledger.rules_for(f"word {number}")
    assert len(ledger) <= 202
    assert len(ledger.texts) == len(set(ledger.texts)) <= 202
    assert ledger.rule(rule.id) == rule, "what a person said is forgotten last"
    assert ledger.label("x")[0] == len(list(ledger.phrases()))
    found = Layers(ledger).near("phrase 999", 3)
    assert found[0].text == "phrase 999"
