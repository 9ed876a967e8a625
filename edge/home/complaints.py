"""What could not be used of what the broker sent: kept for whoever asks, and told in few lines of the log."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

_LOG = logging.getLogger("edge.home.link")
_LINES = 10
_LINES_S = 3600.0
_KEPT = 1000
_SUBJECT_CHARS = 200
"""A topic may have 65,535 bytes."""
_QUIET = frozenset(("discovery.unknown_component",))
"""Components that the hub has no use for are no fault of the device's."""
_ONCE = frozenset(("discovery.too_many",))
"""Told without a topic: it is about all of them."""


class Complaint(NamedTuple):
    """One thing that could not be used. Never holds a payload."""

    code: str
    subject: str
    """A topic, or an entity id and the option whose template fails."""
    why: str = ""
    """In words, where the code does not say all."""


@dataclass(slots=True)
class _Quota:
    """What one kind of complaint has had of the log and of the memory."""

    kept: int = 0
    lines: int = 0
    since: float = 0.0


class Complaints:
    """Each complaint once, in few lines of the log.

    Of each kind (messages, templates, denied topics, defects) ten lines an hour, and one more that says where to read
    the others: a flood of one kind hides no other.

    clock: seconds that never go back.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Complaint, None] = {}
        self._quotas: dict[str, _Quota] = {}

    def all(self) -> tuple[Complaint, ...]:
        """Everything complained of so far, the first thousand of each kind; long subjects are cut."""
        with self._lock:
            return tuple(self._known)

    def message(self, topic: str, code: str, why: str = "it cannot be used") -> None:
        """A message on a topic cannot be used. why: in words, without a payload."""
        if code in _QUIET:
            return
        if code in _ONCE:
            text = "more devices are announced than any house has; the others are passed over"
            self._add("message", Complaint(code, ""), text)
        else:
            topic = topic[:_SUBJECT_CHARS]
            self._add("message", Complaint(code, topic, why), "ignored the message on %r: %s", topic, why)

    def denied(self, topic: str) -> None:
        """The broker does not let this user listen to a topic (or a filter of topics)."""
        topic = topic[:_SUBJECT_CHARS]
        text = "the broker denies this user %r: let it read there, in the broker's access rules"
        self._add("denied", Complaint("link.denied", topic), text, topic)

    def template(self, entity_id: str, option: str) -> None:
        """A template of an entity fails on what its device says."""
        entity_id, option = entity_id[:_SUBJECT_CHARS], option[:80]
        about = Complaint("template.failed", f"{entity_id} {option}")
        self._add("template", about, "%s of %s cannot read what the device says", option, entity_id)

    def defect(self, kind: str, topic: str) -> None:
        """Handling a message on a topic has ended in an exception of this kind."""
        topic = topic[:_SUBJECT_CHARS]
        about = Complaint("link.unexpected", f"{kind} {topic}")
        self._add("defect", about, "%s on topic %r; please report it", kind, topic, level=logging.ERROR)

    def _add(self, kind: str, complaint: Complaint, text: str, *values: str, level: int = logging.WARNING) -> None:
        with self._lock:
            if complaint in self._known:
                return
            now = self._clock()
            quota = self._quotas.setdefault(kind, _Quota(since=now))
            if quota.kept < _KEPT:
                self._known[complaint] = None
                quota.kept += 1
            if now - quota.since >= _LINES_S:
                quota.lines, quota.since = 0, now
            quota.lines += 1
            lines = quota.lines
        if lines <= _LINES:
            _LOG.log(level, "%s: " + text, complaint.code, *values)
        elif lines == _LINES + 1:
            _LOG.warning("link.more: more could not be used; `edge home check` lists all of it")
