"""One connection to the broker at a time, made again whenever it is lost.

Every attempt has a client of its own, so nothing that an earlier connection left unsent can be sent late, and paho's
own waiting, which nobody can interrupt, is not used. What the broker sends arrives on paho's network thread.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import EdgeError, UnreachableError
from edge.home import broker
from edge.home.broker import LinkSettings
from edge.home.patience import Delays, Patience

_LOG = logging.getLogger("edge.home.link")
_LOOK_S = 1.0
_FORGET_S = 0.5
"""What clearing a session may take when the link is closed."""
_OTHER_VERSION_S = 1.0
"""For so long a broker may keep silent before it is spoken to in the older MQTT."""
_ADVICE = {
    "link.lost": "the broker is away; trying again",
    "link.unsteady": "the connection to the broker keeps breaking; no more is said until it holds",
    "link.taken_over": (
        "another client seems to take the connection to the broker, with the same client id: give each hub an "
        "mqtt.client_id of its own; trying again, less often"
    ),
}


class _Refusal(NamedTuple):
    """Something is there, and the connection is not."""

    error: UnreachableError
    wrong_version: bool = False
    no_answer: bool = False


class _Attempt:
    """One client, from its making to its end."""

    def __init__(self, client: mqtt.Client) -> None:
        self.client = client
        self.answered = threading.Event()
        self.ended = threading.Event()
        self.up = False
        self.abandoned = False
        self.ended_first = False
        """Whether the other side ended it without a word."""
        self.refusal: ReasonCode | None = None
        self.taken_over = False
        self.resumed = False
        """Whether the broker still had the session of the connection before."""
        self.since = time.monotonic()
        self.thread: threading.Thread | None = None
        """The network thread."""


class Connection:
    """Opened once and closed once.

    equip: gives a new client its callbacks for what arrives. on_up, on_down: told, on the network thread, when the
    connection is there and when it is gone. on_tick: told about once a second, on a thread of its own.
    jitter: 0 to 1; spreads the attempts of many hubs to reconnect.
    """

    def __init__(
        self,
        settings: LinkSettings,
        *,
        equip: Callable[[mqtt.Client], None],
        on_up: Callable[[mqtt.Client], None],
        on_down: Callable[[], None],
        on_tick: Callable[[mqtt.Client], None],
        jitter: Callable[[], float] = random.random,
        delays: Delays | None = None,
    ) -> None:
        self._settings = settings
        self._equip = equip
        self._on_up = on_up
        self._on_down = on_down
        self._on_tick = on_tick
        self._jitter = jitter
        self._delays = delays or Delays()
        self._patience = Patience(self._delays)
        self._protocols = broker.protocols(settings)
        self._lock = threading.Lock()
        self._live: _Attempt | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def client(self) -> mqtt.Client | None:
        """The client of a connection that is there at this moment."""
        live = self._live
        return live.client if live is not None and live.up and not live.ended.is_set() else None

    def open(self, timeout_s: float) -> None:
        """Connect, and from then on reconnect. Raises EdgeError; nothing then goes on in the background."""
        self._try(time.monotonic() + timeout_s, timeout_s, clean=True)
        self._thread = threading.Thread(target=self._keep_up, name="edge-link", daemon=True)
        self._thread.start()

    def abort(self) -> None:
        """End the connection, unsent bytes and all, and begin another."""
        if (client := self.client) is not None:
            broker.abort(client)

    def close(self, farewell: Callable[[mqtt.Client], None]) -> None:
        """Say goodbye and stop, in two seconds at most. farewell: publishes last words.

        The broker then keeps nothing; where it is away, a session of MQTT 3.1.1 stays there until the next start.
        """
        self._closing.set()
        with self._lock:
            live = self._live
        if live is not None:
            there = not live.ended.is_set()
            if there:
                farewell(live.client)
            keeps_session = self._keeps_session(live.client.protocol)
            broker.disconnect(live.client)
            if there and keeps_session:
                with suppress(EdgeError):  # else the next start does it
                    broker.forget_session(self._settings, _FORGET_S)
            live.ended.set()
        if self._thread is not None:
            # It may be in the middle of an attempt, which it gives up as soon as the network lets it.
            self._thread.join(_LOOK_S)

    def _keeps_session(self, protocol: MQTTProtocolVersion) -> bool:
        """Whether the broker would keep queue and subscriptions after the goodbye, for ever."""
        return self._settings.announce and protocol is MQTTProtocolVersion.MQTTv311

    # Attempts

    def _try(self, deadline: float, timeout_s: float, *, clean: bool) -> None:
        """One attempt in each version of MQTT, until one is taken. Raises EdgeError for the last."""
        for protocol in self._protocols:
            last = protocol is self._protocols[-1]
            until = deadline
            if clean and not last:
                # Some brokers take a CONNECT of MQTT 5 for the start of a longer one of 3.1.1, and wait for the rest.
                until = min(deadline, time.monotonic() + min(_OTHER_VERSION_S, timeout_s / 2))
            refusal = self._attempt(protocol, until, timeout_s, clean=clean)
            if refusal is None:
                self._protocols = (protocol, *(p for p in self._protocols if p is not protocol))
                return
            # A broker that was spoken to before, and now does not answer, has another reason than the version.
            if last or not (refusal.wrong_version or (clean and refusal.no_answer)):
                raise refusal.error

    def _attempt(
        self, protocol: MQTTProtocolVersion, deadline: float, timeout_s: float, *, clean: bool
    ) -> "_Refusal | None":
        """Connect in one version of MQTT; why the broker did not answer as hoped. Raises EdgeError if none is there."""
        if clean and self._keeps_session(protocol):
            broker.forget_session(self._settings, min(timeout_s, max(0.0, deadline - time.monotonic())))
        client = broker.new_client(self._settings, protocol, timeout_s)
        attempt = _Attempt(client)
        client.on_connect = lambda _, __, flags, reason, ___: self._on_connect(attempt, reason, flags.session_present)
        client.on_disconnect = lambda _, __, ___, reason, ____: self._on_disconnect(attempt, reason)
        self._equip(client)
        try:
            broker.connect(client, self._settings, clean=clean)
            client.loop_start()
            attempt.answered.wait(max(0.0, deadline - time.monotonic()))
        except BaseException:
            self._abandon(attempt, up_too=True)
            raise
        if not self._abandon(attempt):
            return None
        if attempt.refusal is not None:
            wrong_version = attempt.refusal.value == broker.UNSUPPORTED_PROTOCOL
            return _Refusal(broker.refused(attempt.refusal, self._settings), wrong_version=wrong_version)
        if attempt.ended_first:
            return _Refusal(broker.closed(self._settings), no_answer=True)
        return _Refusal(broker.no_answer(self._settings), no_answer=True)

    def _abandon(self, attempt: _Attempt, *, up_too: bool = False) -> bool:
        """Give up an attempt that has not succeeded; whether it was given up."""
        with self._lock:
            if attempt.up and not up_too:
                return False
            attempt.ended_first = attempt.answered.is_set()
            attempt.abandoned = True
            if self._live is attempt:
                self._live = None
        broker.disconnect(attempt.client)
        return True

    def _on_connect(self, attempt: _Attempt, reason: ReasonCode, resumed: bool) -> None:
        if reason.is_failure:
            attempt.refusal = reason
            attempt.answered.set()
            return
        with self._lock:
            if attempt.abandoned or self._closing.is_set():
                return
            self._live = attempt
            attempt.since, attempt.resumed, attempt.thread = time.monotonic(), resumed, threading.current_thread()
            attempt.up = True
        self._on_up(attempt.client)
        attempt.answered.set()

    def _on_disconnect(self, attempt: _Attempt, reason: Any) -> None:
        attempt.taken_over = getattr(reason, "value", None) == broker.TAKEN_OVER
        self._end(attempt)

    def _end(self, attempt: _Attempt) -> None:
        with self._lock:
            first = not attempt.ended.is_set()
            attempt.ended.set()
        attempt.answered.set()
        if first and attempt.up:
            self._on_down()

    # Reconnecting, on a thread of its own

    def _keep_up(self) -> None:
        lost_since: float | None = None
        while not self._closing.is_set():
            live = self._live
            assert live is not None
            self._hold(live, lost_since)
            if self._closing.is_set():
                return
            now = time.monotonic()
            lost_since = now if self._patience.back() or lost_since is None else lost_since
            advice = self._patience.lost(
                now - live.since,
                taken_over=live.taken_over,
                resumed=live.resumed,
            )
            if advice.say:
                _LOG.warning("%s: %s", advice.say, _ADVICE[advice.say])
            broker.stop(live.client)
            if not self._again(advice.delay_s):
                return
            if self._patience.back():
                self._say_back(lost_since)

    def _again(self, delay_s: float) -> bool:
        """Attempt until it succeeds; false when the link is being closed."""
        while not self._closing.wait(delay_s * (0.5 + self._jitter() / 2)):  # half of the delay is by chance
            timeout_s = self._delays.answer_s
            try:
                self._try(time.monotonic() + timeout_s, timeout_s, clean=False)
            except EdgeError:
                delay_s = self._patience.failed()
            else:
                return True
        return False

    def _hold(self, live: _Attempt, lost_since: float | None) -> None:
        """Wait until the connection ends."""
        held = False
        while not live.ended.wait(_LOOK_S):
            self._on_tick(live.client)
            if not held and time.monotonic() - live.since >= self._delays.stable_s:
                held = True
                if self._patience.held() and lost_since is not None:
                    self._say_back(lost_since)
            ended = live.client.socket() is None or not (live.thread and live.thread.is_alive())
            if ended and not self._closing.is_set():
                self._end(live)  # there are ends of a connection that paho tells nobody of

    def _say_back(self, lost_since: float) -> None:
        _LOG.warning("link.back: the broker is there again, after %.0f s", time.monotonic() - lost_since)
