"""The collector over a real socket: what it takes is on disk, and whoever lies, stalls or floods gets one sentence."""

import http.client
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from edge.upstream import batch as batches
from tests.unit.learn import homes
from tools.learn import collector
from tools.learn.collector import Spool
from tools.learn.ingest import SUFFIX

ONE = homes.batch(1, [homes.MISSED])
BYTES = batches.encode(ONE)
HEADERS = {"Content-Type": batches.CONTENT_TYPE}


@contextmanager
def serving(spool: Spool) -> Iterator[int]:
    """The collector on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    given: list[Any] = []
    thread = threading.Thread(target=collector.serve, args=(spool, "127.0.0.1", port), kwargs={"made": given.append})
    thread.start()
    try:
        for _ in range(500):
            if given and given[0].started:
                break
            thread.join(0.02)
        assert given[0].started
        yield port
    finally:
        given[0].should_exit = True
        thread.join(10)


def post(port: int, data: bytes, path: str = "/batch", **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, data, {**HEADERS, **names})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body.startswith(b"{") else {}
    finally:
        connection.close()


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Spool:
    return Spool(tmp_path_factory.mktemp("spool"), homes.WORDS, most=3)


@pytest.fixture(scope="module")
def port(spool: Spool) -> Iterator[int]:
    with serving(spool) as port:
        yield port


def test_a_batch_is_kept_as_it_came_and_acknowledged_by_its_id(port: int, spool: Spool) -> None:
    for _ in range(2):
        assert post(port, BYTES, Idempotency_Key=ONE.id) == (200, {"id": ONE.id})
    assert (spool.folder / f"{ONE.id}{SUFFIX}").read_bytes() == BYTES
    assert [file.name for file in spool.folder.iterdir()] == [f"{ONE.id}{SUFFIX}"]


def test_another_batch_of_the_same_id_is_refused(port: int, spool: Spool) -> None:
    assert post(port, BYTES)[0] == 200
    other = batches.encode(homes.batch(1, [homes.MISSED, homes.heard("turn on the lamp", worked=True)]))
    status, answer = post(port, other)
    assert (status, answer["code"]) == (409, "batch.other")
    assert (spool.folder / f"{ONE.id}{SUFFIX}").read_bytes() == BYTES


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (BYTES[:-5], {}, 400, "batch.corrupt"),
        (b"", {}, 400, "batch.corrupt"),
        (BYTES, {"Idempotency_Key": "0" * 32}, 400, "batch.key"),
        (BYTES, {"Content_Type": "text/plain"}, 415, "collect.type"),
        (bytes(batches.MAX_COMPRESSED + 1), {}, 413, "batch.too_large"),
    ],
    ids=["cut", "empty", "key", "type", "gigantic"],
)
def test_what_is_no_batch_gets_one_sentence(
    port: int, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    got, answer = post(port, data, **headers)
    assert (got, answer["code"]) == (status, code)
    assert homes.WRONG not in answer["error"]


def test_one_that_does_not_tell_its_length_is_cut_off(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    piece = bytes(100_000)
    connection.request("POST", "/batch", (piece for _ in range(11)), HEADERS, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_one_that_stalls_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "BODY_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"POST /batch HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n")
        line.sendall(f"Content-Type: {batches.CONTENT_TYPE}\r\n\r\nabc".encode())
        assert b" 408 " in line.recv(1000)


def test_elsewhere_is_nothing(port: int) -> None:
    assert post(port, BYTES, "/")[0] == 404


def test_a_full_spool_takes_no_more_and_says_so(port: int, spool: Spool) -> None:
    statuses = [post(port, batches.encode(homes.batch(number, [homes.MISSED])))[0] for number in range(10, 14)]
    assert statuses[-1] == 507
    assert len(list(spool.folder.glob(f"*{SUFFIX}"))) == 3


def test_nothing_of_who_sends_or_what_is_logged(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(port, BYTES)
        post(port, BYTES[:-5])
    assert homes.WRONG not in caplog.text
    assert "127.0.0.1" not in caplog.text
