"""Devices of real bridges, as tests/data/devices has them: discovered, mirrored, told what to do, and seen to obey."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from edge.core.turn import Command, Verb
from edge.home.commands import compose
from edge.home.instruction import Instruction
from edge.home.mirror import Mirror

FILES = sorted((Path(__file__).parents[2] / "data" / "devices").glob("*.json"))
DEVICES = [(f"{file.stem}: {device['device']}", device) for file in FILES for device in json.loads(file.read_text())]
each_device = pytest.mark.parametrize("device", [device for _, device in DEVICES], ids=[name for name, _ in DEVICES])


def wire(payload: Any) -> bytes:
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()


def hear(mirror: Mirror, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        mirror.apply(message["topic"], wire(message["payload"]))


def mirrored(device: dict[str, Any]) -> Mirror:
    mirror = Mirror(clock_ms=lambda: 0)
    for message in device["discovery"]:
        change = mirror.apply(message["topic"], wire(message["payload"]))
        assert all(error.code == "discovery.unknown_component" for error in change.errors), change.errors
    hear(mirror, device["messages"])
    return mirror


def same(found: Any, wanted: Any) -> bool:
    """Whether two JSON values say the same; numbers may differ by what a device rounds away."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    if isinstance(found, bool) or isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return type(found) is type(wanted) and bool(found == wanted)
    return isinstance(found, int | float) and math.isclose(found, wanted, abs_tol=0.002)


def test_there_are_enough_of_every_bridge() -> None:
    least = {"zigbee2mqtt": 18, "esphome": 10, "tasmota": 8, "tasmota_native": 8, "zwave_js_ui": 9, "others": 5}
    count = {file.stem: len(json.loads(file.read_text())) for file in FILES}
    assert {name: min(count[name], enough) for name, enough in least.items()} == least


@each_device
def test_mirrored(device: dict[str, Any]) -> None:
    snapshot = mirrored(device).snapshot()
    for entity_id, wanted in device["expect"].items():
        entity = snapshot.entities.get(entity_id)
        assert entity is not None, f"{entity_id} is not among {sorted(snapshot.entities)}"
        assert "template_error" not in entity.attributes
        for name in ("state", "available", "area"):
            if name in wanted:
                assert (entity_id, name, getattr(entity, name)) == (entity_id, name, wanted[name])
        for name, value in wanted.get("attributes", {}).items():
            found = entity.attributes.get(name)
            assert same(list(found) if isinstance(found, tuple) else found, value), (entity_id, name, found, value)


@each_device
def test_announced_again_is_no_change(device: dict[str, Any]) -> None:
    mirror = mirrored(device)
    before = mirror.snapshot()
    for message in device["discovery"]:
        assert not mirror.apply(message["topic"], wire(message["payload"])).entities
    assert mirror.snapshot() == before


@each_device
def test_obeys(device: dict[str, Any]) -> None:
    mirror = mirrored(device)
    for asked in device["commands"]:
        config = mirror.config(asked["entity_id"])
        assert config is not None, asked["entity_id"]
        command = Command(asked["entity_id"], Verb(asked["verb"]), asked["args"])
        instruction = compose(command, config, mirror.entity(asked["entity_id"]))
        assert isinstance(instruction, Instruction), (asked, instruction)
        assert [message.topic for message in instruction.messages] == [m["topic"] for m in asked["messages"]]
        for message, wanted in zip(instruction.messages, asked["messages"], strict=True):
            if isinstance(wanted["payload"], str):
                assert message.payload == wanted["payload"]
            else:
                assert same(json.loads(message.payload), wanted["payload"]), (message.payload, wanted["payload"])
        hear(mirror, asked["report"])
        if asked["report"]:
            entity = mirror.entity(asked["entity_id"])
            assert entity is not None
            assert instruction.met_by(entity), (asked, entity)


@each_device
def test_removed(device: dict[str, Any]) -> None:
    mirror = mirrored(device)
    for message in device["discovery"]:
        mirror.apply(message["topic"], b"")
    assert not mirror.snapshot().entities
    assert not mirror.topics()
