"""The files behind the rewrites: whatever happens to one of them, what was learnt is served."""

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from edge.feedback.store import FILE
from edge.rewrite.cache import Cache
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.teaching import RefusedError
from tests.unit.rewrite.home import DAY, House, does, rewritten

HEARD, MEANS = "turn on the reeling lamb", "turn on the reading lamp"


def learnt(folder: Path, *, folds: int = 1, keep_words: bool = True) -> None:
    """A hub has lived there."""
    house = House(folder, keep_words=keep_words)
    house.corrected(HEARD, MEANS)
    house.rewrites.teach("movie time", "turn off the reading lamp")
    house.rewrites.keep()
    for _ in range(folds):
        house.rewrites.fold()
    house.end()


def knows_both(folder: Path) -> House:
    house = House(folder)
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]
    assert does(house.hear("movie time")) == ["turn_off light.reading_lamp"]
    return house


def test_it_is_there_after_a_start(tmp_path: Path) -> None:
    learnt(tmp_path, folds=0)
    knows_both(tmp_path).end()
    assert not (tmp_path / "rewrites.cache").exists()


def test_the_file_serves_and_what_came_later_too(tmp_path: Path) -> None:
    learnt(tmp_path)
    house = knows_both(tmp_path)
    house.corrected("turn off the sealing van", "turn off the ceiling fan")
    house.rewrites.keep()
    house.end()
    again = knows_both(tmp_path)
    assert does(again.hear("turn off the sealing van")) == ["turn_off fan.ceiling_fan"]
    # The file holds the first two, and memory the third alone.
    assert len(again.rewrites._shelf.layers.personal) < 5
    again.end()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other", "gone", "older"])
def test_a_damaged_file_costs_nothing(tmp_path: Path, damage: str) -> None:
    learnt(tmp_path, folds=2)
    file = tmp_path / "rewrites.cache"
    whole = file.read_bytes()
    made = {
        "cut": whole[:-40],
        "flip": whole[:200] + bytes((whole[200] ^ 255,)) + whole[201:],
        "empty": b"",
        "other": b"something else" * 100,
        "older": whole,
    }
    file.unlink()
    if damage in made:
        file.write_bytes(made[damage])
    house = knows_both(tmp_path)
    house.rewrites.fold()
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]
    house.end()
    cache = Cache.open(file)
    assert len(cache) >= 2
    cache.close()


def test_killed_between_the_file_and_its_entry(tmp_path: Path) -> None:
    learnt(tmp_path, folds=1)
    file, last = tmp_path / "rewrites.cache", tmp_path / "rewrites.cache.last"
    house = House(tmp_path)
    house.rewrites.teach("cozy", "turn on the kitchen lamp")
    house.end()
    file.rename(last)  # as after the first rename, and before the second
    again = knows_both(tmp_path)
    assert does(again.hear("cozy")) == ["turn_on light.kitchen_lamp"]
    assert again.rewrites._shelf.layers.personal_file is not None
    again.end()


def test_where_the_tables_are_lost_the_last_good_file_gives_back_what_it_holds(tmp_path: Path) -> None:
    learnt(tmp_path)
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    for more in ("-wal", "-shm"):
        (tmp_path / (FILE + more)).unlink(missing_ok=True)
    house = House(tmp_path)
    assert house.warned == ["store.corrupt"]
    house.end()
    again = knows_both(tmp_path)
    assert again.kept is not None
    rows = again.kept.load()
    assert rows is not None
    assert {row.heard for row in rows.rules} == {HEARD, "movie time"}
    again.end()


def test_what_was_forgotten_does_not_come_back(tmp_path: Path) -> None:
    learnt(tmp_path, folds=2)
    house = House(tmp_path)
    rule = next(one for one in house.rewrites.rules() if one.heard == HEARD)
    assert house.rewrites.forget(rule.id) == 1
    house.end()
    again = House(tmp_path)  # with both files that hold it still there
    assert rewritten(again.hear(HEARD)) == ""
    assert does(again.hear("movie time")) == ["turn_off light.reading_lamp"]
    again.rewrites.fold()
    assert rewritten(again.hear(HEARD)) == ""
    assert again.rewrites.forget() == 1
    assert again.rewrites.rules() == ()
    assert list(tmp_path.glob("rewrites*")) == []
    again.end()
    last = House(tmp_path)
    assert rewritten(last.hear("movie time")) == ""
    last.end()


