"""The answers to the questions of the guided talk ("learn my preferences"). Pure, English."""

from edge.core.text import normalize
from edge.core.turn import Interpretation, Slot
from edge.nlu import teachable_en as en
from edge.nlu.liked import liked_words, value_of
from edge.nlu.paraphrase import tidy

ANSWER = "EdgeGuideAnswer"
"""Intent of an answer; slot `value` for what is liked, `end` where no more is to be asked, `again` where it fits
nothing; none of these: the next one."""


def guide_answer(text: str, topic: str) -> Interpretation | None:
    """What a text answers to the question about a topic; None where it is no answer to it."""
    plain = normalize(text)
    said = " ".join(tidy(plain.split())) or plain
    if said in en.END or plain in en.END:
        return _answer(text, Slot("end", True))
    if said in en.SKIP or plain in en.SKIP:
        return _answer(text)
    for words in dict.fromkeys((said, plain)):
        match = en.ABOUT_IT.match(words)
        value = value_of(match["value"], topic) if match is not None else None
        if value is not None:
            return _answer(text, Slot("value", value, value))
    other = liked_words(said)
    return _answer(text, Slot("value", other[1], other[1])) if other is not None and other[0] == topic else None


def not_fitting(text: str) -> Interpretation:
    """What is neither an answer nor anything else; the slot `again` is on it."""
    return _answer(text, Slot("again", True))


def _answer(text: str, *slots: Slot) -> Interpretation:
    return Interpretation(ANSWER, slots, text, source="answer")
