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
