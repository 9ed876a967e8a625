"""The outbox: nothing before somebody agrees, no budget spent twice, nothing lost that was kept, and never too much."""

import datetime as dt
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from edge.upstream.outbox import REFUSALS, Limits, NotWrittenError, Outbox, Packed
from edge.upstream.report import Confidence, TurnReport
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import MONDAY, Box, bare, head, told

ROOMY = Limits(weekly=2_000)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def sent(outbox: Outbox) -> list[Packed]:
    """All that is due, acknowledged one after the other."""
    found = []
    for one in outbox.batches():
        outbox.acknowledged(one.id)
        found.append(one)
    return found


def test_before_anybody_agrees_there_is_no_file(tmp_path: Path) -> None:
    box = Box(tmp_path, enabled=False)
    assert box.add(*some(3)) == [False, False, False]
    assert not box.box.enabled
    assert not list(box.box.batches())
    assert box.box.preview() == ()
    box.box.pause()
    assert box.box.purge() == 0
    assert box.box.status().agreed == 0
    assert list(tmp_path.iterdir()) == []
    assert box.warned == []


def test_the_file_is_its_owners(box: Box) -> None:
    box.add(*some(3))
    assert {stat.S_IMODE(one.stat().st_mode) for one in box.path.parent.iterdir()} == {0o600}


def test_a_few_wait_for_a_day(box: Box) -> None:
    made = some(3)
    assert box.add(*made) == [True, True, True]
    box.later(hours=23)
    assert not sent(box.box)
    box.later(hours=1)
    (one,) = sent(box.box)
    assert told(one) == made
    assert head(one)["week"] == "2026-W48"
    assert (head(one)["dropped"], one.count) == (0, 3)
    assert (box.box.status().waiting, box.box.status().sent) == (0, 3)


def test_fifty_go_at_once(box: Box) -> None:
    made = some(51, worked=None)
    box.add(*made)
    (one,) = sent(box.box)
    assert told(one) == made[:50]
    assert box.box.status().waiting == 1


def test_the_same_is_told_once_a_week(box: Box) -> None:
    (one,) = some(1)
    assert box.add(one, one, replace(one, worked=False)) == [True, False, False]
    box.again()
    assert box.add(one) == [False]
    box.later(days=7)
    assert box.add(one) == [True]


def test_a_batch_keeps_its_bytes_until_it_is_acknowledged(box: Box) -> None:
    box.add(*some(50, worked=None))
    (first,) = box.box.batches()
    box.add(*some(60, worked=None)[50:])
    box.later(days=3)
    box.again()
    (again,) = box.box.batches()
    assert again == first
    box.box.acknowledged("0" * 32)
    assert list(box.box.batches()) == [first]
    box.box.acknowledged(first.id)
    box.box.acknowledged(first.id)
    (second,) = sent(box.box)
    assert second.id != first.id
    assert box.box.status().sent == 60


def test_what_was_heard_otherwise_is_another_home_to_whoever_gets_it(box: Box) -> None:
    one, other = some(2)
    other = replace(other, heard=("turn", "on", "the", "kitchen", "light"))
    box.add(one, other)
    box.again()
    box.later(days=1)
    box.add(replace(one, confidence=Confidence.LOW))
    first, second = sent(box.box)
    assert [told(first), told(second)] == [[one, replace(one, confidence=Confidence.LOW)], [other]]
    box.add(replace(one, confidence=Confidence.MIDDLE))
    box.later(days=1)
    (third,) = sent(box.box)
    assert head(first)["pseudonym"] == head(third)["pseudonym"] != head(second)["pseudonym"]


def test_when_something_was_said_is_not_told_by_when_it_goes(tmp_path: Path) -> None:
    early = iter((86_000, 3_600))
    box = Box(tmp_path, early=lambda _: next(early))
    one, other = some(2)
    box.add(one, replace(other, heard=("turn", "on", "the", "kitchen", "light")))
    gone = []
    for _ in range(24):
        box.later(hours=1)
        gone.append(len(sent(box.box)))
    assert [hour for hour, many in enumerate(gone, 1) if many] == [1, 23]


