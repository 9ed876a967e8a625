"""Open readings to options: to which devices a verb may be meant, given what they are and how they are now. Pure.

Nothing is chosen here; that is the ranker's (`edge.nlu.context`). What cannot be done to a device is no option.
"""

from collections.abc import Iterable, Iterator, Sequence

from edge.core.home import Entity
from edge.core.text import words
from edge.core.turn import Context, Interpretation, Slot, Spoken
from edge.nlu import needs, talk
from edge.nlu import open as opened
from edge.nlu.open import KINDS, SILENCED, VERBS, Way
from edge.nlu.option import (
    LATELY_MS,
    Now,
    Option,
    grounded,
    named_like,
    pointless,
    slots_of,
    spoken_sets,
    targets,
    usable,
)
from edge.nlu.verbs import BY_DOMAIN, DOMAIN_OF_INTENT
from edge.nlu.verbs import VERBS as HOME_VERBS

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
_OPEN_PLACE = frozenset(
    (
        *BY_DOMAIN,
        *(intent for intent in HOME_VERBS if intent in DOMAIN_OF_INTENT and "List" not in intent),
        "HassClimateGetTemperature",
    )
)
"""Intents of Home Assistant of which the state of the home may tell the device where the sentence does not."""


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

    None of them where the words are known by themselves.
    """
    if any(reading.intent == opened.NEED for reading in readings):
        # "Start brewing" says what is needed in so many words; to take the brewing for a title is to look away.
        readings = [reading for reading in readings if reading.intent != opened.PLAY]
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


def leaves_open(reading: Interpretation) -> bool:
    """Whether a reading of the grammar says neither which device nor where, so that the home may tell."""
    said = any(slot.name in ("name", "area", "floor", opened.ENTITIES) and slot.text for slot in reading.slots)
    return reading.intent in _OPEN_PLACE and not said and reading.slot("name") is None and not reading.also


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
    several = (family in _SEVERAL or verb in _SEVERAL) and _SINGULAR.isdisjoint(words(reading.text))
    for way in _ways(verb, now.context):
        fitting = [e for e in now.devices if _fits(e, way, kind) and (verb not in _NOISE or _rings(e, way))]
        rooms = now.area_of(reading)
        if rooms is not None:
            fitting = [e for e in fitting if e.area in {room.id for room in rooms}]
        if reading.slot("ref") is not None and verb in _POINTS:
            fitting = [e for e in fitting if _pointed_at(e, now)]
        slots = slots_of(**way.slots) + ((Slot(way.value, value.value),) if way.value and value else ())
        for chosen in _sets(fitting, way, now, several=several, whole=rooms is not None):
            meant, plan = grounded(reading, way.intent, chosen, now, slots)
            yield Option(meant, plan, family, "state", _spoken_of(chosen, now.context), marks=_marks(reading, verb))


_SINGULAR = frozenset(("lamp", "fan", "blind", "curtain", "shutter", "tv", "oven", "speaker", "radio"))
"""One of them is meant; "the light" is all the light there is, as in Home Assistant."""
_SEVERAL = ("switch", "lock", "brighter", "darker")
_POINTS = ("on", "off", "open", "close", "unlock", "percent", "color")
"""Verbs whose "it" is a thing that was spoken of or that somebody has just touched; else nobody knows what it is."""
_NOISE = ("stop", "silence")


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


def _pointed_at(entity: Entity, now: Now) -> bool:
    """Whether "it" can be this at all: it was spoken of, has changed a while ago, or is on here."""
    age = now.age_ms(entity)
    spoken = any(entity.entity_id in targets(spoken.plan) for spoken in now.context.spoken)
    return spoken or (age is not None and age <= LATELY_MS) or bool(entity.state == "on" and now.here((entity,)))


def _last_set(spoken: Spoken) -> tuple[str, bool] | None:
    """What the turn has set, and whether it made less of it by a step."""
    args = {name for command in spoken.plan.commands for name in command.args}
    name = next((name for name in _STEPS if name in args), "volume" if "step" in args else None)
    if name is None:
        return None
    steps = (spoken.interpretation.slot(f"{step}_step") for step in _STEPS)
    return name, any(isinstance(step, int | float) and step < 0 for step in steps)


def _rings(entity: Entity, way: Way) -> bool:
    return way.intent != "HassTurnOff" or named_like(entity, SILENCED)


def _fits(entity: Entity, way: Way, kind: object) -> bool:
    if entity.domain not in way.domains or (way.when and entity.state not in way.when):
        return False
    if entity.domain == "climate" and kind != "oven" and way.intent != "HassTurnOff" and not entity.for_rooms:
        return False
    if kind is None:
        return True
    domains, named = KINDS[str(kind)]
    if entity.domain not in domains:
        return False
    if kind in ("heating", "cooling"):
        return (kind == "cooling") == cools(entity)
    return not named or named_like(entity, named)


def cools(entity: Entity) -> bool:
    """Whether it is there to cool: its name or its only modes say so."""
    modes = entity.attributes.get("hvac_modes") or entity.attributes.get("modes")
    if isinstance(modes, list | tuple):
        return "cool" in modes
    said = {word for name in entity.names for word in words(name)}
    return entity.state == "cool" or not said.isdisjoint(("ac", "conditioner", "conditioning", "aircon", "cooler"))


def _sets(fitting: Sequence[Entity], way: Way, now: Now, *, several: bool, whole: bool) -> Iterator[tuple[Entity, ...]]:
    """The devices one by one, the likelier first, and the groups that people mean as one."""
    for entity in sorted(fitting, key=lambda e: _priority(e, now))[:MAX_SINGLES]:
        yield (entity,)
    here = now.here(fitting)
    groups: list[Iterable[Entity]] = []
    for spoken in now.context.spoken[:2]:
        groups += [[e for e in fitting if e.entity_id in of_it] for of_it in spoken_sets(spoken.plan)]
    if several:
        groups += [here]
        by_word = {word for e in fitting for word in words(e.name)[-1:]} if whole or way.domains & {"cover"} else ()
        groups += [[e for e in fitting if words(e.name)[-1:] == [word]] for word in sorted(by_word)]
        groups += [fitting] if whole or way.domains == {"lock"} else []
        on = {"light": "on", "cover": "open", "fan": "on"}
        if way.intent == "HassTurnOff":
            groups += [[e for e in here if e.state == on.get(e.domain, "on")]]
    for group in groups:
        if len(chosen := tuple(group)) > 1:
            yield chosen


def _priority(entity: Entity, now: Now) -> tuple[bool, bool, bool, int]:
    spoken = any(entity.entity_id in targets(s.plan) for s in now.context.spoken)
    age = now.age_ms(entity)
    return not spoken, not now.here((entity,)), age is None or age > LATELY_MS, age or 0


def _spoken_of(chosen: Iterable[Entity], context: Context) -> Spoken | None:
    ids = {entity.entity_id for entity in chosen}
    return next((s for s in context.spoken if ids <= set(targets(s.plan))), None)


# Readings of the grammar that say neither which nor where


def _elsewhere(reading: Interpretation, now: Now) -> Iterator[Option]:
    """The same request to each device of its kind, wherever it is."""
    from edge.nlu.resolve import wanted

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
    for chosen in _sets(fitting, way, now, several=family == "switch" and "lamp" not in said, whole=False):
        meant, plan = grounded(reading, reading.intent, chosen, now, slots)
        mark = "verb_off" if off else "verb_on" if reading.intent == "HassTurnOn" else "verb_set"
        yield Option(meant, plan, family, "state", _spoken_of(chosen, now.context), marks=(mark, "says_kind"))


def _family(reading: Interpretation) -> str:
    intent = reading.intent
    if intent in BY_DOMAIN:
        return "lock" if reading.slot("domain") == "lock" else "switch"
    if intent == "HassStopMoving" or "Vacuum" in intent or "Mower" in intent:
        return "stop"
    return "media" if "Media" in intent or "Volume" in intent else "ask" if "Get" in intent else "set"
