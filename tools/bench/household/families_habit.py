"""Requests that only habits, sensors or the hour explain; and the routines that show the habits."""

from collections.abc import Callable

from tools.bench.household.moment import Ask, Do, Habit, Moment, Script, family
from tools.bench.household.truth import Acceptable, Acts, Asks, Between
from tools.bench.household.world import Device

STATIONS = (
    "jazz radio",
    "classic hour",
    "radio nova",
    "the beatles",
    "piano evening",
    "rock antenna",
    "summer hits",
    "fado nights",
)


def draw_habits(m: Moment) -> dict[str, Habit]:
    """What this household is used to; every one only of some."""
    found: dict[str, Habit] = {}

    def keep(what: str, device: Device | None, chance: float, **facts: str | float | bool) -> None:
        if device is not None and m.rng.random() < chance:
            found[what] = Habit(what, device.id, tuple(sorted(facts.items())))

    alarm = m.world.find("switch", tag="alarm")
    keep("coffee", m.pick(m.world.find("switch", tag="coffee")) if alarm else None, 0.7, power="on")
    here = m.world.find("media_player", tag="speaker", room=m.mic) if m.mic else []
    player = m.pick(here or m.world.find("media_player", tag="speaker"))
    keep("music", player, 0.8, playing=True, media=m.rng.choice(STATIONS), kind="music")
    lamps = m.world.find("light", noun="lamp", room=m.mic) if m.mic else []
    keep("lamp", m.pick(lamps) if len(lamps) > 1 else None, 0.6, power="on")
    keep("comfort", m.heating(m.mic), 0.7, temperature=float(m.rng.randint(20, 23)))
    rivals = bool(_scene(m, "Relax"))  # words for it would mean that
    keep(
        "cosy",
        m.pick([d for d in m.lights(m.mic) if d.dims]),
        0.0 if rivals else 0.9,
        brightness=float(m.rng.choice((15, 20, 25, 30))),
    )
    keep("arrival", m.pick(m.world.find("light")), 0.6, power="on")
    return found


def _habitual(m: Moment, habit: Habit, key: str, otherwise: tuple[Acceptable, ...]) -> Script:
    """What is usual, once it could be seen three times; before that, whatever is reasonable."""
    device = m.world.devices[habit.device]
    usual = m.acts((device, dict(habit.facts)))
    yield Ask(m.plain(key), (usual,) if habit.known else (usual, *otherwise))
    habit.seen += 1


def _show(m: Moment, habit: Habit, wait_s: float = 60.0) -> Script:
    """The habit, lived: by hand, or asked for so plainly that nobody can miss it."""
    device = m.world.devices[habit.device]
    facts = dict(habit.facts)
    plain: dict[str, Callable[[], str]] = {
        "power": lambda: m.say("on", x=m.the(device)),
        "temperature": lambda: m.say("temp_set", x=m.the(device), v=facts["temperature"]),
        "brightness": lambda: m.say("dim_to", x=m.the(device), v=facts["brightness"]),
    }
    says = next((plain[name] for name in facts if name in plain), None)
    if device.is_so(habit.facts):
        return
    if says is not None and m.rng.random() < 0.5:
        yield Ask(says(), (m.acts((device, facts)),), int(wait_s * 1000))
    else:
        yield Do(device.id, habit.facts, int(wait_s * 1000))
    habit.seen += 1


def brewers(m: Moment) -> list[Device]:
    """What can be said to brew."""
    return m.world.find("switch", tag="coffee") + m.world.find("switch", tag="tea")


# Routines: what happens every day, with or without a word


def morning(m: Moment) -> Script:
    """Alarm, coffee, blinds, lights."""
    for clock in m.world.find("switch", tag="alarm"):
        yield m.do(clock, 0, power="on")
        yield m.do(clock, 40, power="off")
    if habit := m.habits.get("coffee"):
        device = m.world.devices[habit.device]
        if device.on:
            yield m.do(device, 5, power="off")
        if habit.seen >= 2 and m.rng.random() < 0.6:
            first = next(_habitual(m, habit, "brew", (Asks(tuple(d.id for d in brewers(m))),)))
            assert isinstance(first, Ask)
            yield Ask(first.text, first.accept, m.rng.randint(3, 15) * 60_000)
            habit.seen += 1
        else:
            yield from _show(m, habit, m.rng.uniform(120, 900))
        yield m.do(device, 2400, power="off")
    for shade in m.world.find("cover", tag="shade"):
        if m.rng.random() < 0.7:
            yield m.do(shade, 30, position=100.0)
    for light in m.world.find("light"):
        if light.on and m.rng.random() < 0.8:
            yield m.do(light, 10, power="off")


def leaving(m: Moment) -> Script:
    """The people of the house go out, and leave a few things on."""
    for person in m.world.find("device_tracker"):
        yield m.do(person, 60, value="not_home")
    for device in m.world.find("light", "media_player", "fan"):
        if device.on and m.rng.random() < 0.85:
            yield m.do(device, 5, power="off")
    for door in m.world.find("lock"):
        yield m.do(door, 10, locked=True)


