"""What teaching adds to understanding: "when I say ...", "no, I meant ...", "what have you learned?".

A correction is read as the request that was meant, and `Turn.readings` begins with `EdgeMeantRequest`, so that it is
carried out like any other and feedback knows it for what it is. What is taught is read here and planned in
`edge.nlu.taught`. There are sentences for English alone as yet; in other languages nothing is added.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from edge.core.home import HomeState
from edge.core.lessons import LessonAction, LessonDo, asks
from edge.core.pipeline import Stage, StageError
from edge.core.talk import MIN_LESSON, UNSURE_LESSON, surely
from edge.core.text import normalize
from edge.core.timers import ringing
from edge.core.turn import Hypothesis, Interpretation, Slot, Turn
from edge.nlu import teachable_en as en
from edge.nlu.choice_words import KINDS
from edge.nlu.described import described
from edge.nlu.guided import guide_answer, not_fitting
from edge.nlu.liked import liked
from edge.nlu.open import DO, MEANT, OPEN_INTENTS, OTHER, UNDO
from edge.nlu.paraphrase import tidy, without_courtesy
from edge.nlu.policy import MIN_YES, YES, answer, answer_among
from edge.nlu.reading import begins_request
from edge.nlu.taught import CONFIRM, DENY, FORGET, GUIDE, LEARNED, LIKE, MEANT_REQUEST, NAME, PHRASE, REMEMBER
from edge.nlu.timely import heard_for_ring

MIN_CONFIDENCE = 0.5
"""Hypotheses below it are not looked at, as in `edge.nlu.understand`."""
MAX_PHRASE = 8
"""Words of a phrase that is taught; who says more tells a story."""
MAX_TRIES = 12
"""Ways in which "when I say ..." is taken apart."""
_GOES_ON = (MEANT, OTHER, UNDO)
_LASTING = (FORGET, LIKE, NAME, PHRASE, REMEMBER)
"""What changes what is remembered."""


class Teachable:
    """`Understand`, with teaching in mind; its slots, its errors and its name are those of the stage that it is given.

    language: other than English nothing is added. meaning: what a text means to the household, or the text: "no, I
    meant movie time" is read as what movie time means, and that is what is learnt, so that no rewrite leads to another.
    """

    always = False

    def __init__(
        self, understand: Stage, language: str = "en", *, meaning: Callable[[str], str] = lambda text: text
    ) -> None:
        self._understand, self._meaning = understand, meaning
        self._english = language.split("-", maxsplit=1)[0] == "en"
        self.name = understand.name
        self.reads = tuple(dict.fromkeys((*understand.reads, "asked", "timers")))
        self.writes = understand.writes

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its interpretation."""
        if not self._english or (ringing(turn.timers) and heard_for_ring(turn.utterance.hypotheses)):
            return self._plainly(turn)
        if turn.asked is not None and asks(turn.asked.lesson):
            if (found := self._answer(turn)) is not None:
                return replace(turn, interpretation=found, readings=(found,))
        elif turn.asked is not None:
            after = self._tried(turn)
            if after is not None and after.interpretation is not None and after.interpretation.source == "answer":
                return after
        for said in _heard(turn):
            if (done := self._taught(said, turn) or self._corrected(said, turn)) is not None:
                return done
        return self._aside(turn) if _is_guided(turn) else self._plainly(turn)

    def _aside(self, turn: Turn) -> Turn:
        """What is no answer to a question of the guided talk: a request, else it is asked once more."""
        try:
            return self._plainly(turn)
        except StageError as error:
            if error.code != "understand.no_intent":
                raise
            found = not_fitting(turn.text)
            return replace(turn, interpretation=found, readings=(found,))

    def _answer(self, turn: Turn) -> Interpretation | None:
        """What was said to a question about what is learned."""
        lesson = turn.asked.lesson if turn.asked is not None else None
        if lesson is None:
            return None
        heard = [Hypothesis(turn.rewrite.text, 1.0)] if turn.rewrite else turn.utterance.hypotheses
        if lesson.do is LessonDo.GUIDE:
            sure = [one.text for one in heard if one.confidence >= MIN_CONFIDENCE]
            said_so = (one for text in sure if (one := guide_answer(text, lesson.topic)) is not None)
            # "Turn on the light" is no kind of music; "twenty one degrees" is an answer, though it is a request else.
            return next((o for o in said_so if o.slot("value") is None or not begins_request(_plain(o.text))), None)
        if (said := answer_among(heard, "en")) is not None:
            yes = answer(said.text, "en") == YES
            if yes and said.confidence < (MIN_LESSON if lesson.do is LessonDo.OFFER else MIN_YES):
                raise StageError("understand.low_confidence", "the yes was not heard clearly enough to act on")
            return Interpretation(CONFIRM if yes else DENY, (), said.text, source="answer")
        plain = (normalize(one.text) for one in heard[:1])
        for text in plain:
            if text in en.YES or text in en.CONFIRM or text in en.DENY:
                return Interpretation(DENY if text in en.DENY else CONFIRM, (), text, source="answer")
        return None

    # Corrections

    def _corrected(self, text: str, turn: Turn) -> Turn | None:
        """The turn as the request that is meant; None where the words are no correction that names a whole one."""
        sure = en.MEANT.match(text)
        match = sure or en.MEANT_BARE.match(text)
        if match is None:
            return None
        whole = self._tried(turn)
        if whole is not None:
            first = whole.interpretation
            goes_on = any(r.intent in _GOES_ON or (r.intent == DO and not sure) for r in whole.readings)
            if goes_on or (first is not None and first.source == "grammar" and not sure):
                return None
        said, plain = match["request"], " ".join(tidy(match["request"].split()))
        request = next((m for m in map(self._meaning, (said, plain)) if m not in (said, plain)), plain)
        after = self._read(request, turn) if request else None
        if after is None or not _says_something(after) or (not sure and after.interpretation is None):
            return None
        if (found := after.interpretation) is not None and found.source == "nearest" and not sure:
            return None
        mark = Interpretation(MEANT_REQUEST, (Slot("request", request, request),), turn.text)
        return replace(turn, interpretation=after.interpretation, readings=(mark, *after.readings))

    # Teaching

    def _taught(self, text: str, turn: Turn) -> Turn | None:
        found = self._surely(text, turn) or self._loosely(text, turn)
        if found is None:
            return None
        if found.intent in _LASTING and not surely(turn):
            raise StageError(UNSURE_LESSON, "what is taught stays taught, and was not heard clearly enough")
        found = replace(found, text=turn.text)
        return replace(turn, interpretation=found, readings=(found,))

    def _surely(self, text: str, turn: Turn) -> Interpretation | None:
        """What nothing else says."""
        for intent, words in _FIXED:
            if text in words:
                return Interpretation(intent, (), text)
        if text in en.FORGET_ALL:
            return _made(FORGET, everything=True)
        if (match := en.PHRASE_REST.match(text)) is not None:
            return self._phrase(match["rest"], turn)
        for pattern in en.PHRASES:
            if (match := pattern.match(text)) is not None and not _is_said_of(match["heard"]):
                return phrase_means(match["heard"], match["means"], turn.home)
        if (match := en.FORGET.match(text)) is not None:
            return _made(FORGET, heard=_unquoted(match["heard"]))
        if (match := en.TELL_OF.match(text)) is not None and match["heard"] not in en.NOTHING | {"i", "we"}:
            return _made(LEARNED, heard=_unquoted(match["heard"]))
        return None

    def _loosely(self, text: str, turn: Turn) -> Interpretation | None:
        """What may be a request too, and is teaching only where it is none."""
        found: Interpretation | None = None
        if (match := en.SHOULD.match(text)) is not None and begins_request(match["means"]):
            found = _made(PHRASE, heard=match["heard"], means=match["means"])
            if not self._is_request(match["means"], turn):
                found = None
        elif (match := en.CALL.match(text)) is not None:
            found = _call(match["rest"], turn.home)
        elif (match := en.CALLED.match(text)) is not None and _is_one(match["device"], turn.home):
            found = is_called(match["device"], _unquoted(match["name"]))
        elif (match := en.FORGET_BARE.match(text)) is not None:
            found = _made(FORGET, heard=_unquoted(match["heard"]), loose=True)
        else:
            found = liked(text, turn.home)
        return None if found is None or self._is_request(text, turn, exact=True) else found

    def _phrase(self, rest: str, turn: Turn) -> Interpretation:
        """Phrase and request; where they are told apart by nothing else, the request is what the home understands."""
        if (quoted := _told_apart(turn.text)) is not None:
            return phrase_means(*quoted, turn.home)
        said = rest.split()
        for at in range(1, len(said)):
            for words in en.BETWEEN:
                size = len(words.split())
                if " ".join(said[at : at + size]) == words and at + size < len(said):
                    return phrase_means(" ".join(said[:at]), " ".join(said[at + size :]), turn.home)
        splits = [at for at in range(1, min(len(said), MAX_PHRASE + 1)) if len(said) > at]
        begun = [at for at in splits if begins_request(" ".join(said[at:]))]
        whole = begins_request(rest) and self._is_request(rest, turn, exact=True)
        if whole and not any(self._is_request(" ".join(said[at:]), turn, exact=True) for at in begun[:MAX_TRIES]):
            return phrase_means("", rest, turn.home)  # the phrase is missing, which is told
        for at in (begun or splits)[:MAX_TRIES]:
            if self._is_request(" ".join(said[at:]), turn):
                return phrase_means(" ".join(said[:at]), " ".join(said[at:]), turn.home)
        at = (begun or [min(2, len(said))])[0]
        return phrase_means(" ".join(said[:at]), " ".join(said[at:]), turn.home)

    # Understanding

    def _plainly(self, turn: Turn) -> Turn:
        """Without the question that only this stage knows the answers to."""
        if turn.asked is None or not asks(turn.asked.lesson):
            return self._understand(turn)
        return replace(self._understand(replace(turn, asked=None)), asked=turn.asked)

    def _tried(self, turn: Turn) -> Turn | None:
        try:
            return self._plainly(turn)
        except StageError:
            return None

    def _read(self, text: str, turn: Turn) -> Turn | None:
        """The turn as if it said this; its utterance is that of the turn."""
        heard = replace(turn.utterance, hypotheses=(Hypothesis(text, 1.0),))
        found = self._tried(replace(turn, utterance=heard, rewrite=None, asked=None))
        return found and replace(turn, interpretation=found.interpretation, readings=found.readings)

    def _is_request(self, text: str, turn: Turn, *, exact: bool = False) -> bool:
        """Whether the home understands the text. exact: without a guess, and without what the context would find."""
        found = self._read(text, turn)
        if found is None or found.interpretation is None:
            return found is not None and not exact and any(r.intent in OPEN_INTENTS for r in found.readings)
        return found.interpretation.source == "grammar" or not exact


