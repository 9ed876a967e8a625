"""From batches to a file of rewrites and a page, by the commands that people type; the same bytes every time."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.rewrite.entry import Source
from tests.unit.learn import homes
from tools.learn import learning, report_page
from tools.learn.__main__ import main
from tools.learn.ingest import SUFFIX, ingest


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a fleet was learnt."""
    folder = tmp_path_factory.mktemp("learnt")
    canary = homes.heard("turn on the purple light", meant="turn on the hallway light")
    few = [homes.batch(number, [canary], part=1) for number in range(19)]
    spool = homes.spooled(folder / "spool", [*homes.fleet(60), *few])
    # Not by the command, which asks the machine's clock which weeks may be told now.
    assert ingest(spool, folder / "store", today=homes.TODAY, vocabulary=homes.WORDS).turns == 199
    assert main(["learn", "--store", str(folder / "store"), "--out", str(folder / "learnt.json")]) == 0
    return folder


def test_the_whole_way(learnt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", str(learnt / "learnt.json"), "--out", str(learnt / "rules.json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["published"] == 1
    what = learning.read(learnt / "rules.json")
    (rule,) = learning.rules(what)
    assert (rule.heard, rule.means, rule.source) == (homes.WRONG, homes.RIGHT, Source.POOLED)
    page = learnt / "page.html"
    assert (
        main(["report", str(learnt / "learnt.json"), "--before", str(learnt / "rules.json"), "--out", str(page)]) == 0
    )
    html = page.read_text(encoding="utf-8")
    assert homes.WRONG in html
    assert "<script" not in html
    assert "http" not in html
    assert (
        html.index(">turns<") < html.index(">rewrites learnt<") < html.index(">refused: ") < html.index("that passed<")
    )
    assert page.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_batches_of_this_week_are_taken_in_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC).date().isocalendar()
    spool = homes.spooled(tmp_path / "spool", [homes.batch(1, [homes.MISSED], week=f"{now.year}-W{now.week:02}")])
    (spool / f"bad{SUFFIX}").write_bytes(b"no batch")
    assert main(["ingest", "--spool", str(spool), "--store", str(tmp_path / "store"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["batches"], told["turns"], told["refused"]) == (1, 1, {"batch.corrupt": 1})


def test_what_one_home_too_few_said_is_in_no_byte(learnt: Path) -> None:
    main(["report", str(learnt / "learnt.json"), "--out", str(learnt / "few.html")])
    main(["gate", str(learnt / "learnt.json"), "--out", str(learnt / "few.json")])
    outputs = [file for file in learnt.iterdir() if file.is_file()]
    assert len(outputs) >= 4
    assert not any(b"purple" in file.read_bytes() for file in outputs)
    assert any(b"kitten" in file.read_bytes() for file in outputs)


def test_the_same_turns_give_the_same_bytes(learnt: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.json"
    done = subprocess.run(
        [sys.executable, "-m", "tools.learn", "learn", "--store", str(learnt / "store"), "--out", str(out)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert b"kitten" not in done.stdout + done.stderr
    assert out.read_bytes() == (learnt / "learnt.json").read_bytes()


def test_what_changed_since_the_last_pack() -> None:
    def pack(**means: str) -> learning.Learnt:
        made = tuple(report_page.Rewrite(heard, to, "", 1.0, 0.0, 20, 10.0, 1.0, 6.0) for heard, to in means.items())
        return learning.Learnt((homes.WEEK,), 20, {}, made)

    before, now = pack(a="x", b="y", c="z"), pack(b="y", c="w", d="v")
    new, gone, changed = report_page.drift(now, before)
    assert [one.heard for one in new] == ["d"]
    assert [one.heard for one in gone] == ["a"]
    assert [(then.means, one.means) for then, one in changed] == [("z", "w")]
    html = report_page.page(now, before)
    assert "1 as before, 1 new, 1 gone, 1 with another meaning" in html


def test_a_page_shows_words_and_never_runs_them() -> None:
    bad = report_page.Rewrite("<b>", "<script>", "", 1.0, 0.0, 20, 10.0, 1.0, 6.0)
    html = report_page.page(learning.Learnt((homes.WEEK,), 20, {"turns": 1}, (bad,)), None)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("{}")
    assert main(["gate", str(tmp_path / "bad.json"), "--out", str(tmp_path / "x.json")]) == 2
    assert main(["learn", "--store", str(tmp_path), "--out", str(tmp_path / "x.json")]) == 2
    assert main(["ingest", "--spool", str(tmp_path / "none"), "--store", str(tmp_path)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert all(line.startswith("error: ") for line in errors)


@pytest.mark.parametrize(
    ("field", "value"), [("weeks", ["2026-W99"]), ("rewrites", [{"heard": "a"}]), ("funnel", []), ("k", None)]
)
def test_a_file_that_somebody_has_changed(field: str, value: object, learnt: Path, tmp_path: Path) -> None:
    changed = json.loads((learnt / "learnt.json").read_text()) | {field: value}
    (tmp_path / "changed.json").write_text(json.dumps(changed))
    with pytest.raises(InputError, match="no file of learnt rewrites"):
        learning.read(tmp_path / "changed.json")


def test_a_list_that_is_not_there(learnt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "x.json")]
    assert main(["gate", str(learnt / "learnt.json"), *out, "--must-not-change", str(tmp_path / "none")]) == 2
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_the_collector_ends_when_told_to(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A process of its own: the server takes the signals and the logging of the one that it runs in.
    command = [sys.executable, "-m", "tools.learn", "collect", "--spool", str(tmp_path / "s"), "--json"]
    done = subprocess.run([*command, "--port", str(port), "--seconds", "0.1"], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"taken": 0, "repeated": 0, "refused": 0}
    assert f"collecting at http://127.0.0.1:{port}/batch".encode() in done.stderr


def test_a_spool_that_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["collect", "--spool", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_errors_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "--json", "--store", str(tmp_path), "--out", str(tmp_path / "x.json")]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "learn.nothing"


def test_no_bound_is_no_number_of_homes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["learn", "-k", "0", "--store", str(tmp_path), "--out", str(tmp_path / "x.json")])
    assert "0 is less than 1" in capsys.readouterr().err


def test_nothing_that_passes_is_told_by_the_exit_status(tmp_path: Path) -> None:
    learning.write(tmp_path / "none.json", learning.Learnt((homes.WEEK,), 20, {}, ()))
    assert main(["gate", str(tmp_path / "none.json"), "--out", str(tmp_path / "x.json")]) == 1
