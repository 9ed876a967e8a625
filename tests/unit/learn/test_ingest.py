"""What arrives is taken whole or refused, once, and what was taken is on disk before the batch is gone."""

import fcntl
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import zstandard

from edge.core.errors import InputError
from edge.upstream import batch as batches
from edge.upstream.batch import Batch
from tests.unit.learn import homes
from tools.learn import ingest as ingesting
from tools.learn.engine_local import LocalEngine
from tools.learn.ingest import COLUMNS, MAX_OF_HUB, SUFFIX, Taken, ingest


def take(folder: Path, *some: Batch, today: date = homes.TODAY) -> Taken:
    spool = homes.spooled(folder / "spool", some)
    return ingest(spool, folder / "store", today=today, vocabulary=homes.WORDS)


def rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "store" / "turns" / "*" / "*.parquet")


def test_a_turn_is_written_as_it_was_told(tmp_path: Path) -> None:
    taken = take(tmp_path, replace(homes.batch(1, [homes.MISSED]), dropped=3))
    assert (taken.batches, taken.turns, taken.lost, dict(taken.refused)) == (1, 1, 3, {})
    assert (tmp_path / "store" / "turns" / homes.WEEK / "2026-11-25-00000.parquet").is_file()
    (row,) = rows(tmp_path).rows(named=True)
    assert tuple(row) == COLUMNS
    assert row["hub"] == homes.hub(1)
    assert row["heard"] == homes.WRONG
    assert row["meant"] == homes.RIGHT
    assert row["meant_reading"] == homes.RIGHT_READING
    assert row["worked"] is None
    assert row["epsilon"] == 1.5
    assert not list((tmp_path / "spool").glob(f"*{SUFFIX}"))


def test_what_homes_told_is_for_the_stores_owner_alone_and_not_for_ever(tmp_path: Path) -> None:
    take(tmp_path, homes.batch(1, [homes.MISSED]))
    store = tmp_path / "store"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (store, *store.rglob("2*"))] == [0o700, 0o700, 0o600]
    kept = take(tmp_path, today=homes.TODAY + timedelta(weeks=ingesting.KEPT_WEEKS))
    assert (kept.deleted, rows(tmp_path).height) == ([], 1)
    gone = take(tmp_path, today=homes.TODAY + timedelta(weeks=ingesting.KEPT_WEEKS + 1))
    assert gone.deleted == [homes.WEEK]
    assert not list(store.rglob("*.parquet"))


def test_what_is_no_file_keeps_nothing_else_back(tmp_path: Path) -> None:
    (tmp_path / "spool" / f"a{SUFFIX}" / "in").mkdir(parents=True)
    (tmp_path / "spool" / f"b{SUFFIX}").symlink_to(tmp_path / "nowhere")
    taken = take(tmp_path, homes.batch(1, [homes.MISSED]))
    assert (taken.turns, dict(taken.refused)) == (1, {"batch.no_file": 2})
    assert not list((tmp_path / "spool").glob(f"*{SUFFIX}"))


def test_a_file_that_is_none_of_turns_is_named(tmp_path: Path) -> None:
    take(tmp_path, homes.batch(1, [homes.MISSED]))
    bad = tmp_path / "store" / "turns" / homes.WEEK / "2026-11-24-00000.parquet"
    bad.write_bytes(b"PAR1 no PAR1")
    with pytest.raises(InputError, match=str(bad)):
        take(tmp_path, homes.batch(2, [homes.MISSED]))
    with pytest.raises(InputError, match=str(bad)):
        LocalEngine().count(tmp_path / "store", k=1)


def test_a_batch_that_comes_again_is_a_replay(tmp_path: Path) -> None:
    first = homes.batch(1, [homes.MISSED])
    take(tmp_path, first)
    again = take(tmp_path, first)
    assert (again.turns, dict(again.refused)) == (0, {"batch.replayed": 1})
    assert rows(tmp_path).height == 1


def test_what_a_hub_has_told_is_not_taken_again_in_another_batch(tmp_path: Path) -> None:
    later = replace(homes.MISSED, day_part=homes.DayPart.MORNING)
    taken = take(tmp_path, homes.batch(1, [homes.MISSED, later]), homes.batch(1, [homes.MISSED], part=1))
    assert (taken.batches, taken.turns, taken.repeated) == (2, 1, 2)
    assert take(tmp_path, homes.batch(1, [later], part=2)).turns == 0
    assert take(tmp_path, homes.batch(2, [later])).turns == 1


def test_a_hub_that_tells_more_than_any_may_is_refused(tmp_path: Path) -> None:
    words = sorted(homes.WORDS.home)[: MAX_OF_HUB + 1]
    taken = take(tmp_path, homes.batch(1, [homes.heard(f"turn on the {word}", worked=True) for word in words]))
    assert dict(taken.refused) == {"batch.too_many": 1}
    halves = (words[:60], words[60:])
    taken = take(
        tmp_path,
        *(
            homes.batch(2, [homes.heard(f"turn on the {word}", worked=True) for word in some], part=part)
            for part, some in enumerate(halves)
        ),
    )
    assert dict(taken.refused) == {"batch.too_many": 1}


def test_one_hub_has_one_epsilon(tmp_path: Path) -> None:
    other = replace(homes.batch(1, [homes.heard("turn on the lamp", worked=True)], part=1), epsilon=0.5)
    taken = take(tmp_path, homes.batch(1, [homes.MISSED]))
    assert taken.turns == 1
    assert dict(take(tmp_path, other).refused) == {"batch.epsilon": 1}


