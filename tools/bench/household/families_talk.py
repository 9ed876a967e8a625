"""Requests that go on from what was said before: pronouns, ellipsis, corrections, "the same", "a bit more", undo."""

from tools.bench.household.families_plain import color, is_opened, percent
from tools.bench.household.moment import Ask, Moment, Script, family
from tools.bench.household.truth import Between, Value
from tools.bench.household.world import Device


def _soon(m: Moment) -> int:
    return m.rng.randint(4, 25) * 1000


def _two_rooms(m: Moment, *domains: str) -> tuple[str, str] | None:
    rooms = m.rooms(*domains)
    if len(rooms) < 2:
        return None
    a, b = m.rng.sample(rooms, 2)
    return a, b


@family("context", 3)
def and_the_temperature_of(m: Moment) -> Script:
    """The same question about another room."""
    rooms = [a.id for a in m.world.areas if m.thermometers(a.id)]
    if len(rooms) > 1:
        a, b = m.rng.sample(rooms, 2)
        yield Ask(m.say("temp_ask", room=m.room(a)), (m.value(m.thermometers(a)),))
        yield Ask(m.plain("and_room", room=m.room(b)), (m.value(m.thermometers(b)),), _soon(m), follows=True)


@family("context", 3)
def and_the_lights_of(m: Moment) -> Script:
    """The same command for another room."""
    if rooms := _two_rooms(m, "light"):
        a, b = rooms
        state = m.rng.choice(("on", "off"))
        yield Ask(m.say(f"lights_room_{state}", room=m.room(a), bare=m.bare(a)), (m.power(m.lights(a), state),))
        yield Ask(m.plain("and_room", room=m.room(b)), (m.power(m.lights(b), state),), _soon(m), follows=True)


@family("context", 2)
def and_the_lights_on_in(m: Moment) -> Script:
    """The same question about the lights of another room."""
    if rooms := _two_rooms(m, "light"):
        a, b = (m.lights(room) for room in rooms)
        yield Ask(m.say("which_on_room", room=m.room(rooms[0])), (m.which(a, _on),))
        yield Ask(m.plain("and_room", room=m.room(rooms[1])), (m.which(b, _on),), _soon(m), follows=True)


@family("context", 2)
def and_that_too(m: Moment) -> Script:
    """The same command for another device."""
    state = m.rng.choice(("on", "off"))
    pair = m.shuffled([d for d in m.world.find("light", "switch", "fan") if d.on is not (state == "on")])[:2]
    if len(pair) == 2:
        yield Ask(m.say(state, x=m.the(pair[0])), (m.power(pair[:1], state),))
        yield Ask(m.plain("and_thing", x=m.the(pair[1])), (m.power(pair[1:], state),), _soon(m), follows=True)


def _named_lamp(m: Moment, *, colored: bool = False) -> tuple[Device, Script] | None:
    lamp = m.pick([d for d in m.world.find("light") if (d.colored if colored else d.dims)])
    if lamp is None:
        return None

    def setup() -> Script:
        if lamp.on:
            yield m.do(lamp, 5, power="off")
        yield Ask(m.say("on", x=m.the(lamp)), (m.power([lamp], "on"),), 60_000)

    return lamp, setup()


@family("context", 3)
def set_it(m: Moment) -> Script:
    """A level for the lamp that was just named."""
    if named := _named_lamp(m):
        lamp, setup = named
        yield from setup
        level = percent(m)
        yield Ask(m.plain("it_percent", v=level), (m.acts((lamp, {"brightness": level})),), _soon(m), follows=True)


@family("context", 2)
def color_it(m: Moment) -> Script:
    """A colour for it."""
    if named := _named_lamp(m, colored=True):
        lamp, setup = named
        yield from setup
        wanted = color(m)
        yield Ask(m.plain("it_color", c=wanted), (m.acts((lamp, {"color": wanted})),), _soon(m), follows=True)


