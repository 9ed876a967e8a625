"""Requests that the state of the home decides: what is on, plays, moves, has just changed."""

from tools.bench.household.moment import Ask, Moment, Script, family
from tools.bench.household.truth import Between
from tools.bench.household.world import Device


def _spread(
    m: Moment,
    devices: list[Device],
    chosen: Device,
    facts: dict[str, float | str | bool],
    others: dict[str, float | str | bool],
) -> Script:
    """By hand: the chosen one like this, all others like that; some minutes ago."""
    for device in devices:
        wanted = facts if device is chosen else others
        if not device.is_so(tuple(wanted.items())):
            yield m.do(device, m.rng.uniform(20, 90), **wanted)


# What is on, plays, runs, stands open


@family("context", 3)
def oven_temperature(m: Moment) -> Script:
    """With the oven on, the temperature is the oven's."""
    if oven := m.pick(m.world.find("climate", tag="oven")):
        if not oven.on:
            yield m.do(oven, 30, power="on", temperature=float(m.rng.choice((180, 200, 220))))
        key = m.rng.choice(("temperature", "temperature", "preheated"))
        yield Ask(m.say(key), (m.value([oven]),), m.rng.randint(3, 20) * 60_000)
        if m.rng.random() < 0.6:
            yield m.do(oven, 1800, power="off")


@family("context", 3)
def room_temperature(m: Moment) -> Script:
    """With the oven off, it is the room's."""
    told = m.thermometers(m.mic)
    if told and not any(d.on for d in m.world.find("climate", tag="oven")):
        yield Ask(m.say("temperature"), (m.value(told),))


def _playing(m: Moment) -> tuple[Device | None, Script]:
    player = m.pick(m.world.find("media_player"))
    if player is None:
        return None, iter(())
    on: dict[str, float | str | bool] = {"playing": True, "media": m.title(player), "kind": "music"}
    return player, _spread(m, m.world.find("media_player"), player, on, {"power": "off"})


@family("context", 2)
def pause_what_plays(m: Moment) -> Script:
    """One player plays, anywhere in the house."""
    player, setup = _playing(m)
    if player:
        yield from setup
        yield Ask(m.plain("pause"), (m.acts((player, {"playing": False})),), 60_000)


@family("context", 2)
def resume_what_paused(m: Moment) -> Script:
    """One player was paused by hand a while ago."""
    player, setup = _playing(m)
    if player:
        yield from setup
        yield m.do(player, 60, playing=False)
        yield Ask(m.plain("resume"), (m.acts((player, {"playing": True})),), m.rng.randint(1, 20) * 60_000)


@family("context", 2)
def volume_of_what_plays(m: Moment) -> Script:
    """Louder or quieter, without saying what."""
    player, setup = _playing(m)
    if player:
        yield from setup
        up = m.rng.random() < 0.5
        now = player.number("volume")
        if 5 < now < 95:
            wanted = Between(now + 1, 100) if up else Between(0, now - 1)
            yield Ask(m.plain("louder_it" if up else "quieter_it"), (m.acts((player, {"volume": wanted})),), 60_000)


@family("context", 2)
def skip_what_plays(m: Moment) -> Script:
    """The next one."""
    player, setup = _playing(m)
    if player:
        yield from setup
        yield Ask(m.plain("skip"), (m.acts((player, {"skip": 1.0})),), 90_000)


@family("context", 1)
def mute_what_plays(m: Moment) -> Script:
    """Silence; to pause it is silence too."""
    player, setup = _playing(m)
    if player and not player.now.get("muted"):
        yield from setup
        yield Ask(m.plain("mute_it"), (m.acts((player, {"muted": True})), m.acts((player, {"playing": False}))), 30_000)


@family("context", 2)
def stop_what_moves(m: Moment) -> Script:
    """A cover on its way."""
    if cover := m.pick(m.world.find("cover")):
        yield m.do(cover, 5, moving=m.rng.choice(("opening", "closing")), position=float(m.rng.randint(30, 70)))
        yield Ask(m.plain("stop"), (m.acts((cover, {"stopped": True})),), m.rng.randint(2, 8) * 1000)
        yield m.do(cover, 1, moving="")


@family("context", 2)
def the_lamp_that_is_on(m: Moment) -> Script:
    """Two lamps here, and one is on."""
    lamps = m.world.find("light", noun="lamp", room=m.mic) if m.mic else []
    if len(lamps) > 1 and (lit := m.pick(lamps)):
        yield from _spread(m, lamps, lit, {"power": "on"}, {"power": "off"})
        yield Ask(m.say("kind_off", n="lamp"), (m.power(lamps, "off"),), 120_000)


@family("context", 2)
def the_lamp_that_is_off(m: Moment) -> Script:
    """Two lamps here, and one is on already."""
    lamps = m.world.find("light", noun="lamp", room=m.mic) if m.mic else []
    if len(lamps) > 1 and (dark := m.pick(lamps)):
        yield from _spread(m, lamps, dark, {"power": "off"}, {"power": "on"})
        yield Ask(m.say("kind_on", n="lamp"), (m.power(lamps, "on"),), 120_000)


@family("context", 2)
def the_fan_that_runs(m: Moment) -> Script:
    """Several fans in the house, none here, and one runs."""
    fans = m.world.find("fan")
    if len(fans) > 1 and (running := m.pick(fans)) and not any(f.room == m.mic for f in fans if f is not running):
        yield from _spread(m, fans, running, {"power": "on"}, {"power": "off"})
        yield Ask(m.say("kind_off", n="fan"), (m.power(fans, "off"),), 240_000)


