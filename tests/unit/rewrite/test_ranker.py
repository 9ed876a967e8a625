"""The ranker: fires where it is known to fail and something is known to work, and leaves well alone."""

import subprocess
import sys
from dataclasses import replace

import pytest

from edge.rewrite.entry import Source, State
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from edge.rewrite.ranker import Query, fires, rank, shipped


def lived() -> Ledger:
    ledger = Ledger()
    for _ in range(3):
        ledger.went("turn on the kitchen light", "on kitchen", won=True)
        ledger.went("turn on the bedroom light", "on bedroom", won=True)
        ledger.went("play some jazz", "play jazz", won=True)
        ledger.went("what is the weather", "weather", won=True)
    return ledger


def served(
    ledger: Ledger, text: str, label: str = "", content: float = 0.0, situations: tuple[str, ...] = ()
) -> str | None:
    choices = rank(Query(((text, 0.8),), label, content, situations), Layers(ledger))
    return choices[0].text if choices and fires(choices[0]) else None


def test_what_usually_works_is_left_alone() -> None:
    ledger = lived()
    assert served(ledger, "turn on the kitchen light", "on kitchen", 1.0) is None
    assert rank(Query((("turn on the kitchen light", 1.0),), "on kitchen"), Layers(ledger)) == ()


def test_what_is_content_and_near_nothing_is_left_alone() -> None:
    assert served(lived(), "set the alarm for seven", "alarm 7", 1.0) is None


def test_a_rephrase_that_worked_is_served_for_what_failed() -> None:
    ledger = lived()
    ledger.went("turn on the kitten light", "", won=False)
    ledger.instead("turn on the kitten light", "turn on the kitchen light", "on kitchen", source=Source.REPHRASED)
    assert served(ledger, "turn on the kitten light") == "turn on the kitchen light"


@pytest.mark.parametrize("source", [Source.TAUGHT, Source.AGREED, Source.CORRECTED])
def test_what_a_person_said_holds_for_the_very_next_request(source: Source) -> None:
    ledger = lived()
    ledger.instead("movie time", "dim the living room", source=source)
    assert served(ledger, "movie time") == "dim the living room"
    assert served(ledger, "Movie time!", "play movie", 1.0) == "dim the living room"


def test_the_last_of_several_meanings_is_served_and_a_situation_before_all() -> None:
    ledger = lived()
    ledger.instead("movie time", "dim the living room", source=Source.TAUGHT, day=1)
    ledger.instead("movie time", "close the blinds", source=Source.CORRECTED, day=2)
    assert served(ledger, "movie time") == "close the blinds"
    ledger.instead("movie time", "play some jazz", source=Source.TAUGHT, day=1, situation="hour:morning")
    assert served(ledger, "movie time") == "close the blinds"
    assert served(ledger, "movie time", situations=("hour:morning",)) == "play some jazz"


def test_corrected_twice_on_one_day_the_last_is_served() -> None:
    ledger = lived()
    ledger.instead("movie time", "dim the living room", source=Source.TAUGHT, day=1)
    ledger.instead("movie time", "close the blinds", source=Source.CORRECTED, day=1)
    assert served(ledger, "movie time") == "close the blinds"


@pytest.mark.parametrize("state", [State.PAUSED, State.WITHDRAWN])
def test_a_rule_out_of_service_is_not_served(state: State) -> None:
    ledger = lived()
    rule = ledger.instead("movie time", "dim the living room", source=Source.TAUGHT)
    assert rule is not None
    ledger.put(replace(rule, state=state))
    assert served(ledger, "movie time") is None


def test_of_every_choice_it_is_told_what_spoke_for_it() -> None:
    ledger = lived()
    choices = rank(Query((("turn on the kitten light", 0.8),), "", 0.0), Layers(ledger))
    assert [choice.probability for choice in choices] == sorted((c.probability for c in choices), reverse=True)
    assert sum(choice.probability for choice in choices) + choices[0].well < 1
    for choice in choices:
        assert set(choice.contributions) <= set(choice.features)
        assert choice.phrase is not None
        assert choice.rule is None


def test_features_that_are_missing_are_harmless() -> None:
    ledger = lived()
    assert rank(Query(()), Layers(ledger)) == ()
    assert rank(Query((("", 0.0),)), Layers(ledger)) == ()
    assert rank(Query((("turn on the kitchen light", 1.0),)), Layers(Ledger())) == ()


def test_the_shipped_weights_are_few_and_say_where_they_are_from() -> None:
    weights = shipped()
    assert 10 < len(weights.choice) + len(weights.nothing) < 40
    assert weights.odds >= 1


def test_with_nothing_learned_numpy_is_not_loaded() -> None:
    code = (
        "import sys; from edge.rewrite.ranker import Query, rank; from edge.rewrite.layers import Layers;"
        "from edge.rewrite.ledger import Ledger; rank(Query((('good night', 1.0),)), Layers(Ledger()));"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
