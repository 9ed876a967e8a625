"""What is kept on disk: bounded, private, and whatever the file is like the hub goes on."""

import json
import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core import codec
from edge.core.home import Entity, HomeState
from edge.core.timers import Later, Timer, TimerAction, TimerDo
from edge.core.turn import (
    Command,
    Context,
    Habit,
    Hypothesis,
    Interpretation,
    Plan,
    Refusal,
    Reply,
    Slot,
    Spoken,
    Turn,
    Utterance,
    Verb,
    Verdict,
    Weighed,
)
from edge.feedback.ageing import DAY_MS
from edge.feedback.database import broken, remove
from edge.feedback.kept import MAX_ENTITIES, kept
from edge.feedback.schema import MIGRATIONS
from edge.feedback.store import FILE, MAX_AGE_MS, MAX_STEPS, MAX_TOTAL, MAX_TURNS, Step, Store

NOW = 1_790_000_000_000
DO = Plan(commands=(Command("light.a", Verb.TURN_ON),))


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, told: list[str]) -> Callable[..., Store]:
    def make(home: str = "house", *, keep_words: bool = True) -> Store:
        return Store(tmp_path / "data" / FILE, home, lambda code, _: told.append(code), keep_words=keep_words)

    return make


def turn(turn_id: str, at_ms: int = NOW, text: str = "turn on the lamp", entities: int = 3) -> Turn:
    home = HomeState.of(
        [Entity(f"light.{chr(97 + n)}" if n < 26 else f"light.x{n}", "light", "L") for n in range(entities)]
    )
    said = Interpretation("HassTurnOn", (Slot("name", "Lamp", "lamp"),), text)
    return Turn(turn_id, at_ms, home, Utterance((Hypothesis(text, 1.0),)), interpretation=said, plan=DO)


