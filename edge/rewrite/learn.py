"""The stages that carry out what is taught, and that ask about what was learned.

`Learn` comes before anything is acted on: what is taught is kept, or refused in words, when the household is told.
`Ask` comes after: whether to remember what a phrase seems to mean, and, seldom, whether it was right.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.core.errors import EdgeError
from edge.core.home import HomeState
from edge.core.lessons import Lesson, LessonAction, LessonDo, LessonKind, is_void, sort_of
from edge.core.text import normalize
from edge.core.turn import Interpretation, Plan, Refusal, Result, Turn
from edge.rewrite.entry import Rule, Source
from edge.rewrite.labels import content_of, is_request, label_of
from edge.rewrite.teach import Lessons
from edge.rewrite.teaching import checked

REMEMBER_MS = 120_000
"""How long before a success its failure may be, where somebody says "remember that"."""
ASK_EVERY_MS = 10 * 60_000
"""Between two questions whether it worked: who is asked more often stops answering."""


_DONE_TO_ALL = ("turn on", "turn on the", "turn off", "open", "open the", "close the")
"""What is said of a kind of device, or of everything, as of one: a name that is one of these would narrow it."""

Trial = Callable[[Turn, str], Turn]
"""Given a turn and a text: the turn as it would be if that had been said, with nothing done."""


class Learn:
    """Carries out `plan.lesson`; a plan without passes unchanged, and so does one that asks or refuses.

    trial: understanding and context, without rewriting and acting. recent: turns before this one, latest first.
    What cannot be learned is refused: `teach.not_understood`, `teach.not_together`, `teach.only_told`,
    `teach.works_already`, `teach.means_that`,
    `teach.nothing_learned`, `teach.nothing_to_remember`, `teach.not_known`, and the codes of `Lessons` and its rules.
    """

    name = "learn"
    reads = ("home", "plan", "interpretation")
    writes = ("plan",)
    always = False

    def __init__(self, lessons: Lessons, trial: Trial, recent: Callable[[], Sequence[Turn]]) -> None:
        self._lessons, self._trial, self._recent = lessons, trial, recent

    def __call__(self, turn: Turn) -> Turn:
        """The turn with the plan as it was carried out, or a refusal."""
        self._lessons.rules.note(turn)
        plan = turn.plan
        if plan is None or plan.lesson is None or plan.question is not None or plan.refusal is not None:
            return turn
        try:
            done = self._done(plan.lesson, turn)
        except EdgeError as error:
            return replace(turn, plan=Plan(refusal=Refusal(error.code, str(error))))
        if isinstance(done, Refusal):
            return replace(turn, plan=Plan(refusal=done))
        if _changes(done) and self._lessons.unwritten:
            done = replace(done, unwritten=True)
        return replace(turn, plan=replace(plan, lesson=done))

    def _done(self, wanted: LessonAction, turn: Turn) -> LessonAction | Refusal:
        if wanted.do is LessonDo.PHRASE:
            return self._phrase(wanted, turn, Source.TAUGHT)
        if wanted.do is LessonDo.NAME:
            return self._name(wanted, turn)
        if wanted.do is LessonDo.LIKE:
            return self._like(wanted, turn)
        if wanted.do is LessonDo.REMEMBER:
            return self._remember(turn)
        if wanted.do is LessonDo.FORGET:
            return wanted if wanted.asks else self._forget(wanted, turn)
        if wanted.do is LessonDo.TELL:
            known = self._lessons.known(wanted.heard)
            if wanted.heard and not known:
                return Refusal("teach.not_known", wanted.heard)
            lines = _told(known, turn)
            paused = [self._lessons.paused(one) for one in reversed(known)]
            return replace(
                wanted, told=tuple(f"{a}, which is paused" if b else a for a, b in zip(lines, paused, strict=True))
            )
        if wanted.do is LessonDo.GUIDE:
            return self._guided(wanted, turn)
        if wanted.do is LessonDo.OFFER and wanted.heard and not wanted.asks:
            rule = self._lessons.phrase(wanted.heard, wanted.means, source=Source.AGREED)
            return replace(wanted, means=rule.means)
        return wanted

    def _phrase(self, wanted: LessonAction, turn: Turn, source: Source) -> LessonAction | Refusal:
        checked(wanted.heard, wanted.means, self._lessons.reserved, lambda _: ())  # before what is said about it here
        known, means = self._lessons.meaning(wanted.heard), self._lessons.meaning(wanted.means)
        if known == means and known != wanted.heard:
            return Refusal("teach.means_that", wanted.heard)
        tried = self._trial(turn, means)
        if (refused := self._unable(tried, wanted.means, turn)) is not None:
            return refused
        if (taken := self._taken(wanted.heard, turn, label_of(tried))) is not None:
            return taken
        rule = self._lessons.phrase(wanted.heard, wanted.means, source=source, label=label_of(tried))
        return replace(wanted, heard=rule.heard, means=rule.means)

    def _unable(self, tried: Turn, means: str, turn: Turn) -> Refusal | None:
        """Why the request cannot be done here; it names the first part that cannot."""
        if _can(tried):
            return None
        plan = tried.plan
        if plan is not None and plan.refusal is not None and plan.refusal.code == "resolve.not_allowed":
            return plan.refusal
        parts = [part for part in f" {means} ".split(" and ") if part.strip()]
        if len(parts) > 1:
            alone = [(part.strip(), self._trial(turn, part.strip())) for part in parts]
            unable = next((part for part, tried in alone if not _can(tried)), None)
            return Refusal("teach.not_understood", unable) if unable else self._apart(alone, turn)
        return Refusal("teach.not_understood", means)

    def _apart(self, parts: Sequence[tuple[str, Turn]], turn: Turn) -> Refusal:
        """Which of the requests, that can be done each for itself, cannot be done in one with the others."""
        asking = next((part for part, tried in parts if not _does(tried.plan)), None)
        if asking is not None:
            return Refusal("teach.only_told", asking)
        for number in range(2, len(parts)):
            if not _can(self._trial(turn, " and ".join(part for part, _ in parts[:number]))):
                return Refusal("teach.not_together", parts[number - 1][0])
        return Refusal("teach.not_together", parts[-1][0])

    def _taken(self, heard: str, turn: Turn, label: str) -> Refusal | None:
        """The refusal where the phrase is plainly a request, which then would not be done any more."""
        as_it_is = self._trial(turn, heard)
        if not is_request(as_it_is):  # it is said to the hub about what it did or learned, and never rewritten
            return Refusal("teach.works_already", heard)
        found = as_it_is.interpretation
        plain = found is not None and found.source == "grammar" and not as_it_is.weighed and content_of(as_it_is) == 1.0
        if not plain or (as_it_is.readings and as_it_is.readings[0] is not found):
            return None
        plan = as_it_is.plan
        if plan is None or not _comes_to_something(plan, found):
            return None
        return Refusal("teach.means_that" if label_of(as_it_is) == label else "teach.works_already", heard)

    def _name(self, wanted: LessonAction, turn: Turn) -> LessonAction | Refusal:
        name = _without_article(wanted.heard)
        device = turn.home.entities[wanted.device]
        if name and name in (_without_article(one) for one in device.names):
            return replace(wanted, heard=name, told=(device.name,))  # it is so already
        if (taken := self._taken(name, turn, "")) is not None:
            return taken
        if any(self._taken(f"{verb} {name}", turn, "") is not None for verb in _DONE_TO_ALL):
            return Refusal("teach.name_taken", name)
        if why := self._lessons.reserved(name):
            return Refusal(f"teach.name_{why}" if why in ("answer", "wake") else "teach.name_taken", name)
        self._lessons.name(wanted.device, name, device.name, sort=sort_of(device))
        return replace(wanted, heard=name, told=(device.name,))

    def _like(self, wanted: LessonAction, turn: Turn) -> LessonAction | Refusal:
        _, request = self._lessons.wordings(wanted.topic, wanted.value, wanted.area)
        low, high = turn.home.livable
        if wanted.topic == "temperature" and not low <= float(wanted.value) <= high:
            return Refusal("teach.not_livable", wanted.value)
        if not request or not _can(self._trial(turn, request)):
            return Refusal(f"teach.no_{wanted.topic}", wanted.value)
        lesson = self._lessons.like(wanted)
        return replace(wanted, heard=lesson.heard, means=lesson.means)

    def _guided(self, wanted: LessonAction, turn: Turn) -> LessonAction:
        """What was answered is learned; where that cannot be done here, it is said, and the talk goes on."""
        if not wanted.heard:
            return wanted
        when = "hour:evening" if wanted.heard == "brightness" else ""  # which it has asked about
        done = self._like(LessonAction(LessonDo.LIKE, topic=wanted.heard, value=wanted.value, situation=when), turn)
        return replace(wanted, told=(done.code,) if isinstance(done, Refusal) else ())

    def _remember(self, turn: Turn) -> LessonAction | Refusal:
        """What failed directly before what worked is to mean that; of more, nobody can tell which was meant."""
        recent = [one for one in self._recent() if 0 <= turn.opened_ms - one.opened_ms <= REMEMBER_MS]
        worked = next((one for one in recent[:1] if _worked(one)), None)
        failed = next((one for one in recent[1:2] if _failed(one)), None)
        if worked is None or failed is None:
            return Refusal("teach.nothing_to_remember")
        corrected = (r.slot("request") for r in worked.readings[:1] if r.intent == "EdgeMeantRequest")
        meant = str(next(corrected, worked.text))
        wanted = LessonAction(LessonDo.REMEMBER, heard=normalize(failed.utterance.text), means=normalize(meant))
        return self._phrase(wanted, turn, Source.AGREED)

    def _forget(self, wanted: LessonAction, turn: Turn) -> LessonAction | Refusal:
        if wanted.everything:
            return replace(wanted, told=(str(self._lessons.forget_all()),))
        if wanted.heard:
            found = self._lessons.forget(wanted.heard)
            return replace(wanted, told=_told(found, turn)) if found else Refusal("teach.not_known", wanted.heard)
        last = self._lessons.forget_last()
        return replace(wanted, told=_told((last,), turn)) if last is not None else Refusal("teach.nothing_learned")


class Ask:
    """Adds to a plan that was carried out the question about what was learned, if there is one.

    It offers to remember a phrase that failed again and again and was put right. Where a device stayed silent, or a
    rewrite was served that nothing has proven yet, it asks whether that worked, seldom. worked: whether it may.
    recent: turns before this one, latest first.
    """

    name = "ask"
    reads = ("plan", "outcome", "rewrite")
    writes = ("plan",)
    always = False

    def __init__(
        self, lessons: Lessons, *, worked: bool = True, recent: Callable[[], Sequence[Turn]] = lambda: ()
    ) -> None:
        self._lessons, self._worked, self._recent = lessons, worked, recent
        self._asked_ms: int | None = None

    def __call__(self, turn: Turn) -> Turn:
        """The turn with the question on its plan."""
        plan = turn.plan
        if plan is None or not plan.commands or plan.lesson or plan.question or plan.refusal:
            return turn
        before = [one for one in self._recent() if 0 <= turn.opened_ms - one.opened_ms <= REMEMBER_MS]
        if _worked(turn) and (offered := self._lessons.rules.offers(turn, before)) is not None:
            action = LessonAction(LessonDo.OFFER, heard=offered[0], means=offered[1], asks=True)
            return replace(turn, plan=replace(plan, lesson=action))
        if self._worked and self._is_unsure(turn) and self._may(turn.opened_ms):
            self._asked_ms = turn.opened_ms
            return replace(turn, plan=replace(plan, lesson=LessonAction(LessonDo.WORKED, asks=True)))
        return turn

    def _may(self, at_ms: int) -> bool:
        # A clock that was put back must not silence it for years.
        return self._asked_ms is None or abs(at_ms - self._asked_ms) >= ASK_EVERY_MS

    @staticmethod
    def _is_unsure(turn: Turn) -> bool:
        results = {one.result for one in turn.outcome.commands} if turn.outcome is not None else set()
        if not results or not results <= {Result.CONFIRMED, Result.SILENT}:
            return False
        return Result.SILENT in results or (turn.rewrite is not None and not turn.rewrite.proven)


def _changes(done: LessonAction) -> bool:
    """Whether something was learned or forgotten by it; of the guided talk that is told at its end."""
    if done.asks or done.do in (LessonDo.TELL, LessonDo.WORKED):
        return False
    return bool(done.heard) if done.do is LessonDo.OFFER else done.do is not LessonDo.GUIDE or not done.topic


def _can(tried: Turn) -> bool:
    """Whether a request can be carried out here: nothing is refused, and no more than a yes is asked for."""
    plan = tried.plan
    if tried.error or plan is None or plan.refusal is not None or plan.lesson is not None:
        return False
    if plan.question not in (None, "confirm"):
        return False
    return _comes_to_something(plan, tried.interpretation)


def _does(plan: Plan | None) -> bool:
    """Whether something is done, or handed to automations."""
    return plan is not None and bool(plan.commands or plan.pending or plan.timer or plan.publish)


def _comes_to_something(plan: Plan, said: Interpretation | None) -> bool:
    """Whether something is done, handed to automations or told."""
    return (
        _does(plan) or bool(plan.matched or plan.unmatched) or (said is not None and said.intent.startswith("HassGet"))
    )


def _worked(turn: Turn) -> bool:
    done = turn.plan is not None and bool(turn.plan.commands)
    return done and (turn.outcome is None or all(one.result is Result.CONFIRMED for one in turn.outcome.commands))


def _failed(turn: Turn) -> bool:
    """Whether a request came to nothing, or was said to be wrong."""
    if not turn.utterance.text.strip():
        return False
    if turn.verdict is not None and turn.verdict.success is False:
        return True
    return turn.interpretation is None or bool(turn.error) or bool(turn.plan and turn.plan.refusal)


def _told(some: Sequence[Lesson | Rule], turn: Turn) -> tuple[str, ...]:
    """A line for each, the latest first."""
    return tuple(line_of(one, turn.home) for one in reversed(some))


def line_of(one: Lesson | Rule, home: HomeState) -> str:
    """What was learned, in a few words."""
    if isinstance(one, Rule):
        return f"“{one.heard}” means “{one.means}”"
    if one.kind is LessonKind.NAME:
        entity = home.entities.get(one.device)
        if is_void(one, home):
            return f"“{one.heard}” was {one.value or one.device}, which is something else now: give the name anew"
        return f"{entity.name if entity is not None else one.value or one.device} is also called “{one.heard}”"
    if one.kind is LessonKind.LIKE:
        unit = {"temperature": " degrees", "brightness": " percent"}.get(one.topic, "")
        where = f" in the {one.area}" if one.area else ""
        when = f" in the {one.situation.partition(':')[2]}" if one.situation else ""
        return f"your {one.topic}{where}{when} is {one.value}{unit}"
    return f"“{one.heard}” means “{one.means}”"


def _without_article(name: str) -> str:
    said = normalize(name).split()
    return " ".join(said[1:] if len(said) > 1 and said[0] in ("the", "a", "an", "my", "our") else said)
