"""The devices of a simulated house and what they are like now, as facts; what the hub would see of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from edge.core.home import Area, Entity, Floor, HomeState, Voice
from tools.bench.household.truth import Between, Facts, Value, meets

MOMENTARY = frozenset(("skip", "activated", "pressed", "added", "completed", "removed", "stopped"))
"""What is done and leaves no state behind."""


@dataclass
class Device:
    """One thing in the house, and what it is like."""

    id: str
    """Entity id."""
    name: str
    noun: str
    """What people call its kind: lamp, light, fan, blinds."""
    tag: str
    """What it is for: ceiling, lamp, tv, speaker, oven, coffee."""
    room: str | None
    """Id of its room."""
    now: dict[str, Value]
    """Facts that hold now, named as in `truth`."""
    fixed: Mapping[str, object] = field(default_factory=dict)
    """Attributes that never change: device class, unit, what a lamp can do."""
    aliases: tuple[str, ...] = ()
    changed_ms: int = 0
    voice: Voice = Voice.ALLOWED

    @property
    def domain(self) -> str:
        """First half of the entity id."""
        return self.id.partition(".")[0]

    @property
    def on(self) -> bool:
        """Whether it is on, or playing."""
        return self.now.get("power") == "on"

    @property
    def playing(self) -> bool:
        """Whether a player plays."""
        return self.now.get("playing") is True

    @property
    def colored(self) -> bool:
        """Whether a lamp has colours."""
        return "hs" in self.modes

    @property
    def dims(self) -> bool:
        """Whether a lamp can be dimmed."""
        return self.domain == "light" and self.modes != ("onoff",)

    @property
    def modes(self) -> tuple[str, ...]:
        """Colour modes of a lamp."""
        modes = self.fixed.get("supported_color_modes")
        return tuple(modes) if isinstance(modes, list) else ()

    def number(self, name: str) -> float:
        """A fact that is a number; 0 where there is none."""
        value = self.now.get(name)
        return float(value) if isinstance(value, int | float) else 0.0

    def is_so(self, facts: Facts) -> bool:
        """Whether the facts hold already."""
        return all(meets(fact, self.now.get(name)) for name, fact in facts)


class World:
    """The house, changing. Snapshots are the same object for as long as nothing changes."""

    def __init__(
        self, devices: Iterable[Device], areas: tuple[Area, ...], floors: tuple[Floor, ...], mic: str | None
    ) -> None:
        self.devices = {device.id: device for device in sorted(devices, key=lambda d: d.id)}
        self.areas, self.floors, self.mic = areas, floors, mic
        self._entities: dict[str, Entity] = {}
        self._home: HomeState | None = None

    def home(self, at_ms: int) -> HomeState:
        """The snapshot; `taken_ms` is when it was first taken since the last change."""
        if self._home is None:
            for device in self.devices.values():
                if device.id not in self._entities:
                    self._entities[device.id] = entity(device)
            ordered = [self._entities[key] for key in self.devices]
            self._home = HomeState.of(ordered, self.areas, self.floors, self.mic, at_ms)
        return self._home

    def set(self, device_id: str, at_ms: int, facts: Mapping[str, object]) -> bool:
        """Make the facts hold, a range by its middle; whether anything has changed."""
        device = self.devices[device_id]
        before = _state(device)
        now = dict(device.now)
        for name, fact in facts.items():
            if name in MOMENTARY:
                continue
            value = (fact.low + fact.high) / 2 if isinstance(fact, Between) else fact
            assert isinstance(value, str | int | float)
            now[name] = value
        _follow(device, facts, now)
        momentary = not MOMENTARY.isdisjoint(facts) and device.domain in ("scene", "button")
        if now == device.now and not momentary:
            return False
        device.now = now
        if _state(device) != before or momentary:
            device.changed_ms = at_ms
        self._entities.pop(device_id, None)
        self._home = None
        return True

    def find(
        self,
        *domains: str,
        tag: str | None = None,
        room: str | None = None,
        floor: str | None = None,
        noun: str | None = None,
    ) -> list[Device]:
        """Devices of these domains (any, if none is given), in the order of their ids."""
        rooms = {area.id for area in self.areas if area.floor == floor} if floor else None
        return [
            device
            for device in self.devices.values()
            if (not domains or device.domain in domains)
            and (tag is None or device.tag == tag)
            and (noun is None or device.noun == noun)
            and (room is None or device.room == room)
            and (rooms is None or device.room in rooms)
        ]

    def room_name(self, room: str | None) -> str:
        """As people say it."""
        return next((area.name.lower() for area in self.areas if area.id == room), "")

    def floor_of(self, room: str | None) -> str | None:
        """Id of a room's floor."""
        return next((area.floor for area in self.areas if area.id == room), None)


def _follow(device: Device, facts: Mapping[str, object], now: dict[str, Value]) -> None:
    """What else is so when these facts are: a lamp that is set to red is on."""
    if (
        "power" not in facts
        and device.domain in ("light", "fan")
        and not {"brightness", "color", "speed"}.isdisjoint(facts)
    ):
        now["power"] = "on"
    if device.domain == "media_player":
        if facts.get("playing") is True:
            now["power"] = "on"
        if facts.get("power") == "off":
            now["playing"] = False
            now["media"] = ""
    if device.domain == "cover" and "position" in facts and "moving" not in facts:
        now["moving"] = ""
    if "stopped" in facts:
        now["moving"] = ""


def entity(device: Device) -> Entity:
    """The device as the hub's mirror would show it."""
    now, attributes = device.now, dict(device.fixed)
    if device.domain in ("light", "fan", "climate", "cover", "media_player"):
        for name in ("brightness", "color", "speed", "position", "temperature", "volume", "muted"):
            if name in now and (device.domain != "light" or device.on):
                value = now[name]
                whole = isinstance(value, float) and value.is_integer() and name != "temperature"
                attributes[name] = int(value) if whole else value
    if "current" in now:
        attributes["current_temperature"] = now["current"]
    if now.get("media"):
        attributes["media_title"] = now["media"]
        attributes["media_content_type"] = now.get("kind", "music")
    return Entity(
        entity_id=device.id,
        domain=device.domain,
        name=device.name,
        aliases=device.aliases,
        area=device.room,
        state=_state(device),
        attributes=attributes,
        changed_ms=device.changed_ms,
        reported_ms=device.changed_ms,
        voice=device.voice,
    )


def _state(device: Device) -> str | None:
    now = device.now
    if device.domain == "cover":
        return str(now.get("moving") or ("open" if device.number("position") > 0 else "closed"))
    if device.domain == "lock":
        return "locked" if now.get("locked") else "unlocked"
    if device.domain == "climate":
        return str(now.get("mode", "heat")) if device.on else "off"
    if device.domain == "media_player":
        if not device.on:
            return "off"
        return "playing" if device.playing else "paused" if now.get("media") else "idle"
    if device.domain == "vacuum":
        return "cleaning" if now.get("running") else "docked"
    if device.domain in ("scene", "button"):
        return str(device.changed_ms) if device.changed_ms else None
    if "value" in now:
        value = now["value"]
        return f"{value:g}" if isinstance(value, float) else str(value)
    return str(now.get("power", "off"))
