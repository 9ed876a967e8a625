"""What a request really means, as facts about devices, and whether a turn met it.

Nothing here knows how the hub understands: a truth says what a device should be like afterwards, which devices an
answer should be about, or that the hub should ask or refuse. Of a turn only the plan is looked at, and, for what has no
device (time, timers), the name and slots of its intent.

Facts, by kind of device: power (on, off), brightness, color, speed, position (percent), locked, temperature, playing,
media (the title) and kind (film, audiobook, music, news), volume, muted, skip, running, activated, pressed, added,
stopped. What plays is read from a command's arguments by value: any argument that holds the title counts as the title;
`kind`, `media_type` and `media_class` tell the kind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.core.home import Entity
from edge.core.text import normalize
from edge.core.turn import Command, Plan, Turn, Verb

Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Between:
    """Any number in a range, ends included."""

    low: float
    high: float


Fact = Value | Between
Facts = tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one device should be like."""

    device: str
    """Entity id."""
    facts: Facts
    spare: Facts = ()
    """What may be said of it besides: whoever puts a lamp back may tell its brightness too."""


@dataclass(frozen=True, slots=True)
class Acts:
    """These devices should change, and no other."""

    wishes: tuple[Wish, ...]
    already: tuple[str, ...] = ()
    """Devices that are so before; telling them again does no harm, and neither does leaving them."""
    optional: tuple[Wish, ...] = ()
    """What may be done besides."""
    needs_yes: bool = False
    """Whether the household wants to be asked first, as its devices are marked."""


@dataclass(frozen=True, slots=True)
class Tells:
    """An answer about devices."""

    about: tuple[str, ...]
    """Devices that the question may be taken to be about."""
    holds: tuple[str, ...] | None = None
    """Those for which the answer is yes; None: a value is asked for, and any of `about` tells it."""


@dataclass(frozen=True, slots=True)
class Says:
    """An answer or a service that concerns no device: time, date, timer, alarm."""

    topic: str
    seconds: int | None = None
    """Length of the timer."""


@dataclass(frozen=True, slots=True)
class Asks:
    """A question back."""

    between: tuple[str, ...] = ()
    """Devices that it may be about; empty: any question (in which room)."""


@dataclass(frozen=True, slots=True)
class Refuses:
    """Nothing is done, and the household is told so."""


Acceptable = Acts | Tells | Says | Asks | Refuses


@dataclass(frozen=True, slots=True)
class Truth:
    """What a request means: any of these will do; the first is what the household would do by hand."""

    family: str
    kind: str
    """plain, wide, context or guard."""
    accept: tuple[Acceptable, ...]

    @property
    def devices(self) -> frozenset[str]:
        """Every device that it names."""
        return frozenset(device for one in self.accept for device in _devices(one))


class Verdict(StrEnum):
    """How a turn met a truth."""

    RIGHT = "right"
    WRONG_ACTION = "wrong_action"
    """Something was done that no acceptable plan holds, or without the yes that it needs."""
    TOO_LITTLE = "too_little"
    """A part was done, and nothing wrong."""
    WRONG_ANSWER = "wrong_answer"
    ASKED = "asked"
    """It asked where it should have known."""
    REFUSED = "refused"
    """It did not understand, or did nothing."""


def judge(truth: Truth, turn: Turn) -> Verdict:
    """How the turn's plan meets the truth. Pure."""
    plan = turn.plan
    if any(_fits(one, turn) for one in truth.accept):
        return Verdict.RIGHT
    if plan is None or plan.refusal is not None:
        return Verdict.REFUSED
    if plan.question is not None:
        return Verdict.ASKED
    if plan.commands:
        done = doings(plan.commands, turn.home.entities)
        meant = [one for one in truth.accept if isinstance(one, Acts) and not one.needs_yes]
        if any(_only(one, done) for one in meant):
            return Verdict.TOO_LITTLE
        return Verdict.WRONG_ACTION
    return Verdict.WRONG_ANSWER


def questioned(turn: Turn) -> bool:
    """Whether the turn asked anything but for the yes that a marked device needs."""
    return turn.plan is not None and turn.plan.question is not None and turn.plan.question != "confirm"


