"""The hub as a device: what it announces, against the hub's own reader and what Home Assistant asks for."""

import json
import re
from typing import Any

import pytest

from edge.audio.wake_parts import WakeCounts
from edge.core.errors import InputError
from edge.home import own_device
from edge.home.broker import LinkSettings
from edge.home.discovery import parse
from edge.home.own_device import PARTS, TOLD, Activity, OwnDevice

HUB = OwnDevice("edge-hub", "1.2", "Living Room", "raspberry-pi-5", base_topic="voice/edge")

# Transcribed from the pages of MQTT switch, number and sensor, and the developers' pages of these entities and of
# entity categories: what each must have, and what each may have, of the keys that are used here.
SHARED = {"name", "icon", "entity_category", "unique_id", "availability_topic", "device", "origin"}
MUST = {"switch": {"command_topic"}, "number": {"command_topic"}, "sensor": {"state_topic"}}
MAY = {
    "switch": {"state_topic"},
    "number": {"state_topic", "min", "max", "step", "mode"},
    "sensor": {"device_class", "options", "state_class", "value_template"},
}
CATEGORIES = {"switch": {"config"}, "number": {"config"}, "sensor": {None, "diagnostic"}}
"""A sensor configures nothing, so Home Assistant refuses it the category config."""
ABOUT = {"identifiers", "name", "manufacturer", "model", "sw_version", "hw_version", "suggested_area"}


def message(part: str, hub: OwnDevice = HUB) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hub.announcement(part))
    return found


@pytest.mark.parametrize("part", PARTS)
def test_as_home_assistant_asks(part: str) -> None:
    component, said = PARTS[part][0], message(part)
    assert MUST[component] <= said.keys() <= SHARED | MUST[component] | MAY[component]
    assert said.get("entity_category") in CATEGORIES[component]
    assert said["device"].keys() == ABOUT
    assert said["origin"]["name"] == "edge"
    assert re.fullmatch(r"homeassistant/[a-z]+/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config", HUB.config_topic(part))
    if "options" in said:
        assert said["device_class"] == "enum"
        assert "state_class" not in said, "words have no statistics"
    assert said.get("state_class") in (None, "total_increasing")


@pytest.mark.parametrize("part", [part for part in PARTS if PARTS[part][0] != "number"])
def test_as_the_hub_reads_others(part: str) -> None:
    (config,) = parse(HUB.config_topic(part), HUB.announcement(part).encode()).configs
    assert config.name == f"edge Living Room {PARTS[part][1]['name']}"
    assert config.area == "Living Room"
    assert [source.topic for source in config.availability] == ["voice/edge/edge-hub/status"]
    assert config.text("state_topic") == HUB.state_topic(part)
    assert config.text("command_topic") == (HUB.set_topic(part) if part in TOLD else None)


def test_parts_are_told_apart() -> None:
    said = [message(part) for part in PARTS]
    assert len({one["unique_id"] for one in said}) == len({one["name"] for one in said}) == len(PARTS)
    assert len({json.dumps(one["device"]) for one in said}) == 1, "all parts are of one device"


def test_two_hubs_are_two_devices() -> None:
    first, second = OwnDevice("hub.1", "1"), OwnDevice("hub:1", "1")
    assert first.node != second.node
    assert first.state_topic("mute") != second.state_topic("mute")
    assert first.status_topic != second.status_topic, "one that is gone does not look alive, nor the other dead"
    assert LinkSettings(client_id="hub:1").status_topic == second.status_topic
    assert message("mute", first)["device"]["identifiers"] != message("mute", second)["device"]["identifiers"]
    assert message("mute", first)["device"]["name"] == "hub.1"


def test_counts_are_read_where_they_are_written() -> None:
    counted = [part for part in PARTS if "value_template" in message(part)]
    keys = {re.fullmatch(r"\{\{ value_json\.(\w+) \}\}", message(part)["value_template"])[1] for part in counted}  # type: ignore[index]
    assert len(keys) == len(counted) == 4
    assert keys <= set(WakeCounts.__dataclass_fields__)
    assert {message(part)["state_topic"] for part in counted} == {"voice/edge/edge-hub/counts"}


def test_activities_are_the_options() -> None:
    assert message("activity")["options"] == [str(activity) for activity in Activity]


def test_only_what_there_is_is_announced() -> None:
    assert set(own_device.parts(plays=True, requests=True)) == set(PARTS)
    assert set(PARTS) - set(own_device.parts(plays=False, requests=False)) == {"mute", "last_request"}


def test_home_assistant_says_that_it_has_started_below_its_own_name() -> None:
    assert HUB.birth_topics() == ("homeassistant/status",)
    assert OwnDevice("x", "1", prefix="ha").birth_topics() == ("homeassistant/status", "ha/status")


@pytest.mark.parametrize("text", ["", "a\nb  c", "ä" * 300, "word " * 100])
def test_a_state_is_one_short_line(text: str) -> None:
    shown = own_device.shown(text)
    assert len(shown) <= own_device.MAX_STATE_CHARS
    assert "\n" not in shown
    assert shown.rstrip("…") in " ".join(text.split())


@pytest.mark.parametrize(("payload", "told"), [(b"ON", True), (b"OFF", False)])
def test_switches_are_told(payload: bytes, told: bool) -> None:
    assert own_device.read_switch(payload) is told
    assert own_device.switched(told).encode() == payload


@pytest.mark.parametrize(("payload", "told"), [(b"0", 0.0), (b"1", 1.0), (b"0.25", 0.25), (b"1.0", 1.0)])
def test_numbers_are_told(payload: bytes, told: float) -> None:
    assert own_device.read_share(payload) == told
    assert own_device.read_share(own_device.share(told).encode()) == told


@pytest.mark.parametrize("payload", [b"", b"on", b"ON ", b"true", b"1", b"\xff"])
def test_what_no_switch_is_told(payload: bytes) -> None:
    with pytest.raises(InputError, match="ON or OFF") as caught:
        own_device.read_switch(payload)
    assert caught.value.code == "panel.bad_command"


@pytest.mark.parametrize("payload", [b"", b"-0.1", b"1.01", b"nan", b"inf", b"half", b"0" * 33, b"\xff", b"1e999"])
def test_what_no_number_is_told(payload: bytes) -> None:
    with pytest.raises(InputError, match="from 0 to 1") as caught:
        own_device.read_share(payload)
    assert caught.value.code == "panel.bad_command"