@family("context", 2)
def the_cover_that_is_open(m: Moment) -> Script:
    """All are closed but one."""
    covers = m.world.find("cover", tag="shade")
    if len(covers) > 1 and (opened := m.pick(covers)):
        same = [c for c in covers if c.noun == opened.noun]
        yield from _spread(m, same, opened, {"position": 100.0}, {"position": 0.0})
        yield Ask(m.say("kind_close", n=opened.noun), (m.each(same, {"position": 0.0}),), 300_000)


@family("context", 2)
def the_cover_that_is_closed(m: Moment) -> Script:
    """All are open but one."""
    covers = m.world.find("cover", tag="shade")
    if len(covers) > 1 and (closed := m.pick(covers)):
        same = [c for c in covers if c.noun == closed.noun]
        yield from _spread(m, same, closed, {"position": 0.0}, {"position": 100.0})
        yield Ask(m.say("kind_open", n=closed.noun), (m.each(same, {"position": 100.0}),), 300_000)


@family("context", 2)
def the_door_that_is_unlocked(m: Moment) -> Script:
    """Of several locks one is open."""
    locks = m.world.find("lock")
    if len(locks) > 1 and (loose := m.pick(locks)):
        yield from _spread(m, locks, loose, {"locked": False}, {"locked": True})
        yield Ask(m.plain("lock_door"), (m.each(locks, {"locked": True}),), 120_000)


@family("context", 2)
def brighter_here(m: Moment) -> Script:
    """The lamps that are on here; those that are off stay so."""
    yield from _relative(m, up=True)


@family("context", 2)
def darker_here(m: Moment) -> Script:
    """The same, darker."""
    yield from _relative(m, up=False)


def _relative(m: Moment, *, up: bool) -> Script:
    able = [d for d in m.lights(m.mic) if d.dims]
    if not able or (lit := m.pick(able)) is None:
        return
    level = float(m.rng.randint(35, 60) if up else m.rng.randint(70, 95))
    yield from _spread(m, m.lights(m.mic), lit, {"power": "on", "brightness": level}, {"power": "off"})
    wanted = Between(level + 1, 100) if up else Between(1, level - 1)
    yield Ask(m.plain("brighter_it" if up else "darker_it"), (m.acts((lit, {"brightness": wanted})),), 200_000)


@family("context", 2)
def speed_of_what_runs(m: Moment) -> Script:
    """Faster or slower, without saying what."""
    fans = m.world.find("fan")
    if running := m.pick(fans):
        yield from _spread(m, fans, running, {"power": "on", "speed": 50.0}, {"power": "off"})
        up = m.rng.random() < 0.5
        wanted = Between(51, 100) if up else Between(1, 49)
        yield Ask(m.plain("faster" if up else "slower"), (m.acts((running, {"speed": wanted})),), 100_000)


@family("context", 2)
def warmer_here(m: Moment) -> Script:
    """The thermostat of this room."""
    if (heating := m.heating(m.mic)) and heating.on:
        now, up = heating.number("temperature"), m.rng.random() < 0.5
        wanted = Between(now + 0.5, now + 4) if up else Between(now - 4, now - 0.5)
        yield Ask(m.plain("warmer_it" if up else "cooler_it"), (m.acts((heating, {"temperature": wanted})),))


@family("context", 1)
def vacuum_home(m: Moment) -> Script:
    """It runs, and nobody names it."""
    if robot := m.pick(m.world.find("vacuum")):
        yield m.do(robot, 60, running=True)
        yield Ask(m.plain("send_home"), (m.acts((robot, {"running": False})),), 900_000)


# What has just changed


@family("context", 2, hours=(5, 9))
def alarm_rings(m: Moment) -> Script:
    """Whatever is said to a ringing alarm clock is said to it."""
    if clock := m.pick(m.world.find("switch", tag="alarm")):
        yield m.do(clock, 5, power="on")
        yield Ask(m.plain("alarm_off"), (m.power([clock], "off"),), m.rng.randint(5, 50) * 1000)


@family("context", 2)
def which_is_finished(m: Moment) -> Script:
    """One machine runs, or has just stopped."""
    machines = m.world.find("binary_sensor", tag="washer")
    if machine := m.pick(machines):
        yield from _spread(m, machines, machine, {"power": "on"}, {"power": "off"})
        if m.rng.random() < 0.5:
            yield m.do(machine, 2400, power="off")
        yield Ask(m.plain("finished"), (m.value([machine]), m.which([machine], lambda d: not d.on)), 120_000)


@family("context", 2)
def close_what_was_opened(m: Moment) -> Script:
    """Somebody has just opened it by hand."""
    if cover := m.pick(m.world.find("cover", tag="shade")):
        yield m.do(cover, 5, position=0.0)
        yield m.do(cover, 1200, position=100.0)
        yield Ask(m.plain("close_it"), (m.acts((cover, {"position": 0.0})),), m.rng.randint(8, 40) * 1000)


@family("context", 2)
def off_what_was_lit(m: Moment) -> Script:
    """Somebody has just switched it on by hand, here."""
    if light := m.pick(m.lights(m.mic)):
        yield m.do(light, 5, power="off")
        yield m.do(light, 1200, power="on")
        yield Ask(m.plain("off_it"), (m.power([light], "off"),), m.rng.randint(5, 25) * 1000)
