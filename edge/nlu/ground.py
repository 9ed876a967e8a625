"""Open readings to options: to which devices a verb may be meant, given what they are and how they are now. Pure.

Nothing is chosen here; that is the ranker's (`edge.nlu.context`). What cannot be done to a device is no option.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

from edge.core import danger
from edge.core.home import Entity
from edge.core.text import words
from edge.core.turn import Context, Interpretation, Scalar, Slot, Spoken
from edge.nlu import needs, talk
from edge.nlu import open as opened
from edge.nlu.goals import number
from edge.nlu.open import COOLERS, KINDS, SILENCED, VERBS, Way, leaves_open
from edge.nlu.option import (
    LATELY_MS,
    Now,
    Option,
    grounded,
    named_like,
    pointless,
    slots_of,
    spoken_sets,
    usable,
    words_of,
)
from edge.nlu.policy import guarded
from edge.nlu.resolve import resolve, wanted
from edge.nlu.verbs import BY_DOMAIN

MAX_SINGLES = 16
"""Devices that one verb is tried on, one by one; those that anything speaks for come first."""
MAX_OPTIONS = 48

_FAMILY = {
    **dict.fromkeys(("on", "off", "toggle", "open", "close"), "switch"),
    **dict.fromkeys(("lock", "unlock"), "lock"),
    **dict.fromkeys(("pause", "resume", "next", "previous", "mute", "unmute", "louder", "quieter"), "media"),
    **dict.fromkeys(("stop", "silence", "dock"), "stop"),
}
_STEPS = {
    "brightness": ("brighter", "darker"),
    "volume": ("louder", "quieter"),
    "temperature": ("warmer", "cooler"),
    "speed": ("faster", "slower"),
}


def options(readings: Sequence[Interpretation], now: Now) -> tuple[Option, ...]:
    """All that the readings may mean in this home, each plan once, in the readings' order; bounded."""
    found: dict[object, Option] = {}
    for reading in _shortest(readings):
        for option in _options(reading, now):
            if usable(option.plan) and not pointless(option.plan, now):
                found.setdefault(_key(option), option)
            if len(found) >= MAX_OPTIONS:
                return tuple(found.values())
    return tuple(found.values())


def _shortest(readings: Sequence[Interpretation]) -> list[Interpretation]:
    """Of the readings that take any words as a title, those with the shortest: "play me dune" is not "me dune".

    None of those where other words than "play" and the like would be part of another open sentence: "start brewing".
    """
    if any(r.intent in opened.OPEN_INTENTS and r.intent != opened.PLAY for r in readings):
        readings = [r for r in readings if r.intent != opened.PLAY or needs.says_play(r)]
    titles = [r for r in readings if r.intent == opened.PLAY]
    least = min((len(str(r.slot("title"))) for r in titles), default=0)
    return [
        reading
        for reading in readings
        if not (titles and reading.intent == "HassMediaSearchAndPlay")
        and (reading.intent != opened.PLAY or len(str(reading.slot("title"))) == least)
    ]


def _key(option: Option) -> object:
    plan = option.plan
    done = tuple(sorted((c.entity_id, c.verb, repr(dict(c.args))) for c in (*plan.commands, *plan.pending)))
    return done or (frozenset(plan.matched), frozenset(plan.unmatched))


def _options(reading: Interpretation, now: Now) -> Iterator[Option]:
    if reading.intent == opened.DO:
        yield from _done(reading, now)
    elif reading.intent == opened.NEED:
        yield from needs.needed(reading, now)
    elif reading.intent == opened.PLAY:
        yield from needs.played(reading, now)
    elif reading.intent == opened.ASK:
        yield from needs.asked(reading, now)
    elif reading.intent in opened.OPEN_INTENTS:
        yield from talk.said(reading, now)
    elif reading.intent == "HassMediaSearchAndPlay":
        yield from needs.played(_as_play(reading), now)
    elif leaves_open(reading):
        yield from _elsewhere(reading, now)
    else:
        plan = guarded(resolve(reading, now.home), now.home)
        yield Option(reading, plan, _family(reading), "plain")


