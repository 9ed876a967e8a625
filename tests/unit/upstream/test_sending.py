"""What is in the outbox arrives at least once, as one and the same, whatever happens on the way."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from edge.core.errors import MissingError, UnreachableError
from edge.upstream import batch
from edge.upstream.carriers import NotTakenError, ToCollector, ToFolder
from edge.upstream.outbox import FILE, REFUSALS, Outbox, Packed
from edge.upstream.sending import FIRST_S, LOOK_S, MOST_S, BackOff, Sending
from tests.system.house import until
from tests.unit.upstream import collectors
from tests.unit.upstream.collectors import collector, says
from tests.unit.upstream.killed import LIMITS
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import Box, head, told
from tests.unit.upstream.told import VOCABULARY


class Carried:
    """A carrier that fails as it is told."""

    def __init__(self, *fails: Exception | None) -> None:
        self.fails, self.sent, self.closed = list(fails), list[Packed](), False
        self.last_thread = ""

    def send(self, packed: Packed) -> None:
        self.last_thread = threading.current_thread().name
        self.sent.append(packed)
        if self.fails and (error := self.fails.pop(0)) is not None:
            raise error

    def close(self) -> None:
        self.closed = True


AWAY = UnreachableError("upstream.unreachable", "it is away")
REFUSED = NotTakenError("upstream.refused", "it is refused")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.add(*some(100, worked=None))
    return box


def sending(box: Box, carrier: object, clock: Callable[[], float] = lambda: 0.0, look_s: float = LOOK_S) -> Sending:
    return Sending(
        *(box.box, carrier),  # type: ignore[arg-type]
        rng=Random(7),
        clock=clock,
        warn=lambda code, _: box.warned.append(code),
        look_s=look_s,
    )


def test_back_off() -> None:
    class Half:
        def random(self) -> float:
            return 0.5

    back_off = BackOff(Half())
    waits = [back_off.failed() for _ in range(50)]
    assert waits[:3] == [FIRST_S * 0.75, FIRST_S * 1.5, FIRST_S * 3]
    assert waits == sorted(waits)
    assert waits[-1] == MOST_S * 0.75
    back_off.worked()
    assert back_off.failed() == FIRST_S * 0.75
    spread = BackOff(Random(7), most_s=FIRST_S)
    found = [spread.failed() for _ in range(1_000)]
    assert FIRST_S / 2 <= min(found) < FIRST_S * 0.51
    assert FIRST_S * 0.99 < max(found) <= FIRST_S


def test_all_that_is_due(box: Box) -> None:
    carrier = Carried()
    assert sending(box, carrier).once()
    assert [one.count for one in carrier.sent] == [50, 50]
    assert box.box.status().waiting == 0


def test_nothing_is_sent_while_paused(box: Box) -> None:
    box.box.pause()
    carrier = Carried()
    assert sending(box, carrier).once()
    assert carrier.sent == []


def test_what_did_not_arrive_goes_again_as_the_same_and_is_said_once(box: Box) -> None:
    carrier = Carried(AWAY, AWAY, None, AWAY)
    there = sending(box, carrier)
    assert not box.box.status().trouble
    assert [there.once(), there.once()] == [False, False]
    assert box.box.status().trouble == str(AWAY)
    assert [there.once(), there.once()] == [False, True]
    assert not box.box.status().trouble
    first, again, third, fourth, fifth = carrier.sent
    assert first == again == third
    assert fourth == fifth != first
    assert box.warned == ["upstream.unreachable"] * 2
    assert box.box.status().sent == 100


def test_what_is_refused_is_in_nobodys_way_for_ever(box: Box) -> None:
    carrier = Carried(*[REFUSED] * REFUSALS)
    there = sending(box, carrier)
    assert [there.once() for _ in range(REFUSALS)] == [False] * (REFUSALS - 1) + [True]
    assert [one.id for one in carrier.sent[:-1]] == [carrier.sent[0].id] * REFUSALS
    assert head(carrier.sent[-1])["dropped"] == 50
    assert box.warned == ["upstream.refused"]
    assert (box.box.status().sent, box.box.status().dropped) == (50, 50)


def test_a_collector_that_is_ill_and_recovers(box: Box) -> None:
    answers = (says(500), says(200, b'{"id":"another"}'), collectors.hangs_up, collectors.good)
    with collector(*answers) as there:
        sends = sending(box, ToCollector(f"http://127.0.0.1:{there.port}/batch"))
        assert [sends.once() for _ in range(4)] == [False, False, False, True]
    bodies = [body for _, body in there.requests]
    assert bodies[0] == bodies[1] == bodies[2] == bodies[3] != bodies[4]
    assert [len(batch.decode(body, vocabulary=VOCABULARY).reports) for body in bodies[3:]] == [50, 50]
    assert box.warned == ["upstream.unreachable"]


def test_on_a_thread_of_its_own_when_it_is_time(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    carrier = Carried(AWAY, ValueError("turn on the kitchen light"), MissingError("batch.zstandard", "install it"))
    there = sending(box, carrier, lambda: now[0], look_s=0.01)
    there.start()
    for number in range(1, 4):
        now[0] += MOST_S
        until(lambda number=number: len(carrier.sent) == number, "it is sent")
        until(lambda number=number: there._back_off._failures == number, "it waits")
    now[0] += MOST_S
    until(lambda: box.box.status().sent == 100, "all is sent")
    assert carrier.last_thread == "outbox"
    there.close()
    assert carrier.closed
    assert not there._thread.is_alive()
    assert box.warned == ["upstream.unreachable", "batch.zstandard"]
    assert "upstream.unexpected: ValueError" in caplog.text
    assert "kitchen" not in caplog.text
    assert len(carrier.sent) == 5


def test_it_does_not_come_before_its_time(box: Box) -> None:
    looked = threading.Event()

    def clock() -> float:
        if there:
            looked.set()
        return 0.0

    there: list[Sending] = []
    carrier = Carried()
    there.append(sending(box, carrier, clock, look_s=0.001))
    there[0]._due = 1.0
    there[0].start()
    assert looked.wait(10)
    there[0].close()
    assert carrier.sent == []


def test_without_the_compression_nothing_is_lost(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingError, match="install EXTRAS=upstream"):
        sending(box, Carried()).once()
    assert box.box.status().waiting == 100
    with pytest.raises(MissingError):
        box.box.enable()


def test_killed_at_any_moment_nothing_is_lost_or_sent_as_another(tmp_path: Path) -> None:
    """Eight times in the midst of keeping and sending."""
    sent = tmp_path / "sent"
    sent.mkdir()
    kept: list[int] = []
    for after in (1, 3, 7, 10, 14, 23, 37, 60):
        first = kept[-1] + 1 if kept else 0
        command = [sys.executable, "-m", "tests.unit.upstream.killed", str(tmp_path), str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            kept += [int(process.stdout.readline()) for _ in range(after)]
            process.kill()
            kept += [int(line) for line in process.stdout.read().split(b"\n")[:-1]]
    warned: list[str] = []
    rest = Outbox(
        tmp_path / FILE,
        target="sent",
        language="en",
        vocabulary=VOCABULARY.sha256,
        warn=lambda code, _: warned.append(code),
        limits=LIMITS,
    )
    spent = rest.status().epsilon
    for one in rest.batches():
        ToFolder(sent).send(one)
        rest.acknowledged(one.id)
    packed = [Packed(path.stem, path.read_bytes(), 0) for path in sent.glob("*.edgebatch")]
    all_told = [one for each in [*packed, *rest.preview()] for one in told(each)]
    rest.close()
    count = Counter(one.served for one in all_told)
    made = some(1_000)
    assert {made[number].served for number in kept} <= set(count)
    assert set(count.values()) == {1}
    assert all(head(one)["id"] == one.id for one in packed)
    # The last of each run may have been kept and not printed; then the next run was told no.
    assert len(all_told) <= len(kept) + 8
    assert sum(one.worked is not None for one in all_told) == 20
    assert (spent, warned) == (30.0, [])
