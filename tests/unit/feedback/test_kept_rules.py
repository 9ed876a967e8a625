"""The tables of phrases, rules and lessons: only what changed is written, whoever else writes, within bounds."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.feedback.kept_lessons import MAX_DATA, MAX_LESSONS
from edge.feedback.kept_rules import (
    BEHIND,
    IDLE_DAYS,
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
    opened().teach("offered", "secret\nanother secret", True, 1)
    store.drop_words()
    assert kept.teach("offered", "secret\nanother secret", True, 1)  # all that is to be kept of it
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
    assert [kept.trim(DAY - 1), kept.trim(DAY)] == [0, 2]
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


@pytest.mark.parametrize("ahead", [200, 40 * 365])
def test_a_clock_that_jumps_takes_nothing_away(opened: Callable[..., KeptRules], ahead: int) -> None:
    kept = opened()
    kept.save([phrase("light")], [rule("a")])
    assert kept.trim(DAY + ahead) == 0
    kept.save([phrase("said then", DAY + ahead)], [rule("learnt then", day=DAY + ahead)])
    assert [kept.trim(DAY + ahead), kept.trim(DAY + ahead), kept.trim(0), kept.trim(DAY)] == [0, 0, 0, 0]
    assert kept.trim(DAY + ahead) == kept.trim(DAY + 1) == 0
    kept.trim(DAY + 2)
    found = kept.load()
    assert found is not None
    # What was written then is not new for ever.
    assert {row.text: row.last_day for row in found.phrases} == {"light": DAY, "said then": DAY + 2}
    assert {row.id: (row.made_day, row.last_day) for row in found.rules}["learnt then"][1] == DAY + 2


def test_a_clock_that_was_never_set_makes_nothing_old(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    kept.save([phrase("light")], [rule("a")])
    for day in (DAY, 0, 1, 2, DAY + 1):
        assert kept.trim(day) == 0
    kept.save([phrase("fan", DAY + 2)])
    assert kept.trim(DAY + 2) == 0
    found = kept.load()
    assert found is not None
    assert {row.text: row.last_day for row in found.phrases} == {"light": DAY, "fan": DAY + 2}


def test_what_cannot_be_read_is_not_taken_for_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / FILE, "house", lambda *_: None)
    kept = KeptRules(store)
    kept.teach("name", "reading light", 1, 5)
    assert (len(kept.lessons() or ()), kept.lessons("like")) == (1, ())
    store.close()  # every reading now comes to nothing, as of a disk that fails
    assert (kept.lessons(), kept.changes(), kept.teach("name", "x", 1, 6), kept.unteach("name")) == (
        *(None, None, False, None),
    )


def test_lessons_are_bounded_for_each_home_and_kind(opened: Callable[..., KeptRules], tmp_path: Path) -> None:
    kept, other = opened(), opened("other")
    other.teach("name", "theirs", 1, 0)
    kept.teach("paused", "all", 1, 0)
    db = sqlite3.connect(tmp_path / FILE)
    rows = ((f"k{n}", n) for n in range(1, 100_001))
    db.executemany("INSERT INTO lessons VALUES ('house', 'name', ?, '1', ?)", rows)
    db.commit()
    db.close()
    assert len(kept.lessons() or ()) == MAX_LESSONS + 1
    assert [row.key for row in kept.lessons("name") or ()][-1] == "k100000"
    kept.teach("name", "mine", 1, 0)
    names = [row.key for row in kept.lessons("name") or ()]
    assert (names[0], len(names)) == ("mine", MAX_LESSONS)
    assert [row.key for row in other.lessons() or ()] == ["theirs"]
    assert [row.key for row in kept.lessons("paused") or ()] == ["all"]


def test_lessons(opened: Callable[..., KeptRules]) -> None:
    kept = opened()
    assert kept.teach("name", "reading light", {"device": "light.a"}, 5)
    assert kept.teach("name", "reading light", {"device": "light.b"}, 6)
    assert kept.teach("like", "temperature", 21, 4)
    assert [(row.kind, row.key, row.data) for row in opened().lessons() or ()] == [
        ("like", "temperature", 21),
        ("name", "reading light", {"device": "light.b"}),
    ]
    assert not kept.teach("name", "x", "y" * MAX_DATA, 7)
    assert kept.unteach("name") == 1
    assert [row.kind for row in kept.lessons() or ()] == ["like"]


def test_a_lesson_goes_with_the_last_of_its_rules(opened: Callable[..., KeptRules], tmp_path: Path) -> None:
    kept, other = opened(), opened("other")
    for one in (kept, other):
        one.save(rules=[rule("a", "taught"), rule("b", "agreed"), rule("c", "taught"), rule("d")])
        one.teach("phrase", "heard a", {"id": "a", "heard": "heard a"}, 1)
        one.teach("phrase", "heard d", {"id": "taught anew"}, 1)
        one.teach("like", "music", {"rules": ["b", "c"]}, 2)
        one.teach("name", "heard a", {"id": ""}, 3)
    kept.save(gone=["a", "b", "d"])
    assert [(row.kind, row.key) for row in kept.lessons() or ()] == [
        *(("phrase", "heard d"), ("like", "music"), ("name", "heard a"))
    ]
    kept.save(gone=["c"])
    assert [row.kind for row in kept.lessons() or ()] == ["phrase", "name"]
    assert len(other.lessons() or ()) == 4
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("UPDATE lessons SET data = 'junk'")
    db.commit()
    db.close()
    other.save(gone=["a", "b", "c"])
    other.teach("offered", "heard d\nmeans d", True, 4)
    other.save(gone=["d"])
    assert other.lessons("offered") == ()
    db = sqlite3.connect(tmp_path / FILE)
    assert ("other", "phrase", "heard a") not in db.execute("SELECT home, kind, key FROM lessons").fetchall()
    db.close()


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
