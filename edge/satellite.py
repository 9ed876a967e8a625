"""The hub as a satellite of Rhasspy: sessions in Hermes' messages, and a voice for what others want spoken."""

import logging
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edge.core.errors import EdgeError, InputError
from edge.core.turn import Turn
from edge.home.hermes import SAY_TOPIC, Message, Say, Site, Termination
from edge.home.link import Link

if TYPE_CHECKING:
    from edge.audio.parts import ListenEvent
    from edge.reply.speak import Speak

_LOG = logging.getLogger(__name__)

WAITING = 8
"""Sentences that may wait to be spoken."""


class Satellite:
    """Of the line it is told by one thread at a time; what is to be spoken comes on the network thread.

    new_id: for sessions.
    """

    def __init__(self, site_id: str, *, new_id: Callable[[], str] = lambda: os.urandom(8).hex()) -> None:
        self._site = Site(site_id)
        self._new_id = new_id
        self._link: Link | None = None
        self._session: str | None = None
        """Of the utterance under way."""
        self._sessions: deque[str] = deque()
        """Of utterances that have ended and whose turns have not."""
        self._says: queue.SimpleQueue[Say | None] = queue.SimpleQueue()
        self._speak: Speak | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._complained = False

    def attach(self, link: Link) -> None:
        """Publish through this link, and listen there for what is to be spoken."""
        self._link = link
        link.listen(SAY_TOPIC, self._heard_say, retained=False)

    def begin(self, speak: "Speak") -> None:
        """From now on there is a voice."""
        self._speak = speak
        self._thread = threading.Thread(target=self._say_all, name="edge-say", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say no more; what is being said ends."""
        self._closed = True
        self._says.put(None)
        while self._thread is not None and self._thread.is_alive():
            if self._speak is not None:
                self._speak.stop()  # again, should a sentence have begun after the last time
            self._thread.join(0.05)

    def heard(self, event: "ListenEvent", sensitivity: float) -> None:
        """Something happened in the frame loop."""
        from edge.audio.parts import ListenEventKind

        if event.kind is ListenEventKind.WOKE and event.wake is not None:
            self._session = self._new_id()
            self._send(self._site.woken(event.wake, sensitivity, self._session))
        elif self._session is None:
            self._session = self._new_id()
            self._send([self._site.started(self._session)])
        if event.kind is ListenEventKind.ENDED:
            self._sessions.append(self._session)
            self._session = None

    def dropped(self) -> None:
        """What was under way in the frame loop came to nothing."""
        if self._session is not None:
            self._send([self._site.ended(self._session, Termination.ABORTED_BY_USER)])
            self._session = None

    def ended(self, turn: Turn) -> None:
        """A turn was taken to its end."""
        session = self._sessions.popleft() if self._sessions else self._new_id()
        self._send(self._site.turn(turn, session))

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if self._link is not None:
                self._link.publish_at(message.topic, message.payload)

    def _heard_say(self, payload: bytes) -> None:
        try:
            say = self._site.read_say(payload)
        except InputError as error:
            self._complain(error)
            return
        if say is None:
            return
        if self._thread is not None and self._says.qsize() < WAITING:
            self._says.put(say)
            self._complained = False
            return
        self._send([self._site.say_finished(say)])
        if self._thread is None:
            self._complain(InputError("hermes.no_voice", "this hub does not speak: set reply.speak"))
        else:
            self._complain(InputError("hermes.busy", f"{WAITING} sentences wait to be spoken already"))

    def _complain(self, error: InputError) -> None:
        # Once, until something right comes: whoever sends nonsense may do so every second.
        if not self._complained:
            self._complained = True
            _LOG.warning("%s: ignored the message on %s: %s", error.code, SAY_TOPIC, error)

    def _say_all(self) -> None:
        while (say := self._says.get()) is not None and not self._closed:
            assert self._speak is not None
            try:
                self._speak.say(say.text)
            except EdgeError as error:
                _LOG.error("%s: %s", error.code, error)
            # A defect must not end this thread; the text of the exception could hold what was to be said.
            except Exception as error:  # noqa: BLE001
                _LOG.error("hermes.unexpected: %s; please report it", type(error).__name__)
            self._send([self._site.say_finished(say)])
