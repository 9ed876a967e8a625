"""What a change of a device amounts to, said as the command that would have brought it about. Pure.

A lamp that is now at 20 percent was told to be, by hand or by voice: `turn_on {"brightness": 20}`. Changes that nobody
makes are none: measured values, what a device says first, and what it shows when it is back after an absence.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.core.danger import ALARMS, name_words
from edge.core.home import Entity
from edge.core.turn import Scalar, Verb

MAX_TITLE = 100
"""Characters of a film or song; whatever is longer is no title."""

BASICS = ("light", "switch", "fan", "humidifier")
WATCHED = frozenset(
    (*BASICS, "cover", "climate", "lock", "vacuum", "scene", "media_player", "person", "device_tracker", "sun")
)
"""Domains whose changes say what a household does, or when; alarms are `is_alarm`."""

_ALARM_WORDS = ALARMS | {"wecker", "despertador", "reveil", "sveglia", "wekker"}
_HAZARDS = frozenset(("smoke", "gas", "carbon_monoxide", "moisture", "tamper", "safety", "problem", "heat", "cold"))
_MOVING = ("opening", "closing")
_SAME_TITLES_MS = 15 * 60_000


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that is done to one device, in the terms of `edge.core.turn.Command`."""

    entity_id: str
    verb: Verb
    args: tuple[tuple[str, Scalar], ...] = ()
    """Sorted by name."""
    aspect: str = field(default="", compare=False)
    """What of the device it sets: two goals of one aspect exclude each other."""


def is_alarm(entity: Entity) -> bool:
    """Whether it is what wakes people, as far as its name tells; a smoke alarm does too, and starts no day."""
    if entity.domain not in ("switch", "binary_sensor") or entity.device_class in _HAZARDS:
        return False
    return not _ALARM_WORDS.isdisjoint(name_words(entity.name))


def watched(entity: Entity) -> bool:
    """Whether its changes may say anything at all."""
    return entity.domain in WATCHED or is_alarm(entity)


def goals(before: Entity | None, now: Entity, *, title_ms: int | None = None) -> tuple[Goal, ...]:
    """What somebody, or the thing itself, has done to it.

    before: as it was last known; None where nothing is known but that its state has just changed.
    title_ms: how long ago its title changed before this; an album goes on by itself, and that is nobody's wish.
    """
    if not now.available or is_alarm(now):
        return ()
    if now.domain == "scene":  # it has no state until somebody activates it
        return (Goal(now.entity_id, Verb.ACTIVATE, (), "scene"),) if before is None or before.state != now.state else ()
    if now.state is None or (before is not None and before.state is None):
        return ()
    return tuple(_goals(before, now, title_ms))


def _goals(before: Entity | None, now: Entity, title_ms: int | None) -> Iterator[Goal]:
    changed = before is None or before.state != now.state
    if now.domain in BASICS or now.domain == "climate":
        yield from _powered(before, now, changed=changed)
    if now.domain == "light" and now.state == "on":
        yield from _lit(before, now, changed=changed)
    elif now.domain == "fan" and now.state == "on":
        yield from _set(before, now, Verb.SET_SPEED, "speed")
    elif now.domain == "climate" and now.state != "off":
        yield from _set(before, now, Verb.SET_TEMPERATURE, "temperature")
    elif now.domain == "cover":
        yield from _moved(before, now, changed=changed)
    elif now.domain == "lock" and changed and now.state in ("locked", "unlocked"):
        yield Goal(now.entity_id, Verb.LOCK if now.state == "locked" else Verb.UNLOCK, (), "lock")
    elif now.domain == "vacuum" and changed and now.state == "cleaning":
        yield Goal(now.entity_id, Verb.START, (), "run")
    elif now.domain == "media_player":
        yield from _played(before, now, title_ms)


def _powered(before: Entity | None, now: Entity, *, changed: bool) -> Iterator[Goal]:
    if not changed:
        return
    if now.state == "off":
        yield Goal(now.entity_id, Verb.TURN_OFF, (), "power")
    elif now.state == "on" or (now.domain == "climate" and (before is None or before.state == "off")):
        yield Goal(now.entity_id, Verb.TURN_ON, (), "power")


def _lit(before: Entity | None, now: Entity, *, changed: bool) -> Iterator[Goal]:
    # A lamp that goes on is as bright as somebody wants it, too, though white is only what lamps are.
    level, old = number(now, "brightness"), None if before is None or changed else number(before, "brightness")
    if level is not None and 0 <= level <= 100 and (changed or (old is not None and abs(level - old) >= 1.5)):
        yield Goal(now.entity_id, Verb.TURN_ON, (("brightness", round(level)),), "brightness")
    color = now.attributes.get("color")
    was = None if before is None else before.attributes.get("color")
    if isinstance(color, str) and color != was and len(color) <= MAX_TITLE and (not changed or color != "white"):
        yield Goal(now.entity_id, Verb.TURN_ON, (("color", color),), "color")


def _set(before: Entity | None, now: Entity, verb: Verb, name: str) -> Iterator[Goal]:
    value, old = number(now, name), None if before is None else number(before, name)
    if value is not None and old is not None and abs(value - old) >= 0.1:
        rounded: Scalar = round(value, 1) if name == "temperature" else round(value)
        yield Goal(now.entity_id, verb, ((name, rounded),), name)


def _moved(before: Entity | None, now: Entity, *, changed: bool) -> Iterator[Goal]:
    if now.state in _MOVING:
        return
    position, old = number(now, "position"), None if before is None else number(before, "position")
    if position is None:
        if changed and now.state in ("open", "closed"):
            yield Goal(now.entity_id, Verb.OPEN if now.state == "open" else Verb.CLOSE, (), "position")
    elif changed or (old is not None and abs(position - old) >= 1.5):
        if position >= 99:
            yield Goal(now.entity_id, Verb.OPEN, (), "position")
        elif position <= 1:
            yield Goal(now.entity_id, Verb.CLOSE, (), "position")
        else:
            yield Goal(now.entity_id, Verb.SET_POSITION, (("position", round(position)),), "position")


def _played(before: Entity | None, now: Entity, title_ms: int | None) -> Iterator[Goal]:
    title = title_of(now)
    if now.state == "playing" and title:
        played = before is not None and before.state == "playing"
        resumed = before is not None and before.state == "paused" and title_of(before) == title
        same = played and before is not None and title_of(before) == title
        next_title = played and title_ms is not None and title_ms < _SAME_TITLES_MS
        if not (same or resumed or next_title):
            kind = now.attributes.get("media_content_type")
            args: tuple[tuple[str, Scalar], ...] = (("media", title),)
            if isinstance(kind, str) and 0 < len(kind) <= MAX_TITLE:
                args = (("kind", kind), *args)
            yield Goal(now.entity_id, Verb.PLAY, args, "media")
    yield from _set(before, now, Verb.SET_VOLUME, "volume")


def title_of(entity: Entity) -> str:
    """What a player plays, or nothing; whatever is no title is nothing."""
    title = entity.attributes.get("media_title")
    if not isinstance(title, str) or not 0 < len(title.strip()) <= MAX_TITLE or not title.isprintable():
        return ""
    return title.strip()


def number(entity: Entity, name: str) -> float | None:
    """An attribute that is a number; None where it is none."""
    value = entity.attributes.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