def _as_play(reading: Interpretation) -> Interpretation:
    kind = str(reading.slot("media_class") or "")
    how = {"movie": "watch", "tv_show": "watch", "video": "watch"}.get(kind, "music" if kind else "play")
    places = tuple(s for s in reading.slots if s.name in ("area", "name") and s.text)
    title = slots_of(how=how, title=reading.slot("search_query") or "")
    return Interpretation(opened.PLAY, (*title, *places), reading.text, reading.source, reading.score)


# Verbs of open sentences


def _done(reading: Interpretation, now: Now) -> Iterator[Option]:
    verb, kind = str(reading.slot("verb")), reading.slot("kind")
    family = _FAMILY.get(verb, "set")
    value = next((s for s in reading.slots if s.name in ("percent", "degrees", "color")), None)
    single = not _SINGULAR.isdisjoint(words(reading.text))
    several = (family in _SEVERAL or verb in _SEVERAL) and not single
    for way in _ways(verb, now.context):
        fitting = [e for e in now.devices if _fits(e, way, kind, now) and (verb not in _NOISE or _rings(e, way))]
        rooms = now.area_of(reading)
        if rooms is not None:
            fitting = [e for e in fitting if e.area in {room.id for room in rooms}]
        fitting = _of_last(verb, reading, fitting, now)
        if verb == "degrees" and value is not None:
            fitting = [e for e in fitting if _can_be(e, value.value)]
        if kind == "cover":
            fitting = [e for e in fitting if not lets_in(e)] or fitting
        if reading.slot("ref") is not None and verb in _POINTS:
            fitting = [e for e in fitting if _pointed_at(e, now)]
        slots = slots_of(**way.slots) + ((Slot(way.value, value.value),) if way.value and value else ())
        for chosen in _sets(fitting, way, now, several=several, whole=rooms is not None, single=single):
            meant, plan = grounded(reading, way.intent, chosen, now, slots)
            yield Option(meant, plan, family, "state", _spoken_of(chosen, now), marks=_marks(reading, verb))


_SINGULAR = frozenset(("lamp", "fan", "blind", "curtain", "shutter", "tv", "oven", "speaker", "radio"))
"""One of them is meant; "the light" is all the light there is, as in Home Assistant."""
_SEVERAL = ("switch", "lock", "brighter", "darker")
_POINTS = ("on", "off", "open", "close", "unlock", "percent", "color")
"""Verbs whose "it" is a thing that was spoken of or that somebody has just touched; else nobody knows what it is."""
_NOISE = ("stop", "silence")
PLUGGED = ("switch", "input_boolean")
"""Domains that may be anything with a plug: the name alone tells what hangs on it."""


def _marks(reading: Interpretation, verb: str) -> tuple[str, ...]:
    ref = reading.slot("ref")
    kind = "says_kind" if reading.slot("kind") else ""
    return tuple(filter(None, (f"verb_{verb}", f"says_{ref}" if ref else "", kind)))


def _ways(verb: str, context: Context) -> Sequence[Way]:
    if verb not in ("more", "less"):
        return VERBS[verb]
    # More of what was set last: "more" goes on in its direction, "less" is always down.
    for spoken in context.spoken[:1]:
        if (last := _last_set(spoken)) is not None:
            up, down = _STEPS[last[0]]
            return VERBS[down if verb == "less" or last[1] else up]
    return ()


def _of_last(verb: str, reading: Interpretation, fitting: list[Entity], now: Now) -> list[Entity]:
    """More, less and another temperature are for what was set last, an oven too; with nothing set, for what is here."""
    if verb not in ("more", "less") and (verb != "degrees" or reading.slot("ref") is None):
        return fitting
    last = now.spoken_of[0] if now.spoken_of else frozenset[str]()
    return [e for e in fitting if e.entity_id in last] or (list(now.here(fitting)) if verb == "degrees" else [])


