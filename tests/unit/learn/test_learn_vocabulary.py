"""The published vocabulary is made from what is installed, and comes out the same."""

from pathlib import Path

import pytest

from edge.upstream.vocabulary import parsed
from tools.learn import vocabulary


def test_the_committed_file_is_what_the_tool_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "vocabulary.txt"
    assert vocabulary.main(["--out", str(out)]) == 0
    assert out.read_bytes() == vocabulary.OUT.read_bytes()
    assert parsed("en", out.read_bytes()).sha256 in capsys.readouterr().out


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("turn on [the] {area} (lamp|light)[s] <name>", "turn on the lamp lamps light lights"),
        ("what's (open|opened)", "whats open opened"),
        ("{timer_seconds:seconds}", ""),
        ("(bright|light)er", "brighter lighter bright light"),
    ],
)
def test_a_template_gives_its_words_whole(template: str, words: str) -> None:
    assert vocabulary.template_words(template) == set(words.split())


def test_names_are_no_words_and_words_that_are_surnames_too_are() -> None:
    dictionary = vocabulary.Dictionary()
    ranked = ["paris", "anna", "rose", "kitten", "the", "will", "van", "monday", "seven", "xq", "zzzz", "lamp"]
    home = {"lamp"}
    assert list(vocabulary.plain_words(ranked, home, dictionary)) == ["kitten", "the", "will", "van"]
