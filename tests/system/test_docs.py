"""The commands of README.md and docs/*.md, run for real in a household of their own: a broker, devices, nothing else.

They run in the order in which they stand, page by page, and what stands twice runs once. What is run ends with status
0 unless `STATUS` says otherwise. tests/unit/test_pages.py sees to all that are not run.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.home.simulated import SimulatedHome
from tests.unit.documented import ROOT, Documented, commands

if TYPE_CHECKING:
    from tests.system.conftest import Mosquitto

pytestmark = pytest.mark.system

NOT_RUN = (
    (r"(run|replay) .*", "listens, or needs a recording: test_line.py"),
    (r"wake tune .*", "needs recordings of somebody's, or a microphone: test_cli_wake.py"),
    (r"doctor --(listen|file) .*", "needs a microphone, or a recording of somebody's"),
    (r"profile (check|fit).*", "measures this machine for a while"),
    (r"devices --watch", "does not end: test_cli_devices.py"),
    (r"devices .*--say .*", "speaks, for which a voice is loaded: test_cli_devices.py"),
    (
        r"(say|teach) --simulated '(turn on the kitten|no, I|when I|call|I like|what have|movie|forget).*",
        "test_teaching.py",
    ),
    (r"teach .* --simulated", "the same without --simulated is run"),
    (r"say '(set a|how much|turn off the heater|wake me).*", "needs a hub that runs: test_timers_kept.py"),
    (r"(service|backup|restore|privacy) .*", "has tests of its own for every action"),
)
"""Arguments of edge -> why they are not run here."""
STATUS = {
    "doctor": 1,  # there is no microphone here
    "why --turn 3f2a --forget": 2,  # there is no such turn
    "devices --why 'Reading Lamp'": 2,  # it stands for one of the household's own
    "outbox enable": 2,  # no target is set
    "pack pull": 2,  # no source is set
    "pack rollback": 2,  # there is no pack
    "misses --teach 1 'turn on the light'": 2,  # all was understood
    "rewrites --simulated why 'movie time'": 2,  # as it was not taught here
}
"""Arguments -> the status, where it is not 0."""
_CHILD = """
import contextlib, io, json, sys
from edge.cli import main

ended = []
for arguments in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = main(arguments)
        except SystemExit as ending:
            status = ending.code
    ended.append((status, out.getvalue()))
json.dump(ended, sys.stdout)
"""


def is_run(text: str) -> bool:
    return not any(re.fullmatch(pattern, text) for pattern, _ in NOT_RUN)


@pytest.fixture
def house(mosquitto: "Mosquitto") -> Iterator[SimulatedHome]:
    with SimulatedHome(broker=("127.0.0.1", mosquitto.port)) as home:
        yield home


def household(folder: Path, port: int) -> str:
    """A home folder with a broker in its configuration."""
    (folder / ".config" / "edge").mkdir(parents=True)
    told = f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n\n[home]\narea = "Living Room"\n'
    (folder / ".config" / "edge" / "edge.toml").write_text(told)
    return str(folder)


def test_every_command_ends_as_the_page_says(house: SimulatedHome, tmp_path: Path) -> None:
    asked: list[tuple[Documented, str]] = []
    for command in commands():
        if command.edge is not None:
            text = command.text.partition("edge ")[2]
            if is_run(text) and text not in {known for _, known in asked}:
                asked.append((command, text))
    told = json.dumps([command.edge for command, _ in asked])
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        env={"PATH": "/usr/bin:/bin", "HOME": household(tmp_path, house.port), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        input=told.encode(),
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    wrong = []
    for (command, text), (status, said) in zip(asked, json.loads(done.stdout), strict=True):
        if status != STATUS.get(text, 0) or "Traceback" in said:
            wrong.append(f"{command.page}:{command.line}: edge {text}: {status}: {said[-300:]}")
    assert wrong == []
    assert len(asked) > 35


def test_every_reason_holds_for_some_command() -> None:
    texts = [command.text.partition("edge ")[2] for command in commands() if command.edge is not None]
    for pattern, why in NOT_RUN:
        assert any(re.fullmatch(pattern, text) for text in texts), f"nobody is told to type this: {pattern} ({why})"
    assert [text for text in STATUS if text not in texts] == []
