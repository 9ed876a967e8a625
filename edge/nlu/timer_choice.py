"""Reads the answer to "which timer?": its name, its length, its time, its place in the order, all, or none. Pure.

As with devices, a text is an answer where it says one of these and nothing else; one that fits none or several is asked
about once more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from edge.core.pipeline import StageError
from edge.core.questions import again, first
from edge.core.text import normalize, words
from edge.core.timers import Timer, TimerKind
from edge.core.turn import Hypothesis, Interpretation, Plan, Refusal, Slot
from edge.nlu.choice import CHOICE, declined
from edge.nlu.choice_words import choice_words
from edge.nlu.policy import NO, answer
from edge.nlu.spoken_time import seconds_of, time_of
from edge.nlu.timers import shows

QUESTIONS = ("which_timer", "which_alarm")
TIMERS = "timers"
"""Slot of an answer: ids of the timers that were chosen, joined by commas; none where it fits none or several."""

_CALLED = frozenset(("timer", "timers", "alarm", "alarms"))
_CANCEL = frozenset(("forget it", "leave it", "leave them"))


def asks_which_timer(asked: Plan | None) -> bool:
    """Whether this question is one between timers."""
    return asked is not None and asked.timer is not None and first(asked.question or "") in QUESTIONS


@dataclass(frozen=True, slots=True)
class TimerAnswers:
    """What may answer one question between timers."""

    asked: Plan
    timers: tuple[Timer, ...]
    """Those that there are now."""
    language: str
    is_request: Callable[[str], bool]
    """Whether a text is a whole request, which ends the question."""

    def any_in(self, heard: Iterable[Hypothesis]) -> bool:
        """Whether what was heard answers the question at all, whatever its confidence."""
        return any(self.choice(one.text) is not None for one in heard)

    def chosen(self, heard: Iterable[Hypothesis], min_confidence: float) -> Interpretation | None:
        """The answer; None where what was heard is none. A no may be any reading, as it does no harm.

        Raises StageError (`understand.low_confidence`) for one that was not heard clearly enough.
        """
        said = [(one, found) for one in heard if (found := self.choice(one.text)) is not None]
        no = next((found for _, found in said if found.intent == NO), None)
        if no is not None or not said:
            return no
        hypothesis, best = next(((one, found) for one, found in said if found.slots), said[0])
        if hypothesis.confidence < min_confidence:
            raise StageError("understand.low_confidence", "the answer was not heard clearly enough to act on")
        return best

    def choice(self, text: str) -> Interpretation | None:
        """What the text chooses; without slots where it is an answer that fits none or several, None for no answer."""
        phrase, known = normalize(text), choice_words(self.language)
        small = known.small | _CALLED
        content = tuple(word for word in phrase.split() if word not in small)
        bare = " ".join(content)
        if answer(phrase, self.language) == NO or {phrase, bare} & {*known.neither, *_CANCEL}:
            return declined(text)
        there = [timer for timer in self.timers if timer.id in (self.asked.timer.ids if self.asked.timer else ())]
        every = {*known.every, *known.every_of.get(len(there), ())}
        if {phrase, bare} & every:
            return self._of(text, there, all_of_them=True)
        if not content:
            return self._of(text, []) if phrase else None
        for found in (self._named(content, there), self._told(phrase, bare, there)):
            if found is not None:
                return self._of(text, found)
        ways = (*known.ordinals, known.last)
        at = next((n for n, one in enumerate(ways) if {phrase, bare} & set(one)), None)
        if at is not None:
            last = at == len(known.ordinals)
            return self._of(text, there[-1:] if last else there[at : at + 1])
        # "The blue one" is an answer to something; "the blue lamp" is not.
        of_others = {phrase, bare} & {one for ways in known.every_of.values() for one in ways}
        is_answer = not known.ones.isdisjoint(phrase.split()) or answer(phrase, self.language) is not None or of_others
        return self._of(text, []) if is_answer and not self.is_request(text) else None

    def _named(self, content: tuple[str, ...], there: list[Timer]) -> list[Timer] | None:
        """Those whose whole name it is, or that of what they are for, else those of whose names it is a part."""
        names = [(timer, [words(timer.name), *(words(one) for x in timer.then for one in x.names)]) for timer in there]
        whole = [timer for timer, called in names if any(tuple(one) == content for one in called)]
        return whole or [timer for timer, called in names if any(set(content) <= set(one) for one in called)] or None

    def _told(self, phrase: str, bare: str, there: list[Timer]) -> list[Timer] | None:
        """Those of the length or the time that it says; None where it says none."""
        if first(self.asked.question or "") == "which_alarm":
            for said in (phrase, bare):
                clock = time_of(said)
                if clock is not None:
                    return [timer for timer in there if timer.kind is TimerKind.ALARM and shows(timer, clock)]
            return None
        # "The ten minute one", and "the one hour timer".
        whole = " ".join(word for word in phrase.split() if word not in _CALLED and word != "the")
        seconds = next((found for said in (bare, whole) if (found := seconds_of(said)) is not None), None)
        return None if seconds is None else [timer for timer in there if timer.seconds == round(seconds)]

    @staticmethod
    def _of(text: str, found: list[Timer], *, all_of_them: bool = False) -> Interpretation:
        ids = ",".join(timer.id for timer in found) if len(found) == 1 or all_of_them else ""
        return Interpretation(CHOICE, (Slot(TIMERS, ids),) if ids else (), text, source="answer")


def after_choice(said: Interpretation, asked: Plan) -> Plan | None:
    """The plan after an answer to a question between timers; None where it was another question."""
    if not asks_which_timer(asked) or asked.timer is None:
        return None
    if said.intent == NO:
        return Plan()
    if (ids := said.slot(TIMERS)) is None:
        more = again(asked.question or "")
        return replace(asked, question=more) if more else Plan(refusal=Refusal("resolve.no_choice"))
    return Plan(timer=replace(asked.timer, ids=tuple(str(ids).split(","))))
