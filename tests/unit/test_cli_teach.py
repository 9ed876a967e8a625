"""The command `edge teach`: what cannot be taught by it is said in one sentence."""

import json
from pathlib import Path

import pytest

from edge import cli
from edge.core import codec
from edge.core.home import Area, Entity, HomeState


@pytest.fixture
def where(tmp_path: Path) -> list[str]:
    home = HomeState.of(
        [Entity("light.lamp", "light", "Lamp", area="den", state="off")], [Area("den", "Den")], (), "den"
    )
    file = tmp_path / "home.json"
    file.write_text(codec.dumps(home), encoding="utf-8")
    return ["--home", str(file), "--set", f"paths.data_dir={tmp_path}"]


def test_a_phrase_a_name_and_a_sentence(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["teach", *where, "hocus pocus", "--means", "turn on the lamp"]) == 0
    assert cli.main(["teach", *where, "--name", "lamp", "Bertha"]) == 0
    assert cli.main(["teach", *where, "when I say abracadabra, turn off bertha"]) == 0
    capsys.readouterr()
    assert cli.main(["teach", *where, "--list", "--json"]) == 0
    assert [one["heard"] for one in json.loads(capsys.readouterr().out)] == ["hocus pocus", "bertha", "abracadabra"]


def test_a_refusal_is_told_with_its_code(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["teach", *where, "yes", "--means", "turn on the lamp", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["done"], told["refused"], told["lesson"]) == (False, "rewrite.answer", None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "teach.usage"),
        (["--means", "turn on the lamp"], "teach.usage"),
        (["hocus", "--list"], "teach.usage"),
        (["turn on the lamp"], "teach.no_lesson"),
        (["--set", "memory.keep=nothing", "--list"], "teach.nothing_kept"),
        (["--set", "language=de", "hocus", "--means", "turn on the lamp"], "teach.language"),
    ],
)
def test_wrong_usage(where: list[str], capsys: pytest.CaptureFixture[str], words: list[str], code: str) -> None:
    assert cli.main(["teach", *where, "--json", *words]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == code


def test_nothing_yet(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["teach", *where, "--list"]) == 0
    assert capsys.readouterr().out == "nothing has been taught yet\n"


@pytest.mark.parametrize(
    "words",
    [
        ["work time", "--means", ""],
        ["...", "--means", "turn on the lamp"],
        ["--name", "lamp", ""],
        ["--name", " ", "x"],
    ],
    ids=" ".join,
)
def test_a_part_that_is_missing_is_refused(
    where: list[str], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert cli.main(["teach", *where, *words]) == 2
    told = capsys.readouterr()
    assert (told.out, "is missing: give it in words" in told.err) == ("", True)
    assert cli.main(["teach", *where, "--list"]) == 0
    assert capsys.readouterr().out == "nothing has been taught yet\n"


def test_phrase_and_meaning_are_not_read_as_one_sentence(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["teach", *where, 'it\'s "late", then off', "--means", "turn off the lamp"]) == 0
    capsys.readouterr()
    assert cli.main(["teach", *where, "--list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["heard"], one["means"]) == ("its late then off", "turn off the lamp")


def test_why_a_name_is_refused(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return cli.main(["teach", *where, *words]), capsys.readouterr().out

    assert told("--name", "no such", "bertha") == (1, "Sorry, I don't know which device you mean by “no such”\n")
    assert told("--name", "lamp", "bertha") == (0, "OK, I will also call Lamp the “bertha”\n")
    assert told("--name", "lamp", "bertha") == (0, "OK, I will also call Lamp the “bertha”\n")
    assert told("--name", "the den", "cave") == (
        1,
        "Sorry, I can give other names to devices only as yet, and “the den” is a room\n",
    )


def test_of_two_ways_one_is_to_be_chosen(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["teach", *where, "--list", "x"]) == 2
    assert "give one alone of these" in capsys.readouterr().err
