"""What a home can hear: whole words, its own names, numbers in words, and the same every time."""

from dataclasses import replace
from typing import Any

import pytest
from hassil.intents import Intents, TextSlotList

from edge.asr.expectation import Expectation, build
from edge.asr.spoken import number_words, spoken
from edge.core.home import Entity, HomeState
from edge.nlu.choice_expected import sentences
from edge.nlu.grammar import Grammar
from edge.nlu.policy import answers


def intents(sentences: list[str], **more: Any) -> Intents:
    block = {"sentences": sentences} | more.pop("block", {})
    return Intents.from_dict({"language": "en", "intents": {"Some": {"data": [block]}}} | more)


def said(expectation: Expectation) -> set[str]:
    return {" ".join(sentence) for sentence in expectation.automaton.sentences()}


def names(*values: tuple[str, str]) -> dict[str, TextSlotList]:
    return {"name": TextSlotList.from_tuples([(name, name, {"domain": domain}) for name, domain in values])}  # type: ignore[dict-item]


def test_templates_become_whole_words() -> None:
    made = build(intents(["[please] turn on [all] light[s]"]), {}, "en")
    assert said(made) == {
        f"{please}turn on {every}{light}"
        for please in ("", "please ")
        for every in ("", "all ")
        for light in ("light", "lights")
    }


def test_names_fit_the_domain_that_the_sentence_asks_for() -> None:
    made = build(
        intents(["dim {name}"], block={"requires_context": {"domain": "light"}}),
        names(("Desk Lamp", "light"), ("Front Door", "lock")),
        "en",
    )
    assert said(made) == {"dim desk lamp"}


def test_ranges_are_said_in_words_and_round_numbers_more() -> None:
    made = build(intents(["set to {n} percent"], lists={"n": {"range": {"from": 48, "to": 51}}}), {}, "en")
    assert "set to fifty percent" in said(made)
    assert "set to forty eight percent" in said(made)
    state = 0
    for word in ("set", "to"):
        state = next(arc.target for arc in made.automaton.arcs[state] if arc.word == word)
    probability = {arc.word: arc.probability for arc in made.automaton.arcs[state]}
    assert probability["fifty"] > probability["forty"]


def test_wildcards_cannot_be_expected() -> None:
    made = build(intents(["add {item} to the list", "stop"], lists={"item": {"wildcard": True}}), {}, "en")
    assert said(made) == {"stop"}
    told = build(
        intents(["add {item} to the list"], lists={"item": {"wildcard": True}}), {}, "en", wildcards={"item": ["milk"]}
    )
    assert said(told) == {"add milk to the list"}


def test_everyday_things_are_expected_where_any_words_may_stand() -> None:
    templates = ["add {shopping_list_item:item} to the list"], {"shopping_list_item": {"wildcard": True}}
    english = said(build(intents(templates[0], lists=templates[1]), {}, "en-GB"))
    assert {"add milk to the list", "add toilet paper to the list"} <= english
    assert said(build(intents([*templates[0], "stop"], lists=templates[1]), {}, "tlh")) == {"stop"}


def test_the_wake_phrase_may_stand_in_front() -> None:
    assert said(build(intents(["stop"]), {}, "en", ["Hey Jarvis"])) == {"stop", "hey jarvis stop"}


def test_rules_that_call_themselves_end() -> None:
    made = build(intents(["a <loop>", "b"], expansion_rules={"loop": "x <loop>"}), {}, "en")
    assert said(made) == {"b"}


def test_common_wordings_are_more_probable() -> None:
    made = build(intents(["rare words", "usual words"]), {}, "en", common=intents(["usual words"]))
    probability = {arc.word: arc.probability for arc in made.automaton.arcs[0]}
    assert probability == pytest.approx({"rare": 0.25, "usual": 0.75})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Joe's Lamp 2", "joe's lamp two"),
        ("50%", "fifty percent"),
        ("Living-Room (old)", "living room old "),
        ("21°", "twenty one degrees "),
        ("🙂", None),
        ("", ""),
    ],
)
def test_how_names_are_said(text: str, expected: str | None) -> None:
    result = spoken(text, "en")
    assert (result if result is None else result.strip()) == (expected if expected is None else expected.strip())