@pytest.mark.parametrize(
    ("week", "today", "is_taken"),
    [
        ("2026-W48", date(2026, 11, 25), True),
        ("2026-W39", date(2026, 11, 25), True),
        ("2026-W36", date(2026, 11, 25), False),
        ("2026-W49", date(2026, 11, 29), True),
        ("2026-W49", date(2026, 11, 25), False),
        ("2026-W53", date(2026, 12, 30), True),
        ("2025-W53", date(2026, 1, 2), False),
    ],
)
def test_only_weeks_that_may_be_told_now_are_taken(tmp_path: Path, week: str, today: date, is_taken: bool) -> None:
    taken = take(tmp_path, homes.batch(1, [homes.MISSED], week=week), today=today)
    assert dict(taken.refused) == ({} if is_taken else {"batch.week": 1})


def test_what_is_no_batch_is_set_aside_and_told_by_its_code(tmp_path: Path) -> None:
    good = batches.encode(homes.batch(1, [homes.MISSED]))
    spool = tmp_path / "spool"
    spool.mkdir()
    bomb = zstandard.ZstdCompressor().compress(bytes(40_000_000))
    bad = {
        "truncated": good[:-7],
        "flipped": good[:20] + bytes([good[20] ^ 255]) + good[21:],
        "bomb": bomb,
        "gigantic": bytes(batches.MAX_COMPRESSED + 1),
        "nothing": b"",
        "text": b"hello",
    }
    for name, data in bad.items():
        (spool / f"{name}{SUFFIX}").write_bytes(data)
    (spool / f"good{SUFFIX}").write_bytes(good)
    taken = ingest(spool, tmp_path / "store", today=homes.TODAY, vocabulary=homes.WORDS)
    assert taken.turns == 1
    assert sum(taken.refused.values()) == len(bad)
    assert {code.partition(".")[0] for code in taken.refused} == {"batch"}
    assert taken.refused["batch.too_large"] == 2
    assert sorted(file.stem for file in (spool / "refused").iterdir()) == sorted(bad)


def test_what_is_refused_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "KEPT_REFUSED", 2)
    spool = tmp_path / "spool"
    spool.mkdir()
    for name in ("a", "b", "c"):
        (spool / f"{name}{SUFFIX}").write_bytes(b"no batch")
    taken = ingest(spool, tmp_path / "store", today=homes.TODAY, vocabulary=homes.WORDS)
    assert sum(taken.refused.values()) == 3
    assert len(list((spool / "refused").iterdir())) == 2
    assert not list(spool.glob(f"*{SUFFIX}"))


def test_after_a_crash_between_file_and_spool_nothing_is_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = homes.spooled(tmp_path / "spool", [homes.batch(number, [homes.MISSED]) for number in range(3)])
    unlink, left = Path.unlink, []

    def stop_after_one(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == SUFFIX and left:
            raise KeyboardInterrupt
        left.append(path)
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        ingest(spool, tmp_path / "store", today=homes.TODAY, vocabulary=homes.WORDS)
    monkeypatch.undo()
    taken = ingest(spool, tmp_path / "store", today=homes.TODAY, vocabulary=homes.WORDS)
    assert (taken.turns, dict(taken.refused)) == (0, {"batch.replayed": 2})
    assert rows(tmp_path).height == 3


def test_many_batches_are_taken_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "_CHUNK", 2)
    said: list[str] = []
    spool = homes.spooled(tmp_path / "spool", homes.fleet(5))
    taken = ingest(spool, tmp_path / "store", today=homes.TODAY, vocabulary=homes.WORDS, say=said.append)
    assert (taken.batches, taken.turns) == (5, 15)
    assert said == ["2 of 5 batches, 6 turns", "4 of 5 batches, 12 turns", "5 of 5 batches, 15 turns"]


def test_no_spool_and_no_store_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        ingest(tmp_path / "none", tmp_path, today=homes.TODAY, vocabulary=homes.WORDS)
    assert error.value.code == "learn.spool"
    with pytest.raises(InputError) as error:
        ingesting.weeks_of(tmp_path)
    assert error.value.code == "learn.nothing"


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with (tmp_path / "store" / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError) as error:
            take(tmp_path, homes.batch(1, [homes.MISSED]))
    assert error.value.code == "learn.busy"
    assert take(tmp_path).turns == 1


def test_a_file_of_turns_is_never_written_over(tmp_path: Path) -> None:
    for number in range(3):
        take(tmp_path, homes.batch(number, [homes.MISSED]))
    first, *others = sorted((tmp_path / "store" / "turns" / homes.WEEK).iterdir())
    first.unlink()
    take(tmp_path, homes.batch(5, [homes.MISSED]))
    assert len(list(others[0].parent.iterdir())) == 3
    assert rows(tmp_path).height == 3


def test_a_damaged_file_of_turns_is_said(tmp_path: Path) -> None:
    take(tmp_path, homes.batch(1, [homes.MISSED]))
    (file,) = (tmp_path / "store").glob("turns/*/*.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError) as error:
        LocalEngine().count(tmp_path / "store")
    assert error.value.code == "learn.store"


def test_only_the_last_weeks_are_learnt_from(tmp_path: Path) -> None:
    for week in ("2026-W46", "2026-W47", "2026-W48"):
        take(tmp_path, homes.batch(1, [homes.MISSED], week=week))
    counted = LocalEngine().count(tmp_path / "store", last=2)
    assert (counted.weeks, counted.turns) == (("2026-W47", "2026-W48"), 2)


def test_a_store_that_cannot_be_written_keeps_the_batches(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file is in the way")
    with pytest.raises(InputError) as error:
        take(tmp_path, homes.batch(1, [homes.MISSED]))
    assert error.value.code == "learn.write"
    assert len(list((tmp_path / "spool").glob(f"*{SUFFIX}"))) == 1
