"""Outcome to words.

What Home Assistant has a response for, in the household's language, is said with it; what only this hub knows (a device
that did not obey, a question back) is said with the sentences below, in English until a language has its own.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from edge.core.home import Entity, HomeState
from edge.core.questions import CONFIRM
from edge.core.talk import UNSURE_LESSON
from edge.core.turn import Command, Interpretation, Plan, Refusal, Reply, Result, Slot, Turn
from edge.reply import actions, grounded, lessons, timers
from edge.reply.states import spoken_setting, spoken_state
from edge.reply.which import which

_SENTENCES = {
    "unreachable": "Sorry, {names} cannot be reached",
    "unacknowledged": "The broker did not take that in time, so I cannot say whether {names} will do it",
    "silent": "{names} did not answer",
    "refused": "{names} did not do it",
    "others_done": "{names} did as asked",
    "bad_value": "Sorry, {names} cannot be set to that",
    "unsupported": "Sorry, {names} cannot do that",
    "code_needed": "Sorry, {names} needs a code",
    "bad_code": "Sorry, that is not the code of {names}",
    "state_unknown": "Sorry, {names} has not told how it is set",
    "under_way": "{names} was told a moment ago, and has not shown yet what it does",
    "unclear": "Sorry, I did not hear that clearly",
    "hello": "Hello",
    "no_choice": "Sorry, I still don't know which one you mean",
    "left_as_it_is": "OK, I left it as it is",
    "not_allowed": "Sorry, {names} is not for the voice to change",
    "left_out": "{names} I left alone, as it is not for the voice to change",
    "gone": "Sorry, {names} cannot be reached any more",
    "no_titles": "Sorry, {names} cannot be told what to play",
    "as_it_was": "That is as it was",
    "no_undo": "Sorry, I don't know how it was before {names}, so I cannot put that back",
    "nothing_goes_on": "Nothing is playing, moving or ringing here",
    "nothing_plays_that": "Sorry, nothing here can be told what to play",
    "no_referent": "Sorry, I don't know what you mean by that here",
    "not_supported": "Sorry, I can't do that yet",
    "too_wide": "Sorry, I don't know which devices you mean",
    "no_value": "Sorry, I don't know which value to set",
    "done": "Done",
    "sent": "OK",
    "nothing_known": "Sorry, I don't know that",
    **timers.SENTENCES,
}
_ERROR_WORDS = {"no_entity": "entity", "no_area": "area", "no_floor": "floor"}
_UNHEARD = ("understand.nothing_heard", "understand.no_intent")


class Phrase:
    """The stage that words the reply; it runs whatever failed before it.

    responses: Home Assistant's responses of the language, with the keys `errors` and `intents` (Jinja2).
    now: local time, for questions about time and date.
    """

    name = "reply"
    reads = ("home", "interpretation", "weighed", "asked", "plan", "outcome")
    writes = ("reply",)
    always = True

    def __init__(self, responses: Callable[[], Mapping[str, Any]], *, now: Callable[[], dt.datetime]) -> None:
        self._responses = responses
        self._now = now

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its reply."""
        return replace(turn, reply=Reply(_tidy(self._text(turn))))

    def _text(self, turn: Turn) -> str:
        if turn.error in ("understand.low_confidence", UNSURE_LESSON):
            return _SENTENCES["unclear"]
        if turn.error in _UNHEARD or turn.interpretation is None:
            return self._error("no_intent")
        if turn.plan is None or turn.error:
            return self._error("handle_error")
        plan = turn.plan
        if plan.refusal is not None:
            return self._refusal(plan.refusal, turn)
        if plan.question is not None:
            if plan.question == CONFIRM:
                # What is asked for comes first: of many names the last are only counted.
                pending = sorted(plan.pending, key=lambda command: command.entity_id not in plan.candidates)
                return timers.later(actions.question(pending, _names_of(turn.home, pending)), plan.timer)
            if plan.timer is not None:
                return timers.question(turn, plan.timer)
            return which(plan.question, plan.candidates, turn.home)
        # A lamp without power among fifteen is no reason to keep quiet about the others.
        failed = _failures(turn)
        told = (failed, _others_done(turn)) if failed else (lessons.told(turn, plan) or self._done(turn, plan),)
        return ". ".join(filter(None, (*told, _left_out(turn.home, plan), lessons.question(plan.lesson))))

    def _done(self, turn: Turn, plan: Plan) -> str:
        interpretation = turn.interpretation
        answered = interpretation is not None and interpretation.source == "answer"
        if interpretation is not None and interpretation.intent == "EdgeChoice" and not plan.commands:
            # A question about states is answered in its own words, with what was chosen for what it left open.
            about = turn.asked.asking if turn.asked else None
            interpretation = replace(about, slots=(*about.slots, *interpretation.slots)) if about else None
            ids = str(turn.interpretation.slot("entities") or "").split(",") if turn.interpretation else []
            if len(ids) > 1:
                return self._each(turn, plan, ids)
            turn = replace(turn, interpretation=interpretation)
        if interpretation is None:
            return _SENTENCES["done"]
        if interpretation.intent == "EdgeGetSetting":
            return spoken_setting(turn.home.entities[plan.matched[0]], str(interpretation.slot("setting")))
        if interpretation.slot("domain") == "everything":
            return actions.counted(plan.commands) + _inferred_room(turn)
        if plan.timer is not None and (said := timers.done(turn, plan.timer, self._now())):
            return said
        excepted = any(slot.name.startswith("except_") for slot in interpretation.slots)
        # Home Assistant words no answers, no joined requests, and of "all but the kitchen" only the "all".
        own = interpretation.intent.startswith("Edge") and bool(plan.commands)
        if own or interpretation.source == "answer" or interpretation.also or (excepted and plan.commands):
            names = _names_of(turn.home, plan.commands)
            return actions.done(plan.commands, names) if plan.commands else _SENTENCES["left_as_it_is"]
        found = interpretation.slot("entities") is not None or (turn.weighed and plan.commands)
        if found and not answered and (told := _of_context(turn, plan)):
            return told
        if interpretation.intent == "HassRespond":
            # Home Assistant's own small talk speaks of Home Assistant and of a server, which are not here.
            return _SENTENCES["hello" if interpretation.response == "hello" else "nothing_known"]
        templates = self._responses().get("intents", {}).get(interpretation.intent, {})
        template = templates.get(interpretation.response) or templates.get("default")
        if not isinstance(template, str):
            return _SENTENCES["sent" if plan.publish else "done"]
        context = self._context(turn, plan)
        try:
            return (_render(template, context) or _SENTENCES["done"]) + _inferred_room(turn)
        except _UnknownValueError:
            # The response asks for something that this home does not tell; the plain state may still answer.
            if plan.commands:
                return actions.done(plan.commands, _names_of(turn.home, plan.commands))
            state: _State | None = context["state"]
            return state.state_with_unit if state and state.state is not None else _SENTENCES["nothing_known"]

    def _each(self, turn: Turn, plan: Plan, ids: list[str]) -> str:
        """The answer for each of several that were chosen: one yes would not tell of which."""
        told = []
        for one, name in _names_of_ids(turn.home, ids).items():
            choice = Interpretation("EdgeChoice", (Slot("entities", one),), turn.text, source="answer")
            alone = Plan(matched=(one,)) if one in plan.matched else Plan(unmatched=(one,))
            told.append(f"{name}: {self._done(replace(turn, interpretation=choice), alone).strip()}")
        return ". ".join(told)

    def _context(self, turn: Turn, plan: Plan) -> dict[str, Any]:
        home, now = turn.home, self._now()
        interpretation = turn.interpretation
        subjects = [c.entity_id for c in plan.commands] + [*plan.matched, *plan.unmatched]
        subject = home.entities.get(subjects[0]) if subjects else None
        slots: dict[str, Any] = {s.name: s.text or s.value for s in interpretation.slots} if interpretation else {}
        if plan.timer is not None:
            slots |= timers.slots(turn, plan.timer)
        if interpretation and interpretation.intent == "HassGetCurrentTime":
            slots["time"] = now.time()
        if interpretation and interpretation.intent == "HassGetCurrentDate":
            slots["date"] = now.date()
        return {
            "slots": slots,
            "state": _State(subject) if subject else None,
            "query": {"matched": _states(home, plan.matched), "unmatched": _states(home, plan.unmatched)},
            "state_attr": lambda entity_id, name: _attribute(home, entity_id, name),
        }

    def _refusal(self, refusal: Refusal, turn: Turn) -> str:
        if (said := lessons.refused(refusal)) is not None:
            return said
        reason = refusal.code.removeprefix("resolve.")
        if reason in _SENTENCES:
            return _SENTENCES[reason].format(names=refusal.subject)
        named = {s.name: s for s in turn.interpretation.slots} if turn.interpretation else {}
        context = {name: _words_of(slot, turn.home) for name, slot in named.items()}
        context["entity"] = refusal.subject
        context[_ERROR_WORDS.get(reason, "entity")] = refusal.subject
        if reason.startswith("no_domain"):
            context["domain"] = refusal.subject
        if reason.startswith("no_device_class"):
            context["device_class"] = refusal.subject
        return self._error(reason, context)

    def _error(self, key: str, context: Mapping[str, Any] | None = None) -> str:
        errors = self._responses().get("errors", {})
        template = errors.get(key) or errors.get("handle_error") or ""
        try:
            words = _render(template, context or {})
        except _UnknownValueError:
            words = ""
        return words or "Sorry, that did not work"