def test_numbers_of_an_unknown_language_are_not_said() -> None:
    assert number_words(5, "en")[0] == "five"
    assert number_words(5, "tlh") == ()


def test_equal_homes_give_equal_expectations_and_states_do_not_matter(home: HomeState) -> None:
    grammar = Grammar("en")

    def expectation(of: HomeState) -> Expectation:
        return build(grammar.intents, grammar.slot_lists(of), "en", common=grammar.common)

    first = expectation(home)
    entities = [replace(entity, state="on") for entity in home.entities.values()]
    assert expectation(HomeState.of(entities, home.areas, home.floors, home.mic_area)) == first


@pytest.mark.parametrize(
    "text",
    [
        "turn on the kitchen light",
        "turn off all the lights in the bedroom",
        "set bedroom light brightness to forty percent",
        "is the front door locked",
        "what time is it",
        "activate movie night",
    ],
)
def test_what_the_grammar_knows_can_be_heard(home: HomeState, text: str) -> None:
    grammar = Grammar("en")
    made = build(grammar.intents, grammar.slot_lists(home), "en", common=grammar.common)
    assert made.automaton.accepts(tuple(text.split()))
    assert grammar.interpret(text, home) is not None


def test_names_that_nobody_can_say_do_no_harm() -> None:
    grammar = Grammar("en")
    odd = HomeState.of(
        [Entity("light.a", "light", "🙂"), Entity("light.b", "light", "a" * 300), Entity("light.c", "light", "Lamp")]
    )
    made = build(grammar.intents, grammar.slot_lists(odd), "en")
    assert made.automaton.accepts(("turn", "on", "lamp"))


def test_asking_once_a_kind_of_name_equals_asking_once_a_name() -> None:
    domains = ("light", "lock", "switch", "cover")
    named = [(f"Room{chr(97 + n % 7)} Thing{chr(97 + n)}", domains[n % 4]) for n in range(20)]
    # A value may be a template too; its place among the others counts.
    texts = [(name if n % 6 else f"[big] {name}", name, domain) for n, (name, domain) in enumerate(named)]

    def lists(*, alike: bool) -> dict[str, TextSlotList]:
        contexts = [{"domain": domain} | ({} if alike else {"number": n}) for n, (*_, domain) in enumerate(texts)]
        rows = [(text, name, context) for (text, name, _), context in zip(texts, contexts, strict=True)]
        return {"name": TextSlotList.from_tuples(rows)}  # type: ignore[arg-type]

    grammar = Grammar("en")
    kinds, one_by_one = (build(grammar.intents, lists(alike=alike), "en") for alike in (True, False))
    assert kinds.automaton == one_by_one.automaton
    assert dict(kinds.spellings) == dict(one_by_one.spellings)
    assert kinds.automaton.accepts(("turn", "on", "big", "rooma", "thinga"))
    assert kinds.automaton.accepts(("lock", "roomb", "thingb"))
    assert not kinds.automaton.accepts(("lock", "rooma", "thinga"))


def test_what_answers_which_one_is_expected(home: HomeState) -> None:
    grammar = Grammar("en")
    made = build(
        intents(["stop"]), grammar.slot_lists(home), "en", answers=answers("en"), choices=sentences("en", home)
    )
    for text in (
        *("the kitchen light", "kitchen", "in the bedroom", "the garage one", "front", "the front one", "counter"),
        *("both", "all of them", "all three", "neither", "the second one", "the last", "upstairs", "ground floor"),
    ):
        assert made.automaton.accepts(tuple(text.split())), text
    assert not made.automaton.accepts(("the", "attic"))


def test_a_home_without_devices_expects_no_names() -> None:
    empty = HomeState()
    made = build(intents(["stop"]), Grammar("en").slot_lists(empty), "en", choices=sentences("en", empty))
    assert made.automaton.accepts(("both",))
    assert {"stop", "neither", "the second one"} <= said(made)


def test_what_was_taught_is_expected_and_so_is_what_teaches() -> None:
    one = intents(["turn on the lamp"])
    assert said(build(one, {}, "en", learnt=["Hocus Pocus"])) == {"turn on the lamp", "hocus pocus"}
    assert said(build(one, {}, "en", before=["no I meant"])) == {"turn on the lamp", "no i meant turn on the lamp"}
