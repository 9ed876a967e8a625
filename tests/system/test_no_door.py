"""No command opens a socket that somebody could connect to, and what is kept is for its owner alone."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.cli import _parser
from edge.home.simulated import SimulatedHome
from tests.system.panel import SILENCE, named, pcm, running
from tools.bench.demo import RECORDINGS

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

_LISTENING = "0A"
"""State TCP_LISTEN in /proc/net/tcp, proc(5)."""
_UNCONNECTED = "07"
"""State of a UDP socket that takes packets from everybody."""


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


def doors(pid: int) -> set[str]:
    """Local addresses on which a process can be reached, and the names of its Unix sockets that listen."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
        except FileNotFoundError:
            continue  # closed meanwhile
    found = set()
    for table, states in (("tcp", _LISTENING), ("tcp6", _LISTENING), ("udp", _UNCONNECTED), ("udp6", _UNCONNECTED)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == states and fields[9] in inodes:
                found.add(f"{table} {fields[1]}")
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[3], 16) & 0x10000 and fields[6] in inodes:  # __SO_ACCEPTCON
            found.add(f"unix {' '.join(fields[7:])}")
    return found


def test_a_door_would_be_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        seen = doors(os.getpid())
        assert {f"tcp 0100007F:{server.getsockname()[1]:04X}", f"udp 0100007F:{other.getsockname()[1]:04X}"} <= seen


def test_a_running_hub_has_no_door_and_what_it_keeps_is_its_owners(house: SimulatedHome, tmp_path: Path) -> None:
    os.umask(0o022)  # as a login has it
    data = tmp_path / ".local" / "share" / "edge"
    settings = ("--no-wake", "upstream.carrier=folder", f"upstream.folder={tmp_path}")
    with running(house.port, tmp_path, *settings) as hub:
        assert doors(hub.process.pid) == set()
        for stem in ("turn_on_the_kitchen_light", "set_a_pizza_timer_for_ten_minutes"):
            hub.hear(pcm(f"talk/no_wake_{stem}"), SILENCE)
            assert hub.turn()["done"], stem
        assert status(tmp_path, "teach", "movie time", "--means", "turn off the fan", *named(house.port)) == 0
        assert status(tmp_path, "rewrites", "export", str(data / "taught.json")) == 0
        assert doors(hub.process.pid) == set()
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.rglob("*"))}
        hub.end()
    assert {"history.db", "timers-hub_1_47489d.json", "taught.json"} <= {path.name for path in modes}
    assert {str(p.relative_to(data)): oct(m) for p, m in modes.items() if m != (0o700 if p.is_dir() else 0o600)} == {}


def status(home: Path, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    ).returncode


_WATCHED = """
import json, socket, sys

opened = []


def look(event, arguments):
    if event == "socket.bind" and arguments[1] != ("", 0):  # what connects may say that it comes from anywhere
        opened.append(f"{event} {arguments[1]}")
    elif event in ("socket.connect", "socket.getaddrinfo"):
        where = arguments[1] if event == "socket.connect" else arguments[0]
        if "127.0.0.1" not in str(where):
            opened.append(f"{event} {where}")


sys.addaudithook(look)
socket.socket.listen = lambda *_: opened.append("listen")
from edge.cli import main

for command in json.loads(sys.argv[1]):
    try:
        ended = main(command)
    except SystemExit as ending:
        ended = ending.code
    if opened or ended not in (0, 1):
        sys.exit(f"{command} {ended} {opened}")
"""


def test_no_command_opens_a_door_or_speaks_to_anybody_but_the_broker(house: SimulatedHome, tmp_path: Path) -> None:
    at = named(house.port)
    kitchen = str(RECORDINGS / "turn_on_the_kitchen_light.flac")
    commands = [
        ["say", "turn on the kitchen light", *at],
        ["why", *at],
        ["teach", "movie time", "--means", "turn off the lamp", *at],
        ["rewrites", *at, "list"],
        ["pack", *at, "status"],
        ["outbox", *at, "status"],
        ["turns", *at, "list"],
        ["misses", *at],
        ["devices", *at],
        ["home", *at, "init"],
        ["home", *at, "check"],
        ["timers", *at],
        ["models", "list"],
        ["wake", *at, "tune", kitchen],
        ["profile", *at],
        ["doctor", *at],
    ]
    known = {name for action in _parser()._subparsers._group_actions for name in action.choices}
    assert known - {command[0] for command in commands} - NOT_HERE == set(), "a new command is to be tried here, too"
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, json.dumps(commands)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


NOT_HERE = {"run", "replay", "service", "backup", "restore", "privacy"}
"""The first is tried above, and the second is made of the same; the others speak to nobody: files and systemctl."""
