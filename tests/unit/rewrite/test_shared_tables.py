"""Hub and commands write the same tables: no change is undone, nothing is lost, and what was forgotten is gone."""

import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from edge.feedback.kept_rules import KeptRules
from edge.feedback.store import FILE
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Phrase, Rule, Source, State
from edge.rewrite.folding import Marks
from edge.rewrite.rewrites import FOLD_S, SOON_S
from edge.rewriting import Shelved
from tests.unit.rewrite.home import House, does, rewritten

HEARD, MEANS = "turn on the reeling lamb", "turn on the reading lamp"


def a_hub_and_a_command(folder: Path) -> tuple[House, House]:
    hub = House(folder)
    hub.corrected(HEARD, MEANS)
    hub.rewrites.teach("movie time", "turn off the reading lamp")
    hub.rewrites.keep()
    return hub, House(folder, packs=False)


def the_rule(house: House, heard: str = HEARD) -> Rule:
    return next(rule for rule in house.rewrites.rules() if rule.heard == heard)


def judged(house: House, heard: str = HEARD, *, won: bool = True) -> None:
    """It is served, and that went so."""
    turn = house.hear(heard)
    assert rewritten(turn)
    house.close(turn, won=won, sure=0.5)


def on_disk(folder: Path) -> dict[str, tuple[float, str]]:
    house = House(folder, packs=False)
    found = {rule.heard: (round(rule.wins, 3), rule.state.value) for rule in house.rewrites.rules()}
    house.end()
    return found


def files_with(folder: Path, words: str) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if words.encode() in path.read_bytes())


# Two at the same moment


