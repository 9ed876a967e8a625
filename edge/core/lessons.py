"""What people teach the hub in words, and what it asks about that: as a plan holds it, and as it is kept."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from edge.core.home import Entity, HomeState
from edge.core.text import normalize


class LessonDo(StrEnum):
    """What a sentence does with what the hub has learned."""

    PHRASE = "phrase"
    """ "When I say movie time, dim the living room"."""
    NAME = "name"
    """ "Call the lamp by the sofa the reading light"."""
    LIKE = "like"
    """A preference or an interest: "I like it at twenty-one degrees", "I'm a Warriors fan"."""
    REMEMBER = "remember"
    """ "Remember that", after a success that followed a failure."""
    FORGET = "forget"
    TELL = "tell"
    """ "What have you learned?"."""
    GUIDE = "guide"
    """A question of the guided talk, or its end."""
    OFFER = "offer"
    """The hub asks whether it is to remember what a phrase means."""
    WORKED = "worked"
    """The hub asks whether what it did was right."""


@dataclass(frozen=True, slots=True)
class LessonAction:
    """What a plan does with lessons. All texts are in normal form."""

    do: LessonDo
    heard: str = ""
    """The phrase, or the name; of `FORGET` and `TELL` what it is about, empty for what was learned last, or for all."""
    means: str = ""
    """The request in its place; several are joined by "and"."""
    device: str = ""
    """Entity id of what is named."""
    topic: str = ""
    """Of `LIKE`: temperature, brightness, music, team or station. Of `GUIDE`: what is asked about; empty at its end."""
    value: str = ""
    """What is liked: a number, or words."""
    area: str = ""
    """Name of the room that it holds in; empty for all."""
    situation: str = ""
    """When it holds, as in `Rule.situation`; empty for always."""
    everything: bool = False
    """Whether `FORGET` means all there is."""
    asks: bool = False
    """Whether the next utterance may answer it."""
    told: tuple[str, ...] = ()
    """What was learned, forgotten or is known, a line each, as it is told."""
    unwritten: bool = False
    """Whether the disk did not take it, so that it holds until the hub stops."""


class LessonKind(StrEnum):
    """Of what is kept."""

    PHRASE = "phrase"
    NAME = "name"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something taught, as it is kept; what it makes the hub understand are the rules of these ids."""

    id: str
    kind: LessonKind
    heard: str = ""
    means: str = ""
    device: str = ""
    topic: str = ""
    value: str = ""
    area: str = ""
    situation: str = ""
    rules: tuple[str, ...] = ()
    at_ms: int = 0
    sort: str = ""
    """Of a name: what its device was then, as of `sort_of`; empty where nobody noted it."""
    before: str = ""
    """Of a liking: the value in whose place it came; empty where there was none."""


def asks(action: LessonAction | None) -> bool:
    """Whether the hub waits for an answer about it."""
    return action is not None and action.asks


def id_of(lesson: Lesson) -> str:
    """What people call it by: a phrase by the rule that it has made, names and likings by what they are about."""
    if lesson.kind is LessonKind.PHRASE:
        return lesson.id
    about = lesson.id if lesson.kind is LessonKind.LIKE else lesson.heard
    return hashlib.sha256(f"{lesson.kind.value}|{about}".encode(errors="replace")).hexdigest()[:16]


def asks_first(action: LessonAction | None) -> bool:
    """Whether nothing is done before a yes."""
    return action is not None and action.asks and action.do is LessonDo.FORGET


def sort_of(entity: Entity) -> str:
    """Domain and device class: what a device is, whatever it is called."""
    return f"{entity.domain} {entity.device_class or ''}".strip()


def is_void(lesson: Lesson, home: HomeState) -> bool:
    """Whether it is a name of a device in whose place, by the same id, there is one of another sort now.

    Who called a lamp the night light has not said that about the lock that is there instead.
    """
    entity = home.entities.get(lesson.device)
    return entity is not None and bool(lesson.sort) and lesson.sort != sort_of(entity)


def named(home: HomeState, names: Iterable[Lesson]) -> HomeState:
    """The home with more names for some of its devices: those that lessons tell and that are not void.

    One that something else in the home goes by already is passed over, so that it goes on meaning that.
    """
    there: dict[str, list[str]] = {}
    for one in names:
        if one.device in home.entities and not is_void(one, home):
            there.setdefault(one.device, []).append(one.heard)
    if not there:
        return home
    taken = {_plain(name) for entity in home.entities.values() for name in entity.names}
    taken |= {_plain(name) for area in home.areas for name in (area.name, *area.aliases)}
    taken |= {_plain(name) for floor in home.floors for name in (floor.name, *floor.aliases)}
    entities = dict(home.entities)
    for key, some in there.items():
        new = tuple(name for name in some if _plain(name) not in taken)
        entities[key] = replace(entities[key], aliases=(*entities[key].aliases, *new))
    return replace(home, entities=MappingProxyType(entities))


@lru_cache(maxsize=20_000)
def _plain(name: str) -> str:
    """The normal form; of a home of 2,000 devices it would be 10 ms a turn otherwise."""
    return normalize(name)