def phrase_means(heard: str, means: str, home: HomeState) -> Interpretation:
    """A phrase that means a request, either maybe empty; one that means a device is a name for it."""
    heard, means = _unquoted(heard), " ".join(without_courtesy(tuple(_unquoted(means).split())))
    plain = without_courtesy(tuple(heard.split()))
    heard = " ".join(plain) if len(plain) > 1 else heard
    found = described(means, home) if heard and not begins_request(means) else ()
    if len(found) == 1 and found[0].domain in _SETTINGS:
        return _made(PHRASE, heard=heard, means=f"activate {normalize(found[0].name)}")
    return is_called(means, heard) if len(found) == 1 else _made(PHRASE, heard=heard, means=means)


def is_called(device: str, name: str) -> Interpretation:
    """A name for the device that is described so."""
    return _made(NAME, device=device, name=name)


def answers_lesson(asked: LessonAction, heard: Iterable[Hypothesis]) -> bool:
    """Whether what was heard answers the question that a lesson asks, whatever its confidence."""
    every = tuple(heard)
    if asked.do is LessonDo.GUIDE:
        return any(guide_answer(one.text, asked.topic) is not None for one in every)
    said = {normalize(one.text) for one in every[:1]}
    return answer_among(every, "en") is not None or bool(said & (en.CONFIRM | en.DENY | en.YES))


