"""Small automata, checked against every sentence that they stand for."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.asr.automaton import Automaton, WordGraph

WORDS = st.lists(st.sampled_from(["turn", "on", "off", "the", "light"]), min_size=1, max_size=4).map(tuple)


def graph_of(*sentences: str, weights: tuple[float, ...] = ()) -> WordGraph:
    graph = WordGraph()
    for number, sentence in enumerate(sentences):
        first = graph.state()
        graph.join(0, first, weights[number] if weights else 1 / len(sentences))
        graph.accept(graph.say(first, sentence))
    return graph


def sentences_of(automaton: Automaton) -> set[str]:
    return {" ".join(sentence) for sentence in automaton.sentences()}


def test_pieces_join_without_a_space() -> None:
    graph = WordGraph()
    light = graph.say(0, "turn on light")
    end = graph.state()
    graph.join(light, end, 0.5)
    graph.join(graph.say(light, "s"), end)
    graph.accept(end)
    assert sentences_of(Automaton.of(graph)) == {"turn on light", "turn on lights"}


def test_no_sentence_gives_one_state() -> None:
    automaton = Automaton.of(WordGraph())
    assert automaton.arcs == ((),)
    assert automaton.words == ()
    assert not automaton.accepts(())


def test_it_is_minimal() -> None:
    automaton = Automaton.of(graph_of("turn the light on", "switch the light on", "turn the fan on"))
    # start, after turn, after switch, after `turn the`, after `switch the`, before on, end
    assert len(automaton.arcs) == 7


def test_probabilities_are_those_of_the_sentences() -> None:
    automaton = Automaton.of(graph_of("turn on", "turn off", "stop", weights=(0.5, 0.25, 0.25)))
    start = {arc.word: arc.probability for arc in automaton.arcs[0]}
    assert start == pytest.approx({"turn": 0.75, "stop": 0.25})
    after_turn = next(arc.target for arc in automaton.arcs[0] if arc.word == "turn")
    assert {a.word: a.probability for a in automaton.arcs[after_turn]} == pytest.approx({"on": 2 / 3, "off": 1 / 3})


@given(st.sets(WORDS, min_size=1, max_size=12))
def test_exactly_the_sentences_are_accepted(sentences: set[tuple[str, ...]]) -> None:
    automaton = Automaton.of(graph_of(*(" ".join(sentence) for sentence in sorted(sentences))))
    assert set(automaton.sentences()) == sentences
    for length in range(1, 4):
        for words in product(["turn", "on", "off"], repeat=length):
            assert automaton.accepts(words) == (words in sentences)


@given(st.sets(WORDS, min_size=1, max_size=12))
def test_it_is_a_distribution_and_in_order(sentences: set[tuple[str, ...]]) -> None:
    automaton = Automaton.of(graph_of(*(" ".join(sentence) for sentence in sorted(sentences))))
    for state, arcs in enumerate(automaton.arcs):
        assert sum(arc.probability for arc in arcs) + automaton.finals[state] == pytest.approx(1)
        assert all(arc.target > state for arc in arcs)
        assert [arc.word for arc in arcs] == sorted({arc.word for arc in arcs})
    ends = sum(m * f for m, f in zip(automaton.passages(), automaton.finals, strict=True))
    assert ends == pytest.approx(1)


@given(st.sets(WORDS, min_size=1, max_size=8), st.sets(WORDS, min_size=1, max_size=8))
def test_embedding_equals_saying(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> None:
    parts = [Automaton.of(graph_of(*(" ".join(s) for s in sorted(part)))) for part in (first, second)]
    graph = WordGraph()
    after = graph.say(graph.embed(parts[0], 0), " and ")
    graph.accept(graph.embed(parts[1], after))
    expected = {(*a, "and", *b) for a in first for b in second}
    assert set(Automaton.of(graph).sentences()) == expected


def test_an_embedded_last_word_can_grow() -> None:
    graph = WordGraph()
    graph.accept(graph.say(graph.embed(Automaton.of(graph_of("light", "ceiling fan")), 0), "s off"))
    assert sentences_of(Automaton.of(graph)) == {"lights off", "ceiling fans off"}


def test_how_probable_it_is_that_nothing_more_comes() -> None:
    automaton = Automaton.of(graph_of("turn on", "turn on the light", "stop", weights=(0.3, 0.1, 0.6)))
    assert automaton.ending(("stop",)) == 1.0
    assert automaton.ending(("turn", "on")) == pytest.approx(0.75)
    assert automaton.ending(("turn", "on", "the")) == 0.0
    assert automaton.ending(("turn", "the")) is None


@given(st.sets(WORDS, min_size=1, max_size=12))
def test_the_covering_sentences_hold_every_pair(sentences: set[tuple[str, ...]]) -> None:
    automaton = Automaton.of(graph_of(*(" ".join(sentence) for sentence in sorted(sentences))))

    def pairs(some: set[tuple[str, ...]]) -> set[tuple[str, str]]:
        return {pair for s in some for pair in zip(("", *s), s, strict=False)}

    covering = set(automaton.covering(frozenset(automaton.words)))
    assert covering <= sentences
    assert pairs(covering) == pairs(sentences)


def test_covering_leaves_out_unknown_words() -> None:
    automaton = Automaton.of(graph_of("turn on", "turn off", "stop"))
    assert set(automaton.covering(frozenset(["turn", "on", "stop"]))) == {("turn", "on"), ("stop",)}
