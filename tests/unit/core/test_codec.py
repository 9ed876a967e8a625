import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core import home as home_module
from edge.core import turn as turn_module
from edge.core.codec import dumps, from_json, loads, to_json
from edge.core.errors import InputError
from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Plan, Span, Turn, Utterance

RECORDS = [
    item
    for module in (home_module, turn_module)
    for item in vars(module).values()
    if isinstance(item, type) and dataclasses.is_dataclass(item) and item.__module__ == module.__name__
]


def sample(kind: Any) -> Any:
    """A value of the type with every field filled, so that nothing hides behind a default."""
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: sample(hints[f.name]) for f in dataclasses.fields(kind)})
    if origin is tuple:
        return (sample(get_args(kind)[0]),)
    if origin is Mapping:
        return {"key": sample(get_args(kind)[1])}
    if origin is not None:
        return sample(next(arg for arg in get_args(kind) if arg is not type(None)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return {str: "text", int: 3, float: 0.25, bool: True, object: [1, {"deep": None}]}[kind]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_record_survives_the_round_trip(record: type) -> None:
    full = sample(record)
    assert loads(record, dumps(full)) == full


def test_a_whole_turn_survives(home: HomeState) -> None:
    turn = Turn("t1", 1, home, Utterance((Hypothesis("turn on", 0.5),)))
    assert loads(Turn, dumps(turn)) == turn


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"text": "hi", "confidence": "high"}, "confidence: expected a number, found text"),
        ({"text": "hi", "confidence": True}, "confidence: expected a number"),
        ({"text": "hi"}, "confidence: missing"),
        ({"text": "hi", "confidence": 1, "colour": 2}, "colour: Hypothesis has no such key"),
        ({"text": 5, "confidence": 1}, "text: expected text"),
        ({"text": "hi", "confidence": 1, "words": {}}, "words: expected a list, found an object"),
        ([], "top level: expected an object, found a list"),
    ],
)
def test_what_does_not_fit_is_named(data: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_json(Hypothesis, data)


def test_place_of_a_nested_error_is_told() -> None:
    with pytest.raises(InputError, match=r"hypotheses\[0\]\.confidence"):
        from_json(Utterance, {"hypotheses": [{"text": "x", "confidence": None}]})


def test_numbers_keep_their_kind() -> None:
    plan = from_json(
        Plan, {"commands": [{"entity_id": "a", "verb": "turn_on", "args": {"n": 1, "x": 1.5, "on": True}}]}
    )
    args = plan.commands[0].args
    assert [type(args[key]) for key in ("n", "x", "on")] == [int, float, bool]


@pytest.mark.parametrize("text", ["", "{", "nan", '{"id":', "[" * 100_000])
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(InputError, match=r"this is not JSON|top level"):
        loads(Turn, text)


def test_a_value_that_has_no_json_form() -> None:
    with pytest.raises(TypeError, match="set"):
        to_json({"a": {1, 2}})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_no_json_value_breaks_the_decoder(data: object) -> None:
    with pytest.raises(InputError):
        from_json(Turn, data)


def test_a_whole_number_that_no_float_holds_is_told() -> None:
    with pytest.raises(InputError, match="ms: expected a number, found int"):
        from_json(Span, {"stage": "act", "ms": 10**400})