def test_without_words_only_what_was_taught_is_on_disk(tmp_path: Path) -> None:
    learnt(tmp_path, keep_words=False)
    assert list(tmp_path.glob("rewrites*")) == []
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert HEARD.encode() not in raw
    assert b"movie time" in raw
    house = House(tmp_path, keep_words=False)
    assert rewritten(house.hear(HEARD)) == ""
    assert does(house.hear("movie time")) == ["turn_off light.reading_lamp"]
    house.corrected(HEARD, MEANS)
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]
    house.end()


def test_another_process_pauses_and_forgets(tmp_path: Path) -> None:
    learnt(tmp_path)
    hub, command = knows_both(tmp_path), House(tmp_path, file=False)
    rule = next(one for one in command.rewrites.rules() if one.heard == HEARD)
    command.rewrites.pause(rule.id)
    hub.rewrites.keep()
    assert rewritten(hub.hear(HEARD)) == ""
    command.rewrites.pause(rule.id, on=False)
    hub.rewrites.keep()
    assert rewritten(hub.hear(HEARD)) == MEANS
    command.rewrites.pause()
    hub.rewrites.keep()
    assert rewritten(hub.hear("movie time")) == ""
    command.rewrites.pause(on=False)
    hub.rewrites.keep()
    command.rewrites.forget(rule.id)
    hub.rewrites.keep()
    assert rewritten(hub.hear(HEARD)) == ""
    assert rewritten(hub.hear("movie time")) == "turn off the reading lamp"
    command.rewrites.teach("cozy", "turn on the kitchen lamp")
    hub.rewrites.keep()
    assert rewritten(hub.hear("cozy")) == "turn on the kitchen lamp"
    command.rewrites.forget()
    hub.rewrites.keep()
    assert hub.rewrites.rules() == ()
    command.end()
    hub.end()


def test_a_disk_that_takes_nothing_costs_no_request(tmp_path: Path) -> None:
    house = House(tmp_path)
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    house.corrected(HEARD, MEANS)
    house.rewrites.keep()
    assert house.warned == ["store.locked"]
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]
    blocker.execute("ROLLBACK")
    blocker.close()
    house.rewrites.keep()  # what could not be written then is now
    house.end()
    again = House(tmp_path)
    assert does(again.hear(HEARD)) == ["turn_on light.reading_lamp"]
    again.end()


def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    learnt(tmp_path, folds=0)
    house = House(tmp_path)
    (tmp_path / ".rewrites.cache.new").mkdir()  # in the way of the file that is written to one side
    house.rewrites.fold()
    assert house.warned == ["cache.not_written"]
    assert does(house.hear(HEARD)) == ["turn_on light.reading_lamp"]
    house.end()


