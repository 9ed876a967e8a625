"""What one household's hub remembers: what was last spoken of, and what is usual here. No clock, no file.

It is told of every change (`observe`) and of every turn (`spoken`), and says what a turn may know of it (`context`).
Situations are `any`; `hour:night` (0 to 5), `hour:morning` (to 10), `hour:day` (to 16), `hour:evening`; and what has
happened within a while: `after:home`, `after:away`, `after:alarm`, `after:sunset`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edge.core import codec
from edge.core.errors import InputError
from edge.core.home import Entity, HomeState
from edge.core.questions import CONFIRM
from edge.core.timers import Later
from edge.core.turn import Before, Context, Interpretation, Plan, Scalar, Spoken, Turn
from edge.nlu.goals import MAX_TITLE, goals, is_alarm, title_of, watched
from edge.nlu.habits import Counted, Habits
from edge.nlu.open import ENTITIES
from edge.nlu.policy import YES

MAX_SPOKEN = 5
SPOKEN_MS = 600_000
"""Ten minutes later nobody goes on from what was said."""

MINUTE_MS = 60_000
WHILE_MS = {
    "after:home": 20 * MINUTE_MS,
    "after:away": 20 * MINUTE_MS,
    "after:alarm": 25 * MINUTE_MS,
    "after:sunset": 60 * MINUTE_MS,
}
"""Event -> for how long what is done counts as done after it."""

SETTABLE = (
    *("brightness", "color", "color_temperature", "effect", "position", "tilt", "temperature", "target_temp_low"),
    *("target_temp_high", "humidity", "speed", "volume", "muted", "mode", "fan_mode", "swing_mode", "preset_mode"),
    *("oscillating", "direction", "media_title", "media_content_type"),
)
"""Attributes that a command can set again."""

VERSION = 1
_JUST_NOW_MS = 2_000
_GONE = 200
"""So many devices that are there no more are put up with."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """The memory as JSON."""

    version: int
    habits: tuple[Counted, ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)
    spoken: tuple[Spoken, ...] = ()


class Memory:
    """One household's. Not safe to use from several threads: whoever has several holds a lock.

    Times are milliseconds since the Unix epoch, hours those of the day where the house is, 0 to 24.
    """

    def __init__(self) -> None:
        self._habits = Habits()
        self._events: dict[str, int] = {}
        """`after:…` -> when that happened last."""
        self._known: dict[str, Entity | None] = {}
        """As each was last seen; None for one that was away since."""
        self._passed_by: set[str] = set()
        """Entities that are not watched, so that nobody looks at them again."""
        self._titles: dict[str, int] = {}
        """Player -> when its title changed last."""
        self._spoken: tuple[Spoken, ...] = ()

    def meet(self, home: HomeState, *, anew: bool = False) -> None:
        """Take the home for what is known, without a thought of how it came about.

        anew: also where something else was known; after an outage nobody knows when what has changed.
        """
        if anew:
            self._known.clear()
        elif len(self._known) > len(home.entities) + _GONE:
            self._known = {key: was for key, was in self._known.items() if key in home.entities}
        if len(self._passed_by) > len(home.entities) + _GONE:
            self._passed_by &= home.entities.keys()
        for entity_id in home.entities.keys() - self._known.keys() - self._passed_by:
            self._know(home.entities[entity_id])
            if entity_id not in self._known:
                self._passed_by.add(entity_id)

    def observe(self, entity: Entity, at_ms: int, hour: float) -> None:
        """Something in the home has changed, or may have. It costs microseconds."""
        if not watched(entity) or len(entity.entity_id) > MAX_TITLE * 3:
            return
        met = entity.entity_id in self._known
        before = self._known.get(entity.entity_id)
        self._know(entity)
        if not entity.available or (before is None and (met or not _just_changed(entity, at_ms))):
            return
        if (event := _event(before, entity)) is not None:
            self._events[event] = at_ms
        last = self._titles.get(entity.entity_id)
        found = goals(before, entity, title_ms=None if last is None else at_ms - last)
        if entity.domain == "media_player" and (before is None or title_of(before) != title_of(entity)):
            self._titles[entity.entity_id] = at_ms
        if found:
            situations = self._situations(at_ms, hour)
            for goal in found:
                self._habits.add(goal, situations, at_ms, _day(at_ms, hour))

    def happened(self, event: str, at_ms: int) -> None:
        """Something that no device tells: `after:alarm` when the hub's own alarm rang. Others raise InputError."""
        if event not in WHILE_MS:
            raise InputError("memory.unknown_event", f"there is no event {event!r}: use one of {', '.join(WHILE_MS)}")
        self._events[event] = at_ms

    def spoken(self, turn: Turn) -> None:
        """A turn is over. It is gone on from when it acted, answered, waits for an answer, or has something done later.

        What could not be reached was spoken of all the same: "it" is that, and no other thing.
        """
        plan, said = turn.plan, turn.interpretation
        later = plan.timer.new.then if plan is not None and plan.timer is not None and plan.timer.new else ()
        if plan is None or said is None or plan.refusal is not None:
            return
        if not (plan.commands or plan.matched or plan.unmatched or plan.pending or later):
            return
        if said.source == "answer" or said.intent == YES:
            # What was done is what had been asked, and is gone on from as that.
            waited = next((one for one in self._spoken if one.plan.question is not None), None)
            said = _as_asked(said, waited, turn.asked)
            self._spoken = tuple(one for one in self._spoken if one is not waited)
        ids = dict.fromkeys([*(command.entity_id for command in (*plan.commands, *plan.pending)), *map(_id, later)])
        before = tuple(_before(turn.home.entities[i]) for i in ids if i in turn.home.entities)
        one = Spoken(turn.id, turn.opened_ms, said, plan, before)
        self._spoken = (one, *self._spoken)[:MAX_SPOKEN]

    def context(self, home: HomeState, at_ms: int, hour: float, weekday: int) -> Context:
        """What a turn that opens now may know. weekday: 0 is Monday."""
        self.meet(home)
        self._spoken = tuple(one for one in self._spoken if abs(at_ms - one.at_ms) <= SPOKEN_MS)
        habits = self._habits.now(self._situations(at_ms, hour), at_ms, home.entities)
        # Of what was only asked between, nothing was spoken of yet.
        spoken = tuple(one for one in self._spoken if one.plan.question in (None, CONFIRM))
        return Context(spoken, habits, hour, weekday)

    def forget_habits(self) -> None:
        """As if nothing had been seen."""
        self._habits = Habits()
        self._events.clear()

    def unsay(self, turn_ids: Collection[str]) -> None:
        """Go on from these turns no more."""
        self._spoken = tuple(one for one in self._spoken if one.turn not in turn_ids)

    @property
    def said(self) -> tuple[Spoken, ...]:
        """The turns that may be gone on from, latest first."""
        return self._spoken

    def state(self, entity_id: str) -> str | None:
        """The state in which it was last seen; None where it was not."""
        known = self._known.get(entity_id)
        return known.state if known is not None else None

    def dump(self) -> Any:
        """Plain JSON types."""
        return codec.to_json(_Stored(VERSION, self._habits.dump(), self._events, self._spoken))

    @staticmethod
    def load(data: object) -> "Memory":
        """What was dumped. Raises InputError (`json.invalid`, `memory.invalid`)."""
        stored = codec.from_json(_Stored, data)
        if stored.version != VERSION:
            raise InputError("memory.invalid", f"the memory is of version {stored.version}: this hub reads {VERSION}")
        if len(stored.spoken) > MAX_SPOKEN or not stored.events.keys() <= WHILE_MS.keys():
            raise InputError("memory.invalid", "the memory holds more turns or other events than a hub remembers")
        memory = Memory()
        memory._habits = Habits.load(stored.habits)
        memory._events = dict(stored.events)
        memory._spoken = stored.spoken
        return memory

    def _know(self, entity: Entity) -> None:
        if watched(entity):
            self._known[entity.entity_id] = entity if entity.available else None

    def _situations(self, at_ms: int, hour: float) -> tuple[str, ...]:
        found = ["any"]
        if math.isfinite(hour) and 0 <= hour <= 24:
            found.append("hour:" + _part_of_day(hour))
        found += [e for e, since in self._events.items() if 0 <= at_ms - since <= WHILE_MS[e]]
        return tuple(found)


