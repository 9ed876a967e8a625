"""Interpretation and home to plan: which devices are meant, and what is to be done to them.

Sees `turn.home` and nothing else of the house, so that any turn replays to the same plan. The rule above all others: an
unresolved name, room or floor never widens what is acted on. Where two devices could be meant it asks, where none
could it refuses and says what it did not find.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from edge.core.home import Entity, HomeState
from edge.core.text import normalize, words
from edge.core.timers import Timer
from edge.core.turn import Command, Interpretation, Plan, Refusal, Scalar, Slot, Turn
from edge.nlu.able import ABLE, SWITCHED_THINGS, mode_command, with_defaults
from edge.nlu.choice import after_answer, completed, one_by_one
from edge.nlu.everything import EVERYTHING, all_to_turn_off, switched_on
from edge.nlu.place import Place, Unresolved, ask, chosen_of, ids_of, place_of, refuse
from edge.nlu.policy import guarded
from edge.nlu.relative import brighter, faster, warmer
from edge.nlu.timer_choice import after_choice
from edge.nlu.timers import INTENTS as TIMER_INTENTS
from edge.nlu.timers import after_yes, timer_plan
from edge.nlu.verbs import BY_DOMAIN, DOMAIN_OF_INTENT, SWITCHED, VERBS

_CONTACT: Mapping[str, str] = {"open": "on", "closed": "off"}
"""How a contact sensor words what people ask of a window."""

_AT_HOME = frozenset(("house", "flat", "apartment", "building"))
"""What people call the place whose zone Home Assistant calls home."""
_LOW_BATTERY = 20
"""Percent up to which a battery is low, where it tells percent only; Home Assistant's own dashboards warn there."""

_TENTHS: Mapping[str, int] = {"up": 10, "down": -10}
"""What Home Assistant's sentences say of a volume without a number: a tenth, as its players move it."""
_STEPS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "HassLightSet": (("brightness_step", 1),),
    "HassFanSetSpeed": (("speed_step", 1),),
    "HassClimateSetTemperature": (("temperature_step", 1), ("temperature_up", 1), ("temperature_down", -1)),
}
"""Intent -> slots that say how much more or less, and their signs."""

_TOGETHER = (*BY_DOMAIN, "HassLightSet")
"""Intents of which several devices are one request: "brighter" is for those that are on."""
_NO_DEVICES = frozenset(("HassNevermind", "HassRespond", "HassGetCurrentTime", "HassGetCurrentDate"))
_COLOR_MODES = frozenset(("hs", "rgb", "rgbw", "rgbww", "xy"))


class Resolve:
    """The stage that turns what was understood into what is to be done."""

    name = "resolve"
    reads = ("home", "interpretation", "asked", "timers")
    writes = ("plan",)
    always = False

    def __call__(self, turn: Turn) -> Turn:
        """The turn with its plan, which is empty where nothing was understood."""
        if turn.interpretation is None:
            return turn
        if turn.interpretation.source == "answer" and turn.asked is not None:
            said, asked = turn.interpretation, turn.asked
            of_timers = after_choice(said, asked)
            return replace(turn, plan=of_timers or after_yes(after_answer(said, asked, turn.home, _whole), asked))
        return replace(turn, plan=guarded(resolve(turn.interpretation, turn.home, turn.timers), turn.home))


def resolve(interpretation: Interpretation, home: HomeState, timers: tuple[Timer, ...] = ()) -> Plan:
    """The plan for one interpretation in one home: commands, an answer, a question, or a refusal. Pure."""
    if interpretation.intent in TIMER_INTENTS:
        return timer_plan(interpretation, home, timers, lambda later: guarded(resolve(later, home, timers), home))
    return completed(interpretation, home, _whole)


def _whole(interpretation: Interpretation, home: HomeState) -> Plan:
    if not interpretation.also:
        return _resolve(interpretation, home)
    commands: list[Command] = []
    parts = (replace(interpretation, intent=part.intent, slots=part.slots) for part in interpretation.also)
    for part in (interpretation, *parts):
        plan = _resolve(part, home)
        if not plan.commands:
            return plan if plan.refusal or plan.question else Plan(refusal=Refusal("resolve.not_supported"))
        commands += (command for command in plan.commands if command not in commands)
    if len({command.entity_id for command in commands}) < len(commands):
        # On and off at once: nobody knows which.
        return Plan(refusal=Refusal("resolve.not_supported"))
    return Plan(commands=tuple(commands))


