"""Tasmota's own discovery: what a device says of itself -> Home Assistant's MQTT discovery in long form. Pure.

Today's builds announce themselves in this way alone: one retained message a device on `tasmota/discovery/<MAC>/config`,
from which its topics and what it says on them follow.
Sources: https://github.com/arendst/Tasmota `tasmota_xdrv_driver/xdrv_12_discovery.ino` (keys),
https://tasmota.github.io/docs/Commands/ (commands) and https://github.com/emontnemery/hatasmota (how Home Assistant
reads it). Left out: sensors (their topic carries no name to tell where they report), tilt, buttons, batteries.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.home.components import keys

__all__ = ("FILTER", "PREFIX", "Announced", "mac", "translate")

PREFIX = "tasmota/discovery/"
"""What the topics begin with; Tasmota has no setting for it."""
FILTER = f"{PREFIX}+/config"
_TOPIC = re.compile(re.escape(PREFIX) + r"([^/]+)/config")
_FACTORY = re.compile(r"Tasmota\d*")
"""Names that nobody has given: a device out of the box is `Tasmota`, its second relay `Tasmota2`."""
_MAX_PARTS = 64
"""More relays or switches than any build has."""
_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
_DIMMER, _WHITES, _RGB, _RGBW, _RGBCCT = range(1, 6)
_FOLLOW = frozenset((1, 2))
"""Switch modes in which the switch has a state, and is no push button: follow, and follow inverted."""
_INVERTED = 1
"""Bit of a shutter's options: it counts from open to closed."""

Component = dict[str, object]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Announced:
    """What a device says of itself, in Home Assistant's words."""

    message: dict[str, object]
    """A discovery message in the device form, with long keys."""
    answers: str | None
    """Topic on which the device answers commands, in the form of its reports; None where each has a topic of its own.

    Reports come every five minutes; without `SetOption59 1` a command is confirmed here alone."""


def mac(topic: str) -> str | None:
    """The device's id in a topic of Tasmota's discovery; None for every other topic."""
    found = _TOPIC.fullmatch(topic)
    return found[1] if found else None


def translate(message: Mapping[str, object], device_id: str) -> Announced:
    """The device's description in Home Assistant's form.

    device_id: its MAC as its topic has it. Raises ValueError, naming the key, for what cannot be used.
    """
    device = _Device.read(message, device_id)
    components = dict(device.components())
    about: dict[str, object] = {
        "identifiers": [device_id],
        "name": device.name,
        "model": message.get("md"),
        "manufacturer": "Tasmota",
        "sw_version": message.get("sw"),
    }
    found: dict[str, object] = {
        "device": about,
        "availability_topic": device.topic(2, "LWT"),
        "payload_available": _one(message, "onln", keys.text, "Online"),
        "payload_not_available": _one(message, "ofln", keys.text, "Offline"),
        "components": components,
    }
    return Announced(found, device.topic(1, "RESULT") if not device.options.get("4") else None)