def test_what_was_forgotten_elsewhere_does_not_come_back_with_new_evidence(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.forget(the_rule(command).id)
    judged(hub)  # before it takes that in
    hub.rewrites.keep()
    assert [rule.heard for rule in hub.rewrites.rules()] == ["movie time"]
    assert rewritten(hub.hear(HEARD)) == ""
    assert not hub.rewrites.unwritten
    assert list(on_disk(tmp_path)) == ["movie time"]
    command.end()
    hub.end()


def test_what_was_paused_elsewhere_stays_so_with_new_evidence(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.pause(the_rule(command).id)
    before = the_rule(command)
    judged(hub)
    hub.rewrites.keep()
    rule = the_rule(hub)
    assert (rule.state, rule.served) == (State.PAUSED, before.served + 1)
    assert rule.wins > before.wins
    assert on_disk(tmp_path)[HEARD] == (round(rule.wins, 3), "paused")
    command.end()
    hub.end()


def test_the_evidence_of_both_counts(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    before = the_rule(hub)
    for house in (hub, command):
        judged(house)
        house.close(house.hear("turn on the floor lamp"), won=True, sure=0.5)
    command.rewrites.keep()
    hub.rewrites.keep()
    command.rewrites.keep()
    after = the_rule(hub)
    assert after.served == before.served + 2
    assert after.wins == pytest.approx(before.wins + 1.0)
    assert the_rule(command) == after
    assert [one.wins for one in hub.rewrites._shelf.of("turn on the floor lamp")[0]] == [0.5]  # one turn to both
    command.end()
    hub.end()


def test_what_is_taught_again_after_it_was_forgotten_elsewhere_is_kept(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.rewrites.forget()
    hub.rewrites.teach("movie time", "turn off the reading lamp")
    assert on_disk(tmp_path) == {"movie time": (4.0, "active")}
    assert [rule.heard for rule in hub.rewrites.rules()] == ["movie time"]
    command.end()
    hub.end()


class Waiting(Shelved):
    """Tables on a disk that takes its time, once it is told to."""

    def __init__(self, kept: KeptRules) -> None:
        super().__init__(kept)
        self.slow, self.begun, self.done = False, threading.Event(), threading.Event()

    def save(
        self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str], since: int | None = None
    ) -> Marks | None:
        """As it does, but slowly."""
        if self.slow:
            self.begun.set()
            assert self.done.wait(60)
        return super().save(phrases, rules, gone, since)


def test_a_request_waits_for_no_disk(tmp_path: Path) -> None:
    made: list[Waiting] = []

    def slow(kept: KeptRules) -> Waiting:
        made.append(Waiting(kept))
        return made[0]

    house = House(tmp_path, shelved=slow)
    house.corrected(HEARD, MEANS)
    made[0].slow = True
    writing = threading.Thread(target=house.rewrites.keep)
    writing.start()
    assert made[0].begun.wait(60)
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]  # would never come back
    judged(house)
    assert not house.rewrites.unwritten  # it is under way
    made[0].done.set()
    writing.join()
    house.rewrites.keep()
    assert not house.rewrites.unwritten
    rule = the_rule(house)
    assert on_disk(tmp_path)[HEARD] == (round(rule.wins, 3), "active")
    assert rule.served == 1
    house.end()


# Tables that are lost, or cannot be read


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


class Failing(Shelved):
    """Tables with a defect, once."""

    failed = True

    def save(
        self, phrases: Iterable[Phrase], rules: Iterable[Rule], gone: Iterable[str], since: int | None = None
    ) -> Marks | None:
        """As it does, the second time."""
        if not self.failed:
            self.failed = True
            raise RuntimeError("a defect")
        return super().save(phrases, rules, gone, since)


def test_a_defect_in_writing_loses_nothing(tmp_path: Path) -> None:
    made: list[Failing] = []

    def failing(kept: KeptRules) -> Failing:
        made.append(Failing(kept))
        return made[0]

    house = House(tmp_path, shelved=failing)
    house.corrected(HEARD, MEANS)
    made[0].failed = False
    with pytest.raises(RuntimeError):
        house.rewrites.keep()
    assert house.rewrites.unwritten
    house.end()
    assert list(on_disk(tmp_path)) == [HEARD]


# Forgotten for good


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


# The packed file


def stamp(folder: Path) -> int:
    path = folder / "rewrites.cache"
    return path.stat().st_ino if path.exists() else 0


def test_a_file_is_made_now_and_then_and_only_where_something_has_changed(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    made: list[Cache | None] = []

    def file() -> Cache | None:
        return hub.rewrites._shelf.layers.personal_file

    for second in range(int(SOON_S)):
        hub.seconds = float(second)
        hub.rewrites.idle()
    assert file() is None
    for second in range(int(SOON_S), int(SOON_S + 4 * FOLD_S), 10):
        hub.seconds = float(second)
        if second % 100 == 0 and second < 2 * FOLD_S:
            hub.close(hub.hear("turn on the floor lamp"), won=True, sure=0.5)
        hub.rewrites.idle()
        if not made or made[-1] is not file():
            made.append(file())
    assert len(made) == 3  # soon, and after a quarter of an hour and another; then nothing has changed
    hub.end()


def flipped(whole: bytes) -> bytes:
    return whole[:200] + bytes((whole[200] ^ 255,)) + whole[201:]


@pytest.mark.parametrize("damage", [flipped, lambda whole: whole[:-40]])
def test_a_damaged_file_takes_no_place_of_the_last_good_one(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    import os

    hub, command = a_hub_and_a_command(tmp_path)
    hub.rewrites.fold()
    hub.rewrites.teach("cozy", "turn on the kitchen lamp")
    hub.rewrites.fold()
    command.end()
    hub.end()
    file, last = tmp_path / "rewrites.cache", tmp_path / "rewrites.cache.last"
    was, times = last.read_bytes(), file.stat()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes(damage(whole))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # a disk that forgets changes no times
    again = House(tmp_path)
    again.rewrites.teach("private words", "turn on the floor lamp")
    (tmp_path / ".rewrites.cache.new").mkdir()  # and takes no new file either
    again.rewrites.fold()
    assert last.read_bytes() == was
    assert does(again.hear("cozy")) == ["turn_on light.kitchen_lamp"]
    again.end()


def test_what_was_asked_for_is_listed_anew_only_where_it_changed(tmp_path: Path) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    assert hub.rewrites.asked() == ("movie time",)
    first = hub.rewrites.asked()
    judged(hub)
    assert hub.rewrites.asked() is first
    command.rewrites.teach("cozy", "turn on the kitchen lamp")
    hub.rewrites.keep()
    assert hub.rewrites.asked() == ("cozy", "movie time")
    hub.rewrites.forget(the_rule(hub, "movie time").id)
    assert hub.rewrites.asked() == ("cozy",)
    command.rewrites.forget()
    hub.rewrites.keep()
    assert hub.rewrites.asked() == ()
    assert {rule.source for rule in hub.rewrites.rules()} == set[Source]()
    command.end()
    hub.end()


@pytest.mark.parametrize("folds", [0, 1])
def test_what_is_made_of_all_rules_is_made_while_nobody_speaks(tmp_path: Path, folds: int) -> None:
    hub, command = a_hub_and_a_command(tmp_path)
    command.end()
    hub.corrected("turn on twinkle", MEANS)
    hub.rewrites.keep()
    for _ in range(folds):
        hub.rewrites.fold()
    hub.end()
    again, plain = House(tmp_path), House(tmp_path, packs=False)
    again.rewrites.forget(the_rule(again, "movie time").id)
    again.rewrites.idle()
    assert again.rewrites._shelf.made()
    plain.rewrites.keep()
    assert not plain.rewrites._shelf.made()
    for house in (again, plain):
        assert does(house.hear("turn off twinkle")) == ["turn_off light.reading_lamp"]
        assert {rule.heard for rule in house.rewrites._shelf.meaning(MEANS)} == {HEARD, "turn on twinkle"}
        assert house.rewrites.asked() == ()
    again.end()
    plain.end()


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
