"""What could not be used of what the broker sent: kept for whoever asks, and told in few lines of the log."""

import logging
import threading
from typing import NamedTuple

_LOG = logging.getLogger("edge.home.link")
_LINES = 10
_KEPT = 1000
_QUIET = frozenset(("discovery.unknown_component",))
"""Components that the hub has no use for are no fault of the device's."""
_ONCE = frozenset(("discovery.too_many",))
"""Told without a topic: it is about all of them."""


class Complaint(NamedTuple):
    """One thing that could not be used. Never holds a payload."""

    code: str
    subject: str
    """A topic, or an entity id and the option whose template fails."""


class Complaints:
    """Each complaint once; after the tenth line of the log one more says where to read the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Complaint, None] = {}
        self._lines = 0

    def all(self) -> tuple[Complaint, ...]:
        """Everything complained of so far, the first thousand."""
        with self._lock:
            return tuple(self._known)

    def message(self, topic: str, code: str) -> None:
        """A message on a topic cannot be used."""
        if code in _QUIET:
            return
        if code in _ONCE:
            self._add(Complaint(code, ""), "more devices are announced than any house has; the others are passed over")
        else:
            self._add(Complaint(code, topic), "ignored the message on %r", topic[:200])

    def denied(self, topic: str) -> None:
        """The broker does not let this user listen to a topic (or a filter of topics)."""
        about = Complaint("link.denied", topic)
        self._add(about, "the broker denies this user %r: let it read there, in the broker's access rules", topic[:200])

    def template(self, entity_id: str, option: str) -> None:
        """A template of an entity fails on what its device says."""
        about = Complaint("template.failed", f"{entity_id} {option}")
        self._add(about, "%s of %s cannot read what the device says", option[:80], entity_id[:200])

    def defect(self, kind: str, topic: str) -> None:
        """Handling a message on a topic has ended in an exception of this kind."""
        about = Complaint("link.unexpected", f"{kind} {topic}")
        self._add(about, "%s on topic %r; please report it", kind, topic[:200], level=logging.ERROR)

    def _add(self, complaint: Complaint, text: str, *values: str, level: int = logging.WARNING) -> None:
        with self._lock:
            if complaint in self._known or len(self._known) >= _KEPT:
                return
            self._known[complaint] = None
            self._lines += 1
            lines = self._lines
        if lines <= _LINES:
            _LOG.log(level, "%s: " + text, complaint.code, *values)
        elif lines == _LINES + 1:
            _LOG.warning("link.more: more could not be used; `edge home check` lists all of it")
