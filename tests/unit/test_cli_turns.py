"""`edge turns` and `edge misses`: what was asked, how it went, and teaching from what went wrong."""

import json
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.cli_turns import misses
from edge.core import codec
from edge.core.home import Area, Entity, HomeState
from edge.core.turn import Signal, SignalKind, Turn, Utterance, Verdict
from edge.kept_files import history
from edge.past import home_name, of_home, store_of
from edge.profile import load_profile
from edge.rewrite.teach import Lessons
from edge.rewriting import rewrites_of_home
from edge.teaching import lessons_of_home
from tests.unit.feedback.turns import missed, refused, turn

NOW = 1_790_000_000
HOME = HomeState.of(
    [Entity("light.desk", "light", "Desk Lamp", area="study", state="off")], [Area("study", "Study")], (), "study"
)


@pytest.fixture
def home_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    path = tmp_path / "home.json"
    path.write_text(codec.dumps(HOME))
    return path


Keep = Callable[..., None]


@pytest.fixture
def keep(home_file: Path) -> Keep:
    """Puts turns into the file, those with a verdict with it."""

    def put(*turns: Turn) -> None:
        profile = load_profile()
        store = store_of(profile, home_name(profile, simulated=False, file=home_file))
        for one in turns:
            store.add_turn(replace(one, signals=(), verdict=None))
            store.add_verdict(one)
        store.close()

    return put


