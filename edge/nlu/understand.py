"""The stage that finds what was said among what was heard.

`Turn.interpretation` is what the words alone say, None where only the context tells; `Turn.readings` is that and the
open readings, which `edge.nlu.context` grounds.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from edge.core.home import HomeState
from edge.core.pipeline import StageError
from edge.core.questions import CONFIRM
from edge.core.timers import Timer
from edge.core.turn import Hypothesis, Interpretation, Plan, Turn
from edge.nlu.candidates import Candidate, candidates
from edge.nlu.choice_reading import Answers
from edge.nlu.grammar import Grammar
from edge.nlu.open import leaves_open
from edge.nlu.policy import MIN_YES, YES, answer, answer_among
from edge.nlu.reading import Reader
from edge.nlu.timer_choice import TimerAnswers, asks_which_timer

MIN_CONFIDENCE = 0.5
"""Hypotheses below it are not looked at: a recogniser's confidence is meant as the chance of being right, and acting on
less than an even chance would be guessing with somebody's door."""

_MOST = 3
"""Hypotheses that are read as open sentences; the context tells little of what was heard worse."""
_BROKEN = re.compile("[\ud800-\udfff\ufffd]")
"""What is left of a character that was cut or mistyped: the word that it was in is not to be passed over."""
_SURE = 0.9
"""A name that nobody knows is as often misheard as wrong; only one that was heard this surely is told back."""


class Understand:
    """Reads the rewrite where one fired, else the hypotheses, best first; the first that the grammar knows wins.

    After a question of the hub's a yes, a no or a choice is an answer to it.

    Raises StageError: `understand.nothing_heard`, `understand.low_confidence` or `understand.no_intent`.
    """

    name = "understand"
    reads = ("home", "utterance", "rewrite", "asked", "timers")
    writes = ("interpretation", "readings")
    always = False

    def __init__(self, grammar: Callable[[], Grammar], *, min_confidence: float = MIN_CONFIDENCE) -> None:
        self._grammar = grammar
        self._min_confidence = min_confidence
        self._reader: Reader | None = None

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its interpretation, and with all that its words may say."""
        interpretation, readings = self._read(turn)
        return replace(turn, interpretation=interpretation, readings=readings)

    def _read(self, turn: Turn) -> tuple[Interpretation | None, tuple[Interpretation, ...]]:
        if turn.rewrite is not None:
            sure = [Hypothesis(turn.rewrite.text, 1.0)]
        else:
            heard = [h for h in turn.utterance.hypotheses if h.text.strip() and not _BROKEN.search(h.text)]
            if not heard:
                raise StageError("understand.nothing_heard", "no words were heard")
            if turn.asked is not None and (said := self._answer(heard, turn.asked, turn)):
                return said, ()
            sure = [h for h in heard if h.confidence >= self._min_confidence]
            if not sure:
                raise StageError("understand.low_confidence", "the words were not heard clearly enough to act on")
        if self._reader is None or self._reader.grammar is not self._grammar():
            self._reader = Reader(self._grammar())
        return self._readings(self._reader, sure, turn)

    def _readings(
        self, reader: Reader, heard: Sequence[Hypothesis], turn: Turn
    ) -> tuple[Interpretation | None, tuple[Interpretation, ...]]:
        home, texts = turn.home, [hypothesis.text for hypothesis in heard]
        read = ((at, found) for at, text in enumerate(texts) if (found := reader.interpret(text, home)) is not None)
        at, plain = next(read, (len(texts), None))
        # What was heard worse than a request says nothing about it.
        left_open = next((some for text in texts[: min(at + 1, _MOST)] if (some := reader.left_open(text, home))), ())
        if plain is not None:
            beside = _beside(plain, candidates(reader, heard[:_MOST], home)) if leaves_open(plain) else ()
            return plain, (plain, *beside, *left_open)
        if not all(_takes_anything(reading) for reading in left_open) and left_open:
            return None, left_open
        near = next((found for text in texts if (found := reader.nearest(text, home)) is not None), None)
        if near is not None:
            return near, (*left_open, near)
        sure = turn.rewrite is not None or turn.utterance.hypotheses[0].confidence >= _SURE
        missing = reader.unknown(texts[0], home) if sure else None
        if missing is not None or left_open:
            return missing, left_open
        raise StageError("understand.no_intent", "no sentence of this language and home says that")

    def _answer(self, heard: Sequence[Hypothesis], asked: Plan, turn: Turn) -> Interpretation | None:
        """A yes or no to the question; a yes that is not sure is none, nor is what else was heard a request then."""
        grammar = self._grammar()
        language = grammar.language
        if asked.question != CONFIRM:
            return answers_to(asked, turn.home, turn.timers, grammar).chosen(heard, self._min_confidence)
        found = answer_among(heard, language)
        if found is None:
            return None
        intent = answer(found.text, language) or YES
        if intent == YES and found.confidence < max(MIN_YES, self._min_confidence):
            raise StageError("understand.low_confidence", "the yes was not heard clearly enough to act on")
        return Interpretation(intent, (), found.text, source="answer")


def _beside(plain: Interpretation, found: Sequence[Candidate]) -> Iterator[Interpretation]:
    """The other readings, of whatever was heard, as likely as they are beside the best."""
    for one in found:
        reading = one.interpretation
        if (reading.intent, reading.slots, reading.also) != (plain.intent, plain.slots, plain.also):
            yield replace(reading, score=min(1.0, one.score / found[0].score))


def answers_to(asked: Plan, home: HomeState, timers: tuple[Timer, ...], grammar: Grammar) -> Answers | TimerAnswers:
    """What may answer a question of the hub's, by what it asks between."""

    def is_request(text: str) -> bool:
        return grammar.interpret(text, home) is not None

    if asks_which_timer(asked):
        return TimerAnswers(asked, timers, grammar.language, is_request)
    return Answers(asked, home, grammar.language, is_request)


def _takes_anything(reading: Interpretation) -> bool:
    """Whether any words would do: "start {title}" is no reading of "start the popcorn machine" yet."""
    return reading.slot("title") is not None
