"""Commands on their way, with a mirror of one device and a wire that keeps what is sent."""

from typing import Any

import paho.mqtt.client as mqtt
import pytest
from component_case import Case, Home

from edge.core.turn import Command, CommandOutcome, Result, Verb
from edge.home.dispatch import TOGGLE_S, Dispatch
from edge.home.instruction import Message
from edge.home.pace import Pace

GARAGE = {"cmd_t": "c", "stat_t": "s", "pl_open": "T", "pl_cls": "T", "pl_stop": "T"}
FAN = {"cmd_t": "c", "pct_cmd_t": "p"}
PLUG = {"cmd_t": "c", "stat_t": "s", "pl_on": "T", "pl_off": "T", "stat_on": "ON", "stat_off": "OFF"}


class Wire:
    """A dispatch, its one device, and what was sent. The broker takes at once what reaches it."""

    def __init__(self, component: str, config: dict[str, Any], state: str) -> None:
        self.home = Home(Case(component, config, {"s": state}, None, {}))
        self.sent: list[str] = []
        self.now = 0.0
        self.up, self.away = True, False
        self.lost: set[int] = set()
        """Numbers of messages that find no connection."""
        self.ends: set[int] = set()
        """Numbers of messages after which the connection ends."""
        self._number = 0
        self.dispatch = Dispatch(
            self.home.mirror,
            self._publish,
            clock_ms=lambda: 1000 + int(self.now * 1000),
            clock=lambda: self.now,
            pace=Pace(None, 1),
            away=lambda: self.away,
        )

    def _publish(self, message: Message) -> mqtt.MQTTMessageInfo | None:
        self._number += 1
        if not self.up or self._number in self.lost:
            return None
        self.sent.append(message.payload)
        self.dispatch.acknowledged(self._number)
        if self._number in self.ends:
            self.dispatch.lost()
        return mqtt.MQTTMessageInfo(self._number)

    def do(self, *verbs: Verb, **args: Any) -> list[CommandOutcome]:
        commands = [Command(self.home.entity_id, verb, args) for verb in verbs]
        return list(self.dispatch.execute(commands, 0.0).commands)

    def hear(self, state: str) -> None:
        self.home.say({"s": state})
        self.dispatch.heard(frozenset((self.home.entity_id,)), "s", retained=False)


@pytest.mark.parametrize("second", [Verb.CLOSE, Verb.OPEN, Verb.STOP])
def test_a_door_with_one_word_is_not_told_twice(second: Verb) -> None:
    wire = Wire("cover", GARAGE, "open")
    (outcome,) = wire.do(Verb.CLOSE)
    assert (outcome.result, outcome.code) == (Result.SILENT, "act.silent"), "it takes its time"
    wire.now += 2
    wire.hear("open")  # what it says every few seconds
    (outcome,) = wire.do(second)
    assert (outcome.result, outcome.code, outcome.sent_ms) == (Result.REFUSED, "act.under_way", None)
    assert wire.sent == ["T"]


def test_a_door_that_has_shown_another_state_is_told_again() -> None:
    wire = Wire("cover", GARAGE, "open")
    wire.do(Verb.CLOSE)
    wire.hear("closing")
    wire.hear("open")  # somebody stopped it
    assert [outcome.code for outcome in wire.do(Verb.CLOSE)] == ["act.silent"]
    assert wire.sent == ["T", "T"]


def test_what_a_device_takes_back_says_nothing_of_it() -> None:
    wire = Wire("switch", PLUG, "ON")
    wire.do(Verb.TURN_OFF)
    wire.hear("None")
    wire.hear("ON")
    assert [outcome.code for outcome in wire.do(Verb.TURN_OFF)] == ["act.under_way"]


def test_a_door_that_never_shows_anything_is_told_again_in_the_end() -> None:
    wire = Wire("cover", GARAGE, "open")
    wire.do(Verb.CLOSE)
    wire.now += TOGGLE_S - 1
    assert [outcome.code for outcome in wire.do(Verb.CLOSE)] == ["act.under_way"]
    wire.now += 1
    assert [outcome.code for outcome in wire.do(Verb.CLOSE)] == ["act.silent"]
    assert wire.sent == ["T", "T"]


def test_one_plan_does_not_toggle_twice() -> None:
    wire = Wire("switch", PLUG, "OFF")
    assert [outcome.code for outcome in wire.do(Verb.TURN_ON, Verb.TURN_ON)] == ["act.silent", "act.under_way"]
    assert wire.sent == ["T"]


def test_what_was_not_sent_stands_in_nobodys_way() -> None:
    wire = Wire("switch", PLUG, "OFF")
    wire.up = False
    assert [outcome.code for outcome in wire.do(Verb.TURN_ON)] == ["act.unreachable"]
    wire.up = True
    assert [outcome.code for outcome in wire.do(Verb.TURN_ON)] == ["act.silent"]


@pytest.mark.parametrize(("state", "verb"), [("open", Verb.CLOSE), ("open", Verb.OPEN), ("closing", Verb.OPEN)])
def test_in_an_outage_an_old_state_decides_nothing(state: str, verb: Verb) -> None:
    wire = Wire("cover", GARAGE, state)
    wire.away = True
    (outcome,) = wire.do(verb)
    assert (outcome.result, outcome.code, outcome.sent_ms) == (Result.UNREACHABLE, "act.unreachable", None)
    assert wire.sent == []


def test_two_words_may_be_said_twice() -> None:
    wire = Wire("cover", {"cmd_t": "c", "stat_t": "s"}, "open")
    assert [outcome.code for outcome in wire.do(Verb.CLOSE, Verb.CLOSE, Verb.STOP)] == ["act.silent", "act.silent", ""]
    assert wire.sent == ["CLOSE", "CLOSE", "STOP"]


def test_a_message_that_never_left_is_not_made_good_by_a_later_loss() -> None:
    wire = Wire("fan", FAN, "OFF")
    wire.lost, wire.ends = {2}, {3}
    half, whole = Command("fan.x", Verb.TURN_ON, {"speed": 50}), Command("fan.x", Verb.TURN_OFF)
    outcome = wire.dispatch.execute([half, whole], 0.0).commands[0]
    assert wire.sent == ["ON", "OFF"]
    assert (outcome.result, outcome.code) == (Result.UNREACHABLE, "act.unreachable")


def test_what_is_done_already_was_not_sent() -> None:
    wire = Wire("switch", PLUG, "ON")
    (outcome,) = wire.do(Verb.TURN_ON)
    assert (outcome.result, outcome.sent_ms, outcome.confirmed_ms) == (Result.CONFIRMED, None, None)