@dataclass(frozen=True, slots=True)
class _Device:
    bases: tuple[str, ...]
    """Topics up to the last level: of commands, of answers, of reports."""
    name: str
    names: tuple[str | None, ...]
    """Friendly names of the relays."""
    relays: tuple[int, ...]
    words: tuple[str, ...]
    """How it says off and on."""
    options: Mapping[str, int]
    """`SetOption`s that matter to discovery."""
    light: int
    """Kind of light, by its channels."""
    linked: bool
    """Whether colour and white are one light."""
    fan: bool
    tuya: bool
    shutters: tuple[int, ...]
    """Options of each shutter."""
    switches: tuple[int, ...]
    """Modes of its switches."""
    switch_names: tuple[str | None, ...]

    @staticmethod
    def read(message: Mapping[str, object], device_id: str) -> "_Device":
        if _one(message, "ver", keys.number, 1.0) != 1:
            raise ValueError("`ver` must be 1")
        prefixes, words = _list(message, "tp", keys.text), _list(message, "state", keys.text)
        if len(prefixes) < 3:
            raise ValueError("`tp` must be three texts")
        if len(words) < 2:
            raise ValueError("`state` must be two texts or more")
        names = _list(message, "fn", _given, ())
        name = _given(message.get("dn")) or next((name for name in names if name), None)
        if not name or _FACTORY.fullmatch(name):
            # Who has named the relay has named the device: its own name is on another page of the settings.
            name = next((n for n in names if n and not _FACTORY.fullmatch(n)), name or "Tasmota")
        options = message.get("so", {})
        if not isinstance(options, dict):
            raise ValueError("`so` must be an object")  # noqa: TRY004 - one exception for whatever cannot be used
        # What the `so` of a later build may hold beside numbers is passed over.
        numbers = {key: value for key, value in options.items() if isinstance(value, int)}
        return _Device(
            bases=tuple(_base(message, prefix, device_id) for prefix in prefixes[:3]),
            name=name,
            names=names,
            relays=_list(message, "rl", _whole),
            words=words[:2],
            options=numbers,
            light=int(_one(message, "lt_st", keys.number, 0.0)),
            linked=_one(message, "lk", keys.number, 1.0) != 0,
            fan=_one(message, "if", keys.number, 0.0) != 0,
            tuya=_one(message, "ty", keys.number, 0.0) != 0,
            shutters=_list(message, "sho", _whole, ()),
            switches=_list(message, "swc", _whole, ()),
            switch_names=_list(message, "swn", _given, ()),
        )

    def topic(self, which: int, last: str) -> str:
        """A topic of commands (0), answers (1) or reports (2)."""
        return self.bases[which] + last

    def components(self) -> Iterator[tuple[str, Component]]:
        """Each thing that the device is, under a name that stays its own."""
        pairs = self._pairs()
        for index, kind in enumerate(self.relays):
            if kind == _RELAY:
                # Who has set SetOption30 wants the relays to be lamps.
                domain = "light" if self.options.get("30") else "switch"
                yield f"relay_{index + 1}", {"platform": domain, **self._power(index, domain)}
            elif kind == _LIGHT:
                yield f"light_{index + 1}", {"platform": "light", **self._power(index, "light"), **self._lamp(index)}
        for number in range(1, pairs + 1):
            yield f"shutter_{number}", self._shutter(number, None if pairs == 1 else str(number))
        if self.fan:
            yield "fan", self._fan()
        for index, mode in enumerate(self.switches):
            if mode in _FOLLOW:
                yield f"switch_{index + 1}", self._contact(index)

    def _pairs(self) -> int:
        """How many shutters there are: each has two relays, one after the other."""
        count, index = 0, 0
        while index < len(self.relays):
            whole = self.relays[index : index + 2] == (_SHUTTER, _SHUTTER)
            count, index = count + whole, index + 1 + whole
        return count

    def _power(self, index: int, domain: str) -> Component:
        alone = sum(kind != 0 for kind in self.relays) == 1 and not self.fan
        key = "POWER" if alone else f"POWER{index + 1}"
        # A single relay is told of with its number where SetOption26 is on, of which discovery says nothing.
        either = "{{ value_json.POWER if value_json.POWER is defined else value_json.POWER1 }}"
        return {
            "name": self._relay_name(index),
            "command_topic": self.topic(0, key),
            "payload_off": self.words[0],
            "payload_on": self.words[1],
            "state_topic": self.topic(2, "STATE"),
            ("state_value_template" if domain == "light" else "value_template"):
                either if alone else f"{{{{ value_json.{key} }}}}",
        }  # fmt: skip

    def _relay_name(self, index: int) -> str | None:
        """The relay's own name; None where the device's is enough."""
        given = self.names[index] if index < len(self.names) else None
        if given == self.name:
            return None
        if given and not _FACTORY.fullmatch(given):
            return given
        return None if index == 0 else str(index + 1)

    def _lamp(self, index: int) -> Component:
        """What a lamp can do beside being on, by its kind."""
        kind, number = self.light, ""
        if self.fan or kind not in range(_DIMMER, _RGBCCT + 1):
            return {}
        if self.options.get("68"):  # each channel is a lamp
            return self._dims(f"Channel{index + 1}", f"Channel{index + 1}")
        if not self.linked and kind >= _RGBW:  # colour is the first lamp, white the second
            first = self.relays.index(_LIGHT) == index
            number, kind = ("1", _RGB) if first else ("2", _DIMMER if kind == _RGBW else _WHITES)
        command = "Dimmer3" if self.tuya and not number else f"Dimmer{number}"
        found = self._dims(command, f"Dimmer{number}")
        if kind in (_RGB, _RGBW, _RGBCCT):
            found |= self._channel("hs", "HSBColor", "{{ value_json.HSBColor.split(',')[0:2] | join(',') }}")
            found["hs_command_template"] = "{{ hue | round | int }},{{ sat | round | int }}"
        if kind in (_WHITES, _RGBCCT):
            found |= self._channel("color_temp", "CT", "{{ value_json.CT }}")
            reduced = self.options.get("82")
            found |= {"min_mireds": 200, "max_mireds": 380} if reduced else {"min_mireds": 153, "max_mireds": 500}
        if kind == _RGBW:
            found |= {"white_command_topic": self.topic(0, "White"), "white_scale": 100}
        if kind in (_RGBW, _RGBCCT):
            white = "white" if kind == _RGBW else "color_temp"
            found["color_mode_state_topic"] = self.topic(2, "STATE")
            found["color_mode_value_template"] = (
                f"{{% if value_json.White is defined %}}{{{{ '{white}' if value_json.White else 'hs' }}}}{{% endif %}}"
            )
        return found

    def _dims(self, command: str, key: str) -> Component:
        return {**self._channel("brightness", command, f"{{{{ value_json.{key} }}}}"), "brightness_scale": 100}

    def _channel(self, name: str, command: str, template: str) -> Component:
        return {
            f"{name}_command_topic": self.topic(0, command),
            f"{name}_state_topic": self.topic(2, "STATE"),
            f"{name}_value_template": template,
        }

    def _shutter(self, number: int, name: str | None) -> Component:
        # Alone of the shutter's commands this one takes words, too, in the same sense whichever way it counts.
        command, report = self.topic(0, f"ShutterPosition{number}"), self.topic(2, "SENSOR")
        inverted = number <= len(self.shutters) and bool(self.shutters[number - 1] & _INVERTED)
        found: Component = {
            "platform": "cover",
            "name": name,
            "command_topic": command,
            "payload_open": "OPEN",
            "payload_close": "CLOSE",
            "payload_stop": "STOP",
            "position_topic": report,
            "position_template": f"{{{{ value_json.Shutter{number}.Position }}}}",
            "position_open": 0 if inverted else 100,
            "position_closed": 100 if inverted else 0,
        }
        if not inverted:
            # Builds differ in how an inverted one takes a number, and in which way it says that it moves.
            found |= {
                "set_position_topic": command,
                "state_topic": report,
                "value_template": f"{{{{ value_json.Shutter{number}.Direction }}}}",
                "state_opening": "1",
                "state_closing": "-1",
                "state_stopped": "0",
            }
        return found

    def _fan(self) -> Component:
        command, report = self.topic(0, "FanSpeed"), self.topic(2, "STATE")
        return {
            "platform": "fan",
            "name": None,
            "command_topic": command,
            "payload_on": "2",  # it has no word for on; the middle speed is Home Assistant's choice, too
            "payload_off": "0",
            "state_topic": report,
            "state_value_template":
                "{% if value_json.FanSpeed is defined %}{{ 2 if value_json.FanSpeed else 0 }}{% endif %}",
            "percentage_command_topic": command,
            "percentage_state_topic": report,
            "percentage_value_template": "{{ value_json.FanSpeed }}",
            "speed_range_min": 1,
            "speed_range_max": 3,
        }  # fmt: skip

    def _contact(self, index: int) -> Component:
        key = f"Switch{index + 1}"
        named = self.switch_names[index] if index < len(self.switch_names) else None
        return {
            "platform": "binary_sensor",
            "name": named or f"Switch {index + 1}",
            "state_topic": self.topic(2, "SENSOR"),
            # A word when it reports, an object when it has been thrown.
            "value_template": f"{{{{ value_json.{key}.Action if value_json.{key} is mapping else value_json.{key} }}}}",
            "payload_off": self.words[0],
            "payload_on": self.words[1],
        }