@family("context", 2)
def it_darker(m: Moment) -> Script:
    """Less of it, though other lamps are on here."""
    if named := _named_lamp(m):
        lamp, setup = named
        yield from setup
        now = lamp.number("brightness")
        if now > 15:
            wanted = m.acts((lamp, {"brightness": Between(1, now - 1)}))
            yield Ask(m.plain("darker_it"), (wanted,), _soon(m), follows=True)


@family("context", 3)
def off_again(m: Moment) -> Script:
    """What was just turned on by voice."""
    if device := m.pick([d for d in m.world.find("light", "switch", "fan") if not d.on]):
        yield Ask(m.say("on", x=m.the(device)), (m.power([device], "on"),))
        yield Ask(m.plain("again_off"), (m.power([device], "off"),), m.rng.randint(5, 120) * 1000, follows=True)


@family("context", 2)
def on_again(m: Moment) -> Script:
    """What was just turned off by voice."""
    if device := m.pick([d for d in m.world.find("light", "switch", "fan") if d.on]):
        before = dict(device.now)
        yield Ask(m.say("off", x=m.the(device)), (m.power([device], "off"),))
        wanted = m.restored(device, {"power": "on"}, before)
        yield Ask(m.plain("again_on"), (wanted,), m.rng.randint(5, 120) * 1000, follows=True)


@family("context", 2)
def them_off(m: Moment) -> Script:
    """All that was spoken of."""
    if rooms := m.rooms("light", least=2):
        room = m.rng.choice(rooms)
        lights = m.lights(room)
        yield Ask(m.say("lights_room_on", room=m.room(room), bare=m.bare(room)), (m.power(lights, "on"),))
        yield Ask(m.plain("them_off"), (m.power(lights, "off"),), _soon(m), follows=True)


@family("context", 2)
def meant_another_room(m: Moment) -> Script:
    """The wrong room was said; the first one may be put back."""
    if rooms := _two_rooms(m, "light"):
        wrong, meant = rooms
        before = [(d, {"power": "on" if d.on else "off"}) for d in m.lights(wrong)]
        yield Ask(m.say("lights_room_on", room=m.room(wrong), bare=m.bare(wrong)), (m.power(m.lights(wrong), "on"),))
        wishes = [(d, {"power": "on"}) for d in m.lights(meant)]
        truth = m.acts(*wishes, optional=(*before, *((d, {"power": "off"}) for d, _ in before)))
        yield Ask(m.plain("meant_room", room=m.room(meant)), (truth,), _soon(m), follows=True)


@family("context", 2)
def the_other_one(m: Moment) -> Script:
    """Of two lamps of a room the wrong one was named."""
    rooms = [r for r in m.rooms("light") if len(m.world.find("light", noun="lamp", room=r)) == 2]
    if rooms:
        wrong, meant = m.shuffled(m.world.find("light", noun="lamp", room=m.rng.choice(rooms)))
        for lamp in (wrong, meant):
            if lamp.on:
                yield m.do(lamp, 5, power="off")
        yield Ask(m.say("on", x=m.the(wrong)), (m.power([wrong], "on"),), 60_000)
        truth = m.acts((meant, {"power": "on"}), optional=((wrong, {"power": "off"}),))
        yield Ask(m.plain("other_one"), (truth,), _soon(m), follows=True)


@family("context", 2)
def the_same_in(m: Moment) -> Script:
    """The same for another room, as a sentence."""
    if rooms := _two_rooms(m, "light"):
        a, b = rooms
        yield Ask(m.say("lights_room_off", room=m.room(a), bare=m.bare(a)), (m.power(m.lights(a), "off"),))
        yield Ask(m.plain("same_in", room=m.room(b)), (m.power(m.lights(b), "off"),), _soon(m), follows=True)


@family("context", 2)
def a_bit_more(m: Moment) -> Script:
    """More of what was just changed."""
    lamp = m.pick([d for d in m.world.find("light") if d.dims])
    if lamp is None:
        return
    yield m.do(lamp, 5, power="on", brightness=float(m.rng.randint(42, 62)))
    now = lamp.number("brightness")
    up = m.rng.random() < 0.5
    first = m.acts((lamp, {"brightness": Between(now + 1, now + 30) if up else Between(now - 30, now - 1)}))
    yield Ask(m.say("brighter" if up else "darker", x=m.the(lamp)), (first,), 60_000)
    now = lamp.number("brightness")
    wanted = Between(now + 1, 100) if up else Between(1, now - 1)
    yield Ask(m.plain("more" if up else "less"), (m.acts((lamp, {"brightness": wanted})),), _soon(m), follows=True)


