"""Devices with one word for two things: a request that is met already must not undo itself."""

from typing import Any

import pytest
from component_case import Case, Home

from edge.core.turn import Verb
from edge.home.instruction import Instruction, Unsayable

ONE_WORD = {"cmd_t": "c", "stat_t": "s", "pl_on": "T", "pl_off": "T", "stat_on": "ON", "stat_off": "OFF"}
GARAGE = {"cmd_t": "c", "stat_t": "s", "pl_open": "T", "pl_cls": "T", "pl_stop": "T"}
LOCK = {"cmd_t": "c", "stat_t": "s", "pl_lock": "T", "pl_unlk": "T"}
ROBOT = {"cmd_t": "c", "stat_t": "s", "sup_feat": ["start", "pause"], "pl_strt": "T", "pl_paus": "T"}
PLAYER = {"state_state_topic": "s", "command_play_topic": "c", "command_pause_topic": "c"}
PLAYER |= {"command_play_payload": "T", "command_pause_payload": "T"}


@pytest.mark.parametrize(
    ("component", "config", "state", "verb", "sends"),
    [
        ("switch", ONE_WORD, "OFF", Verb.TURN_ON, True),
        ("switch", ONE_WORD, "ON", Verb.TURN_ON, False),
        ("switch", ONE_WORD, "ON", Verb.TURN_OFF, True),
        ("switch", ONE_WORD, "OFF", Verb.TURN_OFF, False),
        ("switch", ONE_WORD, "None", Verb.TURN_ON, None),
        ("siren", ONE_WORD, "ON", Verb.TURN_ON, False),
        ("siren", ONE_WORD, "OFF", Verb.TURN_OFF, False),
        ("cover", GARAGE, "closed", Verb.OPEN, True),
        ("cover", GARAGE, "opening", Verb.OPEN, False),
        ("cover", GARAGE, "open", Verb.OPEN, False),
        ("cover", GARAGE, "closing", Verb.OPEN, None),
        ("cover", GARAGE, "odd", Verb.OPEN, None),
        ("cover", GARAGE, "open", Verb.CLOSE, True),
        ("cover", GARAGE, "closing", Verb.STOP, True),
        ("cover", GARAGE, "closed", Verb.STOP, False),
        ("valve", GARAGE, "closed", Verb.CLOSE, False),
        ("valve", GARAGE, "open", Verb.STOP, False),
        ("lock", LOCK, "LOCKED", Verb.LOCK, False),
        ("lock", LOCK, "LOCKED", Verb.UNLOCK, True),
        ("lock", LOCK, "JAMMED", Verb.LOCK, None),
        ("vacuum", ROBOT, '{"state": "cleaning"}', Verb.START, False),
        ("vacuum", ROBOT, '{"state": "docked"}', Verb.START, True),
        ("vacuum", ROBOT, '{"state": "docked"}', Verb.PAUSE, None),
        ("media_player", PLAYER, "playing", Verb.PLAY, False),
        ("media_player", PLAYER, "playing", Verb.PAUSE, True),
        ("media_player", PLAYER, "paused", Verb.PAUSE, False),
    ],
)
def test_toggles(component: str, config: dict[str, Any], state: str, verb: Verb, sends: bool | None) -> None:
    said = Home(Case(component, config, {"s": state}, None, {})).ask(verb, {})
    if sends is None:
        assert said == Unsayable("act.state_unknown")
    else:
        assert isinstance(said, Instruction)
        assert [message.payload for message in said.messages] == (["T"] if sends else [])


@pytest.mark.parametrize("component", ["light", "fan"])
def test_one_word_for_everything(component: str) -> None:
    config = {"cmd_t": "c", "stat_t": "s", "pl_on": "T", "pl_off": "T", "stat_val_tpl": "{{ value }}"}
    said = Home(Case(component, config, {"s": "T"}, None, {})).ask(Verb.TURN_ON, {})
    assert said == Unsayable("act.state_unknown")  # one word for both states tells nothing
