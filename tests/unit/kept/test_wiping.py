"""`edge privacy wipe`: nothing is left of what was to go, in any file, and what stays is told."""

import io
import json
import sqlite3
from pathlib import Path

import pytest

from edge.cli import main
from edge.feedback.store import FILE, Store
from edge.profile import Profile
from edge.timers.book import Book
from tests.unit.kept.household import HOME, LEARNT, SAID, TAUGHT, TIMER, holding


def test_all_that_it_knows_goes(hub: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    data = hub.paths.data_dir
    (data / "models" / "vosk").mkdir(parents=True)
    for words in (SAID, LEARNT, TAUGHT, TIMER, "hey jarvis"):
        assert holding(data, words)
    assert main(["privacy", "wipe", "--all", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [path.name for path in data.iterdir()] == ["models"]
    assert not hub.paths.pronunciations.exists()
    assert {Path(path).name for path in told["left"]} == {"models", "home.toml", "custom_sentences", "edge.toml"}
    gone = {Path(one["file"]).name for one in told["done"]}
    assert gone >= {FILE, f"{FILE}.broken-1", f"{FILE}.before-restore", "outbox.db", "voices", "timers.json"}
    assert main(["privacy", "wipe", "--all", "--yes"]) == 0
    assert "nothing was there" in capsys.readouterr().out


def test_only_what_was_said_goes(hub: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    data = hub.paths.data_dir
    reader = sqlite3.connect(data / FILE)  # another program has it open, so that its log outlives who writes
    reader.execute("SELECT count(*) FROM turns").fetchone()
    assert main(["privacy", "wipe", "--words", "--yes"]) == 0
    said = capsys.readouterr().out
    for words in (SAID, LEARNT, TIMER):
        assert holding(data, words) == []
    reader.close()
    for words in (SAID, LEARNT, TIMER):
        assert holding(data, words) == []
    assert holding(data, TAUGHT) == [FILE]
    assert holding(data, "hey jarvis") == ["anna.json"]
    assert [timer.seconds for timer in Book(data / "timers.json").read()] == [60]
    assert main(["outbox", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"] == 0
    assert f"cleared of what was said: {data / FILE}" in said
    store = Store(data / FILE, HOME, lambda code, told: pytest.fail(f"{code}: {told}"))
    assert [turn.id for turn in store.turns()] == ["1"]
    store.close()


def test_nothing_goes_while_a_hub_would_write_it_again(hub: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(hub.paths.data_dir / FILE, HOME, lambda code, said: None)
    with Book(hub.paths.data_dir / "timers.json").serving():
        assert main(["privacy", "wipe", "--all", "--yes"]) == 2
    presence = store.presence()
    assert main(["privacy", "wipe", "--words", "--yes"]) == 2
    presence.close()
    store.close()
    assert capsys.readouterr().err.count("stop it (sudo systemctl stop edge)") == 2
    assert SAID in (hub.paths.data_dir / f"{FILE}.broken-1").read_text()


@pytest.mark.parametrize(("typed", "status"), [("yes\n", 0), ("y\n", 2), ("", 2)])
def test_it_asks_and_names_what_will_go(
    hub: Profile, typed: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert main(["privacy", "wipe", "--all"]) == status
    assert str(hub.paths.data_dir / FILE) in capsys.readouterr().err
    assert (hub.paths.data_dir / FILE).exists() == (status != 0)


def test_without_a_terminal_and_a_yes_nothing_goes(hub: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "wipe", "--words"]) == 2
    assert "edge privacy wipe --words --yes asks nobody" in capsys.readouterr().err
    assert holding(hub.paths.data_dir, SAID)
