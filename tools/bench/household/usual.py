"""What a household asks for again and again: the same few things, most of them every day."""

from collections.abc import Callable
from functools import partial
from random import Random

from tools.bench.household.moment import Ask, Moment, Script
from tools.bench.household.truth import Says
from tools.bench.household.world import Device

MOST = 16
"""Things that are asked for so."""
Usual = Callable[[Moment], Script]


def draw_usual(seed: int, m: Moment) -> list[Usual]:
    """Those of this household, most asked first: the n-th is asked for a share of 1 / (n + 2)."""
    rng, found = Random(f"usual {seed}"), list[Usual]()
    world = m.world
    lights = [d for d in world.find("light") if d.tag != "spot"]
    others = world.find("switch", "fan", "media_player", "humidifier")
    for device in (*rng.sample(lights, min(5, len(lights))), *rng.sample(others, min(3, len(others)))):
        if device.tag != "alarm":
            found.append(partial(_power, device=device))
    for room in rng.sample(m.rooms("light"), min(3, len(m.rooms("light")))):
        found.append(partial(_room, room=room))
    if m.lights(m.mic):
        found.append(_here)
    dimmed = [d for d in lights if d.dims]
    for device in rng.sample(dimmed, min(2, len(dimmed))):
        found.append(partial(_dim, device=device, levels=tuple(rng.sample((20.0, 30.0, 40.0, 50.0, 60.0, 80.0), 2))))
    shades = world.find("cover", tag="shade")
    for device in rng.sample(shades, min(2, len(shades))):
        found.append(partial(_shade, device=device))
    for device in world.find("climate", tag="thermostat")[:1]:
        found.append(partial(_warm, device=device, degrees=tuple(float(n) for n in rng.sample(range(18, 24), 2))))
    found.append(partial(_timer, minutes=rng.choice((5, 8, 10, 12, 20))))
    rng.shuffle(found)
    return found[:MOST]


def pick(usual: list[Usual], rng: Random) -> Usual:
    """One of them."""
    return rng.choices(usual, [1 / (n + 2) for n in range(len(usual))])[0]


def _power(m: Moment, device: Device) -> Script:
    state = "off" if device.on else "on"
    yield Ask(m.say(state, x=m.the(device)), (m.power([device], state),))


def _room(m: Moment, room: str) -> Script:
    state = "off" if any(d.on for d in m.lights(room)) else "on"
    said = m.say(f"lights_room_{state}", room=m.room(room), bare=m.bare(room))
    yield Ask(said, (m.power(m.lights(room), state),))


def _here(m: Moment) -> Script:
    state = "off" if any(d.on for d in m.lights(m.mic)) else "on"
    yield Ask(m.say(f"lights_here_{state}"), (m.power(m.lights(m.mic), state),))


def _dim(m: Moment, device: Device, levels: tuple[float, ...]) -> Script:
    level = next((v for v in levels if not (device.on and device.number("brightness") == v)), levels[0])
    yield Ask(m.say("dim_to", x=m.the(device), v=level), (m.acts((device, {"brightness": level})),))


def _shade(m: Moment, device: Device) -> Script:
    closed = device.number("position") == 0
    key, position = ("open", 100.0) if closed else ("close", 0.0)
    yield Ask(m.say(key, x=m.the(device)), (m.acts((device, {"position": position})),))


def _warm(m: Moment, device: Device, degrees: tuple[float, ...]) -> Script:
    wanted = next((v for v in degrees if device.number("temperature") != v), degrees[0])
    yield Ask(m.say("temp_set", x=m.the(device), v=wanted), (m.acts((device, {"temperature": wanted})),))


def _timer(m: Moment, minutes: int) -> Script:
    yield Ask(m.say("timer", n=minutes), (Says("timer", minutes * 60),))
