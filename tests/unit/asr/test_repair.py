"""Near misses snapped to what can be said: toy homes searched exhaustively, and the real English grammar."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hassil.intents import Intents

from edge.asr.expectation import Expectation, build
from edge.asr.lexicon import Lexicon, english_dictionary
from edge.asr.likeness import PHONES, VOWELS, gap, swap
from edge.asr.repair import Repair, SortedLexicon
from edge.core.home import HomeState
from edge.nlu.grammar import Grammar

SENTENCES = ["(activate|turn on) [the] {name}", "set {name} to {n} percent", "turn {name} (on|off)"]
NAMES = ["mood lighting", "bed light", "ecobee", "wood stove"]


def expecting(sentences: list[str], **lists: Any) -> Expectation:
    intents = {"language": "en", "intents": {"Some": {"data": [{"sentences": sentences}]}}, "lists": lists}
    return build(Intents.from_dict(intents), {}, "en")


@pytest.fixture(scope="module")
def expectation() -> Expectation:
    return expecting(SENTENCES, name={"values": NAMES}, n={"range": {"from": 10, "to": 90, "step": 10}})


@pytest.fixture(scope="module")
def repair(expectation: Expectation) -> Repair:
    return Repair(expectation, english_dictionary())


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Activate wood lighting.", "activate mood lighting"),
        ("activate blue lighting", "activate mood lighting"),
        ("Turn bad light on", "turn bed light on"),
        ("turn on the bedlight", "turn on the bed light"),
        ("Turn the on eco bee!", "turn on ecobee"),
        ("set eco bean to fifty percent", "set ecobee to fifty percent"),
        ("set the bad light to 50%", "set bed light to fifty percent"),
        ("set mood lightning to 90 percent", "set mood lighting to ninety percent"),
        ("turn would stove off", "turn wood stove off"),
    ],
)
def test_near_misses(repair: Repair, heard: str, meant: str) -> None:
    assert repair.nearest(heard)[0].text == meant


def test_the_household_s_own_pronunciations_count(expectation: Expectation) -> None:
    own = replace(expectation, pronunciations={"ecobee": (("AH", "K", "OW", "B", "EY"),)})
    before, after = (Repair(e, english_dictionary()).nearest("turn on a cobay")[0] for e in (expectation, own))
    assert after.text == "turn on ecobee"
    assert after.distance < before.distance


def test_what_can_be_said_is_nearest_to_itself(repair: Repair, expectation: Expectation) -> None:
    for sentence in expectation.automaton.sentences():
        text = " ".join(sentence)
        near = repair.nearest(text)
        assert (near[0].text, near[0].distance) == (text, 0)


@pytest.mark.parametrize(
    "heard", ["", "?!", "purple elephants juggle seventeen violins", "거실 조명", "a", "mood " * 100, "1" * 30]
)
def test_strangers_have_no_neighbours(repair: Repair, heard: str) -> None:
    assert repair.nearest(heard) == ()
    assert repair.repaired([heard]) is None


def test_sentences_are_ordered_by_distance_and_none_comes_twice(repair: Repair) -> None:
    near = repair.nearest_of(["turn bad light on", "turn the bed light on", "activate bed light"], 10)
    assert [one.relative for one in near] == sorted(one.relative for one in near)
    assert len({one.text for one in near}) == len(near)
    assert near == repair.nearest_of(["turn bad light on", "turn the bed light on", "activate bed light"], 10)


def test_the_search_finds_what_a_search_through_all_finds() -> None:
    toy = expecting(["(open|close|lock) [the] (gate|door|great door|floor)"])
    repair = Repair(toy, english_dictionary())
    everything = [" ".join(sentence) for sentence in toy.automaton.sentences()]
    for heard in ("open the great", "closed a door", "look the greater floor", "hope and the gate", "rock the doors"):
        expected = min(distance(repair.phones(heard), phones) for text in everything for phones in readings(text))
        assert repair.nearest(heard, within=1.0)[0].distance == pytest.approx(expected), heard


def readings(text: str) -> list[tuple[str, ...]]:
    found = Lexicon(english_dictionary()).pronounce(text.split())
    ways = product(*(found[word] for word in text.split()))
    return [tuple(phone for word in way for phone in word) for way in ways]


def distance(heard: tuple[str, ...], said: tuple[str, ...]) -> float:
    row = [0.0]
    for phone in heard:
        row.append(row[-1] + gap(phone))
    for wanted in said:
        before, row = row, [row[0] + gap(wanted)]
        for at, phone in enumerate(heard):
            row.append(min(before[at] + swap(phone, wanted), before[at + 1] + gap(wanted), row[at] + gap(phone)))
    return row[-1]


def test_only_what_is_near_is_repaired(repair: Repair) -> None:
    assert repair.repaired(["activate wood lighting"]) == "activate mood lighting"
    assert repair.nearest("activate the lighting") != ()
    assert repair.repaired(["reactivate brighter lighting"]) is None


def test_between_two_equally_near_nothing_is_changed() -> None:
    repair = Repair(expecting(["open the (pin|bin)"]), english_dictionary())
    assert [near.text for near in repair.nearest("open the tin")] == ["open the pin", "open the bin"]
    assert repair.repaired(["open the tin"]) is None
    assert repair.repaired(["open the tin"], lambda _: "the same") == "open the pin"


def test_log_probabilities_are_the_expectations(expectation: Expectation, repair: Repair) -> None:
    assert repair.log_probability("turn bed light on") == pytest.approx(
        repair.nearest("turn bed light on")[0].log_probability
    )
    assert repair.log_probability("turn bed light") is None
    assert repair.log_probability("sing") is None


def test_a_home_of_which_no_word_can_be_read() -> None:
    intents = {"language": "en", "intents": {"Some": {"data": [{"sentences": ["거실"]}]}}}
    repair = Repair(build(Intents.from_dict(intents), {}, "en"), english_dictionary())
    assert repair.nearest("turn on the light") == ()


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("turn on the chicken light", "turn on the kitchen light"),
        ("lock the fronto", "lock the front door"),
        ("what's the temp richer in the bedroom", "what's the temperature in the bedroom"),
        ("cancel all tires", "cancel all timers"),
        ("set a time for 5 minutes", "set a timer for five minutes"),
        ("turn off the bathroom fan", None),
        ("I think we should go to the cinema tonight", None),
    ],
)
def test_the_real_grammar(home: HomeState, heard: str, meant: str | None) -> None:
    grammar = Grammar("en")
    made = build(grammar.intents, grammar.slot_lists(home), "en", common=grammar.common)
    near = Repair(made, english_dictionary()).nearest_of([heard])
    if meant is None:
        assert all(one.distance > 1 for one in near)
    else:
        assert near[0].text == meant


def test_the_dictionary_in_memory_is_the_dictionary() -> None:
    path = english_dictionary()
    words = path.read_text().split("\n")[::997]
    asked = [word.partition(" ")[0].partition("(")[0] for word in words if word]
    asked += ["'bout", "zzzz", "zywicki", "the", "awnings", "aaronson's", "doorbell"]
    assert SortedLexicon(path).pronounce(asked) == Lexicon(path).pronounce(asked)


def test_a_small_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "small.dict"
    path.write_text("a AH\na(2) EY\nlight L AY T")
    assert SortedLexicon(path).pronounce(["a", "light"]) == {"a": (("AH",), ("EY",)), "light": (("L", "AY", "T"),)}


def test_costs_of_phones() -> None:
    assert len(PHONES) == len(set(PHONES)) == 39
    for one, other in product(PHONES, PHONES):
        assert swap(one, other) == swap(other, one)
        assert (swap(one, other) == 0) == (one == other)
        assert swap(one, other) <= gap(one) + gap(other)
    for consonant in (phone for phone in PHONES if phone not in VOWELS):
        assert swap("IY", consonant) == gap("IY") + gap(consonant)