def _id(later: Later) -> str:
    return later.entity_id


def _as_asked(said: Interpretation, waited: Spoken | None, asked: Plan | None) -> Interpretation:
    """The request that an answer completes, with what was chosen in its place."""
    about = (asked.asking if asked is not None else None) or (waited.interpretation if waited is not None else None)
    chosen = tuple(slot for slot in said.slots if slot.name in (ENTITIES, "area", "floor"))
    if about is None or not chosen or about.also:
        return about or said
    kept = (slot for slot in about.slots if slot.name not in {one.name for one in chosen})
    return replace(about, slots=(*kept, *chosen))


def _just_changed(entity: Entity, at_ms: int) -> bool:
    """Whether it changed at this moment, though nothing was known of it before; what a broker kept did not."""
    changed, reported = entity.changed_ms, entity.reported_ms
    return changed is not None and reported is not None and 0 <= at_ms - changed <= _JUST_NOW_MS


def _event(before: Entity | None, now: Entity) -> str | None:
    """What has happened by this change, where it is more than a thing done to a device."""
    if now.state is None or before is None or before.state is None or before.state == now.state:
        # Of the first sight of a phone nobody can tell whether its owner has just come.
        return "after:alarm" if before is None and is_alarm(now) and now.state in ("on", "off") else None
    if now.domain in ("person", "device_tracker"):
        if now.state == "home":
            return "after:home"
        return "after:away" if before.state == "home" else None
    if now.domain == "sun":
        return "after:sunset" if now.state == "below_horizon" else None
    return "after:alarm" if is_alarm(now) and now.state in ("on", "off") else None


def _before(entity: Entity) -> Before:
    shown: dict[str, Scalar] = {}
    for name in SETTABLE:
        value = entity.attributes.get(name)
        short = isinstance(value, str) and len(value) <= MAX_TITLE
        if isinstance(value, str | int | float) and (short or (not isinstance(value, str) and math.isfinite(value))):
            shown[name] = value
    return Before(entity.entity_id, entity.state, shown)


def _part_of_day(hour: float) -> str:
    return "night" if hour < 5 else "morning" if hour < 10 else "day" if hour < 16 else "evening"


def _day(at_ms: int, hour: float) -> int:
    """Number of the day where the house is, which begins at its midnight: the noon of it, in days of the epoch."""
    since_midnight = hour * 3_600_000 if math.isfinite(hour) and 0 <= hour <= 24 else 0
    return int((at_ms - since_midnight + 43_200_000) // 86_400_000)
