"""The hub under a supervisor: when it is ready, what feeds its watchdog, and what signals do."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from panel import Watcher
from supervisor import Supervisor

from edge.home.simulated import Behaviour, SimulatedHome

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

KITCHEN = "turn_on_the_kitchen_light"
Start = Callable[..., Supervisor]


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Supervisor] = []

    def begin(port: int, *settings: str, **more: object) -> Supervisor:
        ours = (f"mqtt.port={port}", "mqtt.host=127.0.0.1", "asr.engine=pocketsphinx", "mqtt.client_id=hub")
        options = [part for setting in (*ours, *settings) for part in ("--set", setting)]
        started.append(Supervisor(tmp_path / "service", *options, **more))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for one in started:
        one.close()


def test_it_is_ready_when_it_hears_and_fed_while_it_does(mosquitto: "Mosquitto", start: Start) -> None:
    mosquitto.kill()
    service = start(mosquitto.port)
    service.kills = False
    service.shows("waiting for the broker (link.no_broker)")
    assert any(name == "EXTEND_TIMEOUT_USEC" for name, _ in service.told)
    mosquitto.start()
    service.until(lambda: any("run.listening" in line for line in service.lines()), "the models are loaded")
    assert service.count("READY") == 0, "nothing has been heard"
    service.feeds = True
    service.times("READY", 1)
    assert service.status == "listening"
    service.times("WATCHDOG", 2)

    service.feeds = False
    service.until(lambda: service.starved == 1, "no sound")
    fed = service.count("WATCHDOG")
    service.feeds = True
    service.times("WATCHDOG", fed + 1)
    service.signal(signal.SIGSTOP)
    service.until(lambda: service.starved == 2, "a process that stands still")
    service.signal(signal.SIGCONT)

    mosquitto.kill()
    service.shows("listening; the broker is away, and looked for")
    mosquitto.start()
    service.until(lambda: service.status == "listening", "it is back")
    fed = service.count("WATCHDOG")
    service.times("WATCHDOG", fed + 1)
    assert service.deaths == []
    codes = [line.split(": ")[0] for line in service.lines()]
    assert codes == ["<4>link.no_broker", "<6>run.listening", "<6>run.ready", "<4>link.lost", "<4>link.back"]


def test_it_is_started_again_and_stops_when_a_turn_hangs(
    house: SimulatedHome, mosquitto: "Mosquitto", start: Start
) -> None:
    service = start(house.port, "act.confirm_ms=600000", "learning.ask=false")
    service.feeds = True
    service.times("READY", 1)
    service.signal(signal.SIGSTOP)
    service.until(lambda: service.deaths == [-signal.SIGKILL], "the watchdog has it killed")
    service.times("READY", 2)
    stop_in_a_turn(house, mosquitto, service)
    assert service.count("STOPPING") == 1


def stop_in_a_turn(house: SimulatedHome, mosquitto: "Mosquitto", service: Supervisor) -> list[str]:
    """SIGTERM, when a device has been told something and does not answer; the replies that were published."""
    house.behave("light.kitchen_light", Behaviour.SILENT)
    service.restarts = False
    watcher = Watcher(mosquitto.port)
    try:
        service.say(KITCHEN)
        watcher.until(lambda: any(topic.endswith("kitchen_light/set") for topic, _ in watcher.heard), "it is told")
        service.signal(signal.SIGTERM)
        service.until(lambda: service.deaths[-1:] == [130], "it ends in order")
        assert [name for name, _ in service.told if name != "STATUS"][-1] == "STOPPING"
        watcher.until(lambda: watcher.last("edge/hub/status") == "offline", "it has said goodbye")
        return watcher.said("edge/reply")
    finally:
        watcher.close()


def test_it_reloads_between_turns_and_finishes_the_last(
    house: SimulatedHome, mosquitto: "Mosquitto", start: Start, tmp_path: Path
) -> None:
    etc = tmp_path / "service/etc/edge"
    etc.mkdir(parents=True)
    service = start(house.port, "learning.ask=false")
    service.feeds = True
    service.times("READY", 1)

    (etc / "edge.toml").write_text('[act]\nanswer_s = "Zanzibar"\n')
    service.signal(signal.SIGHUP)
    service.times("READY", 2)
    names = [name for name, _ in service.told if name in ("RELOADING", "MONOTONIC_USEC", "READY")]
    assert names == ["READY", "RELOADING", "MONOTONIC_USEC", "READY"]
    where = f"config.invalid at {etc / 'edge.toml'}:2"
    assert service.status == f"listening; the new configuration is wrong ({where}), the one before holds"
    assert [line for line in service.lines() if "reload." in line] == [
        f"<4>reload.refused: {where}; the configuration before holds"
    ]

    (etc / "edge.toml").write_text('[act]\nanswer_s = 20\n[mqtt]\nkeepalive_s = 20\nusername = "Zanzibar"\n')
    (etc / "home.toml").write_text('[devices."light.kitchen_light"]\nvoice = "never"\n')
    service.signal(signal.SIGHUP)
    service.times("READY", 3)
    assert service.status == "listening; only a restart takes over mqtt.username, mqtt.keepalive_s"
    service.say(KITCHEN, "lock_the_front_door")
    service.until(lambda: house.state("lock.front_door")["state"] == "locked", "the request after it is done")
    assert house.state("light.kitchen_light")["state"] == "off", "no voice may touch it now"

    (etc / "home.toml").unlink()
    service.signal(signal.SIGHUP)
    service.times("READY", 4)
    assert "Kitchen Light did not answer" in stop_in_a_turn(house, mosquitto, service)[-1]
    assert "Zanzibar" not in service.log.read_text()


def test_what_only_people_can_mend_is_not_tried_again(start: Start, mosquitto: "Mosquitto") -> None:
    service = start(mosquitto.port, "mqtt.host=")
    service.restarts = False
    service.until(lambda: service.deaths == [2], "RestartPreventExitStatus has it")
    assert service.lines()[-1].startswith("<3>link.not_configured: no broker is configured")
    assert service.status == "ended: link.not_configured"
