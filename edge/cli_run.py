"""`edge run`: the hub as it listens, in a terminal or under a supervisor such as systemd.

To a supervisor it is ready when the first sound was listened to: by then the broker has told the home, the models are
loaded and the microphone delivers. What is away at the start is waited for. What goes away later is waited for as well,
and told in the status: a hub whose broker is away still listens, rings its timers, and says why nothing moves.
"""

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from edge import hub_log, logs
from edge.core.errors import EdgeError, ExitCode, UnreachableError
from edge.service import Heart, Notifier

if TYPE_CHECKING:
    from edge.audio.capture import Source
    from edge.core.turn import Turn
    from edge.hub import Hub
    from edge.metrics import Metrics
    from edge.profile import Profile
    from edge.reloading import Reloading

log = logging.getLogger("edge")

FINISH_S = 5.0
"""Seconds that a turn under way has when the hub is to stop."""
AGAIN_S = (1.0, 2.0, 5.0, 10.0)
"""Seconds between two tries for what is away at the start; the last one repeats."""
TRY_S = 60.0
"""Seconds that one try may take; so much more is asked of the supervisor for each."""
LOAD_S = 180.0
"""Seconds that a slow board may take to load the models, after all that waiting."""

_T = TypeVar("_T")


def run(
    args: argparse.Namespace,
    load: "Callable[[], Profile]",
    open_hub: "Callable[[], AbstractContextManager[Hub]]",
    source_of: "Callable[[Profile], Callable[[], Source]]",
    show: "Callable[[Turn], object]",
) -> ExitCode:
    """load: reads the profile. show: prints a turn for whoever looks on."""
    # Where nobody looks on (a service), what was said is not printed: a journal keeps it for months.
    watched = not logs.in_journal(sys.stdout) and (sys.stdout.isatty() or args.json or args.verbose)
    running = Running(Notifier())
    running.take_signals()
    try:
        logs.hide(_secrets(load()))
        with ExitStack() as stack:
            hub = running.patiently("the broker", lambda: stack.enter_context(open_hub()))
            own = not args.simulated and args.home is None
            running.serve(hub, _metrics(hub, stack), load, own=own)
            stack.callback(running.stopping)  # before anything is put away
            source = running.opening(source_of(hub.profile))
            turns = hub.listen(source, wake=not args.no_wake, on_outage=running.outage, watch=running)
            _tell("everything that is said" if args.no_wake else ", ".join(hub.profile.wake.models))
            for turn in turns:
                running.took(turn)
                if watched:
                    show(turn)
    except EdgeError as error:
        running.failed(error.code)
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        # Not the status of wrong input, after which nobody would start it again.
        raise UnreachableError("run.system", f"the system refuses what the hub needs: {error.strerror}") from error
    finally:
        running.ended()
    return ExitCode.OK


def _tell(wanted: str) -> None:
    if logs.in_journal(sys.stderr):
        log.info("run.listening: listening for %s", wanted)
    else:
        sys.stderr.write(f"edge: listening for {wanted}; stop with Ctrl-C\n")


