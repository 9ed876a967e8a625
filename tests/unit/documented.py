"""The commands of README.md and docs/*.md, as people would type them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_SHELL = ("sh", "bash", "console", "shell")


class Documented(NamedTuple):
    """One command of one page."""

    page: str
    line: int
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """As it is written, without the comment behind it."""
        return shlex.join(self.words)

    @property
    def edge(self) -> list[str] | None:
        """Arguments of the command `edge`; None for another command."""
        words = list(self.words[1:] if self.words[0] == "sudo" else self.words)
        return words[1:] if words[0] in ("edge", ".venv/bin/edge") else None


def commands() -> Iterator[Documented]:
    """All of them, page by page."""
    for page in PAGES:
        for number, line in _lines(page.read_text(encoding="utf-8").splitlines()):
            text = re.sub(r"(^|\s)#.*$", "", line).strip().removeprefix("$ ")
            for part in re.split(r"\s(?:&&|\|)\s", text):
                if words := tuple(shlex.split(part)):
                    yield Documented(page.name, number, words)


def _lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines of fenced shell blocks and of indented ones, each with its number; a `\\` at the end joins two."""
    fence: str | None = None
    inside = False
    begun = ""
    for number, line in enumerate(lines, 1):
        if (mark := re.match(r"\s*```(\w*)", line)) is not None:
            fence = None if fence is not None else mark[1]
            continue
        if fence is not None:
            shown = fence in _SHELL
        else:
            # An indented block begins after an empty line; in a list it is indented by four more.
            inside = line.startswith("    ") and (inside or not lines[number - 2].strip())
            shown = inside
        if shown:
            if line.endswith("\\"):
                begun += line[:-1]
            else:
                yield number, begun + line
                begun = ""
