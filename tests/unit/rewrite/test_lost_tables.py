"""Tables that are lost, cannot be read or are hard to write cost nothing that the hub knows."""

import sqlite3
from pathlib import Path

import pytest

from edge.feedback.store import FILE
from edge.rewrite.entry import Source
from tests.unit.rewrite.home import House, does, rewritten
from tests.unit.rewrite.tables import HEARD, MEANS, a_hub_and_a_command, hindered, on_disk, the_rule


def damage(folder: Path, house: House) -> None:
    """The file of a hub that runs is overwritten."""
    assert house.store is not None
    db = sqlite3.connect(folder / FILE)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    house.store._drop()  # as pages that are in memory would hide it for a while
    (folder / FILE).write_bytes(b"junk" * 4096)


@pytest.mark.parametrize("folds", [0, 1])
def test_a_running_hub_whose_tables_are_lost_writes_all_that_it_knows(tmp_path: Path, folds: int) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    for _ in range(folds):
        hub.rewrites.fold()
    hub.rewrites.pause(the_rule(hub, "movie time").id)
    hub.rewrites.keep()
    damage(tmp_path, hub)
    for _ in range(3):
        hub.rewrites.keep()
    assert "store.corrupt" in hub.warned
    assert does(hub.hear(HEARD)) == ["turn_on light.reading_lamp"]
    hub.end()
    for path in tmp_path.glob("rewrites*"):
        path.unlink()
    assert {heard: state for heard, (_, state) in on_disk(tmp_path).items()} == {
        HEARD: "active",
        "movie time": "paused",
    }


def test_all_stay_paused_where_the_tables_are_lost(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    hub.rewrites.pause()
    damage(tmp_path, hub)
    for _ in range(3):
        hub.rewrites.keep()
    assert hub.rewrites.paused
    hub.end()
    again = House(tmp_path)
    assert again.rewrites.paused
    again.end()


def test_tables_that_cannot_be_read_at_first_are_not_taken_for_empty(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    hub.rewrites.fold()
    old = (tmp_path / "rewrites.cache").read_bytes()
    hub.rewrites.forget(the_rule(hub).id)
    hub.end()
    command.end()
    (tmp_path / "rewrites.cache").write_bytes(old)  # put back from a copy
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("PRAGMA locking_mode = EXCLUSIVE")
    blocker.execute("BEGIN IMMEDIATE")
    blocker.execute("COMMIT")
    again = House(tmp_path)
    assert again.warned == ["store.locked"]
    assert again.rewrites.rules() == ()  # rather than what was forgotten
    again.corrected("turn off the sealing van", "turn off the ceiling fan")
    blocker.close()
    again.rewrites.keep()
    assert {rule.heard for rule in again.rewrites.rules()} == {"movie time", "turn off the sealing van"}
    again.end()
    assert set(on_disk(tmp_path)) == {"movie time", "turn off the sealing van"}


def test_tables_that_can_be_read_later_are_taken_up_with_their_file(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    hub.corrected("turn on twinkle", MEANS)
    hub.rewrites.keep()
    hub.rewrites.fold()
    hub.end()
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("PRAGMA locking_mode = EXCLUSIVE")
    blocker.execute("BEGIN IMMEDIATE")
    blocker.execute("COMMIT")
    again = House(tmp_path)
    assert rewritten(again.hear("turn off twinkle")) == ""
    again.rewrites.idle()
    assert again.rewrites.asked() == ()
    blocker.close()
    again.rewrites.keep()
    assert again.rewrites._shelf.layers.personal_file is not None
    assert does(again.hear("turn off twinkle")) == ["turn_off light.reading_lamp"]
    assert again.rewrites.asked() == ("movie time",)
    again.end()


def test_a_defect_in_writing_loses_nothing(tmp_path: Path) -> None:
    house, tables = hindered(tmp_path)

    def failing() -> None:
        tables.before = lambda: None
        raise RuntimeError("a defect")

    house.corrected(HEARD, MEANS)
    tables.before = failing
    with pytest.raises(RuntimeError):
        house.rewrites.keep()
    assert house.rewrites.unwritten
    house.end()
    assert list(on_disk(tmp_path)) == [HEARD]


def test_a_note_that_cannot_be_written_is_no_reason_to_write_nothing(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    long = " ".join(["turn on the floor lamp please"] * 20)
    for _ in range(3):
        hub.rewrites._shelf.instead(long, f"{long} now", "", source=Source.REPHRASED, weight=1.0)
    assert hub.rewrites.offers(hub.hear(f"{long} now")) is None
    hub.rewrites._shelf.pending.notes["offered", "x" * 1001] = True
    hub.rewrites.keep()
    assert hub.rewrites.unwritten
    assert long in on_disk(tmp_path)
    command.end()
    hub.end()
