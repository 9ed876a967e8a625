"""The rewrite benchmark: what it counts, and that it reads nothing that it must not."""

from typing import Any

import pytest

from edge.rewrite.entry import Source
from tools.bench.rewrite import filled, judged
from tools.bench.rewrite_growth import entries
from tools.bench.rewrite_peer import CharGrams


def row(prompt: int, text: str, predicted: str, intent: str = "right") -> dict[str, Any]:
    return {"prompt_id": prompt, "text": text, "predicted_intent": predicted, "intent": intent}


def test_a_failure_means_what_next_worked_or_what_last_had() -> None:
    rows = [
        row(1, "a", "wrong"),
        row(1, "b", "right"),
        row(1, "c", "right"),
        row(1, "d", "wrong"),
        row(2, "e", "wrong"),
    ]
    ledger = filled(rows)
    assert {(rule.heard, rule.means, rule.label, rule.source) for rule in ledger.rules()} == {
        ("a", "b", "right", Source.REPHRASED),
        ("d", "c", "right", Source.REPHRASED),
    }
    assert {(phrase.text, phrase.wins, phrase.losses) for phrase in ledger.phrases()} == {
        ("a", 0.0, 1.0),
        ("b", 1.0, 0.0),
        ("c", 1.0, 0.0),
        ("d", 0.0, 1.0),
        ("e", 0.0, 1.0),
    }


@pytest.mark.parametrize(
    ("predicted", "given", "wins", "losses", "fired"),
    [
        ("wrong", ("other", "right"), 1, 0, 1),
        ("wrong", ("other", "third"), 0, 0, 1),
        ("right", ("other", "wrong"), 0, 1, 1),
        ("right", ("other", "right"), 0, 0, 0),
        ("wrong", ("said", "right"), 0, 0, 0),
        ("wrong", None, 0, 0, 0),
    ],
)
def test_what_is_a_win_and_what_a_loss(
    predicted: str, given: tuple[str, str] | None, wins: int, losses: int, fired: int
) -> None:
    counts = judged([row(1, "said", predicted)], [given])
    assert (counts["wins"], counts["losses"], counts["fired"]) == (wins, losses, fired)
    assert counts["defects"] == (predicted == "wrong")


def test_the_peer_serves_the_nearest_that_is_read_otherwise() -> None:
    peer = CharGrams([("turn on the light", "on"), ("play some music", "play")])
    assert peer.answer("turn on the lite", "play", 0.5) == ("turn on the light", "on")
    assert peer.answer("turn on the lite", "on", 0.5) is None
    assert peer.answer("something else entirely", "on", 0.5) is None
    assert peer.answer("", "on", 0.5) is None


def test_what_a_cache_is_filled_with_is_of_the_size_asked_for_and_always_the_same() -> None:
    import random

    phrases, rules = entries(300, random.Random(3))
    assert (len(phrases), len(rules)) == (200, 100)
    assert (phrases, rules) == entries(300, random.Random(3))
