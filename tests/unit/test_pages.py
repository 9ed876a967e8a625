"""What README.md and docs/ tell people to type is understood as it stands there, or is known not to be run.

tests/system/test_docs.py runs what can be run.
"""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documented import PAGES, ROOT, Documented, commands

from edge.cli import _parser

COMMANDS = tuple(commands())
OTHERS = (
    (r"sudo (apt|sh|systemctl|install|mosquitto_passwd) .*", "changes the system"),
    (r"(systemctl|journalctl|systemd-creds|loginctl) .*", "needs systemd"),
    (
        r"(scp|ssh|curl|wget|dpkg|gpg|arecord|aplay|pactl|wpctl|cp|cat) .*",
        "another program, on another machine",
    ),
    (r"install -m 600 /dev/stdin .*", "waits for somebody to type"),
)
"""Pattern -> why nobody types it in a test."""
INLINE = re.compile(r"`(edge [^`|…]+)`")


def ids(command: Documented) -> str:
    return f"{command.page}:{command.line}"


def understood(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says against these arguments; nothing where it takes them."""
    try:
        _parser().parse_args(arguments)
    except SystemExit as ended:
        return "" if ended.code == 0 else capsys.readouterr().err
    return ""


def test_there_are_commands_on_the_pages() -> None:
    pages = {command.page for command in COMMANDS}
    assert {"README.md", "index.md", "connect.md", "teach.md", "stores.md", "troubleshooting.md"} <= pages
    assert len(COMMANDS) > 80


@pytest.mark.parametrize("command", COMMANDS, ids=ids)
def test_what_is_typed_is_a_command(command: Documented, capsys: pytest.CaptureFixture[str]) -> None:
    if command.edge is not None:
        assert understood(command.edge, capsys) == "", command.text
    elif command.words[0] == "make":
        assert re.search(rf"^{command.words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command.text
    elif command.words[:2] in (("python", "-m"), (".venv/bin/python", "-m")):
        assert importlib.util.find_spec(command.words[2]) is not None, command.text
    else:
        assert any(re.fullmatch(pattern, command.text) for pattern, _ in OTHERS), f"nobody knows: {command.text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_named_in_the_text_is_a_command(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for named in INLINE.findall(page.read_text(encoding="utf-8")):
        arguments = named.split()[1:]
        said = understood(arguments, capsys)
        # In the middle of a sentence what belongs to it may be left out, and no more.
        if said and not re.search("arguments? .*(is|are) required|arguments are required|expected one argument", said):
            wrong.append((named, said.splitlines()[-1]))
    assert wrong == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES[1:]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_test_that_the_threat_model_names_is_there() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:unit|system)/[\w/]+\.py)`", text)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
    rows = [line for line in text.splitlines() if re.match(r"\| D\d+ \|", line)]
    assert [row.split("|")[1].strip() for row in rows] == [f"D{number}" for number in range(1, len(rows) + 1)]
    assert all("`" in row.rstrip("| ").rpartition("|")[2] for row in rows), "each names what proves it"


def test_the_pages_are_built(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed: pip install -c constraints.txt -e '.[docs]'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "architecture.svg").exists()
    for page in tmp_path.rglob("*.html"):
        fetched = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:)?//', page.read_text(encoding="utf-8"))
        assert fetched == [], f"{page.name} fetches something when it is opened"
