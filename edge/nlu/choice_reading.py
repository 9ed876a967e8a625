"""Reads the answer to "which one?": a name, a room, what tells the candidates apart, an ordinal, all, or none. Pure.

A text is an answer where it says one of these and nothing else. What a candidate may be called by: the words of its
names, its room and its floor by their whole names, and the word for what it is. The plainest way that fits one
candidate counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from edge.core.home import Area, Entity, Floor, HomeState
from edge.core.pipeline import StageError
from edge.core.questions import CONFIRM, MAX_NAMED, WHICH_ROOM, first
from edge.core.text import normalize, words
from edge.core.turn import Hypothesis, Interpretation, Plan, Slot
from edge.nlu.choice import CHOICE, declined
from edge.nlu.choice_words import KINDS, ChoiceWords, choice_words, fixed
from edge.nlu.policy import MIN_YES, NO, YES, answer, answer_among

Words = tuple[str, ...]

MAX_WORDS = 6
"""Words of a name; whoever says more says no bare name, and a home has thousands to compare."""

_ALL_KINDS = frozenset().union(*KINDS.values())

_LEVELS: Mapping[str, float] = {
    **dict.fromkeys(("basement", "cellar"), -1.0),
    **dict.fromkeys(("ground", "downstairs", "lower"), 0.0),
    "first": 1.0,
    "upstairs": 1.5,
    "upper": 1.5,
    "second": 2.0,
    "third": 3.0,
    **dict.fromkeys(("top", "attic", "loft"), 9.0),
}
"""Word of a floor's name -> how high it is among others, in English."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What may answer one question in one home."""

    asked: Plan
    home: HomeState
    language: str
    is_request: Callable[[str], bool]
    """Whether a text is a whole request, which ends the question."""

    @property
    def _known(self) -> ChoiceWords:
        return choice_words(self.language)

    def any_in(self, heard: Iterable[Hypothesis]) -> bool:
        """Whether what was heard answers the question at all, whatever its confidence."""
        if self.asked.question == CONFIRM:
            return answer_among(heard, self.language) is not None
        return self.among(heard) is not None

    def chosen(self, heard: Iterable[Hypothesis], min_confidence: float) -> Interpretation | None:
        """The answer to a question which of several is meant; None where what was heard is no answer.

        Raises StageError (`understand.low_confidence`) for one that was not heard clearly enough.
        """
        found = self.among(heard)
        if found is None:
            return None
        hypothesis, said = found
        least = max(min_confidence, MIN_YES) if answer(hypothesis.text, self.language) == YES else min_confidence
        if said.intent != NO and hypothesis.confidence < least:
            raise StageError("understand.low_confidence", "the answer was not heard clearly enough to act on")
        return said

    def among(self, heard: Iterable[Hypothesis]) -> tuple[Hypothesis, Interpretation] | None:
        """The reading that says which, with what it says, whatever its confidence.

        A no does no harm, so any reading may be one. Else the best that chooses counts, unless a better one is a
        request; one that fits no candidate or several only where none chooses. A bare name is an answer, though Home
        Assistant takes some for requests.
        """
        readings = [hypothesis for hypothesis in heard if hypothesis.text.strip()]
        said = [self.choice(hypothesis.text) for hypothesis in readings]
        pairs = list(zip(readings, said, strict=True))
        unclear: tuple[Hypothesis, Interpretation] | None = None
        if no := next(((h, one) for h, one in pairs if one is not None and one.intent == NO), None):
            return no
        for hypothesis, one in pairs:
            if one is not None and one.slots:
                return hypothesis, one
            if one is None and self.is_request(hypothesis.text):
                break
            if one is not None and unclear is None:
                unclear = hypothesis, one
        return unclear

    def choice(self, text: str) -> Interpretation | None:
        """What one text answers; None where it is no answer. Without slots: it fits no candidate, or several."""
        phrase, known = normalize(text), self._known
        if answer(phrase, self.language) == NO or _is_one_of(phrase, known.neither, known):
            return declined(text)
        room = first(self.asked.question or "") == WHICH_ROOM
        slots = self._place(phrase) if room else self._devices(phrase)
        if slots is None:
            return None
        return Interpretation(CHOICE, slots, text, source="answer")

    def _devices(self, phrase: str) -> tuple[Slot, ...] | None:
        known, ids = self._known, self.asked.candidates
        if answer(phrase, self.language) == YES:
            return _entities(ids) if len(ids) == 1 else _UNCLEAR
        if _is_one_of(phrase, known.every, known):
            return _entities(ids)
        for count, phrases in known.every_of.items():
            if _is_one_of(phrase, phrases, known):
                return _entities(ids) if count == len(ids) else _UNCLEAR
        said = tuple(phrase.split())
        picks: list[Entity | bool] = []
        for parts in ((said,), _split(said, known.join)):  # a name may hold an "and": the whole first
            picks = [self._pick(part) for part in parts]
            found = [pick.entity_id for pick in picks if isinstance(pick, Entity)]
            if found and len(found) == len(picks):
                return _entities(dict.fromkeys(found))
        return None if False in picks or not picks else _UNCLEAR

    def _pick(self, said: Words) -> Entity | bool:
        """The candidate that is meant; True where the words are an answer but fit none or several, False where not."""
        known, home = self._known, self.home
        content, by_order = _content(said, known), self._in_order(" ".join(said))
        if not content:
            return by_order or not known.ones.isdisjoint(said)
        there = [home.entities[i] for i in self.asked.candidates if i in home.entities]
        called = [_Called(entity, home, known) for entity in there]
        levels = _levels(there, home, known)
        ways = (
            [one.entity for one in called if content in one.names],
            [one.entity for one in called if one.covers(content, {levels.get(one.entity.entity_id, "")})],
            [one.entity for one in called if one.covers(content, KINDS.get(one.entity.domain, frozenset()))],
        )
        found = next((way for way in ways if way), [])
        if isinstance(by_order, Entity) and found != [by_order] and len(found) == 1:
            return True  # "the second one" of "Second Lamp" and "First Lamp": nobody knows
        if len(found) == 1:
            return found[0]
        return by_order or bool(found) or _is_of_home(content, home, known)

    def _in_order(self, phrase: str) -> Entity | bool:
        """The candidate that an ordinal means, True for one beyond them, False where it is no ordinal."""
        known, ids = self._known, self.asked.candidates
        at = next((n for n, ways in enumerate(known.ordinals) if _is_one_of(phrase, ways, known)), None)
        if at is None and _is_one_of(phrase, known.last, known):
            at = len(ids) - 1
        if at is None:
            return False
        # The order is that in which they were named, and of many none is.
        there = ids[at] if at < len(ids) <= MAX_NAMED else ""
        return self.home.entities.get(there) or True

    def _place(self, phrase: str) -> tuple[Slot, ...] | None:
        """The room or floor that is named, as slots of the request."""
        known, home, rooms = self._known, self.home, self._rooms()
        content = _content(tuple(phrase.split()), known)
        for spoken in (content, tuple(word for word in content if word not in _ALL_KINDS)):
            if not spoken:
                continue
            found = [room for room in rooms if spoken in _names(room, known)]
            if len(found) == 1:
                return _room(found[0], " ".join(spoken))
            if found:
                return _UNCLEAR
            floors = [floor for floor in home.floors if spoken in _names(floor, known)]
            if floors := floors or _storeys(spoken, home.floors, known):
                return _on_floor(floors, rooms if len(rooms) < len(home.areas) else (), " ".join(spoken))
        every = (*known.every, *(one for phrases in known.every_of.values() for one in phrases))
        unclear = _is_one_of(phrase, every, known) or answer(phrase, self.language) == YES
        return _UNCLEAR if unclear or _is_of_home(content, home, known) else None

    def _rooms(self) -> tuple[Area, ...]:
        """Between which rooms is asked: those that share the name that was said, else all."""
        request = self.asked.asking
        for slots in (request.slots, *(part.slots for part in request.also)) if request else ():
            said = next((str(slot.value) for slot in slots if slot.name == "area" and slot.value != ""), None)
            if said is not None and len(alike := self.home.areas_named(said)) > 1:
                return alike
        return self.home.areas


