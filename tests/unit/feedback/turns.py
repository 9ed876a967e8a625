"""Turns by hand: what was said, what was made of it, and what came of that."""

from dataclasses import replace
from typing import Any

from edge.core.home import Entity, HomeState
from edge.core.turn import (
    Command,
    CommandOutcome,
    Hypothesis,
    Interpretation,
    Outcome,
    Plan,
    Refusal,
    Result,
    Slot,
    Span,
    Turn,
    Utterance,
    Verb,
)

HOME = HomeState.of(
    [
        Entity("light.hall", "light", "Hall Light", state="off"),
        Entity("light.wall", "light", "Wall Light", state="off"),
        Entity("light.lamp", "light", "Lamp", state="on", attributes={"brightness": 80}),
        Entity("lock.door", "lock", "Front Door", state="locked"),
        Entity("fan.fan", "fan", "Fan", state="off"),
    ]
)


def on(entity_id: str) -> Command:
    return Command(entity_id, Verb.TURN_ON)


def off(entity_id: str) -> Command:
    return Command(entity_id, Verb.TURN_OFF)


def turn(turn_id: str, at_s: float, text: str, *commands: Command, **more: Any) -> Turn:
    """A turn that did its commands at once, or with none was answered.

    result: what became of each command. intent, name, source, also first: `reading`, the intent of the first reading.
    """
    at_ms = round(at_s * 1000)
    result = more.pop("result", Result.CONFIRMED)
    intent, name, source = more.pop("intent", "HassTurnOn"), more.pop("name", ""), more.pop("source", "grammar")
    slots = (Slot("name", name, name),) if name else ()
    said = Interpretation(intent, slots, more.pop("read", text), source)
    first = replace(said, intent=more.pop("reading", intent))
    outcome = Outcome(tuple(CommandOutcome(c.entity_id, result, at_ms, at_ms + 50) for c in commands))
    made = Turn(
        turn_id,
        at_ms,
        HOME,
        Utterance((Hypothesis(text, 1.0),)),
        interpretation=said,
        readings=(first,),
        plan=Plan(commands=commands),
        outcome=outcome if commands else None,
        spans=(Span("understand", 5.0),),
    )
    return replace(made, **more)


def missed(turn_id: str, at_s: float, text: str) -> Turn:
    """One that was not understood."""
    spans = (Span("understand", 5.0, "failed", "understand.no_intent"),)
    return turn(turn_id, at_s, text, interpretation=None, readings=(), plan=None, spans=spans)


def refused(turn_id: str, at_s: float, text: str, code: str = "resolve.no_entity", **more: Any) -> Turn:
    """One that was understood, and refused."""
    return turn(turn_id, at_s, text, plan=Plan(refusal=Refusal(code)), **more)


def asks(turn_id: str, at_s: float, text: str, question: str, *pending: Command) -> Turn:
    """One that asks back."""
    ids = tuple(command.entity_id for command in pending)
    return turn(turn_id, at_s, text, plan=Plan(question=question, pending=pending, candidates=ids))