def _of_context(turn: Turn, plan: Plan) -> str:
    """What is told where the context has found the devices; nothing where Home Assistant's words will do."""
    measured = turn.interpretation is not None and turn.interpretation.intent == "HassClimateGetTemperature"
    if plan.commands:
        return actions.done(plan.commands, _names_of(turn.home, plan.commands))
    return grounded.answer(plan, turn.home, measured=measured)


class _UnknownValueError(Exception):
    """A template asked for a value that is not there."""


def _render(template: str, context: Mapping[str, Any]) -> str:
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def known(value: object) -> object:
        if value is None:
            raise _UnknownValueError
        return value

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=known)
    try:
        return environment.from_string(template).render(context)
    except (TemplateError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise _UnknownValueError from error


class _State:
    """An entity as Home Assistant's response templates look at it."""

    def __init__(self, entity: Entity) -> None:
        self.entity_id = entity.entity_id
        self.domain = entity.domain
        self.name = entity.name
        self.state = entity.state if entity.available else None
        self.attributes = entity.attributes if entity.available else {}

        self.state_with_unit = spoken_state(entity)


def _states(home: HomeState, ids: Iterable[str]) -> list[_State]:
    return [_State(home.entities[i]) for i in ids if i in home.entities]


def _attribute(home: HomeState, entity_id: str, name: str) -> object:
    entity = home.entities.get(entity_id)
    return entity.attributes.get(name) if entity and entity.available else None


def _inferred_room(turn: Turn) -> str:
    """Where it was done, when the sentence did not say: people must hear which lights are meant by "the lights"."""
    area = next((s for s in turn.interpretation.slots if s.name == "area"), None) if turn.interpretation else None
    if turn.plan is None or area is None or not area.value or area.text:
        return ""
    # Where the devices are, which need not be the microphone's room: the only gate is meant from everywhere.
    rooms = {turn.home.area(e.area) for c in turn.plan.commands if (e := turn.home.entities.get(c.entity_id))}
    (room,) = rooms if len(rooms) == 1 else (None,)
    return f" in the {room.name}" if room else ""


def _others_done(turn: Turn) -> str:
    """That others than those that failed did as asked."""
    done = [c.entity_id for c in turn.outcome.commands if c.result is Result.CONFIRMED] if turn.outcome else []
    names = _spoken_names(turn.home, done)
    return _SENTENCES["others_done"].format(names=names[0] if len(names) == 1 else "The others") if names else ""


def _failures(turn: Turn) -> str:
    """A sentence on the commands that were not confirmed, the worst first; nothing when all went well."""
    if turn.outcome is None:
        return ""
    for result in (Result.UNREACHABLE, Result.REFUSED, Result.SILENT):
        failed = [c for c in turn.outcome.commands if c.result is result]
        if failed:
            # Codes such as `act.bad_value` say that it was refused here: the device was not even asked.
            reason = failed[0].code.removeprefix("act.")
            sentence = _SENTENCES.get(reason) or _SENTENCES[result.value]
            return sentence.format(names=_both(_spoken_names(turn.home, [c.entity_id for c in failed])))
    return ""


def _spoken_names(home: HomeState, ids: Iterable[str]) -> list[str]:
    found = [home.entities[i] for i in ids if i in home.entities]
    names = [entity.name for entity in found]
    spoken = []
    for entity in found:
        area = home.area(entity.area)
        alike = names.count(entity.name) > 1
        spoken.append(f"{entity.name} in the {area.name}" if alike and area else entity.name)
    return spoken


def _names_of(home: HomeState, commands: Iterable[Command]) -> dict[str, str]:
    return _names_of_ids(home, (command.entity_id for command in commands))


def _names_of_ids(home: HomeState, ids: Iterable[str]) -> dict[str, str]:
    there = [one for one in ids if one in home.entities]
    return dict(zip(there, _spoken_names(home, there), strict=True))


def _left_out(home: HomeState, plan: Plan) -> str:
    return _SENTENCES["left_out"].format(names=_both(_spoken_names(home, plan.left_out))) if plan.left_out else ""


def _both(names: list[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _words_of(slot: Slot, home: HomeState) -> str:
    if slot.name == "area" and not slot.text:
        here = home.area(home.mic_area)
        return here.name if here else ""
    return slot.text or str(slot.value)


def _tidy(text: str) -> str:
    return " ".join(text.split())
