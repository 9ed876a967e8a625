"""What a voice may do to a device, applied to a plan: done, asked about first, or refused. Pure.

`guarded` asks for what opens, unlocks, heats, disarms, turns on or sets; what makes the house safer is done at once.
`confirm`, said by a household or by a name that leaves open which way is safe, asks for all but locking and arming.
A request of which one part needs a yes waits as a whole: half of it done, and a question about the rest, is hard to
follow by ear, and after a "no" nobody knows what has been done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from edge.core.home import Entity, HomeState, Voice
from edge.core.text import normalize
from edge.core.turn import AskedAbout, Command, Hypothesis, Plan, Refusal

YES, NO = "EdgeYes", "EdgeNo"
"""Intents of the answers to a question."""

MIN_YES = 0.55
"""Confidence that a yes needs: clearly better than an even chance, as somebody's door hangs on it."""

_SAFE = frozenset(("lock", "close", "turn_off", "stop", "arm", "dock", "pause"))
_ALWAYS_SAFE = frozenset(("lock", "arm"))

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


def answer_among(heard: Iterable[Hypothesis], language: str) -> Hypothesis | None:
    """The reading that answers a question, whatever its confidence; None where the readings are no answer.

    A no does no harm, so any reading may be one, and it counts before a yes; only the best reading may be a yes.
    """
    readings = [hypothesis for hypothesis in heard if hypothesis.text.strip()]
    said = [answer(hypothesis.text, language) for hypothesis in readings]
    if NO in said:
        return readings[said.index(NO)]
    return readings[0] if said[:1] == [YES] else None


def guarded(plan: Plan, home: HomeState) -> Plan:
    """The plan as far as a voice may carry it out: with its commands, a question (`confirm`), or a refusal."""
    if not plan.commands:
        return plan
    allowed = tuple(c for c in plan.commands if _voice(c, home) is not Voice.NEVER)
    may = {c.entity_id for c in allowed}
    never = tuple(dict.fromkeys(c.entity_id for c in plan.commands if c.entity_id not in may))
    if not allowed:
        return Plan(refusal=Refusal("resolve.not_allowed", _name(never[0], home)))
    asked = tuple(dict.fromkeys(c.entity_id for c in allowed if _asks(c, _voice(c, home))))
    if asked:
        about = tuple(as_it_is(home.entities[i]) for i in dict.fromkeys(c.entity_id for c in allowed))
        return Plan(question="confirm", pending=allowed, candidates=asked, left_out=never, asked_about=about)
    return replace(plan, commands=allowed, left_out=never) if never else plan


def confirming(plan: Plan, home: HomeState) -> Plan:
    """The plan as a question: it is done after a yes, whatever a voice may do."""
    allowed = guarded(plan, home)
    if not allowed.commands:
        return allowed
    ids = tuple(dict.fromkeys(command.entity_id for command in allowed.commands))
    about = tuple(as_it_is(home.entities[i]) for i in ids)
    return replace(
        allowed, commands=(), question="confirm", pending=allowed.commands, candidates=ids, asked_about=about
    )


def answered(said: str, asked: Plan, home: HomeState) -> Plan:
    """The plan after an answer: what was waiting, as far as the home as it is now still allows, or nothing.

    said: `YES` or `NO`.
    """
    if said != YES:
        return Plan()
    if (lost := gone(asked.pending, asked, home)) is not None:
        # What was agreed to was the whole: a part of it is another request.
        return lost
    return Plan(commands=asked.pending, left_out=asked.left_out)


def gone(commands: Iterable[Command], asked: Plan, home: HomeState) -> Plan | None:
    """The refusal for the first command whose device is not the one that was asked about, or may not be touched now.

    None where all may still be carried out.
    """
    about = {one.entity_id: one for one in asked.asked_about}
    for command in commands:
        entity, meant = home.entities.get(command.entity_id), about.get(command.entity_id)
        if not _may_still(entity, meant):
            same = entity is not None and as_it_is(entity) == meant
            code = "resolve.not_allowed" if same and entity and entity.voice is Voice.NEVER else "resolve.gone"
            return Plan(refusal=Refusal(code, meant.names[0] if meant else _name(command.entity_id, home)))
    return None


def _may_still(entity: Entity | None, meant: AskedAbout | None) -> bool:
    """Whether it is there, is the device that was asked about, and may be touched."""
    if entity is None or as_it_is(entity) != meant:
        return False
    return entity.available and entity.voice is not Voice.NEVER


def as_it_is(entity: Entity) -> AskedAbout:
    """What tells the device from another that has its id later."""
    return AskedAbout(entity.entity_id, entity.names, entity.area, entity.device_class)


def _asks(command: Command, voice: Voice) -> bool:
    if voice is Voice.CONFIRM:
        return command.verb.value not in _ALWAYS_SAFE
    return voice is Voice.GUARDED and not _safe(command)


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