@pytest.fixture
def edge(home_file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command in that home: the exit status, and what it printed."""

    def run(command: str, *rest: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main([command, "--home", str(home_file), *rest])
        return status, capsys.readouterr().out

    return run


@contextmanager
def lessons(home_file: Path) -> Iterator[Lessons]:
    profile = load_profile()
    store = store_of(profile, home_name(profile, simulated=False, file=home_file))
    try:
        yield lessons_of_home(profile, store)
    finally:
        store.close()


def said(edge: Any, home_file: Path, text: str) -> None:
    assert main(["say", "--home", str(home_file), text]) in (0, 1)


MISSED = replace(
    missed("m1", NOW, "gloomy corner"),
    signals=(Signal(SignalKind.REPHRASE, NOW * 1000 + 5_000, "r1", 0.9),),
    verdict=Verdict(False, 0.9, NOW * 1000 + 9_000, "turn on the desk lamp", "r1"),
)


def test_nothing_asked_yet(edge: Callable[..., tuple[int, str]]) -> None:
    assert edge("turns", "list") == (1, "nothing has been asked here yet\n")
    assert edge("turns", "show") == (1, "nothing has been asked here yet\n")
    assert edge("misses") == (0, "nothing was missed, as far as is known\n")


def test_a_list_tells_how_each_went(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    right = replace(turn("r1", NOW + 5, "turn on the desk lamp"), verdict=Verdict(True, 0.6, NOW * 1000))
    keep(MISSED, right, turn("o1", NOW + 30, "what time is it"))
    status, out = edge("turns", "list")
    _, _, *rows = out.splitlines()
    assert status == 0
    assert [row.split()[0] for row in rows] == ["o1", "r1", "m1"]
    assert [row.split("  ")[-1].strip() for row in rows] == ["open", "right (60 %)", "wrong (90 %)"]
    listed = json.loads(edge("turns", "list", "--json")[1])
    assert [one["id"] for one in listed] == ["o1", "r1", "m1"]
    assert listed[2]["verdict"]["meant"] == "turn on the desk lamp"


def test_one_is_shown_with_what_told_how_it_went(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    keep(MISSED)
    status, out = edge("turns", "show", "m")
    assert status == 0
    assert "heard       'gloomy corner'" in out
    assert "went        wrong (90 %)" in out
    assert "meant       'turn on the desk lamp', said in turn r1" in out
    assert (
        "because     it was said again, otherwise or the same 5 s after, in turn r1 (90 % that it was meant so)" in out
    )
    assert json.loads(edge("turns", "show", "m1", "--json")[1])["signals"][0]["kind"] == "rephrase"
    assert edge("turns", "show", "none such")[0] == 2


def test_what_is_replayed_is_understood_anew_and_nothing_moves(
    edge: Callable[..., tuple[int, str]], keep: Keep, home_file: Path
) -> None:
    said(edge, home_file, "turn on the desk lamp")
    (stored,) = json.loads(edge("turns", "list", "--json")[1])
    found = json.loads(edge("turns", "replay", "--json")[1])
    assert found["different"] == []
    assert found["now"]["plan"] == stored["plan"]
    profile = load_profile()
    store = store_of(profile, home_name(profile, simulated=False, file=home_file))
    (whole,) = store.turns()
    store.close()
    old = replace(whole, id="old", interpretation=None, readings=(), plan=None, reply=None)
    keep(old)
    status, out = edge("turns", "replay", "old")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines() if line.endswith("different")] == [
        "understood",
        "outcome",
        "reply",
    ]
    assert [one["id"] for one in json.loads(edge("turns", "list", "--json")[1])] == ["old", whole.id]
    keep(replace(whole, id="wordless", utterance=Utterance(())))
    assert edge("turns", "replay", "wordless")[0] == 2


def test_what_was_taught_is_replayed_as_it_was(edge: Callable[..., tuple[int, str]], home_file: Path) -> None:
    said(edge, home_file, "call the desk lamp bertha")
    assert json.loads(edge("turns", "replay", "--json")[1])["different"] == []
    assert edge("teach", "hocus pocus", "--means", "turn on the desk lamp")[0] == 0
    said(edge, home_file, "hocus pocus")
    found = json.loads(edge("turns", "replay", "--json")[1])
    assert (found["different"], found["now"]["rewrite"]["text"]) == ([], "turn on the desk lamp")


def test_a_rewrite_that_was_served_is_told_first(edge: Callable[..., tuple[int, str]], home_file: Path) -> None:
    assert edge("teach", "hocus pocus", "--means", "turn on the desk lamp")[0] == 0
    said(edge, home_file, "hocus pocus")
    for command in (("why",), ("turns", "show")):
        (heard,) = (line for line in edge(*command)[1].splitlines() if line.startswith("heard"))
        told, _, hint = heard.removesuffix(")").rpartition(": edge ")
        assert told.startswith(
            "heard       'hocus pocus'; understood as 'turn on the desk lamp', because this home means that (rewrite "
        )
        assert main(shlex.split(hint)) == 0  # pasted as it is, it tells of this home


def test_what_failed_to_teach_is_no_miss(edge: Callable[..., tuple[int, str]], home_file: Path) -> None:
    said(edge, home_file, "when I say film night, dim the foobar")
    said(edge, home_file, "call the lamp by the moon the night light")
    said(edge, home_file, "gloomy corner")
    assert [one["heard"] for one in json.loads(edge("misses", "--json")[1])] == ["gloomy corner"]


def test_to_forget_all_is_said(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    keep(MISSED)
    assert edge("turns", "forget")[0] == 2
    assert edge("turns", "forget", "m1", "--all")[0] == 2
    assert edge("turns", "list")[0] == 0


def test_one_is_forgotten_or_all(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    keep(MISSED, turn("r1", NOW, "turn on the desk lamp"), turn("r2", NOW, "turn on the desk lamp"))
    assert json.loads(edge("turns", "forget", "m1", "--json")[1]) == {"forgotten": 1, "turn": "m1"}
    status, out = edge("turns", "forget", "--all")
    assert (status, out.partition(";")[0]) == (0, "2 turns forgotten")
    assert edge("turns", "list")[0] == 1
    assert edge("turns", "forget", "m1")[0] == 2


def test_misses_are_counted_by_their_words_the_latest_first(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    keep(MISSED, missed("m2", NOW + 60, "Gloomy corner!"), refused("r", NOW + 90, "turn on the moon", name="moon"))
    keep(turn("ok", NOW + 99, "what time is it"))
    found = json.loads(edge("misses", "--json")[1])
    assert [(one["n"], one["heard"], one["times"], one["why"], one["meant"]) for one in found] == [
        (1, "turn on the moon", 1, "refused: no entity", ""),
        (2, "gloomy corner", 2, "it was not understood", "turn on the desk lamp"),
    ]
    assert "'gloomy corner'" in edge("misses")[1]


def test_what_was_not_understood_has_a_nearest_sentence_to_teach(
    edge: Callable[..., tuple[int, str]], keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "get the desk lamp to shine on"
    keep(MISSED, missed("n1", NOW + 1, said), missed("n2", NOW + 2, "xyzzy plugh"))
    keep(refused("r", NOW + 90, "turn on the moon", name="moon"))
    rows = {one["heard"]: one["nearest"] for one in json.loads(edge("misses", "--json")[1])}
    # What somebody meant is known of one, another was refused for a good reason, and one means nothing.
    assert rows == {said: "turn on desk lamp", "gloomy corner": "", "turn on the moon": "", "xyzzy plugh": ""}
    told = edge("misses")[1]
    assert f"did you mean 'turn on desk lamp' by '{said}'?" in told
    command = next(line for line in told.splitlines() if line.startswith("did you mean")).partition("teach it: ")[2]
    words = shlex.split(command)
    assert words[:2] == ["edge", "misses"]
    number = words[words.index("--teach") + 1]
    assert edge("misses", "--teach", number)[0] == 2  # what is proposed is taught by saying so, never by itself
    assert edge("misses", "--teach", number, words[-1]) == (0, f"OK, “{said}” means “turn on desk lamp”\n")
    monkeypatch.setattr("edge.nlu.proposals.TABLES", ())  # an installation without it
    keep(missed("n9", NOW + 10**9, said))
    assert [one["nearest"] for one in json.loads(edge("misses", "--json")[1]) if one["heard"] == said] == [""]


def test_what_works_by_now_is_no_miss() -> None:
    works = replace(turn("n", NOW + 60, "gloomy corner"), verdict=Verdict(True, 0.9, NOW))
    assert misses([works, MISSED]) == ()
    assert [one.times for one in misses([MISSED, works])] == [1]
    wrong = replace(turn("w", NOW, "turn on the lamp"), verdict=Verdict(False, 0.9, NOW))
    assert [one.why for one in misses([wrong])] == ["something else was meant"]


def test_a_person_teaches_from_a_miss(edge: Callable[..., tuple[int, str]], keep: Keep, home_file: Path) -> None:
    keep(MISSED, missed("m2", NOW + 60, "yes"))
    assert edge("misses", "--teach", "2") == (0, "OK, “gloomy corner” means “turn on the desk lamp”\n")
    assert [one["heard"] for one in json.loads(edge("misses", "--json")[1])] == ["yes"]
    assert edge("misses", "--teach", "1", "turn on the desk lamp")[0] == 1  # yes is an answer
    keep(missed("m3", NOW + 10**9, "gloomy corner"))  # it has failed since
    assert json.loads(edge("misses", "--teach", "1", "turn", "off", "the", "desk", "lamp", "--json")[1]) == {
        "heard": "gloomy corner",
        "means": "turn off the desk lamp",
    }
    profile = load_profile()
    name = home_name(profile, simulated=False, file=home_file)
    store = store_of(profile, name)
    rules = rewrites_of_home(profile, name, store).rules()
    store.close()
    assert [(rule.heard, rule.means) for rule in rules] == [("gloomy corner", "turn off the desk lamp")]
    keep(missed("m4", NOW + 2 * 10**9, "gloomy corner"))
    for means in ("unlock the door", "gibberish foo", "forget gloomy corner"):
        assert edge("misses", "--teach", "1", means)[0] == 1
    assert edge("misses", "--teach", "7", "turn on the desk lamp")[0] == 2


def test_in_a_terminal_it_asks(
    edge: Callable[..., tuple[int, str]], keep: Keep, monkeypatch: pytest.MonkeyPatch, home_file: Path
) -> None:
    keep(MISSED)
    typed = iter(["9", "1", "", ""])
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    status, out = edge("misses")
    assert status == 0
    assert "there is no miss '9'" in out
    assert "OK, “gloomy corner” means “turn on the desk lamp”" in out


def test_without_words_a_miss_is_listed_and_cannot_be_taught(edge: Callable[..., tuple[int, str]], keep: Keep) -> None:
    keep(replace(missed("m", NOW, ""), utterance=Utterance(())))
    assert "(words are not kept)" in edge("misses")[1]
    assert edge("misses", "--teach", "1", "turn on the desk lamp") == (2, "")


@pytest.fixture
def locked(home_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Lets another program lock the file."""
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    holders: list[sqlite3.Connection] = []

    def lock() -> None:
        holders.append(sqlite3.connect(history(load_profile()), isolation_level=None))
        holders[-1].execute("BEGIN IMMEDIATE")

    yield lock
    for holder in holders:
        holder.close()


@pytest.mark.parametrize(
    "command",
    [
        ("turns", "forget", "--all"),
        ("turns", "forget", "m1"),
        ("misses", "--teach", "1", "turn on the desk lamp"),
        ("teach", "bright idea", "--means", "turn on the desk lamp"),
        ("teach", "--name", "desk lamp", "bertha"),
        ("rewrites", "forget", "--all"),
    ],
    ids=" ".join,
)
def test_what_was_not_written_is_not_said_to_be_done(
    edge: Callable[..., tuple[int, str]],
    keep: Keep,
    home_file: Path,
    locked: Callable[[], None],
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
) -> None:
    keep(MISSED)
    assert main(["teach", "--home", str(home_file), "movie time", "--means", "turn off the desk lamp"]) == 0
    locked()
    capsys.readouterr()
    status = main([command[0], "--home", str(home_file), *command[1:]])
    told = capsys.readouterr()
    assert (status, told.out) == (1, "")
    assert "the history could not be written" in told.err


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a hub"])
def test_what_is_forgotten_is_in_no_file(
    edge: Callable[..., tuple[int, str]], keep: Keep, home_file: Path, beside: bool
) -> None:
    """What a command takes back, and what is taught by voice or by typing, has left every file of the folder."""
    profile = load_profile()
    folder = history(profile).parent

    def holding(word: bytes) -> list[str]:
        return [path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]

    if beside:
        past = of_home(profile, home_name(profile, simulated=False, file=home_file), learns=True)
    assert edge("teach", "zork time", "--means", "turn off the desk lamp")[0] == 0
    assert edge("teach", "--name", "desk lamp", "plover")[0] == 0
    said(edge, home_file, "turn on the plover")
    said(edge, home_file, "zork time")
    assert holding(b"zork") != []
    assert holding(b"plover") != []
    assert edge("rewrites", "forget", "--all")[0] == 0
    assert edge("turns", "forget", "--all")[0] == 0
    with lessons(home_file) as known:
        assert known.every() == ()
    assert (holding(b"zork"), holding(b"plover")) == ([], [])
    if beside:
        past.close()


@pytest.mark.parametrize("action", ["show", "replay", "forget"])
def test_half_a_character_names_no_turn(
    edge: Callable[..., tuple[int, str]], keep: Keep, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    keep(MISSED)
    assert edge("turns", action, "\udcff") == (2, "")


def test_it_is_said_whether_an_id_names_no_turn_or_several(
    edge: Callable[..., tuple[int, str]], keep: Keep, capsys: pytest.CaptureFixture[str], home_file: Path
) -> None:
    keep(MISSED, missed("m2", NOW + 60, "dark hole"))
    for begin, words in (("m", "2 turns of this home begin with 'm'"), ("x", "no turn of this home begins with 'x'")):
        for command in (("turns", "show", begin), ("why", "--turn", begin)):
            assert main([command[0], "--home", str(home_file), *command[1:]]) == 2
            assert words in capsys.readouterr().err
