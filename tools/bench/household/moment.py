"""What a family of requests sees of the house when its moment has come, and the steps that it is made of."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from edge.core.home import Voice
from tools.bench.household.people import Person
from tools.bench.household.truth import Acceptable, Acts, Fact, Tells, Wish
from tools.bench.household.world import MOMENTARY, Device, World

_RECORDS = (
    "morning show",
    "blue notes",
    "city radio",
    "piano hour",
    "the kinks",
    "abbey road",
    "talk of the day",
    "kind of blue",
    "evening radio",
)
_PLURAL = re.compile(r"\bis the ((?:\w+ )*?(?:blinds|curtains|shutters))\b")
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Do:
    """Somebody does it by hand, or a thing does it by itself."""

    device: str
    facts: tuple[tuple[str, Fact], ...]
    wait_ms: int = 0
    """Time that passes first."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody says something."""

    text: str
    accept: tuple[Acceptable, ...]
    wait_ms: int = 0
    follows: bool = False
    """Whether it goes on from what was said before."""


Step = Do | Ask
Script = Iterator[Step]


@dataclass
class Habit:
    """What this household is used to, and how often that could be seen."""

    what: str
    device: str
    facts: tuple[tuple[str, Fact], ...]
    seen: int = 0
    """How often it has been done where the hub could see it."""

    @property
    def known(self) -> bool:
        """Whether it can be expected of the hub to know it."""
        return self.seen >= 3


