"""Log lines: one an event, bounded, and without what is not to be there."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge import logs
from edge.logs import KINDS, LINES, WINDOW_S, Lines

ROOT = Path(__file__).parents[2]


class Written:
    """A handler that writes into memory, by a clock that is set by hand."""

    def __init__(self, *, journal: bool = False) -> None:
        self.now = 0.0
        self._stream = io.StringIO()
        self.handler = Lines(self._stream, journal=journal, clock=lambda: self.now)

    def write(self, text: str, *values: object, level: int = logging.WARNING, name: str = "edge.home.link") -> None:
        self.handler.handle(logging.LogRecord(name, level, "/x/some.py", 7, text, values, None))

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3)]
)
def test_the_journal_is_told_the_priority(level: int, priority: int) -> None:
    written = Written(journal=True)
    written.write("link.lost: the broker\n  is %s", "away", level=level)
    assert written.lines == [f"<{priority}>link.lost: the broker is away"]


def test_a_terminal_is_told_who_speaks() -> None:
    written = Written()
    written.write("link.lost: away")
    assert written.lines == ["edge: link.lost: away"]


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR])
def test_of_a_library_the_place_alone_is_told(level: int) -> None:
    written = Written(journal=True)
    written.write("turn on the %s", "kitchen light", level=level, name="hassil.recognize")
    told = {logging.WARNING: ["<4>library.warning"], logging.ERROR: ["<3>library.error"]}.get(level, [])
    assert written.lines == [f"{what}: hassil.recognize at some.py:7" for what in told]


def test_of_an_exception_kind_and_place_are_told() -> None:
    written = Written()
    with pytest.raises(KeyError) as caught:
        {}["turn on the kitchen light"]
    error = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("edge", logging.ERROR, "", 1, "past.unexpected: x", (), error)
    written.handler.handle(record)
    (line,) = written.lines
    assert line.startswith("edge: past.unexpected: x (KeyError at test_logs.py:")
    assert "kitchen" not in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no answer at broker.lan:1883, Broker.LAN.", "no answer at (hidden):1883, (hidden)."),
        ("xbroker.lanx is another word", "xbroker.lanx is another word"),
        ("p is too short to be looked for", "p is too short to be looked for"),
        ("at 192.168.178.20:1883, and 1.2.3", "at (hidden), and 1.2.3"),
        ("at [fe80::1:2]:1883 and 2001:db8:0:0:1:2:3:4", "at (hidden) and (hidden)"),
        ("0x00158d00018255df and 00:15:8d:01:82:55", "(hidden) and (hidden)"),
        ("at 12:30:05, file.py:12", "at 12:30:05, file.py:12"),
        ("from https://me:pw@host.example/x?y now", "from (hidden) now"),
    ],
)
def test_addresses_and_secrets_are_taken_out(text: str, shown: str) -> None:
    written = Written()
    root = logging.getLogger()
    root.addHandler(written.handler)
    try:
        logs.hide(["broker.lan", "p", None, "pass.*word"])
    finally:
        root.removeHandler(written.handler)
    written.write("a.b: %s", text)
    written.write("a.b: pass.*word and password")
    assert written.lines == [f"edge: a.b: {shown}", "edge: a.b: (hidden) and password"]


def test_a_flood_is_counted_and_hides_nothing_else() -> None:
    written = Written()
    for number in range(LINES + 5):
        written.write("link.lost: number %d", number)
    written.write("link.back: there")
    assert [line.split(": ")[1] for line in written.lines] == ["link.lost"] * LINES + ["link.back"]
    written.now = WINDOW_S
    written.write("link.lost: again")
    assert written.lines[-2:] == ["edge: log.more: 5 more of link.lost", "edge: link.lost: again"]


def test_what_was_swallowed_is_told_at_the_end() -> None:
    written = Written()
    for _ in range(LINES + 1):
        written.write("no code in this line")
    written.handler.close()
    assert written.lines[-1] == "edge: log.more: 1 more of edge.home.link"


def test_no_number_of_codes_fills_the_memory() -> None:
    written = Written()
    for number in range(3 * KINDS):
        written.write(f"code.n{number}: x")
    assert len(written.lines) == KINDS + LINES
    written.handler.close()
    assert written.lines[-1] == f"edge: log.more: {2 * KINDS - LINES} more of other lines"


FAILING = """
import threading
from edge import logs
logs.set_up(verbose=False)
logs.log.info("run.listening: told")
thread = threading.Thread(target=lambda: {}["kitchen light"])
thread.start()
thread.join()
raise ValueError("turn on the kitchen light")
"""


def test_a_process_that_fails_quotes_nothing_in_the_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with journal.open("wb") as file:
        stat = os.fstat(file.fileno())
        environ = {"PATH": os.environ["PATH"], "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"}
        done = subprocess.run([sys.executable, "-c", FAILING], cwd=ROOT, env=environ, stderr=file, check=False)
    assert done.returncode == 1
    lines = journal.read_text().splitlines()
    assert lines[0] == "<6>run.listening: told"
    assert [line.partition(" at ")[0] for line in lines[1:]] == [
        "<3>thread.unexpected: KeyError",
        "<3>run.unexpected: ValueError",
    ]


def test_elsewhere_it_is_told_as_ever(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "JOURNAL_STREAM": "1:1"}
    done = subprocess.run([sys.executable, "-c", FAILING], cwd=ROOT, env=environ, capture_output=True, check=False)
    assert b"Traceback" in done.stderr
    assert b"run.listening" not in done.stderr