def _pointed_at(entity: Entity, now: Now) -> bool:
    """Whether "it" can be this at all: it was spoken of, has changed a while ago, or is on here."""
    if any(entity.entity_id in ids for ids in now.spoken_of):
        return True
    if entity.domain in PLUGGED and any(danger.is_missed(name) for name in entity.names):
        return False  # a fridge or router is always on, and nobody means it
    age = now.age_ms(entity)
    return (age is not None and age <= LATELY_MS) or bool(entity.state == "on" and now.here((entity,)))


def _last_set(spoken: Spoken) -> tuple[str, bool] | None:
    """What the turn has set, and whether it made less of it by a step."""
    args = {name for command in spoken.plan.commands for name in command.args}
    name = next((name for name in _STEPS if name in args), "volume" if "step" in args else None)
    if name is None:
        # "Turn on the lamp", "a bit more": of what a thing of its kind has more or less of.
        kinds = {command.entity_id.partition(".")[0] for command in spoken.plan.commands}
        name = _LEVEL.get(kinds.pop()) if len(kinds) == 1 else None
    if name is None:
        return None
    steps = (spoken.interpretation.slot(f"{step}_step") for step in _STEPS)
    return name, any(isinstance(step, int | float) and step < 0 for step in steps)


_LEVEL = {"light": "brightness", "media_player": "volume", "climate": "temperature", "fan": "speed"}


def _can_be(entity: Entity, degrees: Scalar) -> bool:
    """Whether it can be set to so many degrees, as far as it tells; a room without a word on that is kept livable."""
    low, high = number(entity, "min_temp"), number(entity, "max_temp")
    if entity.domain == "climate" and entity.for_rooms:
        fahrenheit = str(entity.attributes.get("temperature_unit", "")).endswith("F")
        livable = (41.0, 95.0) if fahrenheit else (5.0, 35.0)
        low, high = livable[0] if low is None else low, livable[1] if high is None else high
    wanted = float(degrees)
    return (low is None or wanted >= low) and (high is None or wanted <= high)


def _rings(entity: Entity, way: Way) -> bool:
    return way.intent != "HassTurnOff" or named_like(entity, SILENCED)


def _fits(entity: Entity, way: Way, kind: object, now: Now) -> bool:
    if entity.domain not in way.domains or (way.when and entity.state not in way.when):
        return False
    if entity.domain == "climate" and kind != "oven" and way.intent != "HassTurnOff" and not entity.for_rooms:
        # An oven is only meant where it was spoken of last.
        return bool(now.spoken_of) and entity.entity_id in now.spoken_of[0] and kind is None
    if kind is None:
        return True
    domains, named = KINDS[str(kind)]
    if entity.domain not in domains:
        return False
    if kind in ("heating", "cooling"):
        return (kind == "cooling") == cools(entity)
    if kind == "shade" and lets_in(entity):
        return False
    return not named or named_like(entity, named)


_WAYS_IN = danger.OPENINGS | danger.GARAGES
_SHADES = frozenset().union(*(KINDS[kind][1] for kind in ("blind", "curtain", "shutter")))


def lets_in(entity: Entity) -> bool:
    """Whether somebody could walk in through the cover, as far as its class or name tells: a garage door, a gate."""
    if entity.device_class in ("door", "garage", "gate"):
        return True
    return named_like(entity, _WAYS_IN) and not named_like(entity, _SHADES)


def cools(entity: Entity) -> bool:
    """Whether it is there to cool: its name or its only modes say so."""
    modes = entity.attributes.get("hvac_modes") or entity.attributes.get("modes")
    if isinstance(modes, list | tuple):
        return "cool" in modes
    return entity.state == "cool" or named_like(entity, COOLERS)


