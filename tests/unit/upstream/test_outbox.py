"""The outbox: nothing before somebody agrees, batches that keep their bytes, and what is shown is what goes."""

import datetime as dt
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from edge.upstream.report import Confidence
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import Box, head, sent, told


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
