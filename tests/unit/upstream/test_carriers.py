"""A batch has arrived when whoever takes it says so, and nobody who does is trusted with more than that."""

import shutil
import socket
import ssl
import time
from pathlib import Path

import pytest

from edge.core.errors import EdgeError, InputError, UnreachableError
from edge.upstream.batch import CONTENT_TYPE
from edge.upstream.carriers import MAX_ANSWER, NotTakenError, ToBroker, ToCollector, ToFolder
from edge.upstream.outbox import Packed
from tests.system.house import certificate
from tests.unit.upstream import collectors
from tests.unit.upstream.collectors import Answer, collector, says

ID = "0123456789abcdef" * 2
PACKED = Packed(ID, bytes(range(256)) * 10, 7)


# A folder


def test_into_a_folder(tmp_path: Path) -> None:
    carrier = ToFolder(tmp_path)
    carrier.send(PACKED)
    carrier.send(PACKED)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.read_bytes()) == (f"{ID}.edgebatch", PACKED.data)
    carrier.close()


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="No such file") as caught:
        ToFolder(tmp_path / "stick").send(PACKED)
    assert caught.value.code == "upstream.unreachable"
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_keeps_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.upstream.carriers.os.fsync", full)
    with pytest.raises(UnreachableError, match="No space left"):
        ToFolder(tmp_path).send(PACKED)
    assert list(tmp_path.iterdir()) == []


# A collector


def to(port: int, **options: float) -> ToCollector:
    return ToCollector(f"http://127.0.0.1:{port}/batch?x=1", **options)


def refusal(answer: Answer, **options: float) -> EdgeError:
    with collector(answer) as there, pytest.raises(EdgeError) as caught:
        to(there.port, **options).send(PACKED)
    return caught.value


def test_to_a_collector() -> None:
    with collector(collectors.good) as there:
        to(there.port).send(PACKED)
    ((head, body),) = there.requests
    assert body == PACKED.data
    first, *headers = head.split("\r\n")
    assert first == "POST /batch?x=1 HTTP/1.1"
    assert set(headers) == {
        f"Host: 127.0.0.1:{there.port}",
        f"Content-Length: {len(body)}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Idempotency-Key: {ID}",
        "User-Agent: edge-hub",
        "Accept-Encoding: identity",
    }


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_good_status_will_do(status: int) -> None:
    with collector(says(status, f'{{"id":"{ID}","more":1}}'.encode())) as there:
        to(there.port).send(PACKED)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (says(500), "answers 500"),
        (says(503, b"", "Retry-After: 1"), "answers 503"),
        (says(404), "answers 404"),
        (says(507), "answers 507"),
        (says(200, b'{"id":"' + b"f" * 32 + b'"}'), "does not name the batch"),
        (says(200, b"[]"), "does not name the batch"),
        (says(200, b"welcome to the hotel's network"), "does not name the batch"),
        (says(200, b"[" * 60_000), "does not name the batch"),
        (says(200, b""), "does not name the batch"),
        (says(204, b""), "does not name the batch"),
        (says(200, b" " * MAX_ANSWER + f'{{"id":"{ID}"}}'.encode()), "does not name the batch"),
        (collectors.floods, "does not name the batch"),
        (collectors.hangs_up, "out of reach"),
        (lambda connection, *_: connection.sendall(b"SSH-2.0-OpenSSH\r\n"), "out of reach"),
        (lambda connection, *_: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000), "HTTPException"),
        (
            lambda connection, *_: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            "does not name the batch",
        ),
    ],
)
def test_whatever_else_is_answered_is_tried_again(answer: Answer, told: str) -> None:
    error = refusal(answer)
    assert (error.code, type(error)) == ("upstream.unreachable", UnreachableError)
    assert told in str(error)
    assert ID not in str(error)


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_a_batch_that_is_refused(status: int) -> None:
    error = refusal(says(status, b'{"error":"see http://evil.example"}'))
    assert (error.code, type(error)) == ("upstream.refused", NotTakenError)
    assert "evil" not in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    with collector(collectors.good) as elsewhere:
        error = refusal(says(status, b"", f"Location: http://127.0.0.1:{elsewhere.port}/batch"))
    assert error.code == "upstream.unreachable"
    assert elsewhere.requests == []


def test_one_that_stalls() -> None:
    assert "in time" in str(refusal(collectors.stalls, timeout_s=0.1))


def test_one_that_answers_a_byte_at_a_time() -> None:
    assert "in time" in str(refusal(collectors.trickles, whole_s=0.2))


def test_what_is_under_way_is_given_up() -> None:
    with collector(lambda connection, *_: (carrier.close(), collectors.stalls(connection))[1]) as there:
        carrier = to(there.port)
        began = time.monotonic()
        with pytest.raises(UnreachableError):
            carrier.send(PACKED)
        assert time.monotonic() - began < carrier._timeout_s / 2
    carrier.close()


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(UnreachableError, match="refused"):
        to(port).send(PACKED)


def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with collector(collectors.good) as there:
        to(there.port).send(PACKED)


@pytest.mark.parametrize(
    "url",
    [
        "http://collector.example/batch",
        "http://127.0.0.1.evil.example/batch",
        "http://127.0.0.1@evil.example/batch",
        "https://anna:secret@collector.example/batch",
        "https:///batch",
        "https://collector.example:99999/batch",
        "https://collector.example:port/batch",
        "https://[::1/batch",
        "ftp://127.0.0.1/batch",
        "collector.example",
        "",
    ],
)
def test_an_address_in_the_clear_or_none(url: str) -> None:
    with pytest.raises(InputError) as caught:
        ToCollector(url)
    assert caught.value.code == "upstream.url"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificates with openssl")
def test_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, key = certificate(tmp_path, "collector")
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(made, key)
    with collector(collectors.good, secure=secure) as there:
        unknown = ToCollector(f"https://127.0.0.1:{there.port}/batch")
        with pytest.raises(UnreachableError, match="certificate is not good"):
            unknown.send(PACKED)
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        with pytest.raises(UnreachableError, match="certificate is not good"):
            ToCollector(f"https://localhost:{there.port}/batch").send(PACKED)  # another machine's
        assert there.requests == []
        unknown.send(PACKED)
    assert [body for _, body in there.requests] == [PACKED.data]


# A broker


@pytest.mark.parametrize("acknowledged", [True, False])
def test_to_a_broker(acknowledged: bool) -> None:
    sent: list[tuple[str, bytes]] = []

    def deliver(topic: str, payload: bytes, timeout_s: float) -> bool:
        assert timeout_s == 10
        sent.append((topic, payload))
        return acknowledged

    carrier = ToBroker(deliver)
    if acknowledged:
        carrier.send(PACKED)
    else:
        with pytest.raises(UnreachableError, match="the broker does not take"):
            carrier.send(PACKED)
    assert sent == [("upstream/batch", PACKED.data)]
    carrier.close()
