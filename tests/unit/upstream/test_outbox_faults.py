"""The outbox and trouble: damaged files, disks that take nothing, other programs; nothing that was kept is lost."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edge.upstream.outbox import Limits, NotWrittenError
from edge.upstream.report import TurnReport
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import Box, head, sent


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
    box = Box(tmp_path, Limits(weekly=2_000))
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
