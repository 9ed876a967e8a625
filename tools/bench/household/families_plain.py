"""Requests that mean one thing whatever the state of the home: most of what is asked of one."""

from tools.bench.household.moment import Ask, Moment, Script, family
from tools.bench.household.truth import Between, Says
from tools.bench.household.world import Device

_COLORS = ("red", "blue", "green", "yellow", "orange", "purple", "white", "pink")
ITEMS = (
    "milk",
    "bread",
    "eggs",
    "apples",
    "butter",
    "coffee",
    "toilet paper",
    "olive oil",
    "dog food",
    "tomatoes",
    "batteries",
    "rice",
)


def color(moment: Moment) -> str:
    """Some colour."""
    return moment.rng.choice(_COLORS)


def percent(moment: Moment) -> float:
    """Some share, as people name it."""
    return float(moment.rng.choice((10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90)))


def _switchable(moment: Moment, state: str) -> Device | None:
    kinds = moment.world.find("light", "switch", "fan", "media_player", "humidifier")
    fitting = [d for d in kinds if (d.on is (state == "on"))]
    if moment.rng.random() < 0.6:
        fitting = [d for d in fitting if d.domain == "light"] or fitting
    return moment.pick(fitting)


@family("plain", 12)
def turn_on(m: Moment) -> Script:
    """A device that is off, by its name."""
    if device := _switchable(m, "off"):
        yield Ask(m.say("on", x=m.the(device)), (m.power([device], "on"),))


@family("plain", 12)
def turn_off(m: Moment) -> Script:
    """A device that is on, by its name."""
    if device := _switchable(m, "on") or m.pick(m.world.find("light", "switch", "fan")):
        yield Ask(m.say("off", x=m.the(device)), (m.power([device], "off"),))


@family("plain", 7)
def lights_of_room_on(m: Moment) -> Script:
    """All lights of a room that is named."""
    if rooms := m.rooms("light"):
        room = m.rng.choice(rooms)
        yield Ask(m.say("lights_room_on", room=m.room(room), bare=m.bare(room)), (m.power(m.lights(room), "on"),))


@family("plain", 8)
def lights_of_room_off(m: Moment) -> Script:
    """The same, off."""
    if rooms := m.rooms("light"):
        lit = [r for r in rooms if any(d.on for d in m.lights(r))]
        room = m.rng.choice(lit or rooms)
        yield Ask(m.say("lights_room_off", room=m.room(room), bare=m.bare(room)), (m.power(m.lights(room), "off"),))


@family("plain", 8)
def lights_here(m: Moment) -> Script:
    """The lights, without a room: those of the room where it is said."""
    if lights := m.lights(m.mic):
        state = "off" if lights[0].on else "on"
        yield Ask(m.say(f"lights_here_{state}"), (m.power(lights, state),))


@family("plain", 5)
def dim_to(m: Moment) -> Script:
    """A lamp to a level."""
    if device := m.pick([d for d in m.world.find("light") if d.dims]):
        level = percent(m)
        yield Ask(m.say("dim_to", x=m.the(device), v=level), (m.acts((device, {"brightness": level})),))


@family("plain", 3)
def light_color(m: Moment) -> Script:
    """A lamp to a colour."""
    if device := m.pick([d for d in m.world.find("light") if d.colored]):
        wanted = color(m)
        yield Ask(m.say("color", x=m.the(device), c=wanted), (m.acts((device, {"color": wanted})),))


@family("plain", 4)
def cover_open(m: Moment) -> Script:
    """Blinds, curtains or shutters up."""
    if device := m.pick(m.world.find("cover", tag="shade")):
        yield Ask(m.say("open", x=m.the(device)), (m.acts((device, {"position": 100.0})),))


@family("plain", 4)
def cover_close(m: Moment) -> Script:
    """Down; a garage door too: what makes the house safer needs no yes."""
    if device := m.pick(m.world.find("cover")):
        yield Ask(m.say("close", x=m.the(device)), (m.acts((device, {"position": 0.0})),))


@family("plain", 2)
def cover_position(m: Moment) -> Script:
    """Part of the way."""
    if device := m.pick(m.world.find("cover", tag="shade")):
        level = percent(m)
        yield Ask(m.say("position", x=m.the(device), v=level), (m.acts((device, {"position": level})),))


@family("plain", 3)
def lock(m: Moment) -> Script:
    """A door that is named."""
    if device := m.pick(m.world.find("lock")):
        yield Ask(m.say("lock", x=m.the(device)), (m.acts((device, {"locked": True})),))