def framed(text: str) -> Iterator[tuple[str, str]]:
    """Where in a sentence that teaches, as a recogniser wrote it freely, the free words end and the request begins.

    text: words, one space apart. Yields what is free with what is a request; one that is free to its end alone.
    """
    said, plain = text.split(), normalize(text)
    names = plain.startswith(_NAMES) and len(said) >= 5
    if len(said) != len(plain.split()) or not (names or is_teaching(plain, "en")):
        return
    if en.PHRASE_REST.match(plain):
        begins = [at for at in range(4, min(len(said) - 1, 4 + MAX_PHRASE)) if begins_request(said[at])]
    else:
        begins = [at + 1 for at, word in enumerate(said[:-1]) if word in ("means", "mean", "meant")]
    for at in begins[:2]:
        yield " ".join(said[:at]), " ".join(said[at:])
    if not begins:
        yield text, ""


def is_teaching(text: str, language: str) -> bool:
    """Whether a text is said about what is learned, or corrects: such a one is never rewritten."""
    if language.split("-", maxsplit=1)[0] != "en":
        return False
    said = " ".join(tidy(normalize(text).split()))
    if any(said in words for _, words in _FIXED) or said in en.FORGET_ALL:
        return True
    patterns = (en.MEANT, en.PHRASE_REST, *en.PHRASES, en.FORGET, en.TELL_OF, *en.TEMPERATURES, en.CALLED, en.FAN)
    return any(pattern.match(said) for pattern in patterns)


