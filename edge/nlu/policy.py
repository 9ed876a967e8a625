"""What a voice may do to a device, applied to a plan: done, asked about first, or refused. Pure.

`confirm` asks for what opens, unlocks, heats, disarms, turns on or sets; what makes the house safer is done at once.
A request of which one part needs a yes waits as a whole: half of it done, and a question about the rest, is hard to
follow by ear, and after a "no" nobody knows what has been done.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from edge.core.home import Entity, HomeState, Voice
from edge.core.text import normalize
from edge.core.turn import Command, Plan, Refusal

YES, NO = "EdgeYes", "EdgeNo"
"""Intents of the answers to a question."""

_SAFE = frozenset(("lock", "close", "turn_off", "stop", "arm", "dock", "pause"))

_EN = (
    ("yes", "yes please", "yeah", "yep", "sure", "do it", "yes do it", "go ahead", "please do", "ok", "okay"),
    ("no", "no thanks", "no thank you", "nope", "never mind", "nevermind", "cancel", "dont", "dont do it", "do not"),
)
_ANSWERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "en": _EN,
        "de": (("ja", "ja bitte", "mach das"), ("nein", "nein danke", "abbrechen")),
        "es": (("sí", "sí por favor", "hazlo"), ("no", "no gracias", "cancela")),
        "fr": (("oui", "oui merci", "vas y"), ("non", "non merci", "annule")),
        "it": (("sì", "sì grazie", "fallo"), ("no", "no grazie", "annulla")),
        "nl": (("ja", "ja graag", "doe maar"), ("nee", "nee bedankt", "annuleer")),
    }
)
"""Language -> what says yes, and what says no, in normal form; the plainest first."""


def answers(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What says yes and what says no in a language; English where nobody has written down its own."""
    return _ANSWERS.get(language.split("-", maxsplit=1)[0], _EN)


def answer(text: str, language: str) -> str | None:
    """`YES` or `NO` where the text says one of them and nothing else."""
    said = normalize(text)
    yes, no = answers(language)
    return YES if said in yes else NO if said in no else None


def guarded(plan: Plan, home: HomeState) -> Plan:
    """The plan as far as a voice may carry it out: with its commands, a question (`confirm`), or a refusal."""
    if not plan.commands:
        return plan
    allowed = tuple(c for c in plan.commands if _voice(c, home) is not Voice.NEVER)
    never = tuple(dict.fromkeys(c.entity_id for c in plan.commands if c not in allowed))
    if not allowed:
        return Plan(refusal=Refusal("resolve.not_allowed", _name(never[0], home)))
    asked = tuple(dict.fromkeys(c.entity_id for c in allowed if _voice(c, home) is Voice.CONFIRM and not _safe(c)))
    if asked:
        return Plan(question="confirm", pending=allowed, candidates=asked, left_out=never)
    return replace(plan, commands=allowed, left_out=never) if never else plan


def answered(said: str, asked: Plan, home: HomeState) -> Plan:
    """The plan after an answer: what was waiting, as far as the home as it is now still allows, or nothing.

    said: `YES` or `NO`.
    """
    if said != YES:
        return Plan()
    there = tuple(c for c in asked.pending if _may_still(home.entities.get(c.entity_id)))
    if len(there) == len(asked.pending):
        return Plan(commands=there, left_out=asked.left_out)
    gone = next(c.entity_id for c in asked.pending if c not in there)
    # What was agreed to was the whole: a part of it is another request.
    entity = home.entities.get(gone)
    code = "resolve.not_allowed" if entity and entity.voice is Voice.NEVER else "resolve.gone"
    return Plan(refusal=Refusal(code, entity.name if entity else gone))


def _may_still(entity: Entity | None) -> bool:
    return entity is not None and entity.available and entity.voice is not Voice.NEVER


def _safe(command: Command) -> bool:
    """Whether it makes the house safer, whatever the device."""
    if command.verb.value in _SAFE:
        return True
    if command.verb.value == "set_position":
        return command.args.get("position") == 0
    return command.verb.value == "set_mode" and command.args.get("mode") == "off"


def _voice(command: Command, home: HomeState) -> Voice:
    entity = home.entities.get(command.entity_id)
    return entity.voice if entity else Voice.ALLOWED


def _name(entity_id: str, home: HomeState) -> str:
    entity = home.entities.get(entity_id)
    return entity.name if entity else entity_id