_UNCLEAR: tuple[Slot, ...] = ()


class _Called:
    """One candidate, and the words for it."""

    def __init__(self, entity: Entity, home: HomeState, known: ChoiceWords) -> None:
        room = home.area(entity.area)
        floor = next((floor for floor in home.floors if room and floor.id == room.floor), None)
        self.entity = entity
        self.names = {_content(tuple(words(name)), known) for name in entity.names}
        self._words = {word for name in entity.names for word in words(name)}
        self._places = [name for place in (room, floor) if place for name in _names(place, known)]

    def covers(self, content: Words, more: Set[str]) -> bool:
        """Whether the words are all words of its names, of `more`, or whole names of its room or floor."""
        if not content:
            return True
        if (content[0] in self._words or content[0] in more) and self.covers(content[1:], more):
            return True
        return any(content[: len(p)] == p and self.covers(content[len(p) :], more) for p in self._places)


def _entities(ids: Iterable[str]) -> tuple[Slot, ...]:
    return (Slot("entities", ",".join(ids)),)


def _on_floor(floors: Sequence[Floor], rooms: Sequence[Area], said: str) -> tuple[Slot, ...]:
    """The floor, or that of the rooms on it between which is asked, if it is between some."""
    if len(floors) > 1:
        return _UNCLEAR
    if not rooms:
        return (Slot("floor", floors[0].name, said),)
    there = [room for room in rooms if room.floor == floors[0].id]
    return _room(there[0], said) if len(there) == 1 else _UNCLEAR


