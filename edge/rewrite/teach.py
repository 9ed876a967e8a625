"""What people have taught: phrases, names and what they like; kept, taken back, and told. It acts on the next request.

Phrases and likings make rules (`edge.rewrite.rewrites`); names are laid over the snapshot of the home. A lesson is one
row, so that it can be taken back as it was taught; several processes may share the rows.
"""

import threading
from collections.abc import Callable

from edge.core.errors import InputError
from edge.core.lessons import Lesson, LessonAction, LessonDo, LessonKind
from edge.core.reserved import is_reserved
from edge.core.text import normalize
from edge.rewrite.beside import Changed, Kept, Row, Rules
from edge.rewrite.entry import Rule, Source, State

MAX_NAMES = 200
"""Names that are taught; a home has fewer devices that need one."""
MAX_LIKES = 50
MAX_PHRASES = 2_000
MAX_NAME = 60
"""Characters of a name."""


_Key = tuple[str, str]
"""A kind, and what a lesson of it is known by."""


class Lessons:
    """Safe to use from several threads.

    kept: None keeps them in memory alone. wordings: of a topic, a value and a room: what is said in its place, and the
    request that it stands for. reserved: why a text can be no name, or nothing.
    """

    def __init__(
        self,
        rules: Rules,
        kept: Kept | None,
        *,
        now_ms: Callable[[], int],
        wordings: Callable[[str, str, str], tuple[tuple[str, ...], str]] = lambda *_: ((), ""),
        reserved: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.rules = rules
        self._kept, self._now_ms, self.wordings, self.reserved = kept, now_ms, wordings, reserved
        self._lock = threading.RLock()
        # Guarded by _lock:
        self._lessons: dict[_Key, Lesson] = {}
        self._unwritten: dict[_Key, Lesson | None] = {}
        """What the disk did not take, None for what was taken back; it is tried again."""
        self._seen: Changed | None = None
        self._changed = 0
        self.look()

    def look(self) -> None:
        """Take up what another process has changed, and write what could not be written before."""
        with self._lock:
            if self._kept is None:
                return
            self._write()
            seen = self._kept.changes()
            if seen is None or seen == self._seen:
                return
            rows = self._kept.lessons()
            if rows is None:
                return
            if self._seen is not None and seen.rev < self._seen.rev:  # the file was lost: it is begun anew
                self._unwritten = {**self._lessons, **self._unwritten}
            self._seen = seen
            known = [one for row in rows if (one := _lesson(row)) is not None]
            found = {_key(one): one for one in known} | self._unwritten
            told = sorted((one for one in found.values() if one is not None), key=lambda one: one.at_ms)
            lessons = {_key(one): one for one in told}
            if lessons != self._lessons:
                self._lessons = lessons
                self._changed += 1
            self._write()

    @property
    def unwritten(self) -> bool:
        """Whether something of what was taught, or taken back, is not on disk, and holds only until the end."""
        with self._lock:
            return self._kept is not None and (bool(self._unwritten) or self.rules.unwritten)

    def every(self) -> tuple[Lesson, ...]:
        """All there are, the latest last; phrases whose rules have been taken back are not."""
        self.look()
        alive = {rule.id for rule in self.rules.rules()}
        with self._lock:
            some = tuple(self._lessons.values())
        return tuple(one for one in some if one.kind is LessonKind.NAME or alive & set(one.rules))

    def names(self) -> tuple[Lesson, ...]:
        """What devices are called too."""
        with self._lock:
            return tuple(one for one in self._lessons.values() if one.kind is LessonKind.NAME)

    def fingerprint(self) -> object:
        """A value that differs when what a recogniser should expect of it does."""
        self.look()
        return self._changed, self.phrases()

    def phrases(self) -> tuple[str, ...]:
        """What has been taught, or learned and proven, to be said; in order."""
        return self.rules.asked()

    def meaning(self, text: str) -> str:
        """What a text means to the household, where somebody has said so; else the text."""
        said, told = normalize(text), (Source.TAUGHT, Source.AGREED)
        rules = (rule for rule in self.rules.rules() if rule.heard == said and rule.state is State.ACTIVE)
        return next((rule.means for rule in rules if not rule.situation and rule.source in told), text)

    # Teaching

    def phrase(self, heard: str, means: str, *, source: Source = Source.TAUGHT, label: str = "") -> Rule:
        """A phrase, from now on. Raises an EdgeError that says why not."""
        rule = self.rules.teach(heard, means, source=source, label=label)
        self._keep(Lesson(rule.id, LessonKind.PHRASE, rule.heard, rule.means, rules=(rule.id,), at_ms=self._now_ms()))
        return rule

    def name(self, device: str, name: str, called: str = "", *, sort: str = "") -> None:
        """A name for a device. called: its own. sort: what it is (`edge.core.lessons.sort_of`).

        Raises InputError (`teach.name_too_long`, `teach.name_taken`, `teach.too_many`).
        """
        said = normalize(name)
        if is_reserved(said):
            raise InputError("teach.name_taken", "that word means something else: choose another name")
        if not said or len(said) > MAX_NAME:
            raise InputError("teach.name_too_long", f"a name may have up to {MAX_NAME} letters; choose a shorter one")
        self._room_for(LessonKind.NAME, said, MAX_NAMES)
        self._keep(Lesson("", LessonKind.NAME, said, device=device, value=called, at_ms=self._now_ms(), sort=sort))

    def like(self, wanted: LessonAction) -> Lesson:
        """What is liked, in every wording that stands for it. Raises an EdgeError that says why not."""
        phrases, request = self.wordings(wanted.topic, wanted.value, wanted.area)
        if not phrases:
            raise InputError("teach.no_topic", "that cannot be liked; see: edge teach --help")
        key = f"{wanted.topic}|{normalize(wanted.area)}|{wanted.situation}"
        self._room_for(LessonKind.LIKE, key, MAX_LIKES)
        made = tuple(self.rules.teach(one, request, situation=wanted.situation) for one in phrases)
        with self._lock:
            former = self._lessons.get((LessonKind.LIKE.value, key))
        lesson = Lesson(
            key,
            LessonKind.LIKE,
            phrases[0],
            request,
            topic=wanted.topic,
            value=wanted.value,
            area=wanted.area,
            situation=wanted.situation,
            rules=tuple(rule.id for rule in made),
            at_ms=self._now_ms(),
            before=former.value if former is not None and former.value != wanted.value else "",
        )
        self._keep(lesson)
        return lesson

    # Taking back

    def forget_last(self) -> Lesson | Rule | None:
        """Take back what was taught last, else what was learned last; what it was, None where there is nothing."""
        every = self.every()
        if not every:
            return self.rules.forget_last()
        last = every[-1]
        self._forget(last)
        if last.before:  # what was liked until then is liked again
            self.like(
                LessonAction(
                    LessonDo.LIKE, topic=last.topic, value=last.before, area=last.area, situation=last.situation
                )
            )
        return last

    def forget(self, about: str) -> tuple[Lesson | Rule, ...]:
        """Take back all that was taught or learned of a phrase, a name or a topic; what it was."""
        wanted = {normalize(about), _bare(about)}
        said = [one for one in self.every() if wanted & _goes_by(one)]
        for one in said:
            self._forget(one)
        rules = [rule for rule in self.rules.rules() if rule.heard in wanted]
        for rule in rules:
            self.rules.forget(rule.id)
        return (*said, *rules)

    def take_back(self, lesson: Lesson) -> None:
        """Take back one of those of `every`."""
        self._forget(lesson)

    def restore(self, lesson: Lesson) -> None:
        """Know again what this home has known: its rules are there already.

        Raises InputError (`teach.name_taken`, `teach.name_too_long`, `teach.too_many`).
        """
        if lesson.kind is LessonKind.NAME:
            self.name(lesson.device, lesson.heard, lesson.value, sort=lesson.sort)
        elif set(lesson.rules) & {rule.id for rule in self.rules.rules()}:
            self._room_for(lesson.kind, _key(lesson)[1], MAX_LIKES if lesson.kind is LessonKind.LIKE else MAX_PHRASES)
            self._keep(lesson)

    def forget_all(self) -> int:
        """Take back all that was taught and learned; how many things that were."""
        every = self.every()
        covered = {rule_id for one in every for rule_id in one.rules}
        count = len(every) + sum(1 for rule in self.rules.rules() if rule.id not in covered)
        self.rules.forget(None)
        with self._lock:
            if self._kept is not None:
                self._unwritten = dict.fromkeys(self._lessons)
                if None not in [self._kept.unteach(kind.value) for kind in LessonKind]:  # with what cannot be read
                    self._unwritten.clear()
            self._lessons.clear()
            self._changed += 1
        return count

    def known(self, about: str = "") -> tuple[Lesson | Rule, ...]:
        """All that was taught, and beside it what was learned; of one phrase, name or topic, or of all.

        What was withdrawn is not known any more.
        """
        every, rules = self.every(), self.rules.rules()
        void = {rule.id for rule in rules if rule.state is State.WITHDRAWN}
        covered = {rule_id for one in every for rule_id in one.rules}
        found: tuple[Lesson | Rule, ...] = (
            *(one for one in every if not one.rules or not void.issuperset(one.rules)),
            *(rule for rule in rules if rule.id not in covered | void),
        )
        wanted = {normalize(about), _bare(about)}
        return tuple(one for one in found if not about or wanted & _goes_by(one))

    def paused(self, one: Lesson | Rule) -> bool:
        """Whether it is served no more until somebody wants it back."""
        ids = {one.id} if isinstance(one, Rule) else set(one.rules)
        state = {rule.id: rule.state for rule in self.rules.rules() if rule.id in ids}
        return bool(state) and (self.rules.paused or State.ACTIVE not in state.values())

    # Keeping

    def _keep(self, lesson: Lesson) -> None:
        with self._lock:
            self._put(_key(lesson), lesson)

    def _forget(self, lesson: Lesson) -> None:
        for rule_id in lesson.rules:
            self.rules.forget(rule_id)
        with self._lock:
            self._put(_key(lesson), None)

    def _put(self, key: _Key, lesson: Lesson | None) -> None:
        """Know it from now on, or with None no more."""
        self._lessons.pop(key, None)
        if lesson is not None:
            self._lessons[key] = lesson
        self._changed += 1
        if self._kept is not None:
            self._unwritten[key] = lesson
            self._write()

    def _write(self) -> None:
        """Write what is not written yet, as far as the disk takes it."""
        from edge.core.codec import to_json

        if self._kept is None or not self._unwritten:
            return
        for key, lesson in tuple(self._unwritten.items()):
            if lesson is None:
                done = self._kept.unteach(*key) is not None
            else:
                done = self._kept.teach(*key, to_json(lesson), lesson.at_ms)
            if done:
                del self._unwritten[key]

    def _room_for(self, kind: LessonKind, key: str, most: int) -> None:
        with self._lock:
            others = [one for of_kind, one in self._lessons if of_kind == kind.value and one != key]
        if len(others) >= most:
            raise InputError("teach.too_many", f"{most} of these have been taught: forget one before")


def _key(lesson: Lesson) -> _Key:
    return lesson.kind.value, lesson.id if lesson.kind is LessonKind.LIKE else lesson.heard


def _lesson(row: Row) -> Lesson | None:
    from edge.core.codec import from_json

    if row.kind not in {kind.value for kind in LessonKind}:
        return None
    try:
        return from_json(Lesson, row.data)
    except InputError:
        return None  # of another version: the rules that it made are there all the same


def _goes_by(one: Lesson | Rule) -> set[str]:
    """What it may be spoken of as."""
    names = {one.heard, _bare(one.heard)}
    if isinstance(one, Lesson) and one.topic:
        names |= {one.topic, one.value, *(f"{word} {one.topic}" for word in ("favorite", "favourite", "preferred"))}
    return names


def _bare(text: str) -> str:
    said = normalize(text).split()
    return " ".join(said[1:] if len(said) > 1 and said[0] in ("the", "my", "our", "a", "an") else said)
