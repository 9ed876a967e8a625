"""How a batch leaves: into a folder, to an https address, or over MQTT. Whoever takes it is not trusted.

A carrier sends one batch and returns when it has arrived for good: a file has its name, the collector has named the
batch's id, the broker has acknowledged it. Whatever else happens, it raises, and the batch is sent again later.
"""

import contextlib
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from edge.core.errors import InputError, UnreachableError
from edge.upstream.batch import CONTENT_TYPE
from edge.upstream.outbox import Packed

SUFFIX = ".edgebatch"
TOPIC = "upstream/batch"
"""Below the base topic."""
TIMEOUT_S = 10.0
"""For a connection, and for each next bytes."""
WHOLE_S = 60.0
"""For all of it, whatever the other side does meanwhile."""
MAX_ANSWER = 65_536
"""Bytes of a collector's answer that are read."""
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_REFUSALS = frozenset((400, 409, 413, 415, 422))
"""Statuses that say something of the batch, not of the moment."""


class NotTakenError(InputError):
    """The collector refuses this batch: `upstream.refused`."""


class Carrier(Protocol):
    """Takes batches to where they go."""

    def send(self, packed: Packed) -> None:
        """Return once it is there. Raises UnreachableError (`upstream.unreachable`), NotTakenError."""
        ...

    def close(self) -> None:
        """Give up what is under way."""
        ...


class ToFolder:
    """Files named after the batch's id. A folder that is not there is not made: its disk may not be plugged in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, packed: Packed) -> None:
        """As of `Carrier`: written to one side, synced, and given its name."""
        aside = self._folder / f".{packed.id}.part"
        try:
            with aside.open("wb") as file:
                file.write(packed.data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._folder / f"{packed.id}{SUFFIX}")
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with contextlib.suppress(OSError):  # of a folder that is not there
                aside.unlink(missing_ok=True)
            raise UnreachableError("upstream.unreachable", f"{self._folder}: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is under way for long."""


class ToCollector:
    """`POST` to a collector, in the clear to this machine alone. Nobody is followed elsewhere, no proxy is used.

    url: https, or http to the loopback interface. Raises InputError (`upstream.url`) for another.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, whole_s: float = WHOLE_S) -> None:
        try:
            parts = urlsplit(url)
            secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
            good = secure and parts.hostname and not parts.username and not parts.password and parts.port != 0
        except ValueError:  # a port that is no number, or too great
            good = False
        if not good:
            raise InputError("upstream.url", "upstream.url is to be an https address, without a password in it")
        self._parts, self._timeout_s, self._whole_s = parts, timeout_s, whole_s
        self._under_way: socket.socket | None = None

    def send(self, packed: Packed) -> None:
        """As of `Carrier`: the answer is 2xx and names the same id."""
        parts, late = self._parts, threading.Event()
        connection = self._connection()
        # Of an answer that comes a byte at a time, no timeout of a single read would ever be up.
        timer = threading.Timer(self._whole_s, self._cut, (late,))
        timer.daemon = True
        try:
            timer.start()
            connection.connect()
            self._under_way = connection.sock  # which the connection forgets once an answer begins
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {
                "Content-Type": CONTENT_TYPE,
                "Idempotency-Key": packed.id,
                "User-Agent": "edge-hub",
                "Accept-Encoding": "identity",
            }
            connection.request("POST", target, body=packed.data, headers=headers)
            with connection.getresponse() as response:
                answer = response.read(MAX_ANSWER + 1)
            if late.is_set():  # whoever is cut off has read to the end
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreachable(TimeoutError() if late.is_set() else error) from error
        finally:
            timer.cancel()
            self._under_way = None
            connection.close()
        _check_answer(response.status, answer, packed)

    def close(self) -> None:
        """Whoever reads from it finds the end."""
        connected = self._under_way
        if connected is not None:
            with contextlib.suppress(OSError):  # it has just been closed
                connected.shutdown(socket.SHUT_RDWR)

    def _cut(self, late: threading.Event) -> None:
        late.set()
        self.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            secure = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=secure)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)


class ToBroker:
    """A message at the household's broker, which may pass it on. deliver: as of `edge.home.link.Link`."""

    def __init__(self, deliver: Callable[[str, bytes, float], bool], timeout_s: float = TIMEOUT_S) -> None:
        self._deliver, self._timeout_s = deliver, timeout_s

    def send(self, packed: Packed) -> None:
        """As of `Carrier`: the broker has acknowledged it."""
        if not self._deliver(TOPIC, packed.data, self._timeout_s):
            raise UnreachableError("upstream.unreachable", "the broker does not take a batch; it is sent again later")

    def close(self) -> None:
        """It is given up in time."""


def _check_answer(status: int, answer: bytes, packed: Packed) -> None:
    if status in _REFUSALS:
        raise NotTakenError("upstream.refused", f"the collector refuses a batch with status {status}")
    if not http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
        raise UnreachableError("upstream.unreachable", f"the collector answers {status}; it is tried again later")
    try:
        told = json.loads(answer) if len(answer) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("id") != packed.id:
        raise UnreachableError(
            "upstream.unreachable",
            "what answers does not name the batch that was sent: is upstream.url a collector?",
        )


def _unreachable(error: Exception) -> UnreachableError:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = f"its certificate is not good ({error.verify_message})"
    elif isinstance(error, TimeoutError):
        reason = "it does not answer in time"
    else:
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    return UnreachableError("upstream.unreachable", f"the collector is out of reach: {reason}; it is tried again later")