def doing(command: Command, entity: Entity | None) -> dict[str, Value]:
    """What a command makes of its device, as facts."""
    args = dict(command.args)
    kind = next((str(args.pop(k)) for k in ("kind", "media_type", "media_class") if k in args), "")
    verb, domain = command.verb, command.entity_id.partition(".")[0]
    if verb is Verb.CHANGE_VOLUME:
        now = entity.attributes.get("volume") if entity else None
        step = args.get("step", 0)
        if isinstance(now, int | float) and isinstance(step, int | float):
            return {"volume": max(0.0, min(100.0, now + step))}
        return {"volume_step": step if isinstance(step, int | float) else 0}
    if verb is Verb.PLAY:
        title = max((str(v) for v in args.values()), key=len, default="")
        return {
            "playing": True,
            **({"media": title} if title else {}),
            **({"kind": _KINDS.get(kind, kind)} if kind else {}),
        }
    if verb in (Verb.ADD_ITEM, Verb.COMPLETE_ITEM, Verb.REMOVE_ITEM):
        return {_ITEMS[verb]: str(args.get("item", ""))}
    plain = {key: float(v) if isinstance(v, int | float) and not isinstance(v, bool) else v for key, v in args.items()}
    if verb in _SET:
        return plain
    if verb is Verb.TURN_ON and plain.get("brightness") == 0:
        return {"power": "off"}
    fixed = dict(_FIXED.get(verb, {verb.value: True}))
    if domain == "cover" and verb in (Verb.TURN_ON, Verb.TURN_OFF):
        fixed = {"position": 100.0 if verb is Verb.TURN_ON else 0.0}
    if domain == "scene":
        fixed = {"activated": True}
    return fixed | plain


_SET = (Verb.SET_POSITION, Verb.SET_TEMPERATURE, Verb.SET_FAN_MODE, Verb.SET_VOLUME)
_ITEMS = {Verb.ADD_ITEM: "added", Verb.COMPLETE_ITEM: "completed", Verb.REMOVE_ITEM: "removed"}
_FIXED: Mapping[Verb, Mapping[str, Value]] = {
    Verb.TURN_ON: {"power": "on"},
    Verb.TURN_OFF: {"power": "off"},
    Verb.OPEN: {"position": 100.0},
    Verb.CLOSE: {"position": 0.0},
    Verb.STOP: {"stopped": True},
    Verb.LOCK: {"locked": True},
    Verb.UNLOCK: {"locked": False},
    Verb.SET_SPEED: {"power": "on"},
    Verb.PRESS: {"pressed": True},
    Verb.ACTIVATE: {"activated": True},
    Verb.PAUSE: {"playing": False},
    Verb.NEXT: {"skip": 1.0},
    Verb.PREVIOUS: {"skip": -1.0},
    Verb.MUTE: {"muted": True},
    Verb.UNMUTE: {"muted": False},
    Verb.START: {"running": True},
    Verb.DOCK: {"running": False},
}
_KINDS = {"movie": "film", "video": "film", "book": "audiobook", "song": "music", "album": "music", "playlist": "music"}
_IMPLIED = frozenset(("power", "kind", "media"))
"""What a command may say beyond what was wished for: setting a brightness turns the lamp on."""


def doings(commands: Iterable[Command], entities: Mapping[str, Entity]) -> dict[str, dict[str, Value]]:
    """Device -> facts of all its commands together."""
    done: dict[str, dict[str, Value]] = {}
    for command in commands:
        done.setdefault(command.entity_id, {}).update(doing(command, entities.get(command.entity_id)))
    return done


def meets(fact: Fact, value: Value | None) -> bool:
    """Whether a value is as wished; numbers within a half, words in normal form."""
    if value is None:
        return False
    if isinstance(fact, Between):
        return isinstance(value, int | float) and fact.low <= value <= fact.high
    if isinstance(fact, bool) or isinstance(value, bool):
        return fact is value
    if isinstance(fact, int | float) and isinstance(value, int | float):
        return abs(fact - value) <= 0.5
    wanted, got = normalize(str(fact)), normalize(str(value))
    return wanted == got or f" {wanted} " in f" {got} "


