"""What was forgotten is gone: from every file, with all that was made of it, and as soon as the disk takes it."""

import sqlite3
from pathlib import Path

import pytest

from edge.feedback.store import FILE
from edge.rewrite.rewrites import SOON_S
from tests.unit.rewrite.home import House, does
from tests.unit.rewrite.tables import HEARD, a_hub_and_a_command, files_with, on_disk, the_rule


@pytest.mark.parametrize("who", ["hub", "command", "command alone"])
def test_forgotten_words_are_in_no_file(tmp_path: Path, who: str) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    hub.rewrites.fold()
    hub.rewrites.teach("xyzzy plover", "turn off the ceiling fan")
    hub.rewrites.fold()
    hub.rewrites.fold()
    assert len(files_with(tmp_path, "xyzzy")) >= 3
    if who == "command alone":
        hub.end()
    by = hub if who == "hub" else command
    by.rewrites.keep()
    assert by.rewrites.forget(the_rule(by, "xyzzy plover").id) == 1
    assert files_with(tmp_path, "xyzzy") == []
    if who != "command alone":
        hub.rewrites.keep()
        assert does(hub.hear(HEARD)) == ["turn_on light.reading_lamp"]
        hub.seconds += SOON_S
        hub.rewrites.idle()
        assert (tmp_path / "rewrites.cache").exists()
        assert files_with(tmp_path, "xyzzy") == []
        hub.end()
    command.end()
    assert files_with(tmp_path, "xyzzy") == []


def test_what_was_offered_is_forgotten_with_its_rule(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.kept is not None
    for how in ("alone", "with all"):
        for _ in range(2):
            house.rephrased("turn on the lights", "turn on the ceiling fan")
        last = house.hear("turn on the ceiling fan")
        assert house.rewrites.offers(last) == ("turn on the lights", "turn on the ceiling fan")
        assert house.rewrites.offers(last) is None
        house.rewrites.keep()
        assert len(house.kept.lessons("offered")) == 1
        house.rewrites.forget(None if how == "with all" else the_rule(house, "turn on the lights").id)
        assert house.kept.lessons("offered") == ()
    house.end()


def test_all_is_forgotten_that_could_not_be_loaded_too(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    assert hub.kept is not None
    rows = hub.kept.load()
    assert rows is not None
    hub.kept.save(rules=[rows.rules[0]._replace(id="later", source="magic")])  # of a version to come
    assert hub.rewrites.forget() == 2
    rows = hub.kept.load()
    assert rows is not None
    assert rows.rules == ()
    command.end()
    hub.end()


def test_what_was_forgotten_while_the_disk_was_locked_is_forgotten_later(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    hub.rewrites.forget()
    assert hub.rewrites.unwritten
    hub.rewrites.keep()
    assert hub.rewrites.rules() == ()
    blocker.execute("ROLLBACK")
    blocker.close()
    hub.rewrites.keep()
    assert on_disk(tmp_path) == {}
    command.end()
    hub.end()
