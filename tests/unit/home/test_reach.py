"""What a device may have the hub publish to: its own topics, not the hub's, and not those of what is better guarded."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from edge.core.home import Voice
from edge.core.turn import Command, CommandOutcome, Result, Verb
from edge.home import own_device
from edge.home.dispatch import Dispatch
from edge.home.household import Household, Rule
from edge.home.instruction import Message
from edge.home.mirror import Mirror
from edge.home.pace import Pace
from edge.home.reach import Reach

LOCK = {"name": "Front Door", "unique_id": "l", "command_topic": "door/set", "state_topic": "door"}
LAMP = {"name": "Lamp", "unique_id": "x", "command_topic": "lamp/set"}


class Home:
    """A mirror, and what is sent."""

    def __init__(self, *rules: Rule) -> None:
        self.mirror = Mirror(clock_ms=lambda: 0, household=Household.of(rules=rules))
        self.sent: list[str] = []
        reach = Reach(self.mirror, client_id="hub:1", base_topic="edge", prefix="homeassistant")
        self.dispatch = Dispatch(
            self.mirror, self._publish, clock_ms=lambda: 0, pace=Pace(None, 1), refused=reach.refusal
        )

    def _publish(self, message: Message) -> None:
        self.sent.append(message.topic)

    def announce(self, where: str, config: dict[str, Any]) -> None:
        change = self.mirror.apply(f"homeassistant/{where}/config", json.dumps(config).encode())
        assert not change.errors

    def turn_off(self, entity_id: str) -> CommandOutcome:
        return self.dispatch.execute([Command(entity_id, Verb.TURN_OFF)], 0.0).commands[0]


@pytest.fixture
def lamp() -> Callable[..., CommandOutcome]:
    """Turns off a lamp that is announced after a lock."""

    def off(
        *rules: Rule, where: str = "switch/hostile/lamp", lock: str = "lock/door/lock", **keys: str
    ) -> CommandOutcome:
        home = Home(*rules)
        home.announce(lock, LOCK)
        home.announce(where, LAMP | keys)
        outcome = home.turn_off("switch.lamp")
        assert bool(home.sent) is (outcome.result is Result.UNREACHABLE), "only what is refused is not sent"
        return outcome

    return off


@pytest.mark.parametrize("topic", ["door/set", "door"])
def test_a_lamp_is_not_told_where_a_lock_is(lamp: Callable[..., CommandOutcome], topic: str) -> None:
    assert lamp(command_topic=topic, payload_off="UNLOCK").code == "act.borrowed_topic"


def test_a_lamp_is_told_on_its_own_topic(lamp: Callable[..., CommandOutcome]) -> None:
    assert lamp().code == "act.unreachable", "it was tried; there is no broker here"


def test_a_locks_own_switches_are_told_where_it_is(lamp: Callable[..., CommandOutcome]) -> None:
    assert lamp(where="switch/door/child_lock", command_topic="door/set").code == "act.unreachable"
    assert lamp(lock="lock/door", where="switch/door", command_topic="door/set").code == "act.unreachable"
    assert lamp(lock="lock/door", where="switch/other", command_topic="door/set").code == "act.borrowed_topic"


def test_the_household_has_the_last_word(lamp: Callable[..., CommandOutcome]) -> None:
    rule = Rule("switch.lamp", "home.toml:1", voice=Voice.ALLOWED)
    assert lamp(rule, command_topic="door/set").code == "act.unreachable"
    room = Rule("switch.lamp", "home.toml:1", room="Hall")
    assert lamp(room, command_topic="door/set").code == "act.borrowed_topic", "that says nothing of it"


def test_a_lamp_that_the_household_guards_lends_nothing() -> None:
    home = Home(Rule("switch.lamp", "home.toml:1", voice=Voice.NEVER))
    home.announce("switch/one/lamp", LAMP)
    home.announce("switch/two/plug", LAMP | {"name": "Plug", "unique_id": "y"})
    assert home.turn_off("switch.plug").code == "act.borrowed_topic"


@pytest.mark.parametrize(
    "topic",
    [
        "edge",
        "edge/reply",
        "edge/intent",
        f"edge/{own_device.node('hub:1')}/listening/set",
        "edge/other/activity",
        "edge/other/activity/set",
        "edge/sync/hub:1",
        "hermes/tts/say",
        "$SYS/x",
        "homeassistant/lock/door/lock/config",
        "homeassistant/status",
    ],
)
def test_no_device_has_the_hub_speak_for_itself(lamp: Callable[..., CommandOutcome], topic: str) -> None:
    assert lamp(command_topic=topic).code == "act.own_topic"


@pytest.mark.parametrize("topic", ["edge/other/listening/set", "edges/x", "homeassistant/switch/garden/set"])
def test_others_are_told_beside_it(lamp: Callable[..., CommandOutcome], topic: str) -> None:
    assert lamp(command_topic=topic).code == "act.unreachable"
