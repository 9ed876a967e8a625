"""The nearest sentence: a misspelt word is understood; a name, a number and a direction are never guessed."""

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.core.pipeline import StageError
from edge.core.sound import likeness, sound
from edge.core.turn import Hypothesis, Turn, Utterance
from edge.nlu.grammar import Grammar
from edge.nlu.nearest import Vocabulary
from edge.nlu.reading import Reader
from edge.nlu.understand import Understand


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture(scope="module")
def reader(grammar: Grammar) -> Reader:
    return Reader(grammar)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("torn off the bedroom light", "HassTurnOff"),
        ("what is the temprature in the hall", "HassClimateGetTemperature"),
        ("set the brightnes of the bedroom light to 20 percent", "HassLightSet"),
        ("Please, swich on the bedroom light!", "HassTurnOn"),
    ],
)
def test_one_strange_word_is_the_nearest_known_one(reader: Reader, home: HomeState, text: str, intent: str) -> None:
    assert reader.interpret(text, home) is None
    near = reader.nearest(text, home)
    assert near is not None
    assert (near.intent, near.source, near.text) == (intent, "nearest", text)
    assert 0.5 <= near.score < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "torn",
        "torn off",
        "torn off the cellar light",
        "turn on the bedroom lite",  # a guess would make the name
        "turn on the bed rum light",
        "turn on the bedrum light",
        "torn of the bedroom light",
        "clothes the big gate",
        "lack the front door",
        "unlook the front door",
        "torn awf the bedroom light",
        "schalte das licht in der kitchen aus",
        "allume la lampe kitchen light",
        "burn the bedroom light",
        "set the thermostat to fourty degrees",
        "tell me a storry about the bedroom light",
        "add appels to the shopping list",
        "pley the bedroom light",
        "торн off the bedroom light",
        "turn on the bedroom light " * 20,
    ],
)
def test_what_must_not_be_guessed(reader: Reader, home: HomeState, text: str) -> None:
    assert reader.nearest(text, home) is None


def test_two_words_as_near_are_none() -> None:
    known = Vocabulary(["bat", "bit", "switch"])
    assert known.nearest(("bet",), frozenset()) is None
    near = Vocabulary(["bat", "switch"]).nearest(("swich", "bat"), frozenset())
    assert near is not None
    assert near.words == ("switch", "bat")
    assert near.second is None


def test_a_name_is_no_strange_word(reader: Reader) -> None:
    home = HomeState.of([Entity("light.torn", "light", "Torn", area="hall", state="off")], [Area("hall", "Hall")])
    found = reader.interpret("turn on torn", home)
    assert found is not None
    assert found.slot("name") == "Torn"
    assert reader.nearest("torn turn", home) is None


def test_likeness_is_of_letters_and_sound() -> None:
    assert likeness("turn", "turn") == 1.0
    assert likeness("turn", "light") == 0.0
    assert sound("torn") == sound("turn") != sound("train") + "s"
    assert sound("phone") == sound("fone")


def test_what_another_reading_says_outright_comes_first(grammar: Grammar, home: HomeState) -> None:
    heard = (Hypothesis("torn off the bedroom light", 0.9), Hypothesis("turn on the bedroom light", 0.8))
    turn = Understand(lambda: grammar)(Turn("t", 0, home, Utterance(heard)))
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.interpretation.source) == ("HassTurnOn", "grammar")


def test_what_was_not_heard_clearly_is_not_guessed_at(grammar: Grammar, home: HomeState) -> None:
    heard = (Hypothesis("torn off the bedroom light", 0.4),)
    with pytest.raises(StageError) as error:
        Understand(lambda: grammar)(Turn("t", 0, home, Utterance(heard)))
    assert error.value.code == "understand.low_confidence"