def arriving(m: Moment) -> Script:
    """They come back; the usual is done, by hand or by a word for it."""
    for person in m.world.find("device_tracker"):
        yield m.do(person, 30, value="home")
    if habit := m.habits.get("arrival"):
        device = m.world.devices[habit.device]
        if device.on:
            yield m.do(device, 5, power="off")
        if habit.known and m.rng.random() < 0.6:
            yield from _habitual(m, habit, "usual", ())
        else:
            yield from _show(m, habit, 45)


def evening(m: Moment) -> Script:
    """Dusk: blinds down, lights on, the habits of the evening."""
    for shade in m.world.find("cover", tag="shade"):
        if m.rng.random() < 0.5:
            yield m.do(shade, 20, position=0.0)
    for light in m.lights(m.mic):
        if m.rng.random() < 0.4 and (light.noun != "lamp" or "lamp" not in m.habits):
            yield m.do(light, 15, power="on")
    for what in ("comfort", "music", "lamp", "cosy"):
        if (habit := m.habits.get(what)) and m.rng.random() < 0.85:
            yield from _show(m, habit, m.rng.uniform(60, 600))


def night(m: Moment) -> Script:
    """Bed: most things off, what plays included."""
    for device in m.world.find("light", "media_player", "fan"):
        if device.on and m.rng.random() < 0.9:
            yield m.do(device, 20, power="off")
    for heating in m.world.find("climate", tag="thermostat"):
        yield m.do(heating, 5, temperature=float(m.rng.choice((15, 16, 17, 18))))
    for oven in m.world.find("climate", tag="oven"):
        yield m.do(oven, 5, power="off")


# Habits, asked for in a word


@family("context", 2, hours=(10.5, 22))
def brewing_at_odd_hours(m: Moment) -> Script:
    """Coffee after the alarm says nothing of the afternoon: the hub asks; whoever has the habit may be served."""
    able = brewers(m)
    if able:
        habit = m.habits.get("coffee")
        either: list[Acceptable] = [Asks(tuple(d.id for d in able))]
        if habit:
            either.append(m.power([m.world.devices[habit.device]], "on"))
        yield Ask(m.plain("brew"), tuple(either))


@family("context", 4, hours=(16, 24))
def play_the_usual_music(m: Moment) -> Script:
    """Music is what this household plays."""
    if habit := m.habits.get("music"):
        players = m.world.find("media_player")
        for player in players:
            if player.on:
                yield m.do(player, 20, power="off")
        loose = tuple(m.acts((p, {"playing": True})) for p in players)
        for step in _habitual(m, habit, "play_music", (*loose, Asks(tuple(p.id for p in players)))):
            yield _later(step, 600_000)


def _later(step: Ask | Do, wait_ms: int) -> Ask | Do:
    return Ask(step.text, step.accept, wait_ms) if isinstance(step, Ask) else step


@family("context", 3, hours=(19, 24))
def the_usual_lamp(m: Moment) -> Script:
    """Two lamps are off; in the evening it is always the same."""
    if habit := m.habits.get("lamp"):
        lamps = m.world.find("light", noun="lamp", room=m.mic)
        for lamp in lamps:
            if lamp.on:
                yield m.do(lamp, 20, power="off")
        either: tuple[Acceptable, ...] = (Asks(tuple(d.id for d in lamps)), *(m.power([d], "on") for d in lamps))
        device = m.world.devices[habit.device]
        usual = m.power([device], "on")
        yield Ask(m.say("kind_on", n="lamp"), (usual,) if habit.known else (usual, *either), 900_000)
        habit.seen += 1


@family("context", 1)
def which_lamp(m: Moment) -> Script:
    """Two lamps are off, and nothing tells which: the hub asks."""
    lamps = m.world.find("light", noun="lamp", room=m.mic) if m.mic else []
    if len(lamps) > 1 and "lamp" not in m.habits:
        for lamp in lamps:
            if lamp.on:
                yield m.do(lamp, 20, power="off")
        intended = m.pick(lamps)
        assert intended is not None
        yield Ask(m.say("kind_on", n="lamp"), (Asks(tuple(d.id for d in lamps)),), 1_800_000)


@family("context", 3, hours=(17, 22))
def the_usual_temperature(m: Moment) -> Script:
    """What is set every evening."""
    if habit := m.habits.get("comfort"):
        device = m.world.devices[habit.device]
        if device.is_so(habit.facts):
            yield m.do(device, 300, temperature=17.0)
        any_value = m.acts((device, {"temperature": Between(19, 24)}))
        yield from _habitual(m, habit, "usual_temp", (any_value, Asks()))


@family("context", 3, hours=(18, 24))
def the_usual_light(m: Moment) -> Script:
    """How bright the lamp is for a film, here."""
    if habit := m.habits.get("cosy"):
        device = m.world.devices[habit.device]
        if device.is_so(habit.facts):
            yield m.do(device, 300, power="on", brightness=90.0)
        dim = m.acts((device, {"brightness": Between(5, 50)}))
        yield from _habitual(m, habit, "cosy", (dim, Asks()))


