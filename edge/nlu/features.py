"""What speaks for an option and what against it, as named numbers. Pure.

Every name is one that `edge why` can print, and holds for all kinds of requests; the same name with the family before
it ("switch:here") lets the ranker weigh it otherwise for that kind.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from edge.core.home import Entity
from edge.core.turn import Command, Habit, Plan, Verb
from edge.nlu.option import LATELY_MS, Now, Option, measured, spoken_sets, targets

AS_HEARD = "as_heard"
"""Logarithm of the reading's likelihood beside the best: the recogniser's part, which is not learnt and weighs 1."""
_LEAST = 1e-3
JUST_NOW_MS = 60_000
KNOWN = 2.2
"""How often something was seen that is a habit: three times in three days, less what is forgotten until the next."""
_STRONG = 6.0
RINGING_MS = 5 * 60_000

Features = Mapping[str, float]


class Crowd:
    """All options of a turn, for what an option is only in comparison: the only one, the latest."""

    def __init__(self, options: Sequence[Option], now: Now) -> None:
        self.now = now
        self.options = options
        self.singles = [o for o in options if len(targets(o.plan)) == 1 and o.family != "talk"]
        self.subjects = {targets(o.plan)[0] for o in self.singles}
        self.changing = {targets(o.plan)[0] for o in self.singles if changes(o.plan, now) > 0}
        ages = {i: now.age_ms(now.home.entities[i]) for i in self.subjects}
        known = [age for age in ages.values() if age is not None]
        self.youngest = min(known, default=None)
        self.habits = {id(option): _usual(option, now) for option in options}
        self.usual = max((habit.count for habit in self.habits.values() if habit), default=0.0)
        self.dark = is_dark(now)
        self.nobody = nobody_home(now)
        self.last_sets = spoken_sets(now.context.spoken[0].plan) if now.context.spoken else ()
        self.last = self.last_sets[0] if self.last_sets else frozenset[str]()

    def features(self, option: Option) -> dict[str, float]:
        """Those of one option, by name."""
        found: dict[str, float] = {option.source: 1.0, **dict.fromkeys(option.marks, 1.0)}
        heard = {AS_HEARD: math.log(max(_LEAST, option.interpretation.score))}
        entities = [self.now.home.entities[i] for i in targets(option.plan) if i in self.now.home.entities]
        found |= self._of_talk(option, entities)
        found |= self._of_place(entities)
        found |= self._of_state(option, entities)
        found |= self._of_habit(option)
        found |= self._of_time(option)
        if option.plan.question == "confirm":
            found["needs_yes"] = 1.0
        if any(not entity.available for entity in entities):
            found["unreachable"] = 1.0
        kinds = [option.family, *(mark.removeprefix("verb_") for mark in option.marks if mark.startswith("verb_"))]
        return heard | found | {f"{kind}:{name}": value for kind in kinds for name, value in found.items()}

    def _of_talk(self, option: Option, entities: Sequence[Entity]) -> dict[str, float]:
        ids, found = {entity.entity_id for entity in entities}, {}
        spoken = self.now.context.spoken
        if option.family == "talk" and option.spoken is not None:
            age = self.now.at_ms - option.spoken.at_ms
            when = (
                "said_just_now" if age <= JUST_NOW_MS else "said_lately" if age <= 3 * JUST_NOW_MS else "said_long_ago"
            )
            return {"the_last_turn" if option.spoken is spoken[0] else "an_earlier_turn": 1.0, when: 1.0}
        if self.last and ids in self.last_sets:
            found["spoken_of"] = 1.0
            found["spoken_of_just_now"] = float(self.now.at_ms - spoken[0].at_ms <= JUST_NOW_MS)
        elif ids & self.last:
            found["spoken_of_in_part"] = 1.0
        elif any(ids == set(targets(one.plan)) for one in spoken[1:]):
            found["spoken_of_before"] = 1.0
        for ref in ("it", "them"):
            if f"says_{ref}" in option.marks:
                found[f"{ref}_is_{'several' if len(ids) > 1 else 'one'}"] = 1.0
                if "spoken_of" in found:
                    found[f"{ref}_was_spoken_of"] = 1.0
        return found

    def _of_place(self, entities: Sequence[Entity]) -> dict[str, float]:
        home, here = self.now.home, self.now.here(entities)
        if home.mic_area is None or not entities:
            return {"room_unknown": 1.0}
        if len(here) == len(entities):
            found = {"here": 1.0}
            if len(entities) == 1 and len(self.now.here(home.entities[i] for i in self.subjects)) == 1:
                found["the_only_one_here"] = 1.0
            return found
        if all(entity.area is None for entity in entities):
            return {"in_no_room": 1.0}
        floors = {self.now.floor_of.get(str(entity.area)) for entity in entities}
        return {"on_this_floor" if floors == {self.now.floor} and self.now.floor else "elsewhere": 1.0}

    def _of_state(self, option: Option, entities: Sequence[Entity]) -> dict[str, float]:
        ids = {entity.entity_id for entity in entities}
        found: dict[str, float] = {}
        if len(ids) > 1:
            found["several"] = 1.0
            found["all_that_change"] = float(ids == self.changing)
        elif ids:
            found["the_only_one"] = float(len(self.subjects) == 1)
            found["the_only_one_that_changes"] = float(ids == self.changing)
        if option.plan.commands or option.plan.pending:
            found["changes"] = changes(option.plan, self.now)
            found["changes_nothing"] = float(found["changes"] == 0.0)
        age = min((a for e in entities if (a := self.now.age_ms(e)) is not None), default=None)
        if age is not None and age <= LATELY_MS and not ids <= self.last:
            found["changed_just_now" if age <= JUST_NOW_MS else "changed_lately"] = 1.0
            found["changed_last"] = float(len(ids) == 1 and age == self.youngest)
        states = {entity.state or "" for entity in entities}
        found |= {name: 1.0 for name, wanted in _STATES.items() if states and states <= wanted}
        if "verb_stop" in option.marks or "verb_silence" in option.marks:
            rings = age is not None and age <= RINGING_MS and {e.domain for e in entities} <= {"switch", "siren"}
            found["rings"] = float(rings)
        return found

    def _of_time(self, option: Option) -> dict[str, float]:
        """The hour, the weekend and the dark, each with what would be done then."""
        commands = (*option.plan.commands, *option.plan.pending)
        hour, weekday = self.now.context.hour, self.now.context.weekday
        when = [f"in_the_{name}" for name, begins, ends in _BANDS if hour is not None and begins <= hour < ends]
        when += ["at_the_weekend"] if weekday is not None and weekday >= _SATURDAY else []
        when += ["in_the_dark"] if self.dark else []
        when += ["with_nobody_home"] if self.nobody else []
        verbs = {command.verb.value for command in commands} & _TIMED
        return {f"{verb}_{one}": 1.0 for verb in sorted(verbs) for one in when}

    def _of_habit(self, option: Option) -> dict[str, float]:
        habit = self.habits[id(option)]
        if habit is None:
            return {"unusual_while_another_is_usual": 1.0} if self.usual >= KNOWN else {}
        found = {"usual" if habit.count >= KNOWN else "seen_before": 1.0, "how_usual": min(1.0, habit.count / _STRONG)}
        if habit.count >= self.usual:
            found["the_most_usual"] = 1.0
            others = (h.count for h in self.habits.values() if h and h.entity_id != habit.entity_id)
            second = max(others, default=0.0)
            # One time more is chance, three times as often is a habit.
            found["far_more_usual"] = (habit.count - second) / (habit.count + second + 1.0)
        found[f"usual_{habit.situation.partition(':')[0]}"] = float(habit.count >= KNOWN)
        return found


_BANDS = (("night", 0, 5), ("morning", 5, 10), ("day", 10, 17), ("evening", 17, 24))
_SATURDAY = 5
_TIMED = frozenset(("turn_on", "turn_off", "open", "close", "activate", "play"))
"""Verbs that people use at other hours for other things."""
_DARK_LUX = 20.0


def is_dark(now: Now) -> bool:
    """Whether it is dark here: a light sensor of the room says so, or the sun is down."""
    for entity in now.here(now.devices):
        if entity.domain == "sensor" and entity.device_class == "illuminance":
            lux = measured(entity)
            if lux is not None:
                return lux < _DARK_LUX
    sun = now.home.entities.get("sun.sun")
    return sun is not None and sun.state == "below_horizon"


def nobody_home(now: Now) -> bool:
    """Whether all people whose place is known are away."""
    people = [e for e in now.devices if e.domain in ("person", "device_tracker") and e.available and e.state]
    return bool(people) and all(entity.state != "home" for entity in people)


_STATES: Mapping[str, frozenset[str]] = {
    "is_on": frozenset(("on", "open", "opening", "playing", "cleaning", "heat", "cool")),
    "is_off": frozenset(("off",)),
    "moving": frozenset(("opening", "closing")),
    "playing": frozenset(("playing",)),
    "paused": frozenset(("paused",)),
}
"""Feature -> states of which all its devices are in one."""
_RANK = {"after": 0, "hour": 1, "any": 2}


def _usual(option: Option, now: Now) -> Habit | None:
    """The habit that the option repeats: of the most particular situation in which it is one."""
    commands = (*option.plan.commands, *option.plan.pending)
    if len(commands) != 1:
        return None
    found = [habit for habit in now.context.habits if _repeats(commands[0], habit)]
    known = [habit for habit in found if habit.count >= KNOWN] or found
    return min(known, key=lambda h: (_RANK.get(h.situation.partition(":")[0], 3), -h.count), default=None)


def _repeats(command: Command, habit: Habit) -> bool:
    if command.entity_id != habit.entity_id or command.verb is not habit.verb:
        return False
    return all(habit.args.get(name) == value for name, value in command.args.items()) and (
        not habit.args or bool(command.args) or command.verb is Verb.PLAY
    )


def changes(plan: Plan, now: Now) -> float:
    """Share of the plan's commands that would change something, as far as the devices tell."""
    commands = (*plan.commands, *plan.pending)
    if not commands:
        return 0.0
    told = [_changes(command, now.home.entities.get(command.entity_id)) for command in commands]
    return sum(told) / len(told)


