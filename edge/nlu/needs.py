"""Needs to options: what answers "I am cold", "start brewing" or "play Hunger Games" in this home. Pure.

What a household usually does comes from its habits; what a thing is for, from its kind, its device class and its name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edge.core.home import Entity
from edge.core.text import normalize, words
from edge.core.turn import Command, Habit, Interpretation, Scalar, Slot, Verb
from edge.nlu.goals import number
from edge.nlu.open import BREWERS, COOLERS, DRYERS, KINDS, MACHINES, SCENES
from edge.nlu.option import Now, Option, commanded, grounded, measured, named_like, slots_of

ANY_WILL_DO = "any_will_do"
"""Mark of options of which nobody minds which one is taken."""
MAX_HABITS = 6
"""Habits that one request is tried on."""
_SOFT = 60.0
"""Percent up to which a light is soft."""
_HUMID = 60.0
"""Percent from which a room is damp; mould begins to like it there."""
_SCREENS = KINDS["tv"][1] | {"screen", "projector", "beamer", "monitor"}
_RUNNING = frozenset(("running", "power", "moving", "problem"))
_HERE = frozenset(("here", "room", "inside", "indoors"))
_TAKEN_FOR_THINGS = ("the ", "a ", "an ", "my ", "our ")


def needed(reading: Interpretation, now: Now) -> Iterator[Option]:
    """What may meet the need that the sentence tells of."""
    need = str(reading.slot("need"))
    if need in SCENES:
        yield from _scenes(reading, need, now)
    elif need in _HABITUAL:
        yield from _habitual(reading, need, now)
    elif need == "brew":
        switches = (e for e in now.devices if e.domain in ("switch", "script", "input_boolean", "button"))
        for entity in switches:
            if named_like(entity, BREWERS):
                option = _one(reading, "HassTurnOn", (entity,), now, need)
                yield replace(option, source="habit", habit=_usual(option, now))
    elif need == "empty":
        yield from _empty_rooms(reading, now)
    elif need == "news":
        for entity in _players(now):
            yield _play(reading, entity, {"media": "news", "kind": "news"}, now, need)
    else:
        yield from _comfort(reading, need, now)


def _one(
    reading: Interpretation, intent: str, chosen: Iterable[Entity], now: Now, *marks: str, slots: Iterable[Slot] = ()
) -> Option:
    meant, plan = grounded(reading, intent, chosen, now, slots)
    return Option(meant, plan, "need", "state", marks=marks)


def _usual(option: Option, now: Now) -> Habit | None:
    """The strongest habit of doing this at this time, or after what has just happened."""
    commands = (*option.plan.commands, *option.plan.pending)
    found = (
        habit
        for habit in now.context.habits
        if habit.situation != "any" and any(c.entity_id == habit.entity_id and c.verb is habit.verb for c in commands)
    )
    return max(found, key=lambda habit: habit.count, default=None)


def _scenes(reading: Interpretation, need: str, now: Now) -> Iterator[Option]:
    for entity in now.devices:
        if entity.domain in ("scene", "script") and any(normalize(name) in SCENES[need] for name in entity.names):
            yield _one(reading, "HassTurnOn", (entity,), now, "scene")


def _comfort(reading: Interpretation, need: str, now: Now) -> Iterator[Option]:
    here = now.here(now.devices)
    lights = [e for e in here if e.domain == "light"]
    rooms = [e for e in here if e.domain == "climate" and e.for_rooms]
    if need == "light":
        if lights:
            yield _one(reading, "HassTurnOn", lights, now, need, "all_here", ANY_WILL_DO)
        for light in lights:
            yield _one(reading, "HassTurnOn", (light,), now, need, ANY_WILL_DO)
            brighter = slots_of(brightness_step=1)
            yield _one(reading, "HassLightSet", (light,), now, need, "step", slots=brighter)
    elif need == "warmth":
        for device in rooms:
            yield _one(reading, "HassClimateSetTemperature", (device,), now, need, slots=slots_of(temperature_step=2))
    elif need == "cool":
        for fan in (e for e in here if e.domain == "fan"):
            yield _one(reading, "HassTurnOn", (fan,), now, need, ANY_WILL_DO)
        colder = slots_of(temperature_step=-2)
        for device in rooms:
            yield _one(reading, "HassClimateSetTemperature", (device,), now, need, ANY_WILL_DO, slots=colder)
            if device.state == "off" and named_like(device, COOLERS):
                yield _one(reading, "HassTurnOn", (device,), now, need, ANY_WILL_DO)
    elif need == "dry":
        humidities = _humidities(now)
        for fan in now.devices:
            if fan.domain in ("fan", "switch", "humidifier") and named_like(fan, DRYERS) and fan.area:
                damp = humidities.get(fan.area)
                wettest = damp is not None and damp == max(humidities.values())
                marks = (need, *(("damp",) if damp and damp >= _HUMID else ()), *(("dampest",) if wettest else ()))
                yield _one(reading, "HassTurnOn", (fan,), now, *marks)


def _humidities(now: Now) -> dict[str, float]:
    found: dict[str, float] = {}
    for entity in now.devices:
        if entity.domain == "sensor" and entity.device_class == "humidity" and entity.area:
            value = measured(entity)
            if value is not None:
                found[entity.area] = max(found.get(entity.area, 0.0), value)
    return found


def _empty_rooms(reading: Interpretation, now: Now) -> Iterator[Option]:
    there: dict[str, bool] = {}
    for entity in now.devices:
        if entity.device_class in ("motion", "occupancy", "presence") and entity.area and entity.available:
            # A sensor that has said nothing yet does not say that nobody is there.
            there[entity.area] = there.get(entity.area, False) or entity.state != "off"
    lights = [e for e in now.devices if e.domain == "light" and e.area in there and not there[str(e.area)]]
    lit = [e for e in lights if e.state == "on" and e.area != now.home.mic_area]
    if lit:
        yield _one(reading, "HassTurnOff", lit, now, "empty")


# What this household usually does


_HABITUAL = frozenset(("usual", "comfort", "cosy", "music"))


def _habitual(reading: Interpretation, need: str, now: Now) -> Iterator[Option]:
    chosen = [habit for habit in now.context.habits if _is(habit, need, now)]
    seen: set[object] = set()
    for habit in chosen:
        goal = (habit.entity_id, habit.verb, tuple(sorted(habit.args.items())))
        if goal in seen or len(seen) == MAX_HABITS:
            continue
        seen.add(goal)
        meant, plan = commanded(reading, (Command(habit.entity_id, habit.verb, dict(habit.args)),), now)
        yield Option(meant, plan, "need", "habit", habit=habit, marks=(need,))
    if need == "music":
        for entity in _players(now):
            meant, plan = commanded(reading, (Command(entity.entity_id, Verb.PLAY, {}),), now)
            yield Option(meant, plan, "need", "state", marks=(need, "untitled", *_sort(entity)))
    if need == "cosy":
        for entity in now.devices:
            if entity.domain in ("scene", "script") and named_like(entity, frozenset(("cosy", "cozy", "relax"))):
                yield _one(reading, "HassTurnOn", (entity,), now, "scene")


def _is(habit: Habit, need: str, now: Now) -> bool:
    entity = now.home.entities.get(habit.entity_id)
    if entity is None or entity.is_setting or entity.attributes.get("group_members"):
        return False
    if need == "music":
        return habit.verb is Verb.PLAY and habit.args.get("kind", "music") in ("music", "radio", "playlist", "channel")
    if need == "comfort":
        return habit.verb is Verb.SET_TEMPERATURE and entity.domain == "climate" and entity.for_rooms
    level = habit.args.get("brightness")
    if need == "cosy":
        return entity.domain == "light" and isinstance(level, int | float) and 0 < level <= _SOFT
    # The usual is what follows something: to come home, to get up. That lamps go on in the evening is no answer.
    return habit.situation.startswith("after:") and not habit.args and habit.verb in (Verb.TURN_ON, Verb.ACTIVATE)


# What plays


def _players(now: Now) -> tuple[Entity, ...]:
    return tuple(e for e in now.devices if e.domain == "media_player")


def _sort(entity: Entity) -> tuple[str, ...]:
    kind = entity.device_class
    screen = kind == "tv" or (kind not in ("speaker", "receiver") and named_like(entity, _SCREENS))
    return ("screen",) if screen else ("sound",)


def _play(reading: Interpretation, entity: Entity, args: dict[str, Scalar], now: Now, *marks: str) -> Option:
    meant, plan = commanded(reading, (Command(entity.entity_id, Verb.PLAY, args),), now)
    return Option(meant, plan, "play", "state", marks=(*marks, *_sort(entity)))


def says_play(reading: Interpretation) -> bool:
    """Whether the sentence begins with a word for playing; "start" and "put on" are said of other things, too."""
    return normalize(reading.text).startswith(("play", "watch", "listen", "read", "show"))


def played(reading: Interpretation, now: Now) -> Iterator[Option]:
    """A title on each player, as what that player can show: a film on a screen, an audiobook or music on a speaker."""
    title, how = str(reading.slot("title") or ""), str(reading.slot("how") or "play")
    rooms, named = now.area_of(reading), reading.slot("name")
    loose = not says_play(reading)
    if not title or (loose and how == "play" and _is_thing(title, now)):
        return
    if normalize(title) in _ANY_MUSIC:
        return
    players = _players(now)
    if rooms is None and named is None:
        title, players = _placed(title, now)
    for entity in players:
        if entity.attributes.get("plays_titles") is False:
            continue  # it can go on with what was paused, and would
        if (rooms is not None and entity.area not in {room.id for room in rooms}) or (
            named is not None and normalize(str(named)) not in map(normalize, entity.names)
        ):
            continue
        screen = "screen" in _sort(entity)
        if how == "watch" and not screen:
            continue
        kind = {"watch": "film", "listen": "audiobook", "music": "music"}.get(how, "film" if screen else "music")
        marks = (f"how_{how}", f"how_{how}_{'screen' if screen else 'sound'}", *(("loose",) if loose else ()))
        yield _play(reading, entity, {"media": title, "kind": kind}, now, *marks)


def _is_thing(title: str, now: Now) -> bool:
    """Whether it is rather a thing than a title: "start the jukebox", "start dishwasher"."""
    said = normalize(title)
    things = (MACHINES | BREWERS | DRYERS).intersection(said.split())
    return said.startswith(_TAKEN_FOR_THINGS) or bool(things) or bool(now.home.entities_named(title))


def _placed(title: str, now: Now) -> tuple[str, tuple[Entity, ...]]:
    """The title without the room or player that is said after it, and the players that are meant then."""
    said = words(title)
    for at in range(1, len(said) - 1):
        if said[at] in ("in", "on"):
            place = " ".join(said[at + 2 if said[at + 1] in ("the", "my", "our") else at + 1 :])
            if place and now.home.areas_named(place):
                rooms = {room.id for room in now.the_room(place)}
                return " ".join(said[:at]), tuple(e for e in _players(now) if e.area in rooms)
            if named := tuple(e for e in now.home.entities_named(place) if e.domain == "media_player"):
                return " ".join(said[:at]), named
    return title, _players(now)


_ANY_MUSIC = frozenset(("music", "some music", "something", "anything", "it", "on", "that", "this", "the news", "news"))


# What is asked


def _is_hot(entity: Entity) -> bool:
    return entity.domain in ("climate", "water_heater") and not entity.for_rooms


def asked(reading: Interpretation, now: Now) -> Iterator[Option]:
    """A question that names nothing: of each thing that can answer it."""
    what = str(reading.slot("what"))
    if what in ("temperature", "heat"):
        hot_only = what == "heat"
        rooms: set[str] = set()
        placed = not _HERE.isdisjoint(words(reading.text))
        hot_on = not placed and any(_is_hot(e) and e.state not in ("off", None) for e in now.devices)
        for entity in sorted(now.devices, key=lambda e: (e.domain == "sensor", e.state in ("off", None))):
            hot = _is_hot(entity)
            if hot_only and not hot:
                continue
            told = number(entity, "current_temperature") is not None
            if (entity.domain in ("climate", "water_heater") and told) or (
                entity.domain == "sensor" and entity.device_class == "temperature" and entity.state is not None
            ):
                if entity.domain == "climate" and not hot and entity.area:
                    if entity.area in rooms:
                        continue  # its other thermostat tells the same
                    rooms.add(entity.area)
                meant, plan = grounded(reading, "HassClimateGetTemperature", (entity,), now)
                running = hot and entity.state not in ("off", None)
                marks = (what, *(("hot",) if hot else ()), *(("hot_on",) if running else ()))
                marks += ("hot_on_and_no_room_said",) if running and not placed else ()
                marks += ("while_something_hot_is_on",) if hot_on and not hot else ()
                marks += ("thermostat",) if entity.domain == "climate" and not hot else ()
                marks += ("says_here",) if placed else ()
                yield Option(meant, plan, "ask", "state", marks=marks)
    elif what == "finished":
        for entity in now.devices:
            machine = entity.domain == "binary_sensor" and (
                entity.device_class in _RUNNING or (entity.device_class is None and named_like(entity, MACHINES))
            )
            if machine:
                state = slots_of(domain="binary_sensor", state="off")
                meant, plan = grounded(reading, "HassGetState", (entity,), now, state)
                yield Option(meant, plan, "ask", "state", marks=(what, *(("running",) if entity.state == "on" else ())))
