"""A household to speak to, for the tests of what is meant in context: its days, its devices, and its hub's memory."""

import itertools
from collections.abc import Iterable
from dataclasses import replace

from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.core.pipeline import run
from edge.core.turn import Command, Hypothesis, Turn, Utterance
from edge.nlu.context import InContext
from edge.nlu.grammar import Grammar
from edge.nlu.memory import Memory
from edge.nlu.understand import Understand

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FLOORS = (Floor("down", "Ground Floor", ("downstairs",)), Floor("up", "First Floor", ("upstairs",)))
AREAS = (
    Area("kitchen", "Kitchen", "down"),
    Area("living", "Living Room", "down"),
    Area("hall", "Hall", "down"),
    Area("bedroom", "Bedroom", "up"),
    Area("bath", "Bathroom", "up"),
)


def grammar() -> Grammar:
    """One for all tests."""
    if not _GRAMMAR:
        _GRAMMAR.append(Grammar("en"))
    return _GRAMMAR[0]


_GRAMMAR: list[Grammar] = []


def device(
    entity_id: str,
    area: str | None,
    state: str | None,
    *,
    name: str = "",
    voice: Voice = Voice.ALLOWED,
    **attributes: object,
) -> Entity:
    """A device whose name is that of its id, unless it is told."""
    domain, _, rest = entity_id.partition(".")
    name = name or rest.replace("_", " ").title()
    return Entity(entity_id, domain, name, area=area, state=state, attributes=attributes, voice=voice)


def lamp(
    entity_id: str, area: str, state: str = "off", *, modes: tuple[str, ...] = ("brightness",), **more: object
) -> Entity:
    """A lamp that can be dimmed."""
    lit = {"brightness": 60, **more} if state == "on" else more
    return device(entity_id, area, state, supported_color_modes=list(modes), **lit)


def house() -> list[Entity]:
    """What the tests begin with."""
    rooms = {"min_temp": 7, "max_temp": 30}
    return [
        lamp("light.living_room_ceiling_light", "living"),
        lamp("light.floor_lamp", "living"),
        lamp("light.reading_lamp", "living", modes=("hs",)),
        lamp("light.kitchen_light", "kitchen"),
        lamp("light.hall_light", "hall"),
        lamp("light.bedroom_light", "bedroom"),
        device("climate.living_room_thermostat", "living", "heat", temperature=20, current_temperature=20.5, **rooms),
        device("climate.bedroom_thermostat", "bedroom", "heat", temperature=18, current_temperature=17.5, **rooms),
        device("climate.oven", "kitchen", "off", temperature=180, current_temperature=22, min_temp=50, max_temp=250),
        device("media_player.tv", "living", "off", name="TV", device_class="tv", volume=40),
        device("media_player.kitchen_radio", "kitchen", "off", device_class="speaker", volume=40),
        device("cover.living_room_blinds", "living", "closed", device_class="blind", position=0),
        device("cover.bedroom_blinds", "bedroom", "closed", device_class="blind", position=0),
        device("lock.front_door", "hall", "locked", voice=Voice.GUARDED),
        device("switch.coffee_maker", "kitchen", "off"),
        device("switch.kettle", "kitchen", "off"),
        device("switch.alarm_clock", "bedroom", "off"),
        device("fan.bathroom_extractor_fan", "bath", "off", speed=50),
        device("fan.bedroom_fan", "bedroom", "off", speed=50),
        device("sensor.bathroom_humidity", "bath", "50", device_class="humidity", unit_of_measurement="%"),
        device("sensor.bedroom_humidity", "bedroom", "45", device_class="humidity", unit_of_measurement="%"),
        device("binary_sensor.washing_machine", "kitchen", "off", device_class="running"),
        device("scene.good_night", None, None),
        device("scene.movie_night", None, None),
        device("device_tracker.anna", None, "home"),
    ]


class Home:
    """A household and its hub. Its clock stands until `later`; it is Tuesday evening at six."""

    areas: tuple[Area, ...] = AREAS

    def __init__(self, entities: Iterable[Entity] | None = None, mic: str | None = "living") -> None:
        entities = house() if entities is None else entities
        self.entities = {entity.entity_id: entity for entity in entities}
        self.mic = mic
        self.now_ms = 1_767_657_600_000 + 18 * HOUR
        self.memory = Memory()
        self._stages = (Understand(grammar), InContext())
        self._ids = itertools.count()
        self.turn: Turn | None = None
        self.memory.meet(self.state)

    @property
    def state(self) -> HomeState:
        """The home now."""
        return HomeState.of(self.entities.values(), self.areas, FLOORS, self.mic, self.now_ms)

    @property
    def hour(self) -> float:
        """Of the day."""
        return self.now_ms % DAY / HOUR

    def later(self, ms: int) -> "Home":
        """Time passes."""
        self.now_ms += ms
        return self

    def at(self, hour: float) -> "Home":
        """The next time that the clock shows this."""
        midnight = self.now_ms - self.now_ms % DAY
        wanted = midnight + int(hour * HOUR)
        self.now_ms = wanted if wanted > self.now_ms else wanted + DAY
        return self

    def set(self, entity_id: str, state: str | None = None, **attributes: object) -> "Home":
        """Somebody does it by hand; the clock goes on by a second."""
        self.now_ms += 1000
        was = self.entities[entity_id]
        changed = self.now_ms if state is not None and state != was.state else was.changed_ms
        now = replace(
            was,
            state=state if state is not None else was.state,
            attributes={**was.attributes, **attributes},
            changed_ms=changed,
        )
        self.entities[entity_id] = now
        self.memory.observe(now, self.now_ms, self.hour)
        return self

    def say(self, text: str) -> Turn:
        """What the hub makes of it, ten seconds later; what it does shows in the home."""
        self.now_ms += 10_000
        state = self.state
        context = self.memory.context(state, self.now_ms, self.hour, 1)
        heard = Utterance((Hypothesis(text, 1.0),))
        turn = run(
            Turn(f"t{next(self._ids)}", self.now_ms, state, heard, context=context), self._stages, clock=lambda: 0.0
        )
        self.memory.spoken(turn)
        self.turn = turn
        for command in turn.plan.commands if turn.plan else ():
            self._obey(command)
        return turn

    def _obey(self, command: Command) -> None:
        states = {
            "turn_on": "on",
            "turn_off": "off",
            "open": "open",
            "close": "closed",
            "lock": "locked",
            "unlock": "unlocked",
            "play": "playing",
            "pause": "paused",
        }
        args = dict(command.args)
        if command.verb in ("open", "close"):
            args["position"] = 100 if command.verb == "open" else 0
        self.set(command.entity_id, states.get(command.verb), **args)


def done(turn: Turn) -> list[tuple[str, str, dict[str, object]]]:
    """Commands of the turn's plan: entity, verb, arguments."""
    return [(c.entity_id, c.verb.value, dict(c.args)) for c in turn.plan.commands] if turn.plan else []


def touched(turn: Turn) -> set[str]:
    """Ids of what the turn's plan does something to."""
    return {entity_id for entity_id, _, _ in done(turn)}