_WOULD_NOT: Mapping[Verb, frozenset[str]] = {
    Verb.TURN_OFF: frozenset(("off", "standby")),
    Verb.OPEN: frozenset(("open", "opening")),
    Verb.CLOSE: frozenset(("closed", "closing")),
    Verb.LOCK: frozenset(("locked", "locking")),
    Verb.UNLOCK: frozenset(("unlocked", "unlocking")),
    Verb.START: frozenset(("cleaning", "mowing")),
    Verb.DOCK: frozenset(("docked", "returning")),
}
_ACTS_WHEN: Mapping[Verb, frozenset[str]] = {
    Verb.PAUSE: frozenset(("playing", "buffering")),
    Verb.NEXT: frozenset(("playing", "buffering")),
    Verb.PREVIOUS: frozenset(("playing", "buffering")),
    Verb.MUTE: frozenset(("playing", "buffering")),
    Verb.SET_VOLUME: frozenset(("playing", "buffering")),
    Verb.CHANGE_VOLUME: frozenset(("playing", "buffering")),
    Verb.STOP: frozenset(("opening", "closing")),
    Verb.SET_SPEED: frozenset(("on",)),
}


def _changes(command: Command, entity: Entity | None) -> bool:
    if entity is None:
        return False
    state = entity.state or ""
    if command.verb in _ACTS_WHEN:
        return state in _ACTS_WHEN[command.verb]
    if command.verb in _WOULD_NOT:
        return state not in _WOULD_NOT[command.verb]
    if command.verb is Verb.PLAY and not command.args:
        return state == "paused"
    if command.verb is Verb.UNMUTE:
        return entity.attributes.get("muted") is True
    if command.verb is Verb.TURN_ON and not command.args:
        return state in ("off", "standby", "idle")
    return any(entity.attributes.get(name) != value for name, value in command.args.items()) or not command.args


def families(options: Iterable[Option]) -> list[str]:
    """The families of the options, each once, in order."""
    return list(dict.fromkeys(option.family for option in options))