def _resolve(interpretation: Interpretation, home: HomeState) -> Plan:
    if interpretation.intent not in _TOGETHER and (several := one_by_one(interpretation, home, _resolve)):
        return several
    intent = interpretation.intent
    if not intent.startswith("Hass") and intent not in VERBS and intent not in ABLE:
        return Plan(publish=True)
    if intent in _NO_DEVICES:
        return Plan()
    try:
        if intent == "HassGetState":
            return _state_plan(interpretation, home)
        if intent == "HassClimateGetTemperature":
            return _temperature_plan(interpretation, home)
        if intent == "HassGetWeather":
            return Plan(matched=ids_of(_one(_targets(interpretation, home), home)))
        if intent in BY_DOMAIN:
            return _switch_plan(interpretation, home)
        if intent in VERBS:
            return _verb_plan(interpretation, home)
        if intent in ABLE:
            return _able_plan(interpretation, home)
    except Unresolved as unresolved:
        return unresolved.plan
    return Plan(refusal=Refusal("resolve.not_supported"))


def _targets(interpretation: Interpretation, home: HomeState) -> tuple[Entity, ...]:
    """Entities that the sentence means, at least one; raises Unresolved."""
    if (chosen := interpretation.slot("entities")) is not None:
        return chosen_of(str(chosen), home)
    place = place_of(interpretation, home)
    is_wanted = wanted(interpretation)
    name = interpretation.slot("name")
    if name is not None:
        return _named(str(name), place, is_wanted, home)
    if interpretation.slot("domain") is None and interpretation.intent not in DOMAIN_OF_INTENT:
        raise refuse("too_wide")
    # A child lock is no switch of the room. A group's members are meant one by one: it would move others with them.
    ordinary = (e for e in home.entities.values() if not e.is_setting and not e.attributes.get("group_members"))
    everywhere = tuple(entity for entity in ordinary if is_wanted(entity))
    found = tuple(entity for entity in everywhere if place.holds(entity))
    if found and (left := _without(interpretation, found, home)):
        return left
    kind = interpretation.slot("device_class") or interpretation.slot("domain")
    kind = kind or DOMAIN_OF_INTENT[interpretation.intent][0]
    if not place.said and place.areas is not None:
        # No room was said, so the microphone's room is a preference: the only garage door of the house is meant
        # from any room. Lights and switches are too many and too alike for that.
        if len(everywhere) == 1 and (interpretation.slot("device_class") or everywhere[0].domain not in SWITCHED):
            return everywhere
        if not place.areas and everywhere:
            raise ask("which_room")
    what = "device_class" if interpretation.slot("device_class") else "domain"
    where = f"_in_{place.kind}" if place.kind and place.areas else ""
    raise refuse(f"no_{what}{where}", str(kind))


def _without(interpretation: Interpretation, found: tuple[Entity, ...], home: HomeState) -> tuple[Entity, ...]:
    """The devices but for those that the sentence leaves out; what it leaves out has to be known."""
    left_out: set[str] = set()
    for slot in interpretation.slots:
        said = str(slot.value)
        if slot.name == "except_area":
            rooms = {room.id for room in home.areas_named(said)} or _unknown("no_area", said)
        elif slot.name == "except_floor":
            floors = {floor.id for floor in home.floors_named(said)} or _unknown("no_floor", said)
            rooms = {room.id for room in home.areas if room.floor in floors}
        elif slot.name == "except_name":
            left_out |= {entity.entity_id for entity in home.entities_named(said)} or _unknown("no_entity", said)
            continue
        else:
            continue
        left_out |= {entity.entity_id for entity in found if entity.area in rooms}
    return tuple(entity for entity in found if entity.entity_id not in left_out)


def _unknown(code: str, said: str) -> set[str]:
    raise refuse(code, said)


def _named(name: str, place: Place, wanted: Callable[[Entity], bool], home: HomeState) -> tuple[Entity, ...]:
    everywhere = tuple(entity for entity in home.entities_named(name) if wanted(entity))
    found = tuple(entity for entity in everywhere if place.holds(entity)) if place.said else everywhere
    if not found:
        raise refuse(f"no_entity_in_{place.kind}" if everywhere else "no_entity", name)
    return found


def _one(entities: tuple[Entity, ...], home: HomeState) -> tuple[Entity, ...]:
    """The one entity that is meant, as a tuple: the only one, else the only one in the microphone's room, else ask."""
    if len(entities) == 1:
        return entities
    here = tuple(entity for entity in entities if home.mic_area and entity.area == home.mic_area)
    if len(here) == 1:
        return here
    raise ask("which", here or entities)


