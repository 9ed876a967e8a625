"""Where a pack is fetched from: an https address, a file, or a folder. Whoever answers there is not trusted.

An answer has 10 s for each next bytes and five minutes for all of them, whatever it does; no more is read of it than
the reader asks for. No proxy is used, and no credentials are sent.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from edge.core.errors import UnreachableError
from edge.upstream.signed import MAX_BYTES, PREFIX, PackError, head, head_size

SUFFIX = ".edgepack"
TIMEOUT_S = 10.0
WHOLE_S = 300.0
MAX_REDIRECTS = 3
MAX_FILES = 100
"""Packs in a folder that are looked at."""
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_MOVED = frozenset((301, 302, 303, 307, 308))


Read = Callable[[int], bytes]
"""Given a number of bytes: the next ones, as many at most; none at the end. Raises UnreachableError."""


@contextlib.contextmanager
def opened(
    source: str, keys: Iterable[bytes], *, timeout_s: float = TIMEOUT_S, whole_s: float = WHOLE_S
) -> Iterator[Read]:
    """The pack of a source, to be read. keys: by which the newest of a folder is told.

    Raises UnreachableError (`pack.unreachable`), and PackError (`pack.too_large`, or for what is in a folder).
    """
    with contextlib.ExitStack() as stack:
        if source.startswith(("https://", "http://")):
            yield _answer(source, stack, timeout_s, whole_s)
            return
        path = Path(source).expanduser()
        if path.is_dir():
            path = newest(path, tuple(keys))
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise UnreachableError("pack.unreachable", f"{path} cannot be read: {error.strerror}") from error
        yield lambda size: _read(file.read, size)


def newest(folder: Path, keys: tuple[bytes, ...]) -> Path:
    """The pack of the greatest sequence that one of these keys has signed.

    Raises UnreachableError (`pack.unreachable`) where there is no pack, PackError where none of them is good.
    """
    best: tuple[int, Path] | None = None
    wrong: PackError | None = None
    try:
        paths = sorted(folder.glob(f"*{SUFFIX}"))[-MAX_FILES:]
        for path in paths:
            with path.open("rb") as file:
                prefix = file.read(PREFIX)
                try:
                    found = head(prefix + file.read(head_size(prefix) - PREFIX), keys).sequence
                except PackError as error:
                    wrong = error
                    continue
            if best is None or found > best[0]:
                best = found, path
    except OSError as error:
        raise UnreachableError("pack.unreachable", f"{folder} cannot be read: {error.strerror}") from error
    if best is not None:
        return best[1]
    raise wrong or UnreachableError("pack.unreachable", f"there is no pack (*{SUFFIX}) in {folder}")


def _read(read: Read, size: int) -> bytes:
    try:
        return read(size)
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(error) from error


def _answer(url: str, stack: contextlib.ExitStack, timeout_s: float, whole_s: float) -> Read:
    """stack: closes what is opened."""
    try:
        for _ in range(MAX_REDIRECTS + 1):
            parts = _checked(url)
            connection = stack.enter_context(contextlib.closing(_connection(parts, timeout_s)))
            connection.connect()
            late = threading.Event()
            # Of an answer that comes a byte at a time, no timeout of a single read would ever be up.
            timer = threading.Timer(whole_s, _cut, (connection.sock, late))
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"User-Agent": "edge-hub", "Accept-Encoding": "identity"})
            response = stack.enter_context(connection.getresponse())
            if response.status not in _MOVED:
                break
            url = urljoin(url, response.headers.get("Location", ""))
        else:
            raise UnreachableError("pack.unreachable", "the pack's address only leads to others")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreachable(error) from error
    if response.status != http.HTTPStatus.OK:
        raise UnreachableError("pack.unreachable", f"the server of the pack answers {response.status}")
    if response.length is not None and response.length > MAX_BYTES:
        raise PackError("pack.too_large", f"the pack has more than {MAX_BYTES >> 20} MiB, and was not read")

    def read(size: int) -> bytes:
        data = _read(response.read1, size)
        if late.is_set():
            raise _unreachable(TimeoutError())
        return data

    return read


def _checked(url: str) -> SplitResult:
    """The address, where it may be asked: what is fetched in the clear must come from this machine."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        raise UnreachableError("pack.unreachable", "the pack's address has no host, or a password in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UnreachableError("pack.unreachable", "the pack's address, or where it leads to, is not https")
    return parts


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)


def _cut(connected: socket.socket, late: threading.Event) -> None:
    """Whoever reads from it finds the end."""
    late.set()
    with contextlib.suppress(OSError):  # it has just been closed
        connected.shutdown(socket.SHUT_RDWR)


def _unreachable(error: Exception) -> UnreachableError:
    if isinstance(error, TimeoutError):
        return UnreachableError(
            "pack.unreachable", "the pack's server does not answer in time; it is tried again later"
        )
    reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    return UnreachableError("pack.unreachable", f"the pack cannot be fetched: {reason}")