def test_weeks_have_pseudonyms_and_batches_of_their_own(box: Box) -> None:
    box.add(*some(2))
    box.later(days=6, hours=15, minutes=59)
    box.add(*some(3)[2:])
    box.later(minutes=1)  # it is Monday
    box.add(*some(4))
    first, *rest = sent(box.box)
    assert (head(first)["week"], len(told(first)), rest) == ("2026-W48", 3, [])
    box.later(days=1)
    (second,) = sent(box.box)
    assert (head(second)["week"], len(told(second))) == ("2026-W49", 4)
    assert head(first)["pseudonym"] != head(second)["pseudonym"]


def test_weeks_are_those_of_utc(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.now = dt.datetime(2026, 11, 30, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=9)))
    box.add(*some(1))
    assert box.box.status().week == "2026-W48"


# The budget


def test_the_budget_is_never_exceeded(box: Box) -> None:
    made = some(25)
    box.add(*made[:11])
    box.again()
    box.add(*made[11:])
    box.later(days=1)
    (one,) = sent(box.box)
    assert told(one) == [*made[:20], *bare(made[20:])]
    status = box.box.status()
    assert (status.epsilon, status.limit) == (30.0, 30.0)
    box.later(days=7)
    box.add(*made[:1])
    assert box.box.status().epsilon == 1.5


def test_what_says_no_fact_costs_nothing(box: Box) -> None:
    box.add(*some(5, worked=None))
    assert box.box.status().epsilon == 0
    assert box.box.status().reports == 5


def test_a_hundred_reports_a_week(box: Box) -> None:
    assert box.add(*some(102, worked=None)) == [True] * 100 + [False] * 2
    assert box.box.status().dropped == 0  # they were never made
    box.later(days=7)
    assert box.add(*some(1)) == [True]


def test_purging_and_agreeing_again_give_no_other_budget(box: Box) -> None:
    box.add(*some(20))
    assert box.box.purge() == 20
    box.box.pause()
    box.box.enable()
    box.add(*some(21)[20:])
    box.later(days=1)
    (one,) = sent(box.box)
    assert told(one) == bare(some(21)[20:])


def test_a_clock_that_is_put_back_gives_no_other_budget(box: Box) -> None:
    box.add(*some(20))
    for now in (MONDAY.replace(year=2026, month=9), MONDAY.replace(year=1970)):
        box.now = now
        assert box.box.status().week == "2026-W48"
        box.add(*some(21)[20:])
        assert box.box.status().epsilon == 30
    assert {head(one)["week"] for one in box.box.preview()} == {"2026-W48"}


def test_a_clock_that_was_far_ahead_is_mended_by_a_purge(box: Box) -> None:
    box.now = MONDAY.replace(year=2090)
    box.add(*some(15))
    box.now = MONDAY
    box.add(*some(16)[15:])
    assert box.box.status().week.startswith("2090")
    assert box.box.purge() == 16
    status = box.box.status()
    assert (status.week, status.epsilon, status.reports) == ("2026-W48", 24.0, 16)
    box.add(*some(30)[16:])
    assert (box.box.status().epsilon, box.box.status().reports) == (30.0, 30)