def wanted(interpretation: Interpretation) -> Callable[[Entity], bool]:
    """Which devices the sentence may mean by its kind words, wherever they are."""
    said = interpretation.slot("domain")
    domains = (str(said),) if said is not None else DOMAIN_OF_INTENT.get(interpretation.intent)
    device_class = interpretation.slot("device_class")
    named = interpretation.slot("name") is not None
    classes, contacts = {device_class}, frozenset[str]()
    if interpretation.intent == "HassGetState" and said == "cover" and not named:
        # "Is any window open" asks of windows, whether a motor or a contact tells.
        domains = ("cover", "binary_sensor")
        classes |= {"garage_door"} if device_class == "garage" else set()
        # Of "the door in the garage" nobody says that it is the garage's.
        classes |= {"garage", "garage_door"} if device_class == "door" else set()
        # "Is anything open" asks of all that opens.
        contacts = frozenset(("door", "garage_door", "opening", "window"))
    elif said == "room":
        domains, contacts = ("binary_sensor",), frozenset(("motion", "occupancy", "presence"))
    elif said in ("switched", EVERYTHING):
        domains = SWITCHED_THINGS
    elif interpretation.intent == "HassGetState" and said == "person":
        domains = ("person", "device_tracker")
    elif interpretation.intent == "HassGetState" and said == "binary_sensor" and device_class == "battery":
        domains = ("binary_sensor", "sensor")

    def is_wanted(entity: Entity) -> bool:
        return (
            (domains is None or entity.domain in domains)
            and (device_class is None or entity.device_class in classes)
            and (
                not contacts or device_class is not None or entity.domain == "cover" or entity.device_class in contacts
            )
            # The temperature of a room is never set at its oven, unless the oven is named.
            and (named or entity.domain != "climate" or entity.for_rooms)
        )

    return is_wanted


def _switch_plan(interpretation: Interpretation, home: HomeState) -> Plan:
    targets = _targets(interpretation, home)
    if interpretation.slot("domain") == EVERYTHING:
        return all_to_turn_off(interpretation, targets)
    if interpretation.slot("name") is not None:
        targets = _one(targets, home)
    elif len(targets) > 1 and interpretation.slot("entities") is None and (lamps := _lamps(interpretation, targets)):
        targets = _one(lamps, home)
    verbs = BY_DOMAIN[interpretation.intent]
    if any(entity.domain not in verbs for entity in targets):
        raise refuse("feature_not_supported", targets[0].name)
    return Plan(commands=tuple(Command(entity.entity_id, verbs[entity.domain]) for entity in targets))


