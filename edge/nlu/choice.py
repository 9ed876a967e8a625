"""A question which of several is meant: what it keeps, and the plan that its answer leads to. Pure.

`resolve` and whoever else asks make the question with `asking`; `completed` fills in what each candidate would mean.
What an answer says is read in `edge.nlu.choice_reading`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from edge.core.home import HomeState
from edge.core.lessons import asks
from edge.core.questions import CONFIRM, WHICH, WHICH_ROOM, again
from edge.core.text import normalize
from edge.core.turn import Command, Interpretation, Part, Plan, Refusal, Slot
from edge.nlu.policy import NO, answered, as_it_is, gone, guarded

CHOICE = "EdgeChoice"
"""Intent of an answer that chooses: slot `entities` for devices, `area` (with `area_id`) or `floor` for a place, none
of them where it fits no candidate or more than one."""

MAX_PREPARED = 8
"""Candidates up to which it is worked out beforehand what would be done to each; of more when one is chosen."""

Resolver = Callable[[Interpretation, HomeState], Plan]


def asking(
    candidates: Iterable[str],
    commands: Iterable[Command],
    home: HomeState,
    *,
    about: Interpretation | None = None,
    question: str = WHICH,
) -> Plan:
    """The question between candidates.

    candidates: their entity ids, in the order in which they are named. commands: each candidate's own, and those of
    the request that are carried out whichever is chosen. about: the request, which the choice is put into where a
    candidate has no command: a question about states. It can be answered where one of the two is there.
    """
    ids, pending = tuple(dict.fromkeys(candidates)), tuple(commands)
    known = dict.fromkeys((*ids, *(command.entity_id for command in pending)))
    return Plan(
        question=question,
        candidates=ids,
        pending=pending,
        asking=about,
        asked_about=tuple(as_it_is(home.entities[i]) for i in known if i in home.entities),
    )


def waits(plan: Plan | None) -> bool:
    """Whether the next utterance may be the answer to the plan's question."""
    if plan is None or plan.question is None:
        return plan is not None and asks(plan.lesson)
    return plan.question == CONFIRM or bool(plan.pending or plan.asking or plan.timer)


def completed(interpretation: Interpretation, home: HomeState, resolve: Resolver) -> Plan:
    """What `resolve` makes of the request; a question comes with all that its answer needs.

    resolve: gives questions as their codes and candidates alone.
    """
    plan = resolve(interpretation, home)
    if plan.question not in (WHICH, WHICH_ROOM):
        return plan
    commands: list[Command] = []
    # What a request of several parts does to a candidate may be another part's doing, whichever is chosen.
    prepared = not interpretation.also and len(plan.candidates) <= MAX_PREPARED
    for entity_id in plan.candidates if prepared else ():
        one = resolve(_with_choice(interpretation, (_entities(entity_id),), home, resolve), home)
        commands += (command for command in one.commands if command not in commands)
    return asking(plan.candidates, commands, home, about=interpretation, question=plan.question)


def after_answer(said: Interpretation, asked: Plan, home: HomeState, resolve: Resolver) -> Plan:
    """The plan after an answer to any question: yes, no, or a choice, as far as the home as it is now allows.

    said: what `Understand` made of the answer. resolve: as for `completed`.
    """
    if said.intent != CHOICE:
        return answered(said.intent, asked, home)
    return guarded(_chosen(said, asked, home, resolve), home)


def _chosen(said: Interpretation, asked: Plan, home: HomeState, resolve: Resolver) -> Plan:
    chosen = str(said.slot("entities") or "")
    place = tuple(slot for slot in said.slots if slot.name in ("area", "floor"))
    if not chosen and not place:
        more = again(asked.question or "")
        return replace(asked, question=more) if more else Plan(refusal=Refusal("resolve.no_choice"))
    if place:
        if asked.asking is None:
            return Plan(refusal=Refusal("resolve.no_choice"))
        home = _one_of_its_name(home, str(said.slot("area_id") or ""))
        return completed(_with_choice(asked.asking, place, home, resolve), home, resolve)
    ids = chosen.split(",")
    commands = tuple(c for c in asked.pending if c.entity_id in ids or c.entity_id not in asked.candidates)
    if set(ids) <= {command.entity_id for command in commands}:
        return gone(commands, asked, home) or Plan(commands=commands, left_out=asked.left_out)
    if lost := _lost(ids, asked, home):
        return lost
    if asked.asking is None:
        return Plan(refusal=Refusal("resolve.no_choice"))
    return completed(_with_choice(asked.asking, (_entities(chosen),), home, resolve), home, resolve)


def _lost(ids: Iterable[str], asked: Plan, home: HomeState) -> Plan | None:
    """The refusal where one of the devices is not the one that was asked about."""
    about = {one.entity_id: one for one in asked.asked_about}
    for entity_id in ids:
        entity, meant = home.entities.get(entity_id), about.get(entity_id)
        if entity is None or as_it_is(entity) != meant:
            return Plan(refusal=Refusal("resolve.gone", meant.names[0] if meant else entity_id))
    return None


def one_by_one(interpretation: Interpretation, home: HomeState, resolve: Resolver) -> Plan | None:
    """The plan for a request of which several devices were chosen; None where there are not several."""
    ids = str(interpretation.slot("entities") or "").split(",")
    if len(ids) < 2:
        return None
    plans = [resolve(_put(interpretation, (_entities(one),)), home) for one in ids]
    if stuck := next((plan for plan in plans if plan.question or plan.refusal), None):
        return stuck
    return Plan(
        commands=tuple(command for plan in plans for command in plan.commands),
        matched=tuple(one for plan in plans for one in plan.matched),
        unmatched=tuple(one for plan in plans for one in plan.unmatched),
    )


def _entities(ids: str) -> Slot:
    return Slot("entities", ids)


def _put(interpretation: Interpretation, slots: tuple[Slot, ...]) -> Interpretation:
    new = {slot.name for slot in slots}
    return replace(interpretation, slots=(*(s for s in interpretation.slots if s.name not in new), *slots))


def _with_choice(
    interpretation: Interpretation, slots: tuple[Slot, ...], home: HomeState, resolve: Resolver
) -> Interpretation:
    """The request with the choice in that of its parts that asks first."""
    if not interpretation.also:
        return _put(interpretation, slots)
    parts = list(_parts(interpretation))
    asks = (n for n, part in enumerate(parts) if resolve(part, home).question is not None)
    at = next(asks, 0)
    parts[at] = _put(parts[at], slots)
    also = tuple(Part(part.intent, part.slots) for part in parts[1:])
    return replace(interpretation, slots=parts[0].slots, also=also)


def _parts(interpretation: Interpretation) -> Iterator[Interpretation]:
    yield replace(interpretation, also=())
    for part in interpretation.also:
        yield replace(interpretation, intent=part.intent, slots=part.slots, also=())


def _one_of_its_name(home: HomeState, area_id: str) -> HomeState:
    """The home without the other rooms that are called as this one, so that its name means it."""
    room = home.area(area_id)
    if room is None:
        return home
    called = normalize(room.name)
    return replace(home, areas=tuple(a for a in home.areas if a is room or normalize(a.name) != called))


def declined(text: str) -> Interpretation:
    """The answer that nothing is to be done."""
    return Interpretation(NO, (), text, source="answer")
