"""How turns went, in the file."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.turn import Signal, SignalKind, Turn, Verdict
from edge.feedback.schema import MIGRATIONS
from edge.feedback.store import FILE, MAX_TURNS, Store
from tests.unit.feedback.turns import missed

NOW = 1_790_000_000
SIGNALS = (Signal(SignalKind.REPHRASE, NOW * 1000 + 4_000, "r", 0.9),)
VERDICT = Verdict(False, 0.9, NOW * 1000 + 9_000, "turn on the birthday lamp", "r")


def turn(name: str, after_s: int = 0) -> Turn:
    return missed(name, NOW + after_s, "torn on the birthday lamp")


def judged(name: str) -> Turn:
    return replace(turn(name), signals=SIGNALS, verdict=VERDICT)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Store]]:
    made: list[Store] = []

    def make(home: str = "house", *, keep_words: bool = True) -> Store:
        made.append(Store(tmp_path / FILE, home, lambda code, _: pytest.fail(code), keep_words=keep_words))
        return made[-1]

    yield make
    for store in made:
        store.close()


def test_a_turn_is_read_back_with_how_it_went(opened: Callable[..., Store]) -> None:
    store = opened()
    store.add_turn(turn("t"))
    assert store.turns()[0].verdict is None
    assert store.add_verdict(judged("t"))
    for found in (store.turns()[0], store.turn("t"), opened().turns()[0]):
        assert found is not None
        assert (found.signals, found.verdict) == (SIGNALS, VERDICT)


def test_it_is_given_once_by_whatever_process_and_of_what_is_kept_alone(opened: Callable[..., Store]) -> None:
    store, other = opened(), opened()
    store.add_turn(turn("t"))
    assert store.add_verdict(judged("t")) is True
    assert other.add_verdict(replace(judged("t"), verdict=replace(VERDICT, success=True))) is False
    assert store.add_verdict(judged("never kept")) is False
    assert store.add_verdict(turn("t")) is False
    found = store.turn("t")
    assert found is not None
    assert found.verdict == VERDICT


def test_it_goes_with_its_turn(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened()
    for number in range(MAX_TURNS + 1):
        store.add_turn(turn(f"{number}"))
        store.add_verdict(judged(f"{number}"))
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT count(*) FROM verdicts").fetchone() == (MAX_TURNS,)
        assert db.execute("SELECT count(*) FROM verdicts WHERE turn = '0'").fetchone() == (0,)
    db.close()


def test_one_is_forgotten_or_all_of_this_home(opened: Callable[..., Store], tmp_path: Path) -> None:
    store, other = opened(), opened("other")
    for one in (store, other):
        for name in ("a", "b"):
            one.add_turn(turn(name))
            one.add_verdict(judged(name))
    store.save_memory(spoken=[{"turn": "a", "said": "birthday"}, {"turn": "b"}])
    assert store.forget_turns("a") == 1
    assert [one.id for one in store.turns()] == ["b"]
    assert store.memory()["spoken"] == [{"turn": "b"}]
    assert store.forget_turns() == 1
    assert (store.turns(), store.memory()["spoken"]) == ((), [])
    assert len(other.turns()) == 2
    assert other.forget_turns() == 2
    assert all(b"birthday" not in file.read_bytes() for file in tmp_path.iterdir())


def test_without_words_none_are_in_it(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened(keep_words=False)
    store.add_turn(turn("t"))
    store.add_verdict(judged("t"))
    found = store.turn("t")
    assert found is not None
    assert found.verdict == replace(VERDICT, meant="")
    store.close()
    assert all(b"birthday" not in file.read_bytes() for file in tmp_path.iterdir())


def test_words_that_were_kept_before_go(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    store.add_verdict(judged("t"))
    store.drop_words()
    found = store.turn("t")
    assert found is not None
    assert found.verdict == replace(VERDICT, meant="")
    store.close()
    assert all(b"birthday" not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_file_of_the_first_version_is_taken_over(opened: Callable[..., Store], tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        for statement in MIGRATIONS[0].split(";"):
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
    db.close()
    store = opened()
    store.add_turn(turn("t"))
    assert store.add_verdict(judged("t"))


def test_one_that_cannot_be_read_costs_itself_alone(opened: Callable[..., Store], tmp_path: Path) -> None:
    store = opened()
    store.add_turn(turn("t"))
    store.add_verdict(judged("t"))
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute('UPDATE verdicts SET signals = \'[{"kind": "telepathy"}]\'')
    db.close()
    told: list[str] = []
    (found,) = Store(tmp_path / FILE, "house", lambda code, _: told.append(code)).turns()
    assert (found.id, found.verdict, told) == ("t", None, ["store.unreadable"])