@family("context", 2)
def a_bit_less_loud(m: Moment) -> Script:
    """The same for a volume."""
    player = m.pick(m.world.find("media_player"))
    if player is None:
        return
    yield m.do(player, 5, playing=True, media=m.title(player), kind="music")
    level = float(m.rng.choice((50, 60, 70)))
    yield Ask(m.say("volume", x=m.the(player), v=level), (m.acts((player, {"volume": level})),), 60_000)
    wanted = m.acts((player, {"volume": Between(0, level - 1)}))
    yield Ask(m.plain("less"), (wanted,), _soon(m), follows=True)


@family("context", 2)
def close_what_was_asked(m: Moment) -> Script:
    """It stands open, as was just answered."""
    if cover := m.pick(m.world.find("cover")):
        if not is_opened(cover):
            yield m.do(cover, 5, position=100.0)
        yield Ask(m.say("is_open", x=m.the(cover)), (m.which([cover], is_opened),), 600_000)
        yield Ask(m.plain("close_it"), (m.acts((cover, {"position": 0.0})),), _soon(m), follows=True)


@family("context", 2)
def lock_what_was_asked(m: Moment) -> Script:
    """It is unlocked, as was just answered."""
    if door := m.pick(m.world.find("lock")):
        yield m.do(door, 5, locked=False)
        yield Ask(m.say("is_locked", x=m.the(door)), (m.which([door], lambda d: d.now["locked"] is True),), 600_000)
        yield Ask(m.plain("lock_door"), (m.acts((door, {"locked": True})),), _soon(m), follows=True)


@family("context", 2)
def degrees_for_it(m: Moment) -> Script:
    """Another temperature for the thermostat that was just set."""
    if device := m.pick([d for d in m.world.find("climate", tag="thermostat") if m.heating(d.room) is d]):
        first, second = (float(v) for v in m.rng.sample(range(17, 25), 2))
        yield Ask(m.say("temp_room", room=m.room(device.room), v=first), (m.acts((device, {"temperature": first})),))
        wanted = m.acts((device, {"temperature": second}))
        yield Ask(m.plain("it_degrees", v=second), (wanted,), _soon(m), follows=True)


@family("context", 3)
def put_it_back(m: Moment) -> Script:
    """What was just changed, as it was before."""
    lamps = [d for d in m.world.find("light") if d.dims and d.on]
    others = m.world.find("cover", tag="shade") + [
        d for d in m.world.find("climate", tag="thermostat") if m.heating(d.room) is d
    ]
    device = m.pick(lamps + others)
    if device is None:
        return
    name = {"light": "brightness", "cover": "position", "climate": "temperature"}[device.domain]
    state = dict(device.now)
    before: Value = state[name]
    wanted = float(m.rng.randint(17, 24)) if device.domain == "climate" else percent(m)
    if before == wanted:
        return
    key = {"light": "dim_to", "cover": "position", "climate": "temp_set"}[device.domain]
    yield Ask(m.say(key, x=m.the(device), v=wanted), (m.acts((device, {name: wanted})),))
    yield Ask(m.plain("undo"), (m.restored(device, {name: before}, state),), _soon(m), follows=True)


@family("context", 2)
def switch_back(m: Moment) -> Script:
    """What was just switched, as it was before."""
    if device := m.pick(m.world.find("light", "switch", "fan")):
        before, after = ("on", "off") if device.on else ("off", "on")
        state = dict(device.now)
        yield Ask(m.say(after, x=m.the(device)), (m.power([device], after),))
        wanted = m.restored(device, {"power": before}, state)
        yield Ask(m.plain("undo"), (wanted,), _soon(m), follows=True)


def _on(device: Device) -> bool:
    return device.on
