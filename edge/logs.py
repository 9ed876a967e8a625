"""Where log lines go, and what never gets there.

One line an event, with its stable code first: `link.lost: the broker is away; trying again`. In the journal each begins
with its priority (sd-daemon(3)) and has no time, which the journal keeps itself. A line that comes too often is
swallowed, counted, and the count is told. Whatever a library writes may quote what was said: of its lines only the
logger and the place are shown, and of an exception its kind and place. Addresses and the household's secrets are taken
out of every line, whoever wrote it.
"""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

log = logging.getLogger("edge")

LINES = 10
"""Of one code in `WINDOW_S`; more are counted."""
WINDOW_S = 600.0
KINDS = 200
"""Codes that are counted apart; what comes beyond is counted together."""
SHORTEST = 3
"""Characters of a secret that is looked for: a shorter one is in every second word."""

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_.]+(?=: )")
_ADDRESSES = (
    r"[a-z][a-z0-9+.-]*://\S+",
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.])",  # IPv4
    r"(?<![\w:])\[?(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])\]?(?::\d+)?",  # IPv6, and a MAC address
    r"0x[0-9a-f]{12,16}",  # IEEE 802.15.4, as Zigbee2MQTT calls devices
)
_INSTEAD = "(hidden)"


def in_journal(stream: IO[str], environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a stream ends in the journal, as systemd.exec(5) has it of JOURNAL_STREAM: device and inode."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def set_up(*, verbose: bool) -> None:
    """Have all log lines written to standard error. Nothing happens where somebody else takes them already.

    The journal is given what others see with `verbose`: it is read by priority.
    """
    journal = in_journal(sys.stderr)
    # A descriptor of its own: the sound system writes to standard error, so that it is shut while that is opened.
    stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1, errors="replace") if journal else sys.stderr
    level = logging.INFO if verbose or journal else logging.WARNING
    logging.basicConfig(level=level, handlers=[Lines(stream, journal=journal)])
    if journal:
        sys.excepthook = lambda _, error, trace: defect("run", error, trace)
        threading.excepthook = _thread_ended


def hide(values: Iterable[str | None]) -> None:
    """Let none of these appear in a line from now on: hosts, addresses, secrets. Case does not matter."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Lines):
            handler.hidden = _hiding(values)


def defect(part: str, error: BaseException, trace: TracebackType | None = None) -> None:
    """Something has failed as it should not: the kind and the place alone, as a message may quote what was said."""
    log.error("%s.unexpected: %s; please report it", part, _kind(error, trace or error.__traceback__))


def _kind(error: BaseException, trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown"
    return f"{type(error).__name__} at {where}"


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        defect("thread", args.exc_value, args.exc_traceback)


def _hiding(values: Iterable[str | None]) -> re.Pattern[str]:
    words = sorted((v for v in values if v and len(v) >= SHORTEST), key=len, reverse=True)
    return re.compile("|".join((*(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words), *_ADDRESSES)), re.IGNORECASE)


class Lines(logging.StreamHandler[IO[str]]):
    """Writes records, each as one line, bounded in number and without what is not to be there."""

    def __init__(self, stream: IO[str], *, journal: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._journal = journal
        self._bound = _Bound(clock)
        self.hidden = _hiding(())

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, unless it is one of too many; first what was swallowed of others, where their time is over."""
        if not _ours(record) and record.levelno < logging.WARNING:
            return
        self._tell(self._bound.over())
        if self._bound.takes(_key(record)):
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        if _ours(record):
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text += f" ({_kind(record.exc_info[1], record.exc_info[2])})"
        else:
            text = f"library.{record.levelname.lower()}: {record.name} at {record.filename}:{record.lineno}"
        text = self.hidden.sub(_INSTEAD, " ".join(text.split()))
        return f"<{_PRIORITY.get(record.levelno, 5)}>{text}" if self._journal else f"edge: {text}"

    def close(self) -> None:
        """Tell of what was swallowed and not told of yet."""
        with self.lock or threading.RLock():
            self._tell(self._bound.all())
        super().close()

    def _tell(self, swallowed: Iterable[tuple[str, int]]) -> None:
        for code, count in swallowed:
            more = logging.LogRecord("edge", logging.WARNING, "", 0, "log.more: %d more of %s", (count, code), None)
            super().emit(more)


def _ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "edge"


def _key(record: logging.LogRecord) -> str:
    """The line's code; else its logger."""
    found = _CODE.match(record.getMessage()) if _ours(record) else None
    return found[0] if found else record.name


@dataclass(slots=True)
class _Kind:
    since: float
    lines: int = 0
    swallowed: int = 0


class _Bound:
    """How many lines of each code there were lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def takes(self, code: str) -> bool:
        """Whether one more is to be written."""
        if code not in self._kinds and len(self._kinds) >= KINDS:
            code = "other lines"
        kind = self._kinds.setdefault(code, _Kind(self._clock()))
        kind.lines += 1
        kind.swallowed += kind.lines > LINES
        return kind.lines <= LINES

    def over(self) -> Iterator[tuple[str, int]]:
        """Codes whose time is over, with what was swallowed of them; they begin anew."""
        now = self._clock()
        return self._end(code for code, kind in list(self._kinds.items()) if now - kind.since >= WINDOW_S)

    def all(self) -> Iterator[tuple[str, int]]:
        """All of them."""
        return self._end(list(self._kinds))

    def _end(self, codes: Iterable[str]) -> Iterator[tuple[str, int]]:
        for code in codes:
            if swallowed := self._kinds.pop(code).swallowed:
                yield code, swallowed
