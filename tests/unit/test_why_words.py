"""Every feature that the ranker may know of has words that people understand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.nlu import context, features, ground, needs, talk
from edge.nlu.context import Weights
from edge.nlu.open import VERBS
from edge.why_words import described, is_worded
from tests.unit.nlu.in_context import MINUTE, Home

MODULES = (context, features, ground, needs, talk)


def test_every_weight_that_ships_is_worded() -> None:
    assert [name for name in Weights.shipped().of if not is_worded(name)] == []


def literals(tree: ast.AST) -> Iterator[str]:
    """Names of features as the source gives them: keys of what is found, and marks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "found":
            yield from _texts(node.slice)
        elif isinstance(node, ast.Dict):
            numbers = [isinstance(value, ast.Constant) and isinstance(value.value, float) for value in node.values]
            yield from (text for key, number in zip(node.keys, numbers, strict=True) if number for text in _texts(key))
        elif isinstance(node, ast.keyword) and node.arg == "marks":
            yield from _texts(node.value)
        elif isinstance(node, ast.Assign | ast.AugAssign):
            target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
            if isinstance(target, ast.Name) and target.id in ("marks", "alike", "when", "shape"):
                yield from _texts(node.value)


def _texts(node: ast.AST | None) -> Iterator[str]:
    for one in ast.walk(node) if node is not None else ():
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
        elif isinstance(one, ast.JoinedStr | ast.Call | ast.Compare):
            # What is put together is tried below, as it comes out.
            return


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_name_in_the_source_is_worded(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8")
    found = {name for name in literals(ast.parse(source)) if name.isidentifier()}
    assert module is not features or {"here", "spoken_of", "room_unknown", "needs_yes"} <= found
    assert [name for name in sorted(found) if not is_worded(name)] == []


SAID = (
    *("turn it off", "turn on the lamp", "turn them off", "louder", "stop", "close it", "a bit brighter", "pause"),
    *("it is dark", "i am cold", "it is too hot", "it is damp in here", "good night", "start brewing", "my usual"),
    *("make it comfortable", "cosy light", "play music", "play the news", "play hunger games", "read me dune"),
    *("watch dune", "listen to the radio", "play the song yesterday", "what is the temperature", "is it hot"),
    *("is it done", "undo that", "no the other one", "and the bedroom", "no i meant the kitchen"),
    *("make it red", "fifty percent", "turn on the fan", "lock the door", "no lights in empty rooms"),
)


@pytest.mark.parametrize("mic", ["living", None])
def test_every_feature_that_comes_up_is_worded(mic: str | None) -> None:
    home = Home(mic=mic)
    seen: set[str] = set()
    for text in SAID:
        for weighed in home.say(text).weighed:
            seen |= weighed.features.keys()
        home.later(MINUTE)
    assert len(seen) > 100
    assert [name for name in sorted(seen) if not is_worded(name)] == []


def test_every_verb_is_worded() -> None:
    assert all(is_worded(f"{verb}:verb_{verb}") and is_worded(f"{verb}:here") for verb in VERBS)


def test_words_are_those_of_what_a_feature_says() -> None:
    assert described("here") == described("off:here") == described("ask:here") == "in this room"
    assert described("ask:always") == "asking: as ever"
    assert described("refuse:needs_light:several_change") == "refusing: several things would change"
    assert described("ask:needs_light") == "asking: somebody needs light"
    assert described("need:needs_yes") == "it needs a yes"
    assert described("whatever_else") == "whatever_else"
