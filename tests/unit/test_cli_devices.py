"""`edge devices` and `edge home`: what they show of a home from a file."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge import cli_devices
from edge.cli import main
from edge.cli_home import template
from edge.core.codec import dumps, to_json
from edge.core.home import Entity, HomeState, Voice
from edge.home.facts import Fact
from edge.household_file import load
from edge.show import age, duration


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "user"))
    monkeypatch.delenv("EDGE_MQTT__HOST", raising=False)


@pytest.fixture
def home(home: HomeState) -> HomeState:
    """With a lock that asks, a light that is away, and a fan that has just reported."""
    changes: dict[str, dict[str, Any]] = {
        "lock.front_door": {"voice": Voice.CONFIRM},
        "light.bedroom": {"available": False, "voice": Voice.NEVER},
        "fan.bedroom": {"reported_ms": 10_000},
    }
    entities = [replace(e, **changes.get(i, {})) for i, e in home.entities.items()]
    return HomeState.of(entities, home.areas, home.floors, home.mic_area, taken_ms=130_000)


@pytest.fixture
def home_file(tmp_path: Path, home: HomeState) -> str:
    path = tmp_path / "home.json"
    path.write_text(dumps(home))
    return str(path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> list[str]:
    assert main(["devices", *arguments]) == status
    return capsys.readouterr().out.splitlines()


def ids(lines: list[str]) -> list[str]:
    return [line.split()[-1] for line in lines[2:] if line and "." in line.split()[-1]]


def test_the_table_tells_age_and_voice(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "--home", home_file)
    rows = {line.split()[-1]: " ".join(line.split()) for line in lines[2:]}
    assert rows["fan.bedroom"] == "Bedroom Bedroom Fan on 2 min fan.bedroom"
    assert rows["lock.front_door"] == "Hall Front Door locked kept asks first lock.front_door"
    assert rows["light.bedroom"] == "Bedroom Bedroom Light unavailable kept never light.bedroom"
    assert rows["scene.movie"] == "— Movie Night — — scene.movie"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--room", "BEDROOM"], ["fan.bedroom", "light.bedroom", "switch.heater_a"]),
        (["--room", "bedroom", "--domain", "light"], ["light.bedroom"]),
        (["--unavailable"], ["light.bedroom"]),
        (["--domain", "lock", "front"], ["lock.front_door"]),
    ],
)
def test_filters(home_file: str, capsys: pytest.CaptureFixture[str], arguments: list[str], found: list[str]) -> None:
    assert ids(shown(capsys, "--home", home_file, *arguments)) == found


def test_nothing_is_found(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no device matches" in shown(capsys, "--home", home_file, "--domain", "toaster", status=1)
    assert main(["devices", "--home", home_file, "--room", "bedrom"]) == 2
    assert "there is no room 'bedrom'; did you mean Bedroom?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["lock.front_door", "thermostat"])
def test_why(home_file: str, capsys: pytest.CaptureFixture[str], name: str) -> None:
    lines = shown(capsys, "--home", home_file, "--why", name)
    assert lines[2].split() == ["fact", "value", "from", "how", "heard"]
    facts = {line.split()[0]: line for line in lines[4:]}
    assert {"name", "area", "voice", "state"} <= facts.keys()
    assert "Hall" in facts["area"]


def test_why_as_json(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(shown(capsys, "--json", "--home", home_file, "--why", "lock.front_door")[0])
    assert told["entity_id"] == "lock.front_door"
    assert {"fact": "voice", "value": "confirm", "source": "the file", "detail": "", "at_ms": None,
            "retained": False} in told["facts"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lock.frontdoor", "did you mean lock.front_door?"),
        ("xyzzy", "edge devices shows them all"),
        ("front door", "several devices are called 'front door': name one of"),
    ],
)
def test_why_of_nothing(home_file: str, capsys: pytest.CaptureFixture[str], name: str, told: str) -> None:
    assert main(["devices", "--home", home_file, "--why", name]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Fact("state", "on", "s", "", None, retained=False), "—"),
        (Fact("state", "on", "s", "", None, retained=True), "kept"),
        (Fact("state", "on", "s", "", 1000, retained=True), "4 s ago, kept by the broker"),
        (Fact("state", "on", "s", "", 1000, retained=False), "4 s ago, live"),
    ],
)
def test_when_a_fact_was_heard(fact: Fact, told: str) -> None:
    assert cli_devices._heard(fact, 5000) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(-1, "0 s"), (0, "0 s"), (59.9, "59 s"), (60, "1 min"), (7300, "2 h"), (200_000, "2 d")]
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_an_age_is_that_of_the_last_report() -> None:
    lamp = Entity("light.x", "light", "X")
    assert age(lamp, 9000) == "—"
    assert age(replace(lamp, state="on"), 9000) == "kept"
    assert age(replace(lamp, state="on", reported_ms=4000), 9000) == "5 s"


# --watch


class Changing:
    """A home whose devices change one after the other, whenever it has been looked at; then somebody stops it."""

    def __init__(self, *homes: HomeState) -> None:
        self._homes = list(homes)

    @contextmanager
    def open(self, on_change: Any = None) -> Any:
        assert on_change is not None
        self._told = on_change
        yield None, self

    def snapshot(self) -> HomeState:
        if len(self._homes) == 1:
            raise KeyboardInterrupt
        self._told()
        return self._homes.pop(0)


def watched(capsys: pytest.CaptureFixture[str], *homes: HomeState, as_json: bool = False) -> list[str]:
    import argparse

    args = argparse.Namespace(watch=True, json=as_json, filter="", room=None, domain=None, unavailable=False)
    assert cli_devices._watch(args, Changing(*homes, HomeState()).open) == 0  # type: ignore[arg-type]
    return capsys.readouterr().out.splitlines()


def state(*entities: Entity) -> HomeState:
    return HomeState.of(entities, taken_ms=1000)


LAMP = Entity("light.x", "light", "X", state="off", attributes={"brightness": 10})


def test_every_change_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    on = replace(LAMP, state="on", attributes={"brightness": 20})
    lines = watched(
        capsys,
        state(LAMP),
        state(replace(LAMP, reported_ms=5)),
        state(on),
        state(replace(on, available=False)),
        state(on, Entity("fan.y", "fan", "Y", state="on")),
        state(),
    )
    assert [line.split("  ", 1)[1] for line in lines] == [
        "X  off → on, brightness 10 → 20  light.x",
        "X  on → unavailable  light.x",
        "Y  new: on  fan.y",
        "X  unavailable → on  light.x",
        "Y  gone  fan.y",
        "X  gone  light.x",
    ]


def test_every_change_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = watched(capsys, state(LAMP), state(replace(LAMP, state="on")), as_json=True)
    told = json.loads(line)
    assert (told["at_ms"], told["entity_id"], told["entity"]["state"]) == (1000, "light.x", "on")


class Ageing:
    """A home that changes by the clock alone, without telling anybody."""

    def __init__(self) -> None:
        self._homes = [state(LAMP), state(replace(LAMP, available=False))]

    @contextmanager
    def open(self, on_change: Any = None) -> Any:
        yield None, self

    def snapshot(self) -> HomeState:
        if not self._homes:
            raise KeyboardInterrupt
        return self._homes.pop(0)


def test_what_changes_by_the_clock_is_told_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import argparse

    monkeypatch.setattr(cli_devices, "TICK_S", 0.01)
    args = argparse.Namespace(watch=True, json=False, filter="", room=None, domain=None, unavailable=False)
    watching = threading.Thread(target=cli_devices._watch, args=(args, Ageing().open), daemon=True)
    watching.start()
    watching.join(10)
    assert not watching.is_alive()
    assert capsys.readouterr().out.endswith("  X  off → unavailable  light.x\n")


EVIL = "\x1b]0;owned\x07\x1b[2J\x9b3m\u202e\ud800\n"


def test_what_a_device_says_does_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], home: HomeState
) -> None:
    entity = Entity("sensor.x", "sensor", "X", state=EVIL, attributes={"unit_of_measurement": EVIL})
    path = tmp_path / "evil.json"
    path.write_text(json.dumps(json.loads(dumps(home)) | {"entities": {"sensor.x": to_json(entity)}}))
    for arguments in ([], ["--json"], ["--why", "sensor.x"], ["--why", "sensor.x", "--json"]):
        lines = shown(capsys, "--home", str(path), *arguments)
        assert any("owned" in line for line in lines)
        assert all(sign.isprintable() for line in lines for sign in line)
    for as_json in (False, True):
        (line,) = watched(capsys, state(), state(entity), as_json=as_json)
        assert "owned" in line
        assert line.isprintable()
    assert json.loads(line)["entity"]["state"] == EVIL


def test_on_a_terminal_it_redraws_and_leaves_it_as_it_was(home_file: str) -> None:
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "devices", "--watch", "--home", home_file],
        stdout=inside,
        env={**os.environ, "COLUMNS": "100", "LINES": "20"},
    )
    os.close(inside)
    written = b""
    seen = threading.Event()

    def read() -> None:
        nonlocal written
        try:
            while piece := os.read(terminal, 4096):
                written += piece
                if b"lock.front_door" in written:
                    seen.set()
        except OSError:  # the other end is closed
            return

    reader = threading.Thread(target=read)
    reader.start()
    assert seen.wait(20)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    reader.join(5)
    os.close(terminal)
    assert written.startswith(b"\033[?1049h")
    assert written.endswith(b"\033[?1049l")


# edge home


def test_check_of_a_home(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["home", "check", "--home", home_file]) == 0
    out = capsys.readouterr().out
    assert "unavailable" in out
    assert "Bedroom Light" in out
    assert main(["home", "check", "--json", "--home", home_file]) == 0
    (finding,) = json.loads(capsys.readouterr().out)
    assert (finding["name"], finding["status"]) == ("unavailable", "warn")


def test_check_of_a_home_with_something_serious(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "home.json"
    path.write_text(dumps(HomeState.of([LAMP, replace(LAMP, entity_id="light.y")])))
    assert main(["home", "check", "--home", str(path)]) == 1
    assert "same name: x" in capsys.readouterr().out


def test_init_writes_what_changes_nothing(
    tmp_path: Path, home: HomeState, home_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "user" / "edge" / "home.toml"
    assert main(["home", "init", "--home", home_file]) == 0
    assert str(path) in capsys.readouterr().out
    house = load(path)
    assert {area.name for area in house.areas} == {area.name for area in home.areas}
    assert {area.floor for area in house.areas} == {"ground_floor", "upstairs"}
    assert house.rules == ()
    before = path.read_text()
    assert main(["home", "init", "--home", home_file]) == 2
    assert "is there already and stays as it is" in capsys.readouterr().err
    assert path.read_text() == before


def test_everything_in_the_written_file_may_be_taken_at_its_word(tmp_path: Path, home: HomeState) -> None:
    odd = Entity('light."odd"', "light", 'A "quoted"\\ name', area="kitchen")
    text = template(HomeState.of([*home.entities.values(), odd], home.areas, home.floors, home.mic_area))
    before, _, after = text.partition("# Devices, by id")
    text = before + after.partition('# room = "Garden"')[2]
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    keys = ("[", "name =", "aliases", "room =", "voice =", "floor =", "microphone")
    path = tmp_path / "home.toml"
    path.write_text("\n".join(line for line in lines if line.startswith(keys)))
    wanted = [line for line in lines if line.startswith("[devices.")]
    assert len(load(path).rules) == len(wanted) == len(home.entities) + 1


def test_a_wrong_home_toml_is_told(tmp_path: Path, home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "user" / "edge" / "home.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[roms.x]\n")
    assert main(["devices", "--set", "mqtt.host=localhost"]) == 2
    assert f"{path}:1: there is no section 'roms'; did you mean rooms?" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["check", "init"])
def test_help_has_an_example(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["home", action, "--help"])
    assert f"example: edge home {action}" in capsys.readouterr().out


# edge say


def test_a_question_is_answered_on_the_command_line(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--home", home_file, "unlock the front door"]) == 1
    out = capsys.readouterr()
    assert out.out == "Unlock the Front Door?\n"
    assert out.err == f"edge: to say yes: edge say --home {home_file} --yes 'unlock the front door'\n"
    assert main(["say", "--yes", "--home", home_file, "unlock the front door"]) == 0
    assert capsys.readouterr().out == "would unlock lock.front_door\n"
    assert main(["say", "--yes", "--home", home_file, "lock the front door"]) == 0
    assert capsys.readouterr().out == "would lock lock.front_door\n"


def test_what_is_not_for_the_voice(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "--yes", "--home", home_file, "turn on the bedroom light"]) == 1
    assert capsys.readouterr().out == "Sorry, Bedroom Light is not for the voice to change\n"


def test_taught_names_are_shown_as_such_and_found_by(home_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["teach", "call the bedroom fan big bertha", "--home", home_file]) == 0
    capsys.readouterr()
    (line,) = shown(capsys, "big bertha", "--home", home_file)[2:]
    assert "Bedroom Fan; big bertha (taught)" in line
    assert "big bertha" not in "".join(shown(capsys, "big bertha", "--json", "--home", home_file))
    why = shown(capsys, "--why", "big bertha", "--home", home_file)
    assert any("big bertha" in line and "taught" in line for line in why)
