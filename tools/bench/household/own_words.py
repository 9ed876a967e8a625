"""Words that a household has of its own: names for its things, and short words for what it does every evening.

No hub can know what they mean. Whoever is not understood says it plainly. After some weeks a few of them mean something
else; and sometimes two people mean different things by the same words.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tools.bench.household.moment import Ask, Moment, Script
from tools.bench.household.people import Person
from tools.bench.household.truth import Facts
from tools.bench.household.world import Device, World

PHRASES = (
    "movie time", "snuggle time", "reading mood", "let there be light", "cave mode", "quiet hour", "story time",
    "game on", "tea time", "sunset please", "beam me up", "dinner is served", "curtain call", "nap time", "work mode",
    "lights please sweetie", "the boss is home", "hygge", "disco", "batman", "siesta", "show time", "focus please",
    "lazy sunday", "hobbit hole", "time to shine", "cocktail hour", "the kids are in bed", "spa evening", "all hands",
)  # fmt: skip
NAMES = (
    "the sunny lamp", "old betty", "the ufo", "the pumpkin", "the mushroom", "big bertha", "the lighthouse", "gustav",
    "the jellyfish", "the lantern", "aunt mary", "the firefly", "the banana", "the tripod", "twinkle", "the robot arm",
)  # fmt: skip
LEVELS = (10.0, 20.0, 25.0, 40.0, 60.0)
DISPUTED = 0.5
"""Chance that two people of a household mean different things by one phrase."""
_RARELY = 0.25
"""How often it is the second of them who says it."""

Wishes = tuple[tuple[str, Facts], ...]
"""Device and what it is to be like."""


@dataclass
class Meaning:
    """One phrase or name, and what is meant by it now."""

    key: str
    words: str
    wishes: Wishes
    """Of a name: the thing alone, with no facts."""
    disputed: Wishes = ()
    """What the second person means."""
    since_ms: int = 0
    """When it came to mean that, if it meant something else before."""

    @property
    def is_name(self) -> bool:
        """Whether it is a name of a thing, which things are said of."""
        return not self.wishes[0][1]


@dataclass
class OwnWords:
    """Those of one household."""

    seed: int
    world: World
    people: Sequence[Person]
    mic: str | None
    meanings: list[Meaning] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw them."""
        rng = Random(f"own words {self.seed}")
        phrases, names = _own(PHRASES, self.seed, rng), _own(NAMES, self.seed, rng)
        for number, make in enumerate((self._level, self._level, self._several, self._several, self._room, self._warm)):
            if (wishes := make(rng)) and wishes not in [one.wishes for one in self.meanings]:
                self.meanings.append(Meaning(f"phrase {number}", phrases[number], wishes))
        lamps = [d for d in self.world.find("light", "fan") if not d.aliases and d.tag != "spot"]
        for number, device in enumerate(rng.sample(lamps, min(2, len(lamps)))):
            self.meanings.append(Meaning(f"name {number}", names[number], ((device.id, ()),)))
        if len(self.people) > 1 and rng.random() < DISPUTED:
            one = next((m for m in self.meanings if not m.is_name), None)
            other = self._level(rng)
            if one is not None and other != one.wishes:
                one.disputed = other

    def change(self, now_ms: int, number: int) -> None:
        """Every second of them means something else from now on; for the `number`-th time."""
        rng = Random(f"own words {self.seed} {number}")
        for one in self.meanings[number % 2 :: 2]:
            if one.is_name:
                lamps = [d for d in self.world.find("light", "fan") if not d.aliases and d.tag != "spot"]
                taken = {m.wishes[0][0] for m in self.meanings if m.is_name}
                free = [d for d in lamps if d.id not in taken]
                fresh: Wishes = ((rng.choice(free).id, ()),) if free else one.wishes
            else:
                fresh = rng.choice((self._level, self._several))(rng)
            if fresh and fresh not in [m.wishes for m in self.meanings]:
                one.wishes, one.since_ms = fresh, now_ms

    def script(self, m: Moment, one: Meaning) -> Script:
        """Somebody says it, if it is not so already."""
        wishes, key = one.wishes, one.key
        if one.disputed:
            second = m.rng.random() < _RARELY
            m.person = self.people[1] if second else self.people[0]
            wishes, key = (one.disputed, f"{key} of another") if second else (wishes, key)
        if one.is_name:
            yield from self._of_name(m, one)
            return
        things = [(self.world.devices[key], dict(facts)) for key, facts in wishes]
        if all(device.is_so(tuple(facts.items())) for device, facts in things):
            return
        m.key, m.own, m.others = "own", key, self._plainly(m, wishes)
        yield Ask(one.words, (m.acts(*things),))

    def _of_name(self, m: Moment, one: Meaning) -> Script:
        device = self.world.devices[one.wishes[0][0]]
        state = "off" if device.on else "on"
        text = m.say(state, x=one.words)
        m.own, m.others = one.key, m.person.words(state, x=m.the(device))
        yield Ask(text, (m.power([device], state),))

    def _plainly(self, m: Moment, wishes: Wishes) -> tuple[str, ...]:
        """The same in words that anybody would understand, in some ways."""
        ways = [
            [f"{one} {more}" if one else more for one, more in zip(("", "", ""), _ways(m, device, facts), strict=False)]
            for device, facts in ((self.world.devices[key], facts) for key, facts in wishes)
        ]
        return tuple(" and ".join(parts) for parts in zip(*ways, strict=False))

    # What it may be

    def _level(self, rng: Random) -> Wishes:
        lamps = [d for d in self.world.find("light") if d.dims and d.tag != "spot"]
        near = [d for d in lamps if d.room == self.mic] or lamps
        if not near:
            return ()
        return ((rng.choice(near).id, (("brightness", rng.choice(LEVELS)), ("power", "on"))),)

    def _several(self, rng: Random) -> Wishes:
        """A lamp at a level, and the blinds closed; or two lamps."""
        level = self._level(rng)
        if not level:
            return ()
        shades = self.world.find("cover", tag="shade")
        if shades and rng.random() < 0.6:
            return (*level, (rng.choice(shades).id, (("position", 0.0),)))
        others = [d for d in self.world.find("light") if d.id != level[0][0]]
        return (*level, (rng.choice(others).id, (("power", rng.choice(("on", "off"))),))) if others else level

    def _room(self, rng: Random) -> Wishes:
        """One light of another room."""
        lights = [d for d in self.world.find("light") if d.room != self.mic and d.tag != "spot"]
        return ((rng.choice(lights).id, (("power", "on"),)),) if lights else ()

    def _warm(self, rng: Random) -> Wishes:
        heating = self.world.find("climate", tag="thermostat")
        return ((rng.choice(heating).id, (("temperature", float(rng.randint(20, 24))),)),) if heating else ()


def _ways(m: Moment, device: Device, facts: Facts) -> tuple[str, ...]:
    said: dict[str, Callable[[object], tuple[str, ...]]] = {
        "brightness": lambda v: m.person.words("dim_to", x=m.the(device), v=v),
        "position": lambda _: m.person.words("close", x=m.the(device)),
        "temperature": lambda v: m.person.words("temp_set", x=m.the(device), v=v),
        "power": lambda v: m.person.words(str(v), x=m.the(device)),
    }
    name, value = next((name, value) for name, value in facts if name in said)
    return said[name](value)[:3]


def _own(every: Sequence[str], seed: int, rng: Random) -> list[str]:
    """Half of them are for households of even seed only, half for those of odd seed."""
    mine = [one for one in every if zlib.crc32(one.encode()) % 2 == seed % 2]
    return rng.sample(mine, len(mine))
