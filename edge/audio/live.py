"""The frame loop in a thread of its own, so that listening goes on while a turn is being taken or a reply is spoken.

A microphone that is unplugged is waited for: a hub that has to be restarted for it is a hub that does not answer.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from edge.audio.capture import Source
from edge.audio.listen import Listener
from edge.core.errors import EdgeError, UnreachableError
from edge.core.turn import Utterance

REOPEN_S = (0.2, 0.5, 1.0, 2.0)
"""Seconds to wait before each further try to open a source that went away; the last one repeats.

From the moment that it is back no more than the last of them passes, and what opening it takes: less than 5 s."""

LOOK_S = 0.25
"""Seconds after which whoever waits for an utterance looks up."""


class Watch(Protocol):
    """Whoever wants to know whether listening goes on. Each is called often, and must be quick."""

    def heard(self) -> None:
        """A frame was listened to, or a source that is away was tried again; on the thread that listens."""
        ...

    def waits(self) -> None:
        """Nothing is to be done; on the thread that takes utterances, between two, every `LOOK_S`. It may raise."""
        ...


class LiveListening:
    """Iterate for the utterances, on any one thread; the iteration ends with the source, or raises its EdgeError."""

    def __init__(
        self,
        open_source: Callable[[], Source],
        listener: Listener,
        *,
        on_outage: Callable[[EdgeError | None], None],
        watch: Watch | None = None,
    ) -> None:
        """Open the source, which raises EdgeError when it is not there, and begin to listen.

        on_outage: told once when the source goes away, and with None when sound comes from it again.
        """
        self._open = open_source
        self._listener = listener
        self._on_outage = on_outage
        self._watch = watch
        self._dropped = 0
        self._heard: queue.Queue[Utterance | Exception | None] = queue.Queue()
        self._closed = threading.Event()
        self._tries = 0
        """To open a source that went away, since it last delivered something."""
        self._source: Source | None = open_source()
        self._thread = threading.Thread(target=self._run, name="edge-listen", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Utterance]:
        while True:
            if self._watch is not None:
                self._watch.waits()
            try:
                item = self._heard.get(timeout=LOOK_S if self._watch is not None else None)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    @property
    def dropped(self) -> int:
        """Frames that sources have lost so far because they were not heard in time."""
        source = self._source
        return self._dropped + (source.dropped if source is not None else 0)

    def close(self) -> None:
        """Stop listening; what is under way is dropped."""
        self._closed.set()
        if self._source is not None:
            self._source.close()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        try:
            while not self._closed.is_set() and self._source is not None:
                try:
                    self._drain(self._source)
                    break
                except UnreachableError as error:
                    gone = self._source
                    gone.close()
                    self._source = None
                    self._dropped += gone.dropped
                    self._source = self._reopen(error)
        except Exception as error:  # noqa: BLE001 - whatever ends this thread is raised on the one that iterates
            self._heard.put(error)
        finally:
            self._heard.put(None)

    def _drain(self, source: Source) -> None:
        for frame in source:
            if self._closed.is_set():
                return
            if self._tries:
                # Not when it could be opened: a device on its way out can be, and delivers nothing.
                self._tries = 0
                self._on_outage(None)
            if (utterance := self._listener.accept(frame)) is not None:
                self._heard.put(utterance)
            self._was_heard()
        if (utterance := self._listener.finish()) is not None:
            self._heard.put(utterance)

    def _reopen(self, error: EdgeError) -> Source | None:
        if not self._tries:
            self._on_outage(error)
        self._listener.reset()
        while not self._closed.wait(REOPEN_S[min(self._tries, len(REOPEN_S) - 1)]):
            self._tries += 1
            self._was_heard()
            try:
                return self._open()
            except EdgeError:
                continue  # it was told of when it went away
        return None

    def _was_heard(self) -> None:
        if self._watch is not None:
            self._watch.heard()
