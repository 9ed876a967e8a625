"""The tables of phrases, rules and lessons: only what changed is written, whoever else writes, within bounds."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.feedback.kept_rules import (
    BEHIND,
    IDLE_DAYS,
    MAX_DATA,
    MAX_PHRASES,
    MAX_RULES,
    Changes,
    KeptRules,
    PhraseRow,
    RuleRow,
)
from edge.feedback.store import FILE, MIGRATIONS, Store

DAY = 20_700


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, told: list[str]) -> Callable[..., KeptRules]:
    def make(home: str = "house", *, keep_words: bool = True) -> KeptRules:
        return KeptRules(Store(tmp_path / FILE, home, lambda code, _: told.append(code), keep_words=keep_words))

    return make


def phrase(text: str, day: int = DAY) -> PhraseRow:
    return PhraseRow(text, "HassTurnOn name=Lamp", 2.0, 0.5, day)


def rule(key: str, source: str = "corrected", day: int = DAY) -> RuleRow:
    return RuleRow(
        *(key, f"heard {key}", f"means {key}", source, "HassTurnOn", 2.0, 0.0, 3, 0.8, "hour:evening"),
        *(DAY - 3, day, "active"),
    )


def test_what_is_kept_comes_back(opened: Callable[..., KeptRules], told: list[str]) -> None:
    kept = opened()
    assert kept.changes() == Changes()
    assert kept.save([phrase("light please")], [rule("a"), rule("b", "taught")]) == Changes(1)
    found = opened().load()
    assert found is not None
    assert found.phrases == (phrase("light please"),)
    assert found.rules == (rule("b", "taught"), rule("a"))
    assert told == []


def test_only_what_has_changed_since(opened: Callable[..., KeptRules]) -> None:
    kept, other = opened(), opened()
    kept.save([phrase("one")], [rule("a")])
    marks = other.save([phrase("two")], [rule("b")._replace(state="paused")])
    assert marks == Changes(2)
    found = kept.load(since=1)
    assert found is not None
    assert [row.text for row in found.phrases] == ["two"]
    assert [(row.id, row.state) for row in found.rules] == [("b", "paused")]
    gone = other.save(gone=["a"])
    assert gone == Changes(3, gone=3)
    everything = kept.load()
    assert everything is not None
    assert [row.id for row in everything.rules] == ["b"]


def test_nothing_is_written_over_what_is_not_known(opened: Callable[..., KeptRules]) -> None:
    kept, other = opened(), opened()
    assert kept.save([], [rule("a")], since=0) == Changes(1)
    assert other.save(gone=["a"], since=1) == Changes(2, gone=2)
    assert kept.save([phrase("one")], [rule("a")], since=1) == Changes(BEHIND)
    assert kept.load() == ((), (), Changes(2, gone=2))
    assert kept.save([phrase("one")], since=2) == Changes(3, gone=2)


def test_all_that_is_forgotten_is_gone(opened: Callable[..., KeptRules], tmp_path: Path) -> None:
    kept, flat = opened(), opened("flat")
    flat.save([phrase("light")], [rule("a")])
    kept.save([phrase("secret phrase")], [rule("secret")])
    kept.folded("file", 1)
    assert kept.forget_all() == Changes(2, gone=2)
    assert kept.load() == ((), (), Changes(2, gone=2))
    assert b"secret" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    found = flat.load()
    assert found is not None
    assert len(found.rules) == 1


def test_homes_are_told_apart(opened: Callable[..., KeptRules]) -> None:
    opened("house").save([phrase("light")], [rule("a")])
    opened("house").teach("name", "reading light", {"device": "light.a"}, 1)
    flat = opened("flat")
    assert flat.changes() == Changes()
    assert flat.load() == ((), (), Changes())
    assert flat.lessons() == ()


def test_a_cache_file_that_holds_what_was_taken_away_is_not_to_be_used(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    kept.save([], [rule("a")])
    kept.folded("first", 1)
    kept.save([], [rule("b")])
    kept.folded("second", 2)
    assert kept.changes() == Changes(2, files=(("second", 2), ("first", 1)))
    kept.save(gone=["a"])
    assert kept.changes() == Changes(3, gone=3)


def test_no_words_but_those_that_were_taught(opened: Callable[..., KeptRules], tmp_path: Path) -> None:
    opened().save([phrase("secret phrase")], [rule("a"), rule("b", "taught"), rule("c", "agreed")])
    kept = opened(keep_words=False)
    store = Store(tmp_path / FILE, "house", lambda *_: None, keep_words=False)
    store.drop_words()
    kept.save([phrase("another secret")], [rule("d", "rephrased"), rule("e", "taught")])
    found = kept.load()
    assert found is not None
    assert found.phrases == ()
    assert [row.id for row in found.rules] == ["b", "c", "e"]
    store.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"secret" not in raw
    assert b"heard a" not in raw
    assert b"heard b" in raw


def test_bounds(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    old = DAY - IDLE_DAYS - 1
    kept.save([phrase("old", old), phrase("new")], [rule("old", day=old), rule("told", "taught", day=old)])
    assert kept.trim(DAY) == 2
    found = kept.load()
    assert found is not None
    assert [row.text for row in found.phrases] == ["new"]
    assert [row.id for row in found.rules] == ["told"]
    assert kept.trim(DAY) == 0
    many = [rule(f"r{n}", day=DAY - n % 100) for n in range(MAX_RULES + 50)]
    kept.save([phrase(f"p{n}", DAY - n % 100) for n in range(MAX_PHRASES + 50)], many)
    left = MAX_PHRASES * 95 // 100, MAX_RULES * 95 // 100
    assert kept.trim(DAY) == MAX_PHRASES + MAX_RULES + 102 - sum(left)
    assert kept.trim(DAY) == 0
    found = kept.load()
    assert found is not None
    assert (len(found.phrases), len(found.rules)) == left
    assert found.rules[0].id == "told"


def test_a_clock_that_jumps_takes_nothing_away(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    kept.save([phrase("light")], [rule("a")])
    assert kept.trim(DAY + 40 * 365) == 0
    assert kept.trim(0) == 0


def test_lessons(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    assert kept.teach("name", "reading light", {"device": "light.a"}, 5)
    assert kept.teach("name", "reading light", {"device": "light.b"}, 6)
    assert kept.teach("like", "temperature", 21, 4)
    assert [(row.kind, row.key, row.data) for row in opened().lessons()] == [
        ("like", "temperature", 21),
        ("name", "reading light", {"device": "light.b"}),
    ]
    assert not kept.teach("name", "x", "y" * MAX_DATA, 7)
    assert kept.unteach("name") == 1
    assert [row.kind for row in kept.lessons()] == ["like"]


def test_rows_that_make_no_sense_are_left_out(
    opened: Callable[..., KeptRules], tmp_path: Path, told: list[str]
) -> None:
    kept = opened()
    kept.save([phrase("good")], [rule("good")])
    db = sqlite3.connect(tmp_path / FILE)
    junk = ("house", "x", "y", "z", "taught", "", "many", -1.0, 0, 1.0, "", 0, 0, "active", 1)
    db.execute(f"INSERT INTO rules VALUES ({', '.join('?' * len(junk))})", junk)
    db.execute("INSERT INTO phrases VALUES ('house', 'x', '', ?, 0, 0, 1)", (float("inf"),))
    db.execute("INSERT INTO lessons VALUES ('house', 'name', 'x', '{not json', 0)")
    db.execute("UPDATE changes SET files = 'junk'")
    db.commit()
    db.close()
    found = kept.load()
    assert found is not None
    assert ([row.text for row in found.phrases], [row.id for row in found.rules]) == (["good"], ["good"])
    assert kept.lessons() == ()
    assert found.changes.files == ()
    assert told == ["store.unreadable"]


def test_half_characters_are_written_as_something(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    assert kept.save([phrase("caf\ud800é 灯 💡")], []) is not None
    found = kept.load()
    assert found is not None
    assert found.phrases[0].text == "caf?é 灯 💡"


def test_a_file_of_the_version_before_is_brought_up(tmp_path: Path, opened: Callable[..., KeptRules]) -> None:
    db = sqlite3.connect(tmp_path / FILE)
    db.executescript(MIGRATIONS[0])
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO steps (home, turn, at_ms, reason, moves) VALUES ('house', 't', 1, 'corrected', '{}')")
    db.commit()
    db.close()
    kept = opened()
    assert kept.save([], [rule("a")]) == Changes(1)
    assert len(Store(tmp_path / FILE, "house", lambda *_: None).steps()) == 1


def test_two_that_write_at_once_lose_nothing(opened: Callable[..., KeptRules], told: list[str]) -> None:
    writers, reader, each = [opened(), opened()], opened(), 60
    seen: list[int] = []
    done = threading.Event()

    def write(kept: KeptRules, name: str) -> None:
        for n in range(each):
            kept.save([phrase(f"{name} {n}")], [rule(f"{name}{n}")])

    def read() -> None:
        while not done.is_set():
            found = reader.load()
            assert found is not None
            assert len(found.rules) == len(found.phrases)  # of one moment
            seen.append(found.changes.rev)

    threads = [threading.Thread(target=write, args=(kept, "ab"[n])) for n, kept in enumerate(writers)]
    watching = threading.Thread(target=read)
    for thread in (*threads, watching):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watching.join()
    found = reader.load()
    assert found is not None
    assert (len(found.rules), found.changes.rev) == (2 * each, 2 * each)
    assert seen == sorted(seen)
    assert told == []