@family("plain", 4)
def temperature_of_room(m: Moment) -> Script:
    """The temperature of a room that has one thermostat."""
    if device := m.pick([d for d in m.world.find("climate", tag="thermostat") if m.heating(d.room) is d]):
        wanted = float(m.rng.randint(17, 24))
        yield Ask(m.say("temp_room", room=m.room(device.room), v=wanted), (m.acts((device, {"temperature": wanted})),))


@family("plain", 2)
def temperature_by_name(m: Moment) -> Script:
    """A thermostat by its name."""
    if device := m.pick(m.world.find("climate", tag="thermostat")):
        wanted = float(m.rng.randint(17, 24))
        yield Ask(m.say("temp_set", x=m.the(device), v=wanted), (m.acts((device, {"temperature": wanted})),))


@family("plain", 2)
def fan_speed(m: Moment) -> Script:
    """A fan to a speed."""
    if device := m.pick(m.world.find("fan")):
        speed = percent(m)
        yield Ask(m.say("speed", x=m.the(device), v=speed), (m.acts((device, {"speed": speed})),))


@family("plain", 3)
def volume(m: Moment) -> Script:
    """A player to a volume."""
    if device := m.pick(m.world.find("media_player")):
        level = percent(m)
        yield Ask(m.say("volume", x=m.the(device), v=level), (m.acts((device, {"volume": level})),))


@family("plain", 2)
def player_by_name(m: Moment) -> Script:
    """Pause, go on, skip, mute, on a player that is named."""
    player = m.pick(m.world.find("media_player"))
    if player is None:
        return
    if not player.playing:
        yield m.do(player, playing=True, media=m.title(player), kind="music")
    ways: tuple[tuple[str, dict[str, bool | float]], ...] = (
        ("pause_x", {"playing": False}),
        ("next_x", {"skip": 1.0}),
        ("mute_x", {"muted": True}),
    )
    key, facts = m.rng.choice(ways)
    yield Ask(m.say(key, x=m.the(player)), (m.acts((player, facts)),), 60_000)
    if key == "pause_x":
        yield Ask(m.say("resume_x", x=m.the(player)), (m.acts((player, {"playing": True})),), 300_000)


@family("plain", 2)
def vacuum(m: Moment) -> Script:
    """Out, and home again."""
    if device := m.pick(m.world.find("vacuum")):
        running = device.now.get("running") is True
        key = "vacuum_dock" if running else "vacuum_start"
        yield Ask(m.say(key, x=m.the(device)), (m.acts((device, {"running": not running})),))


@family("plain", 4)
def scene(m: Moment) -> Script:
    """A scene by its name."""
    if device := m.pick(m.world.find("scene")):
        yield Ask(m.say("scene", x=m.the(device)), (m.acts((device, {"activated": True})),))


@family("plain", 4)
def shopping(m: Moment) -> Script:
    """Onto the list."""
    if device := m.pick(m.world.find("todo")):
        item = m.rng.choice(ITEMS)
        yield Ask(m.say("list_add", item=item), (m.acts((device, {"added": item})),))


@family("plain", 4)
def timer(m: Moment) -> Script:
    """A timer of some minutes."""
    minutes = m.rng.choice((1, 3, 5, 8, 10, 12, 15, 20, 30, 45))
    yield Ask(m.say("timer", n=minutes), (Says("timer", minutes * 60),))


@family("plain", 2)
def timer_later(m: Moment) -> Script:
    """A timer, and then a question about it, or its end."""
    minutes = m.rng.choice((10, 15, 20, 30))
    yield Ask(m.say("timer", n=minutes), (Says("timer", minutes * 60),))
    yield Ask(m.say(m.rng.choice(("timer_left", "timer_stop"))), (Says("timer"),), m.rng.randint(60, 400) * 1000)


@family("plain", 2)
def alarm(m: Moment) -> Script:
    """To be woken."""
    yield Ask(m.say("alarm_set", n=m.rng.choice((5, 6, 7, 8, 9))), (Says("alarm"),))


@family("plain", 3)
def clock(m: Moment) -> Script:
    """The time."""
    yield Ask(m.say("time"), (Says("time"),))


@family("plain", 1)
def calendar(m: Moment) -> Script:
    """The date."""
    yield Ask(m.say("date"), (Says("date"),))


@family("plain", 4)
def is_on(m: Moment) -> Script:
    """Whether a device is on."""
    if device := m.pick(m.world.find("light", "switch", "fan")):
        yield Ask(m.say("is_on", x=m.the(device)), (m.which([device], lambda d: d.on),))


@family("plain", 3)
def is_locked(m: Moment) -> Script:
    """Whether a door is locked."""
    if device := m.pick(m.world.find("lock")):
        yield Ask(m.say("is_locked", x=m.the(device)), (m.which([device], lambda d: d.now["locked"] is True),))


