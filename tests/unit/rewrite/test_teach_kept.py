"""What is taught is kept, or it is said that it is not: disks that take nothing, files that are lost, no words."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import teaching
from edge.core import codec
from edge.core.turn import Turn
from edge.feedback.store import Store
from edge.house import StillHome
from edge.hub import Hub
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.taught import HOME, LAMP_OFF, PROFILE, Start, deeds, reply

UNWRITTEN = "But my disk does not take it, so I will only know it until I restart"


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, sqlite3.Connection, list[str]]]:
    """A hub whose file another program locks, that program, and what was told of it."""
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    told: list[str] = []
    store = Store(tmp_path / "history.db", "home", lambda code, _: told.append(code))
    lessons = teaching.lessons_of_home(PROFILE, store)
    holder = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons) as hub:
        yield hub, holder, told
    holder.close()
    store.close()


def test_what_the_disk_does_not_take_is_told_and_written_later(
    locked: tuple[Hub, sqlite3.Connection, list[str]], start: Start
) -> None:
    hub, holder, told = locked
    reply(hub, "call the reading lamp ernie")
    holder.execute("BEGIN IMMEDIATE")
    assert reply(hub, "call the floor lamp bertha").endswith(UNWRITTEN)
    assert reply(hub, "when I say movie time, turn off the floor lamp").endswith(UNWRITTEN)
    assert reply(hub, "forget ernie").endswith(UNWRITTEN)
    assert reply(hub, "what have you learned").count(UNWRITTEN) == 0
    assert [one.heard for one in hub.lessons.every()] == ["bertha", "movie time"]
    assert told == ["store.locked"]
    holder.execute("ROLLBACK")
    hub.lessons.rules.keep()
    hub.lessons.look()
    assert not hub.lessons.unwritten
    assert not reply(hub, "call the reading lamp ernie").endswith(UNWRITTEN)
    again = start()
    assert [one.heard for one in again.lessons.every()] == ["bertha", "movie time", "ernie"]
    assert deeds(again, "movie time") == deeds(again, "turn off bertha") == LAMP_OFF


def test_everything_is_forgotten_as_soon_as_the_disk_takes_it(
    locked: tuple[Hub, sqlite3.Connection, list[str]], start: Start
) -> None:
    hub, holder, _ = locked
    reply(hub, "call the floor lamp bertha")
    holder.execute("BEGIN IMMEDIATE")
    hub.lessons.forget_all()
    assert hub.lessons.unwritten
    holder.execute("ROLLBACK")
    hub.lessons.rules.keep()
    hub.lessons.look()
    assert not hub.lessons.unwritten
    assert start().lessons.every() == ()


def test_a_lost_file_costs_no_lesson(locked: tuple[Hub, sqlite3.Connection, list[str]], tmp_path: Path) -> None:
    hub, _, told = locked
    reply(hub, "call the floor lamp bertha")
    reply(hub, "call the reading lamp ernie")
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"away-{path.name}"))
    Store(tmp_path / "history.db", "home", lambda code, _: told.append(code)).close()
    hub.lessons.look()
    hub.lessons.look()
    names = [(one.device, one.heard) for one in hub.lessons.names()]
    assert names == [("light.floor_lamp", "bertha"), ("light.reading_lamp", "ernie")]
    store = Store(tmp_path / "history.db", "home", lambda code, _: told.append(code))
    assert len(teaching.lessons_of_home(PROFILE, store).every()) == 2
    store.close()
    assert told == []


def test_in_memory_alone_nothing_stays() -> None:
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar()) as hub:
        reply(hub, "hocus pocus means turn off the floor lamp")
        assert deeds(hub, "hocus pocus") == LAMP_OFF
        assert hub.lessons.phrases() == ("hocus pocus",)


def test_a_lesson_survives_the_codec(hub: Hub) -> None:
    turn = hub.say("when I say hocus pocus, turn off the floor lamp")
    assert codec.loads(Turn, codec.dumps(turn)) == turn


def test_without_words_nothing_of_a_lesson_is_kept_of_the_turn_and_what_was_taught_is(tmp_path: Path) -> None:
    store = Store(
        tmp_path / "history.db", "home", lambda code, sentence: pytest.fail(f"{code}: {sentence}"), keep_words=False
    )
    lessons = teaching.lessons_of_home(PROFILE, store)
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons) as hub:
        turn = hub.say("when I say hocus pocus, turn off the floor lamp")
    store.add_turn(turn)
    assert "hocus" not in codec.dumps(store.turns())
    assert [lesson.heard for lesson in teaching.lessons_of_home(PROFILE, store).every()] == ["hocus pocus"]
    store.close()