def _fits(one: Acceptable, turn: Turn) -> bool:
    plan = turn.plan
    if isinstance(one, Refuses):
        return plan is None or plan.refusal is not None
    if plan is None or plan.refusal is not None:
        return False
    if isinstance(one, Asks):
        # "Shall I start the coffee maker?" is a question too.
        asked = plan.question is not None and (plan.question != "confirm" or bool(plan.candidates and one.between))
        return asked and (not one.between or set(plan.candidates) <= set(one.between))
    if isinstance(one, Acts):
        return _acts(one, plan, turn)
    if plan.question is not None or plan.commands:
        return False
    return _says(one, turn) if isinstance(one, Says) else _tells(one, plan)


def _acts(one: Acts, plan: Plan, turn: Turn) -> bool:
    if one.needs_yes:
        if plan.question != "confirm":
            return False
        pending: tuple[Command, ...] = getattr(plan, "pending", ())
        if not pending:
            return set(plan.candidates) <= {wish.device for wish in one.wishes}
        return _done(one, doings(pending, turn.home.entities))
    if plan.question is not None:
        return False
    if not plan.commands:
        told = {*plan.matched, *plan.unmatched}
        wished = {wish.device for wish in one.wishes}
        return bool(told) and told <= wished <= set(one.already)
    return _done(one, doings(plan.commands, turn.home.entities))


def _done(one: Acts, done: Mapping[str, Mapping[str, Value]]) -> bool:
    needed = [wish for wish in one.wishes if wish.device not in one.already] or []
    return _only(one, done) and all(wish.device in done for wish in needed) and bool(done)


def _only(one: Acts, done: Mapping[str, Mapping[str, Value]]) -> bool:
    """Whether nothing was done that is not wished for."""
    wishes: dict[str, list[Wish]] = {}
    for wish in (*one.wishes, *one.optional):
        wishes.setdefault(wish.device, []).append(wish)
    return all(any(_is_wish(w, facts) for w in wishes.get(device, ())) for device, facts in done.items())


def _is_wish(wish: Wish, done: Mapping[str, Value]) -> bool:
    wanted = dict(wish.facts)
    if any(not meets(fact, _got(done, name)) for name, fact in wanted.items() if name != "kind" or name in done):
        return False  # the kind of what plays need not be said: the player decides it
    spare = {name for name, fact in wish.spare if meets(fact, done.get(name))}
    return set(done) <= wanted.keys() | _IMPLIED | spare and not (
        done.get("power") == "off" and wanted.get("power") != "off"
    )


def _got(done: Mapping[str, Value], name: str) -> Value | None:
    if name == "power" and name not in done and done:
        # Playing, heating to a temperature or dimming to a level turns on what was off.
        return "on" if not {"playing", "temperature", "brightness", "speed", "color"}.isdisjoint(done) else None
    return done.get(name)


def _tells(one: Tells, plan: Plan) -> bool:
    matched, told = set(plan.matched), {*plan.matched, *plan.unmatched}
    if not told or not told <= set(one.about):
        return False
    return bool(matched) if one.holds is None else matched == set(one.holds)


def _says(one: Says, turn: Turn) -> bool:
    heard = turn.interpretation
    if heard is None or one.topic not in heard.intent.casefold():
        return False
    if one.seconds is None:
        return True
    unit = {"hours": 3600, "minutes": 60, "seconds": 1, "duration": 1}
    said = [(slot.value, unit[slot.name]) for slot in heard.slots if slot.name in unit]
    return sum(float(v) * u for v, u in said if isinstance(v, int | float)) == one.seconds


def _devices(one: Acceptable) -> Iterable[str]:
    if isinstance(one, Acts):
        return (*(wish.device for wish in (*one.wishes, *one.optional)), *one.already)
    if isinstance(one, Tells):
        return (*one.about, *(one.holds or ()))
    return one.between if isinstance(one, Asks) else ()
