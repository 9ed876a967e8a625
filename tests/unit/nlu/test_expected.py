"""What a recogniser expects beside Home Assistant's sentences is understood, and heard as it is written."""

from typing import Any

import pytest
from hassil.intents import Intents

from edge.asr.automaton import Automaton
from edge.asr.expectation import build
from edge.core.home import Area, Entity, Floor, HomeState
from edge.nlu.expected import expected_sentences
from edge.nlu.grammar import Grammar
from edge.nlu.teachable import is_teaching

MANY = 12
"""Of each template's sentences, spread over all of them."""


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture(scope="module")
def home() -> HomeState:
    named = {"light": "Oak", "fan": "Elm", "media_player": "Ash", "cover": "Birch", "climate": "Cedar", "lock": "Pine"}
    return HomeState.of(
        [Entity(f"{domain}.one", domain, f"Quiet {tree}", area="den") for domain, tree in named.items()],
        [Area("den", "Den", "ground")],
        [Floor("ground", "Ground Floor")],
        mic_area="den",
    )


def templates() -> list[tuple[str, dict[str, Any]]]:
    known = expected_sentences("en")
    assert known is not None
    return [
        (sentence, known | {"intents": {intent: {"data": [block | {"sentences": [sentence]}]}}})
        for intent, data in known["intents"].items()
        for block in data["data"]
        for sentence in block["sentences"]
    ]


@pytest.mark.parametrize(("template", "alone"), templates(), ids=lambda one: one if isinstance(one, str) else "")
def test_it_is_understood(grammar: Grammar, home: HomeState, template: str, alone: dict[str, Any]) -> None:
    made = build(Intents.from_dict(alone), grammar.slot_lists(home), "en")
    said = sorted(" ".join(sentence) for sentence in made.automaton.sentences())
    assert said, template
    few = said[:: max(1, len(said) // MANY)]
    assert [text for text in few if not understood(grammar, home, text)] == []


def understood(grammar: Grammar, home: HomeState, text: str) -> bool:
    return bool(grammar.readings(text, home, 1) or grammar.open_readings(text, home, 1)) or is_teaching(text, "en")


def test_other_languages_and_own_sentences_alone_have_none() -> None:
    assert expected_sentences("en-GB") == expected_sentences("en")
    assert expected_sentences("de") is None
    assert Grammar("de").beside is None
    assert Grammar("en", builtin=False).beside is None


@pytest.fixture(scope="module")
def without_and_with(grammar: Grammar, home: HomeState) -> tuple[Automaton, Automaton]:
    lists, common = grammar.slot_lists(home), grammar.common
    without = build(grammar.intents, lists, "en", common=common)
    return without.automaton, build(grammar.intents, lists, "en", common=common, beside=grammar.beside).automaton


@pytest.mark.parametrize(
    "text",
    [
        "turn it off again",
        "put it back",
        "no the other one",
        "the den too",
        "a bit brighter",
        "i'm cold",
        "start brewing",
        "play some music",
        "set an alarm for seven",
        "set an alarm for seven thirty a m",
        "wake me up at half past six tomorrow",
        "set a pizza timer for ten minutes",
        "snooze",
        "kill the lights",
        "turn off the quiet oak in ten minutes",
    ],
)
def test_it_is_expected(without_and_with: tuple[Automaton, Automaton], text: str) -> None:
    assert [one.accepts(tuple(text.split())) for one in without_and_with] == [False, True]
