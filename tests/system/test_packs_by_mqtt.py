"""A pack that a broker retains: it reaches the hub that listens and the command, and a bad one is said once."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from paho.mqtt import publish

from edge.cli import main
from edge.house import linked
from edge.packs import MQTT, TOPIC, watched
from edge.settings import MqttSettings
from tests.system.conftest import Mosquitto
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.home import House, rewritten
from tests.unit.upstream.packs_made import HEARD, KEY, MEANS, OTHER_SEED, lived_in, pack, profile, until

pytestmark = pytest.mark.system

house = lived_in


def retain(broker: Mosquitto, data: bytes) -> None:
    publish.single(f"edge/{TOPIC}", data, qos=1, retain=True, hostname="127.0.0.1", port=broker.port)


def test_the_hub_serves_it_and_a_reconnect_changes_nothing(
    mosquitto: Mosquitto, house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    retain(mosquitto, pack(seed=OTHER_SEED))
    plain = profile(tmp_path, pack_source=MQTT)
    mine = replace(plain, mqtt=MqttSettings(host="127.0.0.1", port=mosquitto.port))

    def told() -> list[str]:
        return [code for record in caplog.records if (code := record.getMessage().partition(":")[0])[:5] == "pack."]

    with (
        linked(mine, ready_s=10.0) as link,
        watched(
            mine,
            house.rewrites,
            house.store,
            grammar=grammar,
            home=lambda: house.hear("hello").home,
            rests=lambda: True,
            listen=link.listen,
        ),
    ):
        until(lambda: told() == ["pack.signature"])
        retain(mosquitto, pack())
        until(lambda: rewritten(house.hear(HEARD)) == MEANS)
        mosquitto.stop()
        mosquitto.start()
        until(lambda: link.connected)
        retain(mosquitto, pack())
        link.wait_ready(10.0)
        assert rewritten(house.hear(HEARD)) == MEANS
    assert told() == ["pack.signature"]


def test_the_command_takes_it(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("EDGE_UPSTREAM__PACK_SOURCE", MQTT)
    monkeypatch.setenv("EDGE_UPSTREAM__PACK_KEY", base64.b64encode(KEY).decode())
    monkeypatch.setenv("EDGE_MQTT__HOST", "127.0.0.1")
    monkeypatch.setenv("EDGE_MQTT__PORT", str(mosquitto.port))
    monkeypatch.setattr("edge.cli.READY_S", 1.0)
    assert main(["pack", "pull"]) == 4
    assert f"retains no pack on edge/{TOPIC}" in capsys.readouterr().err
    retain(mosquitto, pack(sequence=5))
    assert main(["pack", "pull"]) == 0
    assert capsys.readouterr().out == "pack 5 of week 2026-W48 (1 rewrites) is served from the next request on\n"
