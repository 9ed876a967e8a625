"""What may be meant, concretely: options, and what they are made from."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from edge.core.home import Area, Entity, HomeState
from edge.core.text import words
from edge.core.turn import Command, Context, Habit, Interpretation, Plan, Scalar, Slot, Spoken, Verb
from edge.nlu.open import ENTITIES
from edge.nlu.policy import guarded
from edge.nlu.resolve import resolve

_AHEAD_MS = 60_000
"""A change that is so far in the future was told by a clock that has been set since."""

LATELY_MS = 15 * 60_000
"""How long a change is something that people may speak of as "it"."""


@dataclass(frozen=True, slots=True)
class Option:
    """One reading with its devices: what would be done, and where that comes from."""

    interpretation: Interpretation
    plan: Plan
    family: str
    """What kind of request it is: switch, lock, media, stop, set, talk, need, play, ask."""
    source: str
    """How its devices were found: plain, state, spoken, habit."""
    spoken: Spoken | None = None
    """The turn that it goes on from."""
    habit: Habit | None = None
    """What it repeats; None with `source` habit: what would have to be usual, and is not."""
    marks: tuple[str, ...] = ()
    """What else speaks for it or against it, by name."""


@dataclass(frozen=True)
class Now:
    """The home and the context of one turn, with what of them is looked at again and again."""

    home: HomeState
    context: Context
    at_ms: int

    @cached_property
    def devices(self) -> tuple[Entity, ...]:
        """What people speak of: no settings of other devices, and no groups, which would move others with them."""
        every = self.home.entities.values()
        return tuple(e for e in every if not e.is_setting and not e.attributes.get("group_members"))

    @cached_property
    def spoken_of(self) -> tuple[frozenset[str], ...]:
        """Ids of the devices that each of the turns before was about, latest first."""
        return tuple(frozenset(targets(spoken.plan)) for spoken in self.context.spoken)

    @cached_property
    def floor(self) -> str | None:
        """Id of the microphone's floor."""
        room = self.home.area(self.home.mic_area)
        return room.floor if room else None

    @cached_property
    def floor_of(self) -> dict[str, str | None]:
        """Id of a room -> id of its floor."""
        return {area.id: area.floor for area in self.home.areas}

    def here(self, entities: Iterable[Entity]) -> tuple[Entity, ...]:
        """Those in the microphone's room."""
        room = self.home.mic_area
        return tuple(e for e in entities if room is not None and e.area == room)

    def age_ms(self, entity: Entity) -> int | None:
        """Time since its state last changed; None when that is not known."""
        if entity.changed_ms is None or entity.changed_ms - self.at_ms > _AHEAD_MS:
            return None
        return max(0, self.at_ms - entity.changed_ms)

    def area_of(self, reading: Interpretation) -> tuple[Area, ...] | None:
        """The room that the sentence names, as a tuple of one; None when it names none.

        Empty where no room or more than one goes by the name: several are not meant by it, and nobody knows which is.
        """
        said = reading.slot("area")
        return None if said in (None, "") else self.the_room(str(said))

    def the_room(self, name: str) -> tuple[Area, ...]:
        """The room of this name, of several the microphone's; empty where that does not tell."""
        rooms = self.home.areas_named(name)
        return rooms if len(rooms) == 1 else tuple(room for room in rooms if room.id == self.home.mic_area)


def grounded(
    reading: Interpretation,
    intent: str,
    entities: Iterable[Entity],
    now: Now,
    slots: Iterable[Slot] = (),
) -> tuple[Interpretation, Plan]:
    """The reading as a request of this intent to these devices, and its plan."""
    chosen = tuple(entities)
    ids = Slot(ENTITIES, ",".join(e.entity_id for e in chosen))
    meant = replace(reading, intent=intent, slots=(ids, *slots), response="default")
    return meant, guarded(resolve(meant, now.home), now.home)


def commanded(reading: Interpretation, commands: Iterable[Command], now: Now) -> tuple[Interpretation, Plan]:
    """The reading as these commands, and its plan."""
    wanted = tuple(commands)
    ids = Slot(ENTITIES, ",".join(dict.fromkeys(c.entity_id for c in wanted)))
    meant = replace(reading, slots=(*(s for s in reading.slots if s.name != ENTITIES), ids))
    return meant, guarded(Plan(commands=wanted), now.home)


def usable(plan: Plan) -> bool:
    """Whether the plan does or tells something, if need be after a yes."""
    return bool(plan.commands or plan.pending or plan.matched or plan.unmatched)


_ONLY_WHEN: Mapping[Verb, frozenset[str]] = {
    Verb.PAUSE: frozenset(("playing", "buffering")),
    Verb.NEXT: frozenset(("playing", "buffering", "paused")),
    Verb.PREVIOUS: frozenset(("playing", "buffering", "paused")),
    Verb.STOP: frozenset(("opening", "closing")),
}


def pointless(plan: Plan, now: Now) -> bool:
    """Whether it ends or skips what does not even go on: nobody means that."""
    commands = (*plan.commands, *plan.pending)
    found = (now.home.entities.get(command.entity_id) for command in commands)
    return bool(commands) and all(
        command.verb in _ONLY_WHEN and entity is not None and entity.state not in _ONLY_WHEN[command.verb]
        for command, entity in zip(commands, found, strict=True)
    )


def targets(plan: Plan) -> tuple[str, ...]:
    """Ids of the devices that the plan is about, each once."""
    commands = (*plan.commands, *plan.pending)
    later = plan.timer.new.then if plan.timer is not None and plan.timer.new is not None else ()
    ids = (c.entity_id for c in commands or later) if commands or later else (*plan.matched, *plan.unmatched)
    return tuple(dict.fromkeys(ids))


def measured(entity: Entity) -> float | None:
    """The number that a sensor shows; None where it shows none."""
    try:
        value = float(entity.state or "")
    except ValueError:
        return None  # "unknown"
    return value if math.isfinite(value) else None


def spoken_sets(plan: Plan) -> tuple[frozenset[str], ...]:
    """What "them" may be after the plan: all it was about, and of "are any lights on" also those that are, or are not.

    The first is all.
    """
    parts = () if plan.commands or plan.pending else (plan.matched, plan.unmatched)
    found = (frozenset(targets(plan)), *(frozenset(part) for part in parts if part))
    return tuple(dict.fromkeys(found))


def named_like(entity: Entity, wanted: frozenset[str]) -> bool:
    """Whether a word of its names or its device class is one of these."""
    said = (word for name in entity.names for word in words_of(name))
    return not wanted.isdisjoint(said) or (entity.device_class or "") in wanted


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name; a home has thousands, and each sentence looks at all of them."""
    return tuple(words(name))


def slots_of(**values: Scalar) -> tuple[Slot, ...]:
    """Slots with these values."""
    return tuple(Slot(name, value) for name, value in values.items())