def test_a_clock_that_was_never_set_begins_no_week(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.now = MONDAY.replace(year=1970)
    assert box.add(*some(1)) == [False]
    box.now = MONDAY
    assert box.add(*some(1)) == [True]


# Bounds


def test_without_a_network_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    box = Box(tmp_path, ROOMY)
    made = some(1_000, worked=None)
    box.add(*made[:50])
    (first,) = box.box.batches()
    box.add(*made[50:])
    assert list(box.box.batches()) == [first]
    box.later(days=7)
    box.add(*made[:10])
    status = box.box.status()
    assert (status.waiting, status.dropped) == (960, 50)
    box.box.acknowledged(first.id)  # it had arrived, and nobody knew
    assert box.box.status().sent == 0
    gone = sent(box.box)
    assert [head(one)["dropped"] for one in gone[:2]] == [50, 0]
    assert [one for each in gone for one in told(each)] == made[50:]


def test_a_month_without_a_network_is_told_when_it_is_back(box: Box) -> None:
    made = some(1_000, worked=None)
    for week in range(4):
        box.add(*made[100 * week : 100 * week + 100])
        (unsent,) = box.box.batches()
        assert head(unsent)["week"] == "2026-W48"
        box.later(days=7)
    gone = sent(box.box)
    assert [one.count for one in gone] == [50] * 8
    assert [one for each in gone for one in told(each)] == made[:400]


def test_what_was_dropped_with_a_batch_is_told_with_another(tmp_path: Path) -> None:
    box = Box(tmp_path, Limits(weekly=2_000, reports=60))
    made = some(300, worked=None)
    box.add(*made[:70])  # ten have gone
    (first,) = box.box.batches()
    assert head(first)["dropped"] == 10
    box.add(*made[70:130])  # the batch, too
    (second,) = box.box.batches()
    assert head(second)["dropped"] == 70
    assert box.box.status().dropped == 70


def test_the_file_stays_small(tmp_path: Path) -> None:
    box = Box(tmp_path, ROOMY)
    long = ("kitchen",) * 23
    for week in range(3):
        for one in some(1_000):
            box.add(replace(one, heard=(one.heard + long)[:24], meant=(one.heard[::-1] + long)[:24]))
        next(box.box.batches(), None)
        box.later(days=7 * week)
    assert sum(one.stat().st_size for one in tmp_path.iterdir()) < 10_000_000
    assert box.box.status().waiting == 1_000


def test_what_is_refused_for_ever_is_dropped_and_counted(box: Box) -> None:
    made = some(100, worked=None)
    box.add(*made)
    (first,) = box.box.batches()
    assert [box.box.refused(first.id) for _ in range(REFUSALS)] == [False] * (REFUSALS - 1) + [True]
    assert not box.box.refused(first.id)
    (second,) = sent(box.box)
    assert (told(second), head(second)["dropped"]) == (made[50:], 50)
    assert (box.box.status().sent, box.box.status().dropped) == (50, 50)


def test_another_language_is_not_kept(box: Box) -> None:
    assert box.add(replace(some(1)[0], language="de")) == [False]


# Consent


def test_paused(box: Box) -> None:
    made = some(60, worked=None)
    box.add(*made[:50])
    box.box.pause()
    assert not box.box.enabled
    assert box.add(made[50]) == [False]
    assert not list(box.box.batches())
    assert box.box.status().waiting == 50
    box.box.enable()
    assert len(sent(box.box)) == 1
    assert box.box.status().since == "2026-11-23"


def test_another_process_agrees_and_pauses(tmp_path: Path) -> None:
    hub = Box(tmp_path, enabled=False)
    assert hub.add(*some(1)) == [False]
    command = hub.opened()
    command.enable()
    assert hub.add(*some(1)) == [True]
    command.pause()
    assert hub.add(*some(2)[1:]) == [False]
    command.enable()
    hub.path.unlink()
    assert not hub.box.enabled
    command.enable()
    assert hub.add(*some(1)) == [True]
    assert hub.warned == []


def test_a_page_that_has_changed_is_to_be_agreed_to_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.upstream.outbox.PAGE", 2)
    monkeypatch.setattr("edge.upstream.spool_rows.PAGE", 2)
    assert not box.box.enabled
    assert box.add(*some(1)) == [False]
    box.later(days=1)
    box.box.enable()
    assert box.add(*some(1)) == [True]
    assert (box.box.status().agreed, box.box.status().since) == (2, "2026-11-24")


def test_what_is_purged_is_on_no_disk(box: Box) -> None:
    box.add(*some(60, worked=None))
    list(box.box.batches())
    assert any(b"kitchen" in one.read_bytes() for one in box.path.parent.iterdir())
    assert box.box.purge() == 60
    assert not any(b"kitchen" in one.read_bytes() for one in box.path.parent.iterdir())
    assert box.box.status().waiting == 0
    assert not list(box.box.batches())


# Shown


def test_what_is_shown_is_what_goes(box: Box) -> None:
    box.add(*some(60, worked=None))
    list(box.box.batches())
    box.later(days=7)
    box.add(*some(3))
    box.later(days=1)
    shown = box.box.preview()
    assert [one.count for one in shown] == [50, 10, 3]
    assert box.opened().preview() == shown
    assert tuple(sent(box.box)) == shown


# Faults


def test_a_damaged_file_is_set_aside_and_said_once(box: Box) -> None:
    box.add(*some(3))
    box.box.close()
    box.path.write_bytes(b"damaged" * 1_000)
    box.box = box.opened()
    assert box.add(*some(3)) == [False, False, False]
    assert not box.box.enabled
    assert box.warned == ["outbox.corrupt"]
    assert sorted(one.name for one in box.path.parent.iterdir()) == ["outbox.db.broken"]


def test_after_a_damage_the_budget_of_the_week_is_taken_for_spent(box: Box) -> None:
    box.add(*some(20))
    box.box.close()
    box.path.write_bytes(b"damaged" * 1_000)
    box.box = box.opened()
    assert not box.box.enabled
    box.box.enable()
    assert box.add(*some(1)) == [False]
    assert box.box.status().epsilon == 30
    box.later(days=7)
    assert box.add(*some(1)) == [True]
    assert box.box.purge() == 1
    assert not list(box.path.parent.glob("*.broken*"))  # what it holds was to be removed, too


def test_a_page_in_the_middle_that_is_damaged(tmp_path: Path) -> None:
    box = Box(tmp_path, ROOMY)
    box.add(*some(500, worked=None))
    box.box.close()
    with box.path.open("r+b") as file:
        for at in range(4096, box.path.stat().st_size, 4096):
            file.seek(at)
            file.write(b"\xff" * 4096)
    box.box = box.opened()
    assert not list(box.box.batches())
    assert box.add(*some(2)) == [False, False]
    assert box.warned == ["outbox.corrupt"]


@pytest.fixture
def stuck(box: Box, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Box:
    """The disk takes nothing any more."""
    box.add(*some(1, worked=None))
    setting = {"full": "max_page_count = 1", "read-only": "query_only = ON"}[request.param]
    file, connected = box.box._file, box.box._file._connected

    def limited() -> sqlite3.Connection:
        db = connected()
        db.execute(f"PRAGMA {setting}").fetchall()
        return db

    file._drop()
    monkeypatch.setattr(file, "_connected", limited)
    return box


@pytest.mark.parametrize(
    ("stuck", "code"), [("full", "outbox.full"), ("read-only", "outbox.read_only")], indirect=["stuck"]
)
def test_a_disk_that_takes_nothing(stuck: Box, code: str) -> None:
    long = [replace(one, meant=one.heard * 4) for one in some(900, worked=None)[1:]]
    assert not all(stuck.add(*long))
    assert set(stuck.warned) == {code}
    kept = stuck.box.status().waiting
    stuck.later(days=1)
    if code == "outbox.read_only":
        assert not list(stuck.box.batches())  # what cannot be ticked off would go again and again
        with pytest.raises(NotWrittenError):
            stuck.box.pause()
    stuck.again()
    assert stuck.box.status().waiting == kept
    assert list(stuck.box.batches())


def test_another_program_that_keeps_it_locked(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.upstream.spool_file._LOCK_S", 0.01)
    box.again()
    other = sqlite3.connect(box.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert box.add(*some(2)) == [False, False]
    assert box.warned == ["outbox.locked"]
    other.execute("ROLLBACK")
    other.close()
    assert box.add(*some(1)) == [True]


def test_one_of_a_newer_edge_is_left_alone(box: Box) -> None:
    box.box.close()
    with sqlite3.connect(box.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = box.path.read_bytes()
    box.box = box.opened()
    assert box.add(*some(2)) == [False, False]
    assert box.warned == ["outbox.newer"]
    assert box.path.read_bytes() == before
    with pytest.raises(NotWrittenError):
        box.box.enable()


def test_reports_that_cannot_be_read_any_more_are_dropped(box: Box) -> None:
    box.add(*some(2))
    box.box._file.write(lambda db: db.execute("UPDATE report SET report = '{}' WHERE n = 1").rowcount, 0)
    box.later(days=1)
    box.add(*some(3)[2:])
    assert not sent(box.box)
    assert box.warned == ["json.invalid"]
    assert box.box.status().dropped == 3
    box.later(days=1)
    box.add(*some(4)[3:])
    box.later(days=1)
    (one,) = sent(box.box)
    assert head(one)["dropped"] == 3


def test_a_closed_one_does_nothing(box: Box) -> None:
    box.box.close()
    assert box.add(TurnReport(*[getattr(some(1)[0], name) for name in TurnReport.__slots__])) == [False]
    assert not list(box.box.batches())
