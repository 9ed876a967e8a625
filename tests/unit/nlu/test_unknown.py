"""What this home does not have is named in the refusal; nothing is ever done."""

import pytest

from edge.core.home import HomeState
from edge.core.pipeline import StageError
from edge.core.turn import Hypothesis, Plan, Refusal, Turn, Utterance
from edge.nlu.grammar import Grammar
from edge.nlu.resolve import Resolve
from edge.nlu.understand import Understand


@pytest.fixture(scope="module")
def understand() -> Understand:
    grammar = Grammar("en")
    return Understand(lambda: grammar)


def taken(understand: Understand, text: str, home: HomeState, confidence: float = 1.0) -> Plan | None:
    turn = Turn("t", 0, home, Utterance((Hypothesis(text, confidence),)))
    return Resolve()(understand(turn)).plan


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("turn on the disco ball", Refusal("resolve.no_entity", "disco ball")),
        ("Please switch the disco ball off!", Refusal("resolve.no_entity", "disco ball")),
        ("unlock the cellar door", Refusal("resolve.no_entity", "cellar door")),
        ("turn off the lights in the cellar", Refusal("resolve.no_area", "cellar")),
        ("turn on the disco ball in the kitchen", Refusal("resolve.no_entity", "disco ball")),
        ("is the cellar door locked", Refusal("resolve.no_entity", "cellar door")),
    ],
)
def test_the_refusal_names_what_is_not_there(
    understand: Understand, home: HomeState, text: str, refusal: Refusal
) -> None:
    assert taken(understand, text, home) == Plan(refusal=refusal)


@pytest.mark.parametrize(
    "text",
    [
        "turn on",
        "open the front door and run",
        "is it on",
        "close your eyes and count to ten",
    ],
)
def test_what_names_nothing_is_not_understood(understand: Understand, home: HomeState, text: str) -> None:
    with pytest.raises(StageError) as error:
        taken(understand, text, home)
    assert error.value.code == "understand.no_intent"


def test_a_name_that_was_not_heard_surely_is_not_told_back(understand: Understand, home: HomeState) -> None:
    with pytest.raises(StageError):
        taken(understand, "turn on the disco ball", home, 0.8)
