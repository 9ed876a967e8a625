"""The keeper with a clock in the hand, and its bell told over to a list; the thread with the real clock."""

import datetime as dt
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.core.errors import EdgeError, InputError
from edge.core.timers import Later, Timer, TimerAction, TimerDo, TimerKind, ringing
from edge.timers import when
from edge.timers.book import MAX_TIMERS, Book
from edge.timers.keeper import LATE_MS, RING_MS, Keeper
from tests.unit.timers.keeping import MINUTE, Hand, Heard, due, keeper, start


def test_it_rings_until_it_is_stopped() -> None:
    hand = Hand()
    kept = keeper(hand)
    new = start(kept, 600)
    hand.pass_ms(10 * MINUTE - 1)
    due(kept)
    assert ringing(kept.timers()) == ()
    hand.pass_ms(1)
    due(kept)
    assert [timer.id for timer in ringing(kept.timers())] == [new.id]
    kept.apply(TimerAction(TimerDo.STOP, (new.id,)))
    assert kept.timers() == ()


def test_it_gives_up_after_some_minutes() -> None:
    hand = Hand()
    kept = keeper(hand)
    start(kept, 60)
    hand.pass_ms(MINUTE)
    due(kept)
    hand.pass_ms(RING_MS + 1)
    missed, _ = due(kept)
    assert len(missed) == 1
    assert kept.timers() == ()


def test_pause_resume_and_change() -> None:
    hand = Hand()
    kept = keeper(hand)
    new = start(kept, 600)
    hand.pass_ms(4 * MINUTE)
    kept.apply(TimerAction(TimerDo.PAUSE, (new.id,)))
    hand.pass_ms(60 * MINUTE)
    due(kept)
    assert kept.timers()[0].left_ms == 6 * MINUTE
    kept.apply(TimerAction(TimerDo.CHANGE, (new.id,), seconds=60))
    kept.apply(TimerAction(TimerDo.RESUME, (new.id,)))
    assert kept.timers()[0].due_ms == hand.wall + 7 * MINUTE
    kept.apply(TimerAction(TimerDo.CHANGE, (new.id,), seconds=-3600))
    due(kept)
    assert len(ringing(kept.timers())) == 1


