"""Collectors that behave in any way: real sockets on the loopback interface."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, bytes, str], None]
"""Given the connection, the body, and the batch's id as its header has it."""


def reply(status: int, body: bytes, *more: str) -> bytes:
    """An answer as it goes over the wire."""
    head = (f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *more, "", "")
    return "\r\n".join(head).encode() + body


def good(connection: socket.socket, _: bytes, batch_id: str) -> None:
    """As it should be."""
    connection.sendall(reply(200, json.dumps({"id": batch_id}).encode()))


def says(status: int, body: bytes = b"{}", *more: str) -> Answer:
    """The same to all."""
    return lambda connection, *_: connection.sendall(reply(status, body, *more))


def stalls(connection: socket.socket, *_: object) -> None:
    """Takes all, and says nothing more."""
    with suppress(OSError):
        connection.recv(1)


def trickles(connection: socket.socket, *_: object) -> None:
    """A byte at a time, for ever."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)


def floods(connection: socket.socket, *_: object) -> None:
    """An answer without an end."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b'{"id": "' + b"0" * 65_536)


def hangs_up(connection: socket.socket, *_: object) -> None:
    """No answer."""


@dataclass
class Collector:
    """What came."""

    port: int
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    """First line and headers, and body."""


@contextmanager
def collector(*answers: Answer, secure: ssl.SSLContext | None = None) -> Iterator[Collector]:
    """One that answers each connection in another way, the last for all that follow."""
    server = socket.create_server(("127.0.0.1", 0))
    found = Collector(server.getsockname()[1])
    threads: list[threading.Thread] = []
    open_: list[socket.socket] = []

    def serve(connection: socket.socket, answer: Answer) -> None:
        try:
            with suppress(OSError):
                if secure is not None:
                    connection = secure.wrap_socket(connection, server_side=True)
                    open_.append(connection)
                head, body = _request(connection)
                found.requests.append((head, body))
                key = next((one for one in head.split("\r\n") if one.startswith("Idempotency-Key: ")), "")
                answer(connection, body, key.partition(": ")[2])
        finally:
            connection.close()

    def accept() -> None:
        number = 0
        with suppress(OSError):  # it is closed
            while True:
                connection, _ = server.accept()
                open_.append(connection)
                answer = answers[min(number, len(answers) - 1)]
                number += 1
                threads.append(threading.Thread(target=serve, args=(connection, answer)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield found
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        accepting.join()
        for one in open_:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def _request(connection: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += (more := connection.recv(65_536))
        if not more:
            raise OSError
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = (line for line in head.decode().split("\r\n") if line.startswith("Content-Length: "))
    length = int(next(lengths).partition(": ")[2])
    while len(body) < length:
        body += connection.recv(65_536)
    return head.decode(), body