def _lamps(interpretation: Interpretation, lights: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Those called so where "the lamp" was said: Home Assistant hears all lights, and people mean one of them."""
    said = set(words(interpretation.text))
    if "lamp" not in said or not said.isdisjoint(("all", "every", "each", "lamps", "light", "lights")):
        return ()
    return tuple(light for light in lights if any("lamp" in words(name) for name in light.names))


def _verb_plan(interpretation: Interpretation, home: HomeState) -> Plan:
    verb, arguments = VERBS[interpretation.intent]
    args = {
        argument: value
        for slot_name, argument in arguments.items()
        if (value := interpretation.slot(slot_name)) is not None
    }
    if args.get("step") in _TENTHS:
        args["step"] = _TENTHS[str(args["step"])]
    if (step := _step(interpretation)) is not None:
        return _step_plan(interpretation, home, step)
    args = with_defaults(interpretation, args)
    if arguments and not args:
        raise refuse("no_value")
    targets = _targets(interpretation, home)
    named = interpretation.slot("name") is not None
    if interpretation.intent == "HassLightSet":
        able = tuple(entity for entity in targets if _supports(entity, args))
        if not able:
            raise refuse("feature_not_supported", targets[0].name)
        targets = able
    grounded = interpretation.slot("entities") is not None
    if not grounded and (named or not _several_allowed(interpretation)):
        targets = _one(targets, home)
    return Plan(commands=tuple(Command(entity.entity_id, verb, args) for entity in targets))


def _able_plan(interpretation: Interpretation, home: HomeState) -> Plan:
    if interpretation.slot("name") is None:
        raise refuse("too_wide")
    device = _one(_targets(interpretation, home), home)[0]
    if interpretation.intent == "EdgeGetSetting":
        return Plan(matched=(device.entity_id,))
    command = mode_command(device, str(interpretation.slot("mode") or ""))
    if command is None:
        raise refuse("bad_value", device.name)
    return Plan(commands=(command,))


def _step(interpretation: Interpretation) -> float | None:
    """How much more (above 0) or less of what is set now; None where a value is said."""
    for name, sign in _STEPS.get(interpretation.intent, ()):
        step = interpretation.slot(name)
        if isinstance(step, int | float):
            return sign * step
    return None


def _step_plan(interpretation: Interpretation, home: HomeState, step: float) -> Plan:
    """More or less of what is set now."""
    targets = _targets(interpretation, home)
    if interpretation.intent == "HassClimateSetTemperature":
        device = _one(targets, home)[0]
        command = warmer(device, step)
        if command is None:
            raise refuse("feature_not_supported", device.name)
        return Plan(commands=(command,))
    if interpretation.intent == "HassFanSetSpeed":
        fans = faster(targets, step)
        if not fans:
            raise refuse("no_value", targets[0].name)
        return Plan(commands=fans)
    able = tuple(entity for entity in targets if _supports(entity, {"brightness": step}))
    if interpretation.slot("name") is not None:
        able = able and _one(able, home)
    commands = brighter(able, step)
    if not commands:
        raise refuse("feature_not_supported" if not able else "no_value", targets[0].name)
    return Plan(commands=commands)


def _several_allowed(interpretation: Interpretation) -> bool:
    # Lights, fans and covers of a room are one group to those who live there; a thermostat, player or list is not.
    return interpretation.intent in ("HassLightSet", "HassFanSetSpeed", "HassSetPosition")


def _supports(light: Entity, args: Mapping[str, Scalar]) -> bool:
    modes = light.attributes.get("supported_color_modes")
    if not isinstance(modes, list | tuple):
        return True  # not told; the device will say
    if "color" in args:
        return not _COLOR_MODES.isdisjoint(modes)
    if "color_temperature" in args:
        return "color_temp" in modes
    return any(mode != "onoff" for mode in modes)


def _state_plan(interpretation: Interpretation, home: HomeState) -> Plan:
    state = interpretation.slot("state")
    if interpretation.slot("domain") == "person" and (room := home.areas_named(str(state))):
        # Where somebody is in the house no tracker tells, but the sensors of the room do.
        interpretation = replace(interpretation, slots=(Slot("area", room[0].name, str(state)), Slot("domain", "room")))
        state = "on"
    elif interpretation.slot("domain") == "person" and state is not None and normalize(str(state)) in _AT_HOME:
        state = "home"
    targets = _targets(interpretation, home)
    if interpretation.slot("name") is not None:
        targets = _one(targets, home)
    if state is None:
        return Plan(matched=ids_of(targets))
    if not any(entity.available for entity in targets):
        # Neither yes nor no: what they said last is not how they are.
        more = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
        raise refuse("unreachable", targets[0].name + more)
    matched = tuple(entity for entity in targets if _is_in_state(entity, normalize(str(state))))
    return Plan(matched=ids_of(matched), unmatched=ids_of(e for e in targets if e not in matched))


def _is_in_state(entity: Entity, wanted: str) -> bool:
    if entity.state is None or not entity.available:
        return False
    state = normalize(entity.state)
    if entity.domain == "sensor" and entity.device_class == "battery":
        return _is_low(entity.state) == (wanted == "on")
    if entity.domain in ("climate", "water_heater", "media_player") and wanted in ("on", "off"):
        return switched_on(entity) == (wanted == "on")
    if entity.domain == "binary_sensor" and wanted in _CONTACT:
        return state == _CONTACT[wanted]
    return state == wanted


def _is_low(state: str) -> bool:
    try:
        return float(state) <= _LOW_BATTERY
    except ValueError:
        return False


def _temperature_plan(interpretation: Interpretation, home: HomeState) -> Plan:
    if interpretation.slot("name") is not None or interpretation.slot("entities") is not None:
        return Plan(matched=ids_of(_one(_targets(interpretation, home), home)))
    place = place_of(interpretation, home)
    readings = tuple(entity for entity in home.entities.values() if _tells_temperature(entity))
    found = tuple(entity for entity in readings if place.holds(entity))
    if not found and not place.said and len(readings) == 1:
        found = readings  # the house has one thermometer, and that is the one people mean
    if not found:
        raise refuse(
            f"no_device_class_in_{place.kind}" if place.kind and place.areas else "no_device_class", "temperature"
        )
    # A room's thermostat and its sensor tell the same; the thermostat is the one people look at.
    climates = tuple(entity for entity in found if entity.domain == "climate")
    if climates and len({climate.area for climate in climates}) == 1:
        # Radiator and air conditioner of one room feel the same air; the one that is at work speaks for it.
        return Plan(matched=ids_of(sorted(climates, key=lambda one: one.state in (None, "off"))[:1]))
    return Plan(matched=ids_of(_one(climates or found, home)))


def _tells_temperature(entity: Entity) -> bool:
    if entity.domain == "climate":
        return entity.attributes.get("current_temperature") is not None and entity.for_rooms
    return entity.domain == "sensor" and entity.device_class == "temperature"
