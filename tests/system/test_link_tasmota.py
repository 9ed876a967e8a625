"""A device with Tasmota's own discovery against a real Mosquitto: found, told, and heard where it answers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edge.core.turn import Command, Result, Verb
from tests.system.house import Device, device, linked

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

FILE = Path(__file__).parents[1] / "data" / "devices" / "tasmota_native.json"
HEATER: dict[str, Any] = json.loads(FILE.read_text())[0]["discovery"][0]


def test_from_discovery_to_confirmation(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as heater:
        heater.say(HEATER["topic"], HEATER["payload"])
        heater.say("tele/heater/LWT", "Online")
    voice = Device(mosquitto.port)

    def answer(said: str) -> None:
        voice.tell("stat/heater/RESULT", json.dumps({"POWER": said}), retain=False)
        voice.tell("stat/heater/POWER", said, retain=False)

    with device(mosquitto.port, "cmnd/heater/#", answer=answer) as heater, linked(mosquitto.port) as watched:
        # Nothing is asked of it: what it has not said yet is not known.
        entity = watched.link.snapshot().entities["switch.heater"]
        assert (entity.available, entity.state) == (True, None)
        (outcome,) = watched.link.execute([Command("switch.heater", Verb.TURN_ON)], 5).commands
        assert outcome.result is Result.CONFIRMED
        assert heater.heard == [("cmnd/heater/POWER", "ON")]
        heater.say("tele/heater/STATE", {"POWER": "OFF"}, retain=False)
        watched.wait_for("switch.heater", "off")
    voice.close()
