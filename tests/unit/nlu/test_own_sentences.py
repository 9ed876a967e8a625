"""Files of own sentences that cannot be used are told of when they are read, and not when somebody speaks."""

from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.nlu.grammar import Grammar
from edge.nlu.sentences import MAX_RANGE

GOOD = """\
intents:
  EdgeCoffee:
    data:
      - sentences: ["make {cups} coffee"]
        slots: {kind: strong}
lists:
  cups: {range: {from: 1, to: 9}}
"""


@pytest.mark.parametrize(
    ("part", "instead", "told"),
    [
        ("to: 9", "to: 0", "lists: cups: cannot be parsed"),
        ("from: 1, ", "", "lists: cups: cannot be parsed"),
        ("to: 9", "to: Infinity", "lists: cups: cannot be parsed"),
        ("{range: {from: 1, to: 9}}", "text", "lists: cups: cannot be parsed"),
        ("to: 9", "to: 4294967295", f"lists: cups: has more than {MAX_RANGE:,} numbers"),
        ("to: 9", f"to: {'9' * 5000}", "not readable as YAML"),
        ("{kind: strong}", "[strong]", "intent EdgeCoffee: slots: expected a mapping"),
        ("{kind: strong}", "{}\n        required_keywords: coffee", "required_keywords: expected a list of texts"),
        ("intents:", "skip_words: please\nintents:", "skip_words: expected a list of texts"),
        ("intents:", "settings: 1\nintents:", "settings: expected a mapping"),
    ],
)
def test_what_cannot_be_used_is_told(part: str, instead: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD)
    assert Grammar("en", [path], builtin=False).intents.intents.keys() == {"EdgeCoffee"}
    path.write_text(GOOD.replace(part, instead))
    with pytest.raises(InputError, match=told) as caught:
        Grammar("en", [path], builtin=False)
    assert caught.value.code == "grammar.custom"
    assert str(path) in str(caught.value)


def test_what_does_not_fit_the_built_in_sentences_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace("cups", "brightness").replace("range: {from: 1, to: 9}", "range: {from: 200}"))
    with pytest.raises(InputError, match=r"own\.yaml") as caught:
        Grammar("en", [path])
    assert caught.value.code == "grammar.custom"