def test_folding_while_requests_are_made(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.corrected(HEARD, MEANS)
    done = threading.Event()
    wrong: list[str] = []

    def fold() -> None:
        while not done.is_set():
            house.rewrites.keep()
            house.rewrites.fold()

    folding = threading.Thread(target=fold)
    folding.start()
    try:
        for n in range(60):
            house.rewrites.teach(f"private words {n}", "turn on the kitchen lamp")
            said = (HEARD, f"private words {n}", f"private words {n // 2}")
            wrong += [text for text in said if not rewritten(house.hear(text))]
    finally:
        done.set()
        folding.join()
    assert wrong == []
    house.end()
    again = House(tmp_path)
    assert len(again.rewrites.rules()) == 61
    again.end()


def test_ten_thousand_rules(tmp_path: Path) -> None:
    house = House(tmp_path)
    names = [
        f"{a} {b} {c}"
        for a in range(10)
        for b in range(100)
        for c in ("please", "now", "again", "at", "once", "so", "then", "here", "there", "soon")
    ]
    data = {
        "edge_rewrites": 1,
        "rules": [
            json.loads(json.dumps(vars_of(Rule("", f"word {name}", MEANS, Source.CORRECTED, wins=2.0, last_day=DAY))))
            for name in names
        ],
    }
    assert house.rewrites.import_(data, own=True) == (10_000, ())
    house.rewrites.fold()
    house.end()
    again = House(tmp_path)
    assert len(again.rewrites._shelf.layers.personal) == 0
    assert does(again.hear("word 7 42 soon")) == ["turn_on light.reading_lamp"]
    assert rewritten(again.hear("turn on the floor lamp")) == ""
    assert len(again.rewrites.rules()) == 10_000
    again.end()


def vars_of(rule: Rule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in rule.__slots__}


@pytest.mark.parametrize(
    ("heard", "means", "code"),
    [
        ("yes", "unlock the front door", "rewrite.answer"),
        ("open sesame", "yes", "rewrite.answer"),
        ("hey jarvis", "turn on the lamp", "rewrite.wake"),
        ("stop", "turn on the lamp", "rewrite.ringing"),
        ("snooze", "turn on the lamp", "rewrite.ringing"),
        ("the", "turn on the lamp", "rewrite.too_common"),
        ("ok", "turn on the lamp", "rewrite.answer"),
        ("zz", "turn on the lamp", "rewrite.too_short"),
        ("7", "turn on the lamp", "rewrite.too_short"),
        ("", "turn on the lamp", "rewrite.nothing"),
        ("¿?!", "turn on the lamp", "rewrite.nothing"),
        ("movie time", " ", "rewrite.nothing"),
        ("Turn on the LAMP!", "turn on the lamp", "rewrite.same"),
        ("word " * 40, "turn on the lamp", "rewrite.too_long"),
        ("movie time", "turn on the lamp and " * 40, "rewrite.too_long"),
    ],
)
def test_refused_in_words(heard: str, means: str, code: str) -> None:
    house = House()
    with pytest.raises(RefusedError) as refused:
        house.rewrites.teach(heard, means)
    assert refused.value.code == code
    assert " " in str(refused.value)
    assert house.rewrites.rules() == ()


def test_loops_are_refused_and_chains_are_followed() -> None:
    house = House()
    house.rewrites.teach("movie time", "turn off the reading lamp")
    assert house.rewrites.teach("cinema", "movie time").means == "turn off the reading lamp"
    with pytest.raises(RefusedError) as refused:
        house.rewrites.teach("turn off the reading lamp", "cinema")
    assert refused.value.code == "rewrite.loop"
    house.rewrites.teach("alpha house", "beta house")
    with pytest.raises(RefusedError) as refused:
        house.rewrites.teach("beta house", "alpha house")
    assert refused.value.code == "rewrite.loop"


def test_any_script_can_be_taught() -> None:
    house = House()
    for phrase in ("灯", "светло пожалуйста", "đèn đọc", "ÖFFNE DICH", "घर 💡"):
        house.rewrites.teach(phrase, MEANS)
        assert does(house.hear(phrase)) == ["turn_on light.reading_lamp"], phrase
    assert does(house.hear("öffne dich!")) == ["turn_on light.reading_lamp"]


def test_export_and_import() -> None:
    one, other = House(), House()
    one.corrected(HEARD, MEANS)
    one.rewrites.teach("movie time", "turn off the reading lamp")
    data = json.loads(json.dumps(one.rewrites.export()))
    data["rules"] += [
        {**data["rules"][0], "heard": "yes"},
        {**data["rules"][0], "wins": 1e9},
        {**data["rules"][0], "source": "magic"},
        {**data["rules"][0], "label": "x" * 401},
        {**data["rules"][0], "situation": "hour:\x1b[2J"},
        {**data["rules"][0], "situation": "always"},
        "junk",
        None,
    ]
    assert other.rewrites.import_(data, own=True) == (2, ("rewrite.answer", *("rewrite.invalid",) * 7))
    assert other.rewrites.rules() == one.rewrites.rules()
    assert does(other.hear(HEARD)) == ["turn_on light.reading_lamp"]


def test_paused_rules_stay_so_when_they_are_imported() -> None:
    one, other = House(), House()
    one.corrected(HEARD, MEANS)
    one.rewrites.pause(one.rewrites.rules()[0].id)
    other.rewrites.import_(one.rewrites.export(), own=True)
    assert [rule.state for rule in other.rewrites.rules()] == [State.PAUSED]


def test_parts_hold_after_a_start_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.corrected("turn on twinkle", "turn on the reading lamp")
    assert does(house.hear("turn off twinkle")) == ["turn_off light.reading_lamp"]
    house.rewrites.keep()
    house.rewrites.fold()
    house.end()
    again = House(tmp_path)
    assert does(again.hear("turn off twinkle")) == ["turn_off light.reading_lamp"]
    again.end()
