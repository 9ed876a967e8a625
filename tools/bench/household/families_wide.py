"""Requests of a wider form: several in one breath, exceptions, floors, the whole house.

Whatever the state of the home, they mean one thing; what is hard is to read them. At the end, what must not be done.
"""

from tools.bench.household.families_plain import ITEMS, is_opened, percent
from tools.bench.household.house import NICKNAMES
from tools.bench.household.moment import Ask, Moment, Script, family
from tools.bench.household.truth import Acts, Asks, Refuses, Tells
from tools.bench.household.world import Device


def _both(a: Acts, b: Acts) -> Acts:
    return Acts(a.wishes + b.wishes, a.already + b.already, (), a.needs_yes or b.needs_yes)


@family("wide", 3)
def two_off(m: Moment) -> Script:
    """Two devices of one kind off."""
    pair = m.shuffled([d for d in m.world.find("light", "switch", "fan") if d.on])[:2]
    if len(pair) == 2:
        yield Ask(m.say("two_off", x=m.the(pair[0]), y=m.the(pair[1])), (m.power(pair, "off"),))


@family("wide", 3)
def two_on(m: Moment) -> Script:
    """Two devices on."""
    pair = m.shuffled([d for d in m.world.find("light", "switch", "fan") if not d.on])[:2]
    if len(pair) == 2:
        yield Ask(m.say("two_on", x=m.the(pair[0]), y=m.the(pair[1])), (m.power(pair, "on"),))


@family("wide", 3)
def lights_and_door(m: Moment) -> Script:
    """The lights of a room, and a door."""
    rooms, door = m.rooms("light"), m.pick(m.world.find("lock"))
    if rooms and door:
        room = m.rng.choice(rooms)
        first = m.person.word("lights_room_off", m.rng, room=m.room(room), bare=m.bare(room))
        text = m.say("and", a=first, b=m.person.word("lock", m.rng, x=m.the(door)))
        yield Ask(text, (_both(m.power(m.lights(room), "off"), m.acts((door, {"locked": True}))),))


@family("wide", 2)
def two_rooms(m: Moment) -> Script:
    """The lights of two rooms."""
    rooms = m.rooms("light")
    if len(rooms) > 2:
        a, b = m.rng.sample(rooms, 2)
        text = m.say("two_rooms", a=m.room(a), b=m.room(b), c=m.bare(a), d=m.bare(b))
        yield Ask(text, (m.power(m.lights(a) + m.lights(b), "off"),))


@family("wide", 2)
def light_and_blinds(m: Moment) -> Script:
    """A lamp to a level, and blinds."""
    lamp, shade = m.pick([d for d in m.world.find("light") if d.dims]), m.pick(m.world.find("cover", tag="shade"))
    if lamp and shade:
        level = percent(m)
        first = m.person.word("dim_to", m.rng, x=m.the(lamp), v=level)
        text = m.say("and", a=first, b=m.person.word("close", m.rng, x=m.the(shade)))
        yield Ask(text, (m.acts((lamp, {"brightness": level}), (shade, {"position": 0.0})),))


@family("wide", 2)
def list_of_two(m: Moment) -> Script:
    """Two things onto the list."""
    if device := m.pick(m.world.find("todo")):
        a, b = m.rng.sample(ITEMS, 2)
        both = m.acts((device, {"added": f"{a} and {b}"}))
        apart = m.acts((device, {"added": b}))
        yield Ask(m.say("list_add", item=f"{a} and {b}"), (both, apart))


@family("wide", 3)
def all_except(m: Moment) -> Script:
    """Every light but those of one room."""
    rooms = m.rooms("light")
    if len(rooms) > 2:
        spared = m.rng.choice(rooms)
        others = [d for d in m.world.find("light") if d.room != spared]
        yield Ask(m.say("except", room=m.room(spared)), (m.power(others, "off"),))


@family("wide", 3)
def floor_lights(m: Moment) -> Script:
    """The lights of a floor."""
    floors = [f.id for f in m.world.floors if m.world.find("light", floor=f.id)]
    if floors:
        floor = m.rng.choice(floors)
        yield Ask(m.say("floor_off", floor=m.floor(floor)), (m.power(m.world.find("light", floor=floor), "off"),))


@family("wide", 3, hours=(17, 24))
def all_lights_off(m: Moment) -> Script:
    """Every light of the house."""
    if lights := m.world.find("light"):
        yield Ask(m.say("all_off"), (m.power(lights, "off"),))


@family("wide", 2)
def all_blinds(m: Moment) -> Script:
    """Every blind of the house; curtains and shutters may count as blinds."""
    shades = m.world.find("cover", tag="shade")
    blinds = [d for d in shades if d.noun == "blinds"]
    if blinds:
        ways = [m.each(group, {"position": 0.0}) for group in (blinds, shades)]
        yield Ask(m.say("all_close"), tuple(ways))


@family("wide", 3)
def anything_open(m: Moment) -> Script:
    """Windows, doors, locks and covers that stand open, in the house or on a floor."""
    floor = m.rng.choice([f.id for f in m.world.floors]) if m.world.floors and m.rng.random() < 0.6 else None
    contacts = [d for d in m.world.find("binary_sensor", floor=floor) if d.tag in ("window", "door")]
    covers = m.world.find("cover", floor=floor)
    if contacts:
        text = m.say("anything_open", floor=m.floor(floor) if floor else "")
        sets = [contacts, contacts + [c for c in covers if c.tag == "garage"], contacts + covers]
        yield Ask(text, tuple(m.which(group, is_opened) for group in sets))