# The hour, and what the house can see


def _scene(m: Moment, name: str) -> list[Device]:
    return [d for d in m.world.find("scene") if d.name == name]


def _said_scene(m: Moment, name: str, key: str) -> Script:
    if found := _scene(m, name):
        yield Ask(m.plain(key), (m.acts((found[0], {"activated": True})),))


@family("context", 2, hours=(21.5, 24))
def going_to_bed(m: Moment) -> Script:
    """There is a scene for it."""
    yield from _said_scene(m, "Good Night", "bedtime")


@family("context", 2, hours=(5.5, 9))
def getting_up(m: Moment) -> Script:
    """The same for the morning."""
    yield from _said_scene(m, "Good Morning", "morning")


@family("context", 1, hours=(7, 20))
def going_out(m: Moment) -> Script:
    """The same for leaving."""
    yield from _said_scene(m, "Away", "leaving")


@family("context", 2, hours=(18, 24))
def film_begins(m: Moment) -> Script:
    """The same for a film."""
    yield from _said_scene(m, "Movie Night", "film_time")


@family("context", 3)
def lights_as_needed(m: Moment) -> Script:
    """On when all are off, off when all are on."""
    if lights := m.lights(m.mic):
        lit = lights[0].on
        for light in lights:
            yield m.do(light, 20, power="on" if lit else "off")
        yield Ask(m.plain("lights_here"), (m.power(lights, "off" if lit else "on"),), 900_000)


@family("context", 2, hours=(6, 22))
def blinds_as_needed(m: Moment) -> Script:
    """Open in the morning, when they are closed; closed in the evening, when they are open."""
    shades = m.world.find("cover", tag="shade", room=m.mic) if m.mic else []
    early = m.hour < 12
    if shades and (early or m.hour > 17):
        for shade in shades:
            yield m.do(shade, 30, position=0.0 if early else 100.0)
        text = m.plain("blinds_here", n=shades[0].noun)
        yield Ask(text, (m.each(shades, {"position": 100.0 if early else 0.0}),), 3_600_000)


@family("context", 3, hours=(17, 24))
def dark_in_here(m: Moment) -> Script:
    """A complaint that only light answers."""
    lights = m.lights(m.mic)
    if lights and m.dark:
        for light in lights:
            if light.on:
                yield m.do(light, 10, power="off")
        yield Ask(m.plain("dark"), (m.power(lights, "on"), *(m.power([d], "on") for d in lights)), 300_000)


@family("context", 2)
def cold_in_here(m: Moment) -> Script:
    """The heating of this room."""
    if heating := m.heating(m.mic):
        now = heating.number("temperature")
        yield Ask(m.plain("cold"), (m.acts((heating, {"temperature": Between(now + 0.5, now + 4)})),))


@family("context", 2)
def hot_in_here(m: Moment) -> Script:
    """Whatever cools this room: fan, air conditioner, less heating."""
    if m.mic is None:
        return
    fans, coolers = m.world.find("fan", room=m.mic), m.world.find("climate", tag="cooler", room=m.mic)
    ways: list[Acts] = [m.power([d], "on") for d in fans + coolers if not d.on]
    for device in m.world.find("climate", room=m.mic):
        if device.tag != "oven" and device.on:
            now = device.number("temperature")
            ways.append(m.acts((device, {"temperature": Between(now - 4, now - 0.5)})))
    if ways:
        yield Ask(m.plain("hot"), tuple(ways))


@family("context", 2)
def steam(m: Moment) -> Script:
    """One room of the house is damp, and it has an extractor."""
    damp = [d for d in m.world.find("sensor", tag="humidity") if m.world.find("fan", tag="extractor", room=d.room)]
    if sensor := m.pick(damp):
        fan = m.world.find("fan", tag="extractor", room=sensor.room)[0]
        for other in m.world.find("sensor", tag="humidity"):
            yield m.do(other, 10, value=86.0 if other is sensor else 47.0)
        yield m.do(fan, 10, power="off")
        yield Ask(m.plain("damp"), (m.power([fan], "on"),), 120_000)


@family("context", 2, hours=(16, 24))
def lights_of_empty_rooms(m: Moment) -> Script:
    """Motion sensors tell where nobody is; of rooms without one nothing is known."""
    watched = [d for d in m.world.find("binary_sensor", tag="motion") if m.lights(d.room)]
    if len(watched) < 2:
        return
    for sensor in watched:
        there = sensor.room == m.mic or m.rng.random() < 0.4
        yield m.do(sensor, 20, power="on" if there else "off")
        yield m.do(m.lights(sensor.room)[0], 5, power="on")
    by_room: dict[str | None, bool] = {}
    for sensor in watched:
        by_room[sensor.room] = by_room.get(sensor.room, False) or sensor.on
    empty = [d for room, there in by_room.items() if not there for d in m.lights(room)]
    if empty and any(d.on for d in empty):
        yield Ask(m.say("empty_rooms"), (m.power(empty, "off"),), 600_000)
