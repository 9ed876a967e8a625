"""A folder of wheels is used only as it was made, and on a machine that it is for."""

import hashlib
import sys
from pathlib import Path

import pytest

from edge.core.errors import EdgeError
from edge.wheelhouse import SUMS, read

OWN = f"cp{sys.version_info.major}{sys.version_info.minor}"
HUB, PIP = "edge_hub-0.9.0-py3-none-any.whl", "pip-26.3-py3-none-any.whl"


def wheelhouse(folder: Path, *names: str) -> Path:
    """One with these wheels, which hold their names."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    sums = (f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in sorted(names))
    (folder / SUMS).write_text("".join(sums))
    return folder


def test_its_release_is_the_version_and_what_it_is_made_of(tmp_path: Path) -> None:
    found = read(wheelhouse(tmp_path / "a", HUB, PIP, "numpy-1.0-py3-none-any.whl"))
    assert [wheel.name for wheel in found.wheels] == [HUB, "numpy-1.0-py3-none-any.whl"]
    assert found.pip.name == PIP
    other = read(wheelhouse(tmp_path / "b", HUB, PIP))
    assert found.release.startswith("0.9.0-")
    assert found.release != other.release
    assert read(tmp_path / "b").release == other.release


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("numpy-1.0-cp27-cp37m-manylinux2014_x86_64.whl", "another Python"),
        (f"numpy-1.0-{OWN}-{OWN}-manylinux2014_riscv64.whl", "another machine"),
    ],
)
def test_wheels_for_others_are_told_before_pip_is_asked(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(EdgeError, match=told):
        read(wheelhouse(tmp_path, HUB, PIP, name))


@pytest.mark.parametrize(
    ("names", "told"), [((HUB,), "edge-hub and pip"), ((PIP,), "edge-hub and pip"), ((), "edge-hub and pip")]
)
def test_what_cannot_install_the_hub_is_none(tmp_path: Path, names: tuple[str, ...], told: str) -> None:
    with pytest.raises(EdgeError, match=told):
        read(wheelhouse(tmp_path, *names))


def test_a_wheel_that_nobody_listed_is_refused(tmp_path: Path) -> None:
    wheelhouse(tmp_path, HUB, PIP)
    (tmp_path / "evil-1.0-py3-none-any.whl").write_text("")
    with pytest.raises(EdgeError, match=f"is not in {SUMS}"):
        read(tmp_path)


def test_a_wheel_that_is_not_there_or_was_changed_is_refused(tmp_path: Path) -> None:
    wheelhouse(tmp_path, HUB, PIP)
    (tmp_path / HUB).write_text("other")
    with pytest.raises(EdgeError, match="is not as"):
        read(tmp_path)
    (tmp_path / HUB).unlink()
    with pytest.raises(EdgeError, match="cannot be read"):
        read(tmp_path)


def test_a_list_that_names_a_path_is_refused(tmp_path: Path) -> None:
    wheelhouse(tmp_path, HUB, PIP)
    with (tmp_path / SUMS).open("a") as file:
        file.write(f"{'0' * 64}  ../{HUB}\n")
    with pytest.raises(EdgeError, match="SHA256SUMS:3 is no line"):
        read(tmp_path)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="make wheelhouse"):
        read(tmp_path / "nothing")