def _room(room: Area, said: str) -> tuple[Slot, ...]:
    return Slot("area", room.name, said), Slot("area_id", room.id)


def _storeys(spoken: Words, floors: Sequence[Floor], known: ChoiceWords) -> list[Floor]:
    """The higher of two floors for "upstairs", the lower for "downstairs", where their names tell."""
    by_level = {level: floor for floor in floors if (level := _level(floor)) is not None}
    if len(floors) != 2 or len(by_level) != 2:  # of three, upstairs may be two
        return []
    return [by_level[level] for level, said in zip(sorted(by_level), known.levels, strict=False) if spoken == (said,)]


def _level(floor: Floor) -> float | None:
    said = [word for name in (floor.name, *floor.aliases) for word in words(name)]
    return next((_LEVELS[word] for word in said if word in _LEVELS), None)


def _levels(there: Sequence[Entity], home: HomeState, known: ChoiceWords) -> dict[str, str]:
    """Entity id -> upstairs or downstairs, where the candidates are on two floors and one is known to be higher."""
    storeys = {floor.id: _level(floor) for floor in home.floors}
    found = {e.entity_id: storeys.get(room.floor or "") for e in there if (room := home.area(e.area))}
    heights = sorted({level for level in found.values() if level is not None})
    if len(heights) != 2 or not known.levels:
        return {}
    return {i: known.levels[heights.index(level)] for i, level in found.items() if level is not None}


def _names(place: Area | Floor, known: ChoiceWords) -> set[Words]:
    return {content for name in (place.name, *place.aliases) if (content := _content(tuple(words(name)), known))}


def _is_of_home(content: Words, home: HomeState, known: ChoiceWords) -> bool:
    """Whether the words name a thing, a room or a floor of this home."""
    if not 0 < len(content) <= MAX_WORDS:
        return False
    places: tuple[Area | Floor, ...] = (*home.areas, *home.floors)
    called = {name for place in places for name in _names(place, known)}
    return content in called or any(
        content == _content(tuple(words(name)), known)
        for entity in home.entities.values()
        for name in entity.names
        # Of thousands few share a word with it, and the normal form takes its time.
        if any(word in name.casefold() for word in content) and not entity.is_setting
    )


def chooses(text: str, language: str) -> bool:
    """Whether a text, in normal form, answers "which one?" in any home: all, none, or one by its place."""
    known = choice_words(language)
    ways = {way for group in fixed(language) for way in group}
    ways |= {*known.every, *known.neither, *known.last, *(one for names in known.ordinals for one in names)}
    ways |= {one for some in known.every_of.values() for one in some}
    return _is_one_of(text, ways, known)


def _content(said: Words, known: ChoiceWords) -> Words:
    """The words but for the small ones."""
    return tuple(word for word in said if word not in known.small)


def _is_one_of(phrase: str, phrases: Iterable[str], known: ChoiceWords) -> bool:
    """Whether it is one of the phrases, with or without small words around it."""
    ways = set(phrases)
    if phrase in ways:
        return True
    said = phrase.split()
    while said and said[0] in known.small and " ".join(said) not in ways:
        said = said[1:]
    while said and said[-1] in known.small and " ".join(said) not in ways:
        said = said[:-1]
    return bool(said) and " ".join(said) in ways


def _split(said: Words, join: str) -> tuple[Words, ...]:
    parts: list[Words] = [()]
    for word in said:
        if word == join:
            parts.append(())
        else:
            parts[-1] += (word,)
    return tuple(part for part in parts if part)