def _base(message: Mapping[str, object], prefix: str, device_id: str) -> str:
    found = _one(message, "ft", keys.topic, "%prefix%/%topic%/")
    for name, value in (
        ("%hostname%", _one(message, "hn", keys.text, "")),
        ("%id%", device_id[-6:]),
        ("%prefix%", prefix),
        ("%topic%", _one(message, "t", keys.topic)),
    ):
        found = found.replace(name, value)
    return found if found.endswith("/") else f"{found}/"


def _one(message: Mapping[str, object], key: str, read: Callable[[object], _T], default: _T | None = None) -> _T:
    value = message.get(key)
    if value is None and default is not None:
        return default
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"`{key}` must be {error}") from error


def _list(
    message: Mapping[str, object], key: str, read: Callable[[object], _T], default: tuple[_T, ...] | None = None
) -> tuple[_T, ...]:
    value = message.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, list):
        raise ValueError(f"`{key}` must be a list")  # noqa: TRY004
    try:
        return tuple(read(item) for item in value[:_MAX_PARTS])
    except ValueError as error:
        raise ValueError(f"each of `{key}` must be {error}") from error


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError("a whole number")  # noqa: TRY004
    return value


def _given(value: object) -> str | None:
    """A name, if there is one."""
    return keys.text(value).strip() or None if value is not None else None