def test_a_restart_rings_what_has_just_ended_and_tells_of_what_ended_long_ago(tmp_path: Path) -> None:
    hand = Hand()
    before = keeper(hand, tmp_path / "timers.json")
    start(before, 60, "eggs")
    start(before, 60 + LATE_MS // 1000, "pizza")
    hand.pass_ms(MINUTE + LATE_MS + 1)
    after = keeper(hand, tmp_path / "timers.json")
    missed, _ = due(after)
    assert [timer.name for timer in missed] == ["eggs"]
    assert [timer.name for timer in ringing(after.timers())] == ["pizza"]


def test_a_clock_that_jumps_moves_what_this_process_has_set_and_nothing_else(tmp_path: Path) -> None:
    hand = Hand()
    old = start(keeper(hand, tmp_path / "timers.json"), 7200, "old")
    hand.wall -= 365 * 86_400_000  # the board starts a year behind
    kept = keeper(hand, tmp_path / "timers.json")
    new = start(kept, 600, "new")
    hand.pass_ms(MINUTE)
    hand.wall += 365 * 86_400_000
    due(kept)
    found = {timer.name: timer for timer in kept.timers()}
    assert found["new"].due_ms == hand.wall + 9 * MINUTE
    assert found["old"].due_ms == old.due_ms
    assert new.due_ms != found["new"].due_ms


def test_an_alarm_set_while_the_clock_was_behind_is_for_the_next_morning() -> None:
    right = when.moment(dt.datetime(2026, 9, 21, 22, 0), dt.UTC)  # noqa: DTZ001
    hand = Hand(right - 400 * 86_400_000)
    kept = keeper(hand)
    kept.apply(TimerAction(TimerDo.START, new=Timer("", TimerKind.ALARM, at="07:00"), either=False))
    hand.wall = right
    missed, _ = due(kept)
    assert missed == []
    assert kept.timers()[0].date == "2026-09-22"
    assert kept.timers()[0].due_ms == right + 9 * 3_600_000


def test_an_alarm_of_many_days_goes_on_and_does_not_ring_twice_when_the_clock_steps_back() -> None:
    monday = when.moment(dt.datetime(2026, 9, 21, 6, 59, 59), dt.UTC)  # noqa: DTZ001
    hand = Hand(monday)
    kept = keeper(hand)
    daily = Timer("", TimerKind.ALARM, at="07:00", days=tuple(range(7)))
    new = kept.apply(TimerAction(TimerDo.START, new=daily)).new
    assert new is not None
    hand.pass_ms(2000)
    due(kept)
    assert len(ringing(kept.timers())) == 1
    kept.apply(TimerAction(TimerDo.SNOOZE, (new.id,), seconds=540))
    hand.pass_ms(540_000)
    due(kept)
    assert len(ringing(kept.timers())) == 1
    kept.apply(TimerAction(TimerDo.STOP, (new.id,)))
    assert kept.timers()[0].due_ms == monday + 1000 + 86_400_000


def test_what_a_timer_is_to_do_is_done_once(tmp_path: Path) -> None:
    hand = Hand()
    kept = keeper(hand, tmp_path / "timers.json")
    start(kept, 60, then=(Later("light.a", "turn_off"),))
    hand.pass_ms(MINUTE)
    _, then = due(kept)
    assert [timer.then[0].entity_id for timer in then] == ["light.a"]
    assert due(keeper(hand, tmp_path / "timers.json")) == ([], [])


def test_no_more_than_fifty() -> None:
    kept = keeper(Hand())
    for _ in range(MAX_TIMERS):
        start(kept, 60)
    with pytest.raises(InputError) as refused:
        start(kept, 60)
    assert refused.value.code == "timers.too_many"
    assert len(kept.timers()) == MAX_TIMERS


def test_the_file_is_the_households_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "timers.json"
    start(keeper(Hand(), path), 60)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["timers"][0]["seconds"] == 60


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"version": 2, "timers": []}',
        b'{"version": 1, "timers": [{"id": 7}]}',
        b'{"version": 1, "timers": [{"id": "a"}]}',
        b'{"version": 1, "timers": [{"id": "a", "kind": "alarm", "due_ms": 1, "at": "99:99"}]}',
        b'{"version": 1, "timers": [{"id": "a", "due_ms": 1' + b"0" * 400 + b"}]}",
        b'{"version": 1, "timers": [{"id": "a", "due_ms": -1}]}',
        b'{"version": 1, "timers": [{"id": "a", "kind": "alarm", "due_ms": 1, "at": "07:00", "date": "soon"}]}',
        b'{"version": 1, "timers": [{"id": "a", "kind": "alarm", "due_ms": 1, "at": "07:00", "days": [7]}]}',
        b'{"version": 1, "timers": [{"id": "a", "due_ms": 1, "then": [{"entity_id": "light.a", "verb": "explode"}]}]}',
        b"[" * 100_000,
        b" " * 2_000_000,
    ],
)
def test_a_damaged_file_is_put_aside_with_one_warning(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "timers.json"
    path.write_bytes(content)
    kept = keeper(Hand(), path)
    assert kept.timers() == kept.timers() == ()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "timers.broken" in caplog.text
    assert (tmp_path / "timers.json.broken").read_bytes() == content
    start(kept, 60)
    assert len(keeper(Hand(), path).timers()) == 1


def test_what_cannot_be_written_is_not_promised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    kept = keeper(Hand(), tmp_path / "file" / "timers.json")
    with pytest.raises(EdgeError) as refused:
        start(kept, 60)
    assert refused.value.code == "timers.not_kept"
    assert kept.timers() == ()


def test_a_command_beside_the_hub_knows_that_it_runs_and_is_rung_for(tmp_path: Path) -> None:
    hub, command, bell = Keeper(Book(tmp_path / "t.json")), Keeper(Book(tmp_path / "t.json")), Heard()
    assert not command.heard
    hub.start(bell)
    assert command.heard
    assert hub.heard
    new = start(command, 1, "eggs")
    assert bell.next() == ("ring", "eggs")
    command.apply(TimerAction(TimerDo.CANCEL, (new.id,)))
    hub.close()
    assert hub.timers() == ()
    assert not command.heard


def test_stopping_is_heard_at_once_and_a_failing_bell_rings_again(tmp_path: Path) -> None:
    class Failing(Heard):
        def ring(self, timers: Sequence[Timer]) -> None:
            super().ring(timers)
            if self.failures:
                self.failures -= 1
                raise OSError("no sound card")

        failures = 1

    hub, bell = Keeper(Book(None)), Failing()
    hub.start(bell)
    new = start(hub, 1, "eggs")
    assert bell.next() == bell.next() == ("ring", "eggs")
    hub.apply(TimerAction(TimerDo.STOP, (new.id,)))
    while bell.next() != ("quiet", ""):
        continue
    hub.close()
