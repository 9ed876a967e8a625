"""What a running hub lets others know: its journal and its figures, with nothing in them that is nobody's business."""

import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from panel import Watcher
from supervisor import Supervisor

from edge.home.simulated import Behaviour, SimulatedHome

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

pytest.importorskip("prometheus_client", reason="prometheus-client is not installed: pip install -e '.[metrics]'")

HOST = "127.77.3.9"
SECRET = "Zanzibar-1964"
SAID = ("kitchen", "garage", "door", "purple", "elephant", "violin")
EVERYTHING = """
import logging, sys
from edge import cli, logs
up = logs.set_up
def every_line(**options):
    up(**options)
    logging.getLogger().setLevel(1)
logs.set_up = every_line
sys.exit(cli.main())
"""


def test_nothing_that_was_said_no_address_and_no_secret(
    make_mosquitto: Callable[..., "Mosquitto"], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        figures = probe.getsockname()[1]
    broker = make_mosquitto("allow_anonymous true", f"listener {port} {HOST}")
    folder = tmp_path / "service"
    etc = folder / "etc/edge"
    etc.mkdir(parents=True)
    (etc / "password").write_text(SECRET)
    (etc / "edge.toml").write_text(
        f'[mqtt]\nhost = "{HOST}"\nport = {port}\nusername = "{SECRET}"\npassword_file = "password"\n'
        f'[asr]\nengine = "pocketsphinx"\n[metrics]\nport = {figures}\n'
        "[act]\nconfirm_ms = 500\n[learning]\nask = false\n"
    )
    with SimulatedHome(broker=("127.0.0.1", broker.port)) as house:
        house.behave("light.kitchen_light", Behaviour.SILENT)
        watcher = Watcher(broker.port)
        service = Supervisor(folder, "-v", "--json", program=("-c", EVERYTHING))
        try:
            service.feeds = True
            service.times("READY", 1)
            watcher.say("homeassistant/light/broken/config", f'{{"name": "{SECRET}"', retain=True)
            watcher.say("homeassistant/sensor/fails/config", faulty_template(), retain=True)
            watcher.say("fails/state", f'{{"value": "{SECRET}"}}', retain=True)
            service.say("turn_on_the_kitchen_light", "oov_purple_elephants_juggle_seventeen_violins")
            service.until(lambda: len(watcher.said("edge/reply")) >= 2, "both are answered")
            scraped = scrape(figures)
            broker.kill()
            service.shows("the broker is away")
            service.say("close_the_garage_door")
            broker.start()
            service.until(lambda: service.status == "listening", "it is back")
            (etc / "home.toml").write_text(f'[devices."light.{SECRET}"]\nvoice = "{SECRET}"\n')
            service.signal(signal.SIGHUP)
            service.times("READY", 2)
            assert "household.invalid" in service.status
            service.restarts = False
            service.signal(signal.SIGTERM)
            service.until(lambda: service.deaths == [130], "it has ended")
        finally:
            watcher.close()
            service.close()
    log = service.lines()
    codes = [line.split(": ")[0] for line in log]
    for code in ("<6>run.listening", "<4>link.lost", "<4>link.back", "<4>reload.refused", "<6>wake.counts"):
        assert codes.count(code) == 1, (code, log)
    assert {"<4>template.failed", "<4>discovery.not_json"} <= set(codes), (log, scraped)
    assert all(line.startswith("<") for line in log), log
    told = "\n".join((*log, *(value for _, value in service.told), scraped)).lower()
    for planted in (HOST, SECRET.lower(), "zanzibar", *SAID):
        assert planted not in told, planted

    assert 'edge_stage_seconds_bucket{le="1.0",stage="understand"} 2.0' in scraped
    assert 'edge_turns_total{result="silent"} 1.0' in scraped
    assert 'edge_turns_total{result="refused"} 1.0' in scraped
    assert 'edge_wakes_total{kind="wakes"} 2.0' in scraped
    assert "edge_dropped_frames_total 0.0" in scraped
    assert "edge_microphone_outages_total 0.0" in scraped
    assert 'edge_refusals_total{code="' in scraped


def faulty_template() -> str:
    return '{"unique_id": "fails", "state_topic": "fails/state", "value_template": "{{ value_json.value | float }}"}'


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        return str(answer.read().decode())
