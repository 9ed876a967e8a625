"""The unit of systemd: what systemd itself says of it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.unit import NAME, unit

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed: apt-get install systemd")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_text(unit("/bin/true", 768, 200))
    return path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, check=False, timeout=60)


@needs_systemd
def test_systemd_has_nothing_to_say_against_it(file: Path) -> None:
    done = analyze("verify", "--man=no", str(file))
    ours = [line for line in (done.stdout + done.stderr).splitlines() if NAME in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
def test_systemd_would_tell_of_a_mistake(file: Path) -> None:
    file.write_text(file.read_text().replace("Restart=always", "Restart=sometimes\nRestartSteps_=3"))
    assert NAME in analyze("verify", "--man=no", str(file)).stderr


@needs_systemd
def test_it_is_hardened(file: Path) -> None:
    done = analyze("security", "--offline=true", "--no-pager", str(file))
    level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert level is not None, done
    assert float(level[1]) <= 2.0


def test_the_marks_are_filled_in() -> None:
    text = unit("/opt/edge/bin/edge", 768, 200)
    assert "@" not in "".join(line for line in text.splitlines() if not line.startswith(("#", "SystemCallFilter=")))
    for line in ("ExecStart=/opt/edge/bin/edge run", "MemoryMax=768M", "CPUWeight=200", "Type=notify"):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    "values",
    [("edge", 768, 200), ("/opt/my edge", 768, 200), ("/opt/%h/edge", 768, 200), ("/e", 0, 200), ("/e", 768, 0)],
)
def test_what_systemd_would_not_take_is_refused(values: tuple[str, int, int]) -> None:
    with pytest.raises(InputError) as caught:
        unit(*values)
    assert caught.value.code == "service.unit"
