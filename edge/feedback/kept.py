"""What of a turn is kept: the record as it is, with no more of the home than it was about. Pure.

With 2,000 devices the snapshot alone would be half a megabyte a turn; and without words nothing of what was said is in
it, nor what was answered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from edge.core.home import Entity, HomeState
from edge.core.lessons import LessonAction
from edge.core.timers import Timer
from edge.core.turn import Context, Interpretation, Part, Plan, Scalar, Slot, Turn, Weighed

MAX_ENTITIES = 200
MAX_WEIGHED = 30


def kept(turn: Turn, *, words: bool = True) -> Turn:
    """The turn as it is stored. words: whether what was said, and the reply, are in it."""
    short = replace(turn, weighed=turn.weighed[:MAX_WEIGHED])
    ids = list(dict.fromkeys(_mentioned(short)))[:MAX_ENTITIES]
    there = {entity_id: turn.home.entities[entity_id] for entity_id in ids if entity_id in turn.home.entities}
    home = HomeState(there, turn.home.areas, turn.home.floors, turn.home.mic_area, turn.home.taken_ms)
    short = replace(short, home=home)
    return short if words else _wordless(short)


def _mentioned(turn: Turn) -> Iterator[str]:
    for plan in (turn.plan, turn.asked, *(option.plan for option in turn.weighed)):
        if plan is not None:
            yield from (command.entity_id for command in (*plan.commands, *plan.pending))
            yield from (*plan.matched, *plan.unmatched, *plan.candidates)
            yield from (plan.lesson.device,) if plan.lesson is not None else ()
            new = plan.timer.new if plan.timer is not None else None
            yield from (later.entity_id for later in (new.then if new is not None else ()))
    for one in turn.context.spoken:
        yield from (before.entity_id for before in one.before)


def _wordless(turn: Turn) -> Turn:
    habits = tuple(replace(habit, args=_unnamed(habit.args)) for habit in turn.context.habits)
    context = Context((), habits, turn.context.hour, turn.context.weekday, turn.context.weights)
    home = replace(turn.home, entities={key: _untold(entity) for key, entity in turn.home.entities.items()})
    return replace(
        turn,
        home=home,
        timers=tuple(_nameless(timer) for timer in turn.timers),
        utterance=replace(turn.utterance, hypotheses=()),
        rewrite=None,
        context=context,
        asked=_silent(turn.asked),
        readings=(),
        interpretation=None if turn.interpretation is None else _unsaid(turn.interpretation),
        weighed=tuple(_unweighed(option) for option in turn.weighed),
        plan=_silent(turn.plan),
        reply=None,
    )


def _untold(entity: Entity) -> Entity:
    """Without what it was told in words: a title, or a text."""
    attributes = {name: value for name, value in entity.attributes.items() if not name.startswith("media_")}
    return replace(entity, state=None if entity.domain == "text" else entity.state, attributes=attributes)


def _nameless(timer: Timer) -> Timer:
    then = tuple(replace(later, args=_unnamed(later.args)) for later in timer.then)
    return replace(timer, name="", then=then)


def _unnamed(args: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in args.items() if not isinstance(value, str)}


def _unweighed(option: Weighed) -> Weighed:
    return replace(option, interpretation=_unsaid(option.interpretation), plan=_silent(option.plan) or Plan())


def _unsaid(one: Interpretation) -> Interpretation:
    also = tuple(Part(part.intent, _numbers(part.slots)) for part in one.also)
    return replace(one, text="", slots=_numbers(one.slots), also=also)


def _numbers(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Only what no word is in, and which devices it came to."""
    kept_slots = (slot for slot in slots if slot.name == "entities" or not isinstance(slot.value, str))
    return tuple(replace(slot, text="") for slot in kept_slots)


def _silent(plan: Plan | None) -> Plan | None:
    """Devices and verbs stay; an item of a shopping list, a film's name, what could not be found do not."""
    if plan is None:
        return None
    commands, pending = (
        tuple(replace(command, args=_unnamed(command.args)) for command in some)
        for some in (plan.commands, plan.pending)
    )
    refusal = None if plan.refusal is None else replace(plan.refusal, subject="")
    timer = plan.timer
    if timer is not None and timer.new is not None:
        timer = replace(timer, new=_nameless(timer.new))
    lesson = None if plan.lesson is None else LessonAction(plan.lesson.do, asks=plan.lesson.asks)
    return replace(plan, commands=commands, pending=pending, refusal=refusal, timer=timer, lesson=lesson)