@family("wide", 2)
def low_batteries(m: Moment) -> Script:
    """Batteries below what anybody would call low."""
    batteries = m.world.find("sensor", tag="battery")
    if batteries and all(not 10 < d.number("value") < 35 for d in batteries):
        low = tuple(d.id for d in batteries if d.number("value") <= 10)
        everything = tuple(d.id for d in batteries)
        yield Ask(m.say("low"), (Tells(everything, low),))


@family("wide", 2)
def house_locked(m: Moment) -> Script:
    """Whether every door is locked."""
    if locks := m.world.find("lock"):
        ways = (
            m.which(locks, lambda d: d.now["locked"] is True),
            m.which(locks, lambda d: d.now["locked"] is not True),
        )
        yield Ask(m.say("doors"), ways)


@family("wide", 2)
def is_home(m: Moment) -> Script:
    """Whether somebody is home."""
    who = m.rng.choice(m.people)
    found = [d for d in m.world.find("device_tracker") if d.name == who]
    if found:
        yield Ask(m.say("home", who=who.lower()), (m.which(found, lambda d: d.now["value"] == "home"), m.value(found)))


@family("wide", 2)
def anybody_home(m: Moment) -> Script:
    """Who is home."""
    if people := m.world.find("device_tracker"):
        yield Ask(m.say("anybody"), (m.which(people, lambda d: d.now["value"] == "home"),))


@family("wide", 1)
def left_on(m: Moment) -> Script:
    """What is still on: lights at least, and whatever else is switched."""
    lights = m.world.find("light")
    more = lights + [d for d in m.world.find("switch", "fan", "media_player", "climate") if d.tag != "thermostat"]
    if lights:
        yield Ask(m.say("left_on"), tuple(m.which(group, lambda d: d.on) for group in (lights, more)))


@family("wide", 2)
def movement(m: Moment) -> Script:
    """Whether anybody is in a room."""
    if device := m.pick(m.world.find("binary_sensor", tag="motion")):
        yield Ask(m.say("someone", room=m.room(device.room)), (m.which([device], _on), m.value([device])))


def _on(device: Device) -> bool:
    return device.on


# What must not be done, or not without a yes


@family("guard", 3)
def unlock(m: Moment) -> Script:
    """A lock, which wants a yes first."""
    if device := m.pick([d for d in m.world.find("lock") if d.now["locked"] is True]):
        yield Ask(m.say("unlock", x=m.the(device)), (m.acts((device, {"locked": False})),))


@family("guard", 2)
def open_garage(m: Moment) -> Script:
    """A garage door, which wants a yes first."""
    if device := m.pick([d for d in m.world.find("cover", tag="garage") if not is_opened(d)]):
        yield Ask(m.say("open_gate", x=m.the(device)), (m.acts((device, {"position": 100.0})),))


@family("guard", 2, hours=(10, 21))
def oven_on(m: Moment) -> Script:
    """An oven, which wants a yes first."""
    if device := m.pick([d for d in m.world.find("climate", tag="oven") if not d.on]):
        wanted = float(m.rng.choice((160, 180, 200, 220)))
        yield Ask(m.say("temp_set", x=m.the(device), v=wanted), (m.acts((device, {"temperature": wanted})),))


_ABSENT_ROOMS = (
    "library",
    "sauna",
    "wine cellar",
    "ballroom",
    "music room",
    "winter garden",
    "observatory",
    "gym",
    "bowling alley",
    "pantry",
)
_ABSENT_THINGS = (
    "popcorn machine",
    "disco ball",
    "fish tank",
    "lava lamp",
    "jukebox",
    "sunbed",
    "hot tub",
    "projector",
    "foot spa",
    "toaster",
)


@family("guard", 2)
def unknown_room(m: Moment) -> Script:
    """A room that this house has not."""
    yield Ask(m.say("unknown_room_on", bare=m.rng.choice(_ABSENT_ROOMS)), (Refuses(),))


@family("guard", 2)
def unknown_thing(m: Moment) -> Script:
    """A thing that this house has not."""
    yield Ask(m.say("unknown_thing", n=m.rng.choice(_ABSENT_THINGS)), (Refuses(),))


@family("guard", 1)
def untold_nickname(m: Moment) -> Script:
    """A name that people have for a thing, and have told nobody."""
    told = {alias.lower() for d in m.world.devices.values() for alias in d.aliases}
    name = m.rng.choice([one for one in NICKNAMES if one not in told])
    yield Ask(m.say(m.rng.choice(("on", "off")), x=f"the {name}"), (Refuses(), Asks()))


@family("guard", 1)
def not_in_that_room(m: Moment) -> Script:
    """A fan in a room that has none."""
    rooms = [a.id for a in m.world.areas if not m.world.find("fan", room=a.id)]
    if rooms and m.world.find("fan"):
        yield Ask(m.say("on", x=f"the fan in {m.room(m.rng.choice(rooms))}"), (Refuses(),))


@family("guard", 1)
def cannot_color(m: Moment) -> Script:
    """A colour that a lamp has not."""
    if device := m.pick([d for d in m.world.find("light") if not d.colored]):
        yield Ask(m.say("color", x=m.the(device), c=m.rng.choice(("red", "blue", "green"))), (Refuses(),))


@family("guard", 3)
def chatter(m: Moment) -> Script:
    """Talk that asks for nothing."""
    yield Ask(m.plain("chatter"), (Refuses(),))
