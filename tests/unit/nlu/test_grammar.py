from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.core.home import Entity, HomeState
from edge.nlu.grammar import Grammar

OWN = """
language: en
intents:
  BrewCoffee:
    data:
      - sentences: ["brew [me] (a|an) {drink}"]
  HassTurnOn:
    data:
      - sentences: ["make {name} shine"]
        requires_context: {domain: light}
lists:
  drink:
    values: [latte, espresso]
"""


def test_own_sentences_are_known_beside_the_built_in_ones(tmp_path: Path, home: HomeState) -> None:
    folder = tmp_path / "custom_sentences"
    (folder / "en").mkdir(parents=True)
    (folder / "en" / "own.yaml").write_text(OWN)
    (folder / "de").mkdir()
    (folder / "de" / "other.yaml").write_text("not: [valid")
    grammar = Grammar("en", [folder])
    brewed = grammar.interpret("brew me a latte", home)
    assert brewed is not None
    assert (brewed.intent, brewed.slot("drink")) == ("BrewCoffee", "latte")
    shining = grammar.interpret("make kitchen light shine", home)
    assert shining is not None
    assert (shining.intent, shining.slot("name")) == ("HassTurnOn", "Kitchen Light")
    assert grammar.interpret("make front door shine", home) is None
    assert grammar.interpret("turn on the kitchen light", home) is not None


@pytest.mark.parametrize(
    "content",
    [
        "intents: [",
        "- a list",
        "intents: 5",
        "intents: {X: {data: [{sentences: ['(unclosed']}]}}",
        "intents: {X: 5}",
        "intents: {X: {data: 5}}",
        "intents: {X: {data: [5]}}",
        "intents: {X: {data: [{sentences: 5}]}}",
        "intents: {X: {data: []}}\nlists: 5",
        "intents: {}\nresponses: [1]",
        "\x00",
        "[" * 5000,
    ],
)
def test_a_broken_sentence_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(InputError, match=r"mine\.yaml"):
        Grammar("en", [file])


@pytest.mark.parametrize(
    ("sentences", "problem"),
    [
        ("intents: {X: {data: [{sentences: ['go {nolist}']}]}}", "no list {nolist}"),
        ("intents: {X: {data: [{sentences: ['go <nothere>']}]}}", "no expansion rule <nothere>"),
        ("intents: {X: {data: [{sentences: ['<tunr> on it']}]}}", "did you mean turn?"),
        ("intents: {HassTurnOnn: {data: [{sentences: [go]}]}}", "did you mean HassTurnOn?"),
        ("intents: {X: {data: [{sentance: [go]}]}}", "expected `sentences`"),
        ("intents:\n  X: [\n", "mine.yaml:3"),
    ],
)
def test_a_mistake_in_a_sentence_is_named_where_it_is(tmp_path: Path, sentences: str, problem: str) -> None:
    (tmp_path / "good.yaml").write_text(OWN)
    (tmp_path / "mine.yaml").write_text(sentences)
    with pytest.raises(InputError) as error:
        Grammar("en", [tmp_path])
    assert "mine.yaml" in str(error.value)
    assert problem in str(error.value)


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"set one of: .*en"):
        Grammar("xx")


def test_another_language(home: HomeState) -> None:
    german = Grammar("de").interpret("schalte kitchen light ein", home)
    assert german is not None
    assert german.intent == "HassTurnOn"


@pytest.mark.parametrize(
    "name", ["Joe's, Lamp", "Café-Lampe", "🙂", "a" * 300, "PM2.5 (kitchen)", "{name}", "[x", "<rule>"]
)
def test_awkward_names_match_or_stay_silent(name: str) -> None:
    home = HomeState.of([Entity("light.x", "light", name)])
    interpretation = Grammar("en").interpret(f"turn on {name}", home)
    if name not in ("🙂", "a" * 300):
        assert interpretation is not None
        assert interpretation.slot("name") == name


@pytest.mark.parametrize(
    "text", ["", "   ", "turn on " * 2000, "\x00\x01", "'; DROP TABLE turns; --", "{{ 7 * 7 }}", "한국어", "🙂"]
)
def test_text_that_says_nothing(text: str, home: HomeState) -> None:
    assert Grammar("en").interpret(text, home) is None


def test_new_names_are_known_at_once(home: HomeState) -> None:
    grammar = Grammar("en")
    assert grammar.interpret("turn on the lava lamp", home) is None
    lamp = Entity("light.lava", "light", "Lava Lamp")
    richer = HomeState.of([*home.entities.values(), lamp], home.areas, home.floors, home.mic_area)
    assert grammar.interpret("turn on the lava lamp", richer) is not None


def test_a_number_in_a_name_is_also_a_word(home: HomeState) -> None:
    spot = Entity("light.spot_2", "light", "Bathroom Spot 2")
    more = HomeState.of([*home.entities.values(), spot], home.areas)
    for said in ("turn on bathroom spot 2", "turn on bathroom spot two"):
        found = Grammar("en").interpret(said, more)
        assert found is not None
        assert found.slot("name") == "Bathroom Spot 2"


def test_a_device_that_is_called_as_a_request_does_not_take_it_from_the_one_it_names() -> None:
    light, other = (
        Entity("light.l", "light", "Kitchen Light"),
        Entity("switch.s", "switch", "Turn on the Kitchen Light"),
    )
    grammar = Grammar("en")
    read = grammar.interpret("turn on the kitchen light", HomeState.of([light, other]))
    assert read is not None
    assert (read.slot("domain"), read.slot("name")) == ("light", "Kitchen Light")
    alone = grammar.interpret("turn on the kitchen light", HomeState.of([other]))
    assert alone is not None
    assert alone.slot("name") == "Turn on the Kitchen Light", "where nothing else is meant it goes by its name"
