"""Random but plausible houses: rooms on floors, and what stands in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from edge.core.home import Area, Floor, Voice
from tools.bench.household.truth import Value
from tools.bench.household.world import Device, World

_DIM, _PLAIN, _COLOR = ({"supported_color_modes": [mode]} for mode in ("brightness", "onoff", "hs"))
_OFF: Mapping[str, Value] = {"power": "off"}


@dataclass(frozen=True)
class _Thing:
    """One thing that may stand in a room."""

    chance: float
    domain: str
    names: Sequence[str]
    """The household takes one."""
    noun: str
    tag: str
    now: Mapping[str, Value] = field(default_factory=lambda: _OFF)
    fixed: Mapping[str, object] = field(default_factory=dict)
    several: float = 0.0
    """Chance that there are two: a left one and a right one."""


def _light(chance: float, names: Sequence[str], noun: str, tag: str, several: float = 0.0) -> _Thing:
    return _Thing(chance, "light", names, noun, tag, _OFF, {}, several)


def _player(chance: float, names: Sequence[str], tag: str) -> _Thing:
    now: dict[str, Value] = {
        "power": "off",
        "playing": False,
        "volume": 40.0,
        "muted": False,
        "media": "",
        "kind": "music",
    }
    return _Thing(chance, "media_player", names, names[0].lower(), tag, now, {"device_class": tag})


def _contact(chance: float, name: str, kind: str) -> _Thing:
    return _Thing(chance, "binary_sensor", (name,), name.lower(), kind, _OFF, {"device_class": kind})


def _sensor(chance: float, name: str, kind: str, unit: str, value: float) -> _Thing:
    fixed = {"device_class": kind, "unit_of_measurement": unit}
    return _Thing(chance, "sensor", (name,), name.lower(), kind, {"value": value}, fixed)


def _blinds(chance: float, several: float = 0.0) -> _Thing:
    return _Thing(
        chance, "cover", ("Blinds", "Curtains", "Shutters"), "blinds", "shade", {"position": 100.0}, {}, several
    )


def _heating(chance: float) -> _Thing:
    now: dict[str, Value] = {"power": "on", "mode": "heat", "temperature": 20.0, "current": 20.5}
    return _Thing(
        chance,
        "climate",
        ("Thermostat", "Heating", "Radiator"),
        "thermostat",
        "thermostat",
        now,
        {"min_temp": 7, "max_temp": 30},
    )


_COOL: Mapping[str, Value] = {"power": "off", "mode": "cool", "temperature": 22.0, "current": 21.0}
_COOLER = {"min_temp": 16, "max_temp": 30}
_GARAGE = {"device_class": "garage"}
_OVEN: Mapping[str, Value] = {"power": "off", "mode": "heat", "temperature": 180.0, "current": 22.0}
_CEILING = _light(1.0, ("Ceiling Light", "Main Light", "Light", "Big Light"), "light", "ceiling")
_TEMPERATURE = _sensor(0.35, "Temperature", "temperature", "°C", 20.5)
_HUMIDITY = _sensor(0.3, "Humidity", "humidity", "%", 48.0)
_MOTION = _Thing(0.35, "binary_sensor", ("Motion Sensor",), "motion sensor", "motion", _OFF, {"device_class": "motion"})
_WINDOW = _contact(0.45, "Window", "window")
_DOCKED: Mapping[str, Value] = {"running": False}
_RUNNING = {"device_class": "running"}


def _switch(chance: float, names: Sequence[str], noun: str, tag: str) -> _Thing:
    return _Thing(chance, "switch", names, noun, tag)


def _fan(chance: float, names: Sequence[str], tag: str = "fan") -> _Thing:
    return _Thing(chance, "fan", names, "fan", tag, {"power": "off", "speed": 50.0})


_ROOMS: Mapping[str, Sequence[_Thing]] = {
    "kitchen": (
        _CEILING,
        _light(0.7, ("Counter Light", "Worktop Light", "Cabinet Light"), "light", "task"),
        _switch(0.8, ("Coffee Maker", "Coffee Machine", "Espresso Machine"), "coffee maker", "coffee"),
        _switch(0.5, ("Kettle", "Tea Maker"), "kettle", "tea"),
        _Thing(0.75, "climate", ("Oven",), "oven", "oven", _OVEN, {"min_temp": 50, "max_temp": 250}),
        _Thing(0.5, "binary_sensor", ("Dishwasher",), "dishwasher", "washer", _OFF, _RUNNING),
        _player(0.5, ("Speaker", "Radio"), "speaker"),
        _fan(0.3, ("Extractor Fan",), "extractor"),
        _heating(0.25), _blinds(0.3), _WINDOW, _TEMPERATURE, _MOTION,
    ),
    "living": (
        _CEILING,
        _light(0.8, ("Floor Lamp", "Standing Lamp"), "lamp", "lamp"),
        _light(0.5, ("Reading Lamp", "Table Lamp", "Corner Lamp"), "lamp", "lamp"),
        _player(0.75, ("TV", "Television"), "tv"),
        _player(0.6, ("Speaker", "Stereo"), "speaker"),
        _fan(0.35, ("Ceiling Fan", "Fan")),
        _Thing(0.3, "climate", ("Air Conditioner", "AC"), "air conditioner", "cooler", _COOL, _COOLER),
        _heating(0.8), _blinds(0.7, 0.2), _WINDOW, _TEMPERATURE, _HUMIDITY, _MOTION,
    ),
    "bedroom": (
        _CEILING,
        _light(0.8, ("Bedside Lamp", "Night Lamp"), "lamp", "lamp", 0.35),
        _player(0.25, ("TV",), "tv"), _player(0.3, ("Speaker",), "speaker"),
        _fan(0.4, ("Fan",)), _heating(0.5), _blinds(0.6), _WINDOW, _TEMPERATURE, _MOTION,
        _Thing(0.15, "humidifier", ("Humidifier",), "humidifier", "humidifier"),
    ),
    "bathroom": (
        _CEILING, _light(0.4, ("Mirror Light",), "light", "task"), _fan(0.5, ("Fan", "Extractor Fan"), "extractor"),
        _switch(0.35, ("Towel Rail", "Heater"), "heater", "heater"), _sensor(0.5, "Humidity", "humidity", "%", 55.0),
        _WINDOW, _MOTION,
    ),
    "office": (
        _CEILING, _light(0.8, ("Desk Lamp", "Work Lamp"), "lamp", "lamp"), _player(0.3, ("Speaker",), "speaker"),
        _switch(0.4, ("Printer",), "printer", "printer"), _heating(0.35), _fan(0.2, ("Desk Fan", "Fan")), _blinds(0.4),
        _WINDOW, _TEMPERATURE,
    ),
    "hallway": (
        _CEILING, _Thing(0.9, "lock", ("Front Door",), "door", "front", {"locked": True}),
        _contact(0.4, "Entrance Door", "door"), _MOTION,
    ),
    "dining": (
        _CEILING, _light(0.5, ("Table Lamp", "Sideboard Lamp"), "lamp", "lamp"), _player(0.3, ("Speaker",), "speaker"),
        _blinds(0.3), _WINDOW,
    ),
    "garage": (
        _CEILING, _Thing(0.9, "cover", ("Garage Door",), "garage door", "garage", {"position": 0.0}, _GARAGE),
        _switch(0.4, ("Charger", "Car Charger"), "charger", "charger"), _MOTION,
    ),
    "garden": (
        _light(0.9, ("Patio Light", "Garden Light", "Porch Light"), "light", "ceiling"),
        _switch(0.4, ("Sprinkler", "Fountain"), "sprinkler", "sprinkler"),
        _Thing(0.5, "lock", ("Back Door", "Garden Gate"), "door", "back", {"locked": True}),
    ),
    "laundry": (
        _CEILING, _Thing(0.9, "binary_sensor", ("Washing Machine",), "washing machine", "washer", _OFF, _RUNNING),
        _Thing(0.5, "binary_sensor", ("Dryer",), "dryer", "washer", _OFF, _RUNNING),
    ),
}  # fmt: skip
_NAMES: Mapping[str, Sequence[str]] = {
    "kitchen": ("Kitchen", "Kitchen", "Kitchenette"),
    "living": ("Living Room", "Lounge", "Family Room", "Sitting Room"),
    "bedroom": ("Bedroom", "Guest Room", "Kids Room", "Nursery", "Loft"),
    "bathroom": ("Bathroom", "Shower Room", "Ensuite"),
    "office": ("Office", "Study", "Den"),
    "hallway": ("Hallway", "Entrance", "Hall"),
    "dining": ("Dining Room", "Breakfast Room"),
    "garage": ("Garage", "Carport"),
    "garden": ("Garden", "Backyard", "Patio"),
    "laundry": ("Laundry", "Utility Room", "Basement"),
}
_UPPER = frozenset(("bedroom", "bathroom", "office"))
_ORDER = (
    "living",
    "kitchen",
    "bedroom",
    "bathroom",
    "hallway",
    "office",
    "bedroom",
    "garden",
    "garage",
    "laundry",
    "dining",
    "bedroom",
    "bathroom",
)
"""What a house has first when it is small."""
NICKNAMES = (
    "big one",
    "moon",
    "old faithful",
    "glowy thing",
    "captain",
    "dust bunny",
    "sunny side",
    "giraffe",
    "cosy corner",
    "boss",
    "humming bird",
    "lucky star",
)
_SCENES = ("Movie Night", "Good Night", "Good Morning", "Dinner Time", "Party", "Relax", "Away")
PEOPLE = (
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Felix",
    "Grace",
    "Henry",
    "Ida",
    "Jack",
    "Kim",
    "Leo",
    "Maya",
    "Noah",
)


def build(rng: Random, size: int) -> tuple[World, tuple[str, ...]]:
    """A house of about `size` devices, and who lives there."""
    people = tuple(rng.sample(PEOPLE, rng.choice((1, 2, 2, 3, 4))))
    areas, floors, kinds = _rooms(rng, size)
    prefix = rng.choice((1.0, 0.8, 0.3))  # how often a device's name begins with its room
    devices: dict[str, Device] = {}
    for area in areas:
        for thing in _ROOMS[kinds[area.id]]:
            if rng.random() < thing.chance:
                _put(devices, thing, area, rng, prefix)
    _common(devices, areas, kinds, people, rng)
    _fit(devices, areas, size, rng)
    _call(devices, rng)
    where = rng.choice(("living", "living", "kitchen", "bedroom"))
    mic = next(a.id for a in areas if kinds[a.id] == where)
    return World(devices.values(), areas, floors, None if rng.random() < 0.05 else mic), people


def _rooms(rng: Random, size: int) -> tuple[tuple[Area, ...], tuple[Floor, ...], dict[str, str]]:
    wanted = list(_ORDER[: max(4, min(len(_ORDER), size // 6 + rng.choice((0, 1, 2))))])
    floors: tuple[Floor, ...] = ()
    if len(wanted) > 5 and rng.random() < 0.8:
        low, high = rng.choice(
            (("Ground Floor", "First Floor"), ("Downstairs", "Upstairs"), ("First Floor", "Second Floor"))
        )
        floors = (
            Floor(_slug(low), low, ("downstairs",) if low != "Downstairs" else ()),
            Floor(_slug(high), high, ("upstairs",) if high != "Upstairs" else ()),
        )
    areas: list[Area] = []
    kinds: dict[str, str] = {}
    for kind in wanted:
        free = [name for name in _NAMES[kind] if name not in {a.name for a in areas}]
        # The first bedroom is called Bedroom: whoever lives alone has no other word for it.
        name = free[0] if kind == "bedroom" and len(free) == len(_NAMES[kind]) else rng.choice(free)
        floor = floors[kind in _UPPER].id if floors and kind != "garden" else None
        areas.append(Area(_slug(name), name, floor))
        kinds[_slug(name)] = kind
    return tuple(areas), floors, kinds


def _put(devices: dict[str, Device], thing: _Thing, area: Area, rng: Random, prefix: float) -> None:
    name = rng.choice(thing.names)
    for side in ("Left ", "Right ") if rng.random() < thing.several else ("",):
        own = f"{side}{name}"
        if name in ("Front Door", "Back Door", "Garden Gate", "Garage Door", "Entrance Door"):
            full = own
        else:
            full = f"{area.name} {own}" if rng.random() < prefix or name in ("Light", "Window", "Fan") else own
        if "Garden" in area.name and name.startswith("Garden"):
            full = own
        _add(devices, thing, full, area.id, rng)


def _add(devices: dict[str, Device], thing: _Thing, name: str, room: str | None, rng: Random) -> Device:
    base = f"{thing.domain}.{_slug(name)}"
    key, count = base, 2
    while key in devices:
        key, count = f"{base}_{count}", count + 1
    fixed = dict(thing.fixed)
    now = dict(thing.now)
    if thing.domain == "light":
        chances = ((_COLOR, 0.4), (_DIM, 0.85)) if thing.tag == "lamp" else ((_COLOR, 0.15), (_DIM, 0.7))
        at = rng.random()
        fixed |= next((mode for mode, below in chances if at < below), _PLAIN)
        if fixed["supported_color_modes"] != ["onoff"]:
            now["brightness"] = float(rng.choice((60, 80, 100)))
        if fixed["supported_color_modes"] == ["hs"]:
            now["color"] = "white"
    if thing.tag == "shade":
        kind = "curtain" if "Curtains" in name else "shutter" if "Shutters" in name else "blind"
        fixed["device_class"] = kind
    if "current" in now and thing.tag != "oven":
        now["current"] = round(rng.uniform(18, 23) * 2) / 2
    if thing.tag == "temperature":
        now["value"] = round(rng.uniform(18, 23), 1)
    noun = name.rpartition(" ")[2].lower() if thing.tag == "shade" else thing.noun
    guarded = thing.domain == "lock" or thing.tag in ("garage", "oven")
    device = Device(key, name, noun, thing.tag, room, now, fixed, voice=Voice.CONFIRM if guarded else Voice.ALLOWED)
    devices[key] = device
    return device


def _common(
    devices: dict[str, Device], areas: Sequence[Area], kinds: Mapping[str, str], people: Sequence[str], rng: Random
) -> None:
    """What belongs to no room, or to the house."""
    bedroom = next(a.id for a in areas if kinds[a.id] == "bedroom")
    hall = next((a.id for a in areas if kinds[a.id] == "hallway"), areas[0].id)
    if rng.random() < 0.85:
        _add(devices, _switch(1, (), "alarm", "alarm"), "Alarm Clock", bedroom, rng)
    if rng.random() < 0.55:
        _add(devices, _Thing(1, "vacuum", (), "vacuum", "vacuum", _DOCKED), "Robot Vacuum", hall, rng)
    if rng.random() < 0.7:
        _add(devices, _Thing(1, "todo", (), "list", "list", {"value": 3.0}), "Shopping List", None, rng)
    if rng.random() < 0.5:
        owners = [d for d in devices.values() if d.domain in ("lock", "binary_sensor") and d.tag != "washer"]
        for owner in rng.sample(owners, min(len(owners), 3)):
            _battery(devices, owner, rng)
    for name in rng.sample(_SCENES, rng.randint(2, len(_SCENES))):
        _add(devices, _Thing(1, "scene", (), "scene", "scene", {}), name, None, rng)
    for name in people:
        _add(devices, _Thing(1, "device_tracker", (), "person", "person", {"value": "home"}), name, None, rng)
    _add(devices, _Thing(1, "sun", (), "sun", "sun", {"value": "below_horizon"}), "Sun", None, rng)
    if rng.random() < 0.6:
        outside = next((a.id for a in areas if kinds[a.id] == "garden"), None)
        _add(devices, _sensor(1, "", "temperature", "°C", 9.0), "Outdoor Temperature", outside, rng)


def _fit(devices: dict[str, Device], areas: Sequence[Area], size: int, rng: Random) -> None:
    """Bring the house to its size: batteries, plugs and spots more, or sensors fewer."""
    spare = [d.id for d in devices.values() if d.domain in ("binary_sensor", "sensor") and d.tag != "washer"]
    while len(devices) > size and spare:
        del devices[spare.pop(rng.randrange(len(spare)))]
    plug, spot = _switch(1, (), "plug", "plug"), _light(1, (), "light", "spot")
    owners = [
        d
        for d in devices.values()
        if d.domain in ("lock", "binary_sensor") and d.tag in ("front", "back", "window", "motion")
    ]
    for count in range(1, size):
        if len(devices) >= size:
            return
        if owners and rng.random() < 0.5:
            owner = owners.pop(rng.randrange(len(owners)))
            if f"sensor.{_slug(owner.name)}_battery" not in devices:
                _battery(devices, owner, rng)
            continue
        area = areas[rng.randrange(len(areas))]
        made_thing, word = rng.choice(((plug, "Plug"), (plug, "Socket"), (spot, "Spot")))
        _add(devices, made_thing, f"{area.name} {word} {count}", area.id, rng)


def _battery(devices: dict[str, Device], owner: Device, rng: Random) -> None:
    thing = _sensor(1, "", "battery", "%", 80.0)
    made = _add(devices, thing, f"{owner.name} Battery", owner.room, rng)
    made.now["value"] = float(rng.choice((4, 9, 35, 60, 75, 88, 97, 100)))


def _call(devices: dict[str, Device], rng: Random) -> None:
    """What the household calls some of its things, as it has told the hub."""
    named = [d for d in devices.values() if d.domain in ("light", "fan", "media_player", "vacuum") and d.tag != "spot"]
    for device, slang in zip(rng.sample(named, min(len(named), 2)), rng.sample(NICKNAMES, 2), strict=False):
        device.aliases = (slang.title(),)


def _slug(name: str) -> str:
    return "_".join(name.lower().split())
