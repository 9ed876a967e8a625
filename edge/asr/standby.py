"""Keeps a recogniser at hand that expects the home as it is now.

Building one takes seconds in a large home, so it is done beside the listening, and the new one is taken up between two
utterances, never within one.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from edge.asr.recognizer import Recognizer
from edge.core.errors import EdgeError
from edge.core.home import HomeState

SETTLE_S = 1.0
"""Devices come and go in bunches; a rebuild waits until the home has been quiet this long."""

POLL_S = 2.0
"""How soon a file that was edited is taken up."""


class Build(Protocol):
    """Makes a recogniser for a home; may take seconds."""

    def __call__(self, home: HomeState) -> Recognizer:
        """The recogniser."""
        ...


class Standby:
    """Callable that hands out the current recogniser; the first call builds it.

    home: the present snapshot. on_error: told when a rebuild failed; the recogniser before it stays in use.
    also: what else the recogniser is built from, as a value that differs when it does (the times of files): looked at
    every `poll_s` seconds, so it must be quick.
    """

    def __init__(
        self,
        build: Build,
        home: Callable[[], HomeState],
        *,
        on_error: Callable[[EdgeError], None],
        also: Callable[[], object] = lambda: None,
        settle_s: float = SETTLE_S,
        poll_s: float = POLL_S,
    ) -> None:
        self._build = build
        self._home = home
        self._on_error = on_error
        self._also = also
        self._seen: object = None
        """What `also` gave when it was last acted on, in vain or not."""
        self._tried: object = None
        self._failed: object = None
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._lock = threading.Lock()
        self._current: Recognizer | None = None
        self._built_from: object = None
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self) -> Recognizer:
        """The recogniser for the home as it was when last built. Raises EdgeError when the first build fails."""
        with self._lock:
            if self._current is None:
                home = self._home()
                built_from = self._made_of(home)
                self._current, self._built_from = self._build(home), built_from
            return self._current

    def refresh(self) -> None:
        """Build anew, now and here, if the home's names have changed, or what else it is built from."""
        home = self._home()
        # Taken before it is built: what changes meanwhile is then found to differ.
        built_from = self._made_of(home)
        if self._current is not None and built_from == self._built_from:
            return
        built = self._build(home)
        with self._lock:
            self._current, self._built_from = built, built_from

    def home_changed(self) -> None:
        """Something in the home has changed; whether it matters is found out beside the listening."""
        self._changed.set()

    def start(self) -> None:
        """Follow the home from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name="edge-standby", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._closed.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _follow(self) -> None:
        while True:
            if not self._changed.wait(self._poll_s) and self._also() == self._seen:
                continue
            # Taken back before `_closed` is looked at: after it, the call of `close` itself could be taken back, and
            # the thread would wait for a change that never comes.
            self._changed.clear()
            if self._closed.wait(self._settle_s):
                return
            try:
                self.refresh()
            except EdgeError as error:
                # Devices report every few seconds: what failed for a reason is told once, until something changes.
                if self._tried != self._failed:
                    self._failed = self._tried
                    self._on_error(error)

    def _made_of(self, home: HomeState) -> object:
        self._seen = self._also()
        self._tried = names_in(home), self._seen
        return self._tried


def names_in(home: HomeState) -> object:
    """What a recogniser is built from: two homes with equal names sound alike, whatever their devices' states."""
    return (
        tuple((e.entity_id, e.names, e.area) for e in home.entities.values()),
        tuple((area.name, area.aliases) for area in home.areas),
        tuple((floor.name, floor.aliases) for floor in home.floors),
    )
