"""Lamps in all three schemas: what they show, what is sent, what confirms it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from component_case import Case, Home

from edge.core.turn import Verb
from edge.home.instruction import Instruction, Unsayable


def lamp(reports: Mapping[str, object] | None = None, **config: object) -> Home:
    return Home(Case("light", {"cmd_t": "c", "stat_t": "s", **config}, reports or {}, None, {}))


def sent(home: Home, **args: Any) -> list[tuple[str, str]]:
    return [(message.topic, message.payload) for message in said(home, **args).messages]


def said(home: Home, **args: Any) -> Instruction:
    instruction = home.ask(Verb.TURN_ON, args)
    assert isinstance(instruction, Instruction), instruction
    return instruction


def shown(home: Home, *names: str) -> tuple[object, ...]:
    return (home.entity.state, *(home.entity.attributes.get(name) for name in names))


TEMPLATE: dict[str, Any] = {
    "schema": "template",
    "cmd_on_tpl": "on{% if brightness is defined %},b{{ brightness }}{% endif %}"
    "{% if red is defined %},{{ red }}-{{ green }}-{{ blue }}{% endif %}"
    "{% if color_temp is defined %},t{{ color_temp }}{% endif %}"
    "{% if effect is defined %},e{{ effect }}{% endif %}",
    "cmd_off_tpl": "off",
    "stat_tpl": "{{ value_json.state }}",
    "bri_tpl": "{{ value_json.b }}",
    "r_tpl": "{{ value_json.rgb[0] }}",
    "g_tpl": "{{ value_json.rgb[1] }}",
    "b_tpl": "{{ value_json.rgb[2] }}",
    "clr_temp_tpl": "{{ value_json.t }}",
    "fx_tpl": "{{ value_json.e }}",
    "fx_list": ["Rain", "Fire"],
}


def test_a_lamp_of_templates_reports() -> None:
    home = lamp({"s": {"state": "on", "b": 128, "rgb": [255, 0, 0], "t": 250, "e": "Fire"}}, **TEMPLATE)
    assert shown(home, "brightness", "color", "color_temperature", "effect") == ("on", 50, "red", 4000, "Fire")
    assert home.entity.attributes["supported_color_modes"] == ["hs", "color_temp"]
    assert home.entity.attributes["effect_list"] == ["Rain", "Fire"]
    home.say({"s": {"state": "off", "b": 0, "rgb": [], "t": "None", "e": "None"}})
    assert shown(home, "brightness", "color", "color_temperature", "effect") == ("off", None, None, None, None)


@pytest.mark.parametrize(
    ("args", "payload", "report"),
    [
        ({}, "on", {"state": "on"}),
        ({"brightness": 40}, "on,b102", {"state": "on", "b": 102}),
        ({"color": "blue"}, "on,0-0-255", {"state": "on", "rgb": [0, 0, 255]}),
        ({"color_temperature": 4000}, "on,t250", {"state": "on", "t": 250}),
        ({"effect": "rain"}, "on,eRain", {"state": "on", "e": "Rain"}),
    ],
)
def test_a_lamp_of_templates_obeys(args: dict[str, Any], payload: str, report: dict[str, object]) -> None:
    home = lamp({"s": {"state": "off"}}, **TEMPLATE)
    instruction = said(home, **args)
    assert [message.payload for message in instruction.messages] == [payload]
    home.say({"s": {"state": "on", "b": 1, "rgb": [0, 255, 0], "t": 400, "e": "Fire"}})
    assert instruction.met_by(home.entity) is (not args)
    home.say({"s": report})
    assert instruction.met_by(home.entity)


def test_a_lamp_of_templates_goes_off() -> None:
    home = lamp(**TEMPLATE)
    off = home.ask(Verb.TURN_OFF, {})
    assert isinstance(off, Instruction)
    assert off.messages[0].payload == "off"
    assert home.ask(Verb.TURN_ON, {"effect": "Snow"}) == Unsayable("act.bad_value")
    plain = lamp(schema="template", cmd_on_tpl="on", cmd_off_tpl="off")
    assert plain.ask(Verb.TURN_ON, {"brightness": 5}) == Unsayable("act.unsupported")
    assert plain.ask(Verb.TURN_ON, {"effect": "Rain"}) == Unsayable("act.unsupported")


def test_no_brightness_is_off_in_every_schema() -> None:
    assert sent(lamp(**TEMPLATE), brightness=0) == [("c", "off")]
    assert sent(lamp(bri_cmd_t="b"), brightness=0) == [("c", "OFF")]


@pytest.mark.parametrize(
    ("channel", "payload", "color"),
    [
        ("rgb", "0,0,255", "blue"),
        ("rgbw", "0,0,0,90", "white"),
        ("rgbw", "255,0,0,0", "red"),
        ("rgbww", "0,0,0,10,20", "white"),
        ("hs", "120,100", "green"),
        ("xy", "0.1355,0.0399", "blue"),
    ],
)
def test_channels_of_a_basic_lamp(channel: str, payload: str, color: str) -> None:
    home = lamp({"s": "ON", "x": payload}, **{f"{channel}_stat_t": "x", f"{channel}_cmd_t": "xc"})
    assert shown(home, "color") == ("on", color)
    home.say({"x": "1,2"} if channel not in ("hs", "xy") else {"x": "1"})
    assert shown(home, "color") == ("on", color)


def test_what_a_lamp_with_white_of_its_own_is_told() -> None:
    assert sent(lamp(rgbw_cmd_t="x", bri_cmd_t="b"), color="pink")[0] == ("x", "150,0,75,105")
    assert sent(lamp(rgbww_cmd_t="x", bri_cmd_t="b"), color="red")[0] == ("x", "255,0,0,0,0")
    own = lamp(rgb_cmd_t="x", bri_cmd_t="b", whit_cmd_t="w", whit_scl=100, bri_stat_t="bs")
    assert sent(own, color="white", brightness=40) == [("w", "40"), ("c", "ON")]
    assert sent(own, color="red") == [("x", "255,0,0"), ("c", "ON")]
    as_json = lamp(schema="json", sup_clrm=["rgb", "white"])
    assert json.loads(sent(as_json, color="white", brightness=20)[0][1]) == {"state": "ON", "white": 51}
    as_json.say({"s": {"state": "ON", "color_mode": "white", "brightness": 51}})
    assert shown(as_json, "color", "brightness") == ("on", "white", 20)


def test_a_lamp_that_is_dimmed_by_its_colour() -> None:
    home = lamp({"s": "ON", "x": "0,0,128"}, rgb_cmd_t="xc", rgb_stat_t="x")
    assert shown(home, "color", "brightness") == ("on", "blue", 50)
    assert sent(home, brightness=20) == [("xc", "0,0,51"), ("c", "ON")]
    assert sent(home, color="red") == [("xc", "128,0,0"), ("c", "ON")]
    assert sent(lamp(rgb_cmd_t="xc"), brightness=20)[0] == ("xc", "51,51,51")
    assert lamp(hs_cmd_t="xc").ask(Verb.TURN_ON, {"brightness": 20}) == Unsayable("act.unsupported")


def test_a_lamp_that_is_turned_on_by_its_brightness_stays_as_bright_as_it_is() -> None:
    home = lamp(bri_cmd_t="b", bri_stat_t="bs", bri_scl=100, on_cmd_type="brightness")
    assert sent(home) == [("b", "100")]
    home.say({"s": "ON", "bs": "30"})
    assert sent(home) == [("b", "30")]
    home.say({"s": "OFF"})
    assert sent(home) == [("b", "100")]


def test_effects_of_a_basic_lamp() -> None:
    home = lamp({"s": "ON", "f": "Rainbow"}, fx_cmd_t="fc", fx_stat_t="f", fx_list=["Rainbow", 7])
    assert shown(home, "effect", "effect_list") == ("on", "Rainbow", ["Rainbow", "7"])
    instruction = said(home, effect="7")
    assert [(m.topic, m.payload) for m in instruction.messages] == [("fc", "7"), ("c", "ON")]
    assert not instruction.met_by(home.entity)
    home.say({"f": "7"})
    assert instruction.met_by(home.entity)


def test_effects_of_a_json_lamp_are_over_before_they_are_told() -> None:
    home = lamp({"s": {"state": "ON"}}, schema="json", effect=True, fx_list=["blink"])
    instruction = said(home, effect="blink")
    assert json.loads(instruction.messages[0].payload) == {"state": "ON", "effect": "blink"}
    assert instruction.met_by(home.entity)
    silent = lamp(schema="json", fx_list=["blink"])
    assert silent.ask(Verb.TURN_ON, {"effect": "blink"}) == Unsayable("act.unsupported")


def test_the_colour_mode_says_which_of_two_colours_counts() -> None:
    config = {"rgb_stat_t": "x", "clr_temp_stat_t": "t", "clrm_stat_t": "m", "clr_temp_k": True}
    home = lamp({"s": "ON", "x": "255,0,0", "t": "3000", "m": "color_temp"}, **config)
    assert shown(home, "color", "color_temperature") == ("on", None, 3000)
    home.say({"x": "255,0,0", "m": "rgb"})
    assert shown(home, "color", "color_temperature") == ("on", "red", None)


def test_white_mixed_by_a_json_lamp() -> None:
    home = lamp(schema="json", sup_clrm=["rgbw"])
    home.say({"s": {"state": "ON", "color_mode": "rgbw", "color": {"r": 0, "g": 0, "b": 0, "w": 255}}})
    assert shown(home, "color") == ("on", "white")
    assert json.loads(sent(home, color="white")[0][1])["color"] == {"r": 0, "g": 0, "b": 0, "w": 255}
