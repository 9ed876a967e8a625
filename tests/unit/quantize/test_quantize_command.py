import json
import re
from pathlib import Path

import pytest

from edge import resources
from edge.manifest import CarriedSource, load_manifests
from edge.models import ModelStore, Presence
from tests.unit.quantize.toys import RECIPE
from tools.quantize import __main__ as command

pytest.importorskip("matplotlib", reason="needs the extra quantize: pip install -e '.[quantize]'")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()

    def data_dir(name: str) -> Path:
        return folder if name == "models" else resources.data_dir("device_profiles")

    monkeypatch.setattr("tools.quantize.__main__.data_dir", data_dir)
    monkeypatch.setattr("edge.models.data_dir", data_dir)
    return folder


def run(toy: Path, *options: str) -> int:
    return command.main([str(toy), "--work", str(toy.parent / "work"), *options])


def test_a_recipe_is_made_shipped_and_checked(toy: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(toy, "--data", str(toy.parent)) == 0
    told = capsys.readouterr().out
    assert "toy int8, for hubs: 1,000 bytes (4.00 times smaller), 89.75 points, 250 us" in told
    assert sorted(path.relative_to(models).as_posix() for path in models.rglob("*.*")) == [
        "zeros.toml",
        "zeros/int8.bin",
    ]

    manifest = load_manifests([models])["zeros"]
    assert (manifest.task, manifest.licence, manifest.languages) == ("encoder", "MIT", ("en",))
    assert manifest.note == "Zeros."
    assert manifest.sources == (CarriedSource("toy"),)
    store = ModelStore(toy.parent / "store", {"zeros": manifest})
    assert store.status("zeros").presence is Presence.PACKAGE
    assert store.verify("zeros") == []

    assert run(toy, "--check") == 0
    (models / "zeros" / "int8.bin").write_bytes(b"1" * 1000)
    capsys.readouterr()
    assert run(toy, "--check") == 1
    assert "int8.bin is not what the recipe makes" in capsys.readouterr().err
    assert (models / "zeros" / "int8.bin").read_bytes() == b"1" * 1000


def test_the_report_has_page_drawing_and_figures(toy: Path, models: Path) -> None:
    report = toy.parent / "report"
    assert run(toy, "--data", str(toy.parent), "--report", str(report)) == 0
    assert sorted(path.name for path in report.iterdir()) == ["report.html", "report.json", "toy.png"]
    assert (report / "toy.png").read_bytes().startswith(b"\x89PNG")
    page = (report / "report.html").read_text()
    assert 'src="toy.png"' in page
    assert not re.findall(r"https?://|<script", page)
    (figures,) = json.loads((report / "report.json").read_bytes())
    assert [(one["variant"], one["bytes"], one["loss_points"]) for one in figures["variants"]] == [
        ("float32", 4000, 0),
        ("int8", 1000, 0.25),
    ]
    boards = {path.stem for path in resources.data_dir("device_profiles").glob("*.toml")}
    assert set(figures["boards"]) == boards
    assert set(figures["boards"].values()) == {"int8"}


def test_without_data_it_is_made_and_not_compared(toy: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(toy) == 0
    assert "not compared: its data is not here" in capsys.readouterr().out
    assert (models / "zeros.toml").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("numbers = 1000", "numbers = 1000\nloss = 0.75"), "int8 loses 0.75 points; at most 0.5 may be lost"),
        (("numbers = 1000", "numbers = 1000\nloss = nan"), "options.loss: expected a number"),
    ],
)
def test_what_is_not_good_enough_is_not_shipped(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], told: str
) -> None:
    toy.write_text(RECIPE.replace(*change))
    assert run(toy, "--data", str(toy.parent)) in (1, 2)
    assert told in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_variant_that_is_not_made_cannot_be_shipped(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy.write_text(RECIPE.replace("[ship.int8]", "[ship.int2]"))
    assert run(toy) == 2
    assert "ship.int2: there is no such variant; there are float32, int8" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_mistake_in_the_last_recipe_is_told_before_the_first_is_made(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(toy), str(toy.parent / "none.toml"), "--work", str(toy.parent / "work")]) == 2
    assert capsys.readouterr().err.startswith("\rerror: ")
    assert not (toy.parent / "work").exists()


def test_data_that_is_not_there_is_named(toy: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(toy, "--data", str(toy.parent / "nowhere")) == 2
    assert "the folder of benchmark data is not there" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = toy.parent / "toy_family.py"
    module.write_text("import no_such_library\n" + module.read_text())
    assert run(toy) == 3
    told = capsys.readouterr().err
    assert "the library no_such_library is not installed: pip install" in told
    assert "[quantize]" in told


def test_a_work_folder_that_cannot_be_written_is_named(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (toy.parent / "work").write_text("a file")
    assert run(toy) == 2
    assert f"error: {toy.parent / 'work'}" in capsys.readouterr().err


def test_a_run_that_is_interrupted_ends_with_its_own_status(
    toy: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = toy.parent / "toy_family.py"
    whole = module.read_text()
    module.write_text(whole.replace("        int8 = kept(", "        raise KeyboardInterrupt\n        int8 = kept("))
    assert run(toy) == 130
    assert "what is done is kept for the next run" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["--help"])
    assert stopped.value.code == 0
    assert "example: python -m tools.quantize models/recipes/" in capsys.readouterr().out
