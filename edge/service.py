"""What the hub and its supervisor tell each other: sd_notify(3) and the watchdog, without libsystemd.

The watchdog is fed while the hub does its work, and not because a process is there: sound must come in and the main
loop must turn. A microphone that is away and being tried again counts as sound; a thread that hangs does not.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping

log = logging.getLogger("edge")

TURN_S = 90.0
"""Seconds that one turn may take, with the longest reply, before the main loop is taken to hang."""


class Notifier:
    """Tells whoever started this process how it is; nobody, where NOTIFY_SOCKET is not set."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._lock = threading.Lock()
        self._status = ""
        self._unheard = False
        usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
        asked = usec.isdigit() and pid in ("", str(os.getpid()))
        self.watchdog_s = int(usec) / 1_000_000 if asked and self._address else None
        """Seconds in which the supervisor wants to hear of the hub; None: it does not."""

    @property
    def supervised(self) -> bool:
        """Whether anybody listens."""
        return bool(self._address)

    def ready(self) -> None:
        """It has started, or taken over a configuration."""
        self._send("READY=1")

    def reloading(self) -> None:
        """It is taking over a configuration; `ready` ends that."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It ends."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """It does its work."""
        self._send("WATCHDOG=1")

    def extend(self, seconds: float) -> None:
        """It needs this much longer to start or to stop."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    def status(self, text: str) -> None:
        """One line for people, sent when it differs from the one before. Never what was said, or an address."""
        with self._lock:
            if text == self._status:
                return
            self._status = text
        self._send("STATUS=" + " ".join(text.split()))

    def _send(self, state: str) -> None:
        if not self._address:
            return
        # A name in the abstract namespace is written with an @ in place of its zero byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.connect(address)
                sock.sendall(state.encode())
        except OSError as error:
            if not self._unheard:
                self._unheard = True
                log.warning("service.unheard: the supervisor cannot be told anything (%s)", error.strerror)


class Heart:
    """Feeds the watchdog, on a thread of its own, for as long as everything that must move has moved lately.

    beat: told every half of `period_s`, if all is well. period_s: what the supervisor allows. turn_s: what one turn may
    take. clock: seconds that never go back.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        period_s: float,
        *,
        turn_s: float = TURN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beat, self._half_s, self._turn_s, self._clock = beat, period_s / 2, turn_s, clock
        self._heard = self._turned = clock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def heard(self) -> None:
        """Sound came, or a microphone that is away was tried again. From the thread that listens."""
        self._heard = self._clock()

    def turned(self) -> None:
        """The main loop has come round."""
        self._turned = self._clock()

    @property
    def well(self) -> bool:
        """Whether both have been told of lately enough."""
        now = self._clock()
        return now - self._heard < self._half_s and now - self._turned < max(self._half_s, self._turn_s)

    def start(self) -> None:
        """Begin to feed."""
        self._thread = threading.Thread(target=self._run, name="edge-heart", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            if well := self.well:
                self._beat()
            # What was late and has come is told at once: the next half would be the end.
            if self._closed.wait(self._half_s if well else self._half_s / 10):
                return
