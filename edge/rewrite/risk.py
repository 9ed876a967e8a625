"""Whether what a plan does could hurt where it was not meant. Pure."""

from collections.abc import Callable, Mapping

from edge.core.danger import name_words
from edge.core.home import Entity, HomeState, Voice
from edge.core.talk import MIN_LESSON
from edge.core.turn import Plan, Scalar, Verb
from edge.rewrite.spans import sounds_like

_ALWAYS = frozenset(("lock", "alarm_control_panel", "siren", "valve", "water_heater", "lawn_mower"))
_ALWAYS |= {"scene", "script", "automation", "button"}  # of which nobody can tell what they do
_BEFORE_WINDOWS = frozenset(("awning", "blind", "curtain", "shade", "shutter"))
"""Covers that let in light alone."""
_COLD = frozenset(("off", "cool", "fan_only", "dry"))


def risky(plan: Plan | None, home: HomeState, dangerous: Callable[[Entity], bool]) -> bool:
    """Whether what is done could hurt: it opens or warms, or a device is one that opens, arms or heats.

    So is one of which a voice may not do everything, also where the household has allowed it: to a voice that says so,
    and not to what was guessed of it. dangerous: tells by kind and name. A device that is not there is one, too; so is
    what is handed to automations.
    """
    if plan is None:
        return False
    done = [(one.entity_id, one.verb.value, one.args) for one in (*plan.commands, *plan.pending)]
    if plan.timer is not None and plan.timer.new is not None:
        done += [(later.entity_id, later.verb, later.args) for later in plan.timer.new.then]

    def hurts(entity_id: str, verb: str, args: Mapping[str, Scalar]) -> bool:
        one = home.entities.get(entity_id)
        if one is None or one.voice is not Voice.ALLOWED or one.domain in _ALWAYS or dangerous(one):
            return True
        return _opens(one, verb, args) or _heats(one, verb, args)

    return plan.publish or any(hurts(*one) for one in done)


def _opens(one: Entity, verb: str, args: Mapping[str, Scalar]) -> bool:
    opens = verb == Verb.OPEN or _more(args, one, "position")
    return one.domain == "cover" and one.device_class not in _BEFORE_WINDOWS and opens


def _heats(one: Entity, verb: str, args: Mapping[str, Scalar]) -> bool:
    """Whether it warms a room, or may do so."""
    on = verb == Verb.TURN_ON or (verb == Verb.SET_MODE and args.get("mode") not in _COLD)
    return one.domain == "climate" and (on or _more(args, one, "temperature"))


def _more(args: Mapping[str, Scalar], one: Entity, name: str) -> bool:
    """Whether it is set to more than it is, or to what nobody can tell to be less."""
    wanted, now = args.get(name), one.attributes.get(name)
    less = isinstance(wanted, int | float) and isinstance(now, int | float) and wanted <= now
    return wanted is not None and not less


def named_otherwise(heard: str, means: str, home: HomeState, *, confidence: float, told: bool) -> bool:
    """Whether what was plainly understood named something else than what is meant, and was heard so, too.

    Who asks for one thing after another wants both, and who corrects themselves may have misspoken: neither gives the
    name of the one to the other. Where the one was heard unsurely the other may have been said, if the two sound alike
    or somebody has said that it was (told); of two that sound alike also where it was heard surely, but for typed text.
    """
    alike = sounds_like(heard, means)
    if (confidence < MIN_LESSON and (told or alike)) or (told and alike and confidence < 1.0):
        return False
    return names_another(heard, means, home)


def names_another(heard: str, means: str, home: HomeState) -> bool:
    """Whether a word was heard that a room, floor or device of the home is called by, and that is not in the meaning.

    "The bathroom light", which there is none, is not the bedroom's, however alike the two sound. Texts are in normal
    form.
    """
    left = set(name_words(heard)) - set(name_words(means))
    if not left:
        return False
    names = [name for room in home.areas for name in (room.name, *room.aliases)]
    names += [name for floor in home.floors for name in (floor.name, *floor.aliases)]
    if any(not left.isdisjoint(name_words(name)) for name in names):
        return True
    return any(not left.isdisjoint(name_words(name)) for entity in home.entities.values() for name in entity.names)
