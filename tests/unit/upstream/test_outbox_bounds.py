"""The outbox is never too much: no budget spent twice, whatever the clock says, and the oldest go for want of room."""

from dataclasses import replace
from pathlib import Path

from edge.upstream.outbox import REFUSALS, Limits
from tests.unit.upstream.reports_made import some
from tests.unit.upstream.spooled import MONDAY, Box, bare, head, sent, told

ROOMY = Limits(weekly=2_000)


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
