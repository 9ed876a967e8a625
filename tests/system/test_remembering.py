"""What is remembered, with real processes, a real broker and a real power cut."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edge.core.codec import dumps
from edge.core.home import Entity, HomeState
from edge.core.turn import Verb
from edge.feedback.store import FILE, MAX_TURNS, Store
from edge.past import Past
from tests.system.house import PLUG, TOPIC, device, line, linked, until

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

WRITER = """
import sys
from pathlib import Path
from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Turn, Utterance
from edge.feedback.store import Store
store = Store(Path(sys.argv[1]), "house", lambda code, said: sys.exit(code))
heard = Utterance((Hypothesis("turn on the lamp " * 100, 1.0),))
for n in range(int(sys.argv[3])):
    store.add_turn(Turn(f"{sys.argv[2]}{n}", 1_790_000_000_000 + n, HomeState(), heard))
    store.save_memory(spoken=[n], habits={"version": 1})
    print(n, flush=True)
"""


def writer(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_killed_as_it_writes_it_opens_again(tmp_path: Path) -> None:
    path = tmp_path / FILE
    for attempt in range(3):
        process = writer(path, f"{attempt}-", 1_000_000)
        assert process.stdout is not None
        for _ in range(20 + attempt):
            written = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        told: list[str] = []
        store = Store(path, "house", lambda code, _, told=told: told.append(code))
        turns = store.turns()
        assert [int(turn.id.partition("-")[2]) for turn in turns[:1]] >= [written]
        assert store.memory()["spoken"] >= [written]
        store.close()
        assert told == []
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
    assert [file.name for file in tmp_path.iterdir() if "broken" in file.name] == []


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    path, each = tmp_path / FILE, MAX_TURNS // 2
    both = [writer(path, name, each) for name in "ab"]
    for process in both:
        out, _ = process.communicate(timeout=60)
        assert (process.returncode, len(out.splitlines())) == (0, each)
    store = Store(path, "house", lambda code, _: pytest.fail(code))
    assert {turn.id for turn in store.turns()} == {f"{name}{n}" for name in "ab" for n in range(each)}
    store.close()


BEGINNER = """
import sys
from pathlib import Path
from edge.feedback.store import Store
go = Path(sys.argv[2])
print("ready", flush=True)
while not go.exists():
    pass
Store(Path(sys.argv[1]), "house", lambda code, said: sys.exit(code)).close()
"""


def test_processes_that_make_the_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    for attempt in range(20):
        go = tmp_path / f"go-{attempt}"
        command = [sys.executable, "-c", BEGINNER, str(tmp_path / f"{attempt}-{FILE}"), str(go)]
        every = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        for process in every:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        go.touch()
        for process in every:
            process.communicate(timeout=60)
        assert [process.returncode for process in every] == [0] * 3


# One command after the other


def edge(home: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments], env=environment, capture_output=True, timeout=60, check=False
    )


def asked(home: Path, *arguments: str) -> dict[str, Any]:
    ended = edge(home, "say", "--json", *arguments)
    assert ended.stderr == b""
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def said_before(turn: dict[str, Any]) -> list[str]:
    return [one["interpretation"]["text"] for one in turn["context"]["spoken"]]


def test_each_command_goes_on_from_the_one_before(tmp_path: Path) -> None:
    lamp = Entity("light.lamp", "light", "Lamp", state="off")
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(dumps(HomeState.of([lamp])))
    for which in (["--simulated"], ["--home", str(tmp_path / "one.json")]):
        first = asked(tmp_path, *which, "turn on the kitchen light" if which == ["--simulated"] else "turn on the lamp")
        assert said_before(first) == []
        assert first["plan"]["commands"] != []
        second = asked(tmp_path, *which, "turn on the moon")
        assert said_before(second) == [first["utterance"]["hypotheses"][0]["text"]]
        assert second["context"]["spoken"][0]["before"][0]["state"] == "off"
        listed = json.loads(edge(tmp_path, "why", *which, "--list", "--json").stdout)
        assert [turn["id"] for turn in listed] == [second["id"], first["id"]]
    assert said_before(asked(tmp_path, "--home", str(tmp_path / "two.json"), "turn on the lamp")) == []


def test_a_damaged_file_costs_one_line(tmp_path: Path) -> None:
    path = tmp_path / ".local" / "share" / "edge" / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x00garbage" * 1000)
    home = tmp_path / "home.json"
    home.write_text(dumps(HomeState.of([Entity("light.lamp", "light", "Lamp", state="off")])))
    ended = edge(tmp_path, "say", "--home", str(home), "turn on the lamp")
    assert (ended.returncode, ended.stdout) == (0, b"would turn on light.lamp\n")
    (told,) = ended.stderr.decode().splitlines()
    assert "store.corrupt" in told
    assert "history.db.broken-1" in told


# Behind a broker


def test_the_link_tells_which_entities_changed(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as plug, line(mosquitto.port) as wire:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "OFF")
        with linked(wire.port) as watched:
            told: list[Sequence[Entity]] = []
            watched.link.on_entities = told.append
            plug.say("plug", "ON")
            watched.wait_for("switch.plug", "on")
            until(lambda: bool(told), "the change is told")
            assert [(entity.entity_id, entity.state) for entity in told[0]] == [("switch.plug", "on")]
            wire.cut()
            until(lambda: not watched.link.connected, "the line is cut")
            plug.say("plug", "OFF")
            told.clear()
            wire.mend()
            until(lambda: bool(told), "all is known again")
            assert told[0] == ()


def test_what_is_done_by_hand_becomes_a_habit(mosquitto: "Mosquitto") -> None:
    with device(mosquitto.port) as plug:
        plug.say(TOPIC, PLUG)
        plug.say("plug", "OFF")
        with linked(mosquitto.port) as watched:
            past = Past(learns=True)
            past.watch(watched.link)
            for said in ("ON", "OFF"):
                plug.say("plug", said)
                watched.wait_for("switch.plug", said.lower())

            def seen() -> set[Verb]:
                return {habit.verb for habit in past.context(watched.link.snapshot()).habits}

            # It was turned off again at once, so that turning it on was not meant.
            until(lambda: seen() == {Verb.TURN_OFF}, "it is seen")
            past.close()