_PLACED = ("by ", "in ", "at ", "on ", "of ", "near ", "beside ", "behind ", "under ", "next ")
_KINDS = frozenset(word for some in KINDS.values() for word in some)
"""What devices are called, whatever their names."""
_SMALL = frozenset((*(word.strip() for word in _PLACED), "to", "the", "a", "an", "my", "our", "and"))
"""What no description of a device ends with."""
_NAMES = ("call the ", "call my ", "call our ", "rename the ", "rename my ", "name the ")
_SETTINGS = ("scene", "script")
"""What is called by its name to be done."""
_FIXED = (
    (CONFIRM, en.CONFIRM),
    (DENY, en.DENY),
    (GUIDE, en.GUIDE),
    (REMEMBER, en.REMEMBER),
    (FORGET, en.FORGET_LAST),
    (LEARNED, en.TELL),
)


def _heard(turn: Turn) -> Iterator[str]:
    """What was heard best, in normal form and without courtesy; of the rewrite where one fired."""
    if turn.rewrite is not None:
        return
    sure = [one.text for one in turn.utterance.hypotheses[:1] if one.confidence >= MIN_CONFIDENCE]
    for text in sure:
        plain = normalize(text)
        yield from dict.fromkeys((plain, " ".join(tidy(plain.split()))))


def _is_said_of(heard: str) -> bool:
    """Whether what stands before "mean" is no phrase: "i mean", "what does that mean"."""
    said = heard.split()
    return said[0] in ("what", "does", "do", "did") or said[-1] in ("i", "we", "you", "they", "it", "that", "this")


def _says_something(turn: Turn) -> bool:
    return turn.interpretation is not None or any(r.intent in OPEN_INTENTS for r in turn.readings)


def _made(intent: str, **slots: str | bool) -> Interpretation:
    return Interpretation(
        intent, tuple(Slot(name, value, value if isinstance(value, str) else "") for name, value in slots.items()), ""
    )


def _is_guided(turn: Turn) -> bool:
    lesson = turn.asked.lesson if turn.asked is not None else None
    return lesson is not None and lesson.do is LessonDo.GUIDE and lesson.asks


def _plain(text: str) -> str:
    return " ".join(tidy(normalize(text).split()))


def _is_one(said: str, home: HomeState) -> bool:
    return said in en.IT or bool(described(said, home))


def _call(rest: str, home: HomeState) -> Interpretation | None:
    """Device and name: before an article within where that is one device, else after as much as describes one."""
    said = rest.split()
    inner = [at for at in range(1, len(said)) if said[at] in ("the", "my", "our", "a", "an")]
    several: Interpretation | None = None
    for at in (*inner, *range(len(said) - 1, 0, -1)):
        device, name = " ".join(said[:at]), " ".join(said[at:])
        if name.startswith(_PLACED):
            continue
        found = 1 if device in en.IT else len(described(device, home))
        made = is_called(device, _unquoted(name))
        if found == 1:
            return made
        several = several or (made if found else None)
    return several or next((one for at in inner if (one := _of_none(said[:at], said[at:])) is not None), None)


def _of_none(device: list[str], name: list[str]) -> Interpretation | None:
    """A name for a sort of device of which there is none, which is told; "call the doctor a cab" is none."""
    if device[-1] in _SMALL or " ".join(name).startswith(_PLACED) or _KINDS.isdisjoint(device):
        return None
    return is_called(" ".join(device), _unquoted(" ".join(name)))


def _told_apart(text: str) -> tuple[str, str] | None:
    """Phrase and request of "when I say 'movie time', dim ...", where marks or a comma part them."""
    match = en.MARKED.match(" ".join(text.split()))
    if match is None:
        return None
    heard, means = normalize(match["quoted"] or match["plain"] or ""), normalize(match["means"])
    for words in en.BETWEEN:
        means = means.removeprefix(f"{words} ")
    return heard, means


def _unquoted(text: str) -> str:
    """Without what introduces a phrase or a name: "the word", "to"."""
    said = text.split()
    while len(said) > 1 and said[0] in ("word", "words", "phrase", "to", "as", "just"):
        said = said[1:]
        if len(said) > 1 and said[0] in ("the", "my", "our"):
            said = said[1:]
    if len(said) > 2 and said[0] == "the" and said[1] in ("word", "words", "phrase"):
        said = said[2:]
    return " ".join(said)
