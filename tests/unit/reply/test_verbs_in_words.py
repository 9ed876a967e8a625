"""Every verb is said in words of its own, before it is done and afterwards."""

import pytest

from edge.core.turn import Command, Scalar, Verb
from edge.reply.actions import done, question

ARGS: dict[Verb, dict[str, Scalar]] = {
    Verb.SET_POSITION: {"position": 40},
    Verb.SET_TEMPERATURE: {"temperature": 21.5},
    Verb.SET_FAN_MODE: {"fan_mode": "low"},
    Verb.SET_SPEED: {"speed": 50},
    Verb.SET_VOLUME: {"volume": 30},
    Verb.CHANGE_VOLUME: {"step": -10},
    Verb.SET_TILT: {"tilt": 20},
    Verb.SET_PRESET: {"preset_mode": "eco"},
    Verb.SET_DIRECTION: {"direction": "reverse"},
    Verb.SET_HUMIDITY: {"humidity": 45},
    Verb.SET_MODE: {"mode": "heat"},
    Verb.SET_SWING_MODE: {"swing_mode": "both"},
    Verb.SET_VALUE: {"value": 3},
    Verb.SELECT_OPTION: {"option": "warm_white"},
}


@pytest.mark.parametrize("verb", list(Verb), ids=str)
def test_every_verb_is_worded(verb: Verb) -> None:
    commands, names = (Command("x.y", verb, ARGS.get(verb, {})),), {"x.y": "Thing"}
    asked, told = question(commands, names), done(commands, names)
    assert "the Thing" in asked
    assert asked.endswith("?")
    assert "the Thing" in told
    assert not told.startswith("Changed the Thing")
    assert all(
        str(value).replace("_", " ").lstrip("-") in told or verb is Verb.CHANGE_VOLUME
        for value in ARGS.get(verb, {}).values()
    )


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"media": "Hunger Games", "kind": "film"}, "Playing Hunger Games on the TV"),
        ({"media": "{names}", "kind": "music"}, "Playing {names} on the TV"),
        ({}, "Resumed the TV"),
    ],
)
def test_a_title_is_not_to_go_on(args: dict[str, Scalar], told: str) -> None:
    assert done((Command("media_player.tv", Verb.PLAY, args),), {"media_player.tv": "TV"}) == told
