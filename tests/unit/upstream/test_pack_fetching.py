"""Fetching: whoever answers may lie, stall or never end; what is not whole and signed costs nothing but a sentence."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge.core.errors import EdgeError
from edge.upstream import fetching
from edge.upstream.fetching import opened
from edge.upstream.signed import MAX_BYTES
from tests.unit.rewrite.home import does, rewritten
from tests.unit.upstream.packs_made import HEARD, KEY, OTHER_SEED, Hub, pack, rule

GOOD = pack(sequence=2)
OFF = pack(rule(means="turn off the reading lamp"), sequence=3)


class Server(ThreadingHTTPServer):
    """Answers each path in its own way."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever has gone away in the middle is meant to."""


class Answers(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name in ("moved", "away", "round"):
            where = {"moved": "/good", "away": "http://192.0.2.1/good", "round": "/round"}[name]
            self._say(302, b"", Location=where)
        elif name.isdigit():
            self._say(int(name), GOOD)
        elif name == "endless":
            self._say(200, GOOD, length=MAX_BYTES * 9)
        elif name == "unsized":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(GOOD)
            while True:
                self.wfile.write(bytes(1 << 16))
        elif name == "trickle":
            self._say(200, GOOD[:20], length=len(GOOD))
            while True:
                self.wfile.write(b"x")
                time.sleep(0.05)
        elif name == "stall":
            self._say(200, GOOD[:20], length=len(GOOD))
            time.sleep(5)
        elif name == "short":
            self._say(200, GOOD[:-7], length=len(GOOD))
        else:
            bodies = {
                "good": GOOD,
                "forged": pack(sequence=9, seed=OTHER_SEED),
                "page": b"<html>" * 999,
                "nothing": b"",
            }
            self._say(200, bodies[name])

    def _say(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body) if length is None else length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path / "hub")
    made.offer(pack(sequence=1))
    yield made
    made.end()


def pull(hub: Hub, source: str, *, timeout_s: float = 0.3, whole_s: float = 0.6) -> str:
    """Code of what goes wrong, or nothing."""
    try:
        with opened(source, [KEY], timeout_s=timeout_s, whole_s=whole_s) as read:
            hub.packs.take(read)
    except EdgeError as error:
        return error.code
    return ""


@pytest.mark.parametrize("path", ["good", "moved"])
def test_a_good_one(hub: Hub, address: str, path: str) -> None:
    assert pull(hub, f"{address}/{path}") == ""
    present = hub.packs.status().state.present
    assert present is not None
    assert present.sequence == 2
    assert does(hub.house.hear(HEARD)) == ["turn_on light.reading_lamp"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("forged", "pack.signature"),
        ("page", "pack.corrupt"),
        ("nothing", "pack.corrupt"),
        ("short", "pack.corrupt"),
        ("endless", "pack.too_large"),
        ("unsized", "pack.too_large"),
        ("500", "pack.unreachable"),
        ("404", "pack.unreachable"),
        ("206", "pack.unreachable"),
        ("away", "pack.unreachable"),
        ("round", "pack.unreachable"),
        ("stall", "pack.unreachable"),
        ("trickle", "pack.unreachable"),
    ],
)
def test_a_bad_one_leaves_what_is_there(hub: Hub, address: str, path: str, code: str) -> None:
    assert pull(hub, f"{address}/{path}") == code
    present = hub.packs.status().state.present
    assert present is not None
    assert present.sequence == 1
    assert rewritten(hub.house.hear(HEARD)) == "turn on the reading lamp"


def test_nobody_is_there(hub: Hub) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert pull(hub, f"http://127.0.0.1:{bound.getsockname()[1]}/good") == "pack.unreachable"


@pytest.mark.parametrize(
    "source",
    ["http://example.org/x", "http://127.0.0.1.example.org/x", "https://a:b@example.org/x", "https:///x", "http://[/x"],
)
def test_in_the_clear_only_from_this_machine(hub: Hub, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was asked"))
    assert pull(hub, source) == "pack.unreachable"


def test_a_file(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "some.edgepack"
    assert pull(hub, str(file)) == "pack.unreachable"
    file.write_bytes(GOOD)
    assert pull(hub, str(file)) == ""


def test_the_newest_of_a_folder(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "packs"
    folder.mkdir()
    assert pull(hub, str(folder)) == "pack.unreachable"
    (folder / "a.edgepack").write_bytes(b"no pack")
    assert pull(hub, str(folder)) == "pack.corrupt"
    (folder / "b.edgepack").write_bytes(OFF)
    (folder / "c.edgepack").write_bytes(GOOD)
    (folder / "d.edgepack").write_bytes(pack(sequence=9, seed=OTHER_SEED))
    (folder / "other.txt").write_bytes(pack(sequence=10))
    assert fetching.newest(folder, (KEY,)).name == "b.edgepack"
    assert pull(hub, str(folder)) == ""
    assert rewritten(hub.house.hear(HEARD)) == "turn off the reading lamp"
