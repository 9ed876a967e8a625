"""Sentences that go on from what was said before: "and the bedroom", "no, the other one", "put it back". Pure.

They are made from the turns that the context holds. What a correction takes back is put as it was before that turn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from edge.core.home import Entity
from edge.core.text import words
from edge.core.turn import Before, Command, Interpretation, Plan, Scalar, Slot, Spoken, Verb
from edge.nlu import needs
from edge.nlu import open as opened
from edge.nlu.goals import number
from edge.nlu.option import Now, Option, commanded, targets, usable
from edge.nlu.policy import guarded
from edge.nlu.resolve import resolve
from edge.nlu.verbs import BY_DOMAIN, DOMAIN_OF_INTENT

_BACK = 3
"""Turns that people may go back to."""
_PLACES = ("area", "floor", "name", opened.ENTITIES, "except_area", "except_floor", "except_name")


def said(reading: Interpretation, now: Now) -> Iterator[Option]:
    """What the sentence may mean after each of the turns before it, the latest first."""
    if reading.intent == opened.UNDO:
        # What was done last is meant, and never something older because nothing is left to undo of it.
        acted = (spoken for spoken in now.context.spoken if spoken.plan.commands or spoken.plan.pending)
        for spoken in islice(acted, 1):
            yield from _undone(reading, spoken, now)
        return
    for spoken in now.context.spoken[: _BACK if reading.intent == opened.OTHER else 1]:
        if reading.intent == opened.OTHER:
            yield from _other(reading, spoken, now)
        else:
            yield from _again(reading, spoken, now)


def _undone(reading: Interpretation, spoken: Spoken, now: Now) -> Iterator[Option]:
    commands = tuple(back(spoken, now))
    if commands:
        meant, plan = commanded(reading, commands, now)
        yield Option(meant, plan, "talk", "spoken", spoken, marks=("undo",))


def _again(reading: Interpretation, spoken: Spoken, now: Now) -> Iterator[Option]:
    """The same request, somewhere else or to something else."""
    if spoken.interpretation.intent == opened.PLAY and (place := _place(reading)) is not None:
        yield from _played(replace(reading, slots=(*_titled(spoken), place)), reading, spoken, now)
        return
    meant = moved(spoken.interpretation, reading, spoken, now)
    if meant is None:
        return
    plan = resolve(meant, now.home)
    if not usable(plan) or _turns_into_another(plan, spoken.plan):
        return
    marks: tuple[str, ...] = ("same",)
    if reading.intent == opened.MEANT and plan.commands:
        done = {c.entity_id for c in plan.commands}
        plan = Plan(commands=(*plan.commands, *(c for c in back(spoken, now) if c.entity_id not in done)))
        marks = ("meant",)
    yield Option(meant, guarded(plan, now.home), "talk", "spoken", spoken, marks=marks)


_MOVES = frozenset((Verb.OPEN, Verb.CLOSE, Verb.LOCK, Verb.UNLOCK))


def _turns_into_another(plan: Plan, before: Plan) -> bool:
    """Whether "off" has become "unlock", or "on" "open": Home Assistant has one intent for them, and people do not."""
    verbs = {command.verb for command in (*plan.commands, *plan.pending)}
    return not verbs & _MOVES <= {command.verb for command in (*before.commands, *before.pending)}


def _titled(spoken: Spoken) -> tuple[Slot, ...]:
    return tuple(slot for slot in spoken.interpretation.slots if slot.name in ("title", "how"))


def _played(asked: Interpretation, reading: Interpretation, spoken: Spoken, now: Now) -> Iterator[Option]:
    """The title of the turn before, on another player; where that was meant in its place, the first is put back."""
    for option in needs.played(replace(asked, intent=opened.PLAY, text=spoken.interpretation.text), now):
        commands = (*option.plan.commands, *option.plan.pending)
        instead = reading.intent == opened.MEANT
        if instead:
            ids = {command.entity_id for command in commands}
            commands += tuple(command for command in back(spoken, now) if command.entity_id not in ids)
        meant, plan = commanded(option.interpretation, commands, now)
        yield Option(meant, plan, "talk", "spoken", spoken, marks=("meant" if instead else "same",))


def moved(base: Interpretation, reading: Interpretation, spoken: Spoken, now: Now) -> Interpretation | None:
    """A request of a turn before, with the place that the sentence names in place of its own; None where it has none.

    One of several parts cannot be moved: nobody knows which of them is meant.
    """
    place = _place(reading)
    if place is None or base.also or base.source == "answer" or base.intent in opened.OPEN_INTENTS:
        return None
    kept = [slot for slot in base.slots if slot.name not in _PLACES]
    if place.name == "name":
        # A device of another kind may be asked for the same.
        kept = [slot for slot in kept if slot.name not in ("domain", "device_class")]
        kept += [s for s in reading.slots if s.name == "domain" and base.intent not in DOMAIN_OF_INTENT]
    elif not any(slot.name == "domain" for slot in kept) and base.intent in (*BY_DOMAIN, "HassGetState"):
        subjects = [now.home.entities[i] for i in targets(spoken.plan) if i in now.home.entities]
        if len({(e.domain, e.device_class) for e in subjects}) != 1:
            return None
        kept.append(Slot("domain", subjects[0].domain))
        kept += [Slot("device_class", str(subjects[0].device_class))] if subjects[0].device_class else []
    return replace(base, slots=(*kept, place), text=reading.text, also=(), source=reading.source)


def _place(reading: Interpretation) -> Slot | None:
    return next((s for s in reading.slots if s.name in ("area", "floor", "name") and s.value != ""), None)


def _other(reading: Interpretation, spoken: Spoken, now: Now) -> Iterator[Option]:
    """What was done to one thing, done to the other of its sort; the first is put back."""
    commands = spoken.plan.commands
    first = now.home.entities.get(commands[0].entity_id) if len(commands) == 1 else None
    if first is None:
        return
    noun = words(first.name)[-1:]
    for entity in now.devices:
        if entity.domain != first.domain or entity.entity_id == first.entity_id or entity.area != first.area:
            continue
        moved = replace(commands[0], entity_id=entity.entity_id)
        meant, plan = commanded(reading, (moved, *back(spoken, now)), now)
        alike = ("same_noun",) if words(entity.name)[-1:] == noun else ()
        yield Option(meant, plan, "talk", "spoken", spoken, marks=("other", *alike))


# Undo


def back(spoken: Spoken, now: Now) -> Iterator[Command]:
    """What puts the devices of a turn as they were before it.

    Nothing for what cannot be told, is so, was only asked about, or has been set otherwise by somebody since.
    """
    done = {command.entity_id: command for command in spoken.plan.commands}
    for before in spoken.before:
        entity, command = now.home.entities.get(before.entity_id), done.get(before.entity_id)
        if entity is not None and entity.available and command is not None and stands(command, entity):
            yield from restored(before, entity)


_AGAINST: Mapping[Verb, frozenset[str]] = {
    Verb.OPEN: frozenset(("closed", "closing")),
    Verb.CLOSE: frozenset(("open", "opening")),
    Verb.LOCK: frozenset(("unlocked", "unlocking")),
    Verb.UNLOCK: frozenset(("locked", "locking")),
    Verb.PAUSE: frozenset(("playing", "off", "standby")),
    Verb.SET_MODE: frozenset(),
    Verb.SET_POSITION: frozenset(),
}
"""Verb -> states that tell of another command since; of all others off and standby do."""
_OFF = frozenset(("off", "standby"))
_PLAYER_OFF = frozenset((*_OFF, "idle"))
_NEAR: Mapping[str, float] = {"brightness": 5, "volume": 5, "humidity": 5, "temperature": 0.6}
"""How far a device may be from the level that it was set to, as it rounds; what moves slowly is not looked at."""


def stands(command: Command, entity: Entity) -> bool:
    """Whether the device is still as the command has made it, as far as it tells."""
    if command.verb is Verb.TURN_OFF:
        return entity.state is None or entity.state in _PLAYER_OFF
    if entity.state in _AGAINST.get(command.verb, _OFF):
        return False
    for name, near in _NEAR.items():
        wanted, now = command.args.get(name), number(entity, name)
        if isinstance(wanted, int | float) and now is not None and abs(now - wanted) > near:
            return False
    return True


_LEVELS = {
    "light": ("brightness", Verb.TURN_ON),
    "fan": ("speed", Verb.SET_SPEED),
    "cover": ("position", Verb.SET_POSITION),
    "climate": ("temperature", Verb.SET_TEMPERATURE),
    "humidifier": ("humidity", Verb.SET_HUMIDITY),
    "media_player": ("volume", Verb.SET_VOLUME),
    "number": ("value", Verb.SET_VALUE),
}
"""Domain -> the level that it is set to, and the verb that sets it."""


def restored(before: Before, entity: Entity) -> Iterator[Command]:
    """Commands that make the device as it was.

    before: as it was. entity: as it is now; what has not changed is left alone.
    """
    key, domain, was = entity.entity_id, entity.domain, before.state
    if was == "off" and domain != "media_player":
        if entity.state != "off":
            yield Command(key, Verb.TURN_OFF)
        return
    if domain == "lock" and was in ("locked", "unlocked") and entity.state != was:
        yield Command(key, Verb.LOCK if was == "locked" else Verb.UNLOCK)
        return
    if domain == "media_player":
        yield from _player(before, entity)
    attribute, verb = _LEVELS.get(domain, ("", Verb.TURN_ON))
    args: dict[str, Scalar] = {}
    level, now = before.attributes.get(attribute), entity.attributes.get(attribute)
    if isinstance(level, int | float) and not isinstance(level, bool) and (level != now or _went_off(before, entity)):
        args[attribute] = level
    color = before.attributes.get("color")
    if domain == "light" and isinstance(color, str) and color != entity.attributes.get("color"):
        args["color"] = color
    ends = domain == "cover" and args.get("position", 0 if was == "closed" else 100) in (0, 100)
    if ends and was in ("open", "closed") and was != entity.state:
        yield Command(key, Verb.OPEN if was == "open" else Verb.CLOSE)
    elif args:
        yield Command(key, verb, args)
    elif _went_off(before, entity):
        yield Command(key, Verb.TURN_ON)


def _went_off(before: Before, entity: Entity) -> bool:
    switched = entity.domain not in ("media_player", "cover")
    return switched and before.state not in ("off", None) and entity.state == "off"


def _player(before: Before, entity: Entity) -> Iterator[Command]:
    key, was, now = entity.entity_id, before.state, entity.state
    if was == now:
        return
    if was == "playing" and now == "paused":
        yield Command(key, Verb.PLAY)
    elif was in ("paused", "idle") and now == "playing":
        yield Command(key, Verb.PAUSE)
    elif was == "off":
        yield Command(key, Verb.TURN_OFF)
    elif now == "off":
        yield Command(key, Verb.TURN_ON)
