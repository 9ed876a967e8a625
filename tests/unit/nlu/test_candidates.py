"""The readings of all that was heard: bounded, in order, and the first of them what `Understand` takes."""

import pytest

from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Turn, Utterance
from edge.nlu.candidates import candidates
from edge.nlu.grammar import Grammar
from edge.nlu.reading import MAX_READS, Reader
from edge.nlu.understand import Understand


class CountingGrammar(Grammar):
    """Counts how often it is asked."""

    asked = 0

    def interpret(self, text, home):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().interpret(text, home)


@pytest.fixture(scope="module")
def grammar() -> CountingGrammar:
    return CountingGrammar("en")


HEARD = (
    Hypothesis("turn on the bedroom light", 0.9),
    Hypothesis("turn off the bedroom light", 0.8),
    Hypothesis("torn off the kitchen light", 0.7),
    Hypothesis("turn on the bedroom light", 0.6),
    Hypothesis("sing a song", 0.6),
    Hypothesis("lock the front door", 0.2),
)


def test_best_first_and_each_once(grammar: Grammar, home: HomeState) -> None:
    found = candidates(Reader(grammar), HEARD, home, min_confidence=0.5)
    named = [(c.interpretation.intent, c.interpretation.slot("name"), c.heard) for c in found]
    assert named[:2] == [("HassTurnOn", "Bedroom Light", 0), ("HassTurnOff", "Bedroom Light", 1)]
    assert ("HassTurnOff", "Kitchen Light", 2) in named
    assert len({(c.interpretation.intent, c.interpretation.slots) for c in found}) == len(found)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert all(0.0 < c.score <= 0.9 for c in found)
    near = next(c for c in found if c.heard == 2)
    assert near.interpretation.source == "nearest"
    assert near.score < 0.7


def test_the_first_is_what_is_understood(grammar: Grammar, home: HomeState) -> None:
    for hypothesis in HEARD[:3]:
        turn = Understand(lambda: grammar)(Turn("t", 0, home, Utterance((hypothesis,))))
        assert candidates(Reader(grammar), [hypothesis], home)[0].interpretation == turn.interpretation


def test_never_more_than_the_limit(grammar: Grammar, home: HomeState) -> None:
    assert len(candidates(Reader(grammar), HEARD, home, limit=2)) == 2
    assert candidates(Reader(grammar), (), home) == ()
    assert candidates(Reader(grammar), [Hypothesis("  ", 1.0), Hypothesis("x" * 5000, 1.0)], home) == ()


@pytest.mark.parametrize(
    "text", ["foo and bar and baz then qux", "foo and bar " * 20, "turn on foo " * 24, "and " * 70, "\x00 and \x07"]
)
def test_the_grammar_is_asked_a_bounded_number_of_times(grammar: CountingGrammar, home: HomeState, text: str) -> None:
    before = grammar.asked
    assert Reader(grammar).interpret(text, home) is None
    assert grammar.asked - before <= MAX_READS + 1