def _sets(
    fitting: Sequence[Entity], way: Way, now: Now, *, several: bool, whole: bool, single: bool
) -> Iterator[tuple[Entity, ...]]:
    """The devices one by one, the likelier first, and the groups that people mean as one.

    single: "the lamp" is one, also where two were spoken of.
    """
    for entity in sorted(fitting, key=lambda e: _priority(e, way, now))[:MAX_SINGLES]:
        yield (entity,)
    if single:
        return
    here = now.here(fitting)
    groups: list[Iterable[Entity]] = []
    for spoken in now.context.spoken[:2]:
        every, *parts = spoken_sets(spoken.plan)
        # "Are any lights on?" "Turn them off": those that are, not all that were asked about.
        groups += [[e for e in fitting if e.entity_id in of_it] for of_it in parts or [every]]
    if several:
        groups += [here]
        # Where the microphone is in no room, nobody knows whether the house is meant or the room.
        groups += _alike(fitting) if whole or (way.domains & {"cover"} and now.home.mic_area) else []
        groups += [fitting] if whole or way.domains == {"lock"} else []
        on = {"light": "on", "cover": "open", "fan": "on"}
        if way.intent == "HassTurnOff":
            groups += [[e for e in here if e.state == on.get(e.domain, "on")]]
    for group in groups:
        if len(chosen := tuple(group)) > 1:
            yield chosen


def _priority(entity: Entity, way: Way, now: Now) -> tuple[bool, bool, bool, bool, float]:
    """Order of trying: first what was spoken of, then what is here, would change, has changed lately."""
    spoken = any(entity.entity_id in ids for ids in now.spoken_of)
    rests = entity.state in _RESTING
    stays = not rests if way.intent == "HassTurnOn" and entity.domain != "lock" else rests
    age = now.age_ms(entity)
    late = age is None or age > LATELY_MS
    return not spoken, not now.here((entity,)), stays, late, math.inf if age is None else age


_RESTING = frozenset(("off", "standby", "idle", "paused", "docked", "closed"))


def _alike(fitting: Sequence[Entity]) -> list[Iterable[Entity]]:
    """Those whose names end with the same word."""
    found: dict[str, list[Entity]] = {}
    for entity in fitting:
        for word in words_of(entity.name)[-1:]:
            found.setdefault(word, []).append(entity)
    return [found[word] for word in sorted(found)]


def _spoken_of(chosen: Iterable[Entity], now: Now) -> Spoken | None:
    ids = {entity.entity_id for entity in chosen}
    found = (s for s, of_it in zip(now.context.spoken, now.spoken_of, strict=True) if ids <= of_it)
    return next(found, None)


# Readings of the grammar that say neither which nor where


def _elsewhere(reading: Interpretation, now: Now) -> Iterator[Option]:
    """The same request to each device of its kind, wherever it is."""
    if any(slot.name.startswith("except_") for slot in reading.slots):
        return  # each device by itself might be one that is left out
    is_wanted = wanted(reading)
    slots = tuple(slot for slot in reading.slots if slot.name != "area")
    family = _family(reading)
    said = set(words(reading.text))
    if reading.intent == "HassClimateGetTemperature":
        yield from needs.asked(Interpretation(opened.ASK, slots_of(what="temperature"), reading.text), now)
        return
    fitting = [e for e in now.devices if is_wanted(e)]
    if "lamp" in said:
        fitting = [e for e in fitting if named_like(e, frozenset(("lamp",)))]
    off = reading.intent == "HassTurnOff"
    way = Way(frozenset(e.domain for e in fitting), reading.intent)
    single = not _SINGULAR.isdisjoint(said)
    for chosen in _sets(fitting, way, now, several=family == "switch" and not single, whole=False, single=single):
        meant, plan = grounded(reading, reading.intent, chosen, now, slots)
        mark = "verb_off" if off else "verb_on" if reading.intent == "HassTurnOn" else "verb_set"
        yield Option(meant, plan, family, "state", _spoken_of(chosen, now), marks=(mark, "says_kind"))


def _family(reading: Interpretation) -> str:
    intent = reading.intent
    if intent in BY_DOMAIN:
        return "lock" if reading.slot("domain") == "lock" else "switch"
    if intent == "HassStopMoving" or "Vacuum" in intent or "Mower" in intent:
        return "stop"
    return "media" if "Media" in intent or "Volume" in intent else "ask" if "Get" in intent else "set"