class Running:
    """What a supervisor sees of the hub, and what it is told by signals; the `Watch` of its listening."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._heart: Heart | None = None
        self._hub: Hub | None = None
        self._metrics: Metrics | None = None
        self._reloading: Reloading | None = None
        self._lock = threading.Lock()
        self._ready = self._away = self._takes_turns = self._stops = self._reloads = False
        self._note = ""
        """What came of the last reload, where there is something to be done about it."""

    # The start

    def take_signals(self) -> None:
        """From now on SIGTERM ends it in order, and SIGHUP has it read its configuration, but in a terminal."""
        self._notifier.status("starting")
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGALRM, _interrupt)
        if not sys.stderr.isatty():
            signal.signal(signal.SIGHUP, self._on_hup)

    def patiently(self, what: str, attempt: Callable[[], _T]) -> _T:
        """The attempt's result; under a supervisor, what is out of reach is tried for until it is there.

        Raises EdgeError.
        """
        tries = 0
        while True:
            self._notifier.extend(TRY_S)
            try:
                return attempt()
            except UnreachableError as error:
                if not self._notifier.supervised:
                    raise
                if not tries:
                    log.warning("%s: %s; waiting for it", error.code, error)
                self._notifier.status(f"waiting for {what} ({error.code})")
            time.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            tries += 1

    def opening(self, open_source: "Callable[[], Source]") -> "Callable[[], Source]":
        """The same, patient at the first time."""

        def opened() -> "Source":
            if self._takes_turns:
                return open_source()
            return self.patiently("a microphone", open_source)

        return opened

    def serve(self, hub: "Hub", metrics: "Metrics | None", load: "Callable[[], Profile]", *, own: bool) -> None:
        """The hub is there. own: it is the household's home that it works on."""
        from edge.house import StillHome
        from edge.reloading import Reloading

        self._notifier.extend(LOAD_S)
        self._hub, self._metrics = hub, metrics
        house = hub.home if own and not isinstance(hub.home, StillHome) else None
        self._reloading = Reloading(hub, load, house)
        if self._notifier.watchdog_s is not None:
            self._heart = Heart(self._notifier.alive, self._notifier.watchdog_s)

    # While it listens

    def heard(self) -> None:
        """Sound was listened to, or looked for; on the thread that listens."""
        if self._heart is not None:
            self._heart.heard()
        if not self._ready:
            self._ready = True
            self._show()
            self._notifier.ready()
            if self._heart is not None:
                self._heart.start()

    def waits(self) -> None:
        """Nothing is under way; on the main thread. Raises KeyboardInterrupt when it is to stop."""
        if not self._takes_turns:
            self._takes_turns = True
            log.info("run.ready: what is said is understood at once from now on")
        if self._heart is not None:
            self._heart.turned()
        if self._stops:
            raise KeyboardInterrupt
        if self._reloads:
            self._reloads = False
            self._reload()
        if self._ready:
            self._show()

    def outage(self, error: EdgeError | None) -> None:
        """The microphone has gone, or with None come back."""
        hub_log.outage(error)
        self._away = error is not None
        if self._metrics is not None and error is not None:
            self._metrics.outage()
        self._show()

    def took(self, turn: "Turn") -> None:
        """A turn is over."""
        if self._metrics is not None:
            self._metrics.turn(turn)

    def _reload(self) -> None:
        assert self._reloading is not None
        self._notifier.reloading()
        self._notifier.status("reading the configuration")
        self._note = ""
        try:
            rest = self._reloading()
        except EdgeError as error:
            where = _place(error)
            log.warning("reload.refused: %s%s; the configuration before holds", error.code, where)
            self._note = f"; the new configuration is wrong ({error.code}{where}), the one before holds"
        except Exception as error:  # noqa: BLE001 - a hub that ends because a file was saved is worse
            logs.defect("reload", error)
            self._note = "; the new configuration could not be taken over (reload.unexpected)"
        else:
            log.info("reload.done: the configuration is taken over")
            if rest:
                log.warning("reload.restart: only a restart takes over %s", ", ".join(rest))
                self._note = f"; only a restart takes over {', '.join(rest)}"
        finally:
            self._show()
            self._notifier.ready()

    def _show(self) -> None:
        assert self._hub is not None
        with self._lock:
            ears = "the microphone is away, and looked for" if self._away else "listening"
            away = "" if getattr(self._hub.home, "connected", True) else "; the broker is away, and looked for"
            self._notifier.status(f"{ears}{away}{self._note}")

    # The end

    def stopping(self) -> None:
        """What is under way is done."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for one in (signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
            if signal.getsignal(one) is not signal.SIG_DFL:
                signal.signal(one, signal.SIG_IGN)
        self._notifier.status("stopping")
        self._notifier.stopping()
        if self._heart is not None:
            self._heart.close()

    def failed(self, code: str) -> None:
        """It ends for a reason, which stays in the status."""
        self._notifier.status(f"ended: {code}")

    def ended(self) -> None:
        """Everything is put away: who runs commands in this process has its signals back."""
        for one in (signal.SIGTERM, signal.SIGALRM):
            signal.signal(one, signal.SIG_DFL)

    def _on_term(self, *_: Any) -> None:
        if not self._takes_turns or self._stops:
            raise KeyboardInterrupt
        self._stops = True
        signal.setitimer(signal.ITIMER_REAL, FINISH_S)

    def _on_hup(self, *_: Any) -> None:
        self._reloads = True


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _place(error: EdgeError) -> str:
    from edge.reloading import place

    return f" at {where}" if (where := place(error)) else ""


def _metrics(hub: "Hub", stack: ExitStack) -> "Metrics | None":
    from edge.metrics import Metrics

    if not (port := hub.profile.metrics.port):
        return None
    made = Metrics(port, hub)
    stack.callback(made.close)
    return made


def _secrets(profile: "Profile") -> tuple[str | None, ...]:
    from edge.profile import mqtt_password

    try:
        password = mqtt_password(profile.mqtt)
    except EdgeError:
        password = None  # whoever needs it says so
    upstream = profile.upstream
    return (profile.mqtt.host, password, upstream.url, upstream.pack_source)
