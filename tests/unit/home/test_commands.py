"""What is sent to each kind of device, what it must report, and what is refused."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from edge.core.home import Entity
from edge.core.turn import Command, Scalar, Verb
from edge.home import color
from edge.home.commands import compose
from edge.home.discovery import DeviceConfig, parse
from edge.home.instruction import Instruction, Message, Unsayable


def device(domain: str, **message: object) -> DeviceConfig:
    (config,) = parse(f"homeassistant/{domain}/x/config", json.dumps({"name": "X", **message}).encode()).configs
    return config


def say(config: DeviceConfig, verb: Verb, entity: Entity | None = None, **args: Scalar) -> Instruction | Unsayable:
    return compose(Command(f"{config.domain}.x", verb, args), config, entity)


def said(config: DeviceConfig, verb: Verb, **args: Scalar) -> Instruction:
    instruction = say(config, verb, **args)
    assert isinstance(instruction, Instruction), instruction
    return instruction


def sent(config: DeviceConfig, verb: Verb, **args: Scalar) -> list[tuple[str, str]]:
    return [(message.topic, message.payload) for message in said(config, verb, **args).messages]


def obeyed(instruction: Instruction, state: str | None, **attributes: object) -> bool:
    return instruction.met_by(Entity("a.x", "a", "X", state=state, attributes=attributes))


SWITCH = {"command_topic": "c", "state_topic": "s"}
BASIC_LIGHT: Mapping[str, Any] = {
    **SWITCH,
    "brightness_command_topic": "b",
    "brightness_state_topic": "bs",
    "brightness_scale": 100,
    "rgb_command_topic": "rgb",
    "rgb_state_topic": "rgbs",
    "color_temp_command_topic": "ct",
    "color_temp_state_topic": "cts",
}
JSON_LIGHT: Mapping[str, Any] = {
    **SWITCH,
    "schema": "json",
    "brightness_scale": 254,
    "supported_color_modes": ["xy", "color_temp"],
    "min_mireds": 250,
    "max_mireds": 454,
}
COVER: Mapping[str, Any] = {**SWITCH, "position_topic": "p", "set_position_topic": "sp"}
FAN: Mapping[str, Any] = {**SWITCH, "percentage_command_topic": "p", "percentage_state_topic": "ps"}
CLIMATE: Mapping[str, Any] = {
    "mode_command_topic": "m",
    "mode_state_topic": "ms",
    "modes": ["off", "heat", "cool"],
    "temperature_command_topic": "t",
    "temperature_state_topic": "ts",
    "temp_step": 0.5,
    "min_temp": 5,
    "max_temp": 30,
    "fan_mode_command_topic": "f",
    "fan_mode_state_topic": "fs",
    "fan_modes": ["Auto", "high"],
}


def test_switch() -> None:
    config = device("switch", **SWITCH, payload_on="1", qos=2, retain=True)
    instruction = said(config, Verb.TURN_ON)
    assert instruction.messages == (Message("c", "1", 2, True),)
    assert obeyed(instruction, "on")
    assert not obeyed(instruction, "off")
    assert not obeyed(instruction, None)
    assert said(config, Verb.TURN_OFF).messages[0].payload == "OFF"


def test_the_broker_must_acknowledge_every_command() -> None:
    assert said(device("switch", **SWITCH, qos=0), Verb.TURN_ON).messages[0].qos == 1


def test_command_templates() -> None:
    config = device("switch", **SWITCH, command_template='{"state": "{{ value }}"}')
    assert sent(config, Verb.TURN_ON) == [("c", '{"state": "ON"}')]
    assert say(device("switch", **SWITCH, command_template="{{ 1 / 0 }}"), Verb.TURN_ON) == Unsayable(
        "act.bad_template"
    )


@pytest.mark.parametrize("more", [{"optimistic": True}, {"state_topic": None}])
def test_a_device_that_cannot_report_has_no_goal(more: dict[str, object]) -> None:
    assert said(device("switch", **{**SWITCH, **more}), Verb.TURN_ON).goals == ()


def test_json_light() -> None:
    config = device("light", **JSON_LIGHT)
    instruction = said(config, Verb.TURN_ON, brightness=50, color="blue")
    (message,) = instruction.messages
    x, y = color.to_xy((0, 0, 255))
    assert json.loads(message.payload) == {"state": "ON", "brightness": 127, "color": {"x": x, "y": y}}
    assert obeyed(instruction, "on", brightness=50, color="blue")
    assert obeyed(instruction, "on", brightness=51, color=[2, 0, 255])
    assert not obeyed(instruction, "on", brightness=50, color="red")
    assert not obeyed(instruction, "on", brightness=50)
    assert not obeyed(instruction, "on", brightness=60, color="blue")
    assert not obeyed(instruction, "off", brightness=50, color="blue")
    assert sent(config, Verb.TURN_OFF) == [("c", '{"state": "OFF"}')]


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["hs"], {"h": 120.0, "s": 100.0}),
        (["rgb"], {"r": 0, "g": 255, "b": 0}),
        (["rgbw"], {"r": 0, "g": 255, "b": 0, "w": 0}),
        (["rgbww"], {"r": 0, "g": 255, "b": 0, "c": 0, "w": 0}),
        (["hs", "xy"], {"h": 120.0, "s": 100.0}),
    ],
)
def test_json_light_colour_modes(modes: list[str], expected: dict[str, float]) -> None:
    config = device("light", **{**JSON_LIGHT, "supported_color_modes": modes})
    ((_, payload),) = sent(config, Verb.TURN_ON, color="green")
    assert json.loads(payload)["color"] == expected


def test_json_light_colour_temperature() -> None:
    config = device("light", **JSON_LIGHT)
    instruction = said(config, Verb.TURN_ON, color_temperature=3000)
    assert json.loads(instruction.messages[0].payload) == {"state": "ON", "color_temp": 333}
    assert obeyed(instruction, "on", color_temperature=3003)
    assert not obeyed(instruction, "on", color_temperature=3500)
    kelvin = device("light", **JSON_LIGHT, color_temp_kelvin=True, min_kelvin=2200, max_kelvin=6500)
    assert json.loads(sent(kelvin, Verb.TURN_ON, color_temperature=6500)[0][1])["color_temp"] == 6500


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("last", [("rgb", "255,0,0"), ("b", "40"), ("c", "ON")]),
        ("first", [("c", "ON"), ("rgb", "255,0,0"), ("b", "40")]),
        ("brightness", [("rgb", "255,0,0"), ("b", "40")]),
    ],
)
def test_basic_light(kind: str, expected: list[tuple[str, str]]) -> None:
    config = device("light", **BASIC_LIGHT, on_command_type=kind)
    assert sent(config, Verb.TURN_ON, brightness=40, color="red") == expected


def test_basic_light_without_details() -> None:
    assert sent(device("light", **BASIC_LIGHT), Verb.TURN_ON) == [("c", "ON")]
    assert sent(device("light", **BASIC_LIGHT, on_command_type="brightness"), Verb.TURN_ON) == [("b", "100")]
    assert sent(device("light", **BASIC_LIGHT), Verb.TURN_ON, color_temperature=4000)[0] == ("ct", "250")


def test_basic_light_expects_what_it_reports_and_no_more() -> None:
    silent = {
        key: value for key, value in BASIC_LIGHT.items() if key not in ("brightness_state_topic", "rgb_state_topic")
    }
    instruction = said(device("light", **silent), Verb.TURN_ON, brightness=40, color="red")
    assert obeyed(instruction, "on")
    assert not obeyed(said(device("light", **BASIC_LIGHT), Verb.TURN_ON, brightness=40), "on")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"rgb_command_template": "{{ red }}/{{ green }}/{{ blue }}"}, ("rgb", "0/0/255")),
        ({"rgb_command_topic": None, "hs_command_topic": "hs"}, ("hs", "240,100")),
        ({"rgb_command_topic": None, "xy_command_topic": "xy"}, ("xy", "0.1355,0.0399")),
    ],
)
def test_basic_light_says_colours_in_the_lamps_own_way(more: dict[str, object], expected: tuple[str, str]) -> None:
    assert sent(device("light", **{**BASIC_LIGHT, **more}), Verb.TURN_ON, color="blue")[0] == expected


def test_no_brightness_is_off_and_the_least_is_not() -> None:
    assert sent(device("light", **JSON_LIGHT), Verb.TURN_ON, brightness=0) == [("c", '{"state": "OFF"}')]
    coarse = device("light", **{**BASIC_LIGHT, "brightness_scale": 10})
    assert sent(coarse, Verb.TURN_ON, brightness=1)[0] == ("b", "1")


def test_cover() -> None:
    config = device("cover", **COVER)
    opened, closed = said(config, Verb.OPEN), said(config, Verb.CLOSE)
    assert [i.messages[0].payload for i in (opened, closed)] == ["OPEN", "CLOSE"]
    assert obeyed(opened, "opening", position=10)
    assert obeyed(opened, "open", position=99)
    assert not obeyed(opened, "open", position=40)
    assert not obeyed(opened, "closed", position=0)
    assert obeyed(closed, "closed", position=0)
    assert not obeyed(closed, "open", position=40)
    stopped = said(config, Verb.STOP)
    assert obeyed(stopped, "open", position=40)
    assert not obeyed(stopped, "opening", position=40)


def test_cover_without_position() -> None:
    opened = said(device("cover", **SWITCH), Verb.OPEN)
    assert obeyed(opened, "open")
    assert not obeyed(opened, "closed")
    assert say(device("cover", **SWITCH), Verb.SET_POSITION, position=50) == Unsayable("act.unsupported")


def test_cover_position() -> None:
    instruction = said(device("cover", **COVER), Verb.SET_POSITION, position=30)
    assert [(m.topic, m.payload) for m in instruction.messages] == [("sp", "30")]
    assert obeyed(instruction, "open", position=31)
    assert obeyed(instruction, "closing", position=80)
    assert not obeyed(instruction, "open", position=80)


def test_cover_counts_in_its_own_range() -> None:
    config = device("cover", **COVER, position_open=0, position_closed=255, set_position_template='{"p":{{ value }}}')
    assert sent(config, Verb.SET_POSITION, position=100) == [("sp", '{"p":0}')]
    assert sent(config, Verb.SET_POSITION, position=0) == [("sp", '{"p":255}')]


def test_cover_that_only_knows_positions() -> None:
    config = device("cover", position_topic="p", set_position_topic="sp")
    assert sent(config, Verb.CLOSE) == [("sp", "0")]
    assert sent(config, Verb.OPEN) == [("sp", "100")]
    assert say(config, Verb.STOP) == Unsayable("act.unsupported")
    assert say(device("cover", **COVER, payload_stop=None), Verb.STOP) == Unsayable("act.unsupported")


def test_lock_waits_for_the_bolt() -> None:
    config = device("lock", **SWITCH)
    instruction = said(config, Verb.LOCK)
    assert obeyed(instruction, "locked")
    assert not obeyed(instruction, "locking")
    assert not obeyed(instruction, "jammed")
    assert sent(config, Verb.UNLOCK) == [("c", "UNLOCK")]


def test_lock_code_is_needed_and_never_shown() -> None:
    template = '{"action": "{{ value }}", "code": "{{ code }}"}'
    config = device("lock", **SWITCH, code_format="^\\d{4}$", command_template=template)
    assert say(config, Verb.UNLOCK) == Unsayable("act.code_needed")
    instruction = said(config, Verb.UNLOCK, code="1234")
    assert instruction.messages[0].payload == '{"action": "UNLOCK", "code": "1234"}'
    assert "1234" not in repr(instruction)


@pytest.mark.parametrize(
    ("percent", "low", "high", "step"),
    [(100, 1, 3, "3"), (67, 1, 3, "3"), (33, 1, 3, "1"), (1, 1, 3, "1"), (50, 1, 100, "50"), (100, 0, 255, "255")],
)
def test_fan_speed(percent: int, low: int, high: int, step: str) -> None:
    config = device("fan", **FAN, speed_range_min=low, speed_range_max=high)
    assert sent(config, Verb.SET_SPEED, speed=percent) == [("c", "ON"), ("p", step)]


def test_fan_shows_the_nearest_step() -> None:
    instruction = said(device("fan", **FAN, speed_range_max=4), Verb.SET_SPEED, speed=40)
    assert obeyed(instruction, "on", speed=50)
    assert not obeyed(instruction, "on", speed=100)
    assert not obeyed(instruction, "off", speed=50)


def test_fan_at_no_speed_is_off() -> None:
    assert sent(device("fan", **FAN), Verb.SET_SPEED, speed=0) == [("c", "OFF")]
    assert sent(device("fan", **FAN), Verb.TURN_ON, speed=20)[1] == ("p", "20")
    assert said(device("fan", **FAN), Verb.TURN_ON).goals


def test_thermostat_temperature() -> None:
    config = device("climate", **CLIMATE)
    instruction = said(config, Verb.SET_TEMPERATURE, temperature=21.0)
    assert [(m.topic, m.payload) for m in instruction.messages] == [("t", "21")]
    assert obeyed(instruction, "heat", temperature=21.2)
    assert not obeyed(instruction, "heat", temperature=21.5)
    assert sent(config, Verb.SET_TEMPERATURE, temperature=20.5) == [("t", "20.5")]


def test_thermostat_modes() -> None:
    config = device("climate", **CLIMATE)
    assert sent(config, Verb.TURN_OFF) == [("m", "off")]
    assert sent(config, Verb.TURN_ON) == [("m", "heat")]
    cooling = say(config, Verb.TURN_ON, Entity("climate.x", "climate", "X", state="cool"))
    assert isinstance(cooling, Instruction)
    assert cooling.messages[0].payload == "cool"
    assert obeyed(cooling, "heat")
    assert not obeyed(cooling, "off")
    powered = device("climate", **CLIMATE, power_command_topic="pw")
    assert sent(powered, Verb.TURN_ON) == [("pw", "ON")]
    assert sent(powered, Verb.TURN_OFF) == [("pw", "OFF")]
    assert say(device("climate", **{**CLIMATE, "modes": ["heat"]}), Verb.TURN_OFF) == Unsayable("act.unsupported")


def test_thermostat_fan() -> None:
    config = device("climate", **CLIMATE)
    instruction = said(config, Verb.SET_FAN_MODE, fan_mode="auto")
    assert instruction.messages[0].payload == "Auto"
    assert obeyed(instruction, "off", fan_mode="Auto")
    assert not obeyed(instruction, "off", fan_mode="high")
    assert say(config, Verb.SET_FAN_MODE, fan_mode="turbo") == Unsayable("act.bad_value")


def test_scene_and_button() -> None:
    scene, button = device("scene", command_topic="c", payload_on="go"), device("button", command_topic="c")
    assert sent(scene, Verb.ACTIVATE) == sent(scene, Verb.TURN_ON) == [("c", "go")]
    assert sent(button, Verb.PRESS) == [("c", "PRESS")]
    assert said(scene, Verb.ACTIVATE).goals == said(button, Verb.PRESS).goals == ()


@pytest.mark.parametrize(
    ("config", "verb", "args", "code"),
    [
        (device("switch", **SWITCH), Verb.OPEN, {}, "act.unsupported"),
        (device("switch", **SWITCH), Verb.TURN_ON, {"brightness": 50}, "act.unsupported"),
        (device("sensor", state_topic="s"), Verb.TURN_ON, {}, "act.unsupported"),
        (device("light", **SWITCH), Verb.TURN_ON, {"brightness": 50}, "act.unsupported"),
        (device("light", **SWITCH), Verb.TURN_ON, {"color": "red"}, "act.unsupported"),
        (device("light", **SWITCH), Verb.TURN_ON, {"color_temperature": 3000}, "act.unsupported"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"brightness": 101}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"brightness": -1}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"brightness": "full"}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"brightness": True}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"brightness": float("nan")}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"color": "octarine"}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"color_temperature": 6500}, "act.bad_value"),
        (device("light", **JSON_LIGHT), Verb.TURN_ON, {"color": "red", "color_temperature": 3000}, "act.bad_value"),
        (device("cover", **COVER), Verb.SET_POSITION, {"position": 150}, "act.bad_value"),
        (device("cover", **COVER), Verb.SET_POSITION, {}, "act.bad_value"),
        (device("fan", **FAN), Verb.SET_SPEED, {"speed": 101}, "act.bad_value"),
        (device("fan", **FAN), Verb.SET_SPEED, {}, "act.bad_value"),
        (device("fan", **SWITCH), Verb.SET_SPEED, {"speed": 50}, "act.unsupported"),
        (device("climate", **CLIMATE), Verb.SET_TEMPERATURE, {"temperature": 31}, "act.bad_value"),
        (device("climate", temperature_command_topic="t"), Verb.SET_TEMPERATURE, {"temperature": 36}, "act.bad_value"),
        (device("climate", temp_cmd_t="t", temp_unit="F"), Verb.SET_TEMPERATURE, {"temperature": 20}, "act.bad_value"),
    ],
)
def test_refuses(config: DeviceConfig, verb: Verb, args: dict[str, Scalar], code: str) -> None:
    assert say(config, verb, **args) == Unsayable(code)


def test_a_thermostat_that_only_listens() -> None:
    config = device("climate", temp_cmd_t="t", fan_mode_cmd_t="f", mode_cmd_t="m")
    assert said(config, Verb.SET_TEMPERATURE, temperature=20).goals == ()
    assert said(config, Verb.SET_FAN_MODE, fan_mode="low").goals == ()
    assert said(config, Verb.TURN_ON).goals == ()


def test_a_lamp_that_promises_a_colour_and_has_no_topic_for_it() -> None:
    config = device("light", **SWITCH, supported_color_modes=["hs"])
    assert say(config, Verb.TURN_ON, color="red") == Unsayable("act.unsupported")


def test_a_colour_that_cannot_be_read_is_none() -> None:
    instruction = said(device("light", **JSON_LIGHT), Verb.TURN_ON, color="red")
    assert not obeyed(instruction, "on", color="unheard of")
    assert not obeyed(instruction, "on", color=[255, 0])
