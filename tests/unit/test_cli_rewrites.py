"""`edge rewrites`: people see what was learnt, and decide about it; what is no file of rewrites is refused in words."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.cli_rewrites import MAX_FILE
from edge.core import codec
from edge.core.home import HomeState
from edge.feedback.store import FILE, Store
from edge.past import home_name
from edge.profile import load_profile
from edge.rewrite.rewrites import Rewrites
from edge.rewriting import MARKS_FILE, cache_file, dangerous, rewrites_of_home
from tests.unit.nlu.in_context import device, lamp

HEARD, MEANS = "turn on the reeling lamb", "turn on the reading lamp"


@pytest.fixture
def home_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    path = tmp_path / "home.json"
    path.write_text(codec.dumps(HomeState.of([lamp("light.reading_lamp", "living")])))
    return path


@pytest.fixture
def taught(home_file: Path) -> Callable[[], None]:
    """Two rules are there."""

    def put() -> None:
        with_rewrites(home_file, lambda rewrites: (rewrites.teach("movie time", MEANS), rewrites.teach(HEARD, MEANS)))

    return put


def with_rewrites(home_file: Path, do: Callable[[Rewrites], Any]) -> Any:
    profile = load_profile()
    name = home_name(profile, simulated=False, file=home_file)
    store = Store(profile.paths.data_dir / FILE, name, lambda code, _: pytest.fail(code))
    rewrites = rewrites_of_home(profile, name, store)
    try:
        return do(rewrites)
    finally:
        rewrites.close()
        store.close()


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    status = main(["rewrites", *argv])
    out = capsys.readouterr()
    return status, out.out + out.err


def as_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    status = main(["rewrites", *argv, "--json"])
    assert status == 0
    return json.loads(capsys.readouterr().out)


def test_nothing_yet(home_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "list", "--home", str(home_file))
    assert status == 0
    assert out == "nothing was taught or learnt yet in a home from a file (--home)\n"


def test_the_list(home_file: Path, taught: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    taught()
    status, out = run(capsys, "list", "--home", str(home_file))
    assert status == 0
    assert "when heard" in out
    assert "movie time" in out
    assert "you taught it" in out
    assert "for, against: evidence" in out
    found = as_json(capsys, "list", "--home", str(home_file))
    assert {rule["heard"] for rule in found["rules"]} == {HEARD, "movie time"}
    assert found["paused"] is False


def test_the_home_is_named_before_the_action_or_after_it(
    home_file: Path, taught: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    taught()
    home = ("--home", str(home_file))
    assert run(capsys, "--json", *home, "list") == run(capsys, "list", *home, "--json")
    assert run(capsys, "--simulated", "list") == run(capsys, "list", "--simulated")
    assert run(capsys, "--simulated", "list") != run(capsys, *home, "list")


@pytest.mark.parametrize("command", ["rewrites", "turns"])
def test_two_homes_are_refused(home_file: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "--simulated", "list", "--home", str(home_file)]) == 2
    assert "name one home" in capsys.readouterr().err
    assert main([command, "--home", str(home_file), "list", "--simulated"]) == 2


def test_why(home_file: Path, taught: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    taught()
    rule = next(
        one for one in as_json(capsys, "list", "--home", str(home_file))["rules"] if one["heard"] == "movie time"
    )
    status, out = run(capsys, "why", rule["id"][:6], "--home", str(home_file))
    assert status == 0
    assert "it is served\n" in out
    assert "'movie time'" in out
    told = as_json(capsys, "why", rule["id"], "--home", str(home_file))
    assert told["rule"] == rule
    assert told["served"] == "it is served"
    status, out = run(capsys, "why", "zzz", "--home", str(home_file))
    assert status == 2
    assert "see edge rewrites list" in out


def test_pause_and_forget(home_file: Path, taught: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    taught()
    where = ("--home", str(home_file))
    rule = as_json(capsys, "list", *where)["rules"][0]
    assert run(capsys, "pause", rule["id"], *where) == (0, "1 rewrite paused, of a home from a file (--home)\n")
    assert "paused; serve it again with" in run(capsys, "why", rule["id"], *where)[1]
    assert run(capsys, "pause", rule["id"], "--off", *where)[0] == 0
    assert run(capsys, "pause", "--all", *where) == (0, "2 rewrites paused, of a home from a file (--home)\n")
    assert "all are paused" in run(capsys, "list", *where)[1]
    assert "as all are paused" in run(capsys, "why", rule["id"], *where)[1]
    assert as_json(capsys, "pause", "--all", "--off", *where)["paused"] is False
    assert as_json(capsys, "forget", rule["id"], *where)["forgotten"] == 1
    assert len(as_json(capsys, "list", *where)["rules"]) == 1
    assert run(capsys, "forget", "--all", *where) == (0, "1 rewrite taken back, of a home from a file (--home)\n")
    assert as_json(capsys, "list", *where)["rules"] == []


@pytest.mark.parametrize("argv", [("forget",), ("pause",), ("forget", "abc", "--all")])
def test_which_must_be_said(home_file: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...]) -> None:
    status, out = run(capsys, *argv, "--home", str(home_file))
    assert status == 2
    assert "say which" in out


def test_export_and_import(
    home_file: Path, taught: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taught()
    file, where = tmp_path / "out.json", ("--home", str(home_file))
    assert run(capsys, "export", str(file), *where)[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    status, out = run(capsys, "export", *where)
    assert json.loads(out) == json.loads(file.read_text())
    run(capsys, "forget", "--all", *where)
    assert as_json(capsys, "list", *where)["rules"] == []
    taken = (0, "2 rewrites taken, into a home from a file (--home), as they were\n")
    assert run(capsys, "import", str(file), *where) == taken
    assert [rule["source"] for rule in as_json(capsys, "list", *where)["rules"]] == ["taught", "taught"]
    run(capsys, "forget", "--all", *where)
    data = json.loads(file.read_text())
    data["rules"][0]["heard"] = "yes"
    data["rules"][0]["means"] = "unlock the front door"
    file.write_text(json.dumps(data))
    status, out = run(capsys, "import", str(file), *where)
    assert status == 1
    assert "1 rewrite taken, into a home from a file (--home), on trial\n" in out
    assert "nothing in it counts as taught" in out
    assert "1 refused: yes, no and the like answer the hub's questions" in out
    assert [rule["source"] for rule in as_json(capsys, "list", *where)["rules"]] == ["imported"]
    assert "it came from a file" in run(capsys, "list", *where)[1]
    (rule,) = as_json(capsys, "list", *where)["rules"]
    assert "where the request is not understood as it is" in run(capsys, "why", rule["id"], *where)[1]
    secret = load_profile().paths.data_dir / MARKS_FILE
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_file_that_is_too_large(home_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "large.json"
    file.write_bytes(b" " * (MAX_FILE + 1))
    status, out = run(capsys, "import", str(file), "--home", str(home_file))
    assert status == 2
    assert "is larger than 20 MB" in out


@pytest.mark.parametrize(
    "junk", [b"", b"{", b"[]", b"null", b"\x00\xff" * 100, b'{"edge_rewrites": 2, "rules": []}', b"[" * 100_000]
)
def test_junk_is_refused_in_words(
    home_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], junk: bytes
) -> None:
    file = tmp_path / "junk.json"
    file.write_bytes(junk)
    status, out = run(capsys, "import", str(file), "--home", str(home_file))
    assert (status, out) == (2, "error: that is no file that edge rewrites export has written\n")


def test_a_file_that_is_not_there(home_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "import", str(tmp_path / "no.json"), "--home", str(home_file))
    assert status == 2
    assert "No such file" in out
    status, out = run(capsys, "export", str(tmp_path / "no" / "no.json"), "--home", str(home_file))
    assert status == 2


def test_nothing_is_kept(home_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["rewrites", "--set", "memory.keep=nothing", "list", "--home", str(home_file)])
    assert status == 2
    assert "set it to all or no_words" in capsys.readouterr().err


def test_the_hub_itself_makes_a_file_and_a_command_makes_none(home_file: Path, taught: Callable[[], None]) -> None:
    taught()
    profile = load_profile()
    name = home_name(profile, simulated=False, file=home_file)
    file = cache_file(profile, name)
    assert not file.exists()
    store = Store(profile.paths.data_dir / FILE, name, lambda code, _: pytest.fail(code))
    hub = rewrites_of_home(profile, name, store, lasting=True)
    hub.fold()
    hub.close()
    store.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert with_rewrites(home_file, lambda rewrites: len(rewrites.rules())) == 2


def test_a_name_tells_danger() -> None:
    assert dangerous(device("switch.x", None, "off", name="Space Heater"))
    assert dangerous(device("lock.x", None, "locked"))
    assert not dangerous(lamp("light.x", "hall"))


def test_names_and_likings_are_listed_exported_imported_and_forgotten(
    home_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, file = ("--home", str(home_file)), tmp_path / "taught.json"
    radio = device("media_player.radio", "living", "idle")
    home_file.write_text(codec.dumps(HomeState.of([lamp("light.reading_lamp", "living"), radio])))
    assert main(["teach", *where, "--name", "reading lamp", "bertha"]) == 0
    assert main(["say", *where, "my favourite music is jazz"]) == 0
    assert main(["teach", *where, "movie time", "--means", MEANS]) == 0
    capsys.readouterr()
    listed = as_json(capsys, "list", *where)
    name, liking = listed["lessons"]
    assert (name["heard"], liking["topic"], name["id"] != liking["id"]) == ("bertha", "music", True)
    assert "is also called “bertha”" in run(capsys, "list", *where)[1]
    assert "is also called “bertha”, on 20" in run(capsys, "why", name["id"][:8], *where)[1]
    assert as_json(capsys, "why", liking["id"], *where)["lesson"] == liking
    assert run(capsys, "export", str(file), *where)[0] == 0

    assert "1 name taken back" in run(capsys, "forget", name["id"][:8], *where)[1]
    assert run(capsys, "forget", liking["id"][:8], *where)[0] == 0
    left = as_json(capsys, "list", *where)
    assert (left["lessons"], [rule["heard"] for rule in left["rules"]]) == ([], ["movie time"])

    assert run(capsys, "import", str(file), *where)[0] == 0
    again = {one["id"]: one | {"at_ms": 0} for one in as_json(capsys, "list", *where)["lessons"]}
    assert again == {one["id"]: one | {"at_ms": 0} for one in listed["lessons"]}
    assert "and 1 name taken back" in run(capsys, "forget", "--all", *where)[1]
    assert as_json(capsys, "list", *where)["lessons"] == []


def test_a_name_from_anywhere_else_is_refused(
    home_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, file = ("--home", str(home_file)), tmp_path / "taught.json"
    assert main(["teach", *where, "--name", "reading lamp", "bertha"]) == 0
    assert run(capsys, "export", str(file), *where)[0] == 0
    file.write_text(file.read_text().replace("bertha", "berthe"))
    status, out = run(capsys, "import", str(file), *where)
    assert (status, "1 refused: names are taken only from a file that this home has written" in out) == (1, True)
    assert [one["heard"] for one in as_json(capsys, "list", *where)["lessons"]] == ["bertha"]