@dataclass
class Moment:
    """Now, for one person in one house. Everything is looked at when it is asked for, so after a `Do` it is changed."""

    rng: Random
    world: World
    person: Person
    people: tuple[str, ...]
    habits: Mapping[str, Habit] = field(default_factory=dict)
    now_ms: int = 0
    others: tuple[str, ...] = ()
    """The wordings of what was said last."""
    key: str = ""
    """What was said last, as a key of the wordings."""
    own: str = ""
    """Which of the household's own meanings was said last; see `own_words`."""

    @property
    def mic(self) -> str | None:
        """Room of the microphone."""
        return self.world.mic

    @property
    def hour(self) -> float:
        """Of the day, 0 to 24."""
        return self.now_ms % DAY / HOUR

    @property
    def dark(self) -> bool:
        """Whether the sun is down."""
        sun = self.world.devices.get("sun.sun")
        return sun is not None and sun.now.get("value") == "below_horizon"

    def say(self, key: str, **slots: object) -> str:
        """The person's wording, dressed."""
        return self.person.dress(self.plain(key, **slots), self.rng)

    def plain(self, key: str, **slots: object) -> str:
        """The person's wording as it is: what is short stays short."""
        self.key, self.own = key, ""
        self.others = tuple(_PLURAL.sub(r"are the \1", one) for one in self.person.words(key, **slots))
        return _PLURAL.sub(r"are the \1", self.person.word(key, self.rng, **slots))

    def pick(self, devices: list[Device]) -> Device | None:
        """One of them, or None of none."""
        return devices[self.rng.randrange(len(devices))] if devices else None

    def lights(self, room: str | None) -> list[Device]:
        """Lamps of a room."""
        return self.world.find("light", room=room) if room else []

    def rooms(self, *domains: str, least: int = 1) -> list[str]:
        """Rooms with at least so many devices of these domains."""
        return [a.id for a in self.world.areas if len(self.world.find(*domains, room=a.id)) >= least]

    def shuffled(self, devices: list[Device]) -> list[Device]:
        """The same in any order."""
        return self.rng.sample(devices, len(devices))

    def the(self, device: Device) -> str:
        """How this person calls it, so that nothing else can be meant."""
        name = device.name.lower()
        if device.aliases and self.person.prefers(device.id, 0.35):
            return f"the {device.aliases[0].lower()}"
        # "The speaker" is not enough where another room has its own, whatever that one is called in full.
        alike = [d for d in self.world.devices.values() if f" {d.name.lower()}".endswith(f" {name}")]
        if len(alike) > 1 and device.room is not None:
            return f"the {name} in {self.room(device.room)}"
        short = self.short(device)
        if short and self.person.prefers("the lamp in the room", 0.15):
            return f"the {short} in {self.room(device.room)}"
        if device.tag in ("scene", "person"):
            return name
        return f"the {name}"

    def short(self, device: Device) -> str:
        """Its name without its room, where that is enough to tell it from all else in the room; else nothing."""
        room = self.world.room_name(device.room)
        name = device.name.lower()
        if not room or not name.startswith(f"{room} "):
            return ""
        rest = name.removeprefix(f"{room} ")
        others = [d for d in self.world.find(room=device.room) if d is not device]
        if rest in ("light", "lamp") and len(self.lights(device.room)) > 1:
            return ""  # "the light in the bedroom" is all of it
        taken = any(d.name.lower() == rest for d in self.world.devices.values())
        return "" if taken or any(rest in f"{d.name.lower()} {d.noun}" for d in others) else rest

    def room(self, room: str | None) -> str:
        """A room with its article."""
        return f"the {self.world.room_name(room)}"

    def bare(self, room: str | None) -> str:
        """A room without its article."""
        return self.world.room_name(room)

    def floor(self, floor: str) -> str:
        """Where a floor is, as an adverb."""
        found = next(f for f in self.world.floors if f.id == floor)
        names = [n.lower() for n in (found.name, *found.aliases)]
        stairs = [n for n in names if n in ("upstairs", "downstairs")]
        return (
            stairs[0]
            if stairs and self.person.prefers("stairs", 0.7)
            else f"on the {names[0]}"
            if names[0] not in stairs
            else names[0]
        )

    def acts(
        self, *wishes: tuple[Device, Mapping[str, Fact]], optional: tuple[tuple[Device, Mapping[str, Fact]], ...] = ()
    ) -> Acts:
        """Acts, with what is so already, and whether the household wants to be asked."""
        made = tuple(Wish(device.id, tuple(sorted(facts.items()))) for device, facts in wishes)
        already = tuple(
            device.id for device, facts in wishes if MOMENTARY.isdisjoint(facts) and device.is_so(tuple(facts.items()))
        )
        marked = any(device.voice is Voice.CONFIRM and not _safe(facts) for device, facts in wishes)
        spare = tuple(Wish(device.id, tuple(sorted(facts.items()))) for device, facts in optional)
        return Acts(made, already, spare, marked)

    def restored(self, device: Device, facts: Mapping[str, Fact], before: Mapping[str, Fact]) -> Acts:
        """The device as it was before; whatever else it was then may be told with it."""
        acts = self.acts((device, facts))
        return replace(acts, wishes=(replace(acts.wishes[0], spare=tuple(sorted(before.items()))),))

    def power(self, devices: list[Device], state: str) -> Acts:
        """All of these turned on or off."""
        return self.acts(*((device, {"power": state}) for device in devices))

    def each(self, devices: list[Device], facts: Mapping[str, Fact]) -> Acts:
        """All of these made so."""
        return self.acts(*((device, facts) for device in devices))

    def which(self, devices: list[Device], true: Callable[[Device], bool]) -> Tells:
        """An answer that tells which of these it is true of."""
        return Tells(_ids(devices), _ids([d for d in devices if true(d)]))

    def value(self, devices: list[Device]) -> Tells:
        """An answer that tells the value of any of these."""
        return Tells(_ids(devices))

    def do(self, device: Device, wait_s: float = 5.0, **facts: Fact) -> Do:
        """Somebody does it by hand, if it is not so already."""
        return Do(device.id, tuple(sorted(facts.items())), int(wait_s * SECOND))

    def title(self, player: Device) -> str:
        """What somebody puts on: mostly what this household always plays."""
        habit = self.habits.get("music")
        if habit is not None and (player.id == habit.device or self.rng.random() < 0.5):
            return str(dict(habit.facts)["media"])
        return self.rng.choice(_RECORDS)

    def thermometers(self, room: str | None) -> list[Device]:
        """What tells the temperature of a room."""
        if room is None:
            return []
        climates = [d for d in self.world.find("climate", room=room) if d.tag != "oven"]
        return climates + self.world.find("sensor", tag="temperature", room=room)

    def heating(self, room: str | None) -> Device | None:
        """The room's thermostat, where it is the only one that sets its temperature."""
        found = [d for d in self.world.find("climate", room=room) if d.tag != "oven"] if room else []
        return found[0] if len(found) == 1 and found[0].tag == "thermostat" else None


def _ids(devices: list[Device]) -> tuple[str, ...]:
    return tuple(device.id for device in devices)


def _safe(facts: Mapping[str, Fact]) -> bool:
    """Whether it makes the house safer, so that nobody needs to be asked."""
    return facts.get("locked") is True or facts.get("power") == "off" or facts.get("position") == 0


@dataclass(frozen=True)
class Family:
    """One kind of request."""

    name: str
    kind: str
    """plain, wide, context or guard."""
    script: Callable[[Moment], Script]
    weight: int = 1
    hours: tuple[float, float] = (0.0, 24.0)

    def at(self, hour: float) -> bool:
        """Whether it is asked at this hour."""
        return self.hours[0] <= hour < self.hours[1]


FAMILIES: dict[str, Family] = {}


def family(
    kind: str, weight: int = 1, hours: tuple[float, float] = (0.0, 24.0)
) -> Callable[[Callable[[Moment], Script]], Callable[[Moment], Script]]:
    """Register a family; its name is its function's."""

    def keep(script: Callable[[Moment], Script]) -> Callable[[Moment], Script]:
        name = script.__name__
        FAMILIES[name] = Family(name, kind, script, weight, hours)
        return script

    return keep