@family("plain", 3)
def is_open(m: Moment) -> Script:
    """Whether a window or a cover is open."""
    if device := m.pick(m.world.find("binary_sensor", tag="window") + m.world.find("cover")):
        yield Ask(m.say("is_open", x=m.the(device)), (m.which([device], is_opened),))


def is_opened(device: Device) -> bool:
    """Whether it stands open."""
    return device.on if device.domain == "binary_sensor" else device.number("position") > 0


@family("plain", 4)
def temperature_in(m: Moment) -> Script:
    """The temperature of a room that is named."""
    rooms = [a.id for a in m.world.areas if m.thermometers(a.id)]
    if rooms:
        room = m.rng.choice(rooms)
        yield Ask(m.say("temp_ask", room=m.room(room)), (m.value(m.thermometers(room)),))


@family("plain", 1)
def humidity_in(m: Moment) -> Script:
    """The humidity of a room that is named."""
    if device := m.pick(m.world.find("sensor", tag="humidity")):
        yield Ask(m.say("humid_ask", room=m.room(device.room)), (m.value([device]),))


@family("plain", 1)
def battery_of(m: Moment) -> Script:
    """One battery."""
    if device := m.pick(m.world.find("sensor", tag="battery")):
        owner = device.name.lower().removesuffix(" battery")
        if [d.name for d in m.world.devices.values()].count(device.name) == 1:
            yield Ask(m.say("battery_ask", x=f"the {owner}"), (m.value([device]),))


@family("plain", 1)
def brightness_of(m: Moment) -> Script:
    """How bright a lamp is."""
    if device := m.pick([d for d in m.world.find("light") if d.dims and d.on]):
        yield Ask(m.say("bright_ask", x=m.the(device)), (m.value([device]),))


@family("plain", 2)
def which_lights_on(m: Moment) -> Script:
    """Which lights of the house are on."""
    if lights := m.world.find("light"):
        yield Ask(m.say("which_on"), (m.which(lights, lambda d: d.on),))


@family("plain", 2)
def lights_on_in(m: Moment) -> Script:
    """Which lights of a room are on."""
    if rooms := m.rooms("light"):
        room = m.rng.choice(rooms)
        yield Ask(m.say("which_on_room", room=m.room(room)), (m.which(m.lights(room), lambda d: d.on),))


@family("plain", 2)
def windows_open(m: Moment) -> Script:
    """Which windows are open."""
    if windows := m.world.find("binary_sensor", tag="window"):
        yield Ask(m.say("any_open"), (m.which(windows, lambda d: d.on), m.which(windows, lambda d: not d.on)))


@family("plain", 3)
def brighter(m: Moment) -> Script:
    """A lamp that is named, a bit brighter."""
    if device := m.pick([d for d in m.world.find("light") if d.dims and d.on and d.number("brightness") < 80]):
        level = Between(device.number("brightness") + 1, 100)
        yield Ask(m.say("brighter", x=m.the(device)), (m.acts((device, {"brightness": level})),))


@family("plain", 3)
def darker(m: Moment) -> Script:
    """A bit darker."""
    if device := m.pick([d for d in m.world.find("light") if d.dims and d.on and d.number("brightness") > 20]):
        level = Between(1, device.number("brightness") - 1)
        yield Ask(m.say("darker", x=m.the(device)), (m.acts((device, {"brightness": level})),))


@family("plain", 2)
def louder(m: Moment) -> Script:
    """A player that is named, louder or quieter."""
    if device := m.pick([d for d in m.world.find("media_player") if d.on]):
        now = device.number("volume")
        up = m.rng.random() < 0.5
        wanted = Between(now + 1, 100) if up else Between(0, now - 1)
        yield Ask(m.say("louder" if up else "quieter", x=m.the(device)), (m.acts((device, {"volume": wanted})),))


@family("plain", 2)
def warmer(m: Moment) -> Script:
    """A room some degrees warmer or cooler."""
    if device := m.pick([d for d in m.world.find("climate", tag="thermostat") if m.heating(d.room) is d and d.on]):
        by, up = float(m.rng.choice((2, 3))), m.rng.random() < 0.5
        text = m.say("warmer" if up else "cooler", room=m.room(device.room), v=by)
        now, sign = device.number("temperature"), 1 if up else -1
        told = "degrees" in text
        ends = sorted((now + sign * by, now + sign * by) if told else (now + sign * 0.5, now + sign * 4))
        yield Ask(text, (m.acts((device, {"temperature": Between(ends[0], ends[1])})),))