def test_turns_come_back_latest_first(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    for n in range(3):
        store.add_turn(turn(f"t{n}", NOW + n))
    store.close()
    again = opened()
    assert [one.id for one in again.turns()] == ["t2", "t1", "t0"]
    assert again.turns(1)[0] == kept(turn("t2", NOW + 2))
    assert again.turn("t1") is not None
    assert again.turn("t") is None
    assert again.turn("") is None
    assert told == []
    again.close()


def test_an_id_is_preferred_to_what_begins_so(opened: Callable[..., Store]) -> None:
    store = opened()
    for turn_id in ("ab", "abc", "abd"):
        store.add_turn(turn(turn_id))
    found = store.turn("ab")
    assert found is not None
    assert found.id == "ab"
    store.close()


def test_homes_are_told_apart(opened: Callable[..., Store]) -> None:
    here, there = opened("here"), opened("there")
    here.add_turn(turn("t"))
    here.save_memory(spoken=[1])
    here.add_step(Step("t", NOW, "answered", {"a": 0.1}))
    assert (there.turns(), there.memory(), there.steps()) == ((), {}, ())
    assert there.forget() == 0
    assert (len(here.turns()), here.memory(), here.steps()) == (
        1,
        {"spoken": [1]},
        (Step("t", NOW, "answered", {"a": 0.1}),),
    )
    here.close()
    there.close()


def test_it_is_bounded(opened: Callable[..., Store]) -> None:
    store = opened()
    for n in range(MAX_TURNS + 5):
        store.add_turn(turn(f"t{n}"))
    assert len(store.turns(1000)) == MAX_TURNS
    late = NOW + MAX_AGE_MS + 2 * DAY_MS
    store.add_turn(turn("late", late))
    assert len(store.turns()) == MAX_TURNS  # which may be a clock that has jumped
    store.add_turn(turn("later", late + DAY_MS))
    assert [one.id for one in store.turns()] == ["later", "late"]
    store.add_turn(turn("huge", late + DAY_MS, text="x" * 2_000_000))
    assert [one.id for one in store.turns()] == ["later", "late"]
    for n in range(MAX_STEPS + 5):
        store.add_step(Step("t", n, "answered", {"a": 0.1}))
    assert [step.at_ms for step in store.steps()][:1] == [5]
    store.close()


def test_a_clock_that_was_ahead_for_a_request_has_made_nothing_old(opened: Callable[..., Store]) -> None:
    store = opened()
    for turn_id, days in (("a", 0), ("ahead", 200), ("b", 0), ("c", 1), ("d", 2)):
        store.add_turn(turn(turn_id, NOW + days * DAY_MS))
    assert [one.id for one in store.turns()] == ["d", "c", "b", "ahead", "a"]
    store.close()


def test_what_is_old_goes_though_nothing_is_asked(opened: Callable[..., Store], tmp_path: Path) -> None:
    store, other = opened(), opened("other")
    for one in (store, other):
        one.add_turn(turn("old", text="turn on the zork"))
        one.add_verdict(replace(turn("old"), verdict=Verdict(False, 0.9, NOW, "turn on the zork")))
        one.save_memory(spoken=[{"turn": "old", "at_ms": NOW, "said": "zork"}, 7, {"turn": "x", "at_ms": None}])
    store.age(NOW + MAX_AGE_MS)
    store.age(NOW + MAX_AGE_MS + DAY_MS)
    store.scrub()
    assert (store.turns(), store.memory(), other.turns(), other.memory()) == ((), {"spoken": []}, (), {"spoken": []})
    assert all(b"zork" not in file.read_bytes() for file in (tmp_path / "data").iterdir())
    store.close()
    other.close()


def test_it_is_for_its_owner_alone(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    for file in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()


def test_lessons_are_taken_back(opened: Callable[..., Store]) -> None:
    store, other = opened(), opened()
    for turn_id in ("a", "b"):
        store.add_step(Step(turn_id, NOW, "answered", {"f": 0.5}))
    store.save_memory(habits={"version": 1}, spoken=[])
    before = other.mark()
    assert store.forget("a") == 1
    assert other.mark() != before
    assert [step.turn for step in other.steps()] == ["b"]
    assert set(other.memory()) == {"habits", "spoken"}
    assert store.forget() == 1
    assert (other.steps(), other.memory()) == ((), {})
    store.close()
    other.close()


def test_a_damaged_file_is_set_aside(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    path = tmp_path / "data" / FILE
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all, however one looks at it" * 100)
    store = opened()
    store.add_turn(turn("t"))
    assert [one.id for one in store.turns()] == ["t"]
    assert told == ["store.corrupt"]
    assert (path.parent / f"{FILE}.broken-1").read_bytes().startswith(b"this is no database")
    store.close()


def test_a_file_that_goes_bad_later_is_set_aside_too(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    store = opened()
    for n in range(50):
        store.add_turn(turn(f"t{n}"))
    store.close()
    path = tmp_path / "data" / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = opened()
    again.turns()
    again.add_turn(turn("new"))
    again.add_turn(turn("newer"))
    assert "newer" in [one.id for one in again.turns()]
    assert told == ["store.corrupt"]
    again.close()


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"no database " * 40)


def test_who_finds_a_damaged_file_last_goes_on_with_the_new_one(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "data" / FILE
    first, second = opened(), opened()
    for n in range(30):
        first.add_turn(turn(f"t{n}"))
    first.scrub()
    damage(path)
    first._drop()  # so that it is read from the disk again
    assert first.turns() == ()
    first.add_turn(turn("a"))
    second.add_turn(turn("b"))
    first.add_turn(turn("c"))
    assert [one.id for one in second.turns()] == ["c", "b", "a"]
    assert told == ["store.corrupt"]
    assert [one.name for one in broken(path)] == [f"{FILE}.broken-1"]
    first.close()
    second.close()
    third = opened()
    assert [one.id for one in third.turns()] == ["c", "b", "a"]
    third.close()


def test_damaged_files_do_not_fill_the_disk(opened: Callable[..., Store], tmp_path: Path) -> None:
    path = tmp_path / "data" / FILE
    for _ in range(4):
        store = opened()
        store.add_turn(turn("t"))
        store.close()
        damage(path)
    store = opened()
    store.add_turn(turn("t"))
    store.close()
    assert [one.name for one in broken(path)] == [f"{FILE}.broken-3", f"{FILE}.broken-4"]
    assert remove(path)
    assert list(path.parent.iterdir()) == []


def test_what_is_forgotten_is_in_no_file(opened: Callable[..., Store], tmp_path: Path) -> None:
    def holding() -> list[str]:
        return sorted(file.name for file in (tmp_path / "data").iterdir() if b"zork" in file.read_bytes())

    store = opened()
    store.add_turn(turn("old", text="turn on the zork"))
    store.scrub()
    store.close()
    damage(tmp_path / "data" / FILE)  # what was in it behind that is there still
    store, reader = opened(), opened()
    for turn_id in ("a", "b"):
        store.add_turn(turn(turn_id, text="turn on the zork"))
    store.save_memory(spoken=[{"turn": "a", "said": "zork"}, {"turn": "b", "said": "zork"}])
    assert set(holding()) >= {f"{FILE}-wal", f"{FILE}.broken-1"}
    store.forget_turns("a")
    assert (store.memory(), broken(tmp_path / "data" / FILE)) == ({"spoken": [{"turn": "b", "said": "zork"}]}, [])
    assert reader._db is not None
    reader._db.execute("BEGIN")
    reader.rows("SELECT turn FROM turns")
    store._hurry(hurries=True)
    store.forget_turns("b")
    assert holding() != []  # the one that reads may still need it
    reader._db.execute("COMMIT")
    store.save_memory(habits=[])
    assert holding() == []
    store.close()
    reader.close()


def test_trouble_that_was_over_is_told_again(
    opened: Callable[..., Store], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    store = opened()
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    counts = []
    for writes in (1, 1, 30, 1):
        holder.execute("BEGIN IMMEDIATE")
        store.add_turn(turn("lost"))
        assert len(store.turns(50)) < 50  # to read it is no sign that it can be written
        store.add_turn(turn("lost too"))
        holder.execute("ROLLBACK")
        for _ in range(writes):
            store.save_memory(habits=[])
        counts.append(len(told))
    holder.close()
    assert counts == [1, 1, 1, 2]
    assert set(told) == {"store.locked"}
    store.close()


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of ours that is not ours: as somebody who may not write there, even where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o700)


def lose_rights(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65_534)


@pytest.mark.parametrize("killed", [False, True])
def test_what_may_only_be_read_is_read(told: list[str], nobody: Path, killed: bool) -> None:
    before = Store(nobody / FILE, "house", lambda code, _: told.append(code))
    before.add_turn(turn("t"))
    before.save_memory(habits=[1])
    if not killed:
        before.close()
    assert (nobody / f"{FILE}-wal").exists() == killed
    lose_rights(nobody)
    store = Store(nobody / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("lost"))
    assert ([one.id for one in store.turns()], store.memory(), store.mark()) == (["t"], {"habits": [1]}, 0)
    for n in range(30):
        store.add_verdict(turn("none"))  # which would change nothing
        assert not store.save_memory(habits=[n])
    assert told == ["store.read_only"]
    store.close()
    before.close()


def test_half_a_character_names_no_turn(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    store.add_turn(turn("t"))
    assert (store.turn("\udcff"), store.home_asked("\udcff"), told) == (None, None, [])
    store.close()


@pytest.mark.parametrize("data", ["junk", "7", '["a", {"said": 1}]', "[" * 100_000])
def test_words_that_cannot_be_read_are_forgotten_with_what_is(
    opened: Callable[..., Store], tmp_path: Path, data: str
) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO memory VALUES ('house', 'spoken', ?)", (data,))
    db.commit()
    db.close()
    assert store.forget_turns("t") == 1
    assert store.memory() == {"spoken": []}
    store.close()


def test_a_locked_file_costs_what_was_to_be_written(
    opened: Callable[..., Store], told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    store = opened()
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store.add_turn(turn("lost"))
    store.add_turn(turn("lost too"))
    assert told == ["store.locked"]
    holder.execute("ROLLBACK")
    holder.close()
    store.add_turn(turn("kept"))
    assert [one.id for one in store.turns()] == ["kept"]
    store.close()


def test_a_lock_is_waited_for_once_and_readers_wait_for_nobody(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 60.0)
    store = opened()
    store.add_turn(turn("kept"))
    holder = sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert ([one.id for one in store.turns()], store.mark()) == (["kept"], 0)  # else it waited a minute, and gave up
    assert store._db is not None
    store._db.execute("PRAGMA busy_timeout = 50")
    store.add_turn(turn("lost"))
    waits = store._db.execute("PRAGMA busy_timeout").fetchone()[0]
    holder.execute("ROLLBACK")
    holder.close()
    store.add_turn(turn("kept too"))
    assert (waits, store._db.execute("PRAGMA busy_timeout").fetchone()[0]) == (0, 60_000)
    assert [one.id for one in store.turns()] == ["kept too", "kept"]
    store.close()


def test_all_turns_together_are_bounded(opened: Callable[..., Store]) -> None:
    store = opened()
    for n in range(25):
        store.add_turn(turn(f"t{n}", text="x" * 100_000))  # twice in each: as heard, and as understood
    total = sum(len(codec.dumps(one)) for one in store.turns())
    assert MAX_TOTAL - 250_000 < total <= MAX_TOTAL
    assert store.turns(1)[0].id == "t24"
    store.close()


def test_half_a_character_is_kept_as_it_is(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    store.add_turn(turn("t", text="turn on the \udcff lamp"))
    store.save_memory(spoken=["\ud800"])
    assert store.turns()[0].utterance.text == "turn on the \udcff lamp"
    assert store.memory() == {"spoken": ["\ud800"]}
    assert told == []
    store.close()


def test_words_that_were_kept_can_be_dropped(opened: Callable[..., Store], tmp_path: Path) -> None:
    words = opened("another home")
    for n in range(30):
        words.add_turn(turn(f"t{n}", text="birthday party"))
    words.save_memory(spoken=["birthday"], habits=[1])
    store = opened(keep_words=False)
    store.drop_words()
    assert all(b"birthday" not in file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert ([one.id for one in words.turns()][-1], words.memory()) == ("t0", {"habits": [1]})
    store.close()
    words.close()


def test_values_of_another_type_are_no_reason_to_stop(
    opened: Callable[..., Store], told: list[str], tmp_path: Path
) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'odd', 0, 7), ('house', 'o', 0, x'ff')")
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'p', 0, CAST(x'ff' AS TEXT))")
    db.execute("INSERT INTO memory VALUES ('house', 'habits', ?), ('house', 'mark', 'x')", ("[" * 100_000,))
    db.commit()
    db.close()
    assert ([one.id for one in store.turns()], store.memory(), store.mark()) == (["t"], {}, 0)
    assert told == ["store.unreadable"]
    store.close()


def test_a_full_disk(opened: Callable[..., Store], told: list[str]) -> None:
    store = opened()
    assert store._db is not None
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    for n in range(20):
        store.add_turn(turn(f"t{n}", text="word " * 500))
    assert told == ["store.full"]
    store.add_turn(turn("small"))
    assert store.turns(1) != ()
    store.close()


def test_where_nothing_may_be_written(told: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("t"))
    assert (store.turns(), store.memory(), store.steps(), store.forget(), store.mark()) == ((), {}, (), 0, None)
    assert told == ["store.read_only"]
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(told: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
    store.add_turn(turn("t"))
    assert told == ["store.read_only"]
    store.close()


def test_a_newer_file_is_left_alone(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    opened().close()
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = (tmp_path / "data" / FILE).read_bytes()
    store = opened()
    store.add_turn(turn("t"))
    store.close()
    assert told == ["store.newer"]
    assert (tmp_path / "data" / FILE).read_bytes() == before


def test_rows_of_another_version_are_left_out(opened: Callable[..., Store], told: list[str], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    db = sqlite3.connect(tmp_path / "data" / FILE)
    db.execute("INSERT INTO turns (home, id, at_ms, turn) VALUES ('house', 'odd', 0, '{}')")
    db.execute("INSERT INTO memory VALUES ('house', 'habits', 'nonsense')")
    db.execute("INSERT INTO steps (home, turn, at_ms, reason, moves) VALUES ('house', 't', 0, 'answered', '[1]')")
    db.commit()
    db.close()
    assert [one.id for one in store.turns()] == ["t"]
    assert (store.memory(), store.steps()) == ({}, ())
    assert told == ["store.unreadable"]
    store.close()


def test_nothing_is_kept_after_closing(opened: Callable[..., Store]) -> None:
    store = opened()
    store.close()
    store.close()
    store.add_turn(turn("t"))
    assert (store.turns(), store.is_open) == ((), False)


# What of a turn is kept


def test_of_a_large_home_only_what_the_turn_was_about() -> None:
    whole = turn("t", entities=2000)
    small = kept(whole)
    assert list(small.home.entities) == ["light.a"]
    many = Plan(candidates=tuple(whole.home.entities))
    assert len(kept(Turn("t", NOW, whole.home, whole.utterance, plan=many)).home.entities) == MAX_ENTITIES
    assert codec.loads(Turn, codec.dumps(small)) == small


def test_without_words_none_are_kept(opened: Callable[..., Store], tmp_path: Path) -> None:
    secret = "birthday party"
    said = Interpretation("HassListAddItem", (Slot("item", secret, secret), Slot("n", 5, secret)), secret)
    timer = Timer("a", name=secret, then=(Later("todo.list", "add_item", {"item": secret}),))
    plan = Plan(
        commands=(
            Command("todo.list", Verb.ADD_ITEM, {"item": secret, "count": 2}),
            Command("media_player.tv", Verb.TURN_ON),
            Command("text.board", Verb.SET_VALUE, {"value": secret}),
        ),
        refusal=Refusal("x.y", secret),
        timer=TimerAction(TimerDo.START, new=timer),
    )
    player = Entity(
        "media_player.tv", "media_player", "TV", state="on", attributes={"media_title": secret, "volume": 3}
    )
    board = Entity("text.board", "text", "Board", state=secret)
    whole = Turn(
        "t",
        NOW,
        HomeState.of([player, board]),
        Utterance((Hypothesis(secret, 1.0),)),
        timers=(timer,),
        asked=plan,
        context=Context(
            spoken=(Spoken("s", NOW, said, plan),),
            habits=(Habit("media_player.tv", Verb.TURN_ON, {"media_title": secret}, "any", 2.0),),
        ),
        readings=(said,),
        interpretation=said,
        weighed=(Weighed(said, plan, 0.9, {"plain": 1.0}, {"plain": 2.0}),),
        plan=plan,
        reply=Reply(f"added {secret}"),
    )
    assert json.dumps(codec.to_json(whole)).count(secret) > 10
    store = opened(keep_words=False)
    store.add_turn(whole)
    (found,) = store.turns()
    store.close()
    assert secret not in codec.dumps(found)
    assert found.home.entities["media_player.tv"].attributes == {"volume": 3}
    assert found.interpretation is not None
    assert found.interpretation.intent == "HassListAddItem"
    assert found.weighed[0].features == {"plain": 1.0}
    assert all(secret.encode() not in file.read_bytes() for file in (tmp_path / "data").iterdir())
