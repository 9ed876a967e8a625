import hashlib
import json
from pathlib import Path

import pytest

from edge.core.errors import InputError
from tests.unit.quantize.toys import RECIPE
from tools.quantize.recipe import read_recipe
from tools.quantize.work import Work, build, code_of, measure

STEPS: list[str] = []


def progress(what: str, done: int, total: int) -> None:
    STEPS.append(what)


def made(recipe: Path, root: Path, *, force: bool = False) -> Work:
    return build(read_recipe(recipe), root, force=force, progress=progress)


def runs(work: Work) -> int:
    return len((work.folder / "built.log").read_text())


def test_what_was_made_is_taken_again_until_something_changes(toy: Path, tmp_path: Path) -> None:
    root = tmp_path / "work"
    first = made(toy, root)
    assert [(variant.name, variant.bytes, variant.shipped) for variant in first.variants] == [
        ("float32", 4000, False),
        ("int8", 1000, True),
    ]
    assert made(toy, root) == first
    assert runs(first) == 1

    toy.write_text(RECIPE.replace("Zeros.", "Nothing but zeros."))  # a note changes nothing that is made
    assert made(toy, root).folder == first.folder

    toy.write_text(RECIPE.replace("numbers = 1000", "numbers = 1001"))
    second = made(toy, root)
    assert second.folder != first.folder
    assert not first.folder.exists()  # what no recipe makes any more does not stay


def test_a_run_that_was_stopped_goes_on_where_it_was(toy: Path, tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "stop").touch()
    with pytest.raises(InputError, match="half way"):
        made(toy, root)
    kept = next(root.glob("toy/*/float32.bin"))
    written_ns = kept.stat().st_mtime_ns
    (root / "stop").unlink()
    assert made(toy, root).variants[0].files == (kept,)
    assert kept.stat().st_mtime_ns == written_ns


def test_force_makes_it_anew_and_the_same(toy: Path, tmp_path: Path) -> None:
    def hashes(work: Work) -> list[str]:
        return [hashlib.sha256(file.read_bytes()).hexdigest() for variant in work.variants for file in variant.files]

    first = hashes(made(toy, tmp_path / "work"))
    again = made(toy, tmp_path / "work", force=True)
    assert runs(again) == 1
    assert hashes(again) == first


def test_a_kept_file_that_was_damaged_is_made_again(toy: Path, tmp_path: Path) -> None:
    work = made(toy, tmp_path / "work")
    work.variants[1].files[0].unlink()
    assert made(toy, tmp_path / "work").variants[1].bytes == 1000
    assert runs(work) == 2


def test_a_change_of_the_code_makes_it_anew(toy: Path, tmp_path: Path) -> None:
    first = made(toy, tmp_path / "work")
    module = tmp_path / "toy_family.py"
    module.write_text(module.read_text() + "\n# other code\n")
    code_of.cache_clear()
    assert made(toy, tmp_path / "work").folder != first.folder


def test_code_follows_imports_libraries_and_benchmarks_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))

    def code(name: str, text: str, *, benchmarks: bool = False) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        code_of.cache_clear()
        return code_of(name, benchmarks=benchmarks)

    plain = code("a_module", "x = 'tools.bench.wake'")
    assert code("a_module", "x = 'tools.bench.wake'", benchmarks=True) != plain
    assert code("a_module", "import json\nx = 'tools.bench.wake'") != plain
    assert code("a_module", "import numpy") != code("a_module", "import json")


def test_a_variant_over_its_budget_is_named(toy: Path, tmp_path: Path) -> None:
    toy.write_text(RECIPE.replace("budget_bytes = 2000", "budget_bytes = 999"))
    with pytest.raises(InputError, match=r"int8 takes 1,000 bytes, its budget is 999") as raised:
        made(toy, tmp_path / "work")
    assert raised.value.code == "quantize.budget"


def test_a_base_without_manifest_is_named(toy: Path, tmp_path: Path) -> None:
    toy.write_text(RECIPE.replace('licence = "MIT"', 'licence = "MIT"\nbase = "no-such-model"'))
    with pytest.raises(InputError, match=r"toy\.toml: base: there is no manifest models/no-such-model\.toml"):
        made(toy, tmp_path / "work")


def test_two_runs_of_one_recipe_do_not_meet(toy: Path, tmp_path: Path) -> None:
    from tools.quantize import work

    with work._alone(tmp_path / "work" / "toy"), pytest.raises(InputError, match="another run") as raised:
        made(toy, tmp_path / "work")
    assert raised.value.code == "quantize.busy"


def test_what_was_measured_is_taken_again_until_the_data_changes(toy: Path, tmp_path: Path) -> None:
    work = made(toy, tmp_path / "work")
    data = tmp_path / "data"
    data.mkdir()

    def measured() -> list[Path]:
        found = measure(work, work.variants[1], data=data, force=False, progress=progress)
        assert found is not None
        assert found.points == 89.75
        return sorted(work.folder.glob("measured-*.json"))

    first = measured()
    kept = json.loads(first[0].read_bytes())
    assert kept["counts"] == {"right": 90, "of": 100}
    assert measured() == first
    (data / "more.txt").write_text("more")
    assert len(measured()) == 2
    assert measure(work, work.variants[1], data=None, force=False, progress=progress) is None
